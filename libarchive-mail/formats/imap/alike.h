/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_ALIKE_H
#define AM_FORMATS_IMAP_ALIKE_H

#include "formats/imap/fingerprint.h"
#include "formats/imap/session.h"

/*
 * Messages of a mailbox whose header says too little: their fingerprints hold
 * their size, and some servers write lines of their own into a header later
 * (GNU imap4d: X-UID and Status), so that a run after another would not know
 * them again.  Where one is to be sent that might be such a one, the few of
 * about its size are fetched once, and their lines compared: all of what is
 * sent must be there in order, and nothing else but such fields.
 */
struct am_imap_alike;

struct am_imap_alike *am_imap_alike_new(void);
void am_imap_alike_free(struct am_imap_alike **alike);
void am_imap_alike_add(struct am_imap_alike *alike, uint32_t uid, uint64_t size,
                       uint64_t fingerprint);
/* There are some of about that size, */
bool am_imap_alike_any(const struct am_imap_alike *alike, uint64_t size);
/* and some of them were not fetched yet. */
bool am_imap_alike_lacks(const struct am_imap_alike *alike, uint64_t size);
/* Some were fetched in vain. */
bool am_imap_alike_unknown(const struct am_imap_alike *alike, uint64_t size);
/* Fetches them from the mailbox that is selected; what cannot be had is not
 * asked for again. */
AM_MUST_USE int am_imap_alike_fetch(struct am_imap_alike *alike,
                                    struct am_imap_session *s, uint64_t size,
                                    struct am_error *err);
/*
 * The next one, from *at on (0 at first), that is this message with lines
 * added: its fingerprint there; false: none.
 */
bool am_imap_alike_find(const struct am_imap_alike *alike,
                        const struct am_blob *raw,
                        const struct am_imap_print *print, size_t *at,
                        uint64_t *fingerprint);

#endif
