/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was found, in rows. */
#include "cmd/browse/cells.h"
#include "cmd/browse/model.h"
#include "cmd/out.h"
#include "cmd/searched.h"
#include "model/message.h"
#include "store/archive.h"

#include <string.h>

enum { ROWS_KEPT = 4096, FLAGS_WIDTH = 5 };

struct list *list_now(struct browse *b)
{
	return b->thread ? b->thread : &b->found;
}

const struct hit *list_hit(struct browse *b)
{
	struct list *l = list_now(b);

	return l->at < l->n ? &l->hits[l->at] : NULL;
}

void list_clear(struct list *l)
{
	g_free(l->hits);
	g_strfreev(l->branches);
	*l = (struct list){0};
}

/* ---- reading rows -------------------------------------------------------- */

void row_free(void *data)
{
	struct row *row = data;

	g_free(row->from);
	g_free(row->subject);
	g_free(row->error);
	g_free(row);
}

/* "Alice Moreau" of "Alice Moreau <alice@garden.example>", of the first one. */
static char *short_name(const char *from)
{
	const char *open = from ? strchr(from, '<') : NULL;
	size_t len = open ? (size_t)(open - from) : 0;

	while (len && from[len - 1] == ' ')
		len--;
	const char *start = from;
	if (len >= 2 && *start == '"' && start[len - 1] == '"') {
		start++;
		len -= 2;
	}
	char *name =
		len ? g_strndup(start, len) : g_strdup(open ? open + 1 : from);
	if (!len && open)
		name[strcspn(name, ">")] = '\0';
	char *clean = cells_clean(name, false);
	g_free(name);
	return clean;
}

static int add_flags(void *user, const struct am_archive_placement *p,
                     struct am_error *err)
{
	struct row *row = user;

	(void)err;
	if (!p->gone)
		row->flags |= p->meta->flags;
	return AM_OK;
}

static struct row *read_row(struct browse *b, const struct hit *hit)
{
	struct am_archive *archive = b->in[hit->archive].archive;
	struct row *row = g_new0(struct row, 1);
	struct am_archive_message m;
	struct am_error err = {0};
	int r = am_archive_message(archive, hit->id, &m, &err);

	if (!r) {
		row->from = short_name(m.from);
		row->subject = cells_clean(m.subject, false);
		row->date = m.date;
		row->n_attachments = m.n_attachments;
		r = am_archive_placements(archive, hit->id, add_flags, row,
		                          &err);
	}
	if (r)
		row->error = cells_clean(err.text, false);
	return row;
}

const struct row *list_row(struct browse *b, const struct hit *hit)
{
	struct row *row = g_hash_table_lookup(b->seen, hit);

	if (row)
		return row;
	if (g_hash_table_size(b->seen) >= ROWS_KEPT)
		g_hash_table_remove_all(b->seen);
	row = read_row(b, hit);
	g_hash_table_insert(b->seen, g_memdup2(hit, sizeof *hit), row);
	return row;
}

/* ---- moving and marking -------------------------------------------------- */

bool list_move(size_t *at, size_t n, size_t rows, enum action action)
{
	size_t last = n ? n - 1 : 0, page = rows > 1 ? rows - 1 : 1;
	size_t half = rows > 1 ? rows / 2 : 1;

	switch (action) {
	case ACT_DOWN:
		*at += *at < last;
		return true;
	case ACT_UP:
		*at -= *at > 0;
		return true;
	case ACT_PAGE_DOWN:
		*at = MIN(*at + page, last);
		return true;
	case ACT_PAGE_UP:
		*at -= MIN(*at, page);
		return true;
	case ACT_HALF_DOWN:
		*at = MIN(*at + half, last);
		return true;
	case ACT_HALF_UP:
		*at -= MIN(*at, half);
		return true;
	case ACT_FIRST:
		*at = 0;
		return true;
	case ACT_LAST:
		*at = last;
		return true;
	default:
		return false;
	}
}

void list_keep_in_sight(struct list *l, size_t rows)
{
	if (l->at < l->top)
		l->top = l->at;
	if (l->at >= l->top + rows)
		l->top = l->at - rows + 1;
	if (l->top + rows > l->n)
		l->top = l->n > rows ? l->n - rows : 0;
}

void list_more(struct browse *b)
{
	struct list *l = &b->found;

	if (b->thread || l->all || b->asked != b->shown)
		return;
	if (l->at + 2 * browse_height(b) >= l->n)
		browse_more(b, l->n * 8);
}

static void go_to_end(struct browse *b)
{
	b->found.at = b->found.n ? b->found.n - 1 : 0;
}

bool list_marked(const struct browse *b, const struct hit *hit)
{
	return g_hash_table_contains(b->marks, hit);
}

static void mark(struct browse *b, const struct hit *hit)
{
	g_hash_table_add(b->marks, g_memdup2(hit, sizeof *hit));
}

static void mark_all(struct browse *b)
{
	const struct list *l = list_now(b);
	char n[OUT_ROOM];

	for (size_t i = 0; i < l->n; i++)
		mark(b, &l->hits[i]);
	out_count(g_hash_table_size(b->marks), n);
	browse_say(b, STYLE_PLAIN, "%s marked", n);
}

