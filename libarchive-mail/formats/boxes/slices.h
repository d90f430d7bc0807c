/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_BOXES_SLICES_H
#define AM_FORMATS_BOXES_SLICES_H

#include "base/time.h"
#include "formats/boxes/box.h"

struct am_blob;

/*
 * Mailboxes that are files whose messages lie in them as they are: a scan tells
 * where each begins and ends and what the file says of it, all else is common.
 * The file may be compressed.
 */
struct am_slice {
	uint64_t at, len;
	uint64_t body, body_len; /* its body, where that lies elsewhere */
	uint32_t flags;
	bool old; /* unread, but seen in a list */
	struct am_when when;
	uint32_t uid, uidvalidity;
	char *keywords; /* one behind the other, a NUL behind each, or NULL */
	size_t keywords_len;
	char *folder; /* parts joined by '/', below the box's; or NULL */
};

struct am_slices {
	const struct am_blob *file;
	const struct am_box_place *place;
	GArray *list; /* struct am_slice; keywords and folder are freed */
};

struct am_slices_kind {
	const char *when_from; /* the name of the date, when there is one */
	/* All messages.  AM_FAILED: it is none of its kind.  What is damaged
	 * further on is noted with am_slices_damaged(). */
	int (*scan)(struct am_slices *slices, struct am_error *err);
};

AM_MUST_USE int am_slices_open(struct am_open_box **out,
                               const struct am_box_place *place,
                               const struct am_slices_kind *kind,
                               struct am_error *err);
void am_slices_add(struct am_slices *slices, const struct am_slice *slice);
void am_slices_keyword(struct am_slice *slice, const char *word, size_t len);
/* A note that something is lost from this byte on. */
void am_slices_damaged(const struct am_slices *slices, uint64_t at,
                       const char *what);

/*
 * The lines of a blob.  One that is longer than AM_LINE_MAX comes in pieces, of
 * which all but the first have `more_of_it`.
 */
#define AM_LINE_MAX (64 * 1024)
struct am_lines {
	const struct am_blob *blob;
	uint8_t *buf;
	size_t at, len;
	uint64_t base;
	bool ended, cut;
};
struct am_line {
	const uint8_t *text; /* with its end */
	size_t len;
	uint64_t at;
	bool more_of_it;
};
void am_lines_start(struct am_lines *lines, const struct am_blob *blob,
                    uint64_t at);
/* AM_END behind the last. */
AM_MUST_USE int am_lines_next(struct am_lines *lines, struct am_line *out,
                              struct am_error *err);
void am_lines_end(struct am_lines *lines);
/* Is it these words and a line end, whatever that is? */
bool am_line_is(const struct am_line *line, const char *text);

#endif
