/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mapi/mail_out.h"

#include "base/blob.h"
#include "base/utf8.h"
#include "mime/base64_group.h"

#include <glib.h>

#include <stdarg.h>
#include <string.h>

enum { LINE = 76, LONGEST = 900 /* of a line that is not encoded */ };

void am_mail_out_write(struct am_mail_out *out, const void *data, size_t len)
{
	if (out->status)
		return;
	if (len > out->limit - out->written) {
		out->status = am_fail(out->err, AM_FAILED, AM_E_LIMIT,
		                      "a message of more than %" PRIu64
		                      " bytes, which this file cannot hold",
		                      out->limit);
		return;
	}
	out->written += len;
	out->status = am_spool_write(out->spool, data, len, out->err);
}

void am_mail_out_text(struct am_mail_out *out, const char *text)
{
	am_mail_out_write(out, text, strlen(text));
}

void am_mail_out_printf(struct am_mail_out *out, const char *fmt, ...)
{
	char small[512], *text = small;
	va_list args;

	va_start(args, fmt);
	int len = g_vsnprintf(small, sizeof(small), fmt, args);
	va_end(args);
	if (len >= (int)sizeof(small)) {
		va_start(args, fmt);
		text = g_strdup_vprintf(fmt, args);
		va_end(args);
	}
	am_mail_out_text(out, text);
	if (text != small)
		g_free(text);
}

static bool is_ascii(const char *s)
{
	return am_utf8_ascii(s, strlen(s)) == strlen(s);
}

