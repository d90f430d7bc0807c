/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a message, and the list of what is attached to it. */
#include "cmd/browse/cells.h"
#include "cmd/browse/model.h"
#include "cmd/browse/page.h"
#include "cmd/out.h"
#include "cmd/searched.h"

#include <string.h>

static bool read_message(struct browse *b, const struct hit *hit)
{
	struct am_error err = {0};
	struct page *page = NULL;

	if (page_read(&page, b->in[hit->archive].archive, hit->id, &b->how,
	              &err)) {
		browse_say_error(b, &err);
		return false;
	}
	page_free(&b->page);
	b->page = page;
	b->page_hit = *hit;
	b->line = 0;
	b->file_at = b->file_top = 0;
	return true;
}

void reader_open(struct browse *b, const struct hit *hit)
{
	if (!read_message(b, hit))
		return;
	/* What was searched for is seen in what was found. */
	finds_clear(&b->finds);
	finds_of_query(&b->finds, b->query.text);
	g_clear_pointer(&b->find, g_free);
	browse_push(b, VIEW_MESSAGE);
}

/* The next or the last one in the list. */
static void go_to(struct browse *b, enum action action)
{
	struct list *l = list_now(b);

	if (action == ACT_NEXT_MESSAGE ? l->at + 1 >= l->n : !l->at) {
		browse_say(b, STYLE_DIM, "there is no %s message",
		           action == ACT_NEXT_MESSAGE ? "next" : "earlier");
		return;
	}
	list_move(&l->at, l->n, 1,
	          action == ACT_NEXT_MESSAGE ? ACT_DOWN : ACT_UP);
	list_more(b);
	read_message(b, &l->hits[l->at]);
}

static size_t reader_height(const struct browse *b)
{
	/* The bar on top, the line at the bottom. */
	return b->rows > 3 ? b->rows - 2 : 1;
}

static size_t last_top(struct browse *b)
{
	size_t n = page_layout(b->page, b->columns), rows = reader_height(b);

	return n > rows ? n - rows : 0;
}

static void go_to_found(struct browse *b, size_t from, bool up)
{
	if (!b->finds.n) {
		browse_say(b, STYLE_DIM, "/ looks for something");
		return;
	}
	page_layout(b->page, b->columns);
	size_t at = page_find(b->page, &b->finds, from, up);
	if (at != SIZE_MAX)
		b->line = at;
	else if (b->find)
		browse_say(b, STYLE_DIM, "no more \"%s\"", b->find);
	else
		browse_say(b, STYLE_DIM, "no more of what was searched for");
}

static void find(struct browse *b, const char *text)
{
	finds_clear(&b->finds);
	finds_of_text(&b->finds, text);
	g_free(b->find);
	b->find = b->finds.n ? g_strdup(text) : NULL;
	if (b->find)
		go_to_found(b, b->line, false);
}

static void show_files(struct browse *b)
{
	size_t n;

	page_files(b->page, &n);
	if (n)
		browse_push(b, VIEW_FILES);
	else
		browse_say(b, STYLE_DIM, "nothing is attached");
}

bool reader_act(struct browse *b, enum action action)
{
	size_t last = last_top(b);

	if (list_move(&b->line, last + 1, reader_height(b), action))
		return true;
	switch (action) {
	case ACT_NEXT_MESSAGE:
	case ACT_PREVIOUS_MESSAGE:
		go_to(b, action);
		return true;
	case ACT_THREAD:
		thread_open(b, &b->page_hit);
		return true;
	case ACT_HEADERS:
		b->how.all_headers = !b->how.all_headers;
		read_message(b, &b->page_hit);
		return true;
	case ACT_HTML:
		b->how.html = !b->how.html;
		read_message(b, &b->page_hit);
		browse_say(b, STYLE_DIM, "%s, where there are both",
		           b->how.html ? "HTML" : "plain text");
		return true;
	case ACT_FIND:
		browse_prompt(b, "look for: ", b->find, find);
		return true;
	case ACT_FIND_NEXT:
		go_to_found(b, b->line + 1, false);
		return true;
	case ACT_FIND_PREVIOUS:
		go_to_found(b, b->line - 1, true);
		return true;
	case ACT_FILES:
		show_files(b);
		return true;
	case ACT_EXPORT:
		doing_export(b);
		return true;
	case ACT_PIPE:
		doing_pipe(b);
		return true;
	default:
		return false;
	}
}

void reader_draw(struct browse *b, struct frame *f)
{
	size_t n = page_layout(b->page, f->columns), rows = reader_height(b);
	size_t last = n > rows ? n - rows : 0;
	size_t seen = n ? MIN(b->line + rows, n) * 100 / n : 100;

	b->line = MIN(b->line, n ? n - 1 : 0);
	frame_put(f, 0, 0, f->columns, STYLE_BAR, page_subject(b->page));
	page_draw(b->page, f, 1, rows, b->line, &b->finds);
	if (last && f->columns > 8)
		frame_print(f, 0, f->columns - 5, 5, STYLE_BAR, "%4zu%%", seen);
}

/* ---- what is attached ---------------------------------------------------- */

bool files_act(struct browse *b, enum action action)
{
	size_t n;

	page_files(b->page, &n);
	if (list_move(&b->file_at, n, reader_height(b), action))
		return true;
	switch (action) {
	case ACT_OPEN:
		doing_open(b);
		return true;
	case ACT_SAVE:
		doing_save(b, false);
		return true;
	case ACT_SAVE_ALL:
		doing_save(b, true);
		return true;
	default:
		return false;
	}
}

void files_draw(struct browse *b, struct frame *f)
{
	size_t n, rows = reader_height(b);
	const struct page_file *files = page_files(b->page, &n);
	struct list where = {.at = b->file_at, .top = b->file_top, .n = n};

	list_keep_in_sight(&where, rows);
	b->file_top = where.top;
	frame_print(f, 0, 0, f->columns, STYLE_BAR, "Attached to: %s",
	            page_subject(b->page));
	for (size_t i = 0; i < rows && where.top + i < n; i++) {
		const struct page_file *file = &files[where.top + i];
		char size[OUT_ROOM];
		size_t y = 1 + i, x;
		out_size(file->size, size);
		x = frame_print(f, y, 1, 6, STYLE_DIM, "%s", file->section);
		x = MAX(x + 2, 8);
		frame_print(f, y, x, 10, STYLE_PLAIN, "%10s", size);
		x += 12;
		size_t type = MIN(f->columns / 3, 28);
		if (f->columns > x + type + 10)
			frame_put(f, y, f->columns - type, type, STYLE_DIM,
			          file->type);
		else
			type = 0;
		if (f->columns > x + type)
			frame_put(f, y, x, f->columns - x - type - (type > 0),
			          STYLE_PLAIN,
			          *file->name ? file->name : "(no name)");
		if (where.top + i == b->file_at)
			frame_style(f, y, 0, f->columns, STYLE_SELECTED);
	}
}
