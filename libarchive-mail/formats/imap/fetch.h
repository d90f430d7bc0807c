/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_FETCH_H
#define AM_FORMATS_IMAP_FETCH_H

#include "formats/imap/link.h"
#include "formats/imap/mailboxes.h"

struct am_blob;

/*
 * The bytes of messages: asked for one by one, fetched in batches over several
 * connections, several commands under way on each, handed out in the order
 * asked.  What is under way or waits to be loaded is bounded in bytes; what
 * load() waits for is always sent.
 *
 * One thread asks and loads.  Each connection has a thread of its own; with
 * one connection in all, or when the server allows no more, load() does the
 * work itself over `control`, which is free for other commands after settle().
 */
struct am_imap_fetcher;

struct am_imap_fetcher *am_imap_fetcher_new(struct am_imap_account *account,
                                            struct am_imap_link *control);
void am_imap_fetcher_free(struct am_imap_fetcher **fetcher);

/* `box` lives as long as the fetcher. */
void am_imap_fetcher_ask(struct am_imap_fetcher *fetcher,
                         const struct am_imap_box *box,
                         const struct am_message *msg);
/*
 * Messages asked for before this one and not loaded are skipped.  AM_FAILED
 * when it cannot be had, AM_E_NOTFOUND when it is there no more.
 */
AM_MUST_USE int am_imap_fetcher_load(struct am_imap_fetcher *fetcher,
                                     const struct am_imap_box *box,
                                     const struct am_message *msg,
                                     struct am_blob **out,
                                     struct am_error *err);
/* Nothing of ours is under way on `control` any more. */
AM_MUST_USE int am_imap_fetcher_settle(struct am_imap_fetcher *fetcher,
                                       struct am_error *err);
/* Bodies come over other connections than `control`. */
bool am_imap_fetcher_is_apart(struct am_imap_fetcher *fetcher);
/* The line was found so slow that compressing pays (compress=auto). */
bool am_imap_fetcher_is_slow(struct am_imap_fetcher *fetcher);
/* Bytes of bodies that came. */
uint64_t am_imap_fetcher_bytes(struct am_imap_fetcher *fetcher);

#endif
