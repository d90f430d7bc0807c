/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --facets and --timeline: the whole result, divided and drawn. */
#include "cmd/search_impl.h"

#include "base/json.h"
#include "cmd/cmd.h"
#include "cmd/out.h"
#include "cmd/session.h"
#include "index/result.h"

#include <stdio.h>
#include <string.h>

#define VALUES  10 /* of a facet, for people */
#define ALL     100000
#define HEIGHT  6 /* lines of the timeline */
#define EIGHTHS 8

/* "year,from" into facets; 0: what is wrong was told. */
static size_t parse_facets(const struct search *q,
                           enum am_facet out[AM_FACET_COUNT])
{
	char **names = g_strsplit(q->o->facets, ",", -1);
	size_t n = 0;

	for (char **name = names; *name; name++) {
		const char *word = g_strstrip(*name);
		bool seen = false;
		enum am_facet facet;
		if (!strcmp(word, "all")) {
			for (n = 0; n < AM_FACET_COUNT; n++)
				out[n] = (enum am_facet)n;
			continue;
		}
		if (!am_facet_find(word, strlen(word), &facet)) {
			GString *known = g_string_new(NULL);
			for (int i = 0; i < AM_FACET_COUNT; i++)
				g_string_append_printf(
					known, "%s, ",
					am_facet_name((enum am_facet)i));
			session_usage(q->s,
			              "--facets: no facet \"%s\"; there "
			              "are %sand all",
			              word, known->str);
			g_string_free(known, TRUE);
			n = 0;
			break;
		}
		for (size_t i = 0; i < n; i++)
			seen = seen || out[i] == facet;
		if (!seen)
			out[n++] = facet;
	}
	g_strfreev(names);
	return n;
}

int search_facets_check(const struct search *q)
{
	enum am_facet facets[AM_FACET_COUNT];

	return !q->o->facets || parse_facets(q, facets) ? EXIT_DONE
	                                                : EXIT_COULD_NOT;
}

/* ---- several archives as one -----------------------------------------------
 */

static gint by_text(gconstpointer a, gconstpointer b)
{
	const struct am_facet_value *x = a, *y = b;

	return strcmp(x->text, y->text);
}

static gint by_count(gconstpointer a, gconstpointer b)
{
	const struct am_facet_value *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return strcmp(x->text, y->text);
}

/* Years and sizes have an order of their own, which their texts (the year) or
 * queries (the size, shortest first) give. */
static gint newest_first(gconstpointer a, gconstpointer b)
{
	return -by_text(a, b);
}

static gint by_query(gconstpointer a, gconstpointer b)
{
	const struct am_facet_value *x = a, *y = b;
	size_t n = strlen(x->query), m = strlen(y->query);

	if (n != m)
		return n < m ? -1 : 1;
	return strcmp(x->query, y->query);
}

static void add_list(struct am_facet_list *sum, struct am_facet_list *more)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(struct am_facet_value));
	guint n = 0;

	g_array_append_vals(all, sum->values, (guint)sum->n);
	g_array_append_vals(all, more->values, (guint)more->n);
	g_array_sort(all, by_text);
	for (guint i = 0; i < all->len; i++) {
		struct am_facet_value *v =
			&g_array_index(all, struct am_facet_value, i);
		struct am_facet_value *last =
			n ? &g_array_index(all, struct am_facet_value, n - 1)
			  : NULL;
		if (!last || strcmp(last->text, v->text) != 0) {
			g_array_index(all, struct am_facet_value, n++) = *v;
			continue;
		}
		last->count += v->count;
		g_free(v->text);
		g_free(v->query);
	}
	g_array_set_size(all, n);
	if (sum->facet == AM_FACET_YEAR)
		g_array_sort(all, newest_first);
	else if (sum->facet == AM_FACET_SIZE)
		g_array_sort(all, by_query);
	else
		g_array_sort(all, by_count);
	g_free(sum->values);
	g_free(more->values);
	sum->without += more->without;
	sum->distinct = sum->n = n;
	sum->values = (void *)g_array_free(all, FALSE);
	*more = (struct am_facet_list){.facet = more->facet};
}

