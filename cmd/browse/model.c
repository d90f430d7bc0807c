/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/browse/model.h"

#include "cmd/browse/cells.h"
#include "cmd/browse/page.h"
#include "cmd/browse/path.h"
#include "cmd/searched.h"
#include "cmd/session.h"

#include <stdarg.h>
#include <string.h>

enum { FIRST_ROOM = 200 };

/* ---- the line at the bottom ---------------------------------------------- */

void browse_say(struct browse *b, enum style style, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	char *text = g_strdup_vprintf(fmt, args);
	va_end(args);
	g_free(b->said);
	b->said = cells_clean(text, false);
	b->said_style = style;
	g_free(text);
}

void browse_say_error(struct browse *b, const struct am_error *err)
{
	browse_say(b, STYLE_ERROR, "%s", err->text);
}

void browse_push(struct browse *b, enum view view)
{
	if (b->n_under < AM_COUNT(b->under))
		b->under[b->n_under++] = b->view;
	b->view = view;
}

void browse_pop(struct browse *b)
{
	b->view = b->n_under ? b->under[--b->n_under] : VIEW_LIST;
}

static void set_label(struct browse *b, const char *label)
{
	g_free(b->label);
	b->label = cells_clean(label, false);
}

void browse_prompt(struct browse *b, const char *label, const char *text,
                   void (*done)(struct browse *b, const char *text))
{
	set_label(b, label);
	edit_set(&b->prompt, text);
	b->prompt_done = done;
	b->prompt_path = false;
	browse_push(b, VIEW_PROMPT);
}

void browse_prompt_path(struct browse *b, const char *label, const char *text,
                        void (*done)(struct browse *b, const char *text))
{
	browse_prompt(b, label, text, done);
	b->prompt_path = true;
}

void browse_ask(struct browse *b, const char *question,
                void (*yes)(struct browse *b))
{
	set_label(b, question);
	b->ask_yes = yes;
	browse_push(b, VIEW_ASK);
}

static void prompt_key(struct browse *b, int key)
{
	bool changed;

	if (key == KEY_IS_ENTER) {
		char *text = b->prompt_path ? path_expand(b->prompt.text)
		                            : g_strdup(b->prompt.text);
		browse_pop(b);
		b->prompt_done(b, text);
		g_free(text);
	} else if (key == KEY_IS_ESCAPE || key == KEY_CTRL + 'c' ||
	           key == KEY_CTRL + 'g') {
		browse_pop(b);
	} else if (key == KEY_IS_TAB && b->prompt_path) {
		char *text = path_complete(b->prompt.text);
		edit_set(&b->prompt, text);
		g_free(text);
	} else {
		edit_key(&b->prompt, key, &changed);
	}
}

static void ask_key(struct browse *b, int key)
{
	browse_pop(b);
	if (key == 'y' || key == 'Y')
		b->ask_yes(b);
	else
		browse_say(b, STYLE_DIM, "not done");
}

/* ---- searching ----------------------------------------------------------- */

static void ask(struct browse *b, bool typing, size_t room)
{
	const struct ask what = {.query = b->query.text,
	                         .sort = b->sort,
	                         .room = room,
	                         .typing = typing};

	b->room = room;
	b->asked = worker_ask(b->worker, &what);
}

void browse_search(struct browse *b, bool typing)
{
	b->keep_place = b->settling = false;
	b->when_all = NULL;
	ask(b, typing, FIRST_ROOM);
}

void browse_more(struct browse *b, size_t room)
{
	b->keep_place = true;
	ask(b, b->begun_word, room);
}

static void begin_typing(struct browse *b)
{
	g_free(b->query_before);
	b->query_before = g_strdup(b->query.text);
	b->query.at = strlen(b->query.text);
	b->view = VIEW_SEARCH;
	b->n_under = 0;
}

/* What is written holds from now on, word for word; unless only the beginnings
 * of words were found by it, which is then written down. */
static void end_typing(struct browse *b)
{
	bool begun = b->begun_word && b->found.n;

	b->view = VIEW_LIST;
	browse_search(b, false);
	b->settling = begun;
}

static void take_back_typing(struct browse *b)
{
	bool same = !g_strcmp0(b->query.text, b->query_before);

	edit_set(&b->query, b->query_before);
	b->view = VIEW_LIST;
	if (!same || b->begun_word)
		browse_search(b, false);
}

