/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/threads_impl.h"

#include "base/arena.h"
#include "base/blob.h"
#include "index/row.h"
#include "mime/overview.h"
#include "store/archive.h"

#include <string.h>

/*
 * The trees.  Each message hangs below the one it answers; where that is not
 * in the archive, below the nearest older one of its references that is; where
 * none is, below an empty place that stands for the beginning of the thread,
 * which is left out when only one message hangs there.
 */

/* Messages whose references are read from the archive, because the index knows
 * only the newest and the oldest. */
#define LOOKUPS   200
#define MOST      1000
#define DEPTH_MAX 1000

struct forest {
	struct am_members members;
	GHashTable *empty; /* &mid: struct am_member without an id; owned */
	GPtrArray *roots;
	struct am_archive *archive;
	size_t lookups;
};

/* Would x then hang below itself? */
static bool is_above(const struct am_member *x, const struct am_member *up)
{
	if (!x->down)
		return x == up;
	for (; up; up = up->up)
		if (up == x)
			return true;
	return false;
}

static struct am_member *known(const struct forest *f, uint64_t mid,
                               const struct am_member * not )
{
	struct am_member *m =
		mid ? g_hash_table_lookup(f->members.by_mid, &mid) : NULL;

	return m != not ? m : NULL;
}

/* The newest of all its references that is here. */
static struct am_member *by_references(struct forest *f,
                                       const struct am_member *m)
{
	struct am_arena *arena = am_arena_new();
	struct am_blob *raw = NULL;
	struct am_overview ov;
	struct am_member *found = NULL;

	if (!am_archive_load(f->archive, m->id, &raw, NULL) &&
	    !am_overview_read(&ov, raw, NULL, NULL, arena, NULL))
		for (size_t i = ov.n_references; i-- > 0 && !found;)
			found = known(f, am_row_id(ov.references[i]), m);
	am_blob_unref(&raw);
	am_arena_free(&arena);
	return found;
}

static struct am_member *empty_place(struct forest *f, uint64_t mid)
{
	struct am_member *m = g_hash_table_lookup(f->empty, &mid);

	if (m)
		return m;
	m = g_new0(struct am_member, 1);
	m->mid = mid;
	m->date = INT64_MIN;
	g_hash_table_insert(f->empty, &m->mid, m);
	return m;
}

static struct am_member *answered(struct forest *f, struct am_member *m)
{
	struct am_member *up = known(f, m->parent, m);

	if (up || !m->thread || (!m->parent && m->thread == m->mid))
		return up;
	/* What lies between the oldest and the newest is in the message. */
	if (m->parent != m->thread && f->lookups < LOOKUPS) {
		f->lookups++;
		up = by_references(f, m);
	}
	if (!up)
		up = known(f, m->thread, m);
	return up || m->thread == m->mid ? up : empty_place(f, m->thread);
}

static void hang(struct am_member *m, struct am_member *below)
{
	if (!below || is_above(m, below))
		return;
	m->up = below;
	m->next = below->down;
	below->down = m;
}

static void unhang(struct am_member *m)
{
	struct am_member **at = &m->up->down;

	while (*at != m)
		at = &(*at)->next;
	*at = m->next;
	m->up = m->next = NULL;
}

/* Answers without references below the oldest that began the subject. */
static void hang_by_subject(struct forest *f)
{
	GHashTable *first = g_hash_table_new(g_str_hash, g_str_equal);
	struct am_members *all = &f->members;

	for (int answers = 0; answers < 2; answers++)
		for (guint i = 0; i < all->all->len; i++) {
			struct am_member *m = all->all->pdata[i];
			if (m->answers != answers || m->up || !m->subject ||
			    !*m->subject)
				continue;
			struct am_member *top =
				g_hash_table_lookup(first, m->subject);
			if (!top)
				g_hash_table_insert(first, m->subject, m);
			else if (m->answers)
				hang(m, top);
		}
	g_hash_table_unref(first);
}

