/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_QUERY_TREE_H
#define AM_INDEX_QUERY_TREE_H

#include "base/error.h"
#include "index/fields.h"
#include "index/tokens.h"

/*
 * A query as a tree: what query.c makes of the user's words, and what is then
 * answered by the index (query_run.c) or by looking at one message
 * (query_scan.c).  Both mean the same by every node.
 */
enum am_node_kind {
	AM_NODE_ALL,
	AM_NODE_AND,
	AM_NODE_OR,
	AM_NODE_NOT,        /* one child */
	AM_NODE_WORDS,      /* in a row, within one of the regions */
	AM_NODE_NEAR,       /* children, all AM_NODE_WORDS, close together */
	AM_NODE_REGEX,      /* text, on whole fields: the regions */
	AM_NODE_MESSAGE_ID, /* text, lower case */
	AM_NODE_TYPE,       /* text, lower case */
	AM_NODE_EXTRACT,    /* text: a name of extract/status.h */
	AM_NODE_FACT,       /* text: a name of am_fact_names */
	AM_NODE_DATE,       /* from <= date <= to */
	AM_NODE_SIZE,       /* least <= size <= most */
	AM_NODE_PLACE,      /* a placement for which all of this holds */
	AM_NODE_THREAD      /* messages of the threads that the child finds */
};

/* What counts as the last word of a row, or its only one. */
enum am_match {
	AM_MATCH_WORD,
	AM_MATCH_PREFIX, /* words that begin so */
	/* Of a single word only. */
	AM_MATCH_STEM, /* its other forms, in the query's language */
	AM_MATCH_GLOB, /* text: a pattern with "*" for any letters */
	AM_MATCH_FUZZY /* words of at most `edits` other letters */
};

struct am_word {
	char text[AM_WORD_MAX + 1];
	uint8_t len;
	bool single; /* of a script without spaces */
};

struct am_node {
	enum am_node_kind kind;
	size_t n_children;
	struct am_node **children;

	size_t n_words;
	struct am_word *words;
	enum am_match match;
	unsigned edits;
	uint32_t regions;  /* AM_REGION_ALL: anywhere */
	uint32_t distance; /* AM_NODE_NEAR: from the first word to the last */
	bool in_order;     /* likewise: ADJ */

	char *text; /* also the language of AM_MATCH_STEM */
	struct _GRegex *regex;
	int64_t from, to;
	uint64_t least, most;

	char *folder, *keyword; /* NULL: does not matter */
	uint32_t flags_set, flags_unset;
};

struct am_query {
	struct am_node *root;
	struct am_extractor *files; /* for am_query_matches(); or NULL */
};

/* Walls against queries that no person writes. */
#define AM_QUERY_BYTES (256u * 1024)
#define AM_QUERY_DEPTH 64
#define AM_QUERY_NODES 8192
/* Each of these looks through the whole vocabulary, or all subjects. */
#define AM_QUERY_PATTERNS 32

struct am_node *am_node_new(enum am_node_kind kind);
void am_node_free(struct am_node **node);
void am_node_add(struct am_node *parent, struct am_node *child);
/*
 * What stands side by side is drawn together: AND in AND, OR in OR, and the
 * parts of one AND that speak of a placement, for they are meant to hold for
 * the same one.
 */
struct am_node *am_node_simplify(struct am_node *node);
/* "(and alice from:\"bob\" (not date:0..5))": for tests and --explain. */
char *am_node_print(const struct am_node *node);

/* The terms that a node's last word stands for are those for which this holds.
 * `stem` is asked for AM_MATCH_STEM: see query_match.c. */
struct am_matcher;
struct am_matcher *am_matcher_new(const struct am_node *node);
void am_matcher_free(struct am_matcher **matcher);
bool am_matcher_takes(struct am_matcher *matcher, const char *word, size_t len);
/* What all words that it takes begin with; its length. */
size_t am_matcher_beginning(const struct am_matcher *matcher,
                            char out[AM_WORD_MAX + 1]);
/* What is in each of them; NULL: nothing that is known.  The matcher's. */
const char *am_matcher_piece(const struct am_matcher *matcher, size_t *len);

/* Does a field's text match an AM_NODE_REGEX? */
AM_MUST_USE int am_regex_matches(const struct am_node *node, const char *text,
                                 bool *out, struct am_error *err);

/* A value of a date or size field into node->from … node->most. */
AM_MUST_USE int am_value_date(struct am_node *node, enum am_field_kind kind,
                              const char *value, int64_t now,
                              struct am_error *err);
AM_MUST_USE int am_value_size(struct am_node *node, enum am_field_kind kind,
                              const char *value, struct am_error *err);
/* Does the text begin with a date of several words ("last week", "3 days ago",
 * "jan 2019")?  How many bytes of it, else 0. */
size_t am_value_date_words(const char *text, size_t len, int64_t now);
/* "unread" into node->flags_set and flags_unset, "important" into
 * node->keyword; false: no such word. */
bool am_value_is(struct am_node *node, const char *value);

#endif
