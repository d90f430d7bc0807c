/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * HTML: cut anywhere it gives the same text as in one piece, and from valid
 * UTF-8 only valid UTF-8 comes, in every piece.
 */
#include "base/charset.h"
#include "mime/html.h"

#include <glib.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct result {
	GString *text;
	bool valid;
};

static void add(void *user, bool quoted, const char *s, size_t len)
{
	struct result *r = user;

	if (!len || (r->valid && !am_utf8_valid(s, len)))
		abort();
	if (quoted)
		g_string_append_c(r->text, '\1');
	g_string_append_len(r->text, s, (gssize)len);
}

static void add_link(void *user, const char *url, size_t len)
{
	add(user, false, url, len);
}

static void run(struct result *r, const char *s, size_t len, size_t step,
                unsigned mode)
{
	struct am_html *html = am_html_new(add, r, mode & 1);

	if (mode & 2)
		am_html_links(html, add_link);

	for (size_t i = 0; i < len; i += step) {
		/* Copied, so that looking past the piece is seen. */
		size_t n = step < len - i ? step : len - i;
		char *piece = malloc(n);
		memcpy(piece, s + i, n);
		am_html_feed(html, piece, n);
		free(piece);
	}
	am_html_finish(html);
	am_html_free(&html);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len < 2)
		return 0;
	size_t step = data[0] % 7 + 1;
	unsigned mode = data[1] & 3;
	const char *s = (const char *)data + 2;
	bool valid = am_utf8_valid(s, len - 2);
	struct result whole = {g_string_new(NULL), valid};
	struct result pieces = {g_string_new(NULL), valid};

	run(&whole, s, len - 2, len, mode);
	run(&pieces, s, len - 2, step, mode);
	if (!g_string_equal(whole.text, pieces.text))
		abort();
	g_string_free(whole.text, TRUE);
	g_string_free(pieces.text, TRUE);
	return 0;
}
