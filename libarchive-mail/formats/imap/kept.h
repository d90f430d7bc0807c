/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_KEPT_H
#define AM_FORMATS_IMAP_KEPT_H

#include "formats/imap/upload_item.h"

/*
 * What the server made of what it took: some add header lines or a line end,
 * some drop a NUL and all behind it.  The size it tells of each (RFC822.SIZE)
 * is asked for beside the APPENDs, many in one command, so nobody waits for it
 * but the end of the run.  Where it is another than was sent, that is told; of
 * the first few small ones the bytes are fetched, to say what it is, and to
 * find out servers whose sizes are not to be believed.
 */
struct am_imap_kept;

struct am_imap_kept *am_imap_kept_new(struct am_imap_account *account,
                                      struct am_imap_link *link,
                                      struct am_imap_targets *targets);
/* Where something is under way, the link must have been dropped before. */
void am_imap_kept_free(struct am_imap_kept **kept);
bool am_imap_kept_is_under_way(const struct am_imap_kept *kept);
/* The server took it, under this number (0: not told). */
void am_imap_kept_add(struct am_imap_kept *kept, const struct am_imap_item *it,
                      uint32_t uid);
/*
 * Asks for what is due, if the mailbox is open anyway, and takes what was
 * answered; no APPEND may be under way.  `all`: for everything, and wait for
 * it.  Trouble in it is no trouble of the copy: AM_FATAL only when cancelled.
 */
AM_MUST_USE int am_imap_kept_settle(struct am_imap_kept *kept, bool all,
                                    struct am_error *err);

/* In words, what differs between what was sent and what came back; NULL: the
 * same bytes.  Line ends do not count.  g_free(). */
char *am_imap_kept_words(const uint8_t *sent, size_t sent_len,
                         const uint8_t *got, size_t got_len);

#endif
