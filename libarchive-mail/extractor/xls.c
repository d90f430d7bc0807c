/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Excel 5 to 2003 ([MS-XLS]): records in one stream, each
 *
 *   0 2  type
 *   2 2  length
 *
 * What does not fit into one goes on in CONTINUE records.  Texts of cells are
 * in the shared string table, and before Excel 97 in the cells.
 */
#include "base/arena.h"
#include "base/bytes.h"
#include "base/charset.h"
#include "extractor/message.h"
#include "outlook/cfb/cfb.h"

#include <string.h>

#define STREAM_MAX ((size_t)64 << 20)

enum {
	FILEPASS = 0x2f,
	CONTINUE = 0x3c,
	BOUNDSHEET = 0x85,
	SST = 0xfc,
	LABEL = 0x204,
	RSTRING = 0xd6,
	STRING = 0x207,
	NUMBER = 0x203,
	RK = 0x27e,
	MULRK = 0xbd,
	BOF = 0x809,
	TXO = 0x1b6
};

struct xls {
	struct am_found *found;
	struct am_cursor c; /* over the stream */
	bool old;           /* before Excel 97: 8-bit text */
	bool in_text;       /* CONTINUE of a text box: its characters */
};

static void give(struct am_found *f, bool wide, const uint8_t *text, size_t len)
{
	struct am_arena *arena = am_arena_new();
	size_t n;
	const char *utf8 =
		am_charset_to_utf8(arena, wide ? "utf-16le" : "windows-1252",
	                           (const char *)text, len, &n);

	am_found_text(f, utf8, n);
	am_arena_free(&arena);
}

static void give_number(struct am_found *f, double value)
{
	char buf[G_ASCII_DTOSTR_BUF_SIZE];

	am_found_string(f, g_ascii_formatd(buf, sizeof(buf), "%.15g", value));
	am_found_text(f, " ", 1);
}

static void give_double(struct am_found *f, uint64_t bits)
{
	double value;

	memcpy(&value, &bits, sizeof(value));
	give_number(f, value);
}

/* 2.5.217: 30 bits of an integer or of the top of a double; hundredths. */
static void give_rk(struct am_found *f, uint32_t rk)
{
	double value;

	if (rk & 2) {
		value = (int32_t)rk >> 2;
	} else {
		uint64_t bits = (uint64_t)(rk & ~3u) << 32;
		memcpy(&value, &bits, sizeof(value));
	}
	give_number(f, rk & 1 ? value / 100 : value);
}

/* ---- the shared string table ----------------------------------------------
 *
 * 2.5.293: characters 2, flags 1, [runs of format 2], [extra 4], the text, the
 * rest.  Flags: 1 two bytes a character, 4 extra, 8 runs.  Where a text is cut
 * by a CONTINUE, that begins with flags of its own.
 */
struct record {
	struct am_cursor c; /* of this record */
	struct xls *of;
};

/* On to the CONTINUE when this one is used up. */
static bool refill(struct record *r)
{
	struct am_cursor look = r->of->c;

	while (!am_cursor_left(&r->c)) {
		uint16_t type = am_get_le16(&look);
		uint16_t len = am_get_le16(&look);
		const uint8_t *at = am_get_bytes(&look, len);
		if (look.bad || type != CONTINUE)
			return false;
		r->of->c = look;
		r->c = am_cursor(at, len);
	}
	return true;
}

static void skip(struct record *r, uint64_t n)
{
	while (n && refill(r)) {
		uint64_t part = MIN(n, am_cursor_left(&r->c));
		(void)am_get_bytes(&r->c, part);
		n -= part;
	}
}

