/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --threads: the conversations of the page's hits, each whole. */
#include "cmd/search_impl.h"

#include "base/arena.h"
#include "base/json.h"
#include "cmd/cmd.h"
#include "cmd/out.h"
#include "cmd/session.h"
#include "index/row.h"
#include "index/threads.h"
#include "store/archive.h"

#include <stdio.h>
#include <string.h>

/* Deeper ones stand as deep as this. */
#define DEPTH_SHOWN 16

struct conversation {
	struct search_in *in;
	struct am_thread *thread; /* of its archive's */
	guint first;              /* of found that is in it */
	GHashTable *at;           /* of its archive: id, where in found */
};

struct talk {
	struct search *q;
	GArray *all;         /* struct conversation, as they are shown */
	GPtrArray *owned;    /* the arrays of threads … */
	GArray *owned_sizes; /* size_t: … and how many are in each */
	GPtrArray *tables;   /* of all conversations' at */
	struct am_json *json;
};

/* Those of one archive. */
static int find_threads(struct talk *t, struct search_in *in, guint first,
                        guint n, struct am_error *err)
{
	const struct search *q = t->q;
	struct am_thread_options options = {.by_subject = q->o->by_subject};
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(int64_t));
	GHashTable *at = g_hash_table_new(g_int64_hash, g_int64_equal);
	struct am_thread *threads = NULL;
	size_t n_threads = 0;

	for (guint i = first; i < first + n; i++) {
		struct found *f = &g_array_index(q->found, struct found, i);
		if (f->in != in)
			continue;
		g_array_append_val(ids, f->id);
		g_hash_table_insert(at, &f->id, GUINT_TO_POINTER(i));
	}
	int r = AM_OK;
	if (ids->len)
		r = am_threads_find(&threads, &n_threads, in->in.index,
		                    in->in.archive, (const void *)ids->data,
		                    ids->len, &options, err);
	for (size_t i = 0; i < n_threads; i++) {
		struct conversation c = {in, &threads[i], G_MAXUINT, at};
		for (size_t k = 0; k < threads[i].n; k++)
			if (threads[i].lines[k].hit)
				c.first = MIN(
					c.first,
					GPOINTER_TO_UINT(g_hash_table_lookup(
						at, &threads[i].lines[k].id)));
		g_array_append_val(t->all, c);
	}
	g_ptr_array_add(t->owned, threads);
	g_array_append_val(t->owned_sizes, n_threads);
	g_array_unref(ids);
	g_ptr_array_add(t->tables, at);
	return r;
}

