/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_ATTACHED_H
#define AM_FORMATS_MBOX_ATTACHED_H

#include "base/compiler.h"

/*
 * Some programs attach a mail as their mailbox holds it, with its From_ line:
 *
 *     --boundary
 *     Content-Type: message/rfc822
 *
 *     From somebody@example.org Mon Jan  1 00:00:00 2001
 *
 * Does what stands before `at`, back to `low`, end with such a part's header
 * and the empty line behind it?  Then the boundary, which is to come again
 * behind the mail: the message may as well have been cut short here.
 */
bool am_mbox_attached(const uint8_t *low, const uint8_t *at,
                      const uint8_t **boundary, size_t *len);
/* Does [p, p + have) hold a line that begins so? */
bool am_mbox_has_line(const uint8_t *p, size_t have, const uint8_t *line,
                      size_t len);

#endif
