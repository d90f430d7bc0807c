/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_SERVE_SECTION_H
#define AM_SERVE_SECTION_H

#include "base/error.h"

#include <glib.h>

struct am_blob;
struct am_scan;

/*
 * What stands between the brackets of BODY[…] (RFC 9051 §6.4.5), and the bytes
 * of a message that it names: a range of the message, or header fields picked
 * out of one.
 */
enum am_section_kind {
	AM_SECTION_ALL, /* the message, or the body of a part */
	AM_SECTION_HEADER,
	AM_SECTION_FIELDS,
	AM_SECTION_FIELDS_NOT,
	AM_SECTION_TEXT,
	AM_SECTION_MIME
};
struct am_section {
	enum am_section_kind kind;
	size_t depth;
	uint32_t part[64];
	char **fields; /* upper case; of FIELDS and FIELDS_NOT */
	char *text;    /* the section as answers name it */
};

/* The text between the brackets; g_free'd by clear.  false: none of that kind.
 */
bool am_section_parse(struct am_section *out, const char *text, size_t len);
void am_section_clear(struct am_section *section);

/* A piece of the message, or bytes of its own. */
struct am_section_bytes {
	uint64_t from, len;
	GString *own; /* not NULL: these instead */
};
/* AM_END: there is no such part. */
AM_MUST_USE int am_section_find(const struct am_section *section,
                                const struct am_blob *raw,
                                const struct am_scan *scan,
                                struct am_section_bytes *out,
                                struct am_error *err);
/* The fields of FIELDS and FIELDS_NOT out of a header block. */
void am_section_pick(const struct am_section *section, const char *block,
                     size_t len, GString *out);
/* Is it about fields of the message's own header, and only about such that
 * lists of messages are made of?  Those stand in am_section_common. */
bool am_section_is_common(const struct am_section *section);
extern const char am_section_common[]; /* "HEADER.FIELDS (…)" */
/* The part it names, SIZE_MAX: there is none. */
size_t am_section_part(const struct am_section *section,
                       const struct am_scan *scan);

#endif
