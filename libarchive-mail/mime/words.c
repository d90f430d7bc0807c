/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Encoded words (RFC 2047, with RFC 2231's language suffix):
 *
 *   =?charset*language?B?base64?=     =?charset?Q?quoted_printable?=
 *
 * Space between two of them is not there.  Bytes of neighbours with one
 * charset are put together before the charset is undone, and a base64 quantum
 * that was cut between two words is too: many mailers cut without looking.
 *
 * Read leniently: words in the middle of a word, spaces inside a Q text, bytes
 * that are not base64.  One pass, each byte looked at a bounded number of
 * times.
 */
#include "mime/words.h"

#include "base/arena.h"
#include "base/charset.h"

#include <glib.h>

#include <string.h>

/* IANA's names end at 45. */
#define CHARSET_MAX 64

struct word {
	const char *charset, *text;
	size_t charset_len, text_len;
	char encoding; /* 'b' or 'q' */
};

/* Base64 of a run of words: bits left from the one before. */
struct bits {
	uint32_t value;
	unsigned count; /* sextets in value, 0-3 */
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* What is being decoded.  No word whose text starts before `unclosed` has an
 * end: remembered so that a thousand openings do not search a thousand times.
 */
struct input {
	const char *end, *unclosed;
	const char *charset; /* of raw 8-bit text */
	bool specials;
};

/* The closing "?=".  A new word that starts after a space shows that this one
 * was never closed. */
static const char *word_end(struct input *in, const char *text)
{
	const char *p = text;

	if (text < in->unclosed)
		return NULL;
	for (; in->end - p > 1; p++) {
		if (p[0] == '?' && p[1] == '=')
			return p;
		if (is_space(p[0]) && p[1] == '=' && in->end - p > 2 &&
		    p[2] == '?')
			break;
	}
	in->unclosed = p;
	return NULL;
}

/* An encoded word at p ("=?" is there)?  Returns what is behind it, or NULL. */
static const char *read_word(struct input *in, const char *p, struct word *out)
{
	const char *q = p + 2, *end = in->end;

	out->charset = q;
	while (q<end && * q> 32 && *q < 127 && *q != '?' && *q != '*' &&
	       q - out->charset < CHARSET_MAX)
		q++;
	out->charset_len = (size_t)(q - out->charset);
	if (q < end && *q == '*')
		while (q < end && *q != '?' && !is_space(*q) &&
		       q - out->charset < CHARSET_MAX)
			q++;
	if (!out->charset_len || end - q < 3 || q[0] != '?' || q[2] != '?')
		return NULL;
	out->encoding = g_ascii_tolower(q[1]);
	if (out->encoding != 'b' && out->encoding != 'q')
		return NULL;
	out->text = q + 3;
	const char *close = word_end(in, out->text);
	if (!close)
		return NULL;
	out->text_len = (size_t)(close - out->text);
	return close + 2;
}

static void append_q(GString *to, const struct word *w)
{
	const char *p = w->text, *end = p + w->text_len;

	for (; p < end; p++) {
		if (*p == '_') {
			g_string_append_c(to, ' ');
		} else if (*p == '=' && end - p > 2 && g_ascii_isxdigit(p[1]) &&
		           g_ascii_isxdigit(p[2])) {
			g_string_append_c(
				to, (char)(g_ascii_xdigit_value(p[1]) * 16 +
			                   g_ascii_xdigit_value(p[2])));
			p += 2;
		} else if (*p != '\r' && *p != '\n') {
			g_string_append_c(to, *p);
		}
	}
}

static int sextet(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* The whole bytes among what is left over. */
static void flush_bits(GString *to, struct bits *bits)
{
	if (bits->count == 2)
		g_string_append_c(to, (char)(bits->value >> 4));
	if (bits->count == 3) {
		g_string_append_c(to, (char)(bits->value >> 10));
		g_string_append_c(to, (char)(bits->value >> 2));
	}
	*bits = (struct bits){0};
}

static void append_b(GString *to, const struct word *w, struct bits *bits)
{
	for (size_t i = 0; i < w->text_len; i++) {
		int v = sextet(w->text[i]);
		if (w->text[i] == '=')
			flush_bits(to, bits);
		if (v < 0)
			continue;
		bits->value = bits->value << 6 | (uint32_t)v;
		if (++bits->count == 4) {
			g_string_append_c(to, (char)(bits->value >> 16));
			g_string_append_c(to, (char)(bits->value >> 8));
			g_string_append_c(to, (char)bits->value);
			*bits = (struct bits){0};
		}
	}
	/* Padding forgotten, or the quantum goes on in the next word?  A tail
	 * that stands alone has zeros in the bits that belong to no byte. */
	if ((bits->count == 2 && !(bits->value & 15)) ||
	    (bits->count == 3 && !(bits->value & 3)))
		flush_bits(to, bits);
}

static void append_converted(struct am_arena *arena, GString *to,
                             const char *charset, const char *s, size_t len)
{
	size_t out_len = 0;
	const char *out = am_charset_to_utf8(arena, charset, s, len, &out_len);

	g_string_append_len(to, out, (gssize)out_len);
}

/* Text as it stands: without line ends; what is not ASCII is UTF-8 or else
 * Windows-1252, or ISO-2022-JP by its escapes. */
static void append_plain(struct am_arena *arena, const struct input *in,
                         GString *to, const char *s, size_t len)
{
	size_t start = to->len;

	for (const char *p = s, *end = s + len; p < end;) {
		const char *q = p;
		while (q < end && *q != '\r' && *q != '\n')
			q++;
		g_string_append_len(to, p, q - p);
		bool broken = q < end;
		while (q < end && (*q == '\r' || *q == '\n'))
			q++;
		/* A line end that is no fold parts words all the same. */
		if (broken && q < end && *q != ' ' && *q != '\t')
			g_string_append_c(to, ' ');
		p = q;
	}
	const char *charset = in->charset;
	char *escape = memchr(to->str + start, 27, to->len - start);
	if (escape && (escape[1] == '$' || escape[1] == '('))
		charset = "iso-2022-jp";
	else if (am_utf8_valid(to->str + start, to->len - start))
		return;
	char *copy = g_strndup(to->str + start, to->len - start);
	size_t copy_len = to->len - start;
	g_string_truncate(to, start);
	append_converted(arena, to, charset, copy, copy_len);
	g_free(copy);
}

static bool has_specials(const char *s)
{
	return s[strcspn(s, "()<>[]:;@\\,\"")] != '\0';
}

static bool same_charset(const struct word *a, const struct word *b)
{
	/* cppcheck-suppress [uninitvar,ctuuninitvar]; b was read */
	return a->charset_len == b->charset_len &&
	       !g_ascii_strncasecmp(a->charset, b->charset, a->charset_len);
}

/* The words that follow each other from `first` on; returns what is behind. */
static const char *append_words(struct am_arena *arena, GString *to,
                                struct input *in, struct word word,
                                const char *behind)
{
	GString *bytes = g_string_new(NULL);
	struct bits bits = {0};

	for (;;) {
		struct word next;
		const char *after = NULL, *p = behind;

		if (word.encoding == 'q')
			append_q(bytes, &word);
		else
			append_b(bytes, &word, &bits);
		while (p < in->end && is_space(*p))
			p++;
		if (in->end - p > 1 && p[0] == '=' && p[1] == '?')
			after = read_word(in, p, &next);
		bool joins = after && same_charset(&word, &next);
		if (!joins || next.encoding != 'b')
			flush_bits(bytes, &bits);
		if (!joins) {
			char *charset =
				g_strndup(word.charset, word.charset_len);
			size_t from = to->len;
			append_converted(arena, to, charset, bytes->str,
			                 bytes->len);
			in->specials |= has_specials(to->str + from);
			g_free(charset);
			g_string_truncate(bytes, 0);
		}
		if (!after)
			break;
		word = next;
		behind = after;
	}
	g_string_free(bytes, TRUE);
	return behind;
}

void am_words_clean(char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];
		/* C1 is two bytes in UTF-8, and so are two spaces. */
		if (c < 32 || c == 127)
			s[i] = ' ';
		else if (c == 0xc2 && len - i > 1 &&
		         (unsigned char)s[i + 1] < 0xa0)
			s[i] = s[i + 1] = ' ';
	}
}

/* Printable ASCII at the front: eight bytes at a time, as header values are
 * long and are nearly nothing else. */
static size_t plain_span(const char *s, size_t len)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	const uint64_t tops = ones * 0x80;
	size_t i = 0;

	for (uint64_t x; len - i >= sizeof x; i += sizeof x) {
		memcpy(&x, s + i, sizeof x);
		/* Some byte below 32, or above 126. */
		if ((((x - ones * 32) & ~x) | (x + ones) | x) & tops)
			break;
	}
	while (i < len && (uint8_t)(s[i] - 32) < 95)
		i++;
	return i;
}

