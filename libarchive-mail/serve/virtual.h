/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_SERVE_VIRTUAL_H
#define AM_SERVE_VIRTUAL_H

#include "base/error.h"

#include <glib.h>

/*
 * Mailboxes that show messages of others: "All Mail", "Flagged", and a
 * "Search/NAME" for each search that somebody keeps by name.  A message is in
 * them once, wherever and how often it lies.
 *
 * Nothing can be put into them or taken out; flags set in them are set where
 * the message lies.  Their ids are below 0, their HIGHESTMODSEQ is 0: what
 * makes a message come and go is no change of the message, so they have none
 * (NOMODSEQ, RFC 7162 §3.1.2.2).
 */
struct am_mailbox;
struct am_snap;
struct am_vault;
struct am_virtuals;

/* Searches, as whoever has an index knows them.  Called by any thread. */
struct am_virtual_source {
	void *user;
	/* Their names, those that can be asked now; g_strfreev(). */
	char **(*names)(void *user, struct am_vault *vault);
	/* What one finds: ids of messages, ascending, g_free(). */
	int (*find)(void *user, struct am_vault *vault, const char *name,
	            int64_t **ids, size_t *n, struct am_error *err);
};

/* For the vault alone.  The source may be NULL: no searches. */
struct am_virtuals *am_virtuals_new(struct am_vault *vault,
                                    const struct am_virtual_source *source,
                                    const char *cache, uint64_t archive);
void am_virtuals_free(struct am_virtuals **virtuals);
/* Did the names of searches change?  About once a second; *look: it is time to
 * ask the searches again. */
bool am_virtuals_tick(struct am_virtuals *virtuals, bool *look);
/* The mailboxes, without their numbers, appended to an array; names have no
 * prefix. */
void am_virtuals_list(struct am_virtuals *virtuals, GArray *boxes);
AM_MUST_USE int am_virtuals_snap(struct am_virtuals *virtuals, int64_t box,
                                 struct am_snap **out, struct am_error *err);

/* All places of the messages that these rows (struct am_row) show, instead of
 * the one that stands for them. */
AM_MUST_USE int am_virtual_spread(struct am_vault *vault, GArray *rows,
                                  struct am_error *err);

#endif
