/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/imap/alike.h"

#include "base/blob.h"
#include "base/reader.h"
#include "formats/imap/fetch_line.h"
#include "mime/scan.h"

#include <glib.h>

#include <string.h>

enum {
	SIZE_MOST = 64 << 10, /* larger ones are not compared */
	GROWN_MOST = 1024,    /* bytes that a server may add, */
	SHRUNK_MOST = 16,     /* and drop: a line end or two */
	SET_TEXT = 900,
	/* Of all lines of a mailbox, 16 bytes each. */
	LINES_MOST = 1 << 20
};

struct one {
	uint32_t uid;
	uint64_t size, fingerprint;
	GArray *lines; /* struct line; NULL: not fetched */
	bool asked;    /* in vain, when there are no lines */
};

struct line {
	uint64_t hash;
	bool added; /* in the header, and a server may have put it there */
};

struct am_imap_alike {
	GArray *all; /* struct one */
	size_t lines;
};

static void one_clear(void *data)
{
	struct one *one = data;

	if (one->lines)
		g_array_unref(one->lines);
}

struct am_imap_alike *am_imap_alike_new(void)
{
	struct am_imap_alike *a = g_new0(struct am_imap_alike, 1);

	a->all = g_array_new(FALSE, FALSE, sizeof(struct one));
	g_array_set_clear_func(a->all, one_clear);
	return a;
}

void am_imap_alike_free(struct am_imap_alike **alike)
{
	struct am_imap_alike *a = *alike;

	*alike = NULL;
	if (!a)
		return;
	g_array_unref(a->all);
	g_free(a);
}

void am_imap_alike_add(struct am_imap_alike *a, uint32_t uid, uint64_t size,
                       uint64_t fingerprint)
{
	const struct one one = {
		.uid = uid, .size = size, .fingerprint = fingerprint};

	g_array_append_val(a->all, one);
}

static struct one *one_at(const struct am_imap_alike *a, size_t i)
{
	return &g_array_index(a->all, struct one, i);
}

static bool is_about(const struct one *one, uint64_t size)
{
	return one->size <= SIZE_MOST && one->size + SHRUNK_MOST >= size &&
	       one->size <= size + GROWN_MOST;
}

/* ---- lines ---- */

static uint64_t hash_of(const uint8_t *p, size_t len)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * UINT64_C(0x100000001b3);
	return h ^ h >> 29;
}

/* Fields that servers keep their own books in. */
static bool is_book(const uint8_t *p, size_t len)
{
	static const char *const books[] = {
		"Status:",      "X-Status:",     "X-UID:",          "X-IMAP:",
		"X-IMAPbase:",  "X-Keywords:",   "Content-Length:", "Lines:",
		"Return-Path:", "Delivered-To:", "Envelope-To:"};

	for (size_t i = 0; i < AM_COUNT(books); i++) {
		size_t n = strlen(books[i]);
		if (len >= n &&
		    !g_ascii_strncasecmp((const char *)p, books[i], n))
			return true;
	}
	return false;
}

/* Without blank lines, and what is blank at the end of others. */
static void add_lines(GArray *lines, const uint8_t *p, size_t len, bool header)
{
	const uint8_t *end = p + len;
	bool book = false;

	while (p < end) {
		const uint8_t *eol = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((eol ? eol : end) - p);
		bool folded = n && (*p == ' ' || *p == '\t');
		while (n && memchr(" \t\r", p[n - 1], 3))
			n--;
		book = header && (folded ? book : is_book(p, n));
		if (n) {
			const struct line line = {hash_of(p, n), book};
			g_array_append_val(lines, line);
		}
		p = eol ? eol + 1 : end;
	}
}

static void take_bytes(struct am_imap_alike *a, struct one *one,
                       const uint8_t *p, size_t len)
{
	size_t head = am_header_len(p, len);

	one->lines = g_array_new(FALSE, FALSE, sizeof(struct line));
	add_lines(one->lines, p, head, true);
	add_lines(one->lines, p + head, len - head, false);
	a->lines += one->lines->len;
}

/* ---- fetching ---- */

