/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "archive_env.h"

#include "base/file.h"
#include "store/log.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MESSAGES = 60 };

TestSuite(repair, .timeout = 300);

static char *repaired(struct env *env)
{
	return g_build_filename(env->dir, "a.repaired.mailark", NULL);
}

static struct am_repair_result repair(struct env *env)
{
	struct am_repair_result out;
	struct am_error err = {0};

	int r = am_archive_repair(env->path, NULL, &env->ctx, &out, &err);
	cr_assert_eq(r, AM_OK, "%s", err.text);
	return out;
}

static void remove_repaired(struct env *env)
{
	char *path = repaired(env);
	char *cache = g_strconcat(path, ".cache", NULL);

	cr_assert(!unlink(path));
	cr_assert_eq(am_remove_tree(cache, NULL), AM_OK);
	g_free(path);
	g_free(cache);
}

/* Lines of `text` that are not in `of`. */
static unsigned missing(const char *text, const char *of)
{
	char **lines = g_strsplit(text, "\n", -1);
	unsigned n = 0;

	for (char **l = lines; *l; l++)
		n += **l && !strstr(of, *l);
	g_strfreev(lines);
	return n;
}

Test(repair, a_whole_archive_stays_as_it_is)
{
	struct env *env = env_new();
	char *path = repaired(env);

	env_import(env, 0, MESSAGES, NULL);
	char *before = env_dump(env, env->path);
	struct am_repair_result out = repair(env);
	cr_assert_eq(out.lost, 0);
	env_verify(env, path);
	char *after = env_dump(env, path);
	cr_assert_str_eq(before, after);
	g_free(before);
	g_free(after);
	g_free(path);
	env_free(&env);
}

/*
 * One record damaged, each in turn.  With the catalog, only damaged blocks and
 * attachments cost messages; without it a record of facts costs facts, but no
 * more messages than it named.  What is in the repaired one is as it was.
 */
static void damage_each(const char *option, bool with_cache, uint64_t at)
{
	struct env *env = env_new();
	char *path = repaired(env);
	struct am_archive_stats st;

	env_import(env, 0, MESSAGES, option);
	struct am_archive *a = env_open(env);
	cr_assert_eq(am_archive_stats(a, &st, NULL), AM_OK);
	am_archive_close(&a);
	char *before = env_dump(env, env->path);
	GArray *records = env_records(env);
	for (guint i = 0; i < records->len; i++) {
		struct env_record *rec =
			&g_array_index(records, struct env_record, i);
		uint64_t where = at < rec->len ? at : rec->len - 1;
		env_damage_record(env, rec, where);
		env_forget_notes(env);
		if (!with_cache)
			env_remove_cache(env);
		struct am_repair_result out = repair(env);
		env_verify(env, path);
		char *after = env_dump(env, path);
		if (with_cache) {
			cr_assert_eq(out.kept + out.lost, st.messages,
			             "record %u, type %u", i, rec->type);
			if (rec->type != AM_REC_BLOCK &&
			    rec->type != AM_REC_BLOB)
				cr_assert_str_eq(before, after,
				                 "record %u, type %u", i,
				                 rec->type);
		}
		if (rec->type == AM_REC_BLOCK || rec->type == AM_REC_BLOB) {
			cr_assert_gt(out.lost, 0);
			cr_assert_eq(env_notes(env, "archive.lost"), out.lost);
		}
		/* Nothing is there that was not; what is lost is not much. */
		if (with_cache)
			cr_assert_eq(missing(after, before), 0);
		cr_assert_gt(out.kept, 0);
		g_free(after);
		remove_repaired(env);
		env_damage_record(env, rec, where);
	}
	/* The old one was not touched. */
	env_remove_cache(env);
	env_verify(env, env->path);
	g_array_free(records, TRUE);
	g_free(before);
	g_free(path);
	env_free(&env);
}

/* A block holds hundreds of messages: those before the damage are saved, each
 * proven by its hash. */
Test(repair, what_stands_before_the_damage_of_a_block_is_saved)
{
	static const char *const options[] = {NULL, "codec=zlib",
	                                      "codec=stored"};

	for (size_t i = 0; i < AM_COUNT(options); i++) {
		struct env *env = env_new();
		struct env_record block = {0};
		char *path = repaired(env);

		env_import(env, 0, 400, options[i]);
		GArray *records = env_records(env);
		for (guint k = 0; k < records->len; k++) {
			struct env_record *rec =
				&g_array_index(records, struct env_record, k);
			if (rec->type == AM_REC_BLOCK && rec->len > block.len)
				block = *rec;
		}
		env_damage_record(env, &block, block.len * 9 / 10);
		struct am_repair_result out = repair(env);
		cr_expect_gt(out.lost, 0, "%s", options[i]);
		cr_expect_lt(out.lost * 3, out.kept,
		             "%s: %" PRIu64 " lost, %" PRIu64 " kept",
		             options[i], out.lost, out.kept);
		env_verify(env, path);
		g_array_free(records, TRUE);
		g_free(path);
		env_free(&env);
	}
}

