/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/facets.h"

#include "index/facets_impl.h"
#include "model/folder.h"
#include "store/archive.h"

#include <string.h>

static const char *const names[AM_FACET_COUNT] = {
	"year", "from", "domain", "list", "folder", "type", "size"};

const char *am_facet_name(enum am_facet facet)
{
	return names[facet];
}

bool am_facet_find(const char *name, size_t len, enum am_facet *out)
{
	for (size_t i = 0; i < AM_FACET_COUNT; i++) {
		size_t n = strlen(names[i]);
		if (g_ascii_strncasecmp(name, names[i], n) != 0 || len < n ||
		    (len > n &&
		     (len != n + 1 || g_ascii_tolower(name[n]) != 's')))
			continue;
		*out = (enum am_facet)i;
		return true;
	}
	return false;
}

void am_facets_clear(struct am_facet_list *lists, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < lists[i].n; k++) {
			g_free(lists[i].values[k].text);
			g_free(lists[i].values[k].query);
		}
		g_free(lists[i].values);
		lists[i] = (struct am_facet_list){.facet = lists[i].facet};
	}
}

/* ---- the largest few -------------------------------------------------------
 */

/* a before b? */
static bool larger(const struct am_ranked *a, const struct am_ranked *b)
{
	if (a->count != b->count)
		return a->count > b->count;
	return strcmp(a->text, b->text) < 0;
}

void am_top_offer(struct am_top *top, const char *text, uint64_t count)
{
	struct am_ranked new = {text, count};
	size_t low = 0, high = top->best->len;

	if (!count)
		return;
	top->distinct++;
	if (high == top->most &&
	    (!high || !larger(&new, &g_array_index(top->best, struct am_ranked,
	                                           high - 1))))
		return;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (larger(&new,
		           &g_array_index(top->best, struct am_ranked, middle)))
			high = middle;
		else
			low = middle + 1;
	}
	if (top->best->len == top->most)
		g_array_set_size(top->best, top->best->len - 1);
	g_array_insert_val(top->best, (guint)low, new);
}

/* ---- texts -----------------------------------------------------------------
 */

/* Counts of one dictionary, a number for each text of each shard. */
struct texts {
	bool wanted;
	uint32_t **counts;
};

struct counting {
	const struct am_result *result;
	struct am_index *index;
	bool want[AM_FACET_COUNT];
	struct texts texts[AM_DICTIONARY_COUNT];
	struct am_days *days;
	uint64_t sizes[AM_SIZE_CLASSES];
};

static int begin_shard(struct counting *c, size_t shard,
                       struct am_columns *columns, struct am_error *err)
{
	uint32_t n;

	for (int d = 0; d < AM_DICTIONARY_COUNT; d++) {
		if (!c->texts[d].wanted || c->texts[d].counts[shard])
			continue;
		int r = am_columns_texts(columns, (enum am_dictionary)d, &n,
		                         err);
		if (r)
			return r;
		/* One more, for a number that is none. */
		c->texts[d].counts[shard] = g_new0(uint32_t, (size_t)n + 1);
	}
	return AM_OK;
}

static int count_texts(struct counting *c, struct am_steps *s, uint32_t *values,
                       struct am_error *err)
{
	for (int d = 0; d < AM_DICTIONARY_COUNT; d++) {
		enum am_column column =
			(enum am_column)((int)AM_COLUMN_FROM + d);
		uint32_t n;
		if (!c->texts[d].wanted)
			continue;
		int r = am_columns_texts(s->columns, (enum am_dictionary)d, &n,
		                         err);
		if (!r)
			r = am_steps_read(s, column, values, err);
		if (r)
			return r;
		uint32_t *counts = c->texts[d].counts[s->shard];
		for (size_t i = 0; i < s->n_rows; i++)
			counts[MIN(values[s->rows[i]], n)]++;
	}
	return AM_OK;
}

