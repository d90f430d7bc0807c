/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAPI_MAIL_TO_MAPI_IMPL_H
#define AM_FORMATS_MAPI_MAIL_TO_MAPI_IMPL_H

#include "base/time.h"
#include "formats/mapi/mail_stash.h"
#include "formats/mapi/original.h"
#include "mime/part.h"

#include <glib.h>

/*
 * The inside of mail_to_mapi.h.
 *
 *   mail_to_mapi.c   the items of a mail, one after the other
 *   mail_header.c    header fields as properties, recipients
 *   mail_person.c    senders and recipients
 *   mail_bodies.c    which parts are the text, and that
 *   mail_files.c     the other parts, as attachments
 *   mail_secured.c   signed, encrypted, reports
 *   mail_leaf.c      a part's bytes
 */

/* Ids that only this direction knows. */
enum {
	AM_TO_SUBJECT_PREFIX = 0x003d,
	AM_TO_SENT_REPRESENTING_KEY = 0x003b,
	AM_TO_SENT_REPRESENTING_ID = 0x0041,
	AM_TO_REPLY_TO_NAMES = 0x0050,
	AM_TO_DELIVERY_REPORT = 0x0023,
	AM_TO_READ_RECEIPT = 0x0029,
	AM_TO_SENDER_ID = 0x0c19,
	AM_TO_SENDER_KEY = 0x0c1d,
	AM_TO_RESPONSIBILITY = 0x0e0f,
	AM_TO_NORMALIZED_SUBJECT = 0x0e1d,
	AM_TO_OBJECT_TYPE = 0x0ffe,
	AM_TO_ENTRY_ID = 0x0fff,
	AM_TO_NATIVE_BODY = 0x1016,
	AM_TO_SEARCH_KEY = 0x300b,
	AM_TO_RENDERING_POSITION = 0x370b,
	AM_TO_PAYLOAD_CHARSET = 0x371a,
	AM_TO_DISPLAY_TYPE = 0x3900,
	AM_TO_RICH_INFO = 0x3a40,
	AM_TO_RECIPIENT_NAME = 0x39ff,
	AM_TO_LOCALE = 0x3ff1
};

/* A message of the mail: the whole, or one in it. */
struct am_making_job {
	struct am_mapi_item *item;
	struct am_mapi_item *parent; /* NULL: the whole */
	size_t index;                /* the attachment of it that this is */
	GArray *spans;               /* struct am_original_span */
	size_t part, end;            /* its parts: [part, end) of the scan */
	uint64_t at, len;            /* its bytes */
	unsigned depth;
};

struct am_making {
	const struct am_message *msg;
	const struct am_ctx *ctx;
	struct am_limits limits;
	bool stored;          /* subjects as a PST has them */
	struct am_blob *raw;  /* a reference of ours */
	const uint8_t *bytes; /* all of it; NULL: in a file */
	struct am_scan scan;
	struct am_arena *arena;
	struct am_stash stash;
	struct am_base64_probe *probe;
	struct am_coder *coder;
	GArray *jobs; /* struct am_making_job; the first is the whole */

	/* Of the message in hand. */
	struct am_mapi_item *item;
	size_t part, end;
	unsigned depth;
	GArray *spans;
	const char *class;
	struct am_when delivery;
	unsigned n_nameless; /* attachments that were given a name */
	const char *html;    /* its bytes when they are in memory */
	size_t html_len;
	bool has_html;
};

/* ---- mail_leaf.c ---- */

/* Up to so many bytes of text are looked at in one piece. */
#define AM_MAKING_TEXT_MAX ((size_t)1 << 20)
/* Values up to this lie in the arena, larger ones in the stash. */
#define AM_MAKING_VALUE_MAX ((size_t)32 << 10)
/* Readers have a subject at hand up to a size of theirs, and ours must: the
 * mark is of it.  Outlook shows 255 letters; the header has all of them. */
