/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"
#include "model/folder.h"
#include "support/tmpdir.h"
#include "transfer/known.h"
#include "transfer/state.h"

#include "tests/transfer/state_rig.h"

#include <criterion/criterion.h>

#include <glib.h>
#include <glib/gstdio.h>

TestSuite(state_proof, .fini = am_test_tmpdir_end);

/* A key like no other's. */
static struct am_known_key key_of(uint32_t n)
{
	struct am_known_key key;
	char name[16];

	g_snprintf(name, sizeof name, "%u", n);
	am_known_name(&key, name, 1);
	return key;
}

/* Stored, and known in the target by the key of that number. */
static void store_as(struct rig *rig, uint32_t uid, uint32_t key)
{
	struct am_known_key k = key_of(key);

	rig_store(rig, 7, uid);
	am_state_proof(rig->state, ME, rig->folder, 7, uid, &k);
}

static struct am_known *target_of(const uint32_t *keys)
{
	struct am_known *target = am_known_new();

	for (; *keys; keys++) {
		struct am_known_key k = key_of(*keys);
		am_known_add_key(target, &k);
	}
	return target;
}

static bool take_there(void *user, const char *source,
                       const struct am_known_key *key)
{
	(void)source;
	return am_known_take_key(user, key);
}

static uint64_t n_gone;

static void count_gone(void *user, const char *path, uint64_t n)
{
	(void)user;
	(void)path;
	n_gone += n;
}

static void prove(struct rig *rig, const uint32_t *there)
{
	struct am_known *target = target_of(there);

	n_gone = 0;
	am_state_prove(rig->state, take_there, count_gone, target);
	am_known_free(&target);
}

static void save(struct rig *rig, bool clean, uint64_t size,
                 const struct am_tally *left)
{
	cr_assert_eq(am_state_save(rig->state, clean, size, left, &rig->err),
	             AM_OK, "%s", rig->err.text);
}

/* What there is of three messages, after a run that was broken off. */
Test(state_proof, remembers_only_what_is_there)
{
	static const struct {
		uint32_t there[5];
		const char *kept;
		uint64_t gone;
	} rows[] = {
		{{1, 2, 3}, "7/1 7/2 7/3 ", 0},
		{{3, 2, 1, 9}, "7/1 7/2 7/3 ", 0},
		/* As many, but another. */
		{{1, 9, 3}, "7/1 7/3 ", 1},
		{{9}, "", 3},
		{{0}, "", 3},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct rig rig;
		rig_set_up(&rig);
		for (uint32_t n = 1; n <= 3; n++)
			store_as(&rig, n, n);
		am_state_remember(rig.state, ME, rig.folder, "all");
		save(&rig, false, 0, NULL);
		rig_reopen(&rig);
		cr_expect_not(am_state_check(rig.state, 0, NULL));
		prove(&rig, rows[i].there);
		rig_expect(&rig, ME, rows[i].kept, rows[i].gone ? NULL : "all");
		cr_expect_eq(n_gone, rows[i].gone, "row %zu", i);
		/* As found, it is what is saved. */
		save(&rig, false, 0, NULL);
		rig_reopen(&rig);
		cr_expect_not(am_state_check(rig.state, 0, NULL));
		prove(&rig, rows[i].there);
		rig_expect(&rig, ME, rows[i].kept, rows[i].gone ? NULL : "all");
		cr_expect_eq(n_gone, 0, "row %zu", i);
		rig_tear_down(&rig);
		am_test_tmpdir_end();
	}
}

/* Two of the same bytes are two in the target. */
Test(state_proof, counts_those_that_are_alike)
{
	struct rig rig;

	rig_set_up(&rig);
	store_as(&rig, 1, 5);
	store_as(&rig, 2, 5);
	save(&rig, false, 0, NULL);
	(void)am_state_check(rig.state, 0, NULL);
	prove(&rig, (const uint32_t[]){5, 5, 0});
	cr_expect_eq(n_gone, 0);
	(void)am_state_check(rig.state, 0, NULL);
	prove(&rig, (const uint32_t[]){5, 0});
	cr_expect_eq(n_gone, 1);
	rig_expect(&rig, ME, "7/1 ", NULL);
	/* It came again, and so there is a second record of it: one counts. */
	store_as(&rig, 2, 5);
	store_as(&rig, 1, 5);
	save(&rig, false, 0, NULL);
	(void)am_state_check(rig.state, 0, NULL);
	prove(&rig, (const uint32_t[]){5, 5, 0});
	cr_expect_eq(n_gone, 0);
	rig_tear_down(&rig);
}

