/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/tokens.h"

#include <string.h>

/*
 * Lines that are data, not text: base64, PGP armour, hexadecimal, uuencode.
 * Two long lines in a row decide; a single one may be a path or a digest that
 * somebody will look for.
 */

#define LONG_LINE 60
#define RUN_MAX   1024 /* ASCII without a space */

static size_t line_len(const uint8_t *p, const uint8_t *end)
{
	const uint8_t *nl = memchr(p, '\n', (size_t)(end - p));
	size_t len = nl ? (size_t)(nl - p) : (size_t)(end - p);

	while (len && p[len - 1] == '\r')
		len--;
	return len;
}

static const uint8_t *line_after(const uint8_t *p, const uint8_t *end)
{
	const uint8_t *nl = memchr(p, '\n', (size_t)(end - p));

	return nl ? nl + 1 : end;
}

/* Marks of quotation in front do not make data text. */
static size_t quote_len(const uint8_t *p, size_t len)
{
	size_t n = 0;

	while (n < len && n < 20 && (p[n] == '>' || p[n] == ' ' || p[n] == '|'))
		n++;
	return n;
}

static bool all_base64(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint8_t c = p[i];
		bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		          (c >= '0' && c <= '9') || c == '+' || c == '/' ||
		          c == '=';
		if (!ok)
			return false;
	}
	return true;
}

/* A full uuencoded line: 'M', then 60 characters from space to '`'. */
static bool is_uu(const uint8_t *p, size_t len)
{
	if (len != 61 || p[0] != 'M')
		return false;
	for (size_t i = 1; i < len; i++)
		if (p[i] < 0x20 || p[i] > 0x60)
			return false;
	return true;
}

/* A line of data: *uu says which kind. */
static bool is_data(const uint8_t *p, size_t len, bool *uu)
{
	size_t quote = quote_len(p, len);

	p += quote;
	len -= quote;
	*uu = false;
	if (len < LONG_LINE)
		return false;
	if (all_base64(p, len)) {
		/* Words of one letter case and no digit are text that lost its
		 * spaces (German, URLs): data has all sorts. */
		unsigned digits = 0;
		for (size_t i = 0; i < len; i++)
			digits += (p[i] >= '0' && p[i] <= '9');
		return digits > 0;
	}
	*uu = is_uu(p, len);
	return *uu;
}

size_t am_blob_run(const uint8_t *text, size_t at, size_t end, size_t *stop)
{
	size_t run = at;

	for (size_t i = at; i < end; i++) {
		if (text[i] > ' ' && text[i] < 0x80)
			continue;
		if (i - run > RUN_MAX) {
			*stop = i;
			return run;
		}
		run = i + 1;
	}
	*stop = end;
	return end - run > RUN_MAX ? run : end;
}

size_t am_blob_lines(const uint8_t *text, size_t len, size_t at)
{
	const uint8_t *p = text + at, *end = text + len;
	size_t n = line_len(p, end);
	bool uu, next_uu;

	if (n < LONG_LINE || !is_data(p, n, &uu))
		return at;
	const uint8_t *q = line_after(p, end);
	if (q == end || !is_data(q, line_len(q, end), &next_uu) ||
	    uu != next_uu)
		return at;
	while (q < end && is_data(q, line_len(q, end), &next_uu) &&
	       uu == next_uu)
		q = line_after(q, end);
	/* The last, shorter line. */
	if (!uu && q < end) {
		size_t last = line_len(q, end), quote = quote_len(q, last);
		if (last - quote >= 16 && all_base64(q + quote, last - quote))
			q = line_after(q, end);
	}
	return (size_t)(q - text);
}
