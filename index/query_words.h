/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_QUERY_WORDS_H
#define AM_INDEX_QUERY_WORDS_H

#include "index/fields.h"
#include "index/tokens.h"

struct am_matcher;
struct am_query;

/*
 * The words of a query that can be seen in what was found: those that must be
 * there or may be, not those behind NOT.  For snippets, for marking them in a
 * line, for telling where they stand.
 */
#define AM_QUERY_WORDS_MAX 64 /* more do not take part: bits of a mask */

struct am_query_words {
	unsigned n;
	struct {
		const char *text; /* the query's */
		size_t len;
		struct am_matcher *matcher; /* stands for others too, or NULL */
		uint32_t regions;
	} words[AM_QUERY_WORDS_MAX];
};

/* Lives no longer than the query. */
void am_query_words_collect(struct am_query_words *out,
                            const struct am_query *query);
void am_query_words_clear(struct am_query_words *words);
/* Which of them this token is, within these regions; -1: none. */
int am_query_words_find(const struct am_query_words *words,
                        const struct am_token *token, uint32_t regions);
/* Does one stand in the text? */
bool am_query_words_in(const struct am_query_words *words, uint32_t regions,
                       const char *text, size_t len);
/* The text with each between `on` and `off`; g_free() it. */
char *am_query_words_mark(const struct am_query_words *words, uint32_t regions,
                          const char *text, const char *on, const char *off);

#endif