static int count_facets(struct search *q, const enum am_facet *facets, size_t n,
                        struct am_facet_list *sum, size_t most)
{
	for (size_t i = 0; i < q->n_in; i++) {
		struct am_facet_list lists[AM_FACET_COUNT];
		struct am_error err = {0};
		int r = search_result(q, &q->in[i], &err);
		if (!r)
			r = am_facets_count(lists, q->in[i].result, facets, n,
			                    q->n_in > 1 ? ALL : most, &err);
		if (r)
			return session_error(q->s, q->in[i].in.name, &err);
		for (size_t k = 0; k < n; k++) {
			if (i)
				add_list(&sum[k], &lists[k]);
			else
				sum[k] = lists[k];
		}
	}
	return EXIT_DONE;
}

/* ---- for people ------------------------------------------------------------
 */

/* A bar in eighths of a column. */
static void print_bar(uint64_t count, uint64_t largest, size_t columns)
{
	static const char *const parts[] = {"",  "▏", "▎", "▍",
	                                    "▌", "▋", "▊", "▉"};
	uint64_t n = largest ? (uint64_t)((double)count / (double)largest *
	                                          (double)(columns * EIGHTHS) +
	                                  0.5)
	                     : 0;

	for (; n >= EIGHTHS; n -= EIGHTHS)
		fputs("█", stdout);
	/* What is there at all is seen. */
	fputs(parts[n], stdout);
	putchar('\n');
}

static void print_facet(const struct am_facet_list *l, size_t most)
{
	size_t width = out_width(), shown = MIN(l->n, most);
	size_t text = width >= 60 ? MIN((width - 26) / 2 + 4, 48) : 20;
	size_t bar = width > text + 26 ? width - text - 26 : 4;
	uint64_t largest = 0;
	char n[OUT_ROOM];

	for (size_t i = 0; i < shown; i++)
		largest = MAX(largest, l->values[i].count);
	for (size_t i = 0; i < shown; i++) {
		char *value = out_fit(l->values[i].text, text);
		printf("%-8s", i ? "" : am_facet_name(l->facet));
		out_padded(value, text);
		out_count(l->values[i].count, n);
		printf("  %11s  ", n);
		print_bar(l->values[i].count, largest, bar);
		g_free(value);
	}
	if (!shown)
		printf("%-8s(none)\n", am_facet_name(l->facet));
	if (l->distinct > shown) {
		out_count(l->distinct - shown, n);
		printf("%-8s… %s more\n", "", n);
	}
	if (l->without && shown) {
		out_count(l->without, n);
		printf("%-8s%-*s  %11s\n", "", (int)text, "(none)", n);
	}
}

/* ---- the timeline ----------------------------------------------------------
 */

static void print_label(const struct am_timeline *t, size_t column,
                        size_t *printed)
{
	char label[AM_PERIOD_ROOM];

	am_timeline_label(t, column, label);
	fputs(label, stdout);
	*printed += strlen(label);
}

static void print_row(const struct am_timeline *t, size_t row, size_t wide)
{
	static const char *const parts[] = {" ", "▁", "▂", "▃", "▄",
	                                    "▅", "▆", "▇", "█"};

	for (size_t i = 0; i < t->n; i++) {
		double eighths = (double)t->counts[i] / (double)t->largest *
		                 HEIGHT * EIGHTHS;
		double here = eighths - (double)(row * EIGHTHS);
		size_t part = here <= 0         ? 0
		              : here >= EIGHTHS ? EIGHTHS
		                                : (size_t)(here + 0.5);
		/* One message among a million is still seen. */
		if (!row && !part && t->counts[i])
			part = 1;
		for (size_t k = 0; k < wide; k++)
			fputs(parts[part], stdout);
	}
}

static void print_timeline(const struct am_timeline *t)
{
	size_t room = out_width() - 12;
	size_t wide = MAX(1, MIN(room / t->n, 6)), printed = 0;
	char n[OUT_ROOM], before[OUT_ROOM], after[OUT_ROOM];

	for (size_t row = HEIGHT; row-- > 0;) {
		out_count(row == HEIGHT - 1 ? t->largest : 0, n);
		printf("%9s %s",
		       row == HEIGHT - 1 ? n
		       : row             ? ""
		                         : "0",
		       row == HEIGHT - 1 || !row ? "┤" : "│");
		print_row(t, row, wide);
		putchar('\n');
	}
	printf("%11s", "");
	print_label(t, 0, &printed);
	/* The last one ends below its bar where there is room for both. */
	char last[AM_PERIOD_ROOM];
	am_timeline_label(t, t->n - 1, last);
	size_t end = t->n * wide;
	if (t->n > 1 && end >= printed + strlen(last) + 1)
		printf("%*s", (int)(end - printed), last);
	else if (t->n > 1)
		printf(" … %s", last);
	putchar('\n');
	out_count(t->before, before);
	out_count(t->after, after);
	out_count(t->undated, n);
	if (t->before + t->after)
		printf("%11s%s before, %s after that\n", "", before, after);
	if (t->undated)
		printf("%11s%s without a date\n", "", n);
}

