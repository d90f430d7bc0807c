/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/csv/csv.h"

const struct am_option am_csv_options[] = {
	{"columns", "NAME:NAME…",
         "which columns, or all: folder origin date received received_from "
         "from to cc bcc subject message_id in_reply_to references list_id "
         "flags keywords labels size attachments n_attachments sha256 "
         "envelope_sender exactness text",
         AM_CSV_COLUMNS_DEFAULT},
	{"guard", "yes|no",
         "an apostrophe before cells that a spreadsheet would run as formulas",
         "yes"},
	{"bom", "yes|no", "a byte order mark in front, which Excel wants",
         "no"},
	{NULL, NULL, NULL, NULL},
};

static const char about[] =
	"A table (RFC 4180, UTF-8): a row a message, in the order of the "
	"source; "
	"words of a list stand in one cell, a semicolon between them.  It "
	"describes mail and does not hold it: nothing can be read back.\n"
	"Cells that begin with = + - @, a tab or a carriage return get an "
	"apostrophe in front, for a spreadsheet would take what a stranger "
	"wrote "
	"for a formula and run it; guard=no leaves them as they are.\n"
	"It is written anew each time, and is there only when it is whole: a "
	"file that is there already is not touched.";

const struct am_format am_format_csv = {
	.name = "csv",
	.title = "A table of messages, for spreadsheets",
	.options = am_csv_options,
	.suffixes = ".csv",
	.about = about,
	.writes = "a row a message, of columns that are chosen; guarded "
		  "against formulas",
	.kept = "nothing is read back: a table about mail",
	.open_sink = am_csv_sink_open,
};
