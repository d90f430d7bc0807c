/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_ATTACHED_H
#define AM_FORMATS_MBOX_ATTACHED_H

#include "base/compiler.h"

/*
 * Some programs attach a mail as their mailbox holds it, with its From_ line,
 * and people attach whole mailboxes:
 *
 *     --boundary
 *     Content-Type: message/rfc822
 *
 *     From somebody@example.org Mon Jan  1 00:00:00 2001
 *
 * Does what stands before `at`, back to `low`, end with a part's header, of
 * whatever type, and the empty line behind it?  Then the boundary, which is to
 * come again behind the part: the message may as well have been cut short
 * here.
 */
bool am_mbox_attached(const uint8_t *low, const uint8_t *at,
                      const uint8_t **boundary, size_t *len);
/* Where in [p, p + have) that boundary stands on a line of its own, as one that
 * goes on or as the last; NULL: nowhere. */
const uint8_t *am_mbox_boundary_line(const uint8_t *p, size_t have,
                                     const uint8_t *boundary, size_t len);

#endif
