/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/header.h"

#include <glib.h>

#include <string.h>

#define NAME(text) text, sizeof(text) - 1
static const struct {
	const char *name;
	size_t len;
	enum am_mbox_field_kind kind;
} names[] = {
	{NAME("status"), AM_MBOX_F_STATUS},
	{NAME("content-length"), AM_MBOX_F_LENGTH},
	{NAME("lines"), AM_MBOX_F_LINES},
	{NAME("x-status"), AM_MBOX_F_X_STATUS},
	{NAME("x-keywords"), AM_MBOX_F_X_KEYWORDS},
	{NAME("x-uid"), AM_MBOX_F_X_UID},
	{NAME("x-imap"), AM_MBOX_F_X_IMAP},
	{NAME("x-imapbase"), AM_MBOX_F_X_IMAP},
	{NAME("x-label"), AM_MBOX_F_X_LABEL},
	{NAME("x-evolution"), AM_MBOX_F_EVOLUTION},
	{NAME("x-mailark"), AM_MBOX_F_MARK},
	{NAME("x-mozilla-status"), AM_MBOX_F_MOZ_STATUS},
	{NAME("x-mozilla-status2"), AM_MBOX_F_MOZ_STATUS2},
	{NAME("x-mozilla-keys"), AM_MBOX_F_MOZ_KEYS},
	{NAME("x-gm-thrid"), AM_MBOX_F_GM_THRID},
	{NAME("x-gmail-labels"), AM_MBOX_F_GM_LABELS},
};

bool am_mbox_header_shaped(const uint8_t *at, const uint8_t *end)
{
	const uint8_t *p = at;
	while (p<end && * p> ' ' && *p < 0x7f && *p != ':')
		p++;
	if (p == at)
		return false;
	while (p < end && (*p == ' ' || *p == '\t')) /* RFC 5322 §4.5.8 */
		p++;
	return p < end && *p == ':';
}

size_t am_mbox_blank_at(const uint8_t *at, const uint8_t *end, uint8_t eol)
{
	if (at < end && *at == eol)
		return 1;
	if (eol == '\n' && end - at >= 2 && at[0] == '\r' && at[1] == '\n')
		return 2;
	return 0;
}

/* Names are letters, digits and '-', for all of which bit 5 is free or set;
 * the tables are in lower case. */
static bool same(const char *name, const char *lower, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((name[i] | 0x20) != lower[i])
			return false;
	return true;
}

static enum am_mbox_field_kind kind_of(const char *name, size_t len)
{
	char c = (char)(name[0] | 0x20);
	if (c != 'x' && c != 's' && c != 'c' && c != 'l')
		return AM_MBOX_F_OTHER;
	for (size_t i = 0; i < AM_COUNT(names); i++)
		if (names[i].name[0] == c && names[i].len == len &&
		    same(name, names[i].name, len))
			return names[i].kind;
	return AM_MBOX_F_OTHER;
}

const char *am_mbox_field_value(const struct am_mbox_field *field,
                                const uint8_t *block, size_t *len)
{
	const char *s = (const char *)block + field->value;
	const char *end = (const char *)block + field->at + field->len;
	while (s < end && g_ascii_isspace(*s))
		s++;
	while (end > s && g_ascii_isspace(end[-1]))
		end--;
	*len = (size_t)(end - s);
	return s;
}

static void add(struct am_mbox_header *h, const struct am_mbox_field *field)
{
	const size_t keep_first = 8;
	if (h->n_fields == AM_MBOX_FIELDS) {
		memmove(h->fields + keep_first, h->fields + keep_first + 1,
		        (AM_MBOX_FIELDS - keep_first - 1) *
		                sizeof(h->fields[0]));
		h->n_fields--;
	}
	h->fields[h->n_fields++] = *field;
}

