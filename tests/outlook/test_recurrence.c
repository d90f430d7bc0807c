/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/mapi/recurrence.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "support/recurrence.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

static struct am_arena *arena;

static void set_up(void)
{
	arena = am_arena_new();
}

static void tear_down(void)
{
	am_arena_free(&arena);
}

TestSuite(recurrence, .init = set_up, .fini = tear_down);

Test(recurrence, reads_a_week_with_what_is_left_out_and_otherwise)
{
	GByteArray *blob = am_test_weekly();
	struct am_mapi_recurrence r;
	bool whole = false;
	cr_assert(am_mapi_recurrence_read(&r, blob->data, blob->len, 1252,
	                                  arena, &whole, NULL) == 0);
	cr_expect(whole);
	cr_expect(r.frequency == AM_RECUR_WEEKLY && r.pattern == AM_RECUR_WEEK);
	cr_expect(r.period == 2 && r.weekdays == 0x14 && r.first_weekday == 1);
	cr_expect(r.ends == AM_RECUR_UNTIL && r.count == 9);
	cr_expect(r.first_day == AM_TEST_DAY(2020, 1, 7));
	cr_expect(r.last_day == AM_TEST_DAY(2020, 3, 5));
	cr_assert(r.n_deleted == 2 && r.n_modified == 1);
	cr_expect(r.deleted[0] == AM_TEST_DAY(2020, 1, 9));
	cr_expect(r.has_times && r.start == 600 && r.end == 660);
	cr_assert(r.n_exceptions == 1);
	cr_expect(r.exceptions[0].original == AM_TEST_DAY(2020, 1, 21) + 600);
	cr_expect(r.exceptions[0].start == AM_TEST_DAY(2020, 1, 22) + 840);
	cr_expect_str_eq(r.exceptions[0].subject, "später");
	cr_expect_str_eq(r.exceptions[0].location, "garden");
	g_byte_array_free(blob, TRUE);
}

/* The rule is good as soon as it is there; what is cut off behind it is said to
 * be. */
Test(recurrence, is_read_as_far_as_it_goes)
{
	GByteArray *blob = am_test_weekly();
	for (guint len = 0; len < blob->len; len++) {
		uint8_t *cut = g_memdup2(blob->data, len + 1);
		struct am_mapi_recurrence r;
		struct am_error err = {0};
		bool whole = false;
		int got = am_mapi_recurrence_read(&r, cut, len, 1252, arena,
		                                  &whole, &err);
		cr_expect((got == 0) == (len >= AM_TEST_WEEKLY_RULE), "%u",
		          len);
		if (got)
			cr_expect(err.kind == AM_E_FORMAT);
		else
			/* What is reserved behind it all, nobody misses. */
			cr_expect(whole == (len == AM_TEST_WEEKLY_RULE ||
			                    len >= blob->len - 4),
			          "%u", len);
		cr_expect(r.n_exceptions <= 1);
		g_free(cut);
	}
	g_byte_array_free(blob, TRUE);
}

/* Counts that no blob of this length can hold. */
Test(recurrence, counts_that_lie_are_none)
{
	static const size_t counts[] = {38, 50};
	for (size_t i = 0; i < AM_COUNT(counts); i++) {
		GByteArray *blob = am_test_weekly();
		struct am_mapi_recurrence r;
		bool whole;
		am_put_le32(blob->data + counts[i], UINT32_MAX);
		cr_expect(am_mapi_recurrence_read(&r, blob->data, blob->len,
		                                  1252, arena, &whole,
		                                  NULL) < 0);
		g_byte_array_free(blob, TRUE);
	}
}
