/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MIME_OVERVIEW_H
#define AM_MIME_OVERVIEW_H

#include "base/error.h"
#include "base/time.h"

struct am_arena;
struct am_blob;
struct am_limits;
struct am_scan;

/*
 * What a list of messages shows.  Strings are UTF-8, decoded, unfolded, in
 * the arena; NULL when the field is not there.  Runs for every message that is
 * imported, so it is made of the scanner and a few copies: some microseconds,
 * no GMime.
 */
struct am_overview {
	const char *from, *to, *cc, *bcc, *subject;
	const char *message_id;  /* without <> */
	const char *in_reply_to; /* the first id in it, without <> */
	const char *list_id;     /* "list.example.org", without <> and phrase */
	const char *const *references; /* oldest first, without <> */
	size_t n_references;
	struct am_when date;     /* Date: */
	struct am_when received; /* the topmost Received: date */
	uint32_t n_attachments;  /* leaves that a mail client would list */
	const char *const *attachments; /* their names; "" when nameless */
};

/* scan: of this message, or NULL to have it scanned here. */
AM_MUST_USE int am_overview_read(struct am_overview *out,
                                 const struct am_blob *raw,
                                 const struct am_scan *scan,
                                 const struct am_limits *limits,
                                 struct am_arena *arena, struct am_error *err);

#endif