static void read_length(struct am_mbox_header *h,
                        const struct am_mbox_field *field, const uint8_t *block)
{
	size_t len;
	const char *s = am_mbox_field_value(field, block, &len);
	uint64_t n = 0;
	h->length = UINT64_MAX;
	if (h->n_lengths++ || !len || len > 18)
		return;
	for (size_t i = 0; i < len; i++) {
		if (!g_ascii_isdigit(s[i]))
			return;
		n = n * 10 + (uint64_t)(s[i] - '0');
	}
	h->length = n;
}

static bool is(const uint8_t *at, size_t len, const char *name, size_t want)
{
	return want == len && same((const char *)at, name, len);
}

/* Does a field that matters here begin with this letter?  Most do not, and
 * half the time of reading an mbox would go into looking at them. */
static bool may_matter(uint8_t c)
{
	switch (c | 0x20) {
	case '>':
	case 'c':
	case 'd':
	case 'f':
	case 'l':
	case 'r':
	case 's':
	case 'x':
		return true;
	default:
		return false;
	}
}

/* One field, [at, end) with its folds and line ends. */
static void look_at(struct am_mbox_header *h, const uint8_t *block,
                    const uint8_t *at, const uint8_t *end)
{
	const uint8_t *p = at;
	if (!may_matter(*at))
		return;
	while (p<end && * p> ' ' && *p < 0x7f && *p != ':')
		p++;
	size_t n = (size_t)(p - at);
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	if (p == end || *p != ':' || !n)
		return;
	struct am_mbox_field field = {
		.at = (uint32_t)(at - block),
		.len = (uint32_t)(end - at),
		.value = (uint32_t)(p + 1 - block),
		.ordinal = h->n_lines - 1,
	};
	uint32_t value_len = (uint32_t)(end - p - 1);
	switch (*at | 0x20) {
	case '>': /* '>' | 0x20 is '>' */
		h->quoted_from |= is(at, n, NAME(">from"));
		return;
	case 'f':
		h->from_field |= is(at, n, NAME("from"));
		return;
	case 'd':
		if (!h->date && is(at, n, NAME("date"))) {
			h->date = field.value;
			h->date_len = value_len;
		}
		return;
	case 'r':
		if (!h->received && is(at, n, NAME("received"))) {
			h->received = field.value;
			h->received_len = value_len;
		}
		return;
	case 's':
		if (is(at, n, NAME("subject")) &&
		    memmem(p, (size_t)(end - p), "FOLDER INTERNAL DATA", 20))
			h->internal_data = true;
		break;
	default:
		break;
	}
	field.kind = kind_of((const char *)at, n);
	if (field.kind == AM_MBOX_F_OTHER)
		return;
	if (field.kind == AM_MBOX_F_LENGTH)
		read_length(h, &field, block);
	add(h, &field);
}

void am_mbox_header_scan(struct am_mbox_header *h, const uint8_t *data,
                         size_t len, uint8_t eol)
{
	if (len > AM_MBOX_HEADER_MAX)
		len = AM_MBOX_HEADER_MAX;
	const uint8_t *end = data + len, *at = data;
	/* The array stays as it is: n_fields says what of it counts. */
	h->n_lines = 0;
	h->n_fields = 0;
	h->n_lengths = 0;
	h->length = UINT64_MAX;
	h->blank = 0;
	h->from_field = h->quoted_from = h->internal_data = false;
	h->date = h->received = 0;
	while (at < end && !(h->blank = am_mbox_blank_at(at, end, eol))) {
		const uint8_t *next = at;
		do {
			next = memchr(next, eol, (size_t)(end - next));
			next = next ? next + 1 : end;
		} while (next < end && (*next == ' ' || *next == '\t'));
		h->n_lines++;
		look_at(h, data, at, next);
		at = next;
	}
	h->len = (size_t)(at - data);
	/* A length without a body to measure it from is of no use. */
	if (!h->blank || h->n_lengths != 1)
		h->length = UINT64_MAX;
}
