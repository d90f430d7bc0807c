/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole screen: the bar, the query, what is read, the line at the bottom.
 */
#include "cmd/browse/cells.h"
#include "cmd/browse/model.h"
#include "cmd/browse/page.h"
#include "cmd/out.h"
#include "cmd/searched.h"

#include <string.h>

/* ---- help ---------------------------------------------------------------- */

static const struct {
	unsigned view;
	const char *title;
} sections[] = {
	{IN(LIST), "The list"},           {IN(SEARCH), "Typing a search"},
	{IN(SIDE), "Folders and facets"}, {IN(MESSAGE), "A message"},
	{IN(FILES), "Attachments"},
};

/* "j, Down" */
static char *keys_text(const char *keys)
{
	char **words = g_strsplit(keys, " ", -1);
	char *text = g_strjoinv(", ", words);

	g_strfreev(words);
	return text;
}

/* What stands before a message in the list. */
static const struct {
	const char *letter, *meaning;
} marks[] = {
	{"*", "marked"},    {"N", "not read"}, {"D", "deleted"},
	{"d", "a draft"},   {"J", "junk"},     {"r", "answered"},
	{"f", "forwarded"}, {"!", "flagged"},  {"@", "something is attached"},
};

static size_t help_marks(struct frame *f, size_t line, size_t top, size_t rows)
{
	for (size_t i = 0; i <= AM_COUNT(marks); i++, line++) {
		size_t y = 1 + line - top;
		if (!f || line < top || line >= top + rows)
			continue;
		if (!i) {
			frame_put(f, y, 0, f->columns, STYLE_NAME,
			          "Before a message");
			continue;
		}
		frame_put(f, y, 2, 20, STYLE_STRONG, marks[i - 1].letter);
		frame_put(f, y, 23, f->columns > 23 ? f->columns - 23 : 0,
		          STYLE_PLAIN, marks[i - 1].meaning);
	}
	return line;
}

static size_t help_lines(struct frame *f, size_t top, size_t rows)
{
	size_t line = 0;

	for (size_t s = 0; s < AM_COUNT(sections); s++) {
		line += s > 0;
		if (f && line >= top && line < top + rows)
			frame_put(f, 1 + line - top, 0, f->columns, STYLE_NAME,
			          sections[s].title);
		line++;
		for (const struct key_row *k = key_rows; k->keys; k++) {
			if (!(k->views & sections[s].view))
				continue;
			if (f && line >= top && line < top + rows) {
				char *keys = keys_text(k->keys);
				size_t y = 1 + line - top;
				frame_put(f, y, 2, 20, STYLE_STRONG, keys);
				frame_put(f, y, 23,
				          f->columns > 23 ? f->columns - 23 : 0,
				          STYLE_PLAIN, k->help);
				g_free(keys);
			}
			line++;
		}
	}
	return help_marks(f, line + 1, top, rows);
}

bool help_act(struct browse *b, enum action action)
{
	size_t rows = b->rows > 3 ? b->rows - 2 : 1;
	size_t n = help_lines(NULL, 0, 0);

	return list_move(&b->help_top, n > rows ? n - rows + 1 : 1, rows,
	                 action);
}

void help_draw(struct browse *b, struct frame *f)
{
	frame_put(f, 0, 0, f->columns, STYLE_BAR, "Keys");
	help_lines(f, b->help_top, b->rows > 3 ? b->rows - 2 : 1);
}

/* ---- the list's surroundings --------------------------------------------- */

static const char *sort_name(enum am_sort sort)
{
	switch (sort) {
	case AM_SORT_RELEVANCE:
		return "best match first";
	case AM_SORT_DATE_ASC:
		return "oldest first";
	case AM_SORT_SIZE:
		return "largest first";
	case AM_SORT_DATE:
		break;
	}
	return "newest first";
}

static void draw_bar(struct browse *b, struct frame *f)
{
	const struct list *l = list_now(b);
	GString *names = g_string_new(" ");
	char n[OUT_ROOM], marked[OUT_ROOM];

	for (size_t i = 0; i < b->n_in; i++)
		g_string_append_printf(names, "%s%s", i ? ", " : "",
		                       b->in[i].name);
	/* Before it is counted only those at hand are known. */
	out_count(l->counted ? l->total : l->n, n);
	out_count(g_hash_table_size(b->marks), marked);
	char *right =
		g_strdup_printf("%s%s%s%s message%s, %s ",
	                        g_hash_table_size(b->marks) ? marked : "",
	                        g_hash_table_size(b->marks) ? " marked, " : "",
	                        b->thread || l->counted ? "" : "about ", n,
	                        l->total == 1 ? "" : "s",
	                        b->thread ? "thread" : sort_name(b->sort));
	size_t width = cells_width(right), x = f->columns;
	frame_print(f, 0, 0, f->columns, STYLE_BAR, "%s", names->str);
	if (width + 12 < x)
		frame_print(f, 0, x - width, width, STYLE_BAR, "%s", right);
	g_free(right);
	g_string_free(names, TRUE);
}

static void draw_query(struct browse *b, struct frame *f)
{
	bool typing = b->view == VIEW_SEARCH;
	size_t used = cells_width(b->query.text);

	frame_put(f, 1, 0, 1, STYLE_NAME, "/");
	if (!typing && !*b->query.text)
		frame_put(f, 1, 1, f->columns, STYLE_DIM,
		          "search  Tab folders  ? keys");
	else
		edit_draw(&b->query, f, 1, 1, f->columns - 1, typing);
	/* What is searched for and not written. */
	if (typing && b->begun_word && used + 2 < f->columns)
		frame_put(f, 1, 1 + used, 1, STYLE_DIM, "*");
}

