/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MIME_ALIKE_H
#define AM_MIME_ALIKE_H

#include "base/hash.h"
#include "mime/scan.h"

/*
 * When are two messages the same mail?  In two steps beyond the same bytes:
 *
 * stored   The same but for what mailboxes write into mail they keep (Status,
 *          X-Mozilla-Status, X-UID, Content-Length …), line ends, and empty
 *          lines at the end.
 * content  Also when it came by another road: Message-ID, sender, date,
 *          subject, recipients, what it answers, and each part as it reads
 *          when its transfer encoding is undone, text without blanks at the
 *          ends of lines.  The rest of the header and boundaries may differ.
 *
 * A missing Message-ID is equal to none, so such mail is the same content only
 * as far as it is the same stored.
 */
struct am_alike {
	uint8_t stored[AM_SHA256_LEN];
	uint8_t content[AM_SHA256_LEN];
	uint32_t headers; /* which storage headers it has, a bit each */
};

AM_MUST_USE int am_alike_read(struct am_alike *out, const struct am_blob *raw,
                              const struct am_limits *limits,
                              struct am_error *err);

/* Of the storage headers; NULL behind the last. */
const char *am_alike_header_name(unsigned bit);
/* "Status, X-UID" of these bits, in at most so many bytes. */
void am_alike_print_headers(uint32_t headers, char *out, size_t room);
/* Is it one of them?  Its bit, or -1. */
int am_alike_header(const struct am_field *field);

/*
 * Why two messages are not the same bytes, for a person: "line ends; Status,
 * X-UID added; Received differs".  `b` against `a`.  g_free(*out).
 */
AM_MUST_USE int am_alike_explain(char **out, const struct am_blob *a,
                                 const struct am_blob *b,
                                 const struct am_limits *limits,
                                 struct am_error *err);

#endif
