/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/pst_write/columns.h"

#include <criterion/criterion.h>

/* Sorted; every cell in its group; no two overlap; bits 0 to n - 1. */
static void expect_good(const struct am_pst_columns *c)
{
	uint8_t cells[2048] = {0}, bits[256] = {0};

	for (unsigned i = 0; i < c->n; i++) {
		const struct am_pst_tc_column *col = &c->list[i];
		unsigned group = col->width >= 4 ? 0 : col->width == 2 ? 1 : 2;
		cr_expect(!i || col->tag > c->list[i - 1].tag);
		cr_expect(col->at >= (group ? c->ends[group - 1] : 0));
		cr_expect(col->at + col->width <= c->ends[group]);
		cr_expect(col->bit < c->n && !bits[col->bit]++);
		for (unsigned k = 0; k < col->width; k++)
			cr_expect(!cells[col->at + k]++);
	}
	for (unsigned i = 0; i < c->ends[2]; i++)
		cr_expect(cells[i] == 1);
	cr_expect(c->ends[3] == c->ends[2] + (c->n + 7) / 8);
}

/* As [MS-PST] and Outlook's files have them. */
Test(columns, those_of_outlook)
{
	static const struct {
		enum am_pst_table table;
		unsigned n;
		uint16_t ends[4];
	} list[] = {{AM_PST_TABLE_HIERARCHY, 13, {52, 52, 53, 55}},
	            {AM_PST_TABLE_CONTENTS, 28, {120, 120, 122, 126}},
	            {AM_PST_TABLE_ASSOCIATED, 15, {56, 56, 57, 59}},
	            {AM_PST_TABLE_SEARCH, 19, {72, 72, 75, 78}},
	            {AM_PST_TABLE_RECEIVE, 4, {16, 16, 16, 17}},
	            {AM_PST_TABLE_OUTGOING, 5, {24, 24, 24, 25}},
	            {AM_PST_TABLE_ATTACHMENTS, 6, {24, 24, 24, 25}},
	            {AM_PST_TABLE_RECIPIENTS, 14, {48, 48, 50, 52}},
	            {AM_PST_TABLE_6B6, 5, {24, 24, 24, 25}},
	            {AM_PST_TABLE_6D7, 9, {40, 40, 40, 42}},
	            {AM_PST_TABLE_6F8, 4, {24, 24, 24, 25}}};
	for (unsigned i = 0; i < AM_COUNT(list); i++) {
		struct am_pst_columns c;
		am_pst_columns_of(list[i].table, &c);
		cr_expect(c.n == list[i].n);
		for (unsigned k = 0; k < 4; k++)
			cr_expect(c.ends[k] == list[i].ends[k], "%u %u: %u", i,
			          k, c.ends[k]);
		expect_good(&c);
	}
}

Test(columns, more_of_them)
{
	static const uint16_t types[] = {0x1f, 0x0b, 0x40, 0x02, 0x14, 0x03};
	struct am_pst_columns c;
	am_pst_columns_of(AM_PST_TABLE_RECIPIENTS, &c);
	cr_expect(am_pst_columns_add(&c, 0x3001001f) && c.n == 14);
	for (unsigned i = 0; i < 300; i++) {
		uint32_t tag = (0x3000u + i * 37 % 300) << 16 | types[i % 6];
		bool full = c.n == AM_PST_COLUMNS_MAX;
		cr_expect(am_pst_columns_add(&c, tag) == !full);
		expect_good(&c);
	}
	cr_expect(c.n == AM_PST_COLUMNS_MAX);
}