static void search_key(struct browse *b, int key)
{
	bool changed = false;
	enum action action = key_action(VIEW_SEARCH, key);

	if (action == ACT_OPEN)
		end_typing(b);
	else if (action == ACT_BACK)
		take_back_typing(b);
	else if (action == ACT_HELP)
		browse_push(b, VIEW_HELP);
	else if (action != ACT_NONE)
		list_act(b, action);
	else
		edit_key(&b->query, key, &changed);
	if (changed)
		browse_search(b, true);
}

static void take_hits(struct browse *b, struct answer *a)
{
	struct list *l = &b->found;
	bool same = b->keep_place && a->number == b->asked;

	g_clear_pointer(&b->wrong, g_free);
	if (a->left_out.kind != AM_E_NONE)
		b->wrong = cells_clean(a->left_out.text, false);
	g_free(l->hits);
	l->hits = g_steal_pointer(&a->hits);
	l->n = a->n;
	l->all = a->all;
	l->counted = a->all || (same && l->counted);
	if (!same || a->all)
		l->total = a->total;
	if (!same)
		l->at = l->top = 0;
	l->at = MIN(l->at, l->n ? l->n - 1 : 0);
	/* A word that is none, but the beginning of some. */
	if (b->settling && a->number == b->asked && !l->n) {
		char *begun = g_strconcat(b->query.text, "*", NULL);
		edit_set(&b->query, begun);
		g_free(begun);
		browse_search(b, false);
	}
	b->begun_word = a->begun_word;
}

static void take_whole(struct browse *b, struct answer *a)
{
	if (a->err.kind == AM_E_NONE) {
		b->found.total = a->total;
		b->found.counted = true;
	} else {
		browse_say_error(b, &a->err);
	}
	side_take(b, a->divisions, a->n_divisions);
}

static void take_answer(struct browse *b, struct answer *a)
{
	if (a->kind == ANSWER_WHOLE) {
		if (a->number == b->shown)
			take_whole(b, a);
		return;
	}
	if (a->number < b->shown)
		return;
	b->shown = a->number;
	if (a->err.kind != AM_E_NONE) {
		g_free(b->wrong);
		b->wrong = cells_clean(a->err.text, false);
		b->when_all = NULL;
		return;
	}
	take_hits(b, a);
	if (b->found.all && b->when_all) {
		void (*then)(struct browse *) = b->when_all;
		b->when_all = NULL;
		then(b);
	}
}

bool browse_answers(struct browse *b)
{
	struct answer *a;
	bool any = false;

	while (b->worker && (a = worker_take(b->worker))) {
		take_answer(b, a);
		answer_free(&a);
		any = true;
	}
	return any;
}

/* ---- keys ---------------------------------------------------------------- */

/* Everything opened anew: what came since, an index that was made. */
static void reload(struct browse *b)
{
	struct am_error err = {0};
	bool opened = true;

	worker_stop(&b->worker);
	thread_close(b);
	/* Bringing an index up to date tells of its progress. */
	b->term->leave(b->term->user);
	for (size_t i = 0; i < b->n_in && opened; i++) {
		const char *name = b->in[i].name;
		searched_close(&b->in[i]);
		opened = searched_open_any(&b->in[i], b->s, name);
	}
	b->term->back(b->term->user, !opened);
	b->asked = b->shown = 0;
	g_hash_table_remove_all(b->seen);
	if (!opened || worker_start(&b->worker, b->in, b->n_in, &err)) {
		b->quit = true;
		return;
	}
	side_read(b);
	browse_search(b, false);
}

static void back(struct browse *b)
{
	if (b->thread) {
		thread_close(b);
	} else if (*b->query.text) {
		edit_set(&b->query, "");
		browse_search(b, false);
	}
}

/* What works alike wherever it works. */
static bool act_anywhere(struct browse *b, enum action action)
{
	switch (action) {
	case ACT_HELP:
		b->help_top = 0;
		browse_push(b, VIEW_HELP);
		return true;
	case ACT_REDRAW:
		b->term->redraw(b->term->user);
		return true;
	case ACT_SEARCH:
		if (b->thread)
			back(b);
		begin_typing(b);
		return true;
	case ACT_SIDE_SHOW:
		b->side_hidden = !b->side_hidden;
		b->view = VIEW_LIST;
		return true;
	case ACT_RELOAD:
		reload(b);
		return true;
	case ACT_QUIT:
		if (b->thread)
			back(b);
		else
			b->quit = true;
		return true;
	case ACT_BACK:
		if (b->view == VIEW_LIST)
			back(b);
		else
			browse_pop(b);
		return true;
	default:
		return false;
	}
}