static void build(struct forest *f, bool by_subject)
{
	GPtrArray *all = f->members.all;
	GHashTableIter iter;
	gpointer value;

	for (guint i = 0; i < all->len; i++)
		hang(all->pdata[i], answered(f, all->pdata[i]));
	/* An empty place with one below it stands for nothing. */
	g_hash_table_iter_init(&iter, f->empty);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct am_member *m = value;
		if (m->down && !m->down->next)
			unhang(m->down);
	}
	if (by_subject)
		hang_by_subject(f);
}

/* ---- lines -----------------------------------------------------------------
 */

static gint by_date(gconstpointer a, gconstpointer b)
{
	const struct am_member *x = *(struct am_member *const *)a;
	const struct am_member *y = *(struct am_member *const *)b;

	if (x->date != y->date)
		return x->date < y->date ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

/* What hangs below m, the oldest first, in front of the others to come. */
static void push_answers(GPtrArray *stack, struct am_member *m)
{
	GPtrArray *down = g_ptr_array_new();

	for (struct am_member *d = m->down; d; d = d->next)
		g_ptr_array_add(down, d);
	g_ptr_array_sort(down, by_date);
	for (guint i = down->len; i-- > 0;)
		g_ptr_array_add(stack, down->pdata[i]);
	g_ptr_array_unref(down);
}

static uint32_t depth_of(const struct am_member *m)
{
	uint32_t depth = 0;

	for (; m->up && depth < DEPTH_MAX; m = m->up)
		depth++;
	return depth;
}

static void write_lines(struct am_thread *t, struct am_member *root,
                        size_t most)
{
	GPtrArray *stack = g_ptr_array_new();
	GArray *lines =
		g_array_new(FALSE, FALSE, sizeof(struct am_thread_line));

	g_ptr_array_add(stack, root);
	while (stack->len) {
		struct am_member *m =
			g_ptr_array_steal_index(stack, stack->len - 1);
		struct am_thread_line line = {m->id, depth_of(m), m->hit};
		m->done = true;
		push_answers(stack, m);
		/* What was asked for is shown in any case. */
		if (lines->len >= most && !m->hit) {
			t->cut = true;
			continue;
		}
		g_array_append_val(lines, line);
		t->hits += m->hit;
		t->messages += m->id != 0;
	}
	t->n = lines->len;
	t->lines = (void *)g_array_free(lines, FALSE);
	g_ptr_array_unref(stack);
}

static struct am_member *member(const struct am_members *m, int64_t id)
{
	size_t low = 0, high = m->all->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct am_member *one = m->all->pdata[middle];
		if (one->id == id)
			return one;
		if (one->id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static void write_threads(GArray *out, struct forest *f, const int64_t *ids,
                          size_t n, size_t most)
{
	for (size_t i = 0; i < n; i++) {
		struct am_member *m = member(&f->members, ids[i]);
		struct am_thread t = {0};
		if (!m || m->done)
			continue;
		while (m->up)
			m = m->up;
		write_lines(&t, m, most);
		t.cut = t.cut || f->members.cut;
		g_array_append_val(out, t);
	}
}

int am_threads_find(struct am_thread **out, size_t *n, struct am_index *index,
                    struct am_archive *archive, const int64_t *ids,
                    size_t n_ids, const struct am_thread_options *options,
                    struct am_error *err)
{
	static const struct am_thread_options plain = {false, 0};
	struct forest f = {.archive = archive};
	GArray *threads = g_array_new(FALSE, FALSE, sizeof(struct am_thread));
	const struct am_thread_options *o = options ? options : &plain;

	*out = NULL;
	*n = 0;
	f.empty = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL,
	                                g_free);
	int r = am_members_find(&f.members, index, archive, ids, n_ids,
	                        o->by_subject, err);
	if (!r) {
		build(&f, o->by_subject);
		write_threads(threads, &f, ids, n_ids,
		              o->most ? o->most : MOST);
		*n = threads->len;
		*out = (void *)g_array_free(g_steal_pointer(&threads), FALSE);
	}
	if (threads)
		g_array_unref(threads);
	g_hash_table_unref(f.empty);
	am_members_clear(&f.members);
	return r;
}

void am_threads_free(struct am_thread **threads, size_t n)
{
	for (size_t i = 0; *threads && i < n; i++)
		g_free((*threads)[i].lines);
	g_free(*threads);
	*threads = NULL;
}
