/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/near.h"
#include "index/query_run.h"

#include <glib.h>

#include <string.h>

/*
 * Words of a query to terms.  A row of words is an AND of their terms, so that
 * Xapian finds the documents that have them all, and a source that looks at
 * the order.
 *
 * The beginning of a word may stand for any number of words.  A few become an
 * OR.  For many, the documents are marked in a bit set, each posting read once:
 * "c*" over 60,000 messages is a matter of milliseconds, an OR of all its
 * words would be one of seconds.  Nothing is cut short either way.
 */
#define FEW_WORDS 24

struct expansion {
	GPtrArray *terms; /* GString */
	struct am_matcher *matcher;
	bool letter; /* in front of each */
};

static int collect(void *user, const char *term, size_t len, uint64_t documents,
                   struct am_error *err)
{
	struct expansion *e = user;

	(void)documents;
	(void)err;
	/* Without a letter all that is no word begins with one. */
	if (!e->letter && term[0] >= 'A' && term[0] <= 'Z')
		return AM_OK;
	if (am_matcher_takes(e->matcher, term + e->letter, len - e->letter))
		g_ptr_array_add(e->terms, g_string_new_len(term, (gssize)len));
	return AM_OK;
}

static void free_string(gpointer p)
{
	g_string_free(p, TRUE);
}

/* "Sword" or "word". */
static size_t make_term(char *out, char letter, const struct am_word *word)
{
	size_t n = 0;

	if (letter)
		out[n++] = letter;
	memcpy(out + n, word->text, word->len);
	return n + word->len;
}

static struct am_xquery *word_term(struct am_sources *sources, char letter,
                                   const struct am_word *word)
{
	char term[AM_WORD_MAX + 2];

	return am_source_term(sources, term, make_term(term, letter, word));
}

static struct am_xquery *join(enum am_xjoin how, GPtrArray *parts)
{
	return am_xquery_join(how, (struct am_xquery **)(void *)parts->pdata,
	                      parts->len);
}

static void hash_words(const struct am_node *node, uint64_t *out)
{
	for (size_t i = 0; i < node->n_words; i++)
		out[i] = am_word_hash(node->words[i].text, node->words[i].len);
}

/* All the words are there and, when the order matters, as it should be. */
static struct am_xquery *row(struct am_sources *sources,
                             const struct am_node *node, char letter,
                             uint32_t regions)
{
	GPtrArray *parts = g_ptr_array_new();
	uint64_t hashes[AM_PHRASE_MAX];
	struct am_xquery *out;

	for (size_t i = 0; i < node->n_words; i++) {
		const struct am_word *w = &node->words[i];
		g_ptr_array_add(parts, word_term(sources, letter, w));
		if (i && w->single && w[-1].single) {
			struct am_word pair = w[-1];
			memcpy(pair.text + pair.len, w->text, w->len);
			pair.len = (uint8_t)(pair.len + w->len);
			g_ptr_array_add(parts,
			                word_term(sources, letter, &pair));
		}
	}
	hash_words(node, hashes);
	if (node->n_words > 1 || (!letter && regions != AM_REGION_ALL))
		g_ptr_array_add(parts, am_source_order(sources, hashes,
		                                       node->n_words, regions));
	out = join(AM_XJOIN_AND, parts);
	g_ptr_array_unref(parts);
	return out;
}

/* ---- beginnings of words
 * ------------------------------------------------------ */

struct marking {
	struct am_index *index;
	size_t shard;
	struct am_bits *to;         /* of all shards */
	const struct am_bits *only; /* NULL: any document */
	const uint64_t *hashes;     /* NULL: the order does not matter */
	size_t n;
	uint32_t regions;
	int status;
	struct am_error *err;
};

static void mark(void *user, uint32_t document)
{
	struct marking *m = user;
	bool has = true;

	if (m->status || am_bits_has(&m->to[m->shard], document))
		return;
	if (m->only && !am_bits_has(&m->only[m->shard], document))
		return;
	if (m->hashes)
		m->status =
			am_place_has(m->index, m->shard, document, m->hashes,
		                     m->n, m->regions, &has, m->err);
	if (has)
		am_bits_set(&m->to[m->shard], document);
}

static int mark_term(struct marking *m, const char *term, size_t len)
{
	int r = AM_OK;

	for (m->shard = 0; !r && m->shard < m->index->state.n_shards;
	     m->shard++) {
		r = am_xapian_postings(m->index->xapian, m->shard, term, len,
		                       mark, m, m->err);
		if (!r)
			r = m->status;
	}
	return r;
}

/* Documents that have all words but the last. */
static int mark_others(struct am_bits **out, struct am_index *index,
                       const struct am_node *node, char letter,
                       struct am_error *err)
{
	char term[AM_WORD_MAX + 2];
	int r = AM_OK;

	*out = NULL;
	for (size_t i = 0; !r && i + 1 < node->n_words; i++) {
		struct am_bits *bits = am_bits_new(index);
		struct marking m = {
			.index = index, .to = bits, .only = *out, .err = err};
		r = mark_term(&m, term,
		              make_term(term, letter, &node->words[i]));
		am_bits_free(index, out);
		*out = bits;
	}
	return r;
}

