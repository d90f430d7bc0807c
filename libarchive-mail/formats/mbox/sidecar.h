/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_SIDECAR_H
#define AM_FORMATS_MBOX_SIDECAR_H

#include "formats/mbox/from_line.h"

/*
 * What programs keep beside an mbox and not in it:
 *
 *   x.imap             imap-backup: UIDs and flags, by where each message lies
 *   x.toc              Eudora: read, replied, forwarded, likewise
 *   …metadata.xml      Google Vault, in the same directory: labels and times
 *                      of receipt, by the word in the From_ line
 */
struct am_mbox_sidecar;

/* Of the mbox at `path`, or of the container it is in; NULL: there is none.
 * `before` is one that was opened earlier, or NULL: taken, and used again where
 * it is the same. */
struct am_mbox_sidecar *am_mbox_sidecar_open(const char *path,
                                             struct am_mbox_sidecar *before);
void am_mbox_sidecar_free(struct am_mbox_sidecar **sidecar);
/* What it says of the message whose separator is at `offset`, into msg. */
void am_mbox_sidecar_apply(const struct am_mbox_sidecar *sidecar,
                           uint64_t offset, const struct am_mbox_from *from,
                           struct am_message *msg);
/* Is the file one of these?  It is no mail, and known. */
bool am_mbox_sidecar_name(const char *name);
/* Does Mozilla have its index beside it?  Then even an empty file is a mailbox.
 */
bool am_mbox_sidecar_mozilla(const char *path);

#endif
