/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_PROOF_H
#define AM_FORMATS_IMAP_PROOF_H

#include "formats/imap/upload_item.h"

/*
 * Whether what a server said it took is there.  One with UIDPLUS names the UID
 * it gave, and is believed; of others some say OK and lose it (GNU imap4d, when
 * the mailbox is selected).  So their mailboxes are counted after each folder
 * and each few hundred messages, and looked through where some are missing.
 */
struct am_imap_proof;

struct am_imap_proof *am_imap_proof_new(struct am_imap_link *link,
                                        struct am_imap_targets *targets);
void am_imap_proof_free(struct am_imap_proof **proof);
/* The server said OK to it.  A few hundred bytes are kept of each. */
void am_imap_proof_add(struct am_imap_proof *proof,
                       const struct am_imap_item *it);
/* So many wait that they should be settled. */
bool am_imap_proof_is_due(const struct am_imap_proof *proof);
/* Nothing may be under way; all that waits is settled, and `missing` told of
 * those that are not there.  A server that does not say how many messages
 * there are is believed. */
AM_MUST_USE int
am_imap_proof_settle(struct am_imap_proof *proof,
                     void (*missing)(void *user, const struct am_late *what,
                                     bool copy, const struct am_error *),
                     void *user, struct am_error *err);

#endif
