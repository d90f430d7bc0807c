/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_BROWSE_PAGE_IMPL_H
#define MAILARK_BROWSE_PAGE_IMPL_H

#include "cmd/browse/page.h"
#include "mime/scan.h"

#include <glib.h>

/* page_read.c makes it of a message, page.c shows it. */
struct page_line {
	enum style style;
	size_t name; /* columns at its beginning that are a field's name */
	bool right;  /* of a paragraph that begins at the right */
	char *text;
};

struct page {
	struct am_arena *arena;
	struct am_blob *raw;
	struct am_scan scan;
	char *subject;
	GArray *files; /* struct page_file */
	GArray *whole; /* struct page_line, as they came */
	GArray *lines; /* the same, broken */
	size_t columns;
};

struct page *page_new(void);
/* Takes the text. */
void page_add(GArray *lines, enum style style, size_t name, char *text);

#endif