/* A copy of one line. */
static char *one_line(const char *value)
{
	char *copy = g_strdup(value);

	for (char *p = copy; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = ' ';
	return g_strstrip(copy);
}

/* ---- base64 ---- */

/* A line of 57 bytes or the last one, with its end; how long it is. */
static size_t put_line(char *to, const uint8_t *data, size_t len)
{
	size_t groups = len / 3, rest = len % 3;
	char *at = to + groups * 4;

	am_base64_encode_groups((uint8_t *)to, data, groups);
	if (rest) {
		uint8_t last[3] = {data[len - rest],
		                   rest > 1 ? data[len - 1] : 0};
		am_base64_encode_groups((uint8_t *)at, last, 1);
		memset(at + rest + 1, '=', 3 - rest);
		at += 4;
	}
	*at++ = '\r';
	*at++ = '\n';
	return (size_t)(at - to);
}

void am_mail_out_base64(struct am_mail_out *out, const uint8_t *data,
                        size_t len)
{
	enum { LINES = 50, FULL = sizeof(out->wait) };
	char buf[LINES * (LINE + 2)];
	size_t n = 0;

	while (len && !out->status) {
		if (!out->n_wait && len >= FULL) {
			n += put_line(buf + n, data, FULL);
			data += FULL;
			len -= FULL;
		} else {
			size_t take = MIN(FULL - out->n_wait, len);
			memcpy(out->wait + out->n_wait, data, take);
			out->n_wait += (unsigned)take;
			data += take;
			len -= take;
			if (out->n_wait < FULL)
				break;
			n += put_line(buf + n, out->wait, FULL);
			out->n_wait = 0;
		}
		if (n + LINE + 2 > sizeof(buf)) {
			am_mail_out_write(out, buf, n);
			n = 0;
		}
	}
	am_mail_out_write(out, buf, n);
}

void am_mail_out_base64_end(struct am_mail_out *out)
{
	char line[LINE + 2];

	if (out->n_wait)
		am_mail_out_write(out, line,
		                  put_line(line, out->wait, out->n_wait));
	out->n_wait = 0;
}

/* ---- quoted-printable ---- */

/* What a byte is to an encoder: nothing special, a blank, to be encoded. */
enum kind { PLAIN, BLANK, ODD };

static enum kind kind_of(uint8_t c)
{
	if (c > ' ' && c < 0x7f)
		return c == '=' ? ODD : PLAIN;
	return c == ' ' || c == '\t' ? BLANK : ODD;
}

static bool line_ends(const uint8_t *data, size_t len, size_t i)
{
	return i + 1 < len && data[i] == '\r' && data[i + 1] == '\n';
}

static const uint64_t each = UINT64_C(0x0101010101010101);
static const uint64_t high_bits = UINT64_C(0x8080808080808080);

/* Eight at once, of blank to '~'? */
static bool are_printable(uint64_t v)
{
	return !((v | (v + each) | (v - ' ' * each)) & high_bits);
}

/* How many at the front, up to len, stand as they are, with the blanks between
 * them. */
static size_t plain_run(const uint8_t *data, size_t len)
{
	size_t n = 0;

	for (; len - n >= 8; n += 8) {
		uint64_t v;
		memcpy(&v, data + n, sizeof(v));
		if (!are_printable(v) || ((v ^ '=' * each) - each) & high_bits)
			break;
	}
	while (n < len && (data[n] == ' ' || kind_of(data[n]) == PLAIN))
		n++;
	return n;
}

void am_mail_out_qp(struct am_mail_out *out, const uint8_t *data, size_t len)
{
	static const char hex[] = "0123456789ABCDEF";
	char buf[4096];
	size_t n = 0, column = 0;

	for (size_t i = 0; i < len;) {
		/* The most that is put in one round: a line. */
		if (n > sizeof(buf) - LINE - 8) {
			am_mail_out_write(out, buf, n);
			n = 0;
			if (out->status)
				return;
		}
		size_t run =
			plain_run(data + i, MIN(len - i, LINE - 1 - column));
		/* A blank may not end a line. */
		if (run && data[i + run - 1] == ' ' &&
		    (i + run == len || line_ends(data, len, i + run)))
			run--;
		memcpy(buf + n, data + i, run);
		n += run;
		column += run;
		i += run;
		if (i == len)
			break;
		if (line_ends(data, len, i)) {
			buf[n++] = '\r';
			buf[n++] = '\n';
			column = 0;
			i += 2;
			continue;
		}
		enum kind kind = kind_of(data[i]);
		bool odd = kind == ODD ||
		           (kind == BLANK &&
		            (i + 1 == len || line_ends(data, len, i + 1)));
		if (column + (odd ? 3 : 1) >= LINE) {
			memcpy(buf + n, "=\r\n", 3);
			n += 3;
			column = 0;
			continue;
		}
		column += odd ? 3 : 1;
		if (odd) {
			buf[n++] = '=';
			buf[n++] = hex[data[i] >> 4];
			buf[n++] = hex[data[i] & 15];
		} else {
			buf[n++] = (char)data[i];
		}
		i++;
	}
	am_mail_out_write(out, buf, n);
}

/* Bytes that stand in a mail as they are? */
static bool is_plain(const uint8_t *data, size_t len)
{
	size_t column = 0, i = 0;

	while (i < len) {
		uint64_t v;
		if (len - i >= sizeof(v)) {
			memcpy(&v, data + i, sizeof(v));
			if (are_printable(v)) {
				i += sizeof(v);
				column += sizeof(v);
				if (column > LONGEST)
					return false;
				continue;
			}
		}
		if (line_ends(data, len, i)) {
			column = 0;
			i += 2;
			continue;
		}
		bool printable = data[i] >= ' ' && data[i] < 0x7f;
		if ((!printable && data[i] != '\t') || ++column > LONGEST)
			return false;
		i++;
	}
	return true;
}

/* How many are no ASCII, or NUL. */
static size_t count_foreign(const uint8_t *data, size_t len)
{
	size_t n = 0, i = 0;

	for (; len - i >= 8; i += 8) {
		uint64_t v;
		memcpy(&v, data + i, sizeof(v));
		/* Adding carries into the high bit of what is not NUL. */
		uint64_t some = (v & ~high_bits) + (high_bits - each);
		n += (size_t)((((~some | v) & high_bits) >> 7) * each >> 56);
	}
	for (; i < len; i++)
		n += data[i] >= 0x80 || !data[i];
	return n;
}

void am_mail_out_body(struct am_mail_out *out, const uint8_t *data, size_t len)
{
	if (is_plain(data, len)) {
		am_mail_out_text(out,
		                 "Content-Transfer-Encoding: 7bit\r\n\r\n");
		am_mail_out_write(out, data, len);
		am_mail_out_text(out, "\r\n");
		return;
	}
	if (count_foreign(data, len) > len / 4) {
		am_mail_out_text(out,
		                 "Content-Transfer-Encoding: base64\r\n\r\n");
		am_mail_out_base64(out, data, len);
		am_mail_out_base64_end(out);
		return;
	}
	am_mail_out_text(out,
	                 "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
	am_mail_out_qp(out, data, len);
	am_mail_out_text(out, "\r\n");
}

/* ---- header fields ---- */

/* Encoded words of UTF-8 in base64, a line each, no character cut. */
static void put_words(struct am_mail_out *out, const char *value)
{
	enum { WORD = 42 };

	for (size_t left = strlen(value), n; left; left -= n, value += n) {
		n = 0;
		while (n < left) {
			size_t step = am_utf8_step(value + n, left - n);
			if (!step)
				step = 1;
			if (n + step > WORD)
				break;
			n += step;
		}
		char *word = g_base64_encode((const guchar *)value, n);
		am_mail_out_printf(out, "=?utf-8?B?%s?=%s", word,
		                   n < left ? "\r\n " : "");
		g_free(word);
	}
}

/* Folded at blanks, never so that a line is blank. */
static void put_folded(struct am_mail_out *out, size_t column,
                       const char *value)
{
	while (*value) {
		size_t n = strcspn(value, " ");
		size_t blanks = strspn(value + n, " ");
		am_mail_out_write(out, value, n);
		column += n;
		value += n;
		if (!*value)
			break;
		size_t next = strcspn(value + blanks, " ");
		if (column + blanks + next > 78 && column > 1) {
			am_mail_out_text(out, "\r\n");
			column = 0;
		}
		am_mail_out_write(out, value, blanks);
		column += blanks;
		value += blanks;
	}
}

void am_mail_out_field(struct am_mail_out *out, const char *name,
                       const char *value)
{
	char *line = one_line(value);

	am_mail_out_text(out, name);
	am_mail_out_text(out, ": ");
	/* What looks like an encoded word and is none is encoded as well. */
	if (is_ascii(line) && !strstr(line, "=?"))
		put_folded(out, strlen(name) + 2, line);
	else
		put_words(out, line);
	am_mail_out_text(out, "\r\n");
	g_free(line);
}

static void put_phrase(struct am_mail_out *out, const char *name)
{
	if (!is_ascii(name) || strstr(name, "=?")) {
		put_words(out, name);
		return;
	}
	if (!name[strcspn(name, "()<>[]:;@\\,.\"")]) {
		am_mail_out_text(out, name);
		return;
	}
	GString *quoted = g_string_new("\"");
	for (const char *p = name; *p; p++) {
		if (*p == '"' || *p == '\\')
			g_string_append_c(quoted, '\\');
		g_string_append_c(quoted, *p);
	}
	g_string_append_c(quoted, '"');
	am_mail_out_text(out, quoted->str);
	g_string_free(quoted, TRUE);
}

void am_mail_out_address(struct am_mail_out *out, bool comma, const char *name,
                         const char *address)
{
	char *phrase = one_line(name ? name : "");
	char *spec = one_line(address ? address : "");

	if (comma)
		am_mail_out_text(out, ",\r\n ");
	if (*phrase && strcmp(phrase, spec) != 0) {
		put_phrase(out, phrase);
		if (*spec)
			am_mail_out_printf(out, " <%s>", spec);
		else
			/* A group of nobody: RFC 5322 allows no name
			 * without an address but this. */
			am_mail_out_text(out, ":;");
	} else {
		am_mail_out_text(out, *spec ? spec : "undisclosed:;");
	}
	g_free(phrase);
	g_free(spec);
}

void am_mail_out_param(struct am_mail_out *out, const char *name,
                       const char *value)
{
	char *line = one_line(value);

	if (is_ascii(line)) {
		GString *quoted = g_string_new(NULL);
		for (const char *p = line; *p; p++) {
			if (*p == '"' || *p == '\\')
				g_string_append_c(quoted, '\\');
			g_string_append_c(quoted, *p);
		}
		am_mail_out_printf(out, ";\r\n %s=\"%s\"", name, quoted->str);
		g_string_free(quoted, TRUE);
	} else {
		char *escaped = g_uri_escape_string(line, NULL, FALSE);
		am_mail_out_printf(out, ";\r\n %s*=utf-8''%s", name, escaped);
		g_free(escaped);
	}
	g_free(line);
}
