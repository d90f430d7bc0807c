/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/csv_text.h"

#include <string.h>

static void begin(struct am_csv *row)
{
	if (row->begun)
		g_string_append_c(row->text, ',');
	row->begun = true;
}

void am_csv_cell(struct am_csv *row, const char *text)
{
	bool quoted;

	begin(row);
	text = text ? text : "";
	if (!*text && !row->quote_all)
		return;
	quoted = row->quote_all || strpbrk(text, ",\"\r\n") || *text == ' ';
	if (quoted)
		g_string_append_c(row->text, '"');
	if (row->guard && *text && strchr("=+-@\t\r", *text))
		g_string_append_c(row->text, '\'');
	for (const char *p = text; *p; p++) {
		if (*p == '"')
			g_string_append_c(row->text, '"');
		g_string_append_c(row->text, *p);
	}
	if (quoted)
		g_string_append_c(row->text, '"');
}

void am_csv_uint(struct am_csv *row, uint64_t n)
{
	begin(row);
	g_string_append_printf(
		row->text, row->quote_all ? "\"%" PRIu64 "\"" : "%" PRIu64, n);
}

void am_csv_end(struct am_csv *row)
{
	g_string_append(row->text, "\r\n");
	row->begun = false;
}

/* One cell; *more: a comma follows it. */
static char *parse_cell(const char **at, const char *end, bool *more)
{
	GString *cell = g_string_new(NULL);
	const char *p = *at;
	bool quoted = p < end && *p == '"';

	for (p += quoted; p < end; p++) {
		if (quoted && *p == '"') {
			if (p + 1 < end && p[1] == '"')
				p++;
			else {
				quoted = false;
				continue;
			}
		} else if (!quoted &&
		           (*p == ',' || *p == '\n' ||
		            (*p == '\r' && p + 1 < end && p[1] == '\n'))) {
			break;
		}
		g_string_append_c(cell, *p);
	}
	*more = p < end && *p == ',';
	if (p < end && *p == '\r')
		p++;
	*at = p < end ? p + 1 : end;
	return g_string_free(cell, FALSE);
}

char **am_csv_parse(const char **at, const char *end)
{
	GPtrArray *cells;
	bool more = true;

	if (*at >= end)
		return NULL;
	cells = g_ptr_array_new();
	while (more)
		g_ptr_array_add(cells, parse_cell(at, end, &more));
	g_ptr_array_add(cells, NULL);
	return (char **)(void *)g_ptr_array_free(cells, FALSE);
}

const char *am_csv_unguard(const char *cell)
{
	return *cell == '\'' && cell[1] && strchr("=+-@\t\r", cell[1])
	               ? cell + 1
	               : cell;
}