static int count_columns(struct counting *c, struct am_error *err)
{
	struct am_steps *s = g_new(struct am_steps, 1);
	uint32_t *values = g_new(uint32_t, AM_STEP);
	int r;

	am_steps_begin(s, c->index, c->result);
	while (!(r = am_steps_next(s, err))) {
		r = begin_shard(c, s->shard, s->columns, err);
		if (!r)
			r = count_texts(c, s, values, err);
		if (!r && c->want[AM_FACET_SIZE])
			r = am_steps_read(s, AM_COLUMN_SIZE, values, err);
		for (size_t i = 0;
		     c->want[AM_FACET_SIZE] && !r && i < s->n_rows; i++)
			c->sizes[am_size_class(values[s->rows[i]])]++;
		if (!r && c->want[AM_FACET_YEAR])
			r = am_days_add(c->days, s, (int32_t *)values, err);
		if (r)
			break;
	}
	g_free(values);
	g_free(s);
	return r == AM_END ? AM_OK : r;
}

/* Every text with the sum of its counts in all shards, in order. */
typedef void text_fn(void *user, const char *text, uint64_t count);

static void each_text(const struct counting *c, enum am_dictionary d,
                      text_fn *fn, void *user)
{
	size_t n = c->index->state.n_shards;
	uint32_t *at = g_new0(uint32_t, n + 1),
		 *sizes = g_new0(uint32_t, n + 1);

	for (size_t i = 0; i < n; i++)
		if (c->texts[d].counts[i] &&
		    am_columns_texts(c->index->columns[i], d, &sizes[i], NULL))
			sizes[i] = 0;
	for (;;) {
		const char *least = NULL;
		uint64_t sum = 0;
		for (size_t i = 0; i < n; i++) {
			const uint32_t *counts = c->texts[d].counts[i];
			while (counts && at[i] < sizes[i] && !counts[at[i]])
				at[i]++;
			if (!counts || at[i] == sizes[i])
				continue;
			const char *text =
				am_columns_text(c->index->columns[i], d, at[i]);
			if (!least || strcmp(text, least) < 0)
				least = text;
		}
		if (!least)
			break;
		for (size_t i = 0; i < n; i++)
			if (c->texts[d].counts[i] && at[i] < sizes[i] &&
			    !strcmp(am_columns_text(c->index->columns[i], d,
			                            at[i]),
			            least))
				sum += c->texts[d].counts[i][at[i]++];
		fn(user, least, sum);
	}
	g_free(at);
	g_free(sizes);
}

static void offer_text(void *user, const char *text, uint64_t count)
{
	struct am_top *top = user;

	if (*text)
		am_top_offer(top, text, count);
	else
		top->without += count;
}

/* Texts that stand for several, or for a part, of another: summed by name. */
struct sums {
	GHashTable *counts; /* text: uint64_t */
	uint64_t without;
};

static void add_sum(struct sums *sums, const char *text, size_t len,
                    uint64_t count)
{
	char *key = g_strndup(text, len);
	uint64_t *sum = g_hash_table_lookup(sums->counts, key);

	if (sum) {
		*sum += count;
		g_free(key);
		return;
	}
	sum = g_new(uint64_t, 1);
	*sum = count;
	g_hash_table_insert(sums->counts, key, sum);
}

static void add_domain(void *user, const char *text, uint64_t count)
{
	struct sums *sums = user;
	const char *at = strrchr(text, '@');

	if (at && at[1])
		add_sum(sums, at + 1, strlen(at + 1), count);
	else
		sums->without += count;
}

static void add_types(void *user, const char *text, uint64_t count)
{
	struct sums *sums = user;

	if (!*text)
		sums->without += count;
	while (*text) {
		size_t n = strcspn(text, " ");
		add_sum(sums, text, n, count);
		text += n + (text[n] == ' ');
	}
}

static void offer_sums(struct am_top *top, const struct sums *sums)
{
	GHashTableIter iter;
	gpointer key, value;

	g_hash_table_iter_init(&iter, sums->counts);
	while (g_hash_table_iter_next(&iter, &key, &value))
		am_top_offer(top, key, *(uint64_t *)value);
	top->without += sums->without;
}

/* ---- lists -----------------------------------------------------------------
 */

/* What comes from mail stands in quotes; the query's own cannot be in them. */
static char *quoted(const char *field, const char *text)
{
	GString *out = g_string_new(field);

	g_string_append(out, ":\"");
	for (; *text; text++)
		g_string_append_c(out, *text == '"' ? ' ' : *text);
	g_string_append_c(out, '"');
	return g_string_free(out, FALSE);
}