static bool may_have_words(const char *s, size_t len)
{
	const char *p = s, *end = s + len;

	while (end - p > 1 && (p = memchr(p + 1, '?', (size_t)(end - p - 1))))
		if (p[-1] == '=')
			return true;
	return false;
}

static void trim(const char **value, size_t *len)
{
	while (*len && is_space(**value)) {
		++*value;
		--*len;
	}
	while (*len && is_space((*value)[*len - 1]))
		--*len;
}

char *am_words_unfold(struct am_arena *arena, const char *s, size_t len)
{
	trim(&s, &len);
	size_t n = plain_span(s, len);
	if (may_have_words(s, len))
		return NULL;
	if (n == len)
		return am_arena_strndup(arena, s, len);
	char *out = am_arena_alloc(arena, len + 1), *to = out;
	for (size_t i = 0;;) {
		memcpy(to, s + i, n);
		to += n;
		i += n;
		if (i == len)
			break;
		if ((s[i] < 32 && !is_space(s[i])) || s[i] == 127)
			return NULL;
		if (s[i] != '\r' && s[i] != '\n')
			*to++ = ' ';
		else if (!is_space(s[i + 1])) /* i + 1: it is trimmed */
			*to++ = ' ';
		i++;
		n = plain_span(s + i, len - i);
	}
	*to = '\0';
	return out;
}

char *am_words_decode_in(struct am_arena *arena, const char *charset,
                         const char *value, size_t len, bool *specials)
{
	trim(&value, &len);
	const char *p = value, *end = value + len, *plain = value;
	struct input in = {.end = end, .unclosed = value, .charset = charset};
	GString *out = g_string_sized_new(len + 1);

	while (p < end) {
		struct word word;
		const char *behind = NULL;
		if (*p == '=' && end - p > 1 && p[1] == '?')
			behind = read_word(&in, p, &word);
		if (!behind) {
			p++;
			continue;
		}
		append_plain(arena, &in, out, plain, (size_t)(p - plain));
		plain = p = append_words(arena, out, &in, word, behind);
	}
	append_plain(arena, &in, out, plain, (size_t)(end - plain));
	am_words_clean(out->str, out->len);
	char *result = am_arena_strndup(arena, out->str, out->len);
	g_string_free(out, TRUE);
	*specials = in.specials;
	return result;
}

char *am_words_decode(struct am_arena *arena, const char *value, size_t len)
{
	bool specials;
	char *out = am_words_unfold(arena, value, len);

	return out ? out
	           : am_words_decode_in(arena, NULL, value, len, &specials);
}
