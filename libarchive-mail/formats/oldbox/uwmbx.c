/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * MBX of the University of Washington's c-client (UW IMAP, Pine).
 *
 *     "*mbx*" CRLF, UIDVALIDITY and last UID in 16 hexadecimal digits, CRLF,
 *     up to 30 keywords a line each, filled up to 2048 bytes
 *
 *     " 4-Mar-1999 07:08:09 +0100,1234;0000000100a1-00000007" CRLF
 *     1234 bytes of message
 *
 * The digits behind ';' are 8 of keywords (a bit each), 4 of flags, and the UID
 * behind '-'.
 */
#include "base/blob.h"
#include "base/time.h"
#include "formats/boxes/boxes.h"
#include "formats/boxes/slices.h"
#include "formats/oldbox/oldbox.h"
#include "model/message.h"

#include <string.h>

#define HEAD         2048
#define MAX_KEYWORDS 30

enum {
	SEEN = 1,
	DELETED = 2,
	FLAGGED = 4,
	ANSWERED = 8,
	OLD = 16,
	DRAFT = 32,
	EXPUNGED = 0x8000
};

static bool is_uwmbx(const struct am_box_file *file)
{
	return file->head_len >= 7 && !memcmp(file->head, "*mbx*\r\n", 7);
}

static bool hex(const char *s, size_t n, uint32_t *out)
{
	*out = 0;
	for (size_t i = 0; i < n; i++) {
		int x = g_ascii_xdigit_value(s[i]);
		if (x < 0)
			return false;
		*out = *out << 4 | (uint32_t)x;
	}
	return true;
}

struct keywords {
	const char *words[MAX_KEYWORDS];
	size_t lens[MAX_KEYWORDS], n;
	uint32_t uidvalidity;
};

static void read_head(struct keywords *out, const char *head, size_t len)
{
	const char *p = head + 7, *end = head + len;

	*out = (struct keywords){0};
	if (end - p < 18)
		return;
	(void)hex(p, 8, &out->uidvalidity);
	p += 18;
	while (p < end && *p && out->n < MAX_KEYWORDS) {
		const char *eol = memchr(p, '\r', (size_t)(end - p));
		if (!eol)
			break;
		out->words[out->n] = p;
		out->lens[out->n++] = (size_t)(eol - p);
		p = eol + 2;
	}
}

/* The line in front of a message. */
static bool read_line(struct am_slice *slice, const struct keywords *k,
                      const struct am_line *line)
{
	const char *s = (const char *)line->text;
	const char *comma = memchr(s, ',', line->len);
	const char *semi =
		comma ? memchr(comma, ';', line->len - (size_t)(comma - s))
		      : NULL;
	uint32_t user, state, uid;
	uint64_t size = 0;

	if (!semi || s + line->len - semi < 1 + 8 + 4 + 1 + 8 ||
	    semi[13] != '-' || !hex(semi + 1, 8, &user) ||
	    !hex(semi + 9, 4, &state) || !hex(semi + 14, 8, &uid))
		return false;
	for (const char *p = comma + 1; p < semi; p++) {
		if (!g_ascii_isdigit(*p) || size > UINT64_MAX / 16)
			return false;
		size = size * 10 + (uint64_t)(*p - '0');
	}
	slice->at = line->at + line->len;
	slice->len = size;
	slice->uid = uid;
	slice->uidvalidity = uid ? k->uidvalidity : 0;
	slice->flags = (state & SEEN ? AM_SEEN : 0u) |
	               (state & (DELETED | EXPUNGED) ? AM_DELETED : 0u) |
	               (state & FLAGGED ? AM_FLAGGED : 0u) |
	               (state & ANSWERED ? AM_ANSWERED : 0u) |
	               (state & DRAFT ? AM_DRAFT : 0u);
	slice->old = state & OLD;
	(void)am_time_parse_mail(s, (size_t)(comma - s), &slice->when);
	for (size_t i = 0; i < k->n; i++)
		if (user >> i & 1)
			am_slices_keyword(slice, k->words[i], k->lens[i]);
	return true;
}

static int scan(struct am_slices *s, struct am_error *err)
{
	uint64_t size = am_blob_size(s->file), at = HEAD;
	char head[HEAD];
	size_t got = 0;
	struct keywords keywords;
	int r = am_blob_read(s->file, 0, head, HEAD, &got, err);

	if (!r && got < HEAD)
		r = am_fail(err, AM_FAILED, AM_E_FORMAT,
		            "%s: cut off in its first 2048 bytes",
		            s->place->origin);
	if (r)
		return r;
	read_head(&keywords, head, got);
	while (at < size && !r) {
		struct am_slice slice = {0};
		struct am_lines lines;
		struct am_line line;
		am_lines_start(&lines, s->file, at);
		r = am_lines_next(&lines, &line, err);
		bool good = !r && read_line(&slice, &keywords, &line) &&
		            slice.len <= size - slice.at;
		am_lines_end(&lines);
		if (r || !good) {
			am_slices_damaged(s, at, "no message");
			g_free(slice.keywords);
			break;
		}
		am_slices_add(s, &slice);
		at = slice.at + slice.len;
	}
	return r < 0 ? r : AM_OK;
}

static int open_box(struct am_open_box **out, const struct am_box_place *place,
                    struct am_error *err)
{
	static const struct am_slices_kind kind = {"uwmbx.date", scan};

	return am_slices_open(out, place, &kind, err);
}

const struct am_box_kind am_box_uwmbx = {
	.format = "uwmbx",
	.suffixes = ".mbx",
	.file = is_uwmbx,
	.open = open_box,
};

static const struct am_option options[] = {{NULL, NULL, NULL, NULL}};

static int probe(const struct am_probe *p)
{
	return am_boxes_probe(&am_box_uwmbx, p);
}

static int open_source(struct am_source **out, const struct am_location *where,
                       struct am_ctx *ctx, struct am_error *err)
{
	int r = am_location_check(where, options, "uwmbx", err);

	return r ? r : am_boxes_open(out, where, &am_box_uwmbx, ctx, err);
}

const struct am_format am_format_uwmbx = {
	.name = "uwmbx",
	.title = "MBX of UW IMAP and Pine (c-client)",
	.keeps = AM_KEEPS_BYTES | AM_KEEPS_FOLDERS | AM_KEEPS_EMPTY_FOLDERS |
                 AM_KEEPS_FLAGS | AM_KEEPS_KEYWORDS | AM_KEEPS_RECEIVED,
	.options = options,
	.about = "Flags, keywords, UIDs and the date of receipt are those of "
		 "the mailbox.  What was expunged and is still there comes "
		 "marked as deleted.",
	.reads = "MBX of UW IMAP and Pine",
	.probe = probe,
	.open_source = open_source,
};
