/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mapi/text_card.h"

#include <string.h>

enum { LINE = 75 };

void am_text_card_escape(GString *to, const char *value)
{
	for (; *value; value++) {
		if (*value == '\r')
			continue;
		if (*value == '\n') {
			g_string_append(to, "\\n");
			continue;
		}
		if (*value == '\\' || *value == ',' || *value == ';')
			g_string_append_c(to, '\\');
		if ((unsigned char)*value >= ' ' || *value == '\t')
			g_string_append_c(to, *value);
	}
}

void am_text_card_raw(GString *to, const char *name, const char *value)
{
	char *line = g_strdup_printf("%s:%s", name, value);
	size_t column = 0;

	for (const char *p = line; *p; p++) {
		/* Never inside of a character. */
		if (column >= LINE && ((unsigned char)*p & 0xc0) != 0x80) {
			g_string_append(to, "\r\n ");
			column = 1;
		}
		g_string_append_c(to, *p);
		column++;
	}
	g_string_append(to, "\r\n");
	g_free(line);
}

void am_text_card_line(GString *to, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	GString *escaped = g_string_new(NULL);
	am_text_card_escape(escaped, value);
	am_text_card_raw(to, name, escaped->str);
	g_string_free(escaped, TRUE);
}

void am_text_card_time(GString *to, const char *name,
                       const struct am_when *when)
{
	int y, mon, d, h, min, s;

	am_time_civil(when->sec, &y, &mon, &d, &h, &min, &s);
	g_string_append_printf(to, "%s:%04d%02d%02dT%02d%02d%02dZ\r\n", name, y,
	                       mon, d, h, min, s);
}

void am_text_card_day(GString *to, const char *name, const struct am_when *when)
{
	int y, mon, d, h, min, s;

	/* Stored as the moment the day begins where it was written; half a day
	 * later it is that day everywhere from -12:00 to +12:00. */
	am_time_civil(when->sec + 12 * 3600, &y, &mon, &d, &h, &min, &s);
	g_string_append_printf(to, "%s;VALUE=DATE:%04d%02d%02d\r\n", name, y,
	                       mon, d);
}
