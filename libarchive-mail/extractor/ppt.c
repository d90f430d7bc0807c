/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PowerPoint 97 to 2003 ([MS-PPT]): a tree of records in one stream.
 *
 *   0 2  low 4 bits 0xf: a container, records follow inside
 *   2 2  type
 *   4 4  length
 *
 * Text is in three types of leaves; since a container's content begins right
 * behind its header, walking in needs no stack: the leaves come in order.
 * Slides that were changed stand in it more than once.
 */
#include "base/arena.h"
#include "base/bytes.h"
#include "base/charset.h"
#include "base/hash.h"
#include "extractor/message.h"
#include "outlook/cfb/cfb.h"

#define STREAM_MAX ((size_t)64 << 20)

enum {
	TEXT_CHARS = 0x0fa0, /* UTF-16LE */
	TEXT_BYTES = 0x0fa8, /* its low halves */
	CSTRING = 0x0fba,    /* UTF-16LE: names, headers, footers */
	CRYPT_SESSION = 0x2f14
};

struct ppt {
	struct am_found *found;
	GHashTable *seen; /* texts by a hash */
};

static void give(struct ppt *p, bool wide, const uint8_t *text, size_t len)
{
	struct am_arena *arena = am_arena_new();
	uint8_t hash[AM_SHA256_LEN];
	size_t n;
	gint64 key;

	am_sha256(text, len, hash);
	memcpy(&key, hash, sizeof(key));
	if (!g_hash_table_contains(p->seen, &key)) {
		g_hash_table_add(p->seen, g_memdup2(&key, sizeof(key)));
		char *utf8 = am_charset_to_utf8(
			arena, wide ? "utf-16le" : "iso-8859-1",
			(const char *)text, len, &n);
		for (size_t i = 0; i < n; i++)
			if (utf8[i] == '\r' || utf8[i] == 0x0b)
				utf8[i] = '\n';
		am_found_text(p->found, utf8, n);
		am_found_text(p->found, "\n", 1);
	}
	am_arena_free(&arena);
}

static void read_records(struct ppt *p, const uint8_t *data, size_t len)
{
	struct am_cursor c = am_cursor(data, len);

	while (am_cursor_left(&c) >= 8 && !am_found_full(p->found)) {
		bool container = (am_get_le16(&c) & 0xf) == 0xf;
		uint16_t type = am_get_le16(&c);
		uint32_t n = am_get_le32(&c);
		if (type == CRYPT_SESSION) {
			p->found->encrypted = true;
			return;
		}
		if (container)
			continue;
		const uint8_t *text = am_get_bytes(&c, n);
		if (c.bad) {
			p->found->damaged = true;
			return;
		}
		if (type == TEXT_CHARS || type == TEXT_BYTES || type == CSTRING)
			give(p, type != TEXT_BYTES, text, n);
	}
}

/* [MS-PPT] 2.3.2: the token of "Current User" says whether the rest can be
 * read. */
static bool is_encrypted(struct am_cfb *cfb)
{
	uint32_t at = am_cfb_find(cfb, 0, "Current User");
	uint8_t *user = NULL;
	size_t len = 0;
	bool yes = false;

	if (at != AM_CFB_NONE &&
	    !am_cfb_stream_all(cfb, at, 65536, &user, &len, NULL)) {
		struct am_cursor c = am_cursor(user, len);
		(void)am_get_bytes(&c, 12);
		yes = am_get_le32(&c) == 0xf3d1c4df;
	}
	g_free(user);
	return yes;
}

void am_extract_ppt(struct am_found *f, struct am_cfb *cfb, uint32_t stream)
{
	struct ppt p = {.found = f};
	uint8_t *data = NULL;
	size_t len = 0;

	f->known = true;
	if (is_encrypted(cfb)) {
		f->encrypted = true;
	} else if (am_cfb_stream_all(cfb, stream, STREAM_MAX, &data, &len,
	                             NULL)) {
		f->damaged = true;
	} else {
		p.seen = g_hash_table_new_full(g_int64_hash, g_int64_equal,
		                               g_free, NULL);
		read_records(&p, data, len);
		g_hash_table_unref(p.seen);
	}
	g_free(data);
}
