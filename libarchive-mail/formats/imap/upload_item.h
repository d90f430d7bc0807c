/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_UPLOAD_ITEM_H
#define AM_FORMATS_IMAP_UPLOAD_ITEM_H

#include "formats/imap/upload.h"

/*
 * One message on its way to a server: what is sent of it, and what is tried
 * next when it is refused.  When and with whom it goes is upload.c's.
 */
struct am_imap_item {
	struct am_message *meta; /* what travels beside the bytes */
	struct am_blob *raw;     /* as put */
	struct am_blob *mended;  /* what is sent instead, or NULL */
	struct am_blob *most;    /* mended as far as it goes, or NULL */
	struct am_imap_target *target;
	struct am_imap_marks marks; /* of what is sent, as is */
	uint64_t size;              /* this */
	bool nul, lone_cr, garbled; /* what is in it as it is sent */
	bool bare_head; /* which says nothing: its size is all of its marks */
	bool labels, copy, ahead; /* ahead: mended before it was refused */
	bool bare, undated;  /* without flags a server may choke on, a date */
	unsigned step, busy; /* of mending; tries of one that was busy */
	enum { WHOLE, BARE, UNDATED, LEAST } stage;
	unsigned losses; /* of the connection while it was sent alone */
	unsigned lost;   /* flags and keywords the mailbox cannot hold */
	char *changed;
};

AM_MUST_USE int am_imap_item_new(struct am_imap_item **out,
                                 const struct am_imap_parcel *parcel,
                                 struct am_error *err);
void am_imap_item_free(void *item);

/* Mended up to this step before anybody refuses it; false: nothing to do. */
bool am_imap_item_ahead(struct am_imap_item *it, unsigned step,
                        struct am_ctx *ctx, struct am_error *err);
/* Its part of an APPEND up to the literal; *waits: which has to be let in. */
void am_imap_item_head(struct am_imap_session *s, struct am_imap_item *it,
                       bool *waits);
/* The bytes with CRLF at every line end, exactly `size` of them. */
AM_MUST_USE int am_imap_item_body(struct am_imap_session *s,
                                  const struct am_imap_item *it,
                                  struct am_error *err);
/* The next thing to try with a message that was refused: true when there is
 * one.  `repair`: its bytes may be mended. */
bool am_imap_item_next(struct am_imap_item *it, struct am_ctx *ctx, bool repair,
                       struct am_error *err);
/* It is there: what was changed or left behind for that, as notes. */
void am_imap_item_tell(const struct am_imap_item *it, struct am_ctx *ctx);

#endif
