/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/imap.h"

#include "base/charset.h"
#include "base/utf8.h"
#include "wire/imap_parser.h"

#include <glib.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	/* Longer ones go as literals: servers have small line buffers. */
	MAX_QUOTED = 900,
	MAX_MINUS = 4096 /* RFC 7888 §5 */
};

void am_imap_out_clear(struct am_imap_out *out)
{
	out->len = 0;
	out->n_waits = 0;
}

void am_imap_out_free(struct am_imap_out *out)
{
	g_free(out->data);
	out->data = NULL;
	out->len = out->room = out->n_waits = 0;
}

/* Room for that many bytes more and a NUL. */
static char *reserve(struct am_imap_out *out, size_t more)
{
	g_assert(more < SIZE_MAX / 4 && out->len < SIZE_MAX / 4);
	if (out->room - out->len <= more) {
		out->room = MAX(out->len + more + 1, out->room * 2);
		out->room = MAX(out->room, 256);
		out->data = g_realloc(out->data, out->room);
	}
	return out->data + out->len;
}

static void put_bytes(struct am_imap_out *out, const char *s, size_t len)
{
	char *to = reserve(out, len);

	if (len)
		memcpy(to, s, len);
	to[len] = '\0';
	out->len += len;
}

void am_imap_put(struct am_imap_out *out, const char *fmt, ...)
{
	va_list args;

	char *to = reserve(out, 128);
	va_start(args, fmt);
	int n = vsnprintf(to, out->room - out->len, fmt, args);
	va_end(args);
	g_assert(n >= 0);
	if ((size_t)n >= out->room - out->len) {
		to = reserve(out, (size_t)n);
		va_start(args, fmt);
		(void)vsnprintf(to, out->room - out->len, fmt, args);
		va_end(args);
	}
	out->len += (size_t)n;
}

static bool is_atom(const char *s, size_t len)
{
	if (!len || len > MAX_QUOTED ||
	    (len == 3 && !g_ascii_strncasecmp(s, "NIL", 3)))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!am_imap_lex_atom_char(s[i]))
			return false;
	return true;
}

static bool is_quotable(const struct am_imap_out *out, const char *s,
                        size_t len)
{
	if (len > MAX_QUOTED || memchr(s, '\r', len) || memchr(s, '\n', len))
		return false;
	return am_utf8_ascii(s, len) == len ||
	       (out->utf8 && am_utf8_valid(s, len));
}

static void put_quoted(struct am_imap_out *out, const char *s, size_t len)
{
	put_bytes(out, "\"", 1);
	for (size_t i = 0; i < len;) {
		size_t run = i;
		while (run < len && s[run] != '"' && s[run] != '\\')
			run++;
		put_bytes(out, s + i, run - i);
		if (run < len) {
			const char escaped[2] = {'\\', s[run++]};
			put_bytes(out, escaped, 2);
		}
		i = run;
	}
	put_bytes(out, "\"", 1);
}

int am_imap_put_string(struct am_imap_out *out, const char *text, size_t len,
                       struct am_error *err)
{
	if (len && memchr(text, '\0', len))
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "IMAP has no strings with a NUL");
	if (is_atom(text, len)) {
		put_bytes(out, text, len);
		return AM_OK;
	}
	if (!len || is_quotable(out, text, len)) {
		put_quoted(out, text, len);
		return AM_OK;
	}
	bool plus =
		out->literal_plus || (out->literal_minus && len <= MAX_MINUS);
	if (!plus && out->n_waits == AM_COUNT(out->waits))
		return am_fail(err, AM_FAILED, AM_E_LIMIT,
		               "more than %zu literals in a command",
		               AM_COUNT(out->waits));
	am_imap_put(out, "{%zu%s}\r\n", len, plus ? "+" : "");
	if (!plus)
		out->waits[out->n_waits++] = out->len;
	put_bytes(out, text, len);
	return AM_OK;
}
