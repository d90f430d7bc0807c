/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/query_run.h"

#include "index/document.h"
#include "index/places.h"
#include "store/archive.h"

#include <glib.h>

#include <string.h>

/*
 * A query's tree to Xapian's, and the answer back.  Folders, flags and keywords
 * are asked of the catalog first and take part as sets of ids, wherever in the
 * tree they stand.
 */

static int compile(struct am_run_query *run, const struct am_node *node,
                   struct am_xquery **out);

static int fact(const char *prefix, const char *value, struct am_xquery **out)
{
	char term[AM_TERM_MAX];

	*out = am_xquery_term(term, am_document_fact_term(term, prefix, value),
	                      false);
	return AM_OK;
}

static int compile_all(struct am_run_query *run, const struct am_node *node,
                       bool not, GPtrArray *parts)
{
	int r = AM_OK;

	for (size_t i = 0; i < node->n_children && !r; i++) {
		const struct am_node *child = node->children[i];
		struct am_xquery *part = NULL;
		if ((child->kind == AM_NODE_NOT) != not )
			continue;
		r = compile(run, not ? child->children[0] : child, &part);
		if (!r)
			g_ptr_array_add(parts, part);
	}
	return r;
}

static struct am_xquery *join(enum am_xjoin how, GPtrArray *parts)
{
	struct am_xquery **all = (struct am_xquery **)(void *)parts->pdata;
	struct am_xquery *out =
		parts->len == 1 ? all[0] : am_xquery_join(how, all, parts->len);

	g_ptr_array_set_size(parts, 0);
	return out;
}

static void free_parts(GPtrArray *parts)
{
	for (guint i = 0; i < parts->len; i++) {
		struct am_xquery *part = parts->pdata[i];
		am_xquery_free(&part);
	}
	g_ptr_array_unref(parts);
}

/* What must be, without what must not be. */
static int both(struct am_run_query *run, const struct am_node *node,
                struct am_xquery **out)
{
	GPtrArray *with = g_ptr_array_new(), *without = g_ptr_array_new();
	int r = compile_all(run, node, false, with);
	bool weigh = am_sources_weigh(run->sources, false);
	bool last = am_sources_check_last(run->sources, false);

	if (!r)
		r = compile_all(run, node, true, without);
	am_sources_weigh(run->sources, weigh);
	(void)am_sources_check_last(run->sources, last);
	if (!r) {
		*out = with->len ? join(AM_XJOIN_AND, with) : am_xquery_all();
		if (without->len) {
			struct am_xquery *pair[] = {*out,
			                            join(AM_XJOIN_OR, without)};
			*out = am_xquery_join(AM_XJOIN_NOT, pair, 2);
		}
	}
	free_parts(with);
	free_parts(without);
	return r;
}

static int either(struct am_run_query *run, const struct am_node *node,
                  struct am_xquery **out)
{
	GPtrArray *parts = g_ptr_array_new();
	int r = AM_OK;

	for (size_t i = 0; i < node->n_children && !r; i++) {
		struct am_xquery *part = NULL;
		r = compile(run, node->children[i], &part);
		if (!r)
			g_ptr_array_add(parts, part);
	}
	if (!r)
		*out = join(AM_XJOIN_OR, parts);
	free_parts(parts);
	return r;
}

/* Sizes of the same number of bits have a term: only those at the ends of the
 * range need a look at each message. */
static struct am_xquery *sizes(struct am_run_query *run,
                               const struct am_node *node)
{
	struct am_xquery *parts[AM_SIZE_BITS + 1];
	size_t n = 0;

	if (node->least > node->most)
		return am_xquery_none();
	for (unsigned b = am_size_bits(node->least);
	     b <= am_size_bits(node->most); b++) {
		const char term[2] = {*AM_TERM_SIZE, am_size_letter(b)};
		uint64_t least = b ? UINT64_C(1) << (b - 1) : 0;
		uint64_t most = b ? 2 * least - 1 : 0;
		parts[n] = am_xquery_term(term, sizeof(term), false);
		/* The last one has everything that is larger, too. */
		if (least < node->least || b == AM_SIZE_BITS ||
		    most > node->most) {
			struct am_xquery *pair[] = {
				parts[n],
				am_source_sizes(run->sources, node->least,
			                        node->most)};
			parts[n] = am_xquery_join(AM_XJOIN_AND, pair, 2);
		}
		n++;
	}
	return n == 1 ? parts[0] : am_xquery_join(AM_XJOIN_OR, parts, n);
}

