/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MIME_TEXT_H
#define AM_MIME_TEXT_H

#include "mime/scan.h"

/*
 * What a message says, in UTF-8, piece by piece: for the index, `show --text`
 * and the web page.  Text parts in any charset and encoding, HTML as text,
 * nested messages; of a multipart/alternative every text/plain and text/html
 * (for an index) or only the best (for reading).
 */
enum am_text_kind {
	AM_TEXT_BODY,       /* text a person wrote or was sent */
	AM_TEXT_QUOTED,     /* lines quoted from an earlier message */
	AM_TEXT_ATTACHMENT, /* text inside an attached text or message */
	AM_TEXT_HEADING,    /* From/To/Subject/Date of a nested message */
	AM_TEXT_LINK        /* where the text before it leads, in HTML */
};

/* Pieces come in order; s is valid during the call only.  A status other than
 * AM_OK stops the walk and is handed back. */
typedef int am_text_fn(void *user, enum am_text_kind kind, const char *section,
                       const char *s, size_t len, struct am_error *err);

struct am_text_options {
	bool best_alternative; /* one of each multipart/alternative */
	bool prefer_html;      /* of those the HTML, not the plain text */
	bool keep_layout;      /* paragraphs and lines of HTML, for reading */
	bool links;            /* AM_TEXT_LINK is wanted */
	uint64_t max_bytes;    /* of text in all; 0: 4 MiB */
};

/* *truncated (may be NULL): max_bytes cut it, or an encoded nested message was
 * too deep or too long to be opened. */
AM_MUST_USE int am_text_read(const struct am_blob *raw,
                             const struct am_scan *scan,
                             const struct am_text_options *options,
                             const struct am_limits *limits, am_text_fn *text,
                             void *user, bool *truncated, struct am_error *err);

#endif
