/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/check.h"
#include "index/index_env.h"
#include "index/index_impl.h"
#include "index/state.h"
#include "index/sums.h"

#include "base/file.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

TestSuite(check, .fini = am_test_tmpdir_end);

#define PHRASE "\"kernel memory\""

static struct am_index_health check(struct index_env *env, bool full)
{
	struct am_index_health h;
	struct am_error err = {.text = ""};

	index_env_close(env);
	g_hash_table_remove_all(env->notes);
	g_free(index_env_search(env, "", AM_SORT_DATE));
	cr_assert_eq(am_index_check(&h, env->index, env->archive, full,
	                            &env->ctx, &err),
	             AM_OK, "%s", err.text);
	cr_expect_eq(h.messages, h.shown + h.newer + h.unreadable + h.lost);
	cr_expect_eq(h.documents >= h.shown + h.hidden, true);
	return h;
}

Test(check, counts_both_sides)
{
	struct index_env *env = index_env_new();
	struct am_index_health h;

	index_env_fill(env, 0, 200);
	index_env_follow(env, 2);
	h = check(env, true);
	cr_expect(h.whole);
	cr_expect_eq(h.messages, 200);
	cr_expect_eq(h.documents, 200);
	cr_expect_eq(h.shown, 200);

	index_env_fill(env, 200, 230);
	h = check(env, false);
	cr_expect(h.whole);
	cr_expect_eq(h.messages, 230);
	cr_expect_eq(h.newer, 30);
	cr_expect_eq(g_hash_table_size(env->notes), 0);
	index_env_free(&env);
}

/* A state that names fewer shards than there were: searches would answer as if
 * those messages did not exist. */
Test(check, finds_what_is_missing_and_the_next_update_brings_it)
{
	struct index_env *env = index_env_new();
	struct am_index_health h;
	struct am_state state;
	struct am_error err = {.text = ""};

	index_env_fill(env, 0, 1200);
	index_env_follow(env, 1);
	index_env_fill(env, 1200, 1300);
	index_env_follow(env, 1);
	index_env_close(env);
	cr_assert_eq(am_state_read(&state, env->dir, &err), AM_OK);
	cr_assert_geq(state.n_shards, 2);
	uint64_t lost = state.shards[state.n_shards - 1].documents;
	state.n_shards--;
	cr_assert_eq(am_state_write(&state, env->dir, &err), AM_OK);
	am_state_clear(&state);
	h = check(env, false);
	cr_expect_not(h.whole);
	cr_expect_eq(h.lost, lost);
	cr_expect_eq(h.shown, 1300 - lost);
	cr_expect(g_hash_table_contains(env->notes, "index.lost"));
	index_env_free(&env);
}

/* Of 300 messages; where its files are, for am_test_read and its like. */
static char *fill_shard(struct index_env *env)
{
	struct am_state state;
	struct am_error err = {.text = ""};

	index_env_fill(env, 0, 300);
	index_env_follow(env, 1);
	index_env_close(env);
	cr_assert_eq(am_state_read(&state, env->dir, &err), AM_OK);
	char *shard = am_shard_path("a.mailark.cache/xapian", &state.shards[0]);
	am_state_clear(&state);
	return shard;
}

Test(check, finds_damage)
{
	static const char *const files[] = {"columns", "texts", "words",
	                                    "postlist.glass"};
	struct index_env *env = index_env_new();
	struct am_index_health h;
	size_t len;

	char *shard = fill_shard(env);
	for (size_t i = 0; i < AM_COUNT(files); i++) {
		char *name = g_build_filename(shard, files[i], NULL);
		char *good = am_test_read(name, &len);
		/* The header of the side files; a list in the middle. */
		size_t at = i < 3 ? 16 : len / 2;
		char *bad = g_memdup2(good, len);
		memset(bad + at, 0x55, i < 3 ? 4 : 256);
		am_test_write(name, bad, len);
		h = check(env, true);
		cr_expect_not(h.whole, "%s", files[i]);
		cr_expect_eq(h.damaged, 1, "%s", files[i]);
		cr_expect(g_hash_table_contains(env->notes, "index.damage"));
		index_env_close(env);
		am_test_write(name, good, len);
		g_free(bad);
		g_free(good);
		g_free(name);
	}
	h = check(env, true);
	cr_expect(h.whole);
	g_free(shard);
	index_env_free(&env);
}

