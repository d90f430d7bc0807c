/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The output side of HTML to text.
 */
#include "mime/html_out.h"

#include "mime/html_entity.h"

#include <glib.h>

#include <string.h>

size_t am_html_out_unfinished(const char *s, size_t len)
{
	for (size_t back = 1; back <= 3 && back <= len; back++) {
		uint8_t c = (uint8_t)s[len - back];
		if (c < 0x80)
			return 0;
		if (c >= 0xc0) {
			size_t need = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
			return need > back ? back : 0;
		}
	}
	return 0;
}

static void flush(struct am_html_out *o, bool all)
{
	size_t keep = all ? 0 : am_html_out_unfinished(o->buf, o->n);
	size_t len = o->n - keep;

	if (len)
		o->text(o->user, o->held_quoted, o->buf, len);
	memmove(o->buf, o->buf + len, keep);
	o->n = keep;
}

static void put_bytes(struct am_html_out *o, const char *s, size_t len)
{
	while (len) {
		size_t n = MIN(len, AM_HTML_OUT_ROOM - o->n);
		memcpy(o->buf + o->n, s, n);
		o->n += n;
		s += n;
		len -= n;
		if (o->n == AM_HTML_OUT_ROOM)
			flush(o, false);
	}
}

static void settle_quoting(struct am_html_out *o)
{
	if (o->quoted != o->held_quoted) {
		flush(o, true);
		o->held_quoted = o->quoted;
	}
}

/* The white space that is owed comes only now. */
void am_html_out_text(struct am_html_out *o, const char *s, size_t len)
{
	settle_quoting(o);
	if (o->newlines || o->space) {
		if (o->any && o->newlines)
			put_bytes(o, "\n\n", o->newlines);
		else if (o->any)
			put_bytes(o, " ", 1);
		o->newlines = 0;
		o->space = false;
	}
	o->any = true;
	put_bytes(o, s, len);
}

void am_html_out_break(struct am_html_out *o, unsigned newlines)
{
	if (o->keep_layout)
		o->newlines = MAX(o->newlines, newlines);
	else
		o->space = true;
}

/* Characters that are there to be invisible: preview padding, break hints. */
static bool is_invisible(uint32_t code)
{
	return code == 0xad || code == 0x34f ||
	       (code >= 0x200b && code <= 0x200f) || code == 0x2060 ||
	       code == 0xfeff;
}

static void put_code(struct am_html_out *o, uint32_t code)
{
	char utf8[6];

	/* Numbers of Windows-1252 where C1 controls would be. */
	static const uint16_t windows[32] = {
		0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
		0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd,
		0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
		0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178};
	if (code >= 0x80 && code < 0xa0)
		code = windows[code - 0x80];
	if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		code = 0xfffd;
	if (code <= ' ' || code == 0x7f || code == 0xa0 ||
	    (code >= 0x2000 && code <= 0x200a)) {
		o->space = true;
		return;
	}
	if (!is_invisible(code))
		am_html_out_text(o, utf8,
		                 (size_t)g_unichar_to_utf8(code, utf8));
}

static bool entity_number(const char *s, uint32_t *code)
{
	bool hex = *s == 'x' || *s == 'X';
	uint32_t n = 0;

	s += hex;
	if (!*s)
		return false;
	for (; *s; s++) {
		int digit = hex ? g_ascii_xdigit_value(*s)
		                : g_ascii_digit_value(*s);
		if (digit < 0)
			return false;
		if (n < 0x200000)
			n = n * (hex ? 16 : 10) + (uint32_t)digit;
	}
	*code = n;
	return true;
}

/* What stands in o->entity, less its '&'; closed: a ';' was behind it. */
static void resolve(struct am_html_out *o, bool closed)
{
	char *s = o->entity;
	size_t len = o->n_entity;
	uint32_t code = 0;

	s[len] = '\0';
	o->n_entity = 0;
	if (*s == '#' ? entity_number(s + 1, &code)
	              : (code = am_html_entity(s)) && (closed || code < 256)) {
		put_code(o, code);
		return;
	}
	/* "&nbspHello": old names need no semicolon. */
	for (size_t n = MIN(len, AM_HTML_ENTITY_MAX); n > 1 && *s != '#'; n--) {
		char saved = s[n];
		s[n] = '\0';
		code = am_html_entity(s);
		s[n] = saved;
		if (code && code < 256) {
			put_code(o, code);
			am_html_out_text(o, s + n, len - n);
			if (closed)
				am_html_out_text(o, ";", 1);
			return;
		}
	}
	am_html_out_text(o, "&", 1);
	am_html_out_text(o, s, len);
	if (closed)
		am_html_out_text(o, ";", 1);
}

bool am_html_out_entity(struct am_html_out *o, char c)
{
	bool number = o->n_entity && o->entity[0] == '#';

	if (c == ';' && o->n_entity) {
		resolve(o, true);
		return true;
	}
	if (o->n_entity + 1 < AM_HTML_OUT_ENTITY &&
	    (g_ascii_isalnum(c) || (c == '#' && !o->n_entity)) &&
	    (!number || g_ascii_isxdigit(c) || c == 'x' || c == 'X')) {
		o->entity[o->n_entity++] = c;
		return true;
	}
	resolve(o, false);
	return false;
}

void am_html_out_entity_end(struct am_html_out *o)
{
	resolve(o, false);
}

void am_html_out_flush(struct am_html_out *o)
{
	flush(o, true);
}

void am_html_out_value(struct am_html_out *o, const char *s, size_t len)
{
	bool entity = false;

	len -= am_html_out_unfinished(s, len);
	o->space = true;
	for (size_t i = 0; i < len; i++) {
		if (entity && am_html_out_entity(o, s[i])) {
			entity = o->n_entity > 0;
			continue;
		}
		entity = s[i] == '&';
		if (strchr("\t\n\f\r ", s[i]) && s[i])
			o->space = true;
		else if (!entity)
			am_html_out_text(o, s + i, 1);
	}
	if (entity)
		am_html_out_entity_end(o);
	o->space = true;
}
