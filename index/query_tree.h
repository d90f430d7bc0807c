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
	AM_NODE_MESSAGE_ID, /* text, lower case */
	AM_NODE_TYPE,       /* text, lower case */
	AM_NODE_ATTACHMENT,
	AM_NODE_EXTRACT, /* text: a name of extract/status.h */
	AM_NODE_DATE, /* from <= date <= to */
	AM_NODE_SIZE, /* least <= size <= most */
	AM_NODE_PLACE /* a placement for which all of this holds */
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
	bool prefix;      /* the last word is the beginning of one */
	uint32_t regions; /* AM_REGION_ALL: anywhere */

	char *text;
	int64_t from, to;
	uint64_t least, most;

	char *folder, *keyword; /* NULL: does not matter */
	uint32_t flags_set, flags_unset;
};

struct am_query {
	struct am_node *root;
};

/* Walls against queries that no person writes. */
#define AM_QUERY_BYTES (256u * 1024)
#define AM_QUERY_DEPTH 64
#define AM_QUERY_NODES 8192

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

/* A value of a date or size field into node->from … node->most. */
AM_MUST_USE int am_value_date(struct am_node *node, enum am_field_kind kind,
                              const char *value, int64_t now,
                              struct am_error *err);
AM_MUST_USE int am_value_size(struct am_node *node, enum am_field_kind kind,
                              const char *value, struct am_error *err);
/* "unread" into node->flags_set and flags_unset; false: no such word. */
bool am_value_is(struct am_node *node, const char *value);

#endif
