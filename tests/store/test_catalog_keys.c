/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "archive_env.h"

#include "store/catalog.h"
#include "store/catalog_keys.h"

#include <criterion/criterion.h>
#include <sqlite3.h>

TestSuite(catalog_keys, .timeout = 60);

static void commit(struct am_catalog *c, uint64_t number)
{
	struct am_commit commit = {.number = number};

	cr_assert_eq(am_catalog_end(c, 1, &commit, NULL), AM_OK);
}

/* Every third key is like the one before. */
static uint64_t key_of(uint64_t id)
{
	return am_keys_hash((id - id % 3 / 2) * UINT64_C(0x9e3779b97f4a7c15));
}

static int collect(void *user, uint64_t key, uint64_t id, struct am_error *err)
{
	GArray *ids = user;

	(void)key;
	(void)err;
	g_array_append_val(ids, id);
	return AM_OK;
}

static size_t find(struct am_catalog *c, uint64_t low, uint64_t high,
                   GArray *ids)
{
	g_array_set_size(ids, 0);
	cr_assert_eq(
		am_keys_find(c, AM_KEYS_FORM, low, high, collect, ids, NULL),
		AM_OK);
	return ids->len;
}

static bool holds(const GArray *ids, uint64_t id)
{
	for (guint i = 0; i < ids->len; i++)
		if (g_array_index(ids, uint64_t, i) == id)
			return true;
	return false;
}

static int64_t number(struct env *env, const char *sql)
{
	char *path = g_build_filename(env->dir, "catalog.sqlite", NULL);
	sqlite3_stmt *s;
	sqlite3 *db;

	cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
	cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
	cr_assert_eq(sqlite3_step(s), SQLITE_ROW);
	int64_t n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(db);
	g_free(path);
	return n;
}

/* All that was added, before and after it was put down, and in few runs. */
Test(catalog_keys, finds_all_through_many_commits)
{
	/* Large and small transactions, some more than what waits at once. */
	static const uint64_t sizes[] = {1,  1, 700, 1,    3, 9000, 1, 2,
	                                 50, 1, 1,   5000, 1, 1,    1, 1};
	struct env *env = env_new();
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	struct am_catalog *c = env_catalog(env);
	uint64_t n = 0;

	for (size_t i = 0; i < AM_COUNT(sizes); i++) {
		cr_assert_eq(am_catalog_begin(c, NULL), AM_OK);
		for (uint64_t k = 0; k < sizes[i]; k++) {
			n++;
			cr_assert_eq(am_keys_add(c, AM_KEYS_FORM, key_of(n), n,
			                         NULL),
			             AM_OK);
		}
		/* Not put down yet. */
		find(c, key_of(n), key_of(n), ids);
		cr_assert(holds(ids, n));
		commit(c, i + 1);
		for (uint64_t id = 1; id <= n; id += 1 + id / 40) {
			size_t got = find(c, key_of(id), key_of(id), ids);
			cr_assert(holds(ids, id), "%" PRIu64, id);
			cr_assert_leq(got, 2);
		}
		cr_assert_eq(find(c, 0, UINT64_MAX, ids), n);
	}
	cr_expect_eq(number(env, "SELECT sum(n) FROM run"), (int64_t)n);
	cr_expect_eq(number(env, "SELECT sum(length(data)) FROM keys"),
	             (int64_t)n * 10);
	cr_expect_leq(number(env, "SELECT count(*) FROM run"), 6);
	am_catalog_close(&c);
	g_array_free(ids, TRUE);
	env_free(&env);
}

Test(catalog_keys, ranges_have_their_ends)
{
	struct env *env = env_new();
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	struct am_catalog *c = env_catalog(env);

	for (uint64_t half = 0; half < 2; half++) {
		cr_assert_eq(am_catalog_begin(c, NULL), AM_OK);
		for (uint64_t i = half; i < 4000; i += 2)
			cr_assert_eq(
				am_keys_add(c, AM_KEYS_FORM, i, i + 1, NULL),
				AM_OK);
		commit(c, half + 1);
	}
	for (uint64_t low = 0; low < 4000; low += 191) {
		for (uint64_t high = low; high < 4000; high += 383) {
			cr_assert_eq(find(c, low, high, ids), high - low + 1);
			cr_assert(holds(ids, low + 1));
			cr_assert(holds(ids, high + 1));
		}
	}
	cr_assert_eq(find(c, 4000, UINT64_MAX, ids), 0);
	am_catalog_close(&c);
	g_array_free(ids, TRUE);
	env_free(&env);
}

