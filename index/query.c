/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/index.h"
#include "index/near.h"
#include "index/order.h"
#include "index/query_parse.h"
#include "index/xapian_door.h"

#include <glib.h>

#include <assert.h>

#include <string.h>

/*
 * The language of queries:
 *
 *   query  = [ or ]                              nothing: every message
 *   or     = and { "OR" and }
 *   and    = near { [ "AND" ] near }
 *   near   = unary { ( "NEAR" | "ADJ" | "AROUND" ) [ "/" n ] unary }
 *            as Gmail writes it: AROUND(n), AROUND n, "words AROUND n words"
 *   unary  = { "NOT" | "-" } atom
 *   atom   = "(" or ")" | "{" near { near } "}"  braces: one of them
 *          | [ field ":" ] value
 *   value  = word | '"' words '"' | "/" pattern "/" | "(" or ")" | "{" … "}"
 *   word   = [ "=" ] letters | letters "*" | "*" letters "*" | letters "~" [ n
 * ]
 *
 * AND, OR, NOT, NEAR and ADJ are operators in capitals only: "cats and dogs"
 * are three words.  A value in parentheses takes its field to all of it.  Words
 * that are none ("&", "-") say nothing and are passed over.  "name:" is taken
 * for a field, and for a mistake when there is none of that name, unless ":" or
 * "//" follows (std::string, http://…).
 */

/* ---- the grammar
 * -------------------------------------------------------------------- */

static int parse_or(struct am_parser *p, const struct am_field_def *field,
                    struct am_node **out);

static int parse_either(struct am_parser *p, const struct am_field_def *field,
                        struct am_node **out);

/* "(…)" or "{…}"; all: of what stands in braces, too. */
static int parse_group(struct am_parser *p, const struct am_field_def *field,
                       bool all, struct am_node **out)
{
	const char *open = p->at++;
	bool brace = *open == '{';
	const char *language = p->language;
	int r;

	if (++p->depth > AM_QUERY_DEPTH)
		return am_fail(p->err, AM_FAILED, AM_E_ARGUMENT,
		               "parentheses within more than %u others at "
		               "column %u",
		               AM_QUERY_DEPTH, am_parser_column(p, open));
	r = brace && !all ? parse_either(p, field, out)
	                  : parse_or(p, field, out);
	if (r)
		return r;
	p->depth--;
	p->language = language;
	if (p->at == p->end || *p->at != (brace ? '}' : ')'))
		return am_fail(p->err, AM_FAILED, AM_E_ARGUMENT,
		               "the %s at column %u is never closed",
		               brace ? "brace" : "parenthesis",
		               am_parser_column(p, open));
	p->at++;
	return AM_OK;
}

/*
 * All messages of the threads in which something matches the group.  The braces
 * are notmuch's here: a query stands in them, all of which is meant.  So may
 * be quotation marks around them, which its own parser needs.
 */
static int parse_thread_group(struct am_parser *p, struct am_node **out)
{
	struct am_node *group = NULL;
	bool quoted = *p->at == '"';
	int r;

	if (quoted)
		p->at++;
	r = parse_group(p, NULL, true, &group);
	*out = group;
	if (!r && quoted) {
		if (p->at == p->end || *p->at != '"')
			return am_parser_wrong(
				p, p->at, (size_t)(p->end - p->at),
				"a quotation mark stands behind the brace, "
				"not");
		p->at++;
	}
	if (r || !group)
		return r;
	r = am_parser_node(p, AM_NODE_THREAD, out);
	if (r) {
		*out = group;
		return r;
	}
	am_node_add(*out, group);
	return AM_OK;
}

static int parse_quoted(struct am_parser *p, const struct am_field_def *field,
                        struct am_node **out)
{
	const char *open = p->at++;
	const char *close = memchr(p->at, '"', (size_t)(p->end - p->at));
	int r;

	if (!close)
		return am_fail(p->err, AM_FAILED, AM_E_ARGUMENT,
		               "the quotation mark at column %u is never "
		               "closed",
		               am_parser_column(p, open));
	r = am_parser_around(p, field, close, out);
	if (!r && !*out)
		r = am_parser_value(p, field, p->at, (size_t)(close - p->at),
		                    true, out);
	p->at = close + 1;
	return r;
}

/* A date may be of several words: date:last week. */
static const char *date_end(const struct am_parser *p,
                            const struct am_field_def *field, const char *end)
{
	size_t n;

	if (!field || field->kind < AM_FIELD_DATE ||
	    field->kind > AM_FIELD_BEFORE)
		return end;
	n = am_value_date_words(p->at, (size_t)(p->end - p->at), p->now);
	return p->at + n > end ? p->at + n : end;
}