static const struct searched *no_index(const struct browse *b)
{
	for (size_t i = 0; i < b->n_in; i++)
		if (!b->in[i].index)
			return &b->in[i];
	return NULL;
}

static void draw_no_index(struct frame *f, size_t y, const struct searched *in)
{
	if (in->why.kind != AM_E_NONE)
		frame_print(f, y, 0, f->columns, STYLE_ERROR, "no search: %s",
		            in->why.text);
	else
		frame_print(f, y, 0, f->columns, STYLE_ERROR,
		            "no index, so no search: mailark index %s makes "
		            "one",
		            in->name);
}

static void draw_bottom(struct browse *b, struct frame *f)
{
	size_t y = f->rows - 1;
	const struct searched *without = no_index(b);
	const struct hit *hit = list_hit(b);

	if (b->view == VIEW_PROMPT) {
		size_t x = frame_put(f, y, 0, f->columns, STYLE_NAME, b->label);
		if (x < f->columns)
			edit_draw(&b->prompt, f, y, x, f->columns - x, true);
	} else if (b->view == VIEW_ASK) {
		size_t x = frame_print(f, y, 0, f->columns, STYLE_NAME,
		                       "%s (y/n) ", b->label);
		f->cursor_y = y;
		f->cursor_x = MIN(x + 1, f->columns - 1);
	} else if (b->said) {
		frame_put(f, y, 0, f->columns, b->said_style, b->said);
	} else if (b->wrong && b->view != VIEW_MESSAGE) {
		frame_put(f, y, 0, f->columns, STYLE_ERROR, b->wrong);
	} else if (b->view == VIEW_MESSAGE) {
		frame_put(f, y, 0, f->columns, STYLE_DIM,
		          "q back  J/K next/previous  v attachments  / find  "
		          "s copy  | pipe  ? keys");
	} else if (b->view == VIEW_FILES) {
		frame_put(f, y, 0, f->columns, STYLE_DIM,
		          "Enter open  s save  S save all  q back  ? keys");
	} else if (b->view == VIEW_HELP) {
		frame_put(f, y, 0, f->columns, STYLE_DIM, "q back");
	} else if (without) {
		draw_no_index(f, y, without);
	} else if (b->shown != b->asked) {
		frame_put(f, y, 0, f->columns, STYLE_DIM, "searching …");
	} else if (snippet_draw(b, f, y)) {
		;
	} else if (hit && b->n_in > 1) {
		frame_print(f, y, 0, f->columns, STYLE_DIM, "%s: %" PRId64,
		            b->in[hit->archive].name, hit->id);
	} else {
		frame_put(f, y, 0, f->columns, STYLE_DIM,
		          "/ search  Enter read  t thread  Space mark  s copy  "
		          "o order  q leave  ? keys");
	}
}

/* What lies under a prompt or a question. */
static enum view view_below(const struct browse *b)
{
	enum view view = b->view;

	for (size_t i = b->n_under;
	     i && (view == VIEW_PROMPT || view == VIEW_ASK); i--)
		view = b->under[i - 1];
	return view;
}

struct frame *browse_draw(struct browse *b)
{
	struct frame *f = frame_new(MAX(b->rows, 4), MAX(b->columns, 20));
	size_t side = side_width(b);

	f->seen_order = b->seen_order;
	switch (view_below(b)) {
	case VIEW_MESSAGE:
		reader_draw(b, f);
		break;
	case VIEW_FILES:
		files_draw(b, f);
		break;
	case VIEW_HELP:
		help_draw(b, f);
		break;
	default:
		draw_bar(b, f);
		draw_query(b, f);
		side_draw(b, f);
		list_draw(b, f, side, f->columns - side);
	}
	draw_bottom(b, f);
	return f;
}

/* ---- the mouse ----------------------------------------------------------- */

void browse_mouse(struct browse *b, size_t y, size_t x, unsigned button)
{
	struct list *l = list_now(b);

	if (button == 4 || button == 5) {
		for (int i = 0; i < 3; i++)
			browse_key(b, button == 4 ? KEY_IS_UP : KEY_IS_DOWN);
		return;
	}
	if (button != 1)
		return;
	if (b->view == VIEW_FILES && y >= 1) {
		size_t n;
		page_files(b->page, &n);
		if (b->file_top + y - 1 < n)
			b->file_at = b->file_top + y - 1;
		return;
	}
	if (b->view != VIEW_LIST && b->view != VIEW_SIDE &&
	    b->view != VIEW_SEARCH)
		return;
	if (y == 1) {
		if (b->view != VIEW_SEARCH)
			browse_key(b, '/');
	} else if (y >= 2 && y + 1 < b->rows && x < side_width(b)) {
		b->view = VIEW_SIDE;
		if (b->side_top + y - 2 < b->side->len) {
			b->side_at = b->side_top + y - 2;
			side_act(b, ACT_OPEN);
		}
	} else if (y >= 2 && y + 1 < b->rows && l->top + y - 2 < l->n) {
		bool again = l->at == l->top + y - 2;
		b->view = VIEW_LIST;
		l->at = l->top + y - 2;
		if (again)
			list_act(b, ACT_OPEN);
	}
}
