/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mime/text_whole.h"

#include "mime/text.h"

#include <string.h>

struct gathering {
	GString *text;
	char *section; /* of the last piece */
	bool marked;
};

/* Between one part and the next. */
static void part(GString *text)
{
	if (!text->len)
		return;
	if (text->str[text->len - 1] != '\n')
		g_string_append_c(text, '\n');
	if (text->len > 1 && text->str[text->len - 2] != '\n')
		g_string_append_c(text, '\n');
}

static int add(void *user, enum am_text_kind kind, const char *section,
               const char *s, size_t len, struct am_error *err)
{
	struct gathering *g = user;

	(void)err;
	if (g_strcmp0(g->section, section)) {
		part(g->text);
		if (g->marked && kind == AM_TEXT_ATTACHMENT)
			g_string_append_printf(g->text, "[attachment %s]\n",
			                       section);
		g_free(g->section);
		g->section = g_strdup(section);
	}
	g_string_append_len(g->text, s, (gssize)len);
	return AM_OK;
}

int am_text_whole(GString **out, const struct am_blob *raw,
                  const struct am_scan *scan, const struct am_limits *limits,
                  bool marked, bool *cut, struct am_error *err)
{
	static const struct am_text_options options = {
		.best_alternative = true,
		.keep_layout = true,
	};
	struct gathering g = {.text = g_string_new(NULL), .marked = marked};

	int r = am_text_read(raw, scan, &options, limits, add, &g, cut, err);
	g_free(g.section);
	*out = g.text;
	return r;
}