/* What no reader of the files can tell. */
Test(check, finds_each_flipped_bit)
{
	static const char *const files[] = {"columns", "places",
	                                    "postlist.glass", "texts", "words"};
	struct index_env *env = index_env_new();
	struct am_index_health h;
	struct am_error err = {.text = ""};
	size_t len;

	char *shard = fill_shard(env);
	char *dir = am_test_path("%s", shard);
	for (size_t i = 0; i < AM_COUNT(files) * 5; i++) {
		char *name = g_build_filename(shard, files[i / 5], NULL);
		char *good = am_test_read(name, &len);
		char *bad = g_memdup2(good, len);
		size_t at = 100 + (len - 100) / 5 * (i % 5);
		bad[at] ^= 4;
		am_test_write(name, bad, len);
		cr_expect_neq(am_sums_check(dir, &err), AM_OK, "%s, byte %zu",
		              files[i / 5], at);
		cr_expect_eq(err.kind, AM_E_CORRUPT);
		am_test_write(name, good, len);
		g_free(bad);
		g_free(good);
		g_free(name);
	}
	h = check(env, true);
	cr_expect(h.whole);
	index_env_close(env);
	/* The checksums themselves; and an index that has none yet. */
	char *sums = g_build_filename(shard, "sums", NULL);
	char *path = am_test_path("%s", sums);
	am_test_write(sums, "nonsense\n", 9);
	h = check(env, true);
	cr_expect_eq(h.damaged, 1);
	index_env_close(env);
	cr_assert_eq(unlink(path), 0);
	h = check(env, true);
	cr_expect(h.whole);
	g_free(path);
	g_free(sums);
	g_free(dir);
	g_free(shard);
	index_env_free(&env);
}

/* Whichever of an index's files is gone, or cut off: one line, and the next
 * update makes a whole one of it. */
Test(check, a_search_tells_what_is_gone_and_the_next_update_brings_it)
{
	static const struct {
		const char *name;
		bool cut;
	} files[] = {{"columns", false},        {"texts", false},
	             {"words", false},          {"places", false},
	             {"postlist.glass", false}, {"iamglass", false},
	             {"places", true},          {"postlist.glass", true},
	             {"iamglass", true}};
	struct index_env *env = index_env_new();
	struct am_state state;
	struct am_error err = {.text = ""};

	index_env_fill(env, 0, 300);
	index_env_follow(env, 1);
	for (size_t i = 0; i < AM_COUNT(files); i++) {
		index_env_close(env);
		cr_assert_eq(am_state_read(&state, env->dir, &err), AM_OK);
		char *shard = am_shard_path(env->dir, &state.shards[0]);
		char *name = g_build_filename(shard, files[i].name, NULL);
		cr_assert_eq(files[i].cut ? truncate(name, 40) : unlink(name),
		             0);
		char *found = index_env_search(env, "report", AM_SORT_DATE);
		cr_expect(g_str_has_prefix(found, "? ") &&
		                  strstr(found, "makes it anew"),
		          "%s: %s", files[i].name, found);
		index_env_close(env);
		index_env_follow(env, 1);
		cr_expect(check(env, true).whole, "%s", files[i].name);
		g_free(found);
		g_free(name);
		g_free(shard);
		am_state_clear(&state);
	}
	index_env_free(&env);
}

/* Lists and places are read in memory; what is cut beneath a search is told,
 * and the program goes on. */
Test(check, a_search_tells_what_is_cut_beneath_it)
{
	static const char *const files[] = {"places", "postlist.glass"};
	struct am_state state;
	struct am_error err = {.text = ""};

	for (size_t i = 0; i < AM_COUNT(files); i++) {
		struct index_env *env = index_env_new();
		index_env_fill(env, 0, 2000);
		index_env_follow(env, 1);
		index_env_close(env);
		char *found = index_env_search(env, PHRASE, AM_SORT_DATE);
		cr_assert(strchr(found, ' ') && *found != '?', "%s", found);
		cr_assert_eq(am_state_read(&state, env->dir, &err), AM_OK);
		char *shard = am_shard_path(env->dir, &state.shards[0]);
		char *name = g_build_filename(shard, files[i], NULL);
		cr_assert_eq(truncate(name, 0), 0);
		char *cut = index_env_search(env, PHRASE, AM_SORT_DATE);
		cr_expect(g_str_has_prefix(cut, "? "), "%s: %s", files[i], cut);
		g_free(cut);
		g_free(name);
		g_free(shard);
		g_free(found);
		am_state_clear(&state);
		index_env_free(&env);
		am_test_tmpdir_end();
	}
}
