/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_PRESENT_H
#define AM_FORMATS_IMAP_PRESENT_H

#include "formats/imap/session.h"

/*
 * What a mailbox of the target holds, as a multiset of fingerprints: so that a
 * run after another, or after a connection that was lost in the middle of an
 * APPEND, sends nothing twice.  Filled from the mailbox that is selected, from
 * a UID on; about 20 bytes a message.
 */
struct am_imap_present;

struct am_imap_present *am_imap_present_new(void);
void am_imap_present_free(struct am_imap_present **present);
/* Add what is there from UID `from` on, all of it or, unless AM_OK, nothing;
 * *next: where to go on another time. */
AM_MUST_USE int am_imap_present_read(struct am_imap_present *present,
                                     struct am_imap_session *s, uint32_t from,
                                     uint32_t *next, struct am_error *err);
/* true: one was there, and is now spoken for. */
bool am_imap_present_take(struct am_imap_present *present,
                          uint64_t fingerprint);
bool am_imap_present_is_empty(const struct am_imap_present *present);
void am_imap_present_add(struct am_imap_present *present, uint64_t fingerprint);

#endif
