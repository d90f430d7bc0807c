/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/browse/divide.h"

#include "cmd/searched.h"
#include "index/result.h"

#include <glib.h>

#include <string.h>

/* In the order they are shown. */
static const enum am_facet facets[] = {AM_FACET_FOLDER, AM_FACET_YEAR,
                                       AM_FACET_FROM, AM_FACET_LIST,
                                       AM_FACET_TYPE};
/* So many values of each. */
static const size_t shown[AM_FACET_COUNT] = {
	[AM_FACET_FOLDER] = 100, [AM_FACET_YEAR] = 12, [AM_FACET_FROM] = 8,
	[AM_FACET_LIST] = 6,     [AM_FACET_TYPE] = 6,
};
/* And so many are asked for: with several archives the sums decide. */
enum { ASKED = 100 };

struct divide {
	GArray *all;     /* struct division */
	GHashTable *has; /* "facet text" -> its place in `all` + 1 */
};

struct divide *divide_new(void)
{
	struct divide *d = g_new0(struct divide, 1);

	d->all = g_array_new(FALSE, FALSE, sizeof(struct division));
	d->has = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return d;
}

void division_clear(struct division *division)
{
	g_free(division->text);
	g_free(division->query);
}

static void add_value(struct divide *d, enum am_facet facet,
                      const struct am_facet_value *value)
{
	char *key = g_strdup_printf("%d %s", (int)facet, value->text);
	guint at = GPOINTER_TO_UINT(g_hash_table_lookup(d->has, key));

	if (at) {
		g_array_index(d->all, struct division, at - 1).count +=
			value->count;
		g_free(key);
		return;
	}
	struct division v = {facet, g_strdup(value->text),
	                     g_strdup(value->query), value->count};
	g_array_append_val(d->all, v);
	g_hash_table_insert(d->has, key, GUINT_TO_POINTER(d->all->len));
}

int divide_add(struct divide *d, const struct searched *in,
               const struct am_query *query, uint64_t *count,
               struct am_error *err)
{
	struct am_facet_list lists[AM_COUNT(facets)];
	struct am_result *result = NULL;
	int r = am_result_find(&result, in->index, in->archive, query, err);

	if (!r)
		r = am_facets_count(lists, result, facets, AM_COUNT(facets),
		                    ASKED, err);
	if (!r) {
		*count = am_result_count(result);
		for (size_t i = 0; i < AM_COUNT(facets); i++)
			for (size_t v = 0; v < lists[i].n; v++)
				add_value(d, lists[i].facet,
				          &lists[i].values[v]);
		am_facets_clear(lists, AM_COUNT(facets));
	}
	am_result_free(&result);
	return r;
}

static size_t place_of(enum am_facet facet)
{
	size_t i = 0;

	while (facets[i] != facet)
		i++;
	return i;
}

/* Facet by facet; years from the newest on, all else from the most on. */
static gint compare(gconstpointer a, gconstpointer b)
{
	const struct division *x = a, *y = b;

	if (x->facet != y->facet)
		return place_of(x->facet) < place_of(y->facet) ? -1 : 1;
	if (x->facet == AM_FACET_YEAR)
		return strcmp(y->text, x->text);
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return strcmp(x->text, y->text);
}

void divide_end(struct divide **divide, struct division **out, size_t *n)
{
	struct divide *d = *divide;
	size_t seen[AM_FACET_COUNT] = {0}, kept = 0;

	g_array_sort(d->all, compare);
	for (guint i = 0; i < d->all->len; i++) {
		struct division *v = &g_array_index(d->all, struct division, i);
		if (++seen[v->facet] > shown[v->facet])
			division_clear(v);
		else
			g_array_index(d->all, struct division, kept++) = *v;
	}
	*n = kept;
	*out = (struct division *)(void *)g_array_free(d->all, FALSE);
	g_hash_table_unref(d->has);
	g_free(d);
	*divide = NULL;
}