static int parse_atom(struct am_parser *p, const struct am_field_def *field,
                      struct am_node **out)
{
	const char *start = p->at, *end;
	const struct am_field_def *own = NULL;
	int r = am_parser_field(p, &own);

	if (r)
		return r;
	if (own)
		field = own;
	if (own && own->kind == AM_FIELD_THREAD && am_parser_at_group(p))
		return parse_thread_group(p, out);
	if (p->at < p->end && (*p->at == '(' || *p->at == '{'))
		return parse_group(p, field, false, out);
	if (p->at < p->end && *p->at == '"')
		return parse_quoted(p, field, out);
	r = am_parser_regex(p, field, out);
	if (r || *out)
		return r;
	end = date_end(p, field, am_parser_word_end(p, p->at));
	if (end == p->at)
		return am_parser_wrong(p, start, (size_t)(p->at - start),
		                       "nothing stands behind");
	if (!field && end - p->at == 1 && *p->at == '*') {
		p->at = end;
		return am_parser_node(p, AM_NODE_ALL, out);
	}
	r = am_parser_value(p, field, p->at, (size_t)(end - p->at), false, out);
	p->at = end;
	return r;
}

static bool takes_away(const struct am_parser *p)
{
	return *p->at == '-' && p->at + 1 < p->end &&
	       !am_parser_space(p->at[1]) && !strchr(")}", p->at[1]);
}

static int parse_unary(struct am_parser *p, const struct am_field_def *field,
                       struct am_node **out)
{
	bool negative = false;
	struct am_node *node = NULL;
	int r;

	*out = NULL;
	for (;;) {
		am_parser_skip(p);
		if (am_parser_at_close(p)) {
			/* Only behind a NOT: parse_and sees to the rest. */
			return am_fail(p->err, AM_FAILED, AM_E_ARGUMENT,
			               "nothing stands behind NOT at column %u",
			               am_parser_column(p, p->at));
		}
		if (am_parser_at_operator(p, "NOT"))
			p->at += 3;
		else if (takes_away(p))
			p->at++;
		else
			break;
		negative = !negative;
	}
	r = parse_atom(p, field, out);
	if (r || !negative || !*out)
		return r;
	r = am_parser_node(p, AM_NODE_NOT, &node);
	if (r)
		return r;
	am_node_add(node, *out);
	*out = node;
	return AM_OK;
}

static bool can_be_near(const struct am_node *node, const struct am_node *first)
{
	return node && node->kind == AM_NODE_WORDS &&
	       node->match == AM_MATCH_WORD &&
	       (!first || node->regions == first->regions);
}

static size_t count_words(const struct am_node *node)
{
	size_t n = node->n_words;

	for (size_t i = 0; i < node->n_children; i++)
		n += node->children[i]->n_words;
	return n;
}

/* Words that stand close together. */
static int parse_near(struct am_parser *p, const struct am_field_def *field,
                      struct am_node **out)
{
	const char *from = p->at;
	const char *language = p->language;
	uint32_t distance, least = 0;
	bool in_order, ordered = false;
	int r = parse_unary(p, field, out);

	while (!r) {
		struct am_node *side = NULL, *near = NULL;
		am_parser_skip(p);
		const char *operator= p->at;
		if (!am_parser_near(p, &distance, &in_order))
			break;
		am_parser_skip(p);
		if (am_parser_at_close(p))
			return am_parser_wrong(
				p, operator, (size_t)(
					   am_parser_word_end(p, operator) -
					   operator),
				"one side is missing of");
		p->language = NULL; /* the words themselves */
		r = parse_unary(p, field, &side);
		p->language = language;
		bool more = *out && (*out)->kind == AM_NODE_NEAR;
		struct am_node *first = more ? (*out)->children[0] : *out;
		if (!more && first && first->match == AM_MATCH_STEM)
			first->match = AM_MATCH_WORD;
		if (!r &&
		    (!can_be_near(first, NULL) || !can_be_near(side, first) ||
		     (more && (*out)->n_children == AM_NEAR_MAX) ||
		     count_words(*out) + count_words(side) > AM_PHRASE_MAX ||
		     (more && ordered != in_order)))
			r = am_parser_wrong(
				p, from, (size_t)(p->at - from),
				"NEAR and ADJ stand between words or quoted "
				"words of one field, at most 8 of them:");
		if (!r && !more)
			r = am_parser_node(p, AM_NODE_NEAR, &near);
		if (r) {
			am_node_free(&side);
			return r;
		}
		assert(first && side);
		if (!more) {
			am_node_add(near, *out);
			near->regions = first->regions;
			*out = near;
		}
		ordered = in_order;
		least = MAX(least, distance);
		am_node_add(*out, side);
		(*out)->in_order = in_order;
		(*out)->distance = least * (uint32_t)((*out)->n_children - 1);
	}
	return r;
}

