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
 * What stands for many words (the beginning of one, a pattern) is for
 * run_expand.c.
 */

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
	size_t len = make_term(term, letter, word);

	/* Who wrote is no matter of degree: such hits rank by date. */
	return letter && letter != am_region_prefix(AM_REGION_SUBJECT)
	               ? am_source_fact(sources, term, len)
	               : am_source_term(sources, term, len);
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

/* What is checked at the end (sources.c) is no part. */
static void add_part(GPtrArray *parts, struct am_xquery *part)
{
	if (part)
		g_ptr_array_add(parts, part);
}

/* The words, and pairs of those without a space between them. */
static void add_words(GPtrArray *parts, struct am_sources *sources,
                      const struct am_node *node, char letter)
{
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
}

/* All the words are there and, when the order matters, as it should be. */
static struct am_xquery *row(struct am_sources *sources,
                             const struct am_node *node, char letter,
                             uint32_t regions)
{
	GPtrArray *parts = g_ptr_array_new();
	uint64_t hashes[AM_PHRASE_MAX];
	struct am_xquery *out;

	add_words(parts, sources, node, letter);
	hash_words(node, hashes);
	if (node->n_words > 1 || (!letter && regions != AM_REGION_ALL))
		add_part(parts, am_source_order(sources, hashes, node->n_words,
		                                regions));
	out = join(AM_XJOIN_AND, parts);
	g_ptr_array_unref(parts);
	return out;
}

/* Words that begin with a few letters: these have a term of their own. */
static struct am_xquery *short_beginning(struct am_sources *sources,
                                         const struct am_node *node)
{
	char term[AM_WORD_MAX + 2] = AM_TERM_BEGINNING;
	const struct am_word *w = &node->words[0];

	if (node->match != AM_MATCH_PREFIX || node->n_words != 1 || w->single ||
	    node->regions != AM_REGION_ALL || w->len > sizeof(uint64_t) ||
	    g_utf8_strlen(w->text, -1) > AM_BEGINNING_MAX)
		return NULL;
	memcpy(term + 1, w->text, w->len);
	return am_source_fact(sources, term, w->len + 1u);
}

static int in_regions(struct am_xquery **out, struct am_index *index,
                      struct am_sources *sources, const struct am_node *node,
                      char letter, uint32_t regions, struct am_error *err)
{
	*out = NULL;
	if (node->match == AM_MATCH_WORD) {
		*out = row(sources, node, letter, regions);
		return AM_OK;
	}
	*out = short_beginning(sources, node);
	/* Words in front of what stands for many are looked for with it. */
	return *out ? AM_OK
	            : am_run_expand(out, index, sources, node, letter, regions,
	                            err);
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
	/* Several regions are alternatives: nothing holds for all of them. */
	bool several = (rest & (rest - 1)) && rest != AM_REGIONS_TEXT;
	bool last = several ? am_sources_check_last(sources, false) : false;
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
	if (several)
		am_sources_check_last(sources, last);
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
	add_part(parts,
	         am_source_near(sources, hashes, rows, node->n_children,
	                        node->distance, node->in_order, node->regions));
	out = join(AM_XJOIN_AND, parts);
	g_ptr_array_unref(parts);
	return out;
}
