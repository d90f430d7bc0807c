/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long the index takes to answer, without starting a program:
 *
 *   search-clock ARCHIVE [rounds [newest|relevance|count]] < queries
 *
 * Each line of the input is a query.  Prints for each the best of some rounds,
 * in microseconds of the clock: parsing the query and the first 50 hits, newest
 * first, by relevance, and counting all; then the percentiles and what opening
 * takes.
 */
#include "index/index.h"
#include "store/archive.h"

#include <glib.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { NEWEST, RELEVANCE, COUNT, KINDS };
static const char *const kind_names[KINDS] = {"newest", "relevance", "count"};

struct clocked {
	struct am_archive *archive;
	struct am_index *index;
	unsigned rounds;
	const char *only;     /* of the kinds; NULL: all */
	GArray *times[KINDS]; /* double */
};

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int answer(struct clocked *c, int kind, const char *text, uint64_t *n,
                  struct am_error *err)
{
	struct am_hit hits[50];
	struct am_query *q;
	size_t got;
	int r = am_query_parse(&q, text, (int64_t)time(NULL), err);

	if (!r && kind == COUNT)
		r = am_index_count(c->index, c->archive, q, n, err);
	else if (!r)
		r = am_index_search(c->index, c->archive, q,
		                    kind == NEWEST ? AM_SORT_DATE
		                                   : AM_SORT_RELEVANCE,
		                    0, 50, hits, &got, n, err);
	am_query_free(&q);
	return r;
}

static void clock_query(struct clocked *c, const char *text)
{
	uint64_t n[KINDS] = {0};
	double best[KINDS];

	for (int kind = 0; kind < KINDS; kind++) {
		best[kind] = 0;
		if (c->only && strcmp(c->only, kind_names[kind]) != 0)
			continue;
		best[kind] = 1e18;
		for (unsigned i = 0; i < c->rounds; i++) {
			struct am_error err;
			double from = now_us();
			int r = answer(c, kind, text, &n[kind], &err);
			best[kind] = MIN(best[kind], now_us() - from);
			if (r) {
				printf("%s: %s\n", text, err.text);
				return;
			}
		}
		g_array_append_val(c->times[kind], best[kind]);
	}
	printf("%10.0f %10.0f %10.0f %10" PRIu64 "  %.100s\n", best[NEWEST],
	       best[RELEVANCE], best[COUNT], n[COUNT], text);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double at(const GArray *sorted, double share)
{
	return sorted->len ? g_array_index(sorted, double,
	                                   (guint)((sorted->len - 1) * share))
	                   : 0;
}

static int open_both(struct clocked *c, const char *path, struct am_error *err)
{
	int r = am_archive_open(&c->archive, path, false, NULL, err);
	char *dir;
	uint64_t n;

	if (r)
		return r;
	dir = am_archive_index_path(c->archive);
	double from = now_us();
	r = am_index_open(&c->index, dir, false, err);
	if (!r) /* what is opened when first asked */
		r = answer(c, NEWEST, "*", &n, err);
	printf("opening and a first page: %.0f us\n\n", now_us() - from);
	g_free(dir);
	return r == AM_END ? am_fail(err, AM_FAILED, AM_E_NOTFOUND,
	                             "there is no index")
	                   : r;
}

int main(int argc, char **argv)
{
	struct clocked c = {.rounds = argc > 2 ? (unsigned)g_ascii_strtoull(
							 argv[2], NULL, 10)
	                                       : 5,
	                    .only = argc > 3 ? argv[3] : NULL};
	struct am_error err;
	char line[4096];

	if (argc < 2 || !c.rounds) {
		fprintf(stderr, "usage: search-clock ARCHIVE [rounds "
		                "[newest|relevance|count]]\n");
		return 2;
	}
	if (open_both(&c, argv[1], &err)) {
		fprintf(stderr, "%s: %s\n", argv[1], err.text);
		return 2;
	}
	for (int k = 0; k < KINDS; k++)
		c.times[k] = g_array_new(FALSE, FALSE, sizeof(double));
	printf("%10s %10s %10s %10s  (us)\n", "newest", "relevance", "count",
	       "hits");
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		clock_query(&c, line);
	}
	printf("\n%-10s %10s %10s %10s\n", "", "median", "p95", "most");
	for (int k = 0; k < KINDS; k++) {
		g_array_sort(c.times[k], by_size);
		printf("%-10s %10.0f %10.0f %10.0f us\n", kind_names[k],
		       at(c.times[k], 0.5), at(c.times[k], 0.95),
		       at(c.times[k], 1));
		g_array_unref(c.times[k]);
	}
	am_index_close(&c.index);
	am_archive_close(&c.archive);
	return 0;
}
