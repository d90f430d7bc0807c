/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAPI_MAIL_STASH_H
#define AM_FORMATS_MAPI_MAIL_STASH_H

#include "base/error.h"
#include "outlook/mapi/item.h"

struct am_spool;

/*
 * What was decoded of one mail, one piece behind the other in one spool, so
 * that a mail of a thousand attachments needs one file at most.  Who a piece
 * is for gets it as a range of the whole when the spool is sealed.
 *
 * Zero it and set memory and tmpdir; the spool is opened when first written to.
 */
struct am_stash {
	size_t memory;
	const char *tmpdir;
	struct am_spool *spool;
	uint64_t size;
	struct am_stash_debt *debts; /* newest first, in the items' arena */
};

AM_MUST_USE int am_stash_write(struct am_stash *stash, const void *data,
                               size_t len, struct am_error *err);
/* What was written since `from` are the bytes of this attachment, or the value
 * of a property of the item (tag not 0). */
void am_stash_for_attachment(struct am_stash *stash, struct am_mapi_item *item,
                             size_t attachment, uint64_t from);
void am_stash_for_value(struct am_stash *stash, struct am_mapi_item *item,
                        uint32_t tag, uint64_t from);
/* Seal it and hand out the pieces. */
AM_MUST_USE int am_stash_settle(struct am_stash *stash, struct am_error *err);
void am_stash_drop(struct am_stash *stash);

#endif
