/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Beside the list: what there is, and what narrows a search. */
#include "cmd/browse/cells.h"
#include "cmd/browse/model.h"
#include "cmd/out.h"
#include "cmd/searched.h"
#include "model/folder.h"
#include "store/archive.h"

#include <string.h>

size_t side_width(const struct browse *b)
{
	if (b->side_hidden || b->columns < 60)
		return 0;
	return MIN(b->columns / 4, 32);
}

/* Quoted for a query: it knows no way to write a quotation mark within. */
static char *quoted(const char *field, const char *value)
{
	char *text = g_strdup_printf("%s:\"%s\"", field, value);

	for (char *p = strchr(text, '"') + 1; *p; p++)
		if (*p == '"' && p[1])
			*p = '?';
	return text;
}

static void add(struct browse *b, const char *label, char *filter,
                uint64_t count)
{
	struct side_row row = {cells_clean(label, false), filter, count};

	g_array_append_val(b->side, row);
}

static void clear(struct browse *b)
{
	for (guint i = 0; i < b->side->len; i++) {
		struct side_row *row =
			&g_array_index(b->side, struct side_row, i);
		g_free(row->label);
		g_free(row->filter);
	}
	g_array_set_size(b->side, 0);
}

static int add_folder(void *user, int64_t id, const struct am_folder *folder,
                      uint64_t messages, uint64_t unseen, uint64_t bytes,
                      struct am_error *err)
{
	struct browse *b = user;

	(void)id, (void)unseen, (void)bytes, (void)err;
	if (!folder->depth)
		return AM_OK;
	char *path = am_folder_print(folder);
	GString *label = g_string_new(NULL);
	for (size_t i = 1; i < folder->depth; i++)
		g_string_append(label, "  ");
	g_string_append(label, folder->parts[folder->depth - 1]);
	add(b, label->str, quoted("folder", path), messages);
	g_string_free(label, TRUE);
	g_free(path);
	return AM_OK;
}

void side_read(struct browse *b)
{
	struct am_error err = {0};

	clear(b);
	add(b, "Folders", NULL, 0);
	for (size_t i = 0; i < b->n_in; i++)
		if (!b->in[i].index &&
		    am_archive_folders(b->in[i].archive, add_folder, b, &err))
			browse_say_error(b, &err);
	b->side_at = MIN(b->side_at, b->side->len - 1);
}

/* The row with this filter, or the one that was there. */
static void stay_on(struct browse *b, const char *filter)
{
	for (guint i = 0; filter && i < b->side->len; i++)
		if (!g_strcmp0(
			    g_array_index(b->side, struct side_row, i).filter,
			    filter))
			b->side_at = i;
	b->side_at = MIN(b->side_at, b->side->len ? b->side->len - 1 : 0);
}

void side_take(struct browse *b, const struct division *divisions, size_t n)
{
	static const char *const titles[AM_FACET_COUNT] = {
		[AM_FACET_YEAR] = "Years",     [AM_FACET_FROM] = "From",
		[AM_FACET_DOMAIN] = "Domains", [AM_FACET_LIST] = "Lists",
		[AM_FACET_FOLDER] = "Folders", [AM_FACET_TYPE] = "Attachments",
		[AM_FACET_SIZE] = "Sizes",
	};
	char *filter = NULL;

	if (b->side_at < b->side->len)
		filter = g_strdup(
			g_array_index(b->side, struct side_row, b->side_at)
				.filter);
	side_read(b);
	/* Nothing stands under the heading. */
	if (b->side->len == 1)
		clear(b);
	for (size_t i = 0; i < n; i++) {
		if (!i || divisions[i].facet != divisions[i - 1].facet) {
			if (b->side->len)
				add(b, "", NULL, 0);
			add(b, titles[divisions[i].facet], NULL, 0);
		}
		add(b, *divisions[i].text ? divisions[i].text : "(top)",
		    g_strdup(divisions[i].query), divisions[i].count);
	}
	stay_on(b, filter);
	g_free(filter);
}

/* Where the filter stands in the query as a word of its own; NULL: it does not.
 */
static char *filter_in(char *query, const char *filter)
{
	size_t len = strlen(filter);

	for (char *at = query; (at = strstr(at, filter)); at++)
		if ((at == query || at[-1] == ' ') &&
		    (!at[len] || at[len] == ' '))
			return at;
	return NULL;
}

static void toggle(struct browse *b, const char *filter)
{
	char *query = g_strdup(b->query.text);
	char *at = filter_in(query, filter);

	if (at) {
		memmove(at, at + strlen(filter),
		        strlen(at + strlen(filter)) + 1);
		char *two = strstr(query, "  ");
		if (two)
			memmove(two, two + 1, strlen(two));
		edit_set(&b->query, g_strstrip(query));
	} else {
		char *more = g_strdup_printf("%s %s", query, filter);
		edit_set(&b->query, g_strstrip(more));
		g_free(more);
	}
	g_free(query);
	thread_close(b);
	browse_search(b, false);
}

bool side_act(struct browse *b, enum action action)
{
	const struct side_row *row;

	if (list_move(&b->side_at, b->side->len, browse_height(b), action))
		return true;
	switch (action) {
	case ACT_OPEN:
		if (b->side_at >= b->side->len)
			return true;
		row = &g_array_index(b->side, struct side_row, b->side_at);
		if (row->filter)
			toggle(b, row->filter);
		return true;
	case ACT_SIDE:
	case ACT_BACK:
		b->view = VIEW_LIST;
		return true;
	default:
		return false;
	}
}

static void draw_row(struct browse *b, struct frame *f, size_t y, size_t at)
{
	const struct side_row *row =
		&g_array_index(b->side, struct side_row, at);
	size_t columns = side_width(b) - 2, wide;
	bool on = row->filter && filter_in(b->query.text, row->filter);
	enum style style = !row->filter ? STYLE_NAME
	                   : on         ? STYLE_FOUND
	                                : STYLE_PLAIN;
	char n[OUT_ROOM] = "";

	if (row->filter)
		out_count(row->count, n);
	wide = strlen(n) + 1 < columns ? columns - strlen(n) - 1 : columns;
	if (wide == columns)
		*n = '\0';
	frame_put(f, y, 0, columns, style, "");
	frame_put(f, y, 0, wide, style, row->label);
	if (*n)
		frame_put(f, y, wide + 1, strlen(n),
		          style == STYLE_PLAIN ? STYLE_DIM : style, n);
	if (b->view == VIEW_SIDE && at == b->side_at)
		frame_style(f, y, 0, columns, STYLE_SELECTED);
}

void side_draw(struct browse *b, struct frame *f)
{
	size_t width = side_width(b), rows = browse_height(b);
	struct list where = {
		.at = b->side_at, .top = b->side_top, .n = b->side->len};

	if (!width)
		return;
	list_keep_in_sight(&where, rows);
	b->side_top = where.top;
	for (size_t i = 0; i < rows; i++) {
		if (where.top + i < b->side->len)
			draw_row(b, f, 2 + i, where.top + i);
		frame_put(f, 2 + i, width - 1, 1, STYLE_DIM, "│");
	}
}