void browse_key(struct browse *b, int key)
{
	static bool (*const acts[VIEW_COUNT])(struct browse *, enum action) = {
		[VIEW_LIST] = list_act,      [VIEW_SIDE] = side_act,
		[VIEW_MESSAGE] = reader_act, [VIEW_FILES] = files_act,
		[VIEW_HELP] = help_act,
	};

	g_clear_pointer(&b->said, g_free);
	if (b->view == VIEW_SEARCH) {
		search_key(b, key);
	} else if (b->view == VIEW_PROMPT) {
		prompt_key(b, key);
	} else if (b->view == VIEW_ASK) {
		ask_key(b, key);
	} else {
		enum action action = key_action(b->view, key);
		if (action == ACT_NONE)
			browse_say(b, STYLE_DIM, "? shows the keys");
		else if (key == 'Q' && b->view == VIEW_LIST)
			b->quit = true;
		else if (!acts[b->view](b, action))
			act_anywhere(b, action);
	}
}

void browse_paste(struct browse *b, int letter)
{
	if (letter < KEY_CTRL &&
	    (b->view == VIEW_SEARCH || b->view == VIEW_PROMPT))
		browse_key(b, letter);
}

/* ---- life ---------------------------------------------------------------- */

static guint hash_hit(gconstpointer key)
{
	const struct hit *h = key;

	return g_int64_hash(&h->id) ^ h->archive * 0x9E3779B9u;
}

static gboolean equal_hits(gconstpointer a, gconstpointer b)
{
	const struct hit *x = a, *y = b;

	return x->id == y->id && x->archive == y->archive;
}

int browse_new(struct browse **out, struct session *s, struct searched *in,
               size_t n, const char *query, const struct browse_term *term,
               struct am_error *err)
{
	struct browse *b = g_new0(struct browse, 1);

	*out = b;
	b->s = s;
	b->in = in;
	b->n_in = n;
	b->term = term;
	b->rows = 24;
	b->columns = 80;
	b->sort = AM_SORT_DATE;
	b->seen_order = true;
	edit_set(&b->query, query);
	b->marks = g_hash_table_new_full(hash_hit, equal_hits, g_free, NULL);
	b->seen = g_hash_table_new_full(hash_hit, equal_hits, g_free, row_free);
	b->side = g_array_new(FALSE, TRUE, sizeof(struct side_row));
	b->temporary = g_ptr_array_new_with_free_func(g_free);
	int r = worker_start(&b->worker, in, n, err);
	if (r) {
		browse_free(out);
		return r;
	}
	side_read(b);
	browse_search(b, false);
	return AM_OK;
}

void browse_free(struct browse **browse)
{
	struct browse *b = *browse;

	if (!b)
		return;
	worker_stop(&b->worker);
	doing_end(b);
	list_clear(&b->found);
	thread_close(b);
	page_free(&b->page);
	edit_clear(&b->query);
	edit_clear(&b->prompt);
	for (guint i = 0; i < b->side->len; i++) {
		g_free(g_array_index(b->side, struct side_row, i).label);
		g_free(g_array_index(b->side, struct side_row, i).filter);
	}
	g_array_unref(b->side);
	g_ptr_array_unref(b->temporary);
	g_hash_table_unref(b->marks);
	g_hash_table_unref(b->seen);
	g_free(b->query_before);
	g_free(b->wrong);
	g_free(b->snippet);
	g_free(b->find);
	finds_clear(&b->finds);
	g_free(b->said);
	g_free(b->label);
	g_free(b);
	*browse = NULL;
}

void browse_resize(struct browse *b, size_t rows, size_t columns)
{
	b->rows = rows;
	b->columns = columns;
}

size_t browse_height(const struct browse *b)
{
	/* The bar on top, the query, the line at the bottom. */
	return b->rows > 4 ? b->rows - 3 : 1;
}
