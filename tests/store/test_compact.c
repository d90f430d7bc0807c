/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "archive_env.h"

#include "base/file.h"
#include "model/format.h"
#include "store/items.h"

#include <criterion/criterion.h>

#include <string.h>
#include <sys/stat.h>

TestSuite(compact, .timeout = 300);

static struct am_repair_result compact(struct env *env,
                                       const struct am_compact_options *options)
{
	struct am_repair_result out;
	struct am_error err = {0};

	int r = am_archive_compact(env->path, options, &env->ctx, &out, &err);
	cr_assert_eq(r, AM_OK, "%s", err.text);
	return out;
}

static struct am_archive_stats stats_of(struct env *env)
{
	struct am_archive *a = env_open(env);
	struct am_archive_stats st;

	cr_assert_eq(am_archive_stats(a, &st, NULL), AM_OK);
	am_archive_close(&a);
	return st;
}

static void expunge(struct env *env, uint64_t placement)
{
	struct am_item_change gone = {.placement = placement,
	                              .kind = AM_CHANGE_EXPUNGED};
	env_change(env, &gone);
}

/* Nothing but what is wanted stays beside the archive. */
static void check_folder(struct env *env)
{
	GDir *dir = g_dir_open(env->dir, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(dir)))
		cr_assert(!strcmp(name, "a.mailark") ||
		                  !strcmp(name, "a.mailark.cache"),
		          "%s", name);
	g_dir_close(dir);
}

Test(compact, keeps_all_that_is_live_and_its_history)
{
	static const struct {
		const char *option;
		struct am_compact_options compact;
	} cases[] = {
		{NULL, {0}},
		{NULL, {.max = true}},
		{NULL, {.codec = "zlib"}},
		{"codec=zlib", {.max = true}},
		{"codec=zlib", {.codec = "zstd"}},
		{"segment=64k", {0}},
		{NULL, {.segment = 65536}},
	};
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		struct env *env = env_new();
		/* In many little runs, which makes half-empty blocks. */
		for (unsigned n = 10; n <= 100; n += 10)
			env_import(env, 0, n, cases[i].option);
		char *before = env_dump(env, env->path);
		struct am_archive_stats was = stats_of(env);
		struct am_repair_result out = compact(env, &cases[i].compact);
		cr_assert_eq(out.kept, was.messages, "case %zu", i);
		cr_assert_eq(out.lost, 0);
		cr_assert_eq(out.bytes_before, was.file_size);
		env_verify(env, env->path);
		char *after = env_dump(env, env->path);
		cr_assert_str_eq(before, after, "case %zu", i);
		struct am_archive_stats is = stats_of(env);
		cr_assert_eq(is.file_size, out.bytes_after);
		if (!cases[i].compact.codec && !cases[i].compact.segment)
			cr_assert_leq(is.file_size, was.file_size, "case %zu",
			              i);
		cr_assert_eq(is.max_seq, was.max_seq);
		cr_assert_eq(is.placements, was.placements);
		cr_assert_lt(is.blocks, was.blocks);
		check_folder(env);
		/* And life goes on. */
		struct box_run run = env_import(env, 0, 130, NULL);
		cr_assert_geq(run.stored, 29);
		env_verify(env, env->path);
		g_free(before);
		g_free(after);
		env_free(&env);
	}
}

