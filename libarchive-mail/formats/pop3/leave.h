/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_POP3_LEAVE_H
#define AM_FORMATS_POP3_LEAVE_H

#include "formats/pop3/drop.h"

/*
 * Deleting on the server what the target has (option delete-after-verify).
 *
 * A message goes when the target remembers it from an earlier run, so that its
 * commit is long past, and when the header the server still shows has the
 * Message-ID that the target remembers: ids of some servers are used again.
 * Whatever is not sure stays.  Nothing is deleted before QUIT; *deleted counts
 * what was marked.  AM_RETRY, AM_FATAL: the connection is of no use.
 */
AM_MUST_USE int am_pop3_leave(struct am_pop3_session *s,
                              const struct am_pop3_drop *drop,
                              const struct am_pop3_known *known, size_t n,
                              uint64_t *deleted, uint64_t *unsure,
                              struct am_error *err);

#endif
