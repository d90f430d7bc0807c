/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_LOOK_H
#define AM_FORMATS_IMAP_LOOK_H

#include "formats/imap/alike.h"
#include "formats/imap/other_id.h"
#include "formats/imap/present.h"
#include "formats/imap/session.h"

/*
 * One look at what a mailbox holds from a UID on, over as many connections as
 * it takes: what was answered is not asked for again.
 *
 * Mostly that is one FETCH.  Where the connection breaks in it, or it is
 * refused, or messages are left out of it, those that lack are asked for in
 * smaller and smaller pieces, until the one that spoils it stands alone.  Of
 * such a one size and date are asked instead (am_imap_fingerprint_blind()).
 */
struct am_imap_look;

/* `alike`, unless NULL, gets those whose fingerprint says little, and `others`
 * those that have a Message-ID. */
struct am_imap_look *am_imap_look_new(uint32_t from,
                                      struct am_imap_alike *alike,
                                      struct am_imap_other_ids *others);
void am_imap_look_free(struct am_imap_look **look);
/*
 * Goes on in the mailbox that is selected; `known` of its messages are below
 * `from`.  AM_OK: all is seen.  AM_RETRY: the connection is lost; the same
 * again when the mailbox is selected once more.  AM_FAILED: it cannot be read.
 */
AM_MUST_USE int am_imap_look_on(struct am_imap_look *look,
                                struct am_imap_session *s, uint64_t known,
                                struct am_error *err);
/* Only the numbers of what there is, into `uids`; the rest as above. */
AM_MUST_USE int am_imap_look_uids(struct am_imap_session *s,
                                  struct am_imap_set *uids,
                                  struct am_error *err);
/* More was seen than when this was last asked. */
bool am_imap_look_progressed(struct am_imap_look *look);

/* Of what is seen: its fingerprints, the look's own; */
const struct am_imap_present *
am_imap_look_found(const struct am_imap_look *look);
/* where to go on another time; */
uint32_t am_imap_look_next(const struct am_imap_look *look);
/* how many there were that the server does not show. */
uint64_t am_imap_look_blind(const struct am_imap_look *look);

#endif
