/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "archive_env.h"

#include "store/catalog.h"

#include <criterion/criterion.h>
#include <sqlite3.h>

#include <string.h>

TestSuite(migrate, .timeout = 60);

/* What another version may have left, and what is said of it; the words are
 * part of the contract. */
Test(migrate, features_of_the_future_are_refused_by_name)
{
	static const struct {
		const char *sql;
		bool writable;
		int status;
		enum am_kind kind;
		const char *text;
	} cases[] = {
		{"INSERT INTO feature VALUES('shards', 'rw')", false, AM_FAILED,
	         AM_E_UNSUPPORTED,
	         "reading it needs the feature \"shards\", which this version "
	         "does not know"},
		{"INSERT INTO feature VALUES('parts', 'w')", true, AM_FAILED,
	         AM_E_UNSUPPORTED,
	         "writing it needs the feature \"parts\", which this version "
	         "does not know"},
		{"INSERT INTO feature VALUES('parts', 'w')", false, AM_OK,
	         AM_E_NONE, NULL},
		{"INSERT INTO feature VALUES('hints', '')", true, AM_OK,
	         AM_E_NONE, NULL},
		{"UPDATE feature SET name = 'catalog-2'", true, AM_FAILED,
	         AM_E_CORRUPT, "of an earlier version"},
		{"DELETE FROM feature", true, AM_FAILED, AM_E_CORRUPT,
	         "not a catalog of ours"},
		{"PRAGMA application_id = 7", true, AM_FAILED, AM_E_CORRUPT,
	         "not a catalog of ours"},
		{"DROP TABLE feature", false, AM_FAILED, AM_E_CORRUPT, NULL},
	};
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		struct env *env = env_new();
		struct am_catalog *c = env_catalog(env);
		struct am_error err = {0};
		am_catalog_close(&c);
		env_catalog_sql(env, cases[i].sql);
		cr_assert_eq(
			am_catalog_open(&c, env->dir, cases[i].writable, &err),
			cases[i].status, "case %zu: %s", i, err.text);
		cr_assert_eq(err.kind, cases[i].kind, "case %zu: %s", i,
		             err.text);
		if (cases[i].text) {
			char *want = g_strdup_printf("%s/catalog.sqlite: %s",
			                             env->dir, cases[i].text);
			cr_assert_str_eq(err.text, want);
			g_free(want);
		}
		am_catalog_close(&c);
		env_free(&env);
	}
}

Test(migrate, an_archive_with_a_future_catalog_is_refused_not_emptied)
{
	struct env *env = env_new();
	char *cache = g_strconcat(env->path, ".cache/catalog.sqlite", NULL);
	struct am_archive *a;
	struct am_error err = {0};
	sqlite3 *db;

	env_import(env, 0, 20, NULL);
	cr_assert_eq(sqlite3_open(cache, &db), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(db,
	                          "INSERT INTO feature VALUES('shards', 'rw')",
	                          NULL, NULL, NULL),
	             SQLITE_OK);
	sqlite3_close(db);
	for (int writable = 0; writable < 2; writable++) {
		cr_assert_eq(am_archive_open(&a, env->path, writable, &env->ctx,
		                             &err),
		             AM_FAILED);
		cr_assert_eq(err.kind, AM_E_UNSUPPORTED, "%s", err.text);
		cr_assert(strstr(err.text, "\"shards\""), "%s", err.text);
	}
	/* To make it anew is what a person may decide. */
	cr_assert_eq(am_archive_rebuild(env->path, &env->ctx, &err), AM_OK,
	             "%s", err.text);
	env_verify(env, env->path);
	g_free(cache);
	env_free(&env);
}
