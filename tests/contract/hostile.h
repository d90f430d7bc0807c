/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_CONTRACT_HOSTILE_H
#define AM_TESTS_CONTRACT_HOSTILE_H

#include "base/compiler.h"

#include <glib.h>

/*
 * Harm done to bytes, the same for the same seed, and a guard for the code
 * that has to live with it.
 */

/* One corruption: bits turned over, a run overwritten, a piece copied from
 * elsewhere, a piece missing, a piece twice, or words that formats act upon. */
void hostile_corrupt(GByteArray *bytes, uint32_t seed);
/* A file name corrupted likewise: never empty, no '/', no NUL.  g_free(). */
char *hostile_name(const char *name, uint32_t seed);

/* Say what comes next; what takes longer than the guard's time ends the test
 * with these words. */
void hostile_guard(const char *fmt, ...) AM_PRINTF(1, 2);
void hostile_guard_end(void);

/* A folder for a test's files, in memory where the system offers that. */
char *hostile_dir(void);
void hostile_write(const char *path, const void *data, size_t len);
GByteArray *hostile_read(const char *path);
/* Regular files in and below it, as paths relative to it, sorted; of a file
 * alone: "". */
GPtrArray *hostile_files(const char *root);
/* cp -r, without links. */
void hostile_copy(const char *from, const char *to);

#endif
