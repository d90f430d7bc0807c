/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Header fields in place (RFC 5322 §2.2, with the obsolete space before the
 * colon of §4.5).  Line ends may be LF or CRLF, mixed, or CRCRLF, as mail has
 * them that was converted twice; or CR alone throughout, as in mailboxes of old
 * Macs.  A header must read the same with each CRLF made an LF: an archive
 * keeps it so, and reads it again from that.
 */
#include "mime/scan.h"

#include <string.h>

void am_fields_init(struct am_fields *f, const void *block, size_t len,
                    uint64_t base)
{
	*f = (struct am_fields){.start = block,
	                        .end = (const char *)block + len,
	                        .base = base,
	                        .eol = am_line_end(block, len)};
}

char am_line_end(const void *data, size_t len)
{
	const char *p = data, *lf = len ? memchr(p, '\n', len) : NULL;
	const char *end = lf ? lf : p + len;

	if (!lf)
		return len && memchr(p, '\r', len) ? '\r' : '\n';
	/* An empty line before it, not of CRCRLF. */
	while ((p = memchr(p, '\r', (size_t)(end - p)))) {
		const char *behind = p;
		while (behind < end && *behind == '\r')
			behind++;
		if (behind - p > 1 && behind < end)
			return '\r';
		p = behind;
	}
	return '\n';
}

/* CRs before the LF are of its line end, more than one too. */
static bool is_empty_line(const char *at, const char *end, char eol)
{
	while (at < end && *at == '\r' && eol != '\r')
		at++;
	return at < end && *at == eol;
}

/* Behind the end of the line at `at`. */
static const char *next_line(const char *at, const char *end, char eol)
{
	const char *nl = memchr(at, eol, (size_t)(end - at));

	return nl ? nl + 1 : end;
}

/* What a name is made of: printable ASCII but the colon. */
static bool is_name_char(char c)
{
	return (uint8_t)(c - 33) < 94 && c != ':';
}

/* Length of the name, 0 when the line is no field. */
static size_t name_length(const char *at, const char *end, const char **colon)
{
	const char *p = at;

	while (p < end && is_name_char(*p))
		p++;
	size_t len = (size_t)(p - at);
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	*colon = p;
	return p < end && *p == ':' ? len : 0;
}

bool am_fields_next(struct am_fields *f, struct am_field *out)
{
	if (!f->at)
		f->at = f->start;
	while (f->at < f->end && !is_empty_line(f->at, f->end, f->eol)) {
		const char *start = f->at, *colon, *p;
		const char *last = next_line(start, f->end, f->eol);
		while (last < f->end && (*last == ' ' || *last == '\t'))
			last = next_line(last, f->end, f->eol);
		f->at = last;
		size_t len = name_length(start, last, &colon);
		if (!len)
			continue;
		for (p = colon + 1; p < last && (*p == ' ' || *p == '\t'); p++)
			;
		if (last > p && last[-1] == '\n')
			last--;
		while (last > p && last[-1] == '\r')
			last--;
		out->name = start;
		out->name_len = len;
		out->value = p;
		out->value_len = (size_t)(last - p);
		out->offset = f->base + (uint64_t)(start - f->start);
		return true;
	}
	f->at = f->end;
	return false;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 32) : c;
}

bool am_field_is(const struct am_field *field, const char *name)
{
	const char *s = field->name;
	size_t len = strlen(name);

	if (len != field->name_len)
		return false;
	/* Most programs write them as the standards do. */
	if (!memcmp(s, name, len))
		return true;
	for (size_t i = 0; i < len; i++)
		if (lower(s[i]) != lower(name[i]))
			return false;
	return true;
}

size_t am_header_len(const void *data, size_t len)
{
	const char *p = data, *end = p + len;
	char eol = am_line_end(data, len);

	while (p < end) {
		bool empty = is_empty_line(p, end, eol);
		p = next_line(p, end, eol);
		if (empty)
			return (size_t)(p - (const char *)data);
	}
	return len;
}
