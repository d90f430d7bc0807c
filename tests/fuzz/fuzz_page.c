/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A message on the screen of mailark browse: whatever its bytes are, rows are
 * as wide as the screen and nothing but letters is on it.
 *
 *   byte 0: the width; byte 1: bit 0 all headers, 1 HTML, 2 the order it is
 * seen
 */
#include "base/blob.h"
#include "base/utf8.h"
#include "cmd/browse/cells.h"
#include "cmd/browse/page.h"

#include <glib.h>

#include <locale.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		abort();
	return 0;
}

static bool may_be_seen(gunichar c)
{
	/* The one mark of direction is the fence between two texts. */
	return c >= 0x20 && (c < 0x7F || c >= 0xA0) &&
	       (c == 0x200E || c == 0x200C ||
	        g_unichar_type(c) != G_UNICODE_FORMAT);
}

static void check(const struct frame *f)
{
	for (size_t y = 0; y < f->rows; y++)
		for (size_t x = 0; x < f->columns; x++) {
			const struct cell *c = &f->cells[y * f->columns + x];
			size_t n = strlen(c->text), columns = 0;
			if (!am_utf8_valid(c->text, n))
				abort();
			for (const char *p = c->text; *p;
			     p = g_utf8_next_char(p))
				if (!may_be_seen(g_utf8_get_char(p)))
					abort();
			cells_cut(c->text, 9, &columns);
			/* The second half of a wide one is empty. */
			if (columns > 2 ||
			    (columns == 2 && x + 1 < f->columns && *c[1].text))
				abort();
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct am_blob *raw = NULL;
	struct page *page = NULL;
	struct am_error err;
	struct finds finds;

	if (len < 2)
		return 0;
	size_t columns = 2 + data[0];
	if (am_blob_copy(&raw, data + 2, len - 2, &err))
		return 0;
	finds_of_query(&finds, "a \"b c\" d*");
	const struct page_how how = {data[1] & 1, data[1] & 2};
	if (!page_read_raw(&page, raw, &how, &err)) {
		size_t lines = page_layout(page, columns);
		for (size_t top = 0; top < lines; top += 16) {
			struct frame *f = frame_new(16, columns);
			f->seen_order = data[1] & 4;
			page_draw(page, f, 0, 16, top, &finds);
			check(f);
			frame_free(&f);
		}
		page_find(page, &finds, lines ? lines - 1 : 0, true);
	}
	finds_clear(&finds);
	page_free(&page);
	am_blob_unref(&raw);
	return 0;
}
