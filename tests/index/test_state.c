/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/state.h"

#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

TestSuite(state, .fini = am_test_tmpdir_end);

static struct am_shard shards[] = {{1, 1000, 998}, {1001, 1001, 1}};
static uint32_t gone[] = {3, 5, 6, 7, 900};

static struct am_state sample(void)
{
	return (struct am_state){.archive = UINT64_C(0xfedcba9876543210),
	                         .seq = UINT64_C(1) << 40,
	                         .last = 1001,
	                         .n_shards = 2,
	                         .shards = shards,
	                         .gone = {5, gone}};
}

Test(state, comes_back_as_it_was)
{
	struct am_state s = sample(), back;
	struct am_error err;
	char *text;

	cr_assert_eq(am_state_read(&back, am_test_tmpdir(), &err), AM_END);
	cr_assert_eq(am_state_write(&s, am_test_tmpdir(), &err), AM_OK);
	cr_assert_eq(am_state_read(&back, am_test_tmpdir(), &err), AM_OK);
	cr_expect_eq(back.archive, s.archive);
	cr_expect_eq(back.seq, s.seq);
	cr_expect_eq(back.last, 1001);
	cr_assert_eq(back.n_shards, 2);
	cr_expect_eq(memcmp(back.shards, shards, sizeof(shards)), 0);
	cr_assert_eq(back.gone.n, 5);
	cr_expect_eq(memcmp(back.gone.ids, gone, sizeof(gone)), 0);
	am_state_clear(&back);
	text = am_test_read("state", NULL);
	cr_expect_neq(strstr(text, "\ngone 5-7\n"), NULL);
	g_free(text);
}

Test(state, refuses_damage_anywhere)
{
	struct am_state s = sample(), back;
	struct am_error err;
	char *text;
	size_t len;

	cr_assert_eq(am_state_write(&s, am_test_tmpdir(), &err), AM_OK);
	text = am_test_read("state", &len);
	for (size_t i = 0; i + 1 < len; i++) {
		text[i] ^= 1;
		am_test_write("state", text, len);
		text[i] ^= 1;
		cr_expect_eq(am_state_read(&back, am_test_tmpdir(), &err),
		             AM_FAILED, "byte %zu", i);
		am_test_write("state", text, i);
		cr_expect_eq(am_state_read(&back, am_test_tmpdir(), &err),
		             AM_FAILED, "cut at %zu", i);
	}
	am_test_write_text("state", "mailark-index 9\nwhatever\n");
	cr_expect_eq(am_state_read(&back, am_test_tmpdir(), &err), AM_FAILED);
	cr_expect_eq(err.kind, AM_E_UNSUPPORTED);
	g_free(text);
}

Test(state, keeps_sets_of_ids)
{
	static const uint32_t a[] = {1, 3, 5}, b[] = {3, 4}, c[] = {1, 2, 5};
	struct am_id_set set = {0, NULL};

	am_id_set_change(&set, a, 3, NULL, 0);
	am_id_set_change(&set, b, 2, NULL, 0);
	cr_assert_eq(set.n, 4);
	am_id_set_change(&set, NULL, 0, c, 3);
	cr_assert_eq(set.n, 2);
	cr_expect(am_id_set_has(&set, 3));
	cr_expect(am_id_set_has(&set, 4));
	cr_expect_not(am_id_set_has(&set, 5));
	g_free(set.ids);
}

Test(state, sweeps_what_is_not_named)
{
	struct am_state s = sample();
	struct am_error err;

	am_test_write_text("s-1-1000.xdb/x", "");
	am_test_write_text("s-1001-1001.xdb/x", "");
	am_test_write_text("s-1-500.xdb/x", "");
	am_test_write_text("s-1002-new.xdb/x", "");
	am_test_write_text("other/x", "");
	cr_assert_eq(am_state_sweep(&s, am_test_tmpdir(), &err), AM_OK);
	cr_expect(am_test_exists("s-1-1000.xdb/x"));
	cr_expect(am_test_exists("s-1001-1001.xdb/x"));
	cr_expect_not(am_test_exists("s-1-500.xdb"));
	cr_expect_not(am_test_exists("s-1002-new.xdb"));
	cr_expect(am_test_exists("other/x"));
}
