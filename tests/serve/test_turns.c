/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "serve/turns.h"

#include <criterion/criterion.h>

TestSuite(turns, .timeout = 60);

enum { THREADS = 12, ROUNDS = 200, AT_ONCE = 3 };

struct crowd {
	struct am_turns turns;
	int now, most; /* atomic */
};

static gpointer work(gpointer user)
{
	struct crowd *c = user;

	for (int i = 0; i < ROUNDS; i++) {
		am_turns_take(&c->turns);
		int now = g_atomic_int_add(&c->now, 1) + 1;
		int most = g_atomic_int_get(&c->most);
		while (now > most &&
		       !g_atomic_int_compare_and_exchange(&c->most, most, now))
			most = g_atomic_int_get(&c->most);
		g_thread_yield();
		g_atomic_int_add(&c->now, -1);
		am_turns_leave(&c->turns);
	}
	return NULL;
}

Test(turns, so_many_are_at_it_at_once_and_all_come_to_it)
{
	struct crowd c = {.now = 0};
	GThread *threads[THREADS];

	am_turns_init(&c.turns, AT_ONCE);
	for (int i = 0; i < THREADS; i++)
		threads[i] = g_thread_new("turns", work, &c);
	for (int i = 0; i < THREADS; i++)
		g_thread_join(threads[i]);
	cr_expect_leq(c.most, AT_ONCE);
	cr_expect_eq(c.now, 0);
	cr_expect_eq(c.turns.free, AT_ONCE);
	am_turns_clear(&c.turns);
}

struct order {
	struct am_turns turns;
	GMutex lock;
	GString *came;
};

struct one {
	struct order *order;
	char name;
};

static gpointer come(gpointer user)
{
	struct one *one = user;
	struct order *o = one->order;

	am_turns_take(&o->turns);
	g_mutex_lock(&o->lock);
	g_string_append_c(o->came, one->name);
	g_mutex_unlock(&o->lock);
	am_turns_leave(&o->turns);
	return NULL;
}

static guint waiting(struct order *o)
{
	g_mutex_lock(&o->turns.lock);
	guint n = g_queue_get_length(&o->turns.waiting);
	g_mutex_unlock(&o->turns.lock);
	return n;
}

Test(turns, who_came_first_is_first)
{
	struct order o = {.came = g_string_new("")};
	struct one ones[5];
	GThread *threads[5];

	g_mutex_init(&o.lock);
	am_turns_init(&o.turns, 1);
	am_turns_take(&o.turns);
	for (int i = 0; i < 5; i++) {
		ones[i] = (struct one){&o, (char)('a' + i)};
		threads[i] = g_thread_new("turns", come, &ones[i]);
		while (waiting(&o) <= (guint)i)
			g_usleep(1000);
	}
	am_turns_leave(&o.turns);
	for (int i = 0; i < 5; i++)
		g_thread_join(threads[i]);
	cr_expect_str_eq(o.came->str, "abcde");
	g_string_free(o.came, TRUE);
	am_turns_clear(&o.turns);
	g_mutex_clear(&o.lock);
}
