/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * THREAD (RFC 5256): ORDEREDSUBJECT, and REFERENCES by the algorithm of its
 * §3, with hash tables for every look-up, so that it takes time in proportion
 * to the references there are (CVE-2026-40014, -40017).
 *
 * No recursion: trees are written with a stack of their own.
 */
#include "serve/commands.h"

#include "base/arena.h"
#include "serve/limit.h"
#include "serve/search.h"
#include "serve/traits.h"

#include <stdlib.h>
#include <string.h>

/* Steps from a message up to its root that are looked at: what one message may
 * bring along, tenfold. */
enum { STEPS_MOST = 10000 };

struct mail {
	uint32_t row;
	int64_t sent; /* when it arrived where there is no date */
	const struct am_trait *trait;
};

struct node {
	const struct mail *mail; /* NULL: known only by its id */
	struct node *parent, *child, *next;
	int64_t date; /* to sort by */
	uint32_t number;
};

struct threading {
	struct am_session *s;
	struct am_arena *arena;
	struct node **by_id; /* by their numbers */
	GPtrArray *nodes;
	GPtrArray *roots;
	bool uid;
};

static struct node *new_node(struct threading *t)
{
	struct node *n = am_arena_alloc(t->arena, sizeof *n);

	g_ptr_array_add(t->nodes, n);
	return n;
}

static struct node *node_of(struct threading *t, const struct am_trait_id *id)
{
	struct node **n = &t->by_id[id->number];

	if (!*n)
		*n = new_node(t);
	return *n;
}

static void unlink_node(struct node *n)
{
	if (!n->parent)
		return;
	struct node **at = &n->parent->child;
	while (*at != n)
		at = &(*at)->next;
	*at = n->next;
	n->parent = n->next = NULL;
}

/* Would the child be its own ancestor? */
static bool is_above(const struct node *n, const struct node *of)
{
	unsigned steps = 0;

	for (; of && steps++ < STEPS_MOST; of = of->parent)
		if (of == n)
			return true;
	return of != NULL;
}

static void link_node(struct node *parent, struct node *child)
{
	child->parent = parent;
	child->next = parent->child;
	parent->child = child;
}

/* Step 1: of one message. */
static void add(struct threading *t, const struct mail *mail)
{
	const struct am_trait *trait = mail->trait;
	struct node *before = NULL;
	struct node *self = trait->id ? node_of(t, trait->id) : new_node(t);

	if (self->mail) /* the same id twice: a message of its own */
		self = new_node(t);
	self->mail = mail;
	for (uint32_t i = 0; i < trait->n_references; i++) {
		struct node *ref = node_of(t, trait->references[i]);
		if (ref == self)
			continue;
		if (before && before != ref && !ref->parent &&
		    !is_above(ref, before))
			link_node(before, ref);
		before = ref;
	}
	unlink_node(self);
	if (before && !is_above(self, before))
		link_node(before, self);
}

/* Step 3: who is only known by its id goes, its children move up. */
static void prune(struct threading *t)
{
	/* Children first: nodes are visited from the leaves by counting. */
	GPtrArray *order = g_ptr_array_new();

	for (guint i = 0; i < t->nodes->len; i++) {
		struct node *n = t->nodes->pdata[i];
		if (!n->parent)
			g_ptr_array_add(order, n);
	}
	for (guint i = 0; i < order->len; i++)
		for (struct node *c = ((struct node *)order->pdata[i])->child;
		     c; c = c->next)
			g_ptr_array_add(order, c);
	for (guint i = order->len; i-- > 0;) {
		struct node *n = order->pdata[i];
		if (n->mail)
			continue;
		bool root = !n->parent;
		bool one = n->child && !n->child->next;
		if (root && n->child && !one)
			continue; /* it holds siblings together */
		struct node *parent = n->parent, *child = n->child;
		unlink_node(n);
		n->child = NULL;
		while (child) {
			struct node *next = child->next;
			child->parent = child->next = NULL;
			if (parent)
				link_node(parent, child);
			child = next;
		}
	}
	g_ptr_array_set_size(order, 0);
	for (guint i = 0; i < t->nodes->len; i++) {
		struct node *n = t->nodes->pdata[i];
		if (!n->parent && (n->mail || n->child))
			g_ptr_array_add(order, n);
	}
	t->roots = order;
}

static const struct am_trait *first_mail(const struct node *n)
{
	if (!n->mail)
		n = n->child;
	return n && n->mail ? n->mail->trait : NULL;
}

static bool is_reply(const struct node *n)
{
	return n->mail && n->mail->trait->subject->is_reply;
}

