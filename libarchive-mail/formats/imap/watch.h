/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_WATCH_H
#define AM_FORMATS_IMAP_WATCH_H

#include "formats/imap/link.h"

/*
 * Wait until the server says that something changed: in any folder where it
 * can NOTIFY (RFC 5465), else in INBOX (IDLE, RFC 2177).  AM_OK: something
 * did; AM_END: nothing was said for `ms` milliseconds, and folders that are
 * not watched are to be looked at.  A lost connection is AM_OK: what was
 * missed meanwhile is seen by looking.  Nothing else may use the link.
 */
AM_MUST_USE int am_imap_watch(struct am_imap_link *link, unsigned ms,
                              struct am_error *err);

#endif
