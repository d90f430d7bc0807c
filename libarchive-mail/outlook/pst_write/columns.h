/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_PST_WRITE_COLUMNS_H
#define AM_OUTLOOK_PST_WRITE_COLUMNS_H

#include "outlook/pst/ltp_layout.h"

/*
 * The columns of the tables of a store, as Outlook lays them out ([MS-PST]
 * 2.4.4.4 to 2.4.6.3, and what its files have).
 */
enum am_pst_table {
	AM_PST_TABLE_HIERARCHY,
	AM_PST_TABLE_CONTENTS,
	AM_PST_TABLE_ASSOCIATED,
	AM_PST_TABLE_SEARCH,
	AM_PST_TABLE_RECEIVE,
	AM_PST_TABLE_OUTGOING,
	AM_PST_TABLE_ATTACHMENTS,
	AM_PST_TABLE_RECIPIENTS,
	AM_PST_TABLE_6B6,
	AM_PST_TABLE_6D7,
	AM_PST_TABLE_6F8,
	AM_PST_TABLES
};

enum {
	AM_PST_COLUMNS_MAX = 255,
	AM_PST_ROW_ID = 0x67f20003,
	AM_PST_ROW_VERSION = 0x67f30003
};

struct am_pst_columns {
	unsigned n;
	uint16_t
		ends[4]; /* of cells of 4 and 8 bytes, of 2, of 1; of the row */
	struct am_pst_tc_column list[AM_PST_COLUMNS_MAX]; /* by tag */
};

void am_pst_columns_of(enum am_pst_table table, struct am_pst_columns *out);
/* Another column, unless it is there; its cells come behind those of their
 * kind.  false: no room. */
bool am_pst_columns_add(struct am_pst_columns *columns, uint32_t tag);

#endif
