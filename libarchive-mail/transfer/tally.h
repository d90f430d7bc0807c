/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TRANSFER_TALLY_H
#define AM_TRANSFER_TALLY_H

#include "base/error.h"

struct am_source;

/*
 * What a target shows of itself without its mail being read: for each folder
 * how many messages there are, and a sum over their names and sizes that is the
 * same as long as the same ones are there, in any order and with any flags.
 * By it a later run sees whether what was brought here still is (state.h).
 */
struct am_tally;

struct am_tally_row {
	uint64_t count, sum;
};

struct am_tally *am_tally_new(void);
void am_tally_free(struct am_tally **tally);
/* All that the target, opened as a source, names. */
AM_MUST_USE int am_tally_read(struct am_tally *tally, struct am_source *target,
                              struct am_error *err);
/* The folder of that path (am_folder_print()); "INBOX" in any case and the root
 * are one.  Nothing there: a row of zeros. */
struct am_tally_row am_tally_of(const struct am_tally *tally, const char *path);
void am_tally_set(struct am_tally *tally, const char *path,
                  struct am_tally_row row);
/* All of it in one row; names of folders count. */
struct am_tally_row am_tally_total(const struct am_tally *tally);
typedef void am_tally_fn(void *user, const char *path, struct am_tally_row row);
void am_tally_each(const struct am_tally *tally, am_tally_fn *fn, void *user);

#endif
