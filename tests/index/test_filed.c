/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/filed.h"
#include "index/index_env.h"
#include "index/state.h"

#include "support/tmpdir.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

TestSuite(filed, .fini = am_test_tmpdir_end);

static const char one[] =
	"Subject: one\nDate: 1 Jan 2020 00:00:00 +0000\n\na\n";
static const char two[] =
	"Subject: two\nDate: 2 Jan 2020 00:00:00 +0000\n\nb\n";
static const char three[] =
	"Subject: three\nDate: 3 Jan 2020 00:00:00 +0000\n\nc\n";

/* Message 1 in two folders, read in one of them. */
static const struct am_test_message first[] = {
	{.folder = {"INBOX"}, .flags = AM_SEEN, .bytes = one},
	{.folder = {"Work"}, .flags = AM_FLAGGED, .bytes = one},
	{.folder = {"Work", "Deep"}, .bytes = two},
	{.folder = {"INBOX"}, .flags = AM_SEEN | AM_ANSWERED, .bytes = three},
};
/* Later: 2 comes to INBOX too, read. */
static const struct am_test_message later[] = {
	{.folder = {"INBOX"}, .flags = AM_SEEN, .bytes = two},
};

static const struct {
	const char *query, *before, *after;
} table[] = {
	{"folder:INBOX", "1 3", "1 2 3"},
	{"folder:Work", "1 2", "1 2"},
	{"folder:Work/Deep", "2", "2"},
	{"folder:nowhere", "", ""},
	{"-folder:INBOX", "2", ""},
	{"is:seen", "1 3", "1 2 3"},
	{"is:unread", "1 2", "1 2"},
	{"is:flagged", "1", "1"},
	/* Of one place, not of several. */
	{"is:flagged is:seen", "", ""},
	{"is:seen folder:Work", "", ""},
	{"is:unread folder:Work", "1 2", "1 2"},
	{"is:seen folder:INBOX", "1 3", "1 2 3"},
	{"is:answered OR folder:Work/Deep", "2 3", "2 3"},
	{"is:seen -is:answered", "1", "1 2"},
};

static void ask_all(struct index_env *env, bool after)
{
	for (size_t i = 0; i < AM_COUNT(table); i++)
		index_env_expect(env, table[i].query,
		                 after ? table[i].after : table[i].before);
}

Test(filed, tells_folders_and_flags_as_they_are_now)
{
	struct index_env *env = index_env_new();
	char *path;

	index_env_put(env, first, AM_COUNT(first));
	index_env_follow(env, 1);
	path = g_strdup_printf("%s/filed", env->dir);
	cr_assert(g_file_test(path, G_FILE_TEST_EXISTS));
	ask_all(env, false);
	/* What has changed since the copy is asked of the catalog. */
	index_env_put(env, later, AM_COUNT(later));
	ask_all(env, true);
	/* And the next update copies it. */
	index_env_follow(env, 1);
	ask_all(env, true);
	/* Without the copy it is all the catalog's. */
	index_env_close(env);
	cr_assert_eq(remove(path), 0);
	ask_all(env, true);
	/* It comes back, though nothing is new. */
	index_env_follow(env, 1);
	cr_expect(g_file_test(path, G_FILE_TEST_EXISTS));
	ask_all(env, true);
	g_free(path);
	index_env_free(&env);
}

Test(filed, is_passed_over_when_it_is_not_of_these_shards_or_damaged)
{
	struct index_env *env = index_env_new();
	struct am_state none = {.n_shards = 0}, state;
	struct am_filed *filed;
	struct am_error err = {.text = ""};
	char *path, *text;
	size_t len;

	index_env_put(env, first, AM_COUNT(first));
	index_env_follow(env, 1);
	cr_assert_eq(am_state_read(&state, env->dir, &err), AM_OK);
	cr_assert_eq(am_filed_open(&filed, env->dir, &state, &err), AM_OK);
	am_filed_close(&filed);
	cr_expect_eq(am_filed_open(&filed, env->dir, &none, &err), AM_END);
	path = g_strdup_printf("%s/filed", env->dir);
	cr_assert(g_file_get_contents(path, &text, &len, NULL));
	for (size_t i = 0; i < 48; i++) {
		text[i] ^= 0x21;
		cr_assert(g_file_set_contents(path, text, (gssize)len, NULL));
		cr_expect_eq(am_filed_open(&filed, env->dir, &state, &err),
		             AM_END, "%zu", i);
		text[i] ^= 0x21;
	}
	cr_assert(g_file_set_contents(path, text, (gssize)len - 1, NULL));
	cr_expect_eq(am_filed_open(&filed, env->dir, &state, &err), AM_END);
	index_env_close(env);
	ask_all(env, false);
	am_state_clear(&state);
	g_free(text);
	g_free(path);
	index_env_free(&env);
}
