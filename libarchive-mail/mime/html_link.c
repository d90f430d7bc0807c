/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mime/html_link.h"

#include <glib.h>

struct am_html_link {
	am_html_link_fn *tell;
	GString *href; /* empty: none is open */
};

struct am_html_link *am_html_link_new(am_html_link_fn *tell)
{
	struct am_html_link *l = g_new0(struct am_html_link, 1);

	l->tell = tell;
	l->href = g_string_new(NULL);
	return l;
}

void am_html_link_free(struct am_html_link **link)
{
	if (!*link)
		return;
	g_string_free((*link)->href, TRUE);
	g_free(*link);
	*link = NULL;
}

static void add(void *user, bool quoted, const char *s, size_t len)
{
	(void)quoted;
	g_string_append_len(user, s, (gssize)len);
}

void am_html_link_begin(struct am_html_link *l, const char *href, size_t len,
                        bool cut)
{
	/* The way text takes resolves its entities. */
	struct am_html_out *o = g_new0(struct am_html_out, 1);

	o->text = add;
	o->user = l->href;
	am_html_out_value(o, href, len);
	am_html_out_flush(o);
	if (cut)
		g_string_append(l->href, "…");
	g_free(o);
}

void am_html_link_end(struct am_html_link *l, struct am_html_out *out)
{
	if (!l->href->len)
		return;
	am_html_out_flush(out);
	l->tell(out->user, l->href->str, l->href->len);
	g_string_truncate(l->href, 0);
}