/* An earlier layout has none, a killed run one too many or half of one. */
Test(state_proof, proofs_may_be_torn_or_missing)
{
	struct am_known_key k = key_of(3);
	struct rig rig;
	char *proofs, *text;
	gsize len;

	rig_set_up(&rig);
	proofs = g_strconcat(rig.path, ".proofs", NULL);
	store_as(&rig, 1, 1);
	store_as(&rig, 2, 2);
	/* Its state was not saved any more. */
	am_state_proof(rig.state, ME, rig.folder, 7, 3, &k);
	save(&rig, false, 0, NULL);
	cr_assert(g_file_get_contents(proofs, &text, &len, NULL));
	cr_assert_eq(len, 3 * 32u);
	cr_assert(g_file_set_contents(proofs, text, 2 * 32 + 31, NULL));
	rig_reopen(&rig);
	store_as(&rig, 4, 4);
	save(&rig, false, 0, NULL);
	g_free(text);
	cr_assert(g_file_get_contents(proofs, &text, &len, NULL));
	cr_assert_eq(len, 3 * 32u, "the half one has gone");
	rig_reopen(&rig);
	(void)am_state_check(rig.state, 0, NULL);
	prove(&rig, (const uint32_t[]){1, 2, 3, 4, 0});
	cr_expect_eq(n_gone, 0);
	rig_expect(&rig, ME, "7/1 7/2 7/4 ", NULL);
	cr_assert_eq(g_unlink(proofs), 0);
	(void)am_state_check(rig.state, 0, NULL);
	prove(&rig, (const uint32_t[]){1, 2, 3, 4, 0});
	cr_expect_eq(n_gone, 3, "without proofs all comes again");
	rig_expect(&rig, ME, "", NULL);
	am_state_forget(rig.state);
	cr_expect_not(g_file_test(proofs, G_FILE_TEST_EXISTS));
	g_free(text);
	g_free(proofs);
	rig_tear_down(&rig);
}

static void left(struct am_tally *tally, const char *path, uint64_t count,
                 uint64_t sum)
{
	am_tally_set(tally, path, (struct am_tally_row){count, sum});
}

/* Only the folder that shows something else is looked at. */
Test(state_proof, doubts_what_the_target_shows_otherwise)
{
	/* What is there in a later run: of the folder, of another. */
	static const struct {
		uint64_t count, sum, other;
		bool same, kept;
	} rows[] = {
		{2, 77, 5, true, true},
		{2, 78, 5, false, false},
		{1, 70, 5, false, false},
		/* Of a folder that nothing is known by the name of. */
		{2, 77, 6, false, false},
		{2, 77, 4, false, false},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct am_tally *was = am_tally_new(), *now = am_tally_new();
		struct rig rig;
		rig_set_up(&rig);
		char *path = am_folder_print(rig.folder);
		store_as(&rig, 1, 1);
		store_as(&rig, 2, 2);
		left(was, path, 2, 77);
		left(was, "Other", 5, 9);
		save(&rig, true, 0, was);
		rig_reopen(&rig);
		left(now, path, rows[i].count, rows[i].sum);
		left(now, "Other", rows[i].other, rows[i].other == 5 ? 9 : 8);
		cr_expect_eq(am_state_check(rig.state, 0, now), rows[i].same,
		             "row %zu", i);
		prove(&rig, (const uint32_t[]){2, 0});
		rig_expect(&rig, ME, rows[i].kept ? "7/1 7/2 " : "7/2 ", NULL);
		am_tally_free(&was);
		am_tally_free(&now);
		g_free(path);
		rig_tear_down(&rig);
		am_test_tmpdir_end();
	}
}

Test(state_proof, of_one_file_goes_by_its_size)
{
	struct rig rig;

	rig_set_up(&rig);
	store_as(&rig, 1, 1);
	save(&rig, true, 512, NULL);
	rig_reopen(&rig);
	cr_expect(am_state_check(rig.state, 512, NULL));
	cr_expect_not(am_state_check(rig.state, 511, NULL));
	prove(&rig, (const uint32_t[]){0});
	rig_expect(&rig, ME, "", NULL);
	rig_tear_down(&rig);
}
