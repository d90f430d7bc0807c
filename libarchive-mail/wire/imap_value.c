/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/imap.h"

#include <glib.h>

#include <string.h>

static bool has_text(const struct am_imap_value *v)
{
	return v->type == AM_IMAP_ATOM || v->type == AM_IMAP_STRING ||
	       v->type == AM_IMAP_LITERAL;
}

bool am_imap_is(const struct am_imap_value *v, const char *word)
{
	size_t len = strlen(word);

	return has_text(v) && v->len == len &&
	       !g_ascii_strncasecmp(v->text, word, len);
}

const char *am_imap_text(const struct am_imap_value *v)
{
	return has_text(v) ? v->text : NULL;
}

bool am_imap_number(const struct am_imap_value *v, uint64_t *out)
{
	uint64_t n = 0;

	if (!has_text(v) || !v->len)
		return false;
	for (uint64_t i = 0; i < v->len; i++) {
		char c = v->text[i];
		if (c < '0' || c > '9')
			return false;
		uint64_t digit = (uint64_t)(c - '0');
		if (n > (UINT64_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*out = n;
	return true;
}