static gint by_first(gconstpointer a, gconstpointer b)
{
	const struct conversation *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

/* ---- lines -----------------------------------------------------------------
 */

static const struct found *found_at(const struct talk *t,
                                    const struct conversation *c, int64_t id)
{
	gpointer at;

	return g_hash_table_lookup_extended(c->at, &id, NULL, &at)
	               ? &g_array_index(t->q->found, struct found,
	                                GPOINTER_TO_UINT(at))
	               : NULL;
}

static void print_line(const struct talk *t, const struct conversation *c,
                       const struct am_thread_line *l, char **subject)
{
	struct am_archive_message m;
	char when[OUT_ROOM];
	size_t indent = 2 * (size_t)MIN(l->depth, DEPTH_SHOWN);
	size_t room = out_width();

	if (!l->id) {
		printf("  %*s  %-16s  %*s(not in the archive)\n", 9, "", "",
		       (int)indent, "");
		return;
	}
	if (am_archive_message(c->in->in.archive, l->id, &m, NULL))
		return;
	struct am_arena *arena = am_arena_new();
	char *bare = am_row_subject(arena, m.subject);
	bool same = *subject && !strcmp(*subject, bare);
	out_when(&m.date, when);
	/* Mark, id, date and their gaps take 32 columns. */
	size_t left = room > 32 + indent + 20 ? room - 32 - indent : 20;
	char *from = out_fit(m.from, same ? left : MIN(left, 28));
	printf("%c %9" PRId64 "  %-16s  %*s", l->hit ? '*' : ' ', l->id, when,
	       (int)indent, "");
	if (same) {
		fputs(from, stdout);
	} else {
		char *text = search_marked(t->q, AM_REGION_SUBJECT, m.subject,
		                           left > 30 ? left - 30 : 20);
		out_padded(from, 28);
		fputs("  ", stdout);
		search_print_marked(text, l->hit);
		g_free(text);
	}
	putchar('\n');
	g_free(*subject);
	*subject = g_strdup(bare);
	g_free(from);
	am_arena_free(&arena);
}

static void print_thread(const struct talk *t, const struct conversation *c)
{
	char *subject = NULL;

	if (t->q->n_in > 1)
		printf("%s:\n", c->in->in.name);
	for (size_t i = 0; i < c->thread->n; i++) {
		const struct am_thread_line *l = &c->thread->lines[i];
		const struct found *f = l->hit ? found_at(t, c, l->id) : NULL;
		print_line(t, c, l, &subject);
		if (f && f->matched.snippet && *f->matched.snippet) {
			char *clean = out_clean(f->matched.snippet, false);
			printf("%32s", "");
			search_print_marked(clean, false);
			putchar('\n');
			g_free(clean);
		}
	}
	if (c->thread->cut)
		printf("%32s… and more\n", "");
	putchar('\n');
	g_free(subject);
}

static void write_thread(const struct talk *t, const struct conversation *c)
{
	struct am_json *json = t->json;

	am_json_open(json, '{');
	am_json_key(json, "hits");
	am_json_uint(json, c->thread->hits);
	am_json_key(json, "messages");
	am_json_open(json, '[');
	for (size_t i = 0; i < c->thread->n; i++) {
		const struct am_thread_line *l = &c->thread->lines[i];
		const struct found *f = l->hit ? found_at(t, c, l->id) : NULL;
		struct am_archive_message m = {0};
		am_json_open(json, '{');
		am_json_key(json, "id");
		if (l->id)
			am_json_int(json, l->id);
		else
			am_json_null(json);
		am_json_key(json, "depth");
		am_json_uint(json, l->depth);
		am_json_key(json, "hit");
		am_json_bool(json, l->hit);
		if (l->id &&
		    !am_archive_message(c->in->in.archive, l->id, &m, NULL)) {
			out_json_when(json, "date", &m.date);
			out_json_text(json, "from", m.from);
			out_json_text(json, "subject", m.subject);
			out_json_text(json, "message_id", m.message_id);
		}
		if (f)
			out_json_text(json, "snippet", f->matched.snippet);
		am_json_close(json, '}');
	}
	am_json_close(json, ']');
	am_json_key(json, "cut");
	am_json_bool(json, c->thread->cut);
	if (t->q->n_in > 1)
		out_json_text(json, "archive", c->in->in.name);
	am_json_close(json, '}');
	out_json_line(json);
}

static void show_all(struct talk *t, guint n)
{
	const struct search *q = t->q;
	char threads[OUT_ROOM], shown[OUT_ROOM], total[OUT_ROOM];

	g_array_sort(t->all, by_first);
	for (guint i = 0; i < t->all->len; i++) {
		const struct conversation *c =
			&g_array_index(t->all, struct conversation, i);
		if (q->o->json)
			write_thread(t, c);
		else
			print_thread(t, c);
	}
	out_count(t->all->len, threads);
	out_count(n, shown);
	out_count(q->total - q->hidden, total);
	if (!q->o->json && !n)
		session_say(q->s, "nothing found");
	else if (!q->o->json)
		session_say(q->s,
		            "threads: %s, with %s of %s%s hits, marked with *",
		            threads, shown, q->estimated ? "about " : "",
		            total);
}

int search_threads(struct search *q)
{
	struct talk t = {
		.q = q,
		.all = g_array_new(FALSE, FALSE, sizeof(struct conversation)),
		.owned = g_ptr_array_new(),
		.tables = g_ptr_array_new_with_free_func(
			(GDestroyNotify)g_hash_table_unref),
		.owned_sizes = g_array_new(FALSE, FALSE, sizeof(size_t)),
		.json = am_json_new()};
	struct am_error err = {0};
	int status = EXIT_DONE;
	guint first, n;

	search_page(q, &first, &n);
	if (n)
		search_read_matched(
			q, &g_array_index(q->found, struct found, first), n);
	for (size_t i = 0; i < q->n_in && status == EXIT_DONE; i++)
		if (find_threads(&t, &q->in[i], first, n, &err))
			status = session_error(q->s, q->in[i].in.name, &err);
	if (status == EXIT_DONE)
		show_all(&t, n);
	for (guint i = 0; i < t.owned->len; i++) {
		struct am_thread *threads = t.owned->pdata[i];
		am_threads_free(&threads,
		                g_array_index(t.owned_sizes, size_t, i));
	}
	am_json_free(&t.json);
	g_ptr_array_unref(t.owned);
	g_ptr_array_unref(t.tables);
	g_array_unref(t.owned_sizes);
	g_array_unref(t.all);
	return status;
}