/* Of a thread the Message-ID of any message, there or not. */
static int thread_seed(struct am_run_query *run, const struct am_node *node,
                       struct am_xquery **out)
{
	struct am_xquery *pair[2];

	if (node->kind != AM_NODE_MESSAGE_ID)
		return compile(run, node, out);
	(void)fact(AM_TERM_MESSAGE_ID, node->text, &pair[0]);
	(void)fact(AM_TERM_THREAD, node->text, &pair[1]);
	*out = am_xquery_join(AM_XJOIN_OR, pair, 2);
	return AM_OK;
}

static int thread(struct am_run_query *run, const struct am_node *node,
                  struct am_xquery **out)
{
	bool weigh = am_sources_weigh(run->sources, false);
	struct am_xquery *seed = NULL;
	int r = thread_seed(run, node->children[0], &seed);

	am_sources_weigh(run->sources, weigh);
	if (!r)
		r = am_run_threads(run, seed, out);
	am_xquery_free(&seed);
	return r;
}

static int compile_node(struct am_run_query *run, const struct am_node *node,
                        struct am_xquery **out)
{
	struct am_xquery *pair[2];
	bool weigh;
	int r;

	switch (node->kind) {
	case AM_NODE_ALL:
		break;
	case AM_NODE_AND:
		return both(run, node, out);
	case AM_NODE_OR:
		return either(run, node, out);
	case AM_NODE_NOT:
		weigh = am_sources_weigh(run->sources, false);
		r = compile(run, node->children[0], &pair[1]);
		am_sources_weigh(run->sources, weigh);
		if (r)
			return r;
		pair[0] = am_xquery_all();
		*out = am_xquery_join(AM_XJOIN_NOT, pair, 2);
		return AM_OK;
	case AM_NODE_WORDS:
		return am_run_words(out, run->index, run->sources, node,
		                    run->err);
	case AM_NODE_MESSAGE_ID:
		return fact(AM_TERM_MESSAGE_ID, node->text, out);
	case AM_NODE_TYPE:
		return fact(AM_TERM_TYPE, node->text, out);
	case AM_NODE_EXTRACT:
		return fact(AM_TERM_EXTRACT, node->text, out);
	case AM_NODE_FACT:
		return fact(AM_TERM_FACT, node->text, out);
	case AM_NODE_NEAR:
		*out = am_run_near(run->sources, node);
		return AM_OK;
	case AM_NODE_REGEX:
		return am_run_regex(run, node, out);
	case AM_NODE_THREAD:
		return thread(run, node, out);
	case AM_NODE_DATE:
		*out = am_source_dates(run->sources, node->from, node->to);
		return AM_OK;
	case AM_NODE_SIZE:
		*out = sizes(run, node);
		return AM_OK;
	case AM_NODE_PLACE:
		return am_run_filed(run, node, out);
	}
	*out = am_xquery_all();
	return AM_OK;
}

/* Only what must hold for any hit can be checked at the end. */
static int compile(struct am_run_query *run, const struct am_node *node,
                   struct am_xquery **out)
{
	bool must = node->kind != AM_NODE_OR && node->kind != AM_NODE_NOT &&
	            node->kind != AM_NODE_THREAD;
	bool last = am_sources_check_last(run->sources, false);

	(void)am_sources_check_last(run->sources, last && must);
	int r = compile_node(run, node, out);
	(void)am_sources_check_last(run->sources, last);
	return r;
}

static int mark_hidden(struct am_run_query *run)
{
	struct am_index *index = run->index;
	int r = AM_OK;

	if (index->hidden_bits)
		return AM_OK;
	index->hidden_bits = am_bits_new(index);
	r = am_bits_mark(index->hidden_bits, index, index->hidden.ids,
	                 index->hidden.n, run->err);
	if (r)
		am_bits_free(index, &index->hidden_bits);
	return r;
}

