/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_PRESENT_H
#define AM_FORMATS_IMAP_PRESENT_H

#include "base/compiler.h"

/*
 * What a mailbox of the target holds, as a multiset of fingerprints with the
 * UIDs they are there under: so that a run after another, or after a connection
 * that was lost in the middle of an APPEND, sends nothing twice.  Filled by
 * look.h; about 60 bytes a message.
 */
struct am_imap_present;

struct am_imap_present *am_imap_present_new(void);
void am_imap_present_free(struct am_imap_present **present);
/* true: one was there, and is now spoken for; *uid (may be NULL) is its. */
bool am_imap_present_take(struct am_imap_present *present, uint64_t fingerprint,
                          uint32_t *uid);
bool am_imap_present_has(const struct am_imap_present *present,
                         uint64_t fingerprint);
bool am_imap_present_is_empty(const struct am_imap_present *present);
void am_imap_present_add(struct am_imap_present *present, uint64_t fingerprint,
                         uint32_t uid);
void am_imap_present_add_all(struct am_imap_present *present,
                             const struct am_imap_present *of);

#endif
