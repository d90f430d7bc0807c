/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_COMPOSE_H
#define AM_FORMATS_MBOX_COMPOSE_H

#include "formats/mbox/dialect.h"
#include "formats/mbox/recipe.h"
#include "formats/mbox/state_headers.h"

struct am_ctx;
struct am_message;

/*
 * How one message is to stand in an mbox, so that our source gives back the
 * same bytes and flags: which quoting, what to add to its header and where.
 * The analysis reads all of the message and runs on any worker; the few
 * choices that depend on the file it goes to are made when it is written.
 */
enum am_mbox_labels {
	AM_MBOX_LABELS_KEYWORDS,
	AM_MBOX_LABELS_FOLDERS,
	AM_MBOX_LABELS_FIRST
};

struct am_mbox_style {
	enum am_mbox_flavour flavour;
	bool crlf;  /* of the lines we add */
	bool state; /* flags into the header */
	bool as_imported;
	enum am_mbox_labels labels;
};

enum am_mbox_place {
	AM_MBOX_PLACE_END,  /* behind the last header field */
	AM_MBOX_PLACE_TOP,  /* before the first */
	AM_MBOX_PLACE_BLOCK /* a header block of its own */
};

struct am_mbox_plan {
	char from[AM_MBOX_FROM_ROOM];
	size_t from_len;
	bool verbatim; /* from-line, recipe and the rest as imported */
	enum am_mbox_quote quote;
	bool quotes;       /* it has lines that need it */
	bool message_crlf; /* its first line ends with CR LF */
	char *lines;       /* what is added to the header, less the mark */
	unsigned n_lines;
	enum am_mbox_place place;
	uint64_t at;    /* where, in the raw bytes */
	bool shaped;    /* two header lines begin it: a separator is safe */
	bool weak;      /* safe only behind an empty line */
	bool open_end;  /* its last line has no end */
	bool marked;    /* the added lines must be told from its own */
	bool lookalike; /* ... if the file as a whole looks like that */
	bool tell_quote;
	bool nuls;   /* "From " behind a NUL: to be told from a crash's hole */
	bool claims; /* a Content-Length of its own that is not true here */
	bool part; /* it ends behind a part's header: what follows is no part */
};

AM_MUST_USE int am_mbox_plan_make(struct am_mbox_plan **out,
                                  const struct am_message *msg,
                                  const struct am_mbox_style *style,
                                  struct am_ctx *ctx, struct am_error *err);
void am_mbox_plan_free(struct am_mbox_plan **plan);

/* What the file says on top. */
struct am_mbox_manner {
	bool blank;   /* an empty line before each separator */
	bool vouch;   /* tell lookalikes from storage fields */
	bool mmdf;    /* see mmdf.h */
	bool foreign; /* it is of another kind: mark each message, and say how
	               * it is quoted */
};
/* Will anything be added to its header? */
bool am_mbox_plan_marks(const struct am_mbox_plan *plan,
                        const struct am_message *msg,
                        const struct am_mbox_style *style,
                        const struct am_mbox_manner *manner);
/* Separator, message, empty line. */
AM_MUST_USE int am_mbox_plan_write(const struct am_mbox_plan *plan,
                                   const struct am_message *msg,
                                   const struct am_mbox_style *style,
                                   const struct am_mbox_manner *manner,
                                   struct am_mbox_out *out,
                                   struct am_error *err);

#endif
