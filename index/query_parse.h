/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_QUERY_PARSE_H
#define AM_INDEX_QUERY_PARSE_H

#include "index/query_tree.h"

/*
 * The inside of reading a query: query_look.c sees what stands there, query.c
 * how it stands to each other, query_near.c how close, query_atom.c reads words
 * and values of fields.
 */
struct am_parser {
	const char *text, *at, *end;
	int64_t now;
	const char *language; /* of the words that follow; NULL: none */
	unsigned depth, nodes, patterns;
	struct am_error *err;
};

/* "what "excerpt" at column n"; gives back AM_FAILED. */
int am_parser_wrong(struct am_parser *p, const char *at, size_t len,
                    const char *what);
unsigned am_parser_column(const struct am_parser *p, const char *at);
/* At most 40 bytes of what stands there; g_free(). */
char *am_parser_excerpt(const char *at, size_t len);
AM_MUST_USE int am_parser_node(struct am_parser *p, enum am_node_kind kind,
                               struct am_node **out);
/* One more word that stands for others, here; too many of them are refused. */
AM_MUST_USE int am_parser_pattern(struct am_parser *p, const char *at);
bool am_parser_space(char c);
void am_parser_skip(struct am_parser *p); /* what is space */
bool am_parser_at_operator(const struct am_parser *p, const char *word);
bool am_parser_at_close(const struct am_parser *p); /* of a bracket, or all */
bool am_parser_at_group(const struct am_parser *p); /* "(", "{" or "\"{" */
/* "name:" at p->at?  *field is set then, and p->at stands behind it. */
struct am_field_def;
AM_MUST_USE int am_parser_field(struct am_parser *p,
                                const struct am_field_def **field);
/* The end of what stands there without a space, bracket or quotation mark. */
const char *am_parser_word_end(const struct am_parser *p, const char *at);

/* What stands behind a field's colon, or without one (field NULL); quoted: it
 * stood in quotation marks.  *out NULL: there is no word in it. */
AM_MUST_USE int am_parser_value(struct am_parser *p,
                                const struct am_field_def *field,
                                const char *at, size_t len, bool quoted,
                                struct am_node **out);
/* "/…/" at p->at?  Moves behind it; *out NULL: it is none. */
AM_MUST_USE int am_parser_regex(struct am_parser *p,
                                const struct am_field_def *field,
                                struct am_node **out);
/* "NEAR", "ADJ" or "AROUND" at p->at, how close and whether in order?  Moves
 * behind it. */
bool am_parser_near(struct am_parser *p, uint32_t *distance, bool *in_order);
/* Gmail's "one AROUND 5 other", from p->at to the closing quotation mark; *out
 * NULL: it is none. */
AM_MUST_USE int am_parser_around(struct am_parser *p,
                                 const struct am_field_def *field,
                                 const char *end, struct am_node **out);

#endif