Test(repair, a_damaged_payload_with_the_catalog)
{
	damage_each(NULL, true, 200);
}

Test(repair, a_damaged_header_with_the_catalog)
{
	damage_each(NULL, true, 20);
}

Test(repair, a_damaged_payload_from_the_log_alone)
{
	damage_each(NULL, false, 200);
}

Test(repair, a_damaged_header_from_the_log_alone)
{
	damage_each(NULL, false, 20);
}

Test(repair, segments)
{
	damage_each("segment=64k", true, 100);
}

Test(repair, a_file_cut_off_gives_what_is_left)
{
	struct env *env = env_new();
	char *path = repaired(env);
	struct stat st;

	env_import(env, 0, MESSAGES, NULL);
	cr_assert(!stat(env->path, &st));
	char *before = env_dump(env, env->path);
	unsigned last = 0;
	for (int tenth = 10; tenth >= 4; tenth -= 2) {
		off_t len = st.st_size * tenth / 10;
		cr_assert(!truncate(env->path, len));
		struct am_repair_result out = repair(env);
		env_verify(env, path);
		char *after = env_dump(env, path);
		cr_assert_eq(missing(after, before), 0, "%s", after);
		if (last)
			cr_assert_leq(out.kept, last);
		last = (unsigned)out.kept;
		g_free(after);
		remove_repaired(env);
	}
	g_free(before);
	g_free(path);
	env_free(&env);
}

/* The beginning of the file once more behind its end, broken within each
 * record in turn: what stands in its place is not given up for the copy. */
Test(repair, a_piece_that_came_in_twice_costs_nothing)
{
	struct env *env = env_new();
	char *path = repaired(env);
	char *bytes;
	gsize len;

	env_import(env, 0, MESSAGES, NULL);
	GArray *records = env_records(env);
	char *before = env_dump(env, env->path);
	cr_assert(g_file_get_contents(env->path, &bytes, &len, NULL));
	bytes = g_realloc(bytes, 2 * len);
	for (guint i = 0; i < records->len; i++) {
		const struct env_record *rec =
			&g_array_index(records, struct env_record, i);
		gsize more = rec->pos + rec->len;
		memcpy(bytes + len, bytes, more);
		memset(bytes + len + more - rec->len / 4, 0, rec->len / 4);
		cr_assert(g_file_set_contents(env->path, bytes,
		                              (gssize)(len + more), NULL));
		struct am_repair_result out = repair(env);
		cr_assert_eq(out.lost, 0, "record %u", i);
		char *after = env_dump(env, path);
		cr_assert_str_eq(after, before, "record %u", i);
		g_free(after);
		remove_repaired(env);
	}
	g_free(bytes);
	g_free(before);
	g_free(path);
	g_array_unref(records);
	env_free(&env);
}

/* Bytes lost before the first commit: nothing stands in its place any more, not
 * even the commits. */
Test(repair, a_lost_beginning)
{
	static const struct {
		gsize at, len;
	} cuts[] = {{0, 1}, {0, 300}, {30, 40}, {5000, 1}, {5000, 900}};
	struct env *env = env_new();
	char *path = repaired(env);
	char *bytes;
	gsize len;

	env_import(env, 0, MESSAGES, NULL);
	char *before = env_dump(env, env->path);
	cr_assert(g_file_get_contents(env->path, &bytes, &len, NULL));
	for (size_t i = 0; i < AM_COUNT(cuts); i++) {
		struct am_archive *none;
		struct am_error err;
		char *less = g_memdup2(bytes, len);
		memmove(less + cuts[i].at, less + cuts[i].at + cuts[i].len,
		        len - cuts[i].at - cuts[i].len);
		cr_assert(g_file_set_contents(
			env->path, less, (gssize)(len - cuts[i].len), NULL));
		cr_assert_eq(am_archive_open(&none, env->path, false, &env->ctx,
		                             &err),
		             AM_FAILED);
		struct am_repair_result out = repair(env);
		cr_expect(out.uncounted, "cut %zu", i);
		cr_expect_eq(out.lost, 0, "cut %zu", i);
		char *after = env_dump(env, path);
		cr_expect_str_eq(after, before, "cut %zu", i);
		g_free(after);
		g_free(less);
		remove_repaired(env);
	}
	g_free(bytes);
	g_free(before);
	g_free(path);
	env_free(&env);
}

Test(repair, does_not_write_over_anything)
{
	struct env *env = env_new();
	char *path = repaired(env);
	struct am_repair_result out;
	struct am_error err = {0};

	env_import(env, 0, 20, NULL);
	cr_assert(g_file_set_contents(path, "mine", -1, NULL));
	cr_assert_eq(am_archive_repair(env->path, NULL, &env->ctx, &out, &err),
	             AM_FAILED);
	cr_assert_eq(err.kind, AM_E_EXISTS, "%s", err.text);
	g_free(path);
	env_free(&env);
}