/* What a strange log may say: ids backwards, and the same twice. */
Test(catalog_keys, any_order_will_do)
{
	struct env *env = env_new();
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	struct am_catalog *c = env_catalog(env);
	struct am_keys_sum sums[AM_KEYS_COUNT];

	for (uint64_t twice = 0; twice < 2; twice++) {
		cr_assert_eq(am_catalog_begin(c, NULL), AM_OK);
		for (uint64_t i = 0; i < 1000; i++)
			cr_assert_eq(am_keys_add(c, AM_KEYS_FORM, i % 10,
			                         2000 - i / 2, NULL),
			             AM_OK);
		commit(c, twice + 1);
	}
	cr_assert_eq(am_keys_sums(c, sums, NULL), AM_OK);
	cr_expect_eq(sums[AM_KEYS_FORM].n, 1000);
	cr_expect_eq(find(c, 0, 0, ids), 100);
	am_catalog_close(&c);
	g_array_free(ids, TRUE);
	env_free(&env);
}

Test(catalog_keys, what_is_rolled_back_is_gone)
{
	struct env *env = env_new();
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	struct am_catalog *c = env_catalog(env);

	cr_assert_eq(am_catalog_begin(c, NULL), AM_OK);
	for (uint64_t id = 1; id < 6000; id++)
		cr_assert_eq(am_keys_add(c, AM_KEYS_FORM, key_of(id), id, NULL),
		             AM_OK);
	am_catalog_rollback(c);
	cr_expect_eq(find(c, 0, UINT64_MAX, ids), 0);
	cr_assert_eq(am_catalog_begin(c, NULL), AM_OK);
	commit(c, 1);
	cr_expect_eq(find(c, 0, UINT64_MAX, ids), 0);
	am_catalog_close(&c);
	g_array_free(ids, TRUE);
	env_free(&env);
}

/* What goes on where the last run ended makes no run of its own, and fills up
 * its last page. */
Test(catalog_keys, what_comes_in_order_stays_one_run)
{
	static const uint64_t sizes[] = {1, 1, 189, 1, 1, 700, 5000, 3};
	struct env *env = env_new();
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	struct am_catalog *c = env_catalog(env);
	struct am_keys_sum sums[AM_KEYS_COUNT];
	uint64_t n = 0;

	for (size_t i = 0; i < AM_COUNT(sizes); i++) {
		cr_assert_eq(am_catalog_begin(c, NULL), AM_OK);
		for (uint64_t k = 0; k < sizes[i]; k++, n++)
			cr_assert_eq(am_keys_add(c, AM_KEYS_FORM, 5 + n / 7, n,
			                         NULL),
			             AM_OK);
		commit(c, i + 1);
		cr_assert_eq(am_keys_sums(c, sums, NULL), AM_OK);
		cr_assert_eq(sums[AM_KEYS_FORM].n, n);
		cr_assert_eq(find(c, 0, UINT64_MAX, ids), n);
		for (uint64_t id = 0; id < n; id += 1 + id / 40)
			cr_assert_geq(find(c, 5 + id / 7, 5 + id / 7, ids), 1);
	}
	cr_expect_eq(number(env, "SELECT count(*) FROM run"), 1);
	cr_expect_eq(number(env, "SELECT n FROM run"), (int64_t)n);
	cr_expect_eq(number(env, "SELECT count(*) FROM keys"),
	             (int64_t)(n + 191) / 192);
	/* Each entry by itself. */
	for (uint64_t id = 0; id < n + 9; id += 5) {
		bool there;
		cr_assert_eq(am_keys_has(c, AM_KEYS_FORM, 5 + id / 7, id,
		                         &there, NULL),
		             AM_OK);
		cr_assert_eq(there, id < n);
		cr_assert_eq(am_keys_has(c, AM_KEYS_FORM, 6 + id / 7, id,
		                         &there, NULL),
		             AM_OK);
		cr_assert_not(there);
	}
	am_catalog_close(&c);
	g_array_free(ids, TRUE);
	env_free(&env);
}
