/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "archive_env.h"

#include "model/format.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* The catalog beside the archive: a cache that may be anything. */

TestSuite(archive_attach, .timeout = 120);

static void forget_cache(struct env *env)
{
	env_remove_cache(env);
}

static void garble_catalog(struct env *env)
{
	char *path = g_strconcat(env->path, ".cache/catalog.sqlite", NULL);

	env_damage(path, 0, 100);
	g_free(path);
}

static void garble_a_page(struct env *env)
{
	char *path = g_strconcat(env->path, ".cache/catalog.sqlite", NULL);

	env_damage(path, 8192, 8192);
	g_free(path);
}

static void replace_catalog(struct env *env)
{
	char *path = g_strconcat(env->path, ".cache/catalog.sqlite", NULL);

	cr_assert(g_file_set_contents(path, "not a database at all", -1, NULL));
	g_free(path);
}

static void empty_catalog(struct env *env)
{
	char *path = g_strconcat(env->path, ".cache/catalog.sqlite", NULL);

	cr_assert(g_file_set_contents(path, "", 0, NULL));
	g_free(path);
}

static void foreign_catalog(struct env *env)
{
	struct env *other = env_new();
	char *from = g_strconcat(other->path, ".cache", NULL);
	char *to = g_strconcat(env->path, ".cache", NULL);

	env_import(other, 7, 60, NULL);
	env_remove_cache(env);
	cr_assert(!rename(from, to));
	env_free(&other);
	g_free(from);
	g_free(to);
}

Test(archive_attach, a_catalog_that_will_not_do_is_made_anew)
{
	static void (*const harm[])(struct env *) = {
		forget_cache,    garble_catalog, garble_a_page,
		replace_catalog, empty_catalog,  foreign_catalog};

	for (size_t i = 0; i < AM_COUNT(harm); i++) {
		struct env *env = env_new();
		env_import(env, 0, 100, i % 2 ? "segment=64k" : NULL);
		char *before = env_dump(env, env->path);
		harm[i](env);
		/* Damage inside is met while reading, and mended after. */
		if (harm[i] == garble_a_page) {
			GPtrArray *lines = box_dump(&am_format_archive,
			                            env->path, &env->ctx, NULL);
			if (lines)
				g_ptr_array_unref(lines);
		}
		/* By a reader, and by a writer. */
		if (i % 3) {
			char *after = env_dump(env, env->path);
			cr_assert_str_eq(before, after, "harm %zu", i);
			g_free(after);
		}
		struct box_run run = env_import(env, 0, 100, NULL);
		cr_assert_eq(run.stored, 0, "harm %zu", i);
		char *after = env_dump(env, env->path);
		cr_assert_str_eq(before, after, "harm %zu", i);
		env_verify(env, env->path);
		g_free(after);
		g_free(before);
		env_free(&env);
	}
}

static void copy_file(const char *from, const char *to)
{
	char *bytes;
	gsize len;

	cr_assert(g_file_get_contents(from, &bytes, &len, NULL));
	cr_assert(g_file_set_contents(to, bytes, (gssize)len, NULL));
	g_free(bytes);
}

Test(archive_attach, an_older_copy_put_back_is_what_counts)
{
	struct env *env = env_new();
	char *copy = g_strconcat(env->path, ".copy", NULL);

	env_import(env, 0, 60, NULL);
	char *before = env_dump(env, env->path);
	copy_file(env->path, copy);
	env_import(env, 60, 120, NULL);
	copy_file(copy, env->path);
	char *after = env_dump(env, env->path);
	cr_assert_str_eq(before, after);
	/* Not without a word: it might be damage. */
	cr_assert_eq(env_notes(env, "archive.cut"), 1);
	env_verify(env, env->path);
	/* And other mail than before may follow. */
	env_import(env, 200, 260, NULL);
	env_verify(env, env->path);
	g_free(before);
	g_free(after);
	g_free(copy);
	env_free(&env);
}

