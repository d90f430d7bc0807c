/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/run_expand.h"

#include "index/postings.h"
#include "index/run_after.h"
#include "index/vocabulary.h"

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

struct term {
	uint32_t at, len; /* in text */
	uint32_t first;   /* its newest document */
};

struct am_expansion {
	struct am_index *index;
	struct am_matcher *matcher;
	char letter; /* in front of each term; 0: none */
	GByteArray *text;
	GArray **terms; /* of each shard */
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
	struct am_bits *bits;
	uint32_t *marked; /* of each shard: up to this document */
	size_t shard;     /* that is being marked */
	int status;
	struct am_error *err;
};

/* The letter of the region in front. */
static int collect(void *user, const char *word, size_t len, uint32_t first,
                   struct am_error *err)
{
	struct am_expansion *e = user;
	bool letter = e->letter != '\0';
	struct term t = {e->text->len, (uint32_t)len + letter, first};

	(void)err;
	if (!am_matcher_takes(e->matcher, word, len))
		return AM_OK;
	if (letter)
		g_byte_array_append(e->text, (const guint8 *)&e->letter, 1);
	g_byte_array_append(e->text, (const guint8 *)word, (guint)len);
	g_array_append_val(e->terms[e->shard], t);
	return AM_OK;
}

static const char *text_of(const struct am_expansion *e, const struct term *t)
{
	return (const char *)e->text->data + t->at;
}

static int collect_all(struct am_expansion *e, struct am_error *err)
{
	char beginning[AM_WORD_MAX + 1];
	struct am_vocabulary_part part = {.letter = e->letter,
	                                  .beginning = beginning};
	size_t n = e->index->state.n_shards;
	int r = AM_OK;

	part.beginning_len = am_matcher_beginning(e->matcher, beginning);
	part.piece = am_matcher_piece(e->matcher, &part.piece_len);
	e->terms = g_new0(GArray *, n + 1);
	for (e->shard = 0; e->shard < n && !r; e->shard++) {
		struct am_vocabulary *words;
		e->terms[e->shard] =
			g_array_new(FALSE, FALSE, sizeof(struct term));
		r = am_index_vocabulary(e->index, e->shard, &words, err);
		if (!r)
			r = am_vocabulary_each(words, &part, collect, e, err);
	}
	return r;
}

void am_expansion_free(struct am_expansion **expansion)
{
	struct am_expansion *e = *expansion;

	if (!e)
		return;
	am_matcher_free(&e->matcher);
	am_bits_free(e->index, &e->bits);
	g_byte_array_unref(e->text);
	for (size_t i = 0; e->terms && e->terms[i]; i++)
		g_array_unref(e->terms[i]);
	g_free(e->terms);
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
		e->status = am_after_has(e->after, document,
		                         e->hashes[e->n - 1], &has, e->err);
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

static int extend(struct am_expansion *e, size_t shard, struct am_error *err)
{
	uint32_t from = e->marked[shard] + 1;
	uint64_t to = MAX((uint64_t)e->marked[shard] * GROWTH, STRETCH);
	struct am_postings *postings;
	int r = am_index_postings(e->index, shard, &postings, err);

	if (e->n > 1)
		to = MIN(to, (uint64_t)e->marked[shard] + AM_AFTER_MAX);
	to = MIN(to, e->index->state.shards[shard].documents);
	e->shard = shard;
	e->err = err;
	if (!r && e->n > 1)
		r = am_after_new(&e->after, e->index, shard, from, (uint32_t)to,
		                 &e->front, e->regions, err);
	bool letter = e->letter != '\0';
	for (guint i = 0; i < e->terms[shard]->len && !r; i++) {
		const struct term *t =
			&g_array_index(e->terms[shard], struct term, i);
		const char *text = text_of(e, t);
		if (t->first > to)
			continue;
		if (e->order)
			e->hashes[e->n - 1] =
				am_word_hash(text + letter, t->len - letter);
		r = am_postings_each(postings, text, t->len, from, (uint32_t)to,
		                     mark, e, err);
		if (!r)
			r = e->status;
	}
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

static bool same_term(const struct am_expansion *e, const struct term *a,
                      const struct term *b)
{
	return a->len == b->len &&
	       memcmp(text_of(e, a), text_of(e, b), a->len) == 0;
}

/* The different ones of all shards, when they are few. */
static bool find_few(const struct am_expansion *e,
                     const struct term *out[FEW_WORDS], size_t *n)
{
	*n = 0;
	for (size_t s = 0; s < e->index->state.n_shards; s++)
		for (guint i = 0; i < e->terms[s]->len; i++) {
			const struct term *t =
				&g_array_index(e->terms[s], struct term, i);
			size_t k = 0;
			while (k < *n && !same_term(e, t, out[k]))
				k++;
			if (k < *n)
				continue;
			if (*n == FEW_WORDS)
				return false;
			out[(*n)++] = t;
		}
	return true;
}

static struct am_xquery *few(const struct am_expansion *e,
                             struct am_sources *sources,
                             const struct term *const *terms, size_t n,
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

int am_run_expand(struct am_xquery **out, struct am_index *index,
                  struct am_sources *sources, const struct am_node *node,
                  char letter, uint32_t regions, struct am_error *err)
{
	struct am_expansion *e = g_new0(struct am_expansion, 1);
	const struct term *terms[FEW_WORDS];
	size_t n = 0;

	*out = NULL;
	e->index = index;
	e->matcher = am_matcher_new(node);
	e->letter = letter;
	e->text = g_byte_array_new();
	e->n = node->n_words;
	e->regions = regions;
	e->order = node->n_words > 1 || (!letter && regions != AM_REGION_ALL);
	e->front = (struct am_front){node->words, node->n_words - 1, letter};
	int r = collect_all(e, err);
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
