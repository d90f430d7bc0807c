/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --stub: the same question to many published indexes, here or at servers.
 *
 * One that does not answer must not keep the others from answering, and must
 * not be missed without a word: it is named, and the exit status is 1.  All are
 * asked side by side: it takes as long as the slowest of them.
 */
#include "cmd/search_impl.h"

#include "cmd/cmd.h"
#include "cmd/out.h"
#include "cmd/session.h"
#include "index/published.h"
#include "index/xapian_published.h"

#include <stdio.h>

/* To connect, and for an answer. */
#define TIMEOUT_MS 15000
/* That are asked side by side: so many that hang cost no more than one. */
#define AT_ONCE 256

struct stub {
	struct search *q;
	GArray *found; /* struct far_hit */
	enum am_sort sort;
	uint64_t room;
	size_t silent; /* databases that did not answer */
	bool refused;  /* the question, by all of them */
};

/* One of them, and what it says. */
struct asked {
	const struct stub *stub;
	const struct am_xplace *place;
	GArray *found; /* struct far_hit */
	uint64_t total;
	bool exact, opened;
	int status;
	struct am_error err;
};

static gint compare(gconstpointer a, gconstpointer b, gpointer user)
{
	const struct far_hit *x = a, *y = b;
	const struct stub *s = user;
	int64_t d = x->date.known ? x->date.sec : INT64_MIN;
	int64_t e = y->date.known ? y->date.sec : INT64_MIN;

	switch (s->sort) {
	case AM_SORT_RELEVANCE:
		return x->weight > y->weight ? -1 : x->weight < y->weight;
	case AM_SORT_DATE:
		return d > e ? -1 : d < e;
	case AM_SORT_DATE_ASC:
		return d < e ? -1 : d > e;
	case AM_SORT_SIZE:
		break;
	}
	return x->size > y->size ? -1 : x->size < y->size;
}

/* ---- asking (each in a thread of its own) ----------------------------------
 */

static int on_hit(void *user, const struct am_published_hit *h,
                  struct am_error *err)
{
	struct asked *a = user;
	struct far_hit f;

	(void)err;
	search_far_keep(&f, h);
	g_array_append_val(a->found, f);
	return AM_OK;
}

static void ask(gpointer data, gpointer user)
{
	struct asked *a = data;
	const struct stub *s = a->stub;
	struct am_published *p = NULL;

	(void)user;
	a->status = am_published_open(&p, a->place, TIMEOUT_MS, &a->err);
	a->opened = !a->status;
	if (!a->status)
		a->status = am_published_search(p, s->q->query, s->sort,
		                                (size_t)s->room, s->q->o->count,
		                                on_hit, a, &a->total, &a->exact,
		                                &a->err);
	am_published_close(&p);
}

static void ask_all(struct stub *s, struct asked *all, const struct am_stub *of)
{
	GThreadPool *pool = g_thread_pool_new(
		ask, NULL, (gint)MIN(of->n, AT_ONCE), FALSE, NULL);

	for (size_t i = 0; i < of->n; i++) {
		all[i] = (struct asked){
			.stub = s,
			.place = &of->places[i],
			.found = g_array_new(FALSE, FALSE,
		                             sizeof(struct far_hit))};
		g_thread_pool_push(pool, &all[i], NULL);
	}
	g_thread_pool_free(pool, FALSE, TRUE);
}

/* Half of an answer looks like a whole one: it is left out. */
static void take_answer(struct stub *s, struct asked *a, const char *name)
{
	struct search *q = s->q;

	if (!a->status) {
		q->total += MAX(a->total, a->found->len);
		q->estimated = q->estimated || !a->exact;
		g_array_append_vals(s->found, a->found->data, a->found->len);
		g_array_set_size(a->found, 0);
		return;
	}
	if (a->opened && a->err.kind == AM_E_UNSUPPORTED) {
		if (!s->refused)
			session_error(q->s, "query", &a->err);
		s->refused = true;
		return;
	}
	s->silent++;
	char *clean = out_clean(a->err.text, false);
	session_say(q->s,
	            "%s: no answer, so its mail is not among the "
	            "results: %s",
	            name, clean);
	g_free(clean);
}

