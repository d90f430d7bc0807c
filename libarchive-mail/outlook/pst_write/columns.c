/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/pst_write/columns.h"

#include "outlook/mapi/props.h"

#include <string.h>

/* In the order of their bits: tag, where the cell lies, its width, its bit. */
static const struct am_pst_tc_column table_hierarchy[] = {
	{0x67f20003, 0, 4, 0},   {0x67f30003, 4, 4, 1},
	{0x3001001f, 8, 4, 2},   {0x36020003, 12, 4, 3},
	{0x36030003, 16, 4, 4},  {0x360a000b, 52, 1, 5},
	{0x0e300102, 20, 4, 6},  {0x0e330014, 24, 8, 7},
	{0x0e340102, 32, 4, 8},  {0x0e380003, 36, 4, 9},
	{0x3613001f, 40, 4, 10}, {0x66350003, 44, 4, 11},
	{0x66360003, 48, 4, 12},
};

static const struct am_pst_tc_column table_contents[] = {
	{0x67f20003, 0, 4, 0},    {0x67f30003, 4, 4, 1},
	{0x0e170003, 8, 4, 2},    {0x001a001f, 12, 4, 3},
	{0x0e070003, 16, 4, 4},   {0x00170003, 20, 4, 5},
	{0x0042001f, 24, 4, 6},   {0x0037001f, 28, 4, 7},
	{0x0e060040, 32, 8, 8},   {0x00390040, 40, 8, 9},
	{0x0e080003, 48, 4, 10},  {0x0e04001f, 52, 4, 11},
	{0x0e03001f, 56, 4, 12},  {0x0057000b, 120, 1, 13},
	{0x0058000b, 121, 1, 14}, {0x00360003, 60, 4, 15},
	{0x10970003, 64, 4, 16},  {0x0070001f, 68, 4, 17},
	{0x00710102, 72, 4, 18},  {0x30130102, 76, 4, 19},
	{0x65c60003, 80, 4, 20},  {0x30080040, 84, 8, 21},
	{0x0e300102, 92, 4, 22},  {0x0e330014, 96, 8, 23},
	{0x0e340102, 104, 4, 24}, {0x0e3d0102, 108, 4, 25},
	{0x0e3c0102, 112, 4, 26}, {0x0e380003, 116, 4, 27},
};

static const struct am_pst_tc_column table_associated[] = {
	{0x67f20003, 0, 4, 0},   {0x67f30003, 4, 4, 1},
	{0x0e170003, 8, 4, 2},   {0x001a001f, 12, 4, 3},
	{0x0e070003, 16, 4, 4},  {0x3001001f, 20, 4, 5},
	{0x70030003, 24, 4, 6},  {0x70040102, 28, 4, 7},
	{0x70050102, 32, 4, 8},  {0x7006001f, 36, 4, 9},
	{0x70070003, 40, 4, 10}, {0x6800001f, 44, 4, 11},
	{0x6803000b, 56, 1, 12}, {0x68051003, 48, 4, 13},
	{0x682f001f, 52, 4, 14},
};

static const struct am_pst_tc_column table_search[] = {
	{0x67f20003, 0, 4, 0},   {0x67f30003, 4, 4, 1},
	{0x67f10003, 8, 4, 2},   {0x0e05001f, 12, 4, 3},
	{0x0e170003, 16, 4, 4},  {0x001a001f, 20, 4, 5},
	{0x0e070003, 24, 4, 6},  {0x00170003, 28, 4, 7},
	{0x0042001f, 32, 4, 8},  {0x0037001f, 36, 4, 9},
	{0x0e060040, 40, 8, 10}, {0x0e080003, 48, 4, 11},
	{0x0e04001f, 52, 4, 12}, {0x0e03001f, 56, 4, 13},
	{0x0057000b, 72, 1, 14}, {0x0058000b, 73, 1, 15},
	{0x00360003, 60, 4, 16}, {0x0e2a000b, 74, 1, 17},
	{0x30080040, 64, 8, 18},
};

static const struct am_pst_tc_column table_receive[] = {
	{0x67f20003, 0, 4, 0},
	{0x67f30003, 4, 4, 1},
	{0x66050003, 8, 4, 2},
	{0x001a001f, 12, 4, 3},
};

static const struct am_pst_tc_column table_outgoing[] = {
	{0x67f20003, 0, 4, 0},  {0x67f30003, 4, 4, 1},  {0x0e140003, 8, 4, 2},
	{0x0e100003, 12, 4, 3}, {0x00390040, 16, 8, 4},
};

static const struct am_pst_tc_column table_attachments[] = {
	{0x67f20003, 0, 4, 0},  {0x67f30003, 4, 4, 1},  {0x370b0003, 8, 4, 2},
	{0x0e200003, 12, 4, 3}, {0x37050003, 16, 4, 4}, {0x3704001f, 20, 4, 5},
};

