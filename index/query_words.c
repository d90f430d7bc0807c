/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/query_words.h"

#include "index/query_tree.h"

#include <glib.h>

#include <string.h>

static void collect(struct am_query_words *out, const struct am_node *node)
{
	if (node->kind == AM_NODE_NOT || node->kind == AM_NODE_THREAD)
		return;
	for (size_t i = 0; i < node->n_children; i++)
		collect(out, node->children[i]);
	if (node->kind != AM_NODE_WORDS)
		return;
	for (size_t i = 0; i < node->n_words && out->n < AM_QUERY_WORDS_MAX;
	     i++) {
		out->words[out->n].text = node->words[i].text;
		out->words[out->n].len = node->words[i].len;
		out->words[out->n].regions = node->regions;
		out->words[out->n++].matcher =
			node->match && i + 1 == node->n_words
				? am_matcher_new(node)
				: NULL;
	}
}

void am_query_words_collect(struct am_query_words *out,
                            const struct am_query *query)
{
	out->n = 0;
	collect(out, query->root);
}

void am_query_words_clear(struct am_query_words *words)
{
	for (unsigned i = 0; i < words->n; i++)
		am_matcher_free(&words->words[i].matcher);
	words->n = 0;
}

int am_query_words_find(const struct am_query_words *words,
                        const struct am_token *tok, uint32_t regions)
{
	for (unsigned i = 0; tok->len && i < words->n; i++) {
		size_t len = words->words[i].len;
		struct am_matcher *matcher = words->words[i].matcher;
		if ((words->words[i].regions & regions) &&
		    (matcher ? am_matcher_takes(matcher, tok->text, tok->len)
		             : tok->len == len &&
		                       !memcmp(tok->text, words->words[i].text,
		                               len)))
			return (int)i;
	}
	return -1;
}

bool am_query_words_in(const struct am_query_words *words, uint32_t regions,
                       const char *text, size_t len)
{
	struct am_tokens t;
	struct am_token tok;

	am_tokens_init(&t, text, len);
	while (am_tokens_next(&t, &tok))
		if (am_query_words_find(words, &tok, regions) >= 0)
			return true;
	return false;
}

char *am_query_words_mark(const struct am_query_words *words, uint32_t regions,
                          const char *text, const char *on, const char *off)
{
	GString *out = g_string_new(NULL);
	struct am_tokens t;
	struct am_token tok;
	size_t at = 0;

	am_tokens_init(&t, text, strlen(text));
	while (am_tokens_next(&t, &tok)) {
		if (am_query_words_find(words, &tok, regions) < 0)
			continue;
		g_string_append_len(out, text + at, (gssize)(tok.start - at));
		g_string_append(out, on);
		g_string_append_len(out, text + tok.start,
		                    (gssize)(tok.end - tok.start));
		g_string_append(out, off);
		at = tok.end;
	}
	g_string_append(out, text + at);
	return g_string_free(out, FALSE);
}