Test(compact, lets_go_of_what_no_folder_holds)
{
	struct env *env = env_new();

	env_import(env, 0, 60, NULL);
	struct am_archive_stats was = stats_of(env);
	/* 3 (message 2), whose attachment 9 (message 8) shares; 9 as well; 4
	 * (message 3), whose text is 8's (message 7) with other line ends; and
	 * 2 (message 1), which is in two more places. */
	expunge(env, 3);
	expunge(env, 9);
	expunge(env, 4);
	expunge(env, 2);
	char *before = env_dump(env, env->path);
	struct am_repair_result out = compact(env, NULL);
	/* Gone: message 2, 8; 3's bytes are needed, it is no loss to keep. */
	cr_assert_eq(out.kept, was.messages - 2);
	cr_assert_eq(env_notes(env, "archive.dropped"), 1);
	env_verify(env, env->path);
	char *after = env_dump(env, env->path);
	cr_assert_str_eq(before, after);
	struct am_archive_stats is = stats_of(env);
	cr_assert_eq(is.messages, was.messages);
	cr_assert_eq(is.max_seq, was.max_seq + 4);
	/* From the log alone the same, and again. */
	env_remove_cache(env);
	g_free(after);
	after = env_dump(env, env->path);
	cr_assert_str_eq(before, after);
	out = compact(env, NULL);
	env_verify(env, env->path);
	/* What was dropped is forgotten, and comes back with its bytes when it
	 * is imported; what was only expunged stays so, but for another source.
	 */
	struct box_run run = env_import(env, 0, 60, NULL);
	cr_assert_eq(run.stored, 2);
	run = (struct box_run){.to = 60, .source = "box:another"};
	cr_assert_eq(box_import(&am_format_archive, env->path, NULL, &run,
	                        &env->ctx, NULL),
	             AM_OK);
	cr_assert_eq(run.stored, 2);
	env_verify(env, env->path);
	g_free(after);
	after = env_dump(env, env->path);
	cr_assert(!strstr(after, "?\n"));
	g_free(before);
	g_free(after);
	env_free(&env);
}

Test(compact, writes_elsewhere_and_leaves_the_old)
{
	struct env *env = env_new();
	char *to = g_build_filename(env->dir, "b.mailark", NULL);
	struct am_compact_options options = {.to = to};
	struct am_repair_result out;
	struct am_error err = {0};

	env_import(env, 0, 60, NULL);
	char *before = env_dump(env, env->path);
	compact(env, &options);
	char *a = env_dump(env, env->path), *b = env_dump(env, to);
	cr_assert_str_eq(a, before);
	cr_assert_str_eq(b, before);
	env_verify(env, to);
	/* Not over something. */
	cr_assert_eq(
		am_archive_compact(env->path, &options, &env->ctx, &out, &err),
		AM_FAILED);
	cr_assert_eq(err.kind, AM_E_EXISTS, "%s", err.text);
	g_free(before);
	g_free(a);
	g_free(b);
	g_free(to);
	env_free(&env);
}

Test(compact, does_not_replace_what_it_cannot_read)
{
	struct env *env = env_new();
	struct am_repair_result out;
	struct am_error err = {0};
	struct stat st, now;

	env_import(env, 0, 60, NULL);
	GArray *records = env_records(env);
	for (guint i = 0; i < records->len; i++) {
		struct env_record *rec =
			&g_array_index(records, struct env_record, i);
		if (rec->type != 4 && rec->type != 5 && rec->type != 6)
			continue;
		env_damage_record(env, rec, rec->len - 1);
		cr_assert(!stat(env->path, &st));
		cr_assert_lt(am_archive_compact(env->path, NULL, &env->ctx,
		                                &out, &err),
		             0, "type %u", rec->type);
		cr_assert(!stat(env->path, &now));
		cr_assert_eq(st.st_ino, now.st_ino);
		cr_assert_eq(st.st_size, now.st_size);
		env_damage_record(env, rec, rec->len - 1);
		check_folder(env);
	}
	g_array_free(records, TRUE);
	env_verify(env, env->path);
	env_free(&env);
}

static void cancel_now(void *user, const struct am_progress *progress)
{
	struct env *env = user;
	if (!strcmp(progress->phase, "compacting") && progress->done > 20)
		am_cancel_request(&env->cancel);
}

Test(compact, can_be_cancelled)
{
	struct env *env = env_new();
	struct am_repair_result out;
	struct am_error err = {0};

	env_import(env, 0, 60, NULL);
	char *before = env_dump(env, env->path);
	env->ctx.on_progress = cancel_now;
	cr_assert_eq(am_archive_compact(env->path, NULL, &env->ctx, &out, &err),
	             AM_FATAL);
	cr_assert_eq(err.kind, AM_E_CANCELLED);
	env->cancel.asked = 0;
	env->ctx.on_progress = NULL;
	check_folder(env);
	char *after = env_dump(env, env->path);
	cr_assert_str_eq(before, after);
	g_free(before);
	g_free(after);
	env_free(&env);
}