/* Step 5: roots with the same subject are one thread. */
static void join_subjects(struct threading *t)
{
	/* A base subject is one pointer. */
	GHashTable *by_subject = g_hash_table_new(NULL, NULL);
	GPtrArray *roots = g_ptr_array_new();

	for (guint i = 0; i < t->roots->len; i++) {
		struct node *n = t->roots->pdata[i];
		const struct am_trait *mail = first_mail(n);
		if (!mail || !*mail->subject->base)
			continue;
		struct node *old =
			g_hash_table_lookup(by_subject, mail->subject->base);
		if (!old || (!n->mail && old->mail) ||
		    (is_reply(old) && n->mail && !is_reply(n)))
			g_hash_table_insert(
				by_subject,
				(void *)(uintptr_t)mail->subject->base, n);
	}
	for (guint i = 0; i < t->roots->len; i++) {
		struct node *n = t->roots->pdata[i];
		const struct am_trait *mail = first_mail(n);
		struct node *to =
			mail && *mail->subject->base
				? g_hash_table_lookup(by_subject,
		                                      mail->subject->base)
				: NULL;
		if (!to || to == n) {
			g_ptr_array_add(roots, n);
			continue;
		}
		if (!to->mail && !n->mail) {
			for (struct node *c = n->child, *next; c; c = next) {
				next = c->next;
				c->next = NULL;
				link_node(to, c);
			}
		} else if (!to->mail || (is_reply(n) && !is_reply(to))) {
			link_node(to, n);
		} else {
			/* Both are replies, or neither: side by side. */
			struct node *above = new_node(t);
			struct node *copy = new_node(t);
			*copy = *to;
			copy->parent = copy->next = NULL;
			for (struct node *c = copy->child; c; c = c->next)
				c->parent = copy;
			*to = *above;
			link_node(to, copy);
			link_node(to, n);
		}
	}
	g_hash_table_destroy(by_subject);
	g_ptr_array_free(t->roots, TRUE);
	t->roots = roots;
}

/* ---- order among siblings ---- */

static gint by_date(gconstpointer a, gconstpointer b)
{
	const struct node *const *x = a, *const *y = b;

	if ((*x)->date != (*y)->date)
		return (*x)->date < (*y)->date ? -1 : 1;
	return ((*x)->number > (*y)->number) - ((*x)->number < (*y)->number);
}

static void sort_children(struct node *n)
{
	GPtrArray *all = g_ptr_array_new();

	for (struct node *c = n->child; c; c = c->next)
		g_ptr_array_add(all, c);
	g_ptr_array_sort(all, by_date);
	n->child = NULL;
	for (guint i = all->len; i-- > 0;) {
		struct node *c = all->pdata[i];
		c->next = n->child;
		n->child = c;
	}
	g_ptr_array_free(all, TRUE);
}

/* From the leaves up: a dummy is as old as its first child. */
static void sort_all(struct threading *t)
{
	GPtrArray *order = g_ptr_array_new();

	for (guint i = 0; i < t->roots->len; i++)
		g_ptr_array_add(order, t->roots->pdata[i]);
	for (guint i = 0; i < order->len; i++)
		for (struct node *c = ((struct node *)order->pdata[i])->child;
		     c; c = c->next)
			g_ptr_array_add(order, c);
	for (guint i = order->len; i-- > 0;) {
		struct node *n = order->pdata[i];
		if (n->child)
			sort_children(n);
		n->date = n->mail    ? n->mail->sent
		          : n->child ? n->child->date
		                     : 0;
		n->number = n->mail    ? n->mail->row + 1
		            : n->child ? n->child->number
		                       : 0;
	}
	g_ptr_array_sort(t->roots, by_date);
	g_ptr_array_free(order, TRUE);
}

/* ---- "(2)(3 6 (4 23)(44 7 96))" ---- */

struct frame {
	struct node *next; /* the sibling to go on with, in its own brackets */
};

static void put_number(struct threading *t, const struct node *n, bool first)
{
	uint32_t row = n->mail->row;

	if (!first)
		g_string_append_c(t->s->out, ' ');
	am_put_number(t->s->out, t->uid ? t->s->snap->rows[row].uid : row + 1);
}

static void put_thread(struct threading *t, struct node *root)
{
	GArray *open = g_array_new(FALSE, FALSE, sizeof(struct frame));
	struct node *n = root;
	bool first = true;

	g_string_append_c(t->s->out, '(');
	for (;;) {
		if (n && n->mail) {
			put_number(t, n, first);
			first = false;
		}
		if (n && n->child && !n->child->next && n->mail) {
			n = n->child;
			continue;
		}
		if (n && n->child) {
			struct frame f = {n->child->next};
			g_array_append_val(open, f);
			if (!first && n->mail)
				g_string_append_c(t->s->out, ' ');
			g_string_append_c(t->s->out, '(');
			first = true;
			n = n->child;
			continue;
		}
		/* A leaf ends its bracket; siblings open the next. */
		g_string_append_c(t->s->out, ')');
		while (open->len) {
			struct frame *f = &g_array_index(open, struct frame,
			                                 open->len - 1);
			if (f->next) {
				n = f->next;
				f->next = n->next;
				g_string_append_c(t->s->out, '(');
				first = true;
				break;
			}
			g_array_set_size(open, open->len - 1);
			g_string_append_c(t->s->out, ')');
			n = NULL;
		}
		if (!open->len)
			break;
		am_say_turn(t->s);
	}
	g_array_free(open, TRUE);
}

