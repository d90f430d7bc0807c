/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Word 97 to 2003 ([MS-DOC]), and what came before it.  The text lies in the
 * stream WordDocument in pieces, which a table in another stream lists:
 *
 *   WordDocument   0    2  0xa5ec
 *     (the FIB)    2    2  version; 0xc1 and up is Word 97
 *                  0xa  2  0x0100 encrypted, 0x0200 the table is in "1Table"
 *                  0x18 4  where text begins … 0x1c 4  and ends (before 97)
 *                  0x1a2 4 offset of the Clx in the table, 0x1a6 4 its length
 *   Clx   { 1, length 2, … } then 2, length 4, the pieces:
 *         n + 1 positions of 4 bytes, then n records of 8:
 *           2 4  offset in WordDocument; bit 30: half of it, one byte a
 *                character, Windows-1252; else UTF-16LE
 */
#include "base/arena.h"
#include "base/bytes.h"
#include "base/charset.h"
#include "extractor/message.h"
#include "outlook/cfb/cfb.h"

#include <string.h>

#define STREAM_MAX ((size_t)64 << 20)
#define FIELDS_MAX 32

struct doc {
	struct am_found *found;
	const uint8_t *data;
	size_t len;
	uint32_t code; /* a bit for each field open: is this its code? */
	unsigned fields;
};

/* Controls of Word's to white space or nothing.  UTF-8 in, in place. */
static size_t clean(struct doc *d, char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		switch (c) {
		case 0x13: /* a field: its code … */
			if (d->fields < FIELDS_MAX)
				d->code |= 1u << d->fields;
			d->fields++;
			continue;
		case 0x14: /* … what it shows … */
			if (d->fields && d->fields <= FIELDS_MAX)
				d->code &= ~(1u << (d->fields - 1));
			continue;
		case 0x15: /* … its end */
			if (d->fields && --d->fields < FIELDS_MAX)
				d->code &= ~(1u << d->fields);
			continue;
		case '\r':
		case 0x0b:
		case 0x0c:
			c = '\n';
			break;
		case 0x07:
			c = '\t';
			break;
		case 0x1e:
			c = '-';
			break;
		default:
			if ((unsigned char)c < ' ' && c != '\t' && c != '\n')
				continue;
		}
		if (!d->code)
			text[n++] = c;
	}
	return n;
}

static void give(struct doc *d, const char *charset, uint64_t at, uint64_t len)
{
	struct am_arena *arena;

	if (at >= d->len) {
		d->found->damaged |= len > 0;
		return;
	}
	if (len > d->len - at) {
		d->found->damaged = true;
		len = d->len - at;
	}
	while (len && !am_found_full(d->found)) {
		size_t n = (size_t)MIN(len, 65536), out;
		arena = am_arena_new();
		char *text = am_charset_to_utf8(
			arena, charset, (const char *)d->data + at, n, &out);
		am_found_text(d->found, text, clean(d, text, out));
		am_arena_free(&arena);
		at += n;
		len -= n;
	}
}

/* The pieces of a Clx; NULL and bad when there are none. */
static struct am_cursor find_pieces(const uint8_t *clx, size_t len)
{
	struct am_cursor c = am_cursor(clx, len);

	while (!c.bad) {
		uint8_t what = am_get_u8(&c);
		if (what == 2) {
			uint32_t n = am_get_le32(&c);
			const uint8_t *at = am_get_bytes(&c, n);
			if (!c.bad)
				return am_cursor(at, n);
		}
		if (what != 1)
			break;
		(void)am_get_bytes(&c, am_get_le16(&c));
	}
	c.bad = true;
	return c;
}

static void read_pieces(struct doc *d, const uint8_t *clx, size_t clx_len)
{
	struct am_cursor cps = find_pieces(clx, clx_len), recs = cps;
	size_t n;

	if (cps.bad || am_cursor_left(&cps) < 16) {
		d->found->damaged = true;
		return;
	}
	n = (am_cursor_left(&cps) - 4) / 12;
	(void)am_get_bytes(&recs, (n + 1) * 4);
	uint32_t from = am_get_le32(&cps);
	for (size_t i = 0; i < n && !am_found_full(d->found); i++) {
		uint32_t to = am_get_le32(&cps), fc;
		(void)am_get_le16(&recs);
		fc = am_get_le32(&recs);
		(void)am_get_le16(&recs);
		if (cps.bad || recs.bad || to < from) {
			d->found->damaged = true;
			return;
		}
		uint64_t chars = to - from;
		if (fc & 0x40000000)
			give(d, "windows-1252", (fc & 0x3fffffff) / 2, chars);
		else
			give(d, "utf-16le", fc & 0x3fffffff, chars * 2);
		from = to;
	}
}

static void read_table(struct doc *d, struct am_cfb *cfb, uint16_t flags)
{
	uint32_t at = am_cfb_find(cfb, 0, flags & 0x0200 ? "1Table" : "0Table");
	struct am_cursor c = am_cursor(d->data, d->len);
	uint8_t *table = NULL;
	size_t len = 0;

	(void)am_get_bytes(&c, 0x1a2);
	uint32_t clx = am_get_le32(&c), clx_len = am_get_le32(&c);
	if (c.bad || at == AM_CFB_NONE ||
	    am_cfb_stream_all(cfb, at, STREAM_MAX, &table, &len, NULL) ||
	    clx > len || clx_len > len - clx)
		d->found->damaged = true;
	else
		read_pieces(d, table + clx, clx_len);
	g_free(table);
}

static void read_document(struct doc *d, struct am_cfb *cfb)
{
	struct am_cursor c = am_cursor(d->data, d->len);
	uint16_t magic = am_get_le16(&c), version = am_get_le16(&c);

	(void)am_get_bytes(&c, 6);
	uint16_t flags = am_get_le16(&c);
	(void)am_get_bytes(&c, 0x18 - 0xc);
	uint32_t from = am_get_le32(&c), to = am_get_le32(&c);
	if (c.bad || (magic != 0xa5ec && magic != 0xa5dc)) {
		d->found->damaged = true;
	} else if (flags & 0x0100) {
		d->found->encrypted = true;
	} else if (version < 0xc1) {
		if (to > from)
			give(d, "windows-1252", from, to - from);
	} else {
		read_table(d, cfb, flags);
	}
}

void am_extract_doc(struct am_found *f, struct am_cfb *cfb, uint32_t stream)
{
	struct doc d = {.found = f};
	uint8_t *data = NULL;

	f->known = true;
	if (am_cfb_stream_all(cfb, stream, STREAM_MAX, &data, &d.len, NULL)) {
		f->damaged = true;
	} else {
		d.data = data;
		read_document(&d, cfb);
	}
	g_free(data);
}
