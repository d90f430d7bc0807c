/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/imap/mend_head.h"

#include "mime/scan.h"

#include <string.h>

#define FOLD_AT 76

/* Words with raw 8-bit text as encoded words of at most 75 characters, what
 * lies between them as it was (RFC 2047 §2). */
static void encode_run(GString *to, const char *s, size_t len)
{
	bool utf8 = g_utf8_validate_len(s, len, NULL);
	const char *charset = utf8 ? "UTF-8" : "ISO-8859-1";
	size_t at = 0;

	while (at < len) {
		/* 45 bytes are 60 characters; not in the middle of one. */
		size_t n = MIN(len - at, 45);
		while (utf8 && at + n < len && n > 1 &&
		       ((uint8_t)s[at + n] & 0xC0) == 0x80)
			n--;
		char *b64 = g_base64_encode((const guchar *)s + at, n);
		g_string_append_printf(to, "%s=?%s?B?%s?=", at ? "\r\n " : "",
		                       charset, b64);
		g_free(b64);
		at += n;
	}
}

static bool is_8bit(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((uint8_t)s[i] >= 0x80)
			return true;
	return false;
}

/* From the first word with 8-bit text to the last one. */
static void encode_value(GString *to, const char *s, size_t len)
{
	size_t first = 0, last = len;

	while (first < len && (uint8_t)s[first] < 0x80)
		first++;
	while (last > first && (uint8_t)s[last - 1] < 0x80)
		last--;
	while (first && s[first - 1] > ' ' &&
	       !strchr("<>(),:;\"", s[first - 1]))
		first--;
	while (last < len && s[last] > ' ' && !strchr("<>(),:;\"", s[last]))
		last++;
	g_string_append_len(to, s, (gssize)first);
	/* Folds within the run would be part of the text. */
	GString *run = g_string_new(NULL);
	for (size_t i = first; i < last; i++)
		if (s[i] != '\r' && s[i] != '\n')
			g_string_append_c(run, s[i]);
	encode_run(to, run->str, run->len);
	g_string_free(run, TRUE);
	g_string_append_len(to, s + last, (gssize)(len - last));
}

/* One header line that is too long, folded at blanks; in the middle of a word
 * where there is none. */
static void fold_line(GString *to, const char *s, size_t len)
{
	size_t most = AM_IMAP_LINE_MOST;

	while (len > most) {
		size_t at = FOLD_AT;
		while (at < most && s[at] != ' ' && s[at] != '\t')
			at++;
		bool blank = s[at] == ' ' || s[at] == '\t';
		most = blank ? AM_IMAP_LINE_MOST : AM_IMAP_LINE_MOST - 1;
		g_string_append_len(to, s, (gssize)at);
		g_string_append(to, blank ? "\r\n" : "\r\n ");
		s += at;
		len -= at;
	}
	g_string_append_len(to, s, (gssize)len);
}

static void fold_block(GString *to, const char *block, size_t len)
{
	const char *p = block, *end = p + len;

	while (p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		size_t n = eol ? (size_t)(eol + 1 - p) : (size_t)(end - p);
		size_t bare = n;
		while (bare && (p[bare - 1] == '\n' || p[bare - 1] == '\r'))
			bare--;
		fold_line(to, p, bare);
		g_string_append_len(to, p + bare, (gssize)(n - bare));
		p += n;
	}
}

static bool is_encoding(const struct am_field *f)
{
	return am_field_is(f, "Content-Transfer-Encoding");
}

/* How long the empty line is that ends this block; 0: it has none. */
static size_t empty_line(const char *block, size_t len)
{
	size_t n = len && block[len - 1] == '\n' ? 1 : 0;

	if (n && len > 1 && block[len - 2] == '\r')
		n = 2;
	return n == len || (n && block[len - n - 1] == '\n') ? n : 0;
}

/* ---- lines that are no fields ---- */

/* One line, its end included: LF, or a CR that has none. */
static size_t line_len(const char *p, const char *end)
{
	const char *at = p;

	while (at < end && *at != '\n' &&
	       !(*at == '\r' && at + 1 < end && at[1] != '\n'))
		at++;
	return (size_t)(at < end ? at + 1 - p : at - p);
}

static bool is_end_of_line(char c)
{
	return c == '\n' || c == '\r';
}

enum line { FIELD, FOLD, BLANK_NAME, EMPTY, ODD };

/* A name is of printable characters without ':' (RFC 5322 §2.2); NULs go. */
static enum line line_is(const char *p, size_t len, size_t *name)
{
	size_t at = 0, blanks = 0;