/* Braces: one of what stands in them. */
static int parse_either(struct am_parser *p, const struct am_field_def *field,
                        struct am_node **out)
{
	int r = am_parser_node(p, AM_NODE_OR, out);

	while (!r) {
		struct am_node *child = NULL;
		am_parser_skip(p);
		if (am_parser_at_close(p))
			break;
		if (am_parser_at_operator(p, "OR")) {
			p->at += 2;
			continue;
		}
		r = parse_near(p, field, &child);
		if (child)
			am_node_add(*out, child);
	}
	if (!r && !(*out)->n_children)
		am_node_free(out);
	return r;
}

static int parse_and(struct am_parser *p, const struct am_field_def *field,
                     struct am_node **out)
{
	struct am_node *child;
	int r = am_parser_node(p, AM_NODE_AND, out);

	while (!r) {
		am_parser_skip(p);
		if (am_parser_at_close(p) || am_parser_at_operator(p, "OR"))
			break;
		if (am_parser_at_operator(p, "AND")) {
			const char *word = p->at;
			p->at += 3;
			am_parser_skip(p);
			if (!(*out)->n_children || am_parser_at_close(p) ||
			    am_parser_at_operator(p, "OR") ||
			    am_parser_at_operator(p, "AND"))
				return am_parser_wrong(
					p, word, 3, "one side is missing of");
		}
		child = NULL;
		r = parse_near(p, field, &child);
		if (child)
			am_node_add(*out, child);
	}
	if (!r && !(*out)->n_children)
		am_node_free(out);
	return r;
}

/* *out NULL: there was nothing in it. */
static int parse_or(struct am_parser *p, const struct am_field_def *field,
                    struct am_node **out)
{
	struct am_node *side = NULL, *node = NULL;
	const char *operator= NULL;
	int r;

	*out = NULL;
	do {
		side = NULL;
		r = parse_and(p, field, &side);
		bool more = !r && !am_parser_at_close(p);
		if (!r && !side && (more || operator))
			r = am_parser_wrong(p, more ? p->at : operator, 2,
			                    "one side is missing of");
		if (r)
			break;
		if (!node && more)
			r = am_parser_node(p, AM_NODE_OR, &node);
		if (node) {
			am_node_add(node, side);
			side = NULL;
		}
		operator= more ? p->at : NULL;
		if (more)
			p->at += 2;
	} while (!r && operator);
	if (r) {
		am_node_free(&side);
		am_node_free(&node);
		return r;
	}
	*out = node ? node : side;
	return AM_OK;
}

int am_query_parse(struct am_query **out, const char *text, int64_t now,
                   struct am_error *err)
{
	size_t len = strlen(text);
	struct am_parser p = {.text = text,
	                      .at = text,
	                      .end = text + len,
	                      .now = now,
	                      .err = err};
	struct am_node *root = NULL;
	int r;

	*out = NULL;
	if (len > AM_QUERY_BYTES)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "the query is longer than %u KiB",
		               AM_QUERY_BYTES / 1024);
	r = am_xapian_load(err);
	if (r)
		return r;
	am_parser_skip(&p);
	if (p.at == p.end) {
		root = am_node_new(AM_NODE_ALL);
	} else {
		r = parse_or(&p, NULL, &root);
		if (!r && p.at < p.end)
			r = am_fail(err, AM_FAILED, AM_E_ARGUMENT,
			            "the %s at column %u closes nothing",
			            *p.at == '}' ? "brace" : "parenthesis",
			            am_parser_column(&p, p.at));
		if (!r && !root)
			r = am_parser_wrong(&p, text, len,
			                    "there is no word in");
		if (r) {
			am_node_free(&root);
			return r;
		}
	}
	*out = g_new0(struct am_query, 1);
	(*out)->root = am_node_simplify(root);
	return AM_OK;
}

void am_query_free(struct am_query **query)
{
	if (!*query)
		return;
	am_node_free(&(*query)->root);
	g_free(*query);
	*query = NULL;
}
