/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_SERVE_SNAP_FILE_H
#define AM_SERVE_SNAP_FILE_H

#include "base/hash.h"
#include "serve/snap.h"

#include <glib.h>

/*
 * A large mailbox's rows in a file beside the catalog (imap-BOX.rows), so that
 * the first SELECT need not gather them.  Good for the archive's very moment
 * that it names (am_archive_moment()) and no other; a file that is torn,
 * another machine's or not there is none.  Deleting it costs time only.
 */
/* A set of keywords, "a b ", as what rows point to. */
typedef const char *const *am_snap_words_fn(void *user, const char *text);
bool am_snap_file_load(const char *cache, int64_t box,
                       const uint8_t moment[AM_SHA256_LEN],
                       am_snap_words_fn *words, void *user, GArray *rows,
                       GArray *gone, uint64_t *highest);
void am_snap_file_save(const char *cache, const struct am_snap *snap,
                       const uint8_t moment[AM_SHA256_LEN]);

#endif
