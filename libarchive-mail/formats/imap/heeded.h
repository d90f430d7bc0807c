/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_HEEDED_H
#define AM_FORMATS_IMAP_HEEDED_H

#include "formats/imap/upload_item.h"

/*
 * Whether the server heeds what is given with a message: Exchange forgets flags
 * of APPEND, older ones its date.  Of the first messages they are read back;
 * where flags are forgotten all are set once more, by STORE, and a date that is
 * not kept is told once.  Only where the server says which number a message got
 * (UIDPLUS).
 */
struct am_imap_heeded;

struct am_imap_heeded *am_imap_heeded_new(struct am_imap_account *account,
                                          struct am_imap_link *link);
void am_imap_heeded_free(struct am_imap_heeded **heeded);
/* The server took it, under this number (0: not told). */
void am_imap_heeded_add(struct am_imap_heeded *heeded,
                        const struct am_imap_item *it, uint32_t uid);
/* What is due, `all`: everything; no command may be under way.  Trouble in it
 * is no trouble of the copy: AM_FATAL only when cancelled. */
AM_MUST_USE int am_imap_heeded_settle(struct am_imap_heeded *heeded, bool all,
                                      struct am_error *err);

#endif
