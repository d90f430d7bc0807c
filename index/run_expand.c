/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/run_expand.h"

#include "index/postings.h"
#include "index/run_after.h"
#include "index/word_list.h"

#include <glib.h>

#include <string.h>

/*
 * A word that stands for many.  A few become an OR.  For many the documents are
 * marked in a bit set, each posting read once: an OR of all the words would
 * take seconds.
 *
 * The newest documents come first, and mostly a page of them is all that is
 * asked for: so they are marked as far as somebody asks, in stretches that
 * grow. Nothing is cut short.
 */
#define FEW_WORDS 24
#define STRETCH   2048 /* documents, at first */
#define GROWTH    8
#define PAGE      64 /* that are asked for, mostly */

/* A chunk of a posting list is read while a word's number is compared in so
 * many documents. */
#define COMPARED 150
#define RARE     100 /* comparing so many is done sooner than opening a list */

struct am_expansion {
	struct am_index *index;
	struct am_matcher *matcher;
	char letter; /* in front of each term; 0: none */
	struct am_word_list *terms;
	/* The order of the words, where it matters: the last hash is the term's
	 * that is being looked at. */
	bool order;
	uint64_t hashes[AM_PHRASE_MAX];
	size_t n;
	struct am_front front; /* the words in front of the last */
	uint32_t regions;
	/* Where there are other words in front: what follows on them, in the
	 * stretch that is being marked. */
	struct am_after *after;
	GArray *may; /* where one of the terms may be what follows */
	struct am_bits *bits;
	uint32_t *marked; /* of each shard: up to this document */
	size_t shard;     /* that is being marked */
	int status;
	struct am_error *err;
};

static const char *text_of(const struct am_expansion *e,
                           const struct am_listed *t)
{
	return am_word_list_text(e->terms, t);
}

void am_expansion_free(struct am_expansion **expansion)
{
	struct am_expansion *e = *expansion;

	if (!e)
		return;
	am_matcher_free(&e->matcher);
	am_bits_free(e->index, &e->bits);
	am_word_list_free(&e->terms);
	g_array_unref(e->may);
	g_free(e->marked);
	g_free(e);
	*expansion = NULL;
}

/* ---- marking ---------------------------------------------------------------
 */

/* What has the word in the place that is asked for. */
static void mark_placed(struct am_expansion *e, uint32_t document)
{
	bool has = false;

	if (e->status || am_bits_has(&e->bits[e->shard], document))
		return;
	if (e->after)
		has = am_after_has(e->after, document, e->hashes[e->n - 1]);
	else
		e->status =
			am_place_has(e->index, e->shard, document, e->hashes,
		                     e->n, e->regions, &has, e->err);
	if (has)
		am_bits_set(&e->bits[e->shard], document);
}

static void mark(void *user, const uint32_t *documents, size_t n)
{
	struct am_expansion *e = user;

	for (size_t i = 0; i < n; i++)
		if (e->order)
			mark_placed(e, documents[i]);
		else
			am_bits_set(&e->bits[e->shard], documents[i]);
}

/* What is in one of the documents where it would follow on those in front. */
static void mark_found(void *user, const uint32_t *documents, size_t n)
{
	struct am_expansion *e = user;

	for (size_t i = 0; i < n; i++)
		am_bits_set(&e->bits[e->shard], documents[i]);
}

/* From this document on, only where the term may be what follows. */
static int mark_where_it_may(struct am_expansion *e,
                             struct am_postings *postings,
                             const struct am_listed *t, uint32_t from,
                             struct am_error *err)
{
	g_array_set_size(e->may, 0);
	am_after_may(e->after, e->hashes[e->n - 1], from, e->may);
	const uint32_t *may = (const uint32_t *)(const void *)e->may->data;

	return e->may->len
	               ? am_postings_among(postings, text_of(e, t), t->len, may,
	                                   e->may->len, mark_found, e, err)
	               : AM_OK;
}

/* What is behind a chunk of a long list, where it may matter. */
static int mark_rest(struct am_expansion *e, struct am_postings *postings,
                     const struct am_listed *t,
                     const struct am_postings_chunk *chunk, uint32_t to,
                     struct am_error *err)
{
	uint32_t span = chunk->last - chunk->first + 1;

	if (e->after &&
	    (to - chunk->last) / span >= am_after_fronts(e->after) / COMPARED)
		return mark_where_it_may(e, postings, t, chunk->last + 1, err);
	return am_postings_each(postings, text_of(e, t), t->len,
	                        chunk->last + 1, to, mark, e, err);
}

