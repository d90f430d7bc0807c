/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_FETCH_LINE_H
#define AM_FORMATS_IMAP_FETCH_LINE_H

#include "model/message.h"
#include "wire/imap.h"

struct am_imap_session;

/*
 * One untagged FETCH (RFC 3501 §7.4.2) or UIDFETCH (RFC 9586): keys and values
 * in any order, some behind the closing parenthesis (Xeams).  Valid as long as
 * the line.
 */
struct am_imap_fetch {
	uint32_t uid; /* 0: not told, so it cannot be said whose it is */
	const struct am_imap_line *line;
};

/* False: not such a line. */
bool am_imap_fetch_read(struct am_imap_fetch *out,
                        const struct am_imap_line *line);
/* The value of a key, any case; NULL: not there. */
const struct am_imap_value *am_imap_fetch_item(const struct am_imap_fetch *f,
                                               const char *key);
/*
 * The body: the value of BODY[], with its <origin> in *origin (0: whole) and
 * how many literals of the line were streamed before it in *streamed.
 */
const struct am_imap_value *am_imap_fetch_body(const struct am_imap_fetch *f,
                                               uint64_t *origin, bool *partial,
                                               size_t *streamed);
/* The value of BODY[HEADER…]; NULL: not there. */
const struct am_imap_value *am_imap_fetch_header(const struct am_imap_fetch *f);
/* Whether a literal that stands here is a body. */
bool am_imap_fetch_is_body(const struct am_imap_place *place);

/* What is asked of every message before its bytes: "(UID FLAGS …)"; `modseq`:
 * the mailbox has them. */
char *am_imap_meta_items(const struct am_imap_session *s, bool modseq);
/* A message made of it; AM_END when the line has no UID. */
AM_MUST_USE int am_imap_meta_message(const struct am_imap_fetch *f,
                                     const struct am_folder *folder,
                                     uint32_t uidvalidity,
                                     const struct am_imap_session *s,
                                     struct am_message **out,
                                     struct am_error *err);
/* What `to` lacks (size, date, labels …), from another line of the same. */
void am_imap_meta_fill(struct am_message *to, const struct am_message *from);
/* FLAGS and X-GM-LABELS alone, into a message without a folder. */
void am_imap_meta_flags(struct am_message *msg, const struct am_imap_fetch *f,
                        bool utf8);
/* "INBOX;UIDVALIDITY=1;UID=5". */
char *am_imap_meta_origin(const struct am_folder *folder, uint32_t uidvalidity,
                          uint32_t uid);

#endif
