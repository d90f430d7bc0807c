/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "serve/turns.h"

#include <stdbool.h>

struct waiter {
	GCond called;
	bool is_called;
};

void am_turns_init(struct am_turns *t, unsigned at_once)
{
	g_mutex_init(&t->lock);
	g_queue_init(&t->waiting);
	t->free = at_once;
}

void am_turns_clear(struct am_turns *t)
{
	g_mutex_clear(&t->lock);
}

void am_turns_take(struct am_turns *t)
{
	struct waiter w = {.is_called = false};

	g_mutex_lock(&t->lock);
	if (t->free) {
		t->free--;
	} else {
		g_cond_init(&w.called);
		g_queue_push_tail(&t->waiting, &w);
		while (!w.is_called)
			g_cond_wait(&w.called, &t->lock);
		g_cond_clear(&w.called);
	}
	g_mutex_unlock(&t->lock);
}

/* Nobody is free while somebody waits: the turn is handed on. */
void am_turns_leave(struct am_turns *t)
{
	g_mutex_lock(&t->lock);
	struct waiter *w = g_queue_pop_head(&t->waiting);
	if (w) {
		w->is_called = true;
		g_cond_signal(&w->called);
	} else {
		t->free++;
	}
	g_mutex_unlock(&t->lock);
}
