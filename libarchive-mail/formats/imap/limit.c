/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/imap/limit.h"

#include <glib.h>

void am_imap_limit_see(struct am_imap_limit *l, uint32_t uid)
{
	if (!uid)
		return;
	l->low = l->low ? MIN(l->low, uid) : uid;
	l->high = MAX(l->high, uid);
}

enum am_imap_limit_verdict am_imap_limit_rest(struct am_imap_limit *l,
                                              const struct am_imap_reply *reply,
                                              struct am_imap_set *asked)
{
	struct am_imap_limit seen = *l;

	*l = (struct am_imap_limit){0};
	if (!reply->limited)
		return AM_IMAP_LIMIT_NONE;
	if (!am_imap_set_has(asked, reply->limit_uid))
		return AM_IMAP_LIMIT_STUCK;
	uint32_t uid = reply->limit_uid;
	uint64_t before = am_imap_set_count(asked);
	/* As the RFC has it: highest first, and down to `uid`.  What else was
	 * named may be a flag that changed just now, so it proves nothing. */
	if (!seen.high || seen.high > uid)
		am_imap_set_remove(asked, uid, UINT32_MAX);
	else
		am_imap_set_remove(asked, seen.low < uid ? 1 : uid, uid);
	uint64_t after = am_imap_set_count(asked);
	return after == before ? AM_IMAP_LIMIT_STUCK
	       : after         ? AM_IMAP_LIMIT_REST
	                       : AM_IMAP_LIMIT_DONE;
}
