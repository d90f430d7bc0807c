/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_CSV_FILE_H
#define AM_FORMATS_CSV_FILE_H

#include "base/error.h"

struct am_append;

/*
 * A table that a sink keeps in its directory and goes on with in the next run:
 * opened to add rows, after `row` was told of those that are in it.  Its first
 * row is `head`; AM_E_EXISTS when it is another table.
 */
AM_MUST_USE int am_csv_file_open(struct am_append **out, const char *path,
                                 const char *head,
                                 void (*row)(void *user, char **cells),
                                 void *user, struct am_error *err);

#endif
