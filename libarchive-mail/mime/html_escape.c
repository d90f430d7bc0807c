/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mime/html_safe.h"

#include <string.h>

void am_html_escape(GString *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		switch (text[i]) {
		case '&':
			g_string_append(out, "&amp;");
			break;
		case '<':
			g_string_append(out, "&lt;");
			break;
		case '>':
			g_string_append(out, "&gt;");
			break;
		case '"':
			g_string_append(out, "&quot;");
			break;
		case '\'':
			g_string_append(out, "&#39;");
			break;
		case '\0':
			g_string_append(out, "\xEF\xBF\xBD");
			break;
		default:
			g_string_append_c(out, text[i]);
		}
	}
}

/* Length of an address at the front of the text, 0: none is there. */
static size_t address_length(const char *s, size_t len)
{
	static const char *const schemes[] = {"https://", "http://"};
	size_t begin = 0, n;

	for (size_t i = 0; i < G_N_ELEMENTS(schemes); i++)
		if (len > strlen(schemes[i]) &&
		    !g_ascii_strncasecmp(s, schemes[i], strlen(schemes[i])))
			begin = strlen(schemes[i]);
	if (!begin)
		return 0;
	for (n = begin; n < len; n++)
		if ((uint8_t)s[n] <= ' ' || strchr("<>\"'\\^`{|}", s[n]))
			break;
	/* What ends a sentence or a parenthesis ends the address. */
	while (n > begin && strchr(".,;:!?)]*_", s[n - 1]))
		n--;
	return n > begin ? n : 0;
}

void am_html_escape_linked(GString *out, const char *text, size_t len)
{
	size_t done = 0;

	for (size_t i = 0; i < len; i++) {
		bool word = i && g_ascii_isalnum(text[i - 1]);
		size_t n = !word && (text[i] | 0x20) == 'h'
		                   ? address_length(text + i, len - i)
		                   : 0;
		if (!n)
			continue;
		am_html_escape(out, text + done, i - done);
		g_string_append(out, "<a rel=\"noopener noreferrer nofollow\" "
		                     "href=\"");
		am_html_escape(out, text + i, n);
		g_string_append(out, "\">");
		am_html_escape(out, text + i, n);
		g_string_append(out, "</a>");
		i += n - 1;
		done = i + 1;
	}
	am_html_escape(out, text + done, len - done);
}