static int mark_all(struct am_xquery **out, struct am_index *index,
                    struct am_sources *sources, const struct am_node *node,
                    char letter, uint32_t regions, const GPtrArray *terms,
                    struct am_error *err)
{
	bool order = node->n_words > 1 || (!letter && regions != AM_REGION_ALL);
	uint64_t hashes[AM_PHRASE_MAX];
	struct am_bits *only = NULL, *bits = am_bits_new(index);
	struct marking m = {.index = index,
	                    .to = bits,
	                    .hashes = order ? hashes : NULL,
	                    .n = node->n_words,
	                    .regions = regions,
	                    .err = err};
	int r = mark_others(&only, index, node, letter, err);

	hash_words(node, hashes);
	m.only = only;
	for (guint i = 0; !r && i < terms->len; i++) {
		const GString *term = terms->pdata[i];
		size_t skip = letter ? 1 : 0;
		hashes[node->n_words - 1] =
			am_word_hash(term->str + skip, term->len - skip);
		r = mark_term(&m, term->str, term->len);
	}
	am_bits_free(index, &only);
	if (r)
		am_bits_free(index, &bits);
	else
		*out = am_source_bits(sources, bits);
	return r;
}

static int expand(struct am_xquery **out, struct am_index *index,
                  struct am_sources *sources, const struct am_node *node,
                  char letter, uint32_t regions, struct am_error *err)
{
	struct expansion e = {g_ptr_array_new_with_free_func(free_string),
	                      am_matcher_new(node), letter != 0};
	char term[AM_WORD_MAX + 2] = {letter};
	size_t len =
		e.letter + am_matcher_beginning(e.matcher, term + e.letter);
	bool plain = node->n_words == 1 && (letter || regions == AM_REGION_ALL);
	int r = am_xapian_terms(index->xapian, term, len, collect, &e, err);

	if (!r && plain && e.terms->len <= FEW_WORDS) {
		GPtrArray *parts = g_ptr_array_new();
		for (guint i = 0; i < e.terms->len; i++) {
			const GString *t = e.terms->pdata[i];
			g_ptr_array_add(
				parts, am_source_term(sources, t->str, t->len));
		}
		*out = e.terms->len ? join(node->match == AM_MATCH_STEM
		                                   ? AM_XJOIN_SYNONYM
		                                   : AM_XJOIN_OR,
		                           parts)
		                    : am_xquery_none();
		g_ptr_array_unref(parts);
	} else if (!r) {
		r = mark_all(out, index, sources, node, letter, regions,
		             e.terms, err);
	}
	g_ptr_array_unref(e.terms);
	am_matcher_free(&e.matcher);
	return r;
}

/* ---- all together
 * ------------------------------------------------------------------ */

static int in_regions(struct am_xquery **out, struct am_index *index,
                      struct am_sources *sources, const struct am_node *node,
                      char letter, uint32_t regions, struct am_error *err)
{
	*out = NULL;
	if (node->match != AM_MATCH_WORD)
		return expand(out, index, sources, node, letter, regions, err);
	*out = row(sources, node, letter, regions);
	return AM_OK;
}

int am_run_words(struct am_xquery **out, struct am_index *index,
                 struct am_sources *sources, const struct am_node *node,
                 struct am_error *err)
{
	struct am_xquery *parts[AM_REGION_COUNT + 1];
	uint32_t rest = node->regions;
	size_t n = 0;
	int r = AM_OK;

	*out = NULL;
	if (node->regions == AM_REGION_ALL)
		return in_regions(out, index, sources, node, '\0',
		                  AM_REGION_ALL, err);
	for (unsigned i = 0; i < AM_REGION_COUNT && !r; i++) {
		char letter = am_region_prefix((enum am_region)i);
		if (!letter || !(node->regions & AM_REGION_BIT(i)))
			continue;
		rest &= ~AM_REGION_BIT(i);
		r = in_regions(&parts[n++], index, sources, node, letter,
		               AM_REGION_BIT(i), err);
	}
	if (!r && rest)
		r = in_regions(&parts[n++], index, sources, node, '\0', rest,
		               err);
	if (r) {
		for (size_t i = 0; i < n; i++)
			am_xquery_free(&parts[i]);
		return r;
	}
	*out = n == 1 ? parts[0] : am_xquery_join(AM_XJOIN_OR, parts, n);
	return AM_OK;
}

/* All words are there and, which the source sees to, close together. */
struct am_xquery *am_run_near(struct am_sources *sources,
                              const struct am_node *node)
{
	GPtrArray *parts = g_ptr_array_new();
	uint64_t hashes[AM_PHRASE_MAX];
	uint8_t rows[AM_NEAR_MAX];
	char letter = '\0';
	struct am_xquery *out;
	size_t n = 0;

	/* A field of its own has terms of its own. */
	for (unsigned i = 0; i < AM_REGION_COUNT; i++)
		if (node->regions == AM_REGION_BIT(i))
			letter = am_region_prefix((enum am_region)i);
	for (size_t c = 0; c < node->n_children; c++) {
		const struct am_node *child = node->children[c];
		for (size_t i = 0; i < child->n_words; i++)
			g_ptr_array_add(parts, word_term(sources, letter,
			                                 &child->words[i]));
		hash_words(child, hashes + n);
		rows[c] = (uint8_t)child->n_words;
		n += child->n_words;
	}
	g_ptr_array_add(parts, am_source_near(sources, hashes, rows,
	                                      node->n_children, node->distance,
	                                      node->in_order, node->regions));
	out = join(AM_XJOIN_AND, parts);
	g_ptr_array_unref(parts);
	return out;
}
