/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "archive_env.h"

#include <criterion/criterion.h>

#include <string.h>

TestSuite(archive_query, .timeout = 120);

Test(archive_query, finds_messages_by_the_beginning_of_their_hash)
{
	struct env *env = env_new();
	struct am_archive_message m;
	struct am_error err = {0};
	int64_t id;

	env_import(env, 0, 100, NULL);
	struct am_archive *a = env_open(env);
	cr_assert_eq(am_archive_message(a, 17, &m, NULL), AM_OK);
	char hex[AM_SHA256_HEX];
	am_hex(m.hash, sizeof m.hash, hex);
	for (size_t digits = 16; digits <= 64; digits += 3) {
		hex[digits] = '\0';
		am_hex(m.hash, sizeof m.hash, hex);
		hex[digits] = '\0';
		cr_assert_eq(am_archive_find_hash(a, hex, &id, &err), AM_OK,
		             "%zu digits: %s", digits, err.text);
		cr_assert_eq(id, 17);
	}
	cr_assert_eq(am_archive_find_hash(a, "00000000000000", &id, &err),
	             AM_END);
	static const char *const bad[] = {"abc", "xyzxyz", "", "12 4"};
	for (size_t i = 0; i < AM_COUNT(bad); i++) {
		cr_assert_eq(am_archive_find_hash(a, bad[i], &id, &err),
		             AM_FAILED);
		cr_assert_eq(err.kind, AM_E_ARGUMENT);
	}
	cr_assert_eq(am_archive_message(a, 9999, &m, &err), AM_FAILED);
	cr_assert_eq(err.kind, AM_E_NOTFOUND);
	am_archive_close(&a);
	env_free(&env);
}

Test(archive_query, threads_are_followed_to_their_beginning)
{
	struct env *env = env_new();
	struct am_archive_message m;

	/* 12..15: 12 starts, each answers the one before. */
	env_import(env, 12, 16, NULL);
	struct am_archive *a = env_open(env);
	for (int64_t id = 1; id <= 4; id++) {
		cr_assert_eq(am_archive_message(a, id, &m, NULL), AM_OK);
		cr_assert_str_eq(m.thread, "12@example.org");
	}
	am_archive_close(&a);
	env_free(&env);
}

static size_t count_selected(struct am_archive *a,
                             struct am_archive_filter filter)
{
	int64_t *ids;
	size_t n;

	cr_assert_eq(am_archive_select(a, &filter, &ids, &n, NULL), AM_OK);
	for (size_t i = 1; i < n; i++)
		cr_assert_gt(ids[i], ids[i - 1]);
	g_free(ids);
	return n;
}

Test(archive_query, selects_by_folder_flags_and_keyword)
{
	struct env *env = env_new();

	/* One group: all different but 5 (= 1) and 10 (= 1), and the empty. */
	env_import(env, 0, 12, NULL);
	struct am_archive *a = env_open(env);
	struct am_archive_filter all = {0};
	cr_assert_eq(count_selected(a, all), 10);
	cr_assert_eq(count_selected(
			     a, (struct am_archive_filter){.folder = "Old/*"}),
	             2);
	cr_assert_eq(
		count_selected(a,
	                       (struct am_archive_filter){.folder = "nothing"}),
		0);
	cr_assert_eq(
		count_selected(a,
	                       (struct am_archive_filter){
				       .flags_set = AM_SEEN | AM_ANSWERED}),
		3); /* 3, 7, 11 */
	cr_assert_eq(
		count_selected(
			a, (struct am_archive_filter){.flags_unset = AM_SEEN}),
		6); /* 0 2 4 6 8 10 */
	cr_assert_eq(
		count_selected(a,
	                       (struct am_archive_filter){.keyword = "$later"}),
		2); /* 1 7 */
	cr_assert_eq(count_selected(
			     a, (struct am_archive_filter){.keyword = "VÄTER"}),
	             2); /* 2 11 */
	am_archive_close(&a);
	env_free(&env);
}

Test(archive_query, changes_name_each_message_once_at_its_latest)
{
	struct env *env = env_new();
	struct am_archive_change c[100];
	size_t n;

	env_import(env, 0, 12, NULL);
	struct am_archive *a = env_open(env);
	cr_assert_eq(am_archive_changes(a, 0, c, 100, &n, NULL), AM_OK);
	cr_assert_eq(n, 10);
	uint64_t last = 0;
	for (size_t i = 0; i < n; i++) {
		cr_assert_gt(c[i].seq, last);
		last = c[i].seq;
		/* The copy in the other folder is what is latest of it. */
		if (c[i].message == 2)
			cr_assert_eq(c[i].seq, 11);
		cr_assert_not(c[i].gone);
	}
	cr_assert_eq(last, 12);
	cr_assert_eq(am_archive_changes(a, 12, c, 100, &n, NULL), AM_END);
	/* In small bites the same. */
	uint64_t after = 0;
	size_t total = 0;
	while (!am_archive_changes(a, after, c, 3, &n, NULL)) {
		total += n;
		after = c[n - 1].seq;
	}
	cr_assert_eq(total, 10);
	am_archive_close(&a);
	env_free(&env);
}

static int sum_folders(void *user, int64_t id, const struct am_folder *folder,
                       uint64_t messages, uint64_t unseen, uint64_t bytes,
                       struct am_error *err)
{
	uint64_t *sums = user;

	(void)id;
	(void)err;
	sums[0] += messages;
	sums[1] += unseen;
	sums[2] += bytes;
	sums[3] += folder->role == AM_ROLE_INBOX;
	return AM_OK;
}

Test(archive_query, folders_count_what_is_in_them)
{
	struct env *env = env_new();
	uint64_t sums[4] = {0}, bytes = 0;

	env_import(env, 0, 100, NULL);
	for (unsigned i = 0; i < 100; i++) {
		GString *s = box_bytes(i);
		bytes += s->len;
		g_string_free(s, TRUE);
	}
	struct am_archive *a = env_open(env);
	cr_assert_eq(am_archive_folders(a, sum_folders, sums, NULL), AM_OK);
	cr_assert_eq(sums[0], 100);
	cr_assert_eq(sums[1], 50);
	cr_assert_eq(sums[2], bytes);
	cr_assert_eq(sums[3], 1);
	am_archive_close(&a);
	env_free(&env);
}