static const struct am_pst_tc_column table_recipients[] = {
	{0x67f20003, 0, 4, 0},   {0x67f30003, 4, 4, 1},
	{0x0e0f000b, 48, 1, 2},  {0x3002001f, 8, 4, 3},
	{0x3003001f, 12, 4, 4},  {0x0fff0102, 16, 4, 5},
	{0x3001001f, 20, 4, 6},  {0x0c150003, 24, 4, 7},
	{0x300b0102, 28, 4, 8},  {0x0ff90102, 32, 4, 9},
	{0x0ffe0003, 36, 4, 10}, {0x39000003, 40, 4, 11},
	{0x3a40000b, 49, 1, 12}, {0x39ff001f, 44, 4, 13},
};

static const struct am_pst_tc_column table_6b6[] = {
	{0x67f20003, 0, 4, 0},  {0x67f30003, 4, 4, 1},  {0x0e330014, 8, 8, 2},
	{0x0e370102, 16, 4, 3}, {0x0e380003, 20, 4, 4},
};

static const struct am_pst_tc_column table_6d7[] = {
	{0x67f20003, 0, 4, 0},  {0x67f30003, 4, 4, 1},  {0x0e3e0102, 8, 4, 2},
	{0x0e310102, 12, 4, 3}, {0x0e300102, 16, 4, 4}, {0x0e380003, 20, 4, 5},
	{0x0e340102, 24, 4, 6}, {0x0e330014, 28, 8, 7}, {0x001a001f, 36, 4, 8},
};

static const struct am_pst_tc_column table_6f8[] = {
	{0x67f20003, 0, 4, 0},
	{0x67f30003, 4, 4, 1},
	{0x30070040, 8, 8, 2},
	{0x0e330014, 16, 8, 3},
};

#define TABLE(name)                                  \
	{                                            \
		table_##name, AM_COUNT(table_##name) \
	}

static const struct {
	const struct am_pst_tc_column *list;
	unsigned n;
} tables[AM_PST_TABLES] = {
	[AM_PST_TABLE_HIERARCHY] = TABLE(hierarchy),
	[AM_PST_TABLE_CONTENTS] = TABLE(contents),
	[AM_PST_TABLE_ASSOCIATED] = TABLE(associated),
	[AM_PST_TABLE_SEARCH] = TABLE(search),
	[AM_PST_TABLE_RECEIVE] = TABLE(receive),
	[AM_PST_TABLE_OUTGOING] = TABLE(outgoing),
	[AM_PST_TABLE_ATTACHMENTS] = TABLE(attachments),
	[AM_PST_TABLE_RECIPIENTS] = TABLE(recipients),
	[AM_PST_TABLE_6B6] = TABLE(6b6),
	[AM_PST_TABLE_6D7] = TABLE(6d7),
	[AM_PST_TABLE_6F8] = TABLE(6f8),
};

/* Cells of 4 and 8 bytes come first, then those of 2, then of 1. */
static unsigned group_of(unsigned width)
{
	return width >= 4 ? 0 : width == 2 ? 1 : 2;
}

static void insert(struct am_pst_columns *columns,
                   const struct am_pst_tc_column *column)
{
	unsigned i = columns->n++;

	for (; i && columns->list[i - 1].tag > column->tag; i--)
		columns->list[i] = columns->list[i - 1];
	columns->list[i] = *column;
}

static void set_row(struct am_pst_columns *columns)
{
	columns->ends[3] = (uint16_t)(columns->ends[2] + (columns->n + 7) / 8);
}

void am_pst_columns_of(enum am_pst_table table, struct am_pst_columns *out)
{
	unsigned ends[3] = {0, 0, 0};

	out->n = 0;
	for (unsigned i = 0; i < tables[table].n; i++) {
		const struct am_pst_tc_column *c = &tables[table].list[i];
		unsigned *end = &ends[group_of(c->width)];
		insert(out, c);
		if (c->at + c->width > *end)
			*end = c->at + c->width;
	}
	for (unsigned i = 0; i < 3; i++) {
		if (i && ends[i] < ends[i - 1])
			ends[i] = ends[i - 1];
		out->ends[i] = (uint16_t)ends[i];
	}
	set_row(out);
}

static uint8_t width_of(unsigned type)
{
	switch (type) {
	case AM_MAPI_BOOL:
		return 1;
	case AM_MAPI_I2:
		return 2;
	case AM_MAPI_R8:
	case AM_MAPI_CURRENCY:
	case AM_MAPI_APPTIME:
	case AM_MAPI_I8:
	case AM_MAPI_TIME:
		return 8;
	default:
		return 4;
	}
}

bool am_pst_columns_add(struct am_pst_columns *columns, uint32_t tag)
{
	struct am_pst_tc_column column = {.tag = tag,
	                                  .width = width_of(tag & 0xffff),
	                                  .bit = (uint8_t)columns->n};
	unsigned group = group_of(column.width);

	for (unsigned i = 0; i < columns->n; i++)
		if (columns->list[i].tag == tag)
			return true;
	if (columns->n == AM_PST_COLUMNS_MAX)
		return false;
	column.at = columns->ends[group];
	for (unsigned i = 0; i < columns->n; i++)
		if (group_of(columns->list[i].width) > group)
			columns->list[i].at =
				(uint16_t)(columns->list[i].at + column.width);
	for (unsigned i = group; i < 3; i++)
		columns->ends[i] = (uint16_t)(columns->ends[i] + column.width);
	insert(columns, &column);
	set_row(columns);
	return true;
}