	if (is_end_of_line(*p))
		return EMPTY;
	if (*p == ' ' || *p == '\t')
		return FOLD;
	while (at < len && (p[at] > ' ' || !p[at]) && p[at] != ':' &&
	       p[at] != 0x7f)
		at++;
	*name = at;
	while (at + blanks < len &&
	       (p[at + blanks] == ' ' || p[at + blanks] == '\t'))
		blanks++;
	if (!at || at + blanks == len || p[at + blanks] != ':')
		return ODD;
	return blanks ? BLANK_NAME : FIELD;
}

/* Does a line of one of two kinds come before the empty line?  Without either,
 * `otherwise`. */
static bool meets(const char *p, const char *end, enum line one,
                  enum line other, bool otherwise)
{
	size_t name;

	while (p < end) {
		size_t n = line_len(p, end);
		enum line is = line_is(p, n, &name);
		if (is == EMPTY)
			return false;
		if (is == one || is == other)
			return true;
		p += n;
	}
	return otherwise;
}

static bool more_fields(const char *p, const char *end)
{
	return meets(p, end, FIELD, BLANK_NAME, false);
}

bool am_imap_head_is_odd(const char *block, size_t len, bool bare)
{
	return meets(block, block + len, ODD, BLANK_NAME, bare);
}

static void fix_fields(GString *to, const char *block, size_t len, bool bare)
{
	const char *p = block, *end = block + len;
	size_t name = 0;

	while (p < end) {
		size_t n = line_len(p, end);
		enum line is = line_is(p, n, &name);
		if (is == EMPTY || (is == ODD && !more_fields(p + n, end))) {
			bare = is == ODD;
			break;
		}
		if (is == ODD)
			g_string_append(to, to->len ? " " : "X-Line: ");
		if (is == BLANK_NAME) {
			g_string_append_len(to, p, (gssize)name);
			name += strspn(p + name, " \t");
			g_string_append_len(to, p + name, (gssize)(n - name));
		} else {
			g_string_append_len(to, p, (gssize)n);
		}
		p += n;
	}
	if (bare && to->len && !is_end_of_line(to->str[to->len - 1]))
		g_string_append(to, "\r\n");
	if (bare)
		g_string_append(to, "\r\n");
	g_string_append_len(to, p, end - p);
}

/* ---- all of it ---- */

static void encode_words(GString *to, const char *block, size_t len)
{
	struct am_fields fields;
	struct am_field field;
	size_t done = 0;

	am_fields_init(&fields, block, len, 0);
	while (am_fields_next(&fields, &field)) {
		size_t value = (size_t)(field.value - block);
		if (!is_8bit(field.value, field.value_len))
			continue;
		g_string_append_len(to, block + done, (gssize)(value - done));
		encode_value(to, field.value, field.value_len);
		done = value + field.value_len;
	}
	g_string_append_len(to, block + done, (gssize)(len - done));
}

/* "Content-Transfer-Encoding" goes, line end and all, and comes anew in front
 * of the empty line. */
static void say_quoted(GString *to, const char *block, size_t len)
{
	struct am_fields fields;
	struct am_field field;
	size_t done = 0, tail = len - empty_line(block, len);

	am_fields_init(&fields, block, len, 0);
	while (am_fields_next(&fields, &field)) {
		size_t end = (size_t)(field.value - block) + field.value_len;
		if (!is_encoding(&field))
			continue;
		g_string_append_len(to, block + done,
		                    (gssize)(field.offset - done));
		while (end < len && block[end] != '\n')
			end++;
		done = MIN(end + 1, len);
	}
	if (done < tail)
		g_string_append_len(to, block + done, (gssize)(tail - done));
	if (to->len && to->str[to->len - 1] != '\n')
		g_string_append(to, "\r\n");
	g_string_append(to, "Content-Transfer-Encoding: quoted-printable\r\n");
	if (tail == len)
		g_string_append(to, "\r\n");
	g_string_append_len(to, block + tail, (gssize)(len - tail));
}

GString *am_imap_head_mend(const char *block, size_t len, unsigned what,
                           bool bare)
{
	static const struct {
		unsigned bit;
		void (*mend)(GString *to, const char *block, size_t len);
	} steps[] = {
		{AM_IMAP_HEAD_WORDS, encode_words},
		{AM_IMAP_HEAD_QP, say_quoted},
		{AM_IMAP_HEAD_FOLD, fold_block},
	};
	GString *text = g_string_sized_new(len + 64);

	if (what & AM_IMAP_HEAD_FIELDS)
		fix_fields(text, block, len, bare);
	else
		g_string_append_len(text, block, (gssize)len);
	for (size_t i = 0; i < AM_COUNT(steps); i++) {
		if (!(what & steps[i].bit))
			continue;
		GString *next = g_string_sized_new(text->len + 64);
		steps[i].mend(next, text->str, text->len);
		g_string_free(text, TRUE);
		text = next;
	}
	return text;
}
