/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * README's table of formats against the registry: each format has its row, the
 * row says whether it is read and written as it is, and speaks of all that it
 * keeps.
 */
#include "base/compiler.h"
#include "transfer/registry.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

/* The cells of the row that has `name` in its first cell; g_strfreev(). */
static char **row_of(char **lines, const char *name)
{
	char *want = g_strdup_printf("`%s`", name);
	char **found = NULL;

	for (char **l = lines; *l && !found; l++) {
		if (!g_str_has_prefix(*l, "| `"))
			continue;
		char **cells = g_strsplit(*l, "|", 0);
		if (g_strv_length(cells) == 6 && strstr(cells[1], want))
			found = cells;
		else
			g_strfreev(cells);
	}
	g_free(want);
	return found;
}

static const struct {
	uint32_t bit;
	const char *word;
} words[] = {
	{AM_KEEPS_BYTES, "bytes"},   {AM_KEEPS_FOLDERS, "folders"},
	{AM_KEEPS_FLAGS, "flags"},   {AM_KEEPS_LABELS, "labels"},
	{AM_KEEPS_SENDER, "sender"},
};

static void check_keeps(const struct am_format *f, const char *cell)
{
	if (strstr(cell, "everything") || strstr(cell, "as mbox"))
		return;
	for (size_t i = 0; i < AM_COUNT(words); i++)
		if (f->keeps & words[i].bit)
			cr_expect(strstr(cell, words[i].word),
			          "%s keeps %s, README does not say so",
			          f->name, words[i].word);
	if (f->keeps & AM_KEEPS_RECEIVED)
		cr_expect(strstr(cell, "date"),
		          "%s keeps the received date, README does not say so",
		          f->name);
}

Test(readme, has_a_row_for_each_format_that_is_true)
{
	const char *samples = g_getenv("SAMPLES");
	char *path =
		samples ? g_build_filename(samples, "..", "README.md", NULL)
			: g_strdup("README.md");
	char *text = NULL;

	cr_assert(g_file_get_contents(path, &text, NULL, NULL), "%s", path);
	char **lines = g_strsplit(text, "\n", 0);
	for (size_t i = 0; am_formats[i]; i++) {
		const struct am_format *f = am_formats[i];
		if (!strcmp(f->name, "null"))
			continue;
		char **cells = row_of(lines, f->name);
		cr_expect(cells, "README has no row for %s", f->name);
		if (!cells)
			continue;
		bool in = strcmp(g_strstrip(cells[2]), "no") != 0;
		bool out = strcmp(g_strstrip(cells[3]), "no") != 0;
		cr_expect_eq(in, f->open_source != NULL, "%s: in", f->name);
		cr_expect_eq(out, f->open_sink != NULL, "%s: out", f->name);
		check_keeps(f, cells[4]);
		g_strfreev(cells);
	}
	g_strfreev(lines);
	g_free(text);
	g_free(path);
}
