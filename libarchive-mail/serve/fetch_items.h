/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_SERVE_FETCH_ITEMS_H
#define AM_SERVE_FETCH_ITEMS_H

#include "serve/search_return.h"
#include "serve/section.h"
#include "serve/session_impl.h"

/* What a FETCH asks for, parsed. */
enum am_fetch_kind {
	AM_FETCH_UID,
	AM_FETCH_FLAGS,
	AM_FETCH_DATE,
	AM_FETCH_SIZE,
	AM_FETCH_ENVELOPE,
	AM_FETCH_STRUCTURE,
	AM_FETCH_BODY, /* BODYSTRUCTURE without the extension data */
	AM_FETCH_SECTION,
	AM_FETCH_BINARY,
	AM_FETCH_BINARY_SIZE,
	AM_FETCH_MODSEQ,
	AM_FETCH_EMAILID,
	AM_FETCH_THREADID,
	AM_FETCH_PREVIEW,
	AM_FETCH_SAVED
};
struct am_fetch_item {
	enum am_fetch_kind kind;
	const char *name; /* of SECTION: as it is answered, when not BODY[…] */
	struct am_section section;
	bool peek, partial;
	bool common; /* header fields that are kept */
	uint64_t from, count;
};
struct am_fetch {
	GArray *items; /* struct am_fetch_item */
	bool sees;     /* some of it sets \Seen */
	bool reads;    /* the message itself is needed */
	bool facts;    /* what is kept of it, */
	bool sizes;    /* or of that the size alone */
	bool since, vanished;
	uint64_t changed_since;
	bool partial; /* only a part of those that fit the rest (RFC 9394) */
	struct am_partial part;
};

/* The items ("ALL", "FLAGS", "(UID BODY[])") and what may follow them.  false:
 * BAD was said. */
bool am_fetch_parse(struct am_fetch *out, struct am_session *s, am_args args,
                    size_t n, bool uid);
void am_fetch_clear(struct am_fetch *fetch);
/* fetch.c: tell it of all rows from this one on, and mark nothing as read; what
 * cannot be read is passed over. */
void am_fetch_tell(struct am_session *s, const struct am_fetch *fetch,
                   size_t from);

#endif
