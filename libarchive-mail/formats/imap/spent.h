/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_SPENT_H
#define AM_FORMATS_IMAP_SPENT_H

#include "formats/imap/fetch.h"
#include "model/memory.h"

/*
 * The budget of a day: bytes that may be fetched in it, over all runs.  What
 * was spent is remembered as a cursor of the source itself, "v=1 day=20421
 * bytes=1048576".  Nothing here does anything for an account without a budget.
 */
struct am_imap_spent {
	const struct am_imap_account *account;
	struct am_imap_fetcher *fetcher;
	uint64_t before; /* of earlier runs, today */
	uint64_t told;   /* bytes of this run, when a cursor was last given */
	uint64_t asked;  /* for, as far as sizes are told */
};

/* What earlier runs of today spent. */
AM_MUST_USE int am_imap_spent_read(struct am_imap_spent *spent,
                                   struct am_memory *memory,
                                   const struct am_folder *root,
                                   struct am_error *err);
/* Enough was spent since the last time that it should be remembered; `now`: any
 * of it. */
bool am_imap_spent_is_due(struct am_imap_spent *spent, bool now);
/* The cursor; g_free() it. */
char *am_imap_spent_print(const struct am_imap_spent *spent);
/* A message may be asked for: it counts then. */
bool am_imap_spent_ask(struct am_imap_spent *spent, uint64_t size);
/* AM_FATAL: nothing more today. */
AM_MUST_USE int am_imap_spent_check(const struct am_imap_spent *spent,
                                    struct am_error *err);

#endif
