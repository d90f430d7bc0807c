/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_OTHER_ID_H
#define AM_FORMATS_IMAP_OTHER_ID_H

#include "formats/imap/session.h"

struct am_blob;

/*
 * Messages of a mailbox, to be known again though the server gave them another
 * Message-ID when it took them (some do).  All else that a fingerprint is made
 * of only says which it may be; then the message is fetched, and it is the same
 * if every line is but those of the Message-ID.  So two mails are never taken
 * for one.  24 bytes a message; looked at only where a message to be sent is
 * not found otherwise.
 */
struct am_imap_other_ids;

struct am_imap_other_ids *am_imap_other_ids_new(void);
void am_imap_other_ids_free(struct am_imap_other_ids **ids);
/* `nameless`: am_imap_fingerprint_nameless(). */
void am_imap_other_ids_add(struct am_imap_other_ids *ids, uint32_t uid,
                           uint64_t size, uint64_t fingerprint,
                           uint64_t nameless);
/* One that may be it, from *at on (0 at first): its fingerprint there; false:
 * none. */
bool am_imap_other_ids_find(struct am_imap_other_ids *ids, uint64_t nameless,
                            uint64_t size, size_t *at, uint32_t *uid,
                            uint64_t *fingerprint);
/* Fetches it from the mailbox that is selected.  What cannot be had is not the
 * same. */
AM_MUST_USE int am_imap_other_ids_same(struct am_imap_session *session,
                                       uint32_t uid, const struct am_blob *raw,
                                       bool *same, struct am_error *err);

#endif
