/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_CSV_FILE_H
#define AM_FORMATS_CSV_FILE_H

#include "base/error.h"

/*
 * A table that a sink keeps in its directory and goes on with in the next run:
 * its first `size` bytes, row by row, behind the first row, which has to be
 * `head`.  AM_E_EXISTS when it is another table.
 */
AM_MUST_USE int am_csv_file_read(const char *path, uint64_t size,
                                 const char *head,
                                 void (*row)(void *user, char **cells),
                                 void *user, struct am_error *err);

#endif
