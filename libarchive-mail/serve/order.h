/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_SERVE_ORDER_H
#define AM_SERVE_ORDER_H

#include "serve/session_impl.h"

struct am_arena;

/* What SORT and THREAD (RFC 5256, 5957) know of a message. */
struct am_order {
	uint32_t uid;
	size_t row;
	int64_t arrival, sent; /* sent: arrival where there is no date */
	uint64_t size;
	const char *cc, *from, *to; /* the first mailbox's name, folded */
	const char *display_from, *display_to;
	const char *subject; /* base subject, folded */
	bool is_reply;       /* something was taken off the subject */
	const char *message_id;
	const char *references; /* '\n' between */
};
enum am_order_needs { AM_ORDER_CATALOG = 1, AM_ORDER_FACTS = 2 };
/* Of these UIDs; strings live in the arena.  AM_FAILED: one could not be had.
 */
AM_MUST_USE int am_order_read(struct am_session *s, const GArray *uids,
                              unsigned needs, struct am_arena *arena,
                              struct am_order **out, struct am_error *err);
/* "Re: [list] Fwd: x (fwd)" -> "x"; g_free(). */
char *am_base_subject(const char *subject, bool *is_reply);

#endif
