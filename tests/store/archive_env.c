/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "archive_env.h"

#include "base/file.h"
#include "model/format.h"
#include "store/archive_sink.h"
#include "store/catalog.h"

#include <criterion/criterion.h>

#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void count_note(void *user, const struct am_note *note)
{
	struct env *env = user;
	gpointer n = g_hash_table_lookup(env->notes, note->code);

	g_hash_table_insert(env->notes, g_strdup(note->code),
	                    GUINT_TO_POINTER(GPOINTER_TO_UINT(n) + 1));
	g_string_append_printf(env->texts, "%s: %s\n", note->code, note->text);
}

struct env *env_new(void)
{
	struct env *env = g_new0(struct env, 1);
	char *dir = g_strdup("/tmp/am-store-XXXXXX");

	cr_assert(mkdtemp(dir));
	env->dir = dir;
	env->path = g_build_filename(dir, "a.mailark", NULL);
	env->notes =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	env->texts = g_string_new(NULL);
	env->ctx = (struct am_ctx){.on_note = count_note,
	                           .user = env,
	                           .tmpdir = env->dir,
	                           .cancel = &env->cancel};
	return env;
}

void env_free(struct env **env)
{
	struct env *e = *env;

	cr_assert_eq(am_remove_tree(e->dir, NULL), AM_OK);
	g_hash_table_destroy(e->notes);
	g_string_free(e->texts, TRUE);
	g_free(e->dir);
	g_free(e->path);
	g_free(e);
	*env = NULL;
}

unsigned env_notes(const struct env *env, const char *code)
{
	return GPOINTER_TO_UINT(g_hash_table_lookup(env->notes, code));
}

void env_forget_notes(struct env *env)
{
	g_hash_table_remove_all(env->notes);
	g_string_truncate(env->texts, 0);
}

struct box_run env_import(struct env *env, unsigned from, unsigned to,
                          const char *option)
{
	const char *options[] = {option, NULL};
	struct box_run run = {
		.from = from, .to = to, .each = 40, .source = "box:1"};
	struct am_error err = {0};

	int r = box_import(&am_format_archive, env->path, options, &run,
	                   &env->ctx, &err);
	cr_assert_eq(r, AM_OK, "%s", err.text);
	cr_assert_eq(run.failed, 0);
	return run;
}

struct am_sink *env_sink(struct env *env)
{
	struct am_location where = {.path = env->path};
	struct am_sink *sink;
	struct am_error err = {0};

	cr_assert_eq(
		am_format_archive.open_sink(&sink, &where, &env->ctx, &err),
		AM_OK, "%s", err.text);
	return sink;
}

enum am_outcome env_put(struct am_sink *sink, struct am_message *msg)
{
	enum am_outcome outcome;
	void *prepared = NULL;
	struct am_error err = {0};

	cr_assert_eq(am_sink_prepare(sink, msg, &prepared, &err), AM_OK);
	cr_assert_eq(am_sink_put(sink, msg, &prepared, &outcome, &err), AM_OK,
	             "%s", err.text);
	return outcome;
}

char *env_dump(struct env *env, const char *path)
{
	struct am_error err = {0};
	GPtrArray *lines = box_dump(&am_format_archive, path, &env->ctx, &err);

	cr_assert(lines, "%s", err.text);
	char *text = box_join(lines);
	g_ptr_array_free(lines, TRUE);
	return text;
}

void env_verify(struct env *env, const char *path)
{
	struct am_verify_result v;
	struct am_error err = {0};

	int r = am_archive_verify(path, true, &env->ctx, &v, &err);
	cr_assert_eq(r, AM_OK, "%s\n%s", err.text, env->texts->str);
	cr_assert_eq(v.damaged_records + v.damaged_messages + v.damaged_blobs,
	             0);
	cr_assert_eq(v.catalog_differences, 0);
}

struct am_archive *env_open(struct env *env)
{
	struct am_archive *a;
	struct am_error err = {0};

