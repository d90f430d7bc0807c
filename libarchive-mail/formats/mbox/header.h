/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_HEADER_H
#define AM_FORMATS_MBOX_HEADER_H

#include "base/compiler.h"

/*
 * A header block as an mbox reader sees it: not the fields of the mail, but
 * those that programs which keep mail in an mbox write between them.
 */

/* No more than this of a header block is looked at; one that is longer has no
 * storage fields at its end that anybody would find. */
#define AM_MBOX_HEADER_MAX (256 * 1024)

enum am_mbox_field_kind {
	AM_MBOX_F_STATUS,
	AM_MBOX_F_X_STATUS,
	AM_MBOX_F_X_KEYWORDS,
	AM_MBOX_F_X_UID,
	AM_MBOX_F_X_IMAP, /* X-IMAP, X-IMAPbase */
	AM_MBOX_F_LENGTH, /* Content-Length */
	AM_MBOX_F_LINES,
	AM_MBOX_F_MOZ_STATUS,
	AM_MBOX_F_MOZ_STATUS2,
	AM_MBOX_F_MOZ_KEYS,
	AM_MBOX_F_GM_THRID,
	AM_MBOX_F_GM_LABELS,
	AM_MBOX_F_X_LABEL,
	AM_MBOX_F_EVOLUTION,
	AM_MBOX_F_MARK, /* X-Mailark: the end of a group that our sink added */
	AM_MBOX_F_OTHER
};

struct am_mbox_field {
	enum am_mbox_field_kind kind;
	uint32_t at, len; /* of the whole field: name to last line end */
	uint32_t value;   /* of its value, from the block's start */
	uint32_t ordinal; /* which of all lines-with-folds it is */
};

#define AM_MBOX_FIELDS 48

struct am_mbox_header {
	size_t len;   /* of the block, without the empty line that ends it */
	size_t blank; /* of that line; 0: the block is not closed */
	uint32_t n_lines; /* unfolded */
	/* Storage fields in order; when there are too many, those in the middle
	 * are forgotten. */
	size_t n_fields;
	struct am_mbox_field fields[AM_MBOX_FIELDS];
	unsigned n_lengths;      /* Content-Length fields */
	uint64_t length;         /* of the only one; UINT64_MAX: none usable */
	bool from_field;         /* "From:" */
	bool quoted_from;        /* ">From:" */
	bool internal_data;      /* Subject: … FOLDER INTERNAL DATA */
	uint32_t date, received; /* value offsets of the first, or 0 */
	uint32_t date_len, received_len;
};

void am_mbox_header_scan(struct am_mbox_header *out, const uint8_t *data,
                         size_t len, uint8_t eol);
/* Value of a field without its line end and outer blanks. */
const char *am_mbox_field_value(const struct am_mbox_field *field,
                                const uint8_t *block, size_t *len);
/* Does a line begin like "Name:"?  [at, end) may hold more than the line. */
bool am_mbox_header_shaped(const uint8_t *at, const uint8_t *end);
/* Length of an empty line ("\n", "\r\n", or "\r" where that is the line end)
 * at this place, else 0. */
size_t am_mbox_blank_at(const uint8_t *at, const uint8_t *end, uint8_t eol);

#endif
