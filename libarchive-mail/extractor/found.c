/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "extractor/found.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/charset.h"
#include "extract/pieces.h"
#include "extract/protocol.h"
#include "extractor/limits.h"

#include <string.h>
#include <time.h>

#define NAME_MAX_BYTES 255
#define FILES_MAX      1000
#define NONE           ((guint)-1)

void am_found_init(struct am_found *f)
{
	memset(f, 0, sizeof(*f));
	f->pieces = g_byte_array_new();
	f->open = NONE;
	f->unpack_left = AM_EXTRACTOR_UNPACK;
	f->members_left = AM_EXTRACTOR_MEMBERS;
}

void am_found_clear(struct am_found *f)
{
	g_byte_array_unref(f->pieces);
	f->pieces = NULL;
}

static void add_piece(struct am_found *f, enum am_piece_kind kind,
                      const char *text, size_t len)
{
	uint8_t head[AM_PIECE_HEAD] = {(uint8_t)kind};

	am_put_le32(head + 1, (uint32_t)len);
	g_byte_array_append(f->pieces, head, AM_PIECE_HEAD);
	g_byte_array_append(f->pieces, (const guint8 *)text, (guint)len);
}

/* As much of it as there is room for, whole characters. */
static size_t fitting(const char *text, size_t len, size_t room)
{
	if (len <= room)
		return len;
	len = room;
	while (len && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	return len;
}

static void append(struct am_found *f, const char *text, size_t len)
{
	size_t room =
		AM_EXTRACT_TEXT_MAX - MIN(f->text_len, AM_EXTRACT_TEXT_MAX);
	size_t n = fitting(text, len, room);
	guint used;

	f->truncated = f->truncated || n < len;
	if (!n)
		return;
	if (f->open == NONE) {
		f->open = f->pieces->len;
		add_piece(f, AM_PIECE_TEXT, text, n);
	} else {
		g_byte_array_append(f->pieces, (const guint8 *)text, (guint)n);
		used = f->pieces->len - f->open - AM_PIECE_HEAD;
		am_put_le32(f->pieces->data + f->open + 1, used);
	}
	f->text_len += n;
}

static bool is_blank(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] > ' ')
			return false;
	return true;
}

void am_found_text(struct am_found *f, const char *text, size_t len)
{
	static const char feed[] = "\f";

	/* White space alone is no text, and counts only between words; but
	 * pages are counted. */
	if (!len)
		return;
	if (f->open == NONE && is_blank(text, len)) {
		for (size_t i = 0; i < len; i++)
			f->feeds += text[i] == '\f';
		return;
	}
	for (; f->feeds; f->feeds--)
		append(f, feed, 1);
	if (am_utf8_valid(text, len) && !memchr(text, '\0', len)) {
		append(f, text, len);
	} else {
		struct am_arena *arena = am_arena_new();
		const char *good = am_utf8_repair(arena, text, len);
		append(f, good, strlen(good));
		am_arena_free(&arena);
	}
}

void am_found_string(struct am_found *f, const char *text)
{
	am_found_text(f, text, strlen(text));
}

static void add_name(struct am_found *f, enum am_piece_kind kind,
                     const char *name)
{
	struct am_arena *arena = am_arena_new();
	const char *good = am_utf8_repair(arena, name, strlen(name));

	add_piece(f, kind, good, fitting(good, strlen(good), NAME_MAX_BYTES));
	am_arena_free(&arena);
	f->open = NONE;
	f->feeds = 0;
}

void am_found_from(struct am_found *f, const char *name)
{
	/* There may be many more files than names worth to be kept. */
	if (f->n_files <= FILES_MAX)
		add_name(f, AM_PIECE_FROM, name);
}

void am_found_file(struct am_found *f, const char *name)
{
	if (*name && f->n_files++ < FILES_MAX)
		add_name(f, AM_PIECE_FILE, name);
}

static bool out_of_time(void)
{
	struct timespec t;

	return clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0 &&
	       t.tv_sec >= AM_EXTRACTOR_SOFT_SECONDS;
}

bool am_found_full(struct am_found *f)
{
	if (f->text_len < AM_EXTRACT_TEXT_MAX && !out_of_time())
		return false;
	f->truncated = true;
	return true;
}

bool am_found_unpack(struct am_found *f, size_t len)
{
	if (len > f->unpack_left) {
		f->too_large = true;
		f->unpack_left = 0;
		return false;
	}
	f->unpack_left -= len;
	return true;
}

enum am_extract_status am_found_status(const struct am_found *f)
{
	if (f->too_large)
		return AM_EXTRACT_TOO_LARGE;
	if (f->encrypted)
		return AM_EXTRACT_ENCRYPTED;
	if (f->damaged)
		return AM_EXTRACT_DAMAGED;
	if (f->text_len)
		return f->truncated ? AM_EXTRACT_TRUNCATED : AM_EXTRACT_OK;
	if (f->unsupported)
		return AM_EXTRACT_UNSUPPORTED;
	return f->known ? AM_EXTRACT_EMPTY : AM_EXTRACT_NONE;
}
