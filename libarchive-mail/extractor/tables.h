/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_EXTRACTOR_TABLES_H
#define AM_EXTRACTOR_TABLES_H

#include <stdio.h>

/*
 * Poppler's tables (the package poppler-data): what a character of a Chinese,
 * Japanese or Korean PDF is that names its encoding and does not carry it.
 * Poppler opens them by name when a document needs them; in a reader there is
 * nothing to be opened.  So they are taken into memory before, one mapping that
 * all readers share, and fopen() gives them from there.
 *
 * Without the package there are none, and nothing to do.
 */
void am_tables_load(void);
/* NULL: it is none of them. */
FILE *am_tables_open(const char *path, const char *mode);

#endif