static void ask_and_take(struct stub *s, const struct am_stub *of)
{
	struct asked *all = g_new0(struct asked, of->n + 1);

	ask_all(s, all, of);
	for (size_t i = 0; i < of->n; i++) {
		take_answer(s, &all[i], of->names[i]);
		for (guint k = 0; k < all[i].found->len; k++)
			search_far_clear(&g_array_index(all[i].found,
			                                struct far_hit, k));
		g_array_unref(all[i].found);
	}
	g_free(all);
}

static void show(const struct stub *s)
{
	const struct search *q = s->q;
	guint first = (guint)MIN(q->o->offset, s->found->len);
	guint n = (guint)MIN(s->found->len - first, q->limit);
	char shown[OUT_ROOM], total[OUT_ROOM];

	search_far_show(q, &g_array_index(s->found, struct far_hit, first), n);
	if (q->o->json || q->o->format)
		return;
	out_count(n, shown);
	out_count(q->total, total);
	if (q->total > n)
		session_say(q->s,
		            "%s of %s%s hits (--limit and --offset show "
		            "others)",
		            shown, q->estimated ? "about " : "", total);
	else if (!n && !q->o->explain)
		session_say(q->s, "nothing found");
}

/* ---- all of it -------------------------------------------------------------
 */

int search_stub_check(const struct search *q)
{
	static const char *const unknown[] = {"sha256", "matched", "copies"};
	const struct search_options *o = q->o;

	if (!o->stub || search_reach_wanted(o))
		return EXIT_DONE;
	for (size_t i = 0; o->format && i < AM_COUNT(unknown); i++)
		if (search_format_asks(o->format, unknown[i]))
			return session_usage(q->s,
			                     "--stub: a published index has "
			                     "no {%s}",
			                     unknown[i]);
	if (q->sort == SORT_FROM || q->sort == SORT_SUBJECT)
		return session_usage(q->s, "--stub sorts by relevance, date, "
		                           "date-asc or size");
	return EXIT_DONE;
}

int search_stub(struct search *q)
{
	static const enum am_sort sorts[] = {[SORT_RELEVANCE] =
	                                             AM_SORT_RELEVANCE,
	                                     [SORT_DATE] = AM_SORT_DATE,
	                                     [SORT_DATE_ASC] = AM_SORT_DATE_ASC,
	                                     [SORT_SIZE] = AM_SORT_SIZE};
	struct am_stub stub = {0};
	struct am_error err = {0};
	struct stub s = {
		.q = q,
		.sort = sorts[q->sort],
		.room = q->o->count              ? 0
	                : q->limit == UINT64_MAX ? UINT32_MAX
	                                         : q->limit + q->o->offset,
		.found = g_array_new(FALSE, FALSE, sizeof(struct far_hit))};
	int status = EXIT_COULD_NOT;

	g_array_set_clear_func(s.found, search_far_clear);
	s.room = MIN(s.room, UINT32_MAX);
	if (am_stub_read(&stub, q->o->stub, &err)) {
		session_error(q->s, "--stub", &err);
		goto out;
	}
	ask_and_take(&s, &stub);
	if (s.refused)
		goto out;
	g_array_sort_with_data(s.found, compare, &s);
	if (s.silent < stub.n && q->o->count)
		printf("%" PRIu64 "\n", q->total);
	else if (s.silent < stub.n)
		show(&s);
	if (s.silent)
		session_say(q->s,
		            "%zu of %zu indexes did not answer: this is not "
		            "all there is",
		            s.silent, stub.n);
	status = !s.silent           ? EXIT_DONE
	         : s.silent < stub.n ? EXIT_SOME_FAILED
	                             : EXIT_COULD_NOT;
out:
	am_stub_clear(&stub);
	g_array_unref(s.found);
	return status;
}