static int take_body(struct am_imap_command *cmd,
                     const struct am_imap_line *line, struct am_error *err)
{
	struct am_imap_alike *a = cmd->user;
	struct am_imap_fetch f;
	uint64_t origin;
	bool partial;
	size_t nth;

	(void)err;
	if (!am_imap_fetch_read(&f, line) || !f.uid)
		return AM_END;
	const struct am_imap_value *v =
		am_imap_fetch_body(&f, &origin, &partial, &nth);
	const char *text = v && !line->damage ? am_imap_text(v) : NULL;
	if (!text)
		return v ? AM_OK : AM_END;
	for (size_t i = 0; i < a->all->len; i++) {
		struct one *one = one_at(a, i);
		if (one->uid == f.uid && one->asked && !one->lines)
			take_bytes(a, one, (const uint8_t *)text,
			           (size_t)v->len);
	}
	return AM_OK;
}

bool am_imap_alike_any(const struct am_imap_alike *a, uint64_t size)
{
	for (size_t i = 0; i < a->all->len; i++)
		if (is_about(one_at(a, i), size))
			return true;
	return false;
}

bool am_imap_alike_unknown(const struct am_imap_alike *a, uint64_t size)
{
	for (size_t i = 0; i < a->all->len; i++)
		if (is_about(one_at(a, i), size) && !one_at(a, i)->lines)
			return true;
	return false;
}

bool am_imap_alike_lacks(const struct am_imap_alike *a, uint64_t size)
{
	for (size_t i = 0; a->lines < LINES_MOST && i < a->all->len; i++)
		if (!one_at(a, i)->asked && is_about(one_at(a, i), size))
			return true;
	return false;
}

int am_imap_alike_fetch(struct am_imap_alike *a, struct am_imap_session *s,
                        uint64_t size, struct am_error *err)
{
	struct am_imap_command cmd = {.untagged = take_body, .user = a};
	struct am_imap_set *uids = am_imap_set_new();
	char text[SET_TEXT + 64];
	size_t next = 0;

	for (size_t i = 0, room = SET_TEXT; room >= 12 && i < a->all->len;
	     i++) {
		struct one *one = one_at(a, i);
		if (one->asked || !is_about(one, size))
			continue;
		one->asked = true;
		am_imap_set_add(uids, one->uid, one->uid);
		room -= 12;
	}
	int r = am_imap_set_print(uids, &next, text, sizeof text);
	am_imap_set_free(&uids);
	if (r)
		return AM_OK;
	am_imap_out_clear(am_imap_session_out(s));
	am_imap_put(am_imap_session_out(s), "UID FETCH %s (UID BODY.PEEK[])",
	            text);
	r = am_imap_session_run(s, &cmd, "FETCH", err);
	return r == AM_FAILED ? AM_OK : r;
}

/* ---- comparing ---- */

static GArray *lines_of(const struct am_blob *raw)
{
	GArray *lines = g_array_new(FALSE, FALSE, sizeof(struct line));
	uint8_t *buf = g_malloc(SIZE_MOST);
	struct am_reader *in = NULL;
	size_t got = 0;

	int r = am_blob_open(raw, &in, NULL);
	if (!r)
		r = am_reader_read(in, buf, SIZE_MOST, &got, NULL);
	am_reader_close(&in);
	if (!r)
		add_lines(lines, buf, got, false);
	g_free(buf);
	if (r)
		g_clear_pointer(&lines, g_array_unref);
	return lines;
}

/* All of `sent` in order, and nothing else but the server's own. */
static bool is_alike(const struct one *one, const GArray *sent)
{
	guint at = 0;

	for (guint i = 0; i < one->lines->len; i++) {
		const struct line *line =
			&g_array_index(one->lines, struct line, i);
		if (at < sent->len &&
		    line->hash == g_array_index(sent, struct line, at).hash)
			at++;
		else if (!line->added)
			return false;
	}
	return at == sent->len;
}

bool am_imap_alike_find(const struct am_imap_alike *a,
                        const struct am_blob *raw,
                        const struct am_imap_print *print, size_t *at,
                        uint64_t *fingerprint)
{
	GArray *sent = NULL;
	bool found = false;

	for (; !found && *at < a->all->len; ++*at) {
		const struct one *one = one_at(a, *at);
		if (!one->lines || !is_about(one, print->size) ||
		    am_imap_fingerprint_sized(print->fingerprint, print->size,
		                              one->size) != one->fingerprint)
			continue;
		if (!sent)
			sent = lines_of(raw);
		if (!sent)
			break;
		found = is_alike(one, sent);
		*fingerprint = one->fingerprint;
	}
	if (sent)
		g_array_unref(sent);
	return found;
}
