/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/xml_text.h"

#include <string.h>

/* XML 1.0, production 2; c as g_utf8_get_char_validated() gives it. */
static bool allowed(gunichar c)
{
	return c == '\t' || c == '\n' || c == '\r' ||
	       (c >= 0x20 && c < 0xd800) || (c >= 0xe000 && c < 0xfffe) ||
	       (c >= 0x10000 && c < 0x110000);
}

static gunichar next(const char *s, const char *end, size_t *len)
{
	gunichar c = g_utf8_get_char_validated(s, end - s);

	*len = c > 0x10ffff ? 1 : (size_t)(g_utf8_next_char(s) - s);
	return c;
}

bool am_xml_can(const char *s, size_t len)
{
	const char *end = s + len;

	for (size_t n; s < end; s += n)
		if (!allowed(next(s, end, &n)))
			return false;
	return true;
}

void am_xml_text(GString *out, const char *s, size_t len)
{
	const char *end = s + len;

	for (size_t n; s < end; s += n) {
		gunichar c = next(s, end, &n);
		if (!allowed(c))
			g_string_append(out, "\xEF\xBF\xBD");
		else if (c == '&')
			g_string_append(out, "&amp;");
		else if (c == '<')
			g_string_append(out, "&lt;");
		else if (c == '>')
			g_string_append(out, "&gt;");
		else if (c == '"')
			g_string_append(out, "&quot;");
		else if (c == '\r') /* else it would be read as a line feed */
			g_string_append(out, "&#13;");
		else
			g_string_append_len(out, s, (gssize)n);
	}
}

void am_xml_element(GString *out, const char *name, const char *text)
{
	if (!text)
		return;
	g_string_append_printf(out, "<%s>", name);
	am_xml_text(out, text, strlen(text));
	g_string_append_printf(out, "</%s>\n", name);
}
