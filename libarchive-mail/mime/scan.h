/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MIME_SCAN_H
#define AM_MIME_SCAN_H

#include "base/error.h"

struct am_arena;
struct am_blob;
struct am_limits;

/*
 * The scanner: raw bytes -> where the headers and the parts lie (RFC 5322,
 * 2045, 2046).  It is the authority on ranges: import, storing, part sections
 * and BODYSTRUCTURE go through it alone.  It changes nothing, decodes nothing
 * and keeps nothing of the message in memory but header blocks; a message in
 * memory is looked at in place, a larger one through a window.
 *
 * Nesting is walked with an explicit stack; beyond the limits (depth, parts,
 * header size) the rest is one opaque leaf and `capped` says so.
 */

enum am_encoding {
	AM_ENC_7BIT, /* nothing said, or said so */
	AM_ENC_8BIT,
	AM_ENC_BINARY,
	AM_ENC_QP,
	AM_ENC_BASE64,
	AM_ENC_UU, /* x-uuencode and its other names */
	AM_ENC_OTHER
};

enum am_part_kind {
	AM_PART_LEAF,
	AM_PART_MULTIPART, /* children follow */
	AM_PART_MESSAGE /* message/rfc822, message/global: one child follows */
};

/* A part: offsets are into the message. */
struct am_part {
	uint64_t header, body,
		end;     /* header block, body, end of the body: the
	                  * line end before a boundary is not in it */
	uint32_t parent; /* index; the root is its own parent */
	uint32_t number; /* 1-based among its siblings */
	uint16_t depth;
	enum am_part_kind kind;
	enum am_encoding encoding;
	bool closed;      /* a multipart whose closing boundary was there */
	const char *type; /* lower case "text/html"; the default when not said
	                   * (text/plain; message/rfc822 within a digest) */
	const char *boundary; /* of a multipart */
};

struct am_scan {
	size_t n_parts; /* at least 1: the message itself; depth first */
	const struct am_part *parts;
	bool capped; /* a limit ended the walk early */
	char eol;    /* am_line_end() of its beginning */
};

/* Everything in *out lives in the arena. */
AM_MUST_USE int am_scan_message(struct am_scan *out, const struct am_blob *raw,
                                const struct am_limits *limits,
                                struct am_arena *arena, struct am_error *err);

/* One header field, in place: name without the colon, value with its folds but
 * without the line end that closes it. */
struct am_field {
	const char *name;
	size_t name_len;
	const char *value;
	size_t value_len;
	uint64_t offset; /* of the name */
};

/*
 * Walk a header block.  `at` is NULL the first time; false at its end.  Lines
 * that are no field (no colon, a leading "From ", junk) are passed over.
 */
struct am_fields {
	const char *at, *end, *start;
	uint64_t base;
	char eol;
};
void am_fields_init(struct am_fields *f, const void *block, size_t len,
                    uint64_t base);
bool am_fields_next(struct am_fields *f, struct am_field *out);
/* ASCII case-insensitive comparison with a NUL-terminated name. */
bool am_field_is(const struct am_field *field, const char *name);

/* What ends the lines of a header block and what follows: LF, also of CRLF; or
 * CR, where there is no LF before the block's end. */
char am_line_end(const void *data, size_t len);

/* Length of the header block at the start of these bytes, its empty line
 * included; len when there is no empty line in them. */
size_t am_header_len(const void *data, size_t len);

/* "Content-Type: text/html; charset=utf-8" taken apart: a parameter's value,
 * RFC 2231 continuations and charsets resolved, UTF-8; NULL when absent. */
char *am_param_get(struct am_arena *arena, const char *value, size_t len,
                   const char *name);
/* The value before the first ';', lower case, without comments or spaces. */
char *am_param_main(struct am_arena *arena, const char *value, size_t len);

#endif
