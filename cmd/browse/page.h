/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_BROWSE_PAGE_H
#define MAILARK_BROWSE_PAGE_H

#include "base/error.h"
#include "cmd/browse/find.h"
#include "cmd/browse/frame.h"

struct am_archive;
struct am_blob;
struct am_scan;

/*
 * A message to be read: headers, what is attached, the text with what is quoted
 * set back, HTML as text with the links it has at the end.  Everything in it is
 * clean; how it breaks into lines depends on the width.
 */
struct page;

struct page_file {
	size_t part;                 /* index into the scan */
	char *section, *name, *type; /* clean; name "" where it has none */
	char *title;   /* as the file is called, not clean; may be NULL */
	uint64_t size; /* as encoded */
};

struct page_how {
	bool all_headers; /* every field as it stands, decoded */
	bool html;        /* not the plain text, where there are both */
};
AM_MUST_USE int page_read(struct page **out, struct am_archive *archive,
                          int64_t id, const struct page_how *how,
                          struct am_error *err);
/* Of its bytes alone, which are in no archive. */
AM_MUST_USE int page_read_raw(struct page **out, struct am_blob *raw,
                              const struct page_how *how, struct am_error *err);
void page_free(struct page **page);

const struct am_blob *page_raw(const struct page *page);
const struct am_scan *page_scan(const struct page *page);
const struct page_file *page_files(const struct page *page, size_t *n);
const char *page_subject(const struct page *page);

/* Break it for this width; how many lines that makes. */
size_t page_layout(struct page *page, size_t columns);
/* The lines from `top` on; what is looked for is seen in them. */
void page_draw(const struct page *page, struct frame *frame, size_t y,
               size_t rows, size_t top, const struct finds *finds);
/* The first line from `line` on, or up from it, that holds some of it;
 * SIZE_MAX: none. */
size_t page_find(const struct page *page, const struct finds *finds,
                 size_t line, bool up);

#endif
