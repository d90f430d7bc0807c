/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The conversation a message is in, as a tree. */
#include "index/threads.h"

#include "cmd/browse/model.h"
#include "cmd/searched.h"

enum { LEVELS_DRAWN = 12 };

/* Does another branch leave the same stem further down? */
static bool goes_on(const struct am_thread *t, size_t line, uint32_t level)
{
	for (size_t i = line + 1; i < t->n; i++)
		if (t->lines[i].depth <= level)
			return t->lines[i].depth == level;
	return false;
}

/* "│ ├ " */
static char *branch(const struct am_thread *t, size_t line)
{
	GString *text = g_string_new(NULL);
	uint32_t depth = MIN(t->lines[line].depth, LEVELS_DRAWN);

	for (uint32_t level = 1; level < depth; level++)
		g_string_append(text, goes_on(t, line, level) ? "│ " : "  ");
	if (depth)
		g_string_append(text, goes_on(t, line, depth) ? "├ " : "└ ");
	return g_string_free(text, FALSE);
}

static struct list *list_of(const struct am_thread *t, const struct hit *hit)
{
	struct list *l = g_new0(struct list, 1);

	l->hits = g_new(struct hit, t->n + 1);
	l->branches = g_new0(char *, t->n + 1);
	for (size_t i = 0; i < t->n; i++) {
		/* What the archive has not cannot be shown; that something is
		 * there is seen by what hangs on it. */
		if (!t->lines[i].id)
			continue;
		if (t->lines[i].id == hit->id)
			l->at = l->n;
		l->hits[l->n] = (struct hit){hit->archive, t->lines[i].id};
		l->branches[l->n++] = branch(t, i);
	}
	l->all = l->counted = true;
	l->total = l->n;
	return l;
}

void thread_open(struct browse *b, const struct hit *of)
{
	const struct hit hit = *of;
	const struct searched *in = &b->in[hit.archive];
	struct am_thread *threads = NULL;
	struct am_error err = {0};
	size_t n = 0;

	if (!in->index) {
		browse_say(b, STYLE_ERROR,
		           "threads are found by the index: mailark index %s "
		           "makes one",
		           in->name);
		return;
	}
	int r = am_threads_find(&threads, &n, in->index, in->archive, &hit.id,
	                        1, NULL, &err);
	if (r)
		browse_say_error(b, &err);
	else if (!n || threads[0].messages < 2)
		browse_say(b, STYLE_DIM, "no other message is in its thread");
	if (!r && n && threads[0].messages >= 2) {
		thread_close(b);
		b->thread = list_of(&threads[0], &hit);
		b->view = VIEW_LIST;
		b->n_under = 0;
		if (threads[0].cut)
			browse_say(b, STYLE_ERROR,
			           "only the first %zu of a longer thread",
			           b->thread->n);
	}
	am_threads_free(&threads, n);
}

void thread_close(struct browse *b)
{
	if (b->thread)
		list_clear(b->thread);
	g_clear_pointer(&b->thread, g_free);
}
