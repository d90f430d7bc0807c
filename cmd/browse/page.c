/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/browse/page_impl.h"

#include "base/arena.h"
#include "base/blob.h"
#include "cmd/browse/bidi.h"
#include "cmd/browse/cells.h"

#include <string.h>

static void clear_line(gpointer data)
{
	g_free(((struct page_line *)data)->text);
}

static void clear_file(gpointer data)
{
	struct page_file *f = data;

	g_free(f->section);
	g_free(f->name);
	g_free(f->type);
	g_free(f->title);
}

void page_add(GArray *lines, enum style style, size_t name, char *text)
{
	struct page_line line = {
		style, name, bidi_needed(text) && bidi_from_right(text), text};

	g_array_append_val(lines, line);
}

struct page *page_new(void)
{
	struct page *p = g_new0(struct page, 1);

	p->arena = am_arena_new();
	p->files = g_array_new(FALSE, FALSE, sizeof(struct page_file));
	p->whole = g_array_new(FALSE, FALSE, sizeof(struct page_line));
	p->lines = g_array_new(FALSE, FALSE, sizeof(struct page_line));
	g_array_set_clear_func(p->files, clear_file);
	g_array_set_clear_func(p->whole, clear_line);
	g_array_set_clear_func(p->lines, clear_line);
	return p;
}

void page_free(struct page **page)
{
	struct page *p = *page;

	if (!p)
		return;
	am_blob_unref(&p->raw);
	am_arena_free(&p->arena);
	g_array_unref(p->files);
	g_array_unref(p->whole);
	g_array_unref(p->lines);
	g_free(p->subject);
	g_free(p);
	*page = NULL;
}

const struct am_blob *page_raw(const struct page *p)
{
	return p->raw;
}

const struct am_scan *page_scan(const struct page *p)
{
	return &p->scan;
}

const struct page_file *page_files(const struct page *p, size_t *n)
{
	*n = p->files->len;
	return (const struct page_file *)(const void *)p->files->data;
}

const char *page_subject(const struct page *p)
{
	return p->subject;
}

struct breaking {
	struct page *page;
	const struct page_line *of;
	int hang; /* columns before all lines but the first */
	bool first;
};

/* Behind the name of a field. */
enum { HANG = 4, HANG_LEAST = 20 };

static void add_broken(void *user, const char *s, size_t len)
{
	struct breaking *b = user;

	page_add(b->page->lines, b->of->style, b->first ? b->of->name : 0,
	         g_strdup_printf("%*s%.*s", b->first ? 0 : b->hang, "",
	                         (int)len, s));
	b->first = false;
}

size_t page_layout(struct page *p, size_t columns)
{
	if (p->columns == columns)
		return p->lines->len;
	p->columns = columns;
	g_array_set_size(p->lines, 0);
	for (guint i = 0; i < p->whole->len; i++) {
		struct breaking b = {
			.page = p,
			.of = &g_array_index(p->whole, struct page_line, i),
			.first = true};
		if (b.of->name && columns >= HANG_LEAST)
			b.hang = HANG;
		cells_wrap(b.of->text, columns, (size_t)b.hang, add_broken, &b);
	}
	return p->lines->len;
}

static void show_found(struct frame *f, size_t y, const char *text,
                       const struct finds *finds)
{
	const char *at = text;
	size_t len;

	/* In another order than it is seen in: then the whole line. */
	if (bidi_needed(text)) {
		if (finds_next(finds, text, text, &len))
			frame_style(f, y, 0, f->columns, STYLE_FOUND);
		return;
	}
	while ((at = finds_next(finds, text, at, &len))) {
		char *before = g_strndup(text, (size_t)(at - text));
		char *found = g_strndup(at, len);
		frame_style(f, y, cells_width(before), cells_width(found),
		            STYLE_FOUND);
		g_free(before);
		g_free(found);
		at += len;
	}
}

void page_draw(const struct page *p, struct frame *f, size_t y, size_t rows,
               size_t top, const struct finds *finds)
{
	for (size_t i = 0; i < rows && top + i < p->lines->len; i++) {
		const struct page_line *line =
			&g_array_index(p->lines, struct page_line, top + i);
		(line->right ? frame_put_right : frame_put)(
			f, y + i, 0, p->columns, line->style, line->text);
		if (line->name)
			frame_style(f, y + i, 0, line->name, STYLE_NAME);
		show_found(f, y + i, line->text, finds);
	}
}

size_t page_find(const struct page *p, const struct finds *finds, size_t line,
                 bool up)
{
	size_t len;

	for (size_t i = line; i < p->lines->len; i += up ? -1UL : 1UL) {
		const char *text =
			g_array_index(p->lines, struct page_line, i).text;
		if (finds_next(finds, text, text, &len))
			return i;
	}
	return SIZE_MAX;
}
