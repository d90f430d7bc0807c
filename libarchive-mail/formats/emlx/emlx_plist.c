/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/emlx/emlx.h"

#include <glib.h>

#include <string.h>

/* The text of the element behind <key>KEY</key>: within a string '<' is
 * escaped, so no text can look like a key. */
static const char *value_of(const char *plist, size_t len, const char *key,
                            size_t *out_len)
{
	char *tag = g_strdup_printf("<key>%s</key>", key);
	const char *end = plist + len;
	const char *at = memmem(plist, len, tag, strlen(tag));
	const char *open = NULL, *close = NULL;

	if (at)
		open = memchr(at + strlen(tag), '>',
		              (size_t)(end - at) - strlen(tag));
	if (open && open[-1] != '/')
		close = memchr(open, '<', (size_t)(end - open));
	g_free(tag);
	if (!close)
		return NULL;
	*out_len = (size_t)(close - open - 1);
	return open + 1;
}

bool am_emlx_plist_number(const char *plist, size_t len, const char *key,
                          int64_t *out)
{
	size_t n;
	const char *text = value_of(plist, len, key, &n);
	char digits[32], *end;

	if (!text || !n || n >= sizeof digits)
		return false;
	memcpy(digits, text, n);
	digits[n] = 0;
	*out = g_ascii_strtoll(digits, &end, 10);
	return end != digits && (!*end || *end == '.' || g_ascii_isspace(*end));
}

static void append_entity(GString *out, const char **at, const char *end)
{
	static const struct {
		const char *name;
		char c;
	} known[] = {{"&amp;", '&'},
	             {"&lt;", '<'},
	             {"&gt;", '>'},
	             {"&quot;", '"'},
	             {"&apos;", '\''}};

	for (size_t i = 0; i < AM_COUNT(known); i++) {
		size_t n = strlen(known[i].name);
		if ((size_t)(end - *at) >= n &&
		    !memcmp(*at, known[i].name, n)) {
			g_string_append_c(out, known[i].c);
			*at += n;
			return;
		}
	}
	g_string_append_c(out, *(*at)++);
}

char *am_emlx_plist_string(const char *plist, size_t len, const char *key)
{
	size_t n;
	const char *text = value_of(plist, len, key, &n);
	GString *out;

	if (!text)
		return NULL;
	out = g_string_new(NULL);
	for (const char *p = text; p < text + n;)
		append_entity(out, &p, text + n);
	return g_string_free(out, FALSE);
}
