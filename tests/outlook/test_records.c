/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/pst_write/records.h"

#include "base/bytes.h"

#include <criterion/criterion.h>

static void add(struct am_pst_records *r, uint64_t from, uint64_t to)
{
	uint8_t bytes[10] = {0};

	for (uint64_t i = from; i < to; i++) {
		am_put_le64(bytes, i);
		cr_assert(am_pst_records_add(r, bytes, NULL) == 0);
	}
}

static void expect(struct am_pst_records *r, uint64_t n)
{
	const uint8_t *bytes = NULL;

	cr_expect(r->n == n);
	for (uint64_t i = 0; i < n; i++) {
		cr_assert(am_pst_records_next(r, &bytes, NULL) == 0 && bytes);
		struct am_cursor c = am_cursor(bytes, 10);
		cr_assert(am_get_le64(&c) == i);
	}
	cr_expect(am_pst_records_next(r, &bytes, NULL) == 0 && !bytes);
	am_pst_records_clear(r);
}

/* One buffer holds 1638 of them. */
Test(records, in_memory_and_in_a_file)
{
	static const uint64_t counts[] = {0,    1,    1637, 1638, 1639,
	                                  3275, 3276, 3277, 20000};
	for (unsigned i = 0; i < AM_COUNT(counts); i++) {
		struct am_pst_records r;
		am_pst_records_init(&r, 10, "/tmp");
		add(&r, 0, counts[i]);
		cr_expect((r.fd >= 0) == (counts[i] > 1638));
		expect(&r, counts[i]);
	}
}

Test(records, taken_back)
{
	static const uint64_t cuts[][2] = {
		{5000, 4999}, {5000, 4914}, {5000, 4913}, {5000, 3},
		{5000, 0},    {1000, 10},   {1638, 1638}, {3276, 1638}};
	for (unsigned i = 0; i < AM_COUNT(cuts); i++) {
		struct am_pst_records r;
		am_pst_records_init(&r, 10, "/tmp");
		add(&r, 0, cuts[i][0]);
		am_pst_records_cut(&r, cuts[i][1]);
		add(&r, cuts[i][1], 4000);
		am_pst_records_cut(&r, 3990);
		add(&r, 3990, 7000);
		expect(&r, 7000);
	}
}
