/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_LINK_H
#define AM_FORMATS_IMAP_LINK_H

#include "formats/imap/session.h"

/*
 * A session that comes back: opened when it is first needed, opened again when
 * it was lost.  After a loss without any progress the next try waits, longer
 * each time and not in step with others, and after some tries gives up.
 *
 * One thread drives it; only am_imap_link_interrupt() may come from another.
 */
struct am_imap_link;

struct am_imap_link *am_imap_link_new(struct am_imap_account *account);
/* polite: say LOGOUT where nothing is under way. */
void am_imap_link_free(struct am_imap_link **link, bool polite);

/* The session, opened now if there is none; AM_FATAL when it cannot be had. */
AM_MUST_USE int am_imap_link_session(struct am_imap_link *link,
                                     struct am_imap_session **out,
                                     struct am_error *err);
/* The session there is, or NULL. */
struct am_imap_session *am_imap_link_now(struct am_imap_link *link);
/* It is lost, or not to be used any more. */
void am_imap_link_drop(struct am_imap_link *link);
/* Something was got: the next loss is a first one. */
void am_imap_link_progress(struct am_imap_link *link);
/* Ends a read or a wait of the thread that drives it. */
void am_imap_link_interrupt(struct am_imap_link *link);

/*
 * What to do about a status of the session: AM_RETRY: the link was dropped, and
 * err noted: the same again from the start.  AM_FAILED with a reply that says
 * to wait: the same after the pause.  Else the status as it was.
 */
AM_MUST_USE int am_imap_link_judge(struct am_imap_link *link, int status,
                                   const struct am_imap_reply *reply,
                                   struct am_error *err);
/* Sessions there were so far, this one included. */
uint64_t am_imap_link_openings(const struct am_imap_link *link);

#endif