static void by_references(struct threading *t, const struct mail *all, size_t n,
                          size_t n_ids)
{
	t->by_id = g_new0(struct node *, n_ids + 1);
	for (size_t i = 0; i < n; i++)
		add(t, &all[i]);
	prune(t);
	join_subjects(t);
	sort_all(t);
	g_free(t->by_id);
}

/* ---- ORDEREDSUBJECT ---- */

static int by_sent(const void *a, const void *b)
{
	const struct mail *x = a, *y = b;

	if (x->sent != y->sent)
		return x->sent < y->sent ? -1 : 1;
	return (x->row > y->row) - (x->row < y->row);
}

static void by_subject(struct threading *t, struct mail *all, size_t n)
{
	GHashTable *threads = g_hash_table_new(NULL, NULL);

	qsort(all, n, sizeof *all, by_sent);
	t->roots = g_ptr_array_new();
	for (size_t i = 0; i < n; i++) {
		void *base = (void *)(uintptr_t)all[i].trait->subject->base;
		struct node *node = new_node(t);
		struct node *root = g_hash_table_lookup(threads, base);
		node->mail = &all[i];
		if (root) {
			link_node(root, node);
			continue;
		}
		g_hash_table_insert(threads, base, node);
		g_ptr_array_add(t->roots, node);
	}
	g_hash_table_destroy(threads);
	sort_all(t);
}

/* ---- the command ---- */

static struct mail *mails_of(const struct am_session *s, const GArray *rows,
                             const struct am_traits *traits)
{
	struct mail *all = g_new(struct mail, rows->len + 1);

	for (guint i = 0; i < rows->len; i++) {
		uint32_t at = g_array_index(rows, uint32_t, i);
		const struct am_trait *trait = &traits->rows[at];
		const struct am_row *row = &s->snap->rows[at];
		all[i] = (struct mail){at,
		                       trait->dated ? trait->sent
		                       : row->dated ? row->received
		                                    : 0,
		                       trait};
	}
	return all;
}

static void answer(struct am_session *s, struct am_search *search,
                   bool references, bool uid)
{
	GArray *rows = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	struct threading t = {.s = s, .arena = am_arena_new(), .uid = uid};
	unsigned needs = AM_TRAITS_HEAD | (references ? AM_TRAITS_FACTS : 0);
	struct am_traits *traits = NULL;
	struct mail *all = NULL;
	struct am_error err = {0};
	uint64_t highest;

	t.nodes = g_ptr_array_new();
	if ((am_search_lowest(s, search) && am_limit_refuses(s, s->snap->n)) ||
	    !am_search_run(s, search, rows, &highest))
		goto out;
	if (am_vault_traits(s->vault, s->snap, needs, &traits, &err)) {
		am_no_error(s, &err);
		goto out;
	}
	all = mails_of(s, rows, traits);
	if (references)
		by_references(&t, all, rows->len, traits->n_ids);
	else
		by_subject(&t, all, rows->len);
	am_say(s, "* THREAD%s", t.roots->len ? " " : "");
	for (guint i = 0; i < t.roots->len; i++) {
		put_thread(&t, t.roots->pdata[i]);
		am_say_turn(s);
	}
	am_say(s, "\r\n");
	g_ptr_array_free(t.roots, TRUE);
	am_ok(s, "that is all");
out:
	g_free(all);
	am_traits_unref(&traits);
	g_ptr_array_free(t.nodes, TRUE);
	am_arena_free(&t.arena);
	g_array_free(rows, TRUE);
}

AM_COMMAND(thread)
{
	bool references = n > 2 && am_imap_is(&args[0], "REFERENCES");

	if (n < 3 || (!references && !am_imap_is(&args[0], "ORDEREDSUBJECT")) ||
	    !am_imap_text(&args[1])) {
		am_bad(s,
		       "THREAD takes REFERENCES or ORDEREDSUBJECT, a charset "
		       "and what to search for");
		return;
	}
	struct am_search *search =
		am_search_parse(s, args + 2, n - 2, am_imap_text(&args[1]));
	if (search)
		answer(s, search, references, uid);
	am_search_free(&search);
}