/* Documents of one term, up to `to`. */
static int mark_term(struct am_expansion *e, struct am_postings *postings,
                     struct am_listed *t, uint32_t from, uint32_t to,
                     struct am_error *err)
{
	const char *text = text_of(e, t);
	bool letter = e->letter != '\0';
	struct am_postings_chunk chunk;
	uint32_t first = t->first;

	if (t->only) {
		t->first = AM_LISTED_DONE;
		if (first < from ||
		    (e->after && !am_after_fits(e->after, first)))
			return AM_OK;
	}
	if (e->order)
		e->hashes[e->n - 1] =
			am_word_hash(text + letter, t->len - letter);
	if (t->only) {
		mark(e, &first, 1);
		return e->status;
	}
	if (e->after && am_after_fronts(e->after) <= RARE)
		return mark_where_it_may(e, postings, t, first, err);
	int r = am_postings_some(postings, text, t->len, from, to, mark, e,
	                         &chunk, err);
	if (!r && chunk.more)
		r = mark_rest(e, postings, t, &chunk, to, err);
	if (chunk.end)
		t->first = AM_LISTED_DONE;
	return r ? r : e->status;
}

/* Of the documents with the words in front, only those with any of the terms
 * are looked at. */
static int narrow(struct am_expansion *e, struct am_postings *postings,
                  const struct am_listed *terms, size_t n, uint32_t from,
                  uint32_t to, struct am_error *err)
{
	struct am_marks any = am_marks_new(from, to);
	int r = AM_OK;

	am_postings_mask(postings, am_after_marks(e->after)->words, from);
	for (size_t i = 0; i < n && !r; i++) {
		const struct am_listed *t = &terms[i];
		if (t->first > to || (t->only && t->first < from))
			continue;
		if (t->only)
			am_marks_add(&any, &t->first, 1);
		else
			r = am_postings_each(postings, text_of(e, t), t->len,
			                     from, to, am_marks_add, &any, err);
	}
	am_postings_mask(postings, NULL, 0);
	am_after_only(e->after, &any);
	g_free(any.words);
	return r;
}

/* Of each document of the stretch that has the words in front: what follows on
 * them there. */
static int begin_after(struct am_expansion *e, struct am_postings *postings,
                       const struct am_listed *terms, size_t n, uint32_t from,
                       uint32_t to, struct am_error *err)
{
	int r = am_after_new(&e->after, e->index->places[e->shard], postings,
	                     from, to, &e->front, e->regions, err);

	if (!r && am_after_narrows(e->after, n))
		r = narrow(e, postings, terms, n, from, to, err);
	return r ? r : am_after_sift(e->after, err);
}

/* How far to mark next: to where a page should be full. */
static uint64_t next_end(const struct am_expansion *e, size_t shard)
{
	uint64_t so_far = e->marked[shard], found = 0;

	for (size_t i = 0; i * 64 < so_far; i++)
		found +=
			(uint64_t)__builtin_popcountll(e->bits[shard].words[i]);
	if (!found || found >= PAGE) /* then all that there is, it seems */
		return MAX(so_far * GROWTH, STRETCH);
	return MAX(MIN(so_far * PAGE / found, so_far * GROWTH) + so_far / 4,
	           STRETCH);
}

/* All that is left. */
static void mark_masked(struct am_expansion *e, uint32_t from, uint32_t to)
{
	for (uint32_t d = from; d <= to; d++)
		if (am_after_fits(e->after, d))
			am_bits_set(&e->bits[e->shard], d);
}

static int mark_terms(struct am_expansion *e, struct am_postings *postings,
                      struct am_listed *terms, size_t n, uint32_t from,
                      uint32_t to, struct am_error *err)
{
	int r = AM_OK;

	if (e->after && e->front.all)
		mark_masked(e, from, to);
	if (e->after && !am_after_fronts(e->after))
		return AM_OK;
	if (e->after)
		am_postings_mask(postings, am_after_marks(e->after)->words,
		                 from);
	for (size_t i = 0; i < n && !r; i++)
		if (terms[i].first <= to)
			r = mark_term(e, postings, &terms[i], from, to, err);
	am_postings_mask(postings, NULL, 0);
	return r;
}

static int extend(struct am_expansion *e, size_t shard, struct am_error *err)
{
	uint32_t from = e->marked[shard] + 1;
	uint64_t to = next_end(e, shard);
	size_t n;
	struct am_listed *terms = am_word_list_of(e->terms, shard, &n);
	struct am_postings *postings;
	int r = am_index_postings(e->index, shard, &postings, err);

	if (e->n > 1)
		to = MIN(to, (uint64_t)e->marked[shard] + AM_AFTER_MAX);
	to = MIN(to, e->index->state.shards[shard].documents);
	e->shard = shard;
	e->err = err;
	if (!r && e->n > 1)
		r = begin_after(e, postings, terms, n, from, (uint32_t)to, err);
	if (!r)
		r = mark_terms(e, postings, terms, n, from, (uint32_t)to, err);
	am_after_free(&e->after);
	e->marked[shard] = (uint32_t)to;
	return r;
}