/* Everything that is needed to ask: *out without what the archive hides. */
static int begin(struct am_run_query *run, const struct am_query *query,
                 bool ranking, struct am_xquery **out)
{
	struct am_index *index = run->index;
	int r = am_index_load(index, run->err);

	*out = NULL;
	run->sources = NULL;
	if (!r)
		r = am_index_hide(index, run->archive, run->err);
	if (r)
		return r;
	run->sources = am_sources_new(index, ranking);
	(void)am_sources_check_last(run->sources, ranking);
	r = compile(run, query->root, out);
	(void)am_sources_check_last(run->sources, false);
	if (r)
		return r;
	if (index->hidden.n) {
		r = mark_hidden(run);
		if (r)
			return r;
		struct am_xquery *pair[] = {
			*out,
			am_source_lent_bits(run->sources, index->hidden_bits)};
		*out = am_xquery_join(AM_XJOIN_NOT, pair, 2);
	}
	if (!*out)
		r = am_fail(run->err, AM_FAILED, AM_E_MEMORY,
		            "out of memory in the index");
	return r;
}

static int end(struct am_run_query *run, struct am_xquery **query, int r)
{
	if (run->sources && !r)
		r = am_sources_status(run->sources, run->err);
	if (!r && am_index_torn(run->index))
		r = am_fail(run->err, AM_FAILED, AM_E_CORRUPT,
		            "the index is damaged: mailark index --rebuild "
		            "makes it anew");
	/* The query holds the sources: it goes first. */
	am_xquery_free(query);
	am_sources_free(&run->sources);
	return r;
}

/* "annual rep*" may take seconds to rank in a million messages; the newest are
 * there at once. */
static bool too_open(const struct am_node *node)
{
	if (node->kind == AM_NODE_WORDS && node->n_words > 1 &&
	    node->match == AM_MATCH_PREFIX)
		return true;
	for (size_t i = 0; i < node->n_children; i++)
		if (too_open(node->children[i]))
			return true;
	return false;
}

/* ---- the door
 * ------------------------------------------------------------------ */

int am_index_search(struct am_index *index, struct am_archive *archive,
                    const struct am_query *query, enum am_sort sort,
                    size_t skip, size_t room, struct am_hit *hits, size_t *got,
                    uint64_t *total, struct am_error *err)
{
	struct am_run_query run = {index, archive, NULL, err};
	bool ranking = sort == AM_SORT_RELEVANCE && !too_open(query->root);
	struct am_page page = {.sort = sort != AM_SORT_RELEVANCE || ranking
	                                       ? sort
	                                       : AM_SORT_DATE,
	                       .skip = skip,
	                       .room = room,
	                       .hits = hits,
	                       .exact = true};
	struct am_xquery *q;
	int r = begin(&run, query, ranking, &q);

	page.sources = run.sources;
	if (!r)
		r = am_page_fill(&page, index, q, err);
	index->total_exact = page.exact;
	*got = page.got;
	*total = page.total;
	return end(&run, &q, r);
}

bool am_index_total_exact(const struct am_index *index)
{
	return index->total_exact;
}

int am_index_count(struct am_index *index, struct am_archive *archive,
                   const struct am_query *query, uint64_t *out,
                   struct am_error *err)
{
	struct am_run_query run = {index, archive, NULL, err};
	struct am_xquery *q;
	int r = begin(&run, query, false, &q);

	*out = 0;
	if (!r)
		r = am_xapian_count(index->xapian, q, out, err);
	return end(&run, &q, r);
}

int am_index_each(struct am_index *index, struct am_archive *archive,
                  const struct am_query *query, am_match_fn *fn, void *user,
                  struct am_error *err)
{
	struct am_run_query run = {index, archive, NULL, err};
	struct am_xquery *q;
	int r = begin(&run, query, false, &q);

	if (!r)
		r = am_xapian_each(index->xapian, q, fn, user, err);
	return end(&run, &q, r);
}