Test(archive_attach, a_catalog_behind_catches_up)
{
	struct env *env = env_new();
	char *db = g_strconcat(env->path, ".cache/catalog.sqlite", NULL);
	char *copy = g_strconcat(env->path, ".copy", NULL);
	char *wal = g_strconcat(db, "-wal", NULL);
	char *shm = g_strconcat(db, "-shm", NULL);

	env_import(env, 0, 60, NULL);
	copy_file(db, copy);
	env_import(env, 30, 150, NULL);
	char *before = env_dump(env, env->path);
	unlink(wal);
	unlink(shm);
	copy_file(copy, db);
	char *after = env_dump(env, env->path);
	cr_assert_str_eq(before, after);
	env_verify(env, env->path);
	g_free(before);
	g_free(after);
	g_free(db);
	g_free(copy);
	g_free(wal);
	g_free(shm);
	env_free(&env);
}

Test(archive_attach, readers_see_the_last_commit_while_one_writes)
{
	struct env *env = env_new();
	struct am_error err = {0};

	struct am_sink *sink = env_sink(env);
	for (unsigned i = 0; i < 90; i++) {
		struct am_message *msg = box_message(i);
		env_put(sink, msg);
		am_message_free(&msg);
		if (i % 30 == 29)
			cr_assert_eq(am_sink_commit(sink, NULL), AM_OK);
		if (i % 30 != 15)
			continue;
		struct am_archive *a = env_open(env);
		struct am_archive_stats st;
		cr_assert_eq(am_archive_stats(a, &st, NULL), AM_OK);
		cr_assert_eq(st.placements, i / 30 * 30);
		am_archive_close(&a);
		/* A second writer hears who is there. */
		cr_assert_eq(
			am_archive_open(&a, env->path, true, &env->ctx, &err),
			AM_FAILED);
		cr_assert_eq(err.kind, AM_E_BUSY, "%s", err.text);
	}
	am_sink_close(&sink);
	env_verify(env, env->path);
	env_free(&env);
}

Test(archive_attach, where_no_cache_can_be_it_is_kept_for_the_session)
{
	struct env *env = env_new();
	char *cache = g_strconcat(env->path, ".cache", NULL);

	env_import(env, 0, 60, NULL);
	char *before = env_dump(env, env->path);
	env_remove_cache(env);
	cr_assert(g_file_set_contents(cache, "", 0, NULL));
	char *after = env_dump(env, env->path);
	cr_assert_str_eq(before, after);
	env_verify(env, env->path);
	/* And nothing of it stays in the temporary folder. */
	GDir *dir = g_dir_open(env->dir, 0, NULL);
	const char *name;
	while ((name = g_dir_read_name(dir)))
		cr_assert(g_str_has_prefix(name, "a.mailark"), "%s", name);
	g_dir_close(dir);
	g_free(before);
	g_free(after);
	g_free(cache);
	env_free(&env);
}

/* Files may be made but not grow: as a full disk, wherever one looks. */
Test(archive_attach, is_read_where_no_catalog_finds_room)
{
	static const rlim_t rooms[] = {0, 4096, 20000, 100000};

	signal(SIGXFSZ, SIG_IGN);
	for (size_t i = 0; i < AM_COUNT(rooms); i++) {
		struct env *env = env_new();
		struct rlimit limit, none;
		env_import(env, 0, 400, NULL);
		char *before = env_dump(env, env->path);
		env_remove_cache(env);
		cr_assert(!getrlimit(RLIMIT_FSIZE, &none));
		limit = none;
		limit.rlim_cur = rooms[i];
		cr_assert(!setrlimit(RLIMIT_FSIZE, &limit));
		char *after = env_dump(env, env->path);
		env_verify(env, env->path);
		cr_assert(!setrlimit(RLIMIT_FSIZE, &none));
		cr_expect_str_eq(after, before, "with room for %lu",
		                 (unsigned long)rooms[i]);
		/* And made as ever when there is room again. */
		char *again = env_dump(env, env->path);
		cr_expect_str_eq(again, before);
		g_free(again);
		g_free(after);
		g_free(before);
		env_free(&env);
	}
}
