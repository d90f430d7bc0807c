/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_STATE_HEADERS_H
#define AM_FORMATS_MBOX_STATE_HEADERS_H

#include "formats/mbox/header.h"
#include "formats/mbox/quoting.h"

struct am_mbox_dialect;
struct am_mbox_cut;
struct am_message;

/*
 * Fields that a mail program wrote into the header to remember something:
 * taken out of the bytes, their meaning put into flags, keywords, labels.
 *
 * Our own sink closes what it adds with a mark, so that it is known for
 * certain what is the message's and what the mbox's, whatever else the file
 * holds and however often it was appended to:
 *
 *     Status: RO
 *     X-Status: F
 *     X-Keywords: $label1 To%20Do
 *     X-Mailark: 3
 *
 * The mark says how many of the lines before it are ours; a Content-Length that
 * is not among them does not count.  Words behind the
 * number: "top" the group stands before the first header, "block" it is a
 * header block of its own with an empty line, because the message has none;
 * "eol=lf" or "eol=crlf" that end of line was added at the message's end;
 * "rd" or "o" how From_ lines were quoted, "raw" not at all; "nuls" that a
 * From_ line of the message stands behind NULs, where no '>' would protect it:
 * no hole of a crash is to be seen in this message.
 */
#define AM_MBOX_MARK "X-Mailark"

/* How many header lines count as "the top". */
#define AM_MBOX_TOP 8

struct am_mbox_mark {
	size_t field; /* index of the mark */
	size_t first; /* index of the group's first field */
	bool block;
	bool nuls;
	uint8_t eol_added; /* 0, 1 (LF), 2 (CRLF) */
	bool quote_told;
	enum am_mbox_quote quote;
};
bool am_mbox_mark_find(struct am_mbox_mark *out,
                       const struct am_mbox_header *header,
                       const uint8_t *head);

/* Bytes of the stored message that are not the message's. */
struct am_mbox_gap {
	uint64_t at, len;
	const uint8_t *bytes;
};

struct am_mbox_state {
	size_t n_gaps;
	struct am_mbox_gap gaps[AM_MBOX_FIELDS + 1];
	bool marked;
	struct am_mbox_mark mark;
	bool expunged; /* X-Mozilla-Status says deleted, not yet compacted */
	bool pseudo;   /* c-client's "FOLDER INTERNAL DATA" */
};

/* Keywords that X-IMAPbase lists, and the UIDs' ceiling: kept for a file. */
struct am_mbox_imap {
	char **keywords; /* NULL-terminated, or NULL: none listed */
	uint32_t uid_last, uid_seen;
};
void am_mbox_imap_clear(struct am_mbox_imap *imap);

/* Which bytes go, and what kind of message this is.  first: in its file. */
void am_mbox_state_find(struct am_mbox_state *out,
                        const struct am_mbox_cut *cut,
                        const struct am_mbox_dialect *dialect,
                        struct am_mbox_imap *imap, bool first);
/* What they meant, into msg. */
void am_mbox_state_apply(const struct am_mbox_state *state,
                         const struct am_mbox_cut *cut,
                         struct am_mbox_imap *imap, struct am_message *msg);

/* Keywords and labels in our own group: what is no atom is %-escaped.  Both
 * return g_malloc()ed text. */
char *am_mbox_word_escape(const char *word);
char *am_mbox_word_unescape(const char *word, size_t len);

#endif