	cr_assert_eq(am_archive_open(&a, env->path, false, &env->ctx, &err),
	             AM_OK, "%s", err.text);
	return a;
}

void env_damage(const char *path, uint64_t offset, size_t len)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	cr_assert_geq(fd, 0);
	for (size_t i = 0; i < len; i++) {
		uint8_t byte;
		off_t at = (off_t)(offset + i);
		cr_assert_eq(pread(fd, &byte, 1, at), 1);
		byte ^= 0x5A;
		cr_assert_eq(pwrite(fd, &byte, 1, at), 1);
	}
	close(fd);
}

void env_remove_cache(struct env *env)
{
	char *cache = g_strconcat(env->path, ".cache", NULL);

	cr_assert_eq(am_remove_tree(cache, NULL), AM_OK);
	g_free(cache);
}

void env_change(struct env *env, const struct am_item_change *change)
{
	struct am_archive_writer w;
	struct am_archive *a;
	struct am_error err = {0};
	uint64_t seq;

	cr_assert_eq(am_archive_open(&a, env->path, true, &env->ctx, &err),
	             AM_OK, "%s", err.text);
	cr_assert_eq(am_archive_writer_open(&w, a, NULL), AM_OK);
	cr_assert_eq(am_archive_writer_start(&w, NULL), AM_OK);
	cr_assert_eq(am_catalog_seq(a->catalog, &seq, NULL), AM_OK);
	cr_assert_eq(am_catalog_add_change(a->catalog, change, seq + 1, &err),
	             AM_OK, "%s", err.text);
	am_items_add_change(w.items, change);
	cr_assert_eq(am_archive_writer_commit(&w, &err), AM_OK, "%s", err.text);
	am_archive_writer_close(&w);
	am_archive_close(&a);
}

static int take_record(void *user, const struct am_record *rec,
                       struct am_error *err)
{
	struct env_record r = {.type = rec->type,
	                       .pos = rec->pos,
	                       .len = AM_RECORD_HEADER + rec->stored_len};

	(void)err;
	g_array_append_val((GArray *)user, r);
	return AM_OK;
}

static int take_commit(void *user, const struct am_commit *commit,
                       struct am_error *err)
{
	struct env_record r = {.type = AM_REC_COMMIT,
	                       .pos = commit->pos,
	                       .len = commit->end - commit->pos};

	(void)err;
	g_array_append_val((GArray *)user, r);
	return AM_OK;
}

GArray *env_records(struct env *env)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(struct env_record));
	struct am_log_walk walk = {
		.record = take_record, .commit = take_commit, .user = all};
	struct am_log *log;

	cr_assert_eq(am_log_open(&log, env->path, false, NULL, &env->ctx, NULL),
	             AM_OK);
	cr_assert_eq(am_log_walk(log, 0, &walk, NULL), AM_OK);
	am_log_close(&log);
	return all;
}

void env_damage_record(struct env *env, const struct env_record *rec,
                       uint64_t at)
{
	uint64_t segment = rec->pos >> 44;
	char *file = g_file_test(env->path, G_FILE_TEST_IS_DIR)
	                     ? g_strdup_printf("%s/%06u.seg", env->path,
	                                       (unsigned)segment)
	                     : g_strdup(env->path);

	env_damage(file, (rec->pos & ((UINT64_C(1) << 44) - 1)) + at, 1);
	g_free(file);
}

struct am_catalog *env_catalog(struct env *env)
{
	struct am_catalog *c;
	struct am_error err = {0};

	cr_assert_eq(am_catalog_open(&c, env->dir, true, &err), AM_OK, "%s",
	             err.text);
	return c;
}

void env_catalog_sql(struct env *env, const char *sql)
{
	char *path = g_build_filename(env->dir, "catalog.sqlite", NULL);
	sqlite3 *db;

	cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK, "%s",
	             sqlite3_errmsg(db));
	sqlite3_close(db);
	g_free(path);
}
