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
#include "serve/order.h"
#include "serve/search.h"

#include <stdlib.h>
#include <string.h>

/* Of more references in one message only the last are looked at. */
enum { REFERENCES_MOST = 1000 };

struct node {
	struct am_order *mail; /* NULL: known only by its id */
	struct node *parent, *child, *next;
	int64_t date; /* to sort by */
	uint32_t number;
};

struct threading {
	struct am_session *s;
	struct am_arena *arena;
	GHashTable *by_id; /* Message-ID -> node */
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

static struct node *node_of(struct threading *t, const char *id)
{
	struct node *n = g_hash_table_lookup(t->by_id, id);

	if (!n) {
		n = new_node(t);
		g_hash_table_insert(t->by_id, (void *)(uintptr_t)id, n);
	}
	return n;
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

/* Would the child be its own ancestor?  Steps are bounded by what one message
 * may bring along. */
static bool is_above(const struct node *n, const struct node *of)
{
	unsigned steps = 0;

	for (; of && steps++ < 10 * REFERENCES_MOST; of = of->parent)
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
static void add(struct threading *t, struct am_order *o)
{
	struct node *self, *before = NULL;
	char **ids = g_strsplit(o->references ? o->references : "", "\n", -1);
	guint n = g_strv_length(ids);

	self = o->message_id && *o->message_id ? node_of(t, o->message_id)
	                                       : new_node(t);
	if (self->mail) /* the same id twice: a message of its own */
		self = new_node(t);
	self->mail = o;
	for (guint i = n > REFERENCES_MOST ? n - REFERENCES_MOST : 0; i < n;
	     i++) {
		if (!*ids[i])
			continue;
		struct node *ref =
			node_of(t, am_arena_strdup(t->arena, ids[i]));
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
	g_strfreev(ids);
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

static struct am_order *first_mail(const struct node *n)
{
	return n->mail ? n->mail : n->child ? n->child->mail : NULL;
}

/* Step 5: roots with the same subject are one thread. */
static void join_subjects(struct threading *t)
{
	GHashTable *by_subject = g_hash_table_new(g_str_hash, g_str_equal);
	GPtrArray *roots = g_ptr_array_new();

	for (guint i = 0; i < t->roots->len; i++) {
		struct node *n = t->roots->pdata[i];
		const struct am_order *mail = first_mail(n);
		if (!mail || !*mail->subject)
			continue;
		struct node *old =
			g_hash_table_lookup(by_subject, mail->subject);
		if (!old || (!n->mail && old->mail) ||
		    (old->mail && n->mail && old->mail->is_reply &&
		     !n->mail->is_reply))
			g_hash_table_insert(by_subject,
			                    (void *)(uintptr_t)mail->subject,
			                    n);
	}
	for (guint i = 0; i < t->roots->len; i++) {
		struct node *n = t->roots->pdata[i];
		const struct am_order *mail = first_mail(n);
		struct node *to =
			mail && *mail->subject
				? g_hash_table_lookup(by_subject, mail->subject)
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
		} else if (!to->mail || (n->mail && n->mail->is_reply &&
		                         !to->mail->is_reply)) {
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
		n->number = n->mail    ? (uint32_t)n->mail->row + 1
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
	am_say(t->s, "%s%" PRIu32, first ? "" : " ",
	       t->uid ? n->mail->uid : (uint32_t)n->mail->row + 1);
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

static void by_references(struct threading *t, struct am_order *all, size_t n)
{
	t->by_id = g_hash_table_new(g_str_hash, g_str_equal);
	for (size_t i = 0; i < n; i++)
		add(t, &all[i]);
	prune(t);
	join_subjects(t);
	sort_all(t);
	g_hash_table_destroy(t->by_id);
}

/* ---- ORDEREDSUBJECT ---- */

static gint by_sent(gconstpointer a, gconstpointer b)
{
	const struct am_order *x = a, *y = b;

	if (x->sent != y->sent)
		return x->sent < y->sent ? -1 : 1;
	return (x->uid > y->uid) - (x->uid < y->uid);
}

static void by_subject(struct threading *t, struct am_order *all, size_t n)
{
	GHashTable *threads = g_hash_table_new(g_str_hash, g_str_equal);

	qsort(all, n, sizeof *all, by_sent);
	t->roots = g_ptr_array_new();
	for (size_t i = 0; i < n; i++) {
		struct node *node = new_node(t);
		struct node *root =
			g_hash_table_lookup(threads, all[i].subject);
		node->mail = &all[i];
		if (root) {
			link_node(root, node);
			continue;
		}
		g_hash_table_insert(threads, (void *)(uintptr_t)all[i].subject,
		                    node);
		g_ptr_array_add(t->roots, node);
	}
	g_hash_table_destroy(threads);
	sort_all(t);
}

/* ---- the command ---- */

static void answer(struct am_session *s, struct am_search *search,
                   bool references, bool uid)
{
	GArray *uids = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	struct threading t = {.s = s, .arena = am_arena_new(), .uid = uid};
	struct am_order *all = NULL;
	struct am_error err = {0};
	uint64_t highest;

	t.nodes = g_ptr_array_new();
	if (!am_search_run(s, search, uids, &highest))
		goto out;
	if (am_order_read(s, uids,
	                  AM_ORDER_CATALOG | (references ? AM_ORDER_FACTS : 0),
	                  t.arena, &all, &err)) {
		am_no_error(s, &err);
		goto out;
	}
	if (references)
		by_references(&t, all, uids->len);
	else
		by_subject(&t, all, uids->len);
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
	g_ptr_array_free(t.nodes, TRUE);
	am_arena_free(&t.arena);
	g_array_free(uids, TRUE);
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