int am_expansion_has(struct am_expansion *e, size_t shard, uint32_t document,
                     bool *out, struct am_error *err)
{
	int r = AM_OK;

	*out = false;
	if (document > e->index->state.shards[shard].documents)
		return AM_OK;
	while (!r && e->marked[shard] < document)
		r = extend(e, shard, err);
	*out = !r && am_bits_has(&e->bits[shard], document);
	return r;
}

int am_expansion_next(struct am_expansion *e, size_t shard, uint32_t from,
                      uint32_t *out, struct am_error *err)
{
	uint32_t last = e->index->state.shards[shard].documents;
	int r = AM_OK;

	for (;;) {
		*out = am_bits_next(&e->bits[shard], from);
		if (*out || e->marked[shard] >= last)
			return AM_OK;
		from = MAX(from, e->marked[shard] + 1);
		r = extend(e, shard, err);
		if (r)
			return r;
	}
}

/* ---- making ----------------------------------------------------------------
 */

static bool same_term(const struct am_expansion *e, const struct am_listed *a,
                      const struct am_listed *b)
{
	return a->len == b->len &&
	       memcmp(text_of(e, a), text_of(e, b), a->len) == 0;
}

/* The different ones of all shards, when they are few. */
static bool find_few(const struct am_expansion *e,
                     const struct am_listed *out[FEW_WORDS], size_t *n)
{
	*n = 0;
	for (size_t s = 0; s < e->index->state.n_shards; s++) {
		size_t n_terms;
		const struct am_listed *terms =
			am_word_list_of(e->terms, s, &n_terms);
		for (size_t i = 0; i < n_terms; i++) {
			size_t k = 0;
			while (k < *n && !same_term(e, &terms[i], out[k]))
				k++;
			if (k < *n)
				continue;
			if (*n == FEW_WORDS)
				return false;
			out[(*n)++] = &terms[i];
		}
	}
	return true;
}

static struct am_xquery *few(const struct am_expansion *e,
                             struct am_sources *sources,
                             const struct am_listed *const *terms, size_t n,
                             enum am_match match, bool weigh)
{
	struct am_xquery *parts[FEW_WORDS];

	if (!n)
		return am_xquery_none();
	for (size_t i = 0; i < n; i++) {
		const char *text = text_of(e, terms[i]);
		parts[i] = weigh ? am_source_term(sources, text, terms[i]->len)
		                 : am_source_fact(sources, text, terms[i]->len);
	}
	return am_xquery_join(match == AM_MATCH_STEM ? AM_XJOIN_SYNONYM
	                                             : AM_XJOIN_OR,
	                      parts, n);
}

/* What is known of the words in front, and of the last. */
static int begin_front(struct am_expansion *e, const struct am_node *node,
                       struct am_error *err)
{
	char beginning[AM_WORD_MAX + 1];
	size_t len = am_matcher_beginning(e->matcher, beginning);

	e->front = (struct am_front){.words = node->words,
	                             .n = node->n_words - 1,
	                             .letter = e->letter};
	am_front_begins(&e->front, beginning, len,
	                node->match == AM_MATCH_PREFIX);
	/* How a word begins may say it all. */
	return e->n > 1 && e->front.all
	               ? AM_OK
	               : am_word_list_fill(e->terms, e->matcher, e->letter,
	                                   err);
}

int am_run_expand(struct am_xquery **out, struct am_index *index,
                  struct am_sources *sources, const struct am_node *node,
                  char letter, uint32_t regions, struct am_error *err)
{
	struct am_expansion *e = g_new0(struct am_expansion, 1);
	const struct am_listed *terms[FEW_WORDS];
	size_t n = 0;

	*out = NULL;
	e->index = index;
	e->matcher = am_matcher_new(node);
	e->letter = letter;
	e->terms = am_word_list_new(index);
	e->may = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	e->n = node->n_words;
	e->regions = regions;
	e->order = node->n_words > 1 || (!letter && regions != AM_REGION_ALL);
	int r = begin_front(e, node, err);
	if (!r && !e->order && find_few(e, terms, &n)) {
		*out = few(e, sources, terms, n, node->match,
		           !letter || letter == am_region_prefix(
							AM_REGION_SUBJECT));
		am_expansion_free(&e);
	} else if (!r) {
		e->bits = am_bits_new(index);
		e->marked = g_new0(uint32_t, index->state.n_shards + 1);
		*out = am_source_expansion(sources, e);
	} else {
		am_expansion_free(&e);
	}
	return r;
}