/* All of them, and then something. */
static void with_all(struct browse *b, void (*then)(struct browse *b))
{
	if (b->thread || (b->found.all && b->asked == b->shown)) {
		then(b);
		return;
	}
	browse_more(b, SIZE_MAX);
	b->when_all = then;
	browse_say(b, STYLE_DIM, "reading the whole result …");
}

static void next_sort(struct browse *b)
{
	static const enum am_sort next[] = {
		[AM_SORT_DATE] = AM_SORT_DATE_ASC,
		[AM_SORT_DATE_ASC] = AM_SORT_RELEVANCE,
		[AM_SORT_RELEVANCE] = AM_SORT_SIZE,
		[AM_SORT_SIZE] = AM_SORT_DATE,
	};

	b->sort = next[b->sort];
	/* Another order is another list: it begins at its beginning. */
	browse_search(b, b->begun_word);
}

bool list_act(struct browse *b, enum action action)
{
	struct list *l = list_now(b);
	const struct hit *hit = list_hit(b);

	if (action == ACT_LAST && !b->thread && !l->all) {
		with_all(b, go_to_end);
		return true;
	}
	if (list_move(&l->at, l->n, browse_height(b), action)) {
		list_more(b);
		return true;
	}
	switch (action) {
	case ACT_OPEN:
		if (hit)
			reader_open(b, hit);
		return true;
	case ACT_SIDE:
		if (side_width(b))
			b->view = VIEW_SIDE;
		else
			browse_say(b, STYLE_DIM, "\\ shows folders and facets");
		return true;
	case ACT_THREAD:
		if (hit)
			thread_open(b, hit);
		return true;
	case ACT_SORT:
		if (!b->thread)
			next_sort(b);
		return true;
	case ACT_MARK:
		if (hit && !g_hash_table_remove(b->marks, hit))
			mark(b, hit);
		list_move(&l->at, l->n, 1, ACT_DOWN);
		return true;
	case ACT_MARK_ALL:
		with_all(b, mark_all);
		return true;
	case ACT_UNMARK_ALL:
		g_hash_table_remove_all(b->marks);
		return true;
	case ACT_EXPORT:
		with_all(b, doing_export);
		return true;
	case ACT_PIPE:
		if (hit)
			doing_pipe(b);
		return true;
	case ACT_FILES:
		if (hit)
			reader_open(b, hit);
		if (hit && b->view == VIEW_MESSAGE)
			reader_act(b, action);
		return true;
	default:
		return false;
	}
}

/* ---- drawing ------------------------------------------------------------- */

static void draw_flags(char out[FLAGS_WIDTH + 1], const struct row *row,
                       bool marked)
{
	uint32_t f = row->flags;

	out[0] = marked ? '*' : ' ';
	out[1] = f & AM_SEEN ? ' ' : 'N';
	out[2] = f & AM_DELETED     ? 'D'
	         : f & AM_DRAFT     ? 'd'
	         : f & AM_JUNK      ? 'J'
	         : f & AM_ANSWERED  ? 'r'
	         : f & AM_FORWARDED ? 'f'
	                            : ' ';
	out[3] = f & AM_FLAGGED ? '!' : ' ';
	out[4] = row->n_attachments ? '@' : ' ';
	out[5] = '\0';
}

static void draw_row(struct browse *b, struct frame *f, size_t y, size_t x,
                     size_t columns, size_t at)
{
	const struct list *l = list_now(b);
	const struct hit *hit = &l->hits[at];
	const struct row *row = list_row(b, hit);
	char flags[FLAGS_WIDTH + 1], when[OUT_ROOM];
	size_t day = columns > 90 ? 16 : 10;
	size_t from = columns > 50 ? MIN(columns / 4, 28) : 0;
	enum style style = row->flags & AM_SEEN ? STYLE_PLAIN : STYLE_STRONG;
	size_t end = x + columns;

	if (row->error) {
		frame_put(f, y, x, columns, STYLE_ERROR, row->error);
	} else {
		draw_flags(flags, row, list_marked(b, hit));
		out_when(&row->date, when);
		frame_put(f, y, x, FLAGS_WIDTH + 1, style, flags);
		x += FLAGS_WIDTH + 1;
		when[MIN(strlen(when), day)] = '\0';
		frame_put(f, y, x, day + 2, style, when);
		x += day + 2;
		if (from)
			frame_put(f, y, x, from, style, row->from);
		x += from ? from + 2 : 0;
		if (x < end && l->branches)
			x += frame_put(f, y, x, MIN(end - x, columns / 3),
			               STYLE_DIM, l->branches[at]);
		if (x < end)
			frame_put(f, y, x, end - x, style, row->subject);
	}
	if (at == l->at)
		frame_style(f, y, end - columns, columns,
		            b->view == VIEW_SIDE ? STYLE_RESTING
		                                 : STYLE_SELECTED);
}

void list_draw(struct browse *b, struct frame *f, size_t x, size_t columns)
{
	struct list *l = list_now(b);
	size_t rows = browse_height(b);

	list_keep_in_sight(l, rows);
	for (size_t i = 0; i < rows && l->top + i < l->n; i++)
		draw_row(b, f, 2 + i, x, columns, l->top + i);
	if (!l->n && b->shown == b->asked)
		frame_print(f, 3, x + 2, columns - 2, STYLE_DIM, "%s",
		            *b->query.text ? "nothing found"
		                           : "there is no mail in it");
}
