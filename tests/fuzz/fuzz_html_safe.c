/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * HTML made safe: every '<' begins a tag of the few that there are, all that is
 * opened is closed in order, and what is made safe once more does not change.
 */
#include "mime/html_safe.h"
#include "mime/html_safe_names.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char *picture(void *user, const char *cid)
{
	(void)user;
	/* An address that means the same when it is read again. */
	return *cid == 'p' ? "cid:p" : NULL;
}

static GString *run(const char *html, size_t len)
{
	struct am_html_safe safe = {.picture = picture};
	GString *out = g_string_new(NULL);

	am_html_safe(&safe, out, html, len);
	return out;
}

static void check_tags(const GString *out)
{
	GPtrArray *open = g_ptr_array_new_with_free_func(g_free);

	for (const char *p = strchr(out->str, '<'); p; p = strchr(p + 1, '<')) {
		bool closing = p[1] == '/';
		const char *from = p + 1 + closing, *end = from;
		while (g_ascii_isalnum(*end))
			end++;
		char *name = g_strndup(from, (gsize)(end - from));
		enum am_html_safe_does does = am_html_safe_element(name);
		if ((does != AM_SAFE_KEEP && does != AM_SAFE_VOID) ||
		    !strchr(p, '>'))
			abort();
		if (closing) {
			if (!open->len ||
			    strcmp(open->pdata[open->len - 1], name) != 0)
				abort();
			g_ptr_array_remove_index(open, open->len - 1);
		} else if (does == AM_SAFE_KEEP) {
			g_ptr_array_add(open, g_strdup(name));
		}
		g_free(name);
	}
	if (open->len)
		abort();
	g_ptr_array_free(open, TRUE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	/* As recode.h gives it. */
	char *text = g_utf8_make_valid((const char *)data, (gssize)len);
	GString *once = run(text, strlen(text));
	GString *twice;

	check_tags(once);
	twice = run(once->str, once->len);
	if (!g_string_equal(once, twice))
		abort();
	g_string_free(once, TRUE);
	g_string_free(twice, TRUE);
	g_free(text);
	return 0;
}