static char *query_for(enum am_facet facet, const char *text)
{
	switch (facet) {
	case AM_FACET_FROM:
	case AM_FACET_DOMAIN:
		return quoted("from", text);
	case AM_FACET_LIST:
		return quoted("list", text);
	case AM_FACET_FOLDER:
		return quoted("folder", text);
	case AM_FACET_TYPE:
		return quoted("type", text);
	case AM_FACET_YEAR:
	case AM_FACET_SIZE:
	case AM_FACET_COUNT:
		break;
	}
	return NULL;
}

static void take_top(struct am_facet_list *list, const struct am_top *top)
{
	list->n = top->best->len;
	list->values = g_new0(struct am_facet_value, list->n + 1);
	for (size_t i = 0; i < list->n; i++) {
		const struct am_ranked *one =
			&g_array_index(top->best, struct am_ranked, i);
		list->values[i].text = g_strdup(one->text);
		list->values[i].query = query_for(list->facet, one->text);
		list->values[i].count = one->count;
	}
	list->distinct = top->distinct;
	list->without = top->without;
}

static int fill_list(const struct counting *c, struct am_facet_list *list,
                     size_t most, struct am_error *err)
{
	struct am_top top = {
		.best = g_array_new(FALSE, FALSE, sizeof(struct am_ranked)),
		.most = most};
	struct sums sums = {.counts = g_hash_table_new_full(
				    g_str_hash, g_str_equal, g_free, g_free)};
	int r = AM_OK;

	switch (list->facet) {
	case AM_FACET_YEAR:
		am_days_years(c->days, list, most);
		goto out;
	case AM_FACET_SIZE:
		am_size_values(c->sizes, list);
		goto out;
	case AM_FACET_FOLDER:
		r = am_folder_values(c->result, &top, err);
		break;
	case AM_FACET_FROM:
		each_text(c, AM_DICTIONARY_FROM, offer_text, &top);
		break;
	case AM_FACET_LIST:
		each_text(c, AM_DICTIONARY_LIST, offer_text, &top);
		break;
	case AM_FACET_DOMAIN:
		each_text(c, AM_DICTIONARY_FROM, add_domain, &sums);
		offer_sums(&top, &sums);
		break;
	case AM_FACET_TYPE:
		each_text(c, AM_DICTIONARY_TYPES, add_types, &sums);
		offer_sums(&top, &sums);
		break;
	case AM_FACET_COUNT:
		break;
	}
	if (!r)
		take_top(list, &top);
out:
	if (top.owned)
		g_ptr_array_unref(top.owned);
	g_hash_table_unref(sums.counts);
	g_array_unref(top.best);
	return r;
}

static void choose(struct counting *c, enum am_facet facet)
{
	c->want[facet] = true;
	if (facet == AM_FACET_FROM || facet == AM_FACET_DOMAIN)
		c->texts[AM_DICTIONARY_FROM].wanted = true;
	else if (facet == AM_FACET_LIST)
		c->texts[AM_DICTIONARY_LIST].wanted = true;
	else if (facet == AM_FACET_TYPE)
		c->texts[AM_DICTIONARY_TYPES].wanted = true;
}

int am_facets_count(struct am_facet_list *out, const struct am_result *result,
                    const enum am_facet *facets, size_t n, size_t most,
                    struct am_error *err)
{
	struct counting c = {.result = result, .index = result->index};
	size_t shards = c.index->state.n_shards;
	bool columns = false;
	int r = AM_OK;

	for (size_t i = 0; i < n; i++) {
		out[i] = (struct am_facet_list){.facet = facets[i]};
		choose(&c, facets[i]);
		columns = columns || facets[i] != AM_FACET_FOLDER;
	}
	c.days = am_days_new();
	for (size_t d = 0; d < AM_DICTIONARY_COUNT; d++)
		c.texts[d].counts = g_new0(uint32_t *, shards + 1);
	if (columns)
		r = count_columns(&c, err);
	for (size_t i = 0; i < n && !r; i++)
		r = fill_list(&c, &out[i], most, err);
	for (size_t d = 0; d < AM_DICTIONARY_COUNT; d++) {
		for (size_t i = 0; i < shards; i++)
			g_free(c.texts[d].counts[i]);
		g_free(c.texts[d].counts);
	}
	am_days_free(&c.days);
	if (r)
		am_facets_clear(out, n);
	return r;
}