static bool shared_string(struct record *r)
{
	uint32_t extra = 0;
	uint16_t runs = 0;

	if (!refill(r))
		return false;
	size_t left = am_get_le16(&r->c);
	uint8_t flags = am_get_u8(&r->c);
	if (flags & 8)
		runs = am_get_le16(&r->c);
	if (flags & 4)
		extra = am_get_le32(&r->c);
	bool wide = flags & 1;
	while (left && !r->c.bad) {
		if (!am_cursor_left(&r->c)) {
			if (!refill(r))
				return false;
			wide = am_get_u8(&r->c) & 1;
		}
		size_t n = MIN(left, am_cursor_left(&r->c) / (wide ? 2 : 1));
		if (!n)
			return false;
		const uint8_t *text = am_get_bytes(&r->c, n * (wide ? 2 : 1));
		give(r->of->found, wide, text, n * (wide ? 2 : 1));
		left -= n;
	}
	am_found_text(r->of->found, "\n", 1);
	skip(r, (uint64_t)runs * 4 + extra);
	return !r->c.bad;
}

static void shared_strings(struct xls *x, const uint8_t *data, size_t len)
{
	struct record r = {am_cursor(data, len), x};

	(void)am_get_le32(&r.c);
	uint32_t n = am_get_le32(&r.c);
	for (uint32_t i = 0; i < n && !am_found_full(x->found); i++)
		if (!shared_string(&r)) {
			x->found->damaged = true;
			return;
		}
}

/* ---- the other records
 * --------------------------------------------------- */

/* A text with a length of 2 bytes, or of 1 (short). */
static void string(struct xls *x, struct am_cursor c, bool is_short)
{
	size_t n = is_short ? am_get_u8(&c) : am_get_le16(&c);
	bool wide = !x->old && (am_get_u8(&c) & 1);

	if (c.bad)
		return;
	n = MIN(n * (wide ? 2 : 1), am_cursor_left(&c));
	give(x->found, wide, am_get_bytes(&c, n), n);
	am_found_text(x->found, "\n", 1);
}

static void take(struct xls *x, uint16_t type, const uint8_t *data, size_t len)
{
	struct am_cursor c = am_cursor(data, len);

	switch (type) {
	case BOF:
		x->old = am_get_le16(&c) < 0x600;
		break;
	case FILEPASS:
		x->found->encrypted = true;
		break;
	case SST:
		shared_strings(x, data, len);
		break;
	case BOUNDSHEET:
		(void)am_get_bytes(&c, 6);
		string(x, c, true);
		break;
	case LABEL:
	case RSTRING:
		(void)am_get_bytes(&c, 6);
		string(x, c, false);
		break;
	case STRING:
		string(x, c, false);
		break;
	case NUMBER:
		(void)am_get_bytes(&c, 6);
		give_double(x->found, am_get_le64(&c));
		break;
	case RK:
		(void)am_get_bytes(&c, 6);
		give_rk(x->found, am_get_le32(&c));
		break;
	case MULRK:
		(void)am_get_bytes(&c, 4);
		while (am_cursor_left(&c) >= 8) {
			(void)am_get_le16(&c);
			give_rk(x->found, am_get_le32(&c));
		}
		break;
	case CONTINUE:
		if (x->in_text && len > 1)
			give(x->found, data[0] & 1, data + 1, len - 1);
		break;
	default:
		break;
	}
	x->in_text = type == TXO;
}

static void read_records(struct xls *x)
{
	while (am_cursor_left(&x->c) >= 4 && !am_found_full(x->found) &&
	       !x->found->encrypted) {
		uint16_t type = am_get_le16(&x->c);
		uint16_t len = am_get_le16(&x->c);
		const uint8_t *data = am_get_bytes(&x->c, len);
		if (x->c.bad) {
			x->found->damaged = true;
			return;
		}
		take(x, type, data, len);
	}
}

void am_extract_xls(struct am_found *f, struct am_cfb *cfb, uint32_t stream)
{
	struct xls x = {.found = f};
	uint8_t *data = NULL;
	size_t len = 0;

	f->known = true;
	if (am_cfb_stream_all(cfb, stream, STREAM_MAX, &data, &len, NULL)) {
		f->damaged = true;
	} else {
		x.c = am_cursor(data, len);
		read_records(&x);
	}
	g_free(data);
}
