/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_STORE_LOG_HELP_H
#define AM_TESTS_STORE_LOG_HELP_H

#include "store/content.h"

#include <glib.h>

/* What the tests of the log and of contents share. */

/* A folder of one's own under TMPDIR, and its end. */
char *logtest_dir(void);
void logtest_dir_remove(char **dir);

/* Random numbers that are the same every time. */
struct logtest_random {
	uint64_t state;
};
uint32_t logtest_next(struct logtest_random *random);
/* 0 … below - 1 */
uint32_t logtest_below(struct logtest_random *random, uint32_t below);
void logtest_fill(struct logtest_random *random, uint8_t *data, size_t len);

/* Where blocks and blobs lie, in memory instead of a catalog. */
struct logtest_index {
	struct am_content_index index;
	GHashTable *blocks, *blobs;
};
void logtest_index_init(struct logtest_index *index);
void logtest_index_clear(struct logtest_index *index);

/* A random message: parts in base64 of many forms and broken ones, line ends
 * of all kinds, nested. */
GByteArray *logtest_message(struct logtest_random *random);

#endif
