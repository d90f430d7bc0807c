/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_CONTROL_H
#define AM_FORMATS_IMAP_CONTROL_H

#include "formats/imap/fetch.h"

/*
 * The connection that asks what there is, beside those that carry bodies (it
 * may be the same one: then theirs is taken in first).
 */
struct am_imap_control {
	struct am_imap_account *account;
	struct am_imap_link *link;
	struct am_imap_fetcher *fetcher;
	struct am_imap_ahead *ahead;
	/* All boxes to be read, and which is next. */
	const GPtrArray *boxes;
	guint at;
};

/* The session, free for our commands, with the box selected (NULL: any).
 * AM_FAILED: the server does not open it; lost connections are mended. */
AM_MUST_USE int am_imap_control_open(struct am_imap_control *control,
                                     const struct am_imap_box *box,
                                     struct am_imap_session **out,
                                     struct am_error *err);

#endif