#define AM_MAKING_SUBJECT_MAX ((size_t)16 << 10)
/* Letters of a file's name: Windows, and whoever saves it, takes no more. */
#define AM_MAKING_NAME_MAX ((size_t)240)

/* How a part's bytes lead back to its text in the mail. */
struct am_leaf {
	const uint8_t *data; /* decoded, in memory */
	size_t len;
	uint64_t at;        /* or where they begin in the stash */
	bool exact, base64; /* the text is these bytes, or their base64 */
	struct am_base64_form form;
};

/* A piece of the mail in memory: in place, or a copy in the arena. */
AM_MUST_USE int am_making_bytes(struct am_making *m, uint64_t at, size_t len,
                                const uint8_t **out, struct am_error *err);
/* The bytes of a part of at most AM_MAKING_TEXT_MAX. */
AM_MUST_USE int am_leaf_read(struct am_making *m, size_t part,
                             struct am_leaf *out, struct am_error *err);
/* Those of any other, into the stash. */
AM_MUST_USE int am_leaf_stash(struct am_making *m, size_t part,
                              struct am_leaf *out, struct am_error *err);
/* Its bytes through a charset, however many. */
struct am_recode;
AM_MUST_USE int am_leaf_feed(struct am_making *m, size_t part,
                             struct am_recode *recode, struct am_error *err);
/* Has it a transfer encoding that is to be undone? */
bool am_leaf_is_encoded(const struct am_making *m, size_t part);
/* A piece of the mail as it is, into the stash; crlf: LF becomes CRLF. */
AM_MUST_USE int am_making_stash(struct am_making *m, uint64_t at, uint64_t len,
                                bool crlf, struct am_error *err);
/* Are all its line ends LF (and there is one)? */
AM_MUST_USE int am_making_only_lf(struct am_making *m, uint64_t at,
                                  uint64_t len, bool *out,
                                  struct am_error *err);
static inline uint64_t am_making_part_len(const struct am_making *m,
                                          size_t part)
{
	return m->scan.parts[part].end - m->scan.parts[part].body;
}

/* ---- the others ---- */

AM_MUST_USE int am_making_header(struct am_making *m, struct am_error *err);
AM_MUST_USE int am_making_bodies(struct am_making *m, bool *taken,
                                 struct am_error *err);
/* Every leaf that taken[] (from the message's first part on) does not have. */
AM_MUST_USE int am_making_files(struct am_making *m, const bool *taken,
                                struct am_error *err);
/* The message as a whole is one attachment: *done. */
AM_MUST_USE int am_making_secured(struct am_making *m, bool *done,
                                  struct am_error *err);
/* What Outlook calls a report of this kind. */
AM_MUST_USE int am_making_report(struct am_making *m, struct am_error *err);

static inline GArray *am_making_spans_new(void)
{
	return g_array_new(FALSE, FALSE, sizeof(struct am_original_span));
}

/* One behind the last part within this one. */
size_t am_making_part_end(const struct am_making *m, size_t part);

/* UTF-8 as a STRING, wherever it belongs by its length. */
AM_MUST_USE int am_making_text(struct am_making *m, unsigned id,
                               const char *text, size_t len,
                               struct am_error *err);
AM_MUST_USE int am_making_binary(struct am_making *m, unsigned id,
                                 const uint8_t *data, size_t len,
                                 struct am_error *err);

/* Append text with CRLF where there is LF alone; *after_cr goes from piece to
 * piece. */
void am_making_lines(GString *to, const char *s, size_t len, bool *after_cr);

/* From: and Sender:, Reply-To:; fields whose name is NULL are not there. */
void am_making_sender(struct am_making *m, const struct am_field *from,
                      const struct am_field *sender);
void am_making_reply_to(struct am_making *m, const struct am_field *f);
/* To:, Cc: or Bcc:, by the numbers that recipients of each kind have; any other
 * field is none.  The names are gathered in display[kind]. */
#define AM_MAKING_BCC 3
void am_making_recipients(struct am_making *m, const struct am_field *f,
                          GString *const display[AM_MAKING_BCC + 1]);

#endif
