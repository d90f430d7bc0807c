/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_CSV_TEXT_H
#define AM_FORMATS_CSV_TEXT_H

#include "base/compiler.h"

#include <glib.h>

/*
 * Comma-separated values, RFC 4180: cells with a comma, a quote or a line end
 * stand in quotes, rows end in CRLF.
 *
 * Spreadsheets take a cell that begins with = + - @, a tab or a carriage return
 * for a formula, and mail is written by strangers: with `guard` such a cell
 * gets an apostrophe in front, which they show as text and do not run.
 */
struct am_csv {
	GString *text;
	bool guard, begun;
	bool quote_all; /* each cell in quotes */
};

void am_csv_cell(struct am_csv *row, const char *text); /* NULL: empty */
void am_csv_uint(struct am_csv *row, uint64_t n);
void am_csv_end(struct am_csv *row);

/* The cells of the record at *at, which moves behind it; NULL at the end.  A
 * record whose quotes are not closed ends with the text.  g_strfreev() it. */
char **am_csv_parse(const char **at, const char *end);
/* A guarded cell as it was: the reader has to know that it is one. */
const char *am_csv_unguard(const char *cell);

#endif