/* ---- both ------------------------------------------------------------------
 */

static void write_facets(const struct am_facet_list *lists, size_t n)
{
	struct am_json *json = am_json_new();

	am_json_open(json, '{');
	am_json_key(json, "facets");
	am_json_open(json, '{');
	for (size_t i = 0; i < n; i++) {
		am_json_key(json, am_facet_name(lists[i].facet));
		am_json_open(json, '{');
		am_json_key(json, "values");
		am_json_open(json, '[');
		for (size_t k = 0; k < lists[i].n; k++) {
			am_json_open(json, '{');
			out_json_text(json, "value", lists[i].values[k].text);
			out_json_text(json, "query", lists[i].values[k].query);
			am_json_key(json, "count");
			am_json_uint(json, lists[i].values[k].count);
			am_json_close(json, '}');
		}
		am_json_close(json, ']');
		am_json_key(json, "distinct");
		am_json_uint(json, lists[i].distinct);
		am_json_key(json, "without");
		am_json_uint(json, lists[i].without);
		am_json_close(json, '}');
	}
	am_json_close(json, '}');
	am_json_close(json, '}');
	out_json_line(json);
	am_json_free(&json);
}

static void write_timeline(const struct am_timeline *t)
{
	static const char *const periods[] = {"day", "month", "year"};
	struct am_json *json = am_json_new();
	char label[AM_PERIOD_ROOM];

	am_json_open(json, '{');
	am_json_key(json, "timeline");
	am_json_open(json, '{');
	out_json_text(json, "period", periods[t->period]);
	am_json_key(json, "counts");
	am_json_open(json, '{');
	for (size_t i = 0; i < t->n; i++) {
		am_timeline_label(t, i, label);
		am_json_key(json, label);
		am_json_uint(json, t->counts[i]);
	}
	am_json_close(json, '}');
	am_json_key(json, "before");
	am_json_uint(json, t->before);
	am_json_key(json, "after");
	am_json_uint(json, t->after);
	am_json_key(json, "undated");
	am_json_uint(json, t->undated);
	am_json_close(json, '}');
	am_json_close(json, '}');
	out_json_line(json);
	am_json_free(&json);
}

static int sum_facets(struct search *q)
{
	struct am_facet_list sum[AM_FACET_COUNT] = {0};
	enum am_facet facets[AM_FACET_COUNT];
	size_t n = parse_facets(q, facets);
	int status = count_facets(q, facets, n, sum, q->o->json ? 100 : VALUES);

	if (status == EXIT_DONE && q->o->json)
		write_facets(sum, n);
	for (size_t i = 0; status == EXIT_DONE && !q->o->json && i < n; i++)
		print_facet(&sum[i], sum[i].facet == AM_FACET_YEAR ? 2 * VALUES
		                                                   : VALUES);
	am_facets_clear(sum, n);
	return status;
}

static int sum_timeline(struct search *q)
{
	const struct am_result *results[1024];
	struct am_timeline t;
	struct am_error err = {0};
	size_t room = out_width() - 12;

	if (q->n_in > AM_COUNT(results))
		return session_usage(q->s,
		                     "--timeline is for at most %zu "
		                     "archives",
		                     AM_COUNT(results));
	for (size_t i = 0; i < q->n_in; i++) {
		if (search_result(q, &q->in[i], &err))
			return session_error(q->s, q->in[i].in.name, &err);
		results[i] = q->in[i].result;
	}
	if (am_timeline_count(&t, results, q->n_in, q->o->json ? 1200 : room,
	                      &err))
		return session_error(q->s, NULL, &err);
	if (q->o->json)
		write_timeline(&t);
	else if (t.n)
		print_timeline(&t);
	am_timeline_clear(&t);
	return EXIT_DONE;
}

int search_sum(struct search *q)
{
	int status = EXIT_DONE;

	if (q->o->timeline)
		status = sum_timeline(q);
	if (status == EXIT_DONE && q->o->facets)
		status = sum_facets(q);
	return status;
}
