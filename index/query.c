/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/index.h"
#include "index/order.h"
#include "index/query_tree.h"

#include "extract/status.h"

#include <glib.h>

#include <string.h>

/*
 * The language of queries:
 *
 *   query  = [ or ]                              nothing: every message
 *   or     = and { "OR" and }
 *   and    = unary { [ "AND" ] unary }
 *   unary  = { "NOT" | "-" } atom
 *   atom   = "(" or ")" | [ field ":" ] value
 *   value  = word [ "*" ] | '"' words '"' | "(" or ")"
 *
 * AND, OR and NOT are operators in capitals only: "cats and dogs" are three
 * words.  A value in parentheses takes its field to all of it.  Words that are
 * none ("&", "-") say nothing and are passed over.  "name:" is taken for a
 * field, and for a mistake when there is none of that name, unless ":" or "//"
 * follows (std::string, http://…).
 */

struct parser {
	const char *text, *at, *end;
	int64_t now;
	unsigned depth, nodes;
	struct am_error *err;
};

/* ---- saying what is wrong
 * ------------------------------------------------------ */

static unsigned column(const struct parser *p, const char *at)
{
	unsigned n = 1;

	for (const char *c = p->text; c < at; c++)
		n += ((unsigned char)*c & 0xc0) != 0x80;
	return n;
}

/* At most 40 bytes of what stands there, cut between characters. */
static char *excerpt(const char *at, size_t len)
{
	size_t n = MIN(len, 40);

	while (n && n < len && ((unsigned char)at[n] & 0xc0) == 0x80)
		n--;
	return g_strdup_printf("%.*s%s", (int)n, at, n < len ? "…" : "");
}

static int wrong(struct parser *p, const char *at, size_t len, const char *what)
{
	char *word = excerpt(at, len);
	int r = am_fail(p->err, AM_FAILED, AM_E_ARGUMENT,
	                "%s \"%s\" at column %u", what, word, column(p, at));

	g_free(word);
	return r;
}

/* What a lower function said, with the place put in front. */
static int wrong_value(struct parser *p, const char *at, int r)
{
	return am_wrap(p->err, r, "column %u", column(p, at));
}

/* ---- words
 * ---------------------------------------------------------------------- */

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_space(struct parser *p)
{
	while (p->at < p->end && is_space(*p->at))
		p->at++;
}

/* The end of what stands there without a space, bracket or quotation mark. */
static const char *word_end(const struct parser *p, const char *at)
{
	while (at < p->end && !is_space(*at) && !strchr("()\"", *at))
		at++;
	return at;
}

static bool at_operator(const struct parser *p, const char *word)
{
	size_t n = strlen(word);
	const char *end = word_end(p, p->at);

	return (size_t)(end - p->at) == n && memcmp(p->at, word, n) == 0;
}

static int new_node(struct parser *p, enum am_node_kind kind,
                    struct am_node **out)
{
	*out = NULL;
	if (++p->nodes > AM_QUERY_NODES)
		return am_fail(p->err, AM_FAILED, AM_E_ARGUMENT,
		               "the query has more than %u parts",
		               AM_QUERY_NODES);
	*out = am_node_new(kind);
	return AM_OK;
}

/* Words in a row, from text of the query; *out NULL when there are none. */
static int words_node(struct parser *p, const char *at, size_t len,
                      uint32_t regions, struct am_node **out)
{
	GArray *words = g_array_new(FALSE, TRUE, sizeof(struct am_word));
	struct am_tokens t;
	struct am_token tok;
	size_t stop = 0;
	int r = AM_OK;

	*out = NULL;
	am_tokens_init(&t, at, len);
	t.keep_blobs = true;
	while (!r && am_tokens_next(&t, &tok)) {
		struct am_word word = {.len = (uint8_t)tok.len,
		                       .single = tok.single};
		if (!tok.len)
			r = wrong(p, at + tok.start, tok.end - tok.start,
			          "words of more than 64 bytes are not "
			          "indexed:");
		else if (words->len == AM_PHRASE_MAX)
			r = wrong(p, at, len, "more than 64 words in a row:");
		else if (tok.start && at[tok.start - 1] == '*')
			r = wrong(p, at, len,
			          "\"*\" stands at the end of words only:");
		memcpy(word.text, tok.text, tok.len);
		g_array_append_val(words, word);
		stop = tok.end;
	}
	if (!r && words->len)
		r = new_node(p, AM_NODE_WORDS, out);
	if (*out) {
		(*out)->regions = regions;
		(*out)->prefix = stop + 1 == len && at[stop] == '*';
		(*out)->n_words = words->len;
		(*out)->words = (void *)g_array_free(words, FALSE);
	} else {
		g_array_free(words, TRUE);
	}
	return r;
}

/* ---- fields
 * ----------------------------------------------------------------------- */

static char *lower(const char *at, size_t len)
{
	return g_ascii_strdown(at, (gssize)len);
}

static char *without_brackets(const char *at, size_t len)
{
	if (len && at[0] == '<')
		at++, len--;
	if (len && at[len - 1] == '>')
		len--;
	return lower(at, len);
}

static int value_node(struct parser *p, const struct am_field_def *field,
                      const char *at, size_t len, struct am_node **out)
{
	static const enum am_node_kind kinds[] = {
		[AM_FIELD_MESSAGE_ID] = AM_NODE_MESSAGE_ID,
		[AM_FIELD_TYPE] = AM_NODE_TYPE,
		[AM_FIELD_HAS] = AM_NODE_ATTACHMENT,
		[AM_FIELD_EXTRACT] = AM_NODE_EXTRACT,
		[AM_FIELD_FOLDER] = AM_NODE_PLACE,
		[AM_FIELD_IS] = AM_NODE_PLACE,
		[AM_FIELD_KEYWORD] = AM_NODE_PLACE,
		[AM_FIELD_DATE] = AM_NODE_DATE,
		[AM_FIELD_SINCE] = AM_NODE_DATE,
		[AM_FIELD_UNTIL] = AM_NODE_DATE,
		[AM_FIELD_BEFORE] = AM_NODE_DATE,
		[AM_FIELD_SIZE] = AM_NODE_SIZE,
		[AM_FIELD_LARGER] = AM_NODE_SIZE,
		[AM_FIELD_SMALLER] = AM_NODE_SIZE,
	};
	struct am_node *node = NULL;
	char *value;
	int r;

	if (!field || field->kind == AM_FIELD_WORDS)
		return words_node(p, at, len,
		                  field ? field->regions : AM_REGION_ALL, out);
	r = new_node(p, kinds[field->kind], &node);
	if (r)
		return r;
	*out = node;
	value = g_strndup(at, len);
	switch (field->kind) {
	case AM_FIELD_WORDS:
		break;
	case AM_FIELD_MESSAGE_ID:
		node->text = without_brackets(at, len);
		break;
	case AM_FIELD_TYPE:
		node->text = lower(at, len);
		break;
	case AM_FIELD_HAS:
		if (g_ascii_strcasecmp(value, "attachment") != 0 &&
		    g_ascii_strcasecmp(value, "attachments") != 0)
			r = wrong(p, at, len, "only has:attachment, not");
		break;
	case AM_FIELD_EXTRACT:
		node->text = lower(at, len);
		if (!am_extract_is_name(node->text))
			r = wrong(p, at, len, "only ok, empty, truncated, encrypted, "
			          "unsupported, skipped, failed, damaged, "
			          "timeout, crash, memory or too-large, not");
		break;
	case AM_FIELD_FOLDER:
		node->folder = g_strdup(value);
		break;
	case AM_FIELD_KEYWORD:
		node->keyword = g_strdup(value);
		break;
	case AM_FIELD_IS:
		if (!am_value_is(node, value))
			r = wrong(p, at, len,
			          "only seen, unread, flagged, answered, "
			          "draft, deleted, forwarded or junk, not");
		break;
	case AM_FIELD_DATE:
	case AM_FIELD_SINCE:
	case AM_FIELD_UNTIL:
	case AM_FIELD_BEFORE:
		r = am_value_date(node, field->kind, value, p->now, p->err);
		if (r)
			r = wrong_value(p, at, r);
		break;
	case AM_FIELD_SIZE:
	case AM_FIELD_LARGER:
	case AM_FIELD_SMALLER:
		r = am_value_size(node, field->kind, value, p->err);
		if (r)
			r = wrong_value(p, at, r);
		break;
	}
	g_free(value);
	return r;
}

static int unknown_field(struct parser *p, const char *at, size_t len)
{
	const char *guess = am_field_guess(at, len);
	char *word = excerpt(at, len);
	int r = am_fail(p->err, AM_FAILED, AM_E_ARGUMENT,
	                "unknown field \"%s:\" at column %u%s%s%s", word,
	                column(p, at), guess ? "; did you mean \"" : "",
	                guess ? guess : "", guess ? ":\"?" : "");

	g_free(word);
	return r;
}

/* "name:" here?  *field is set and p->at stands behind it. */
static int field_name(struct parser *p, const struct am_field_def **field)
{
	const char *c = p->at;

	if (c == p->end || !g_ascii_isalpha(*c))
		return AM_OK;
	while (c < p->end && (g_ascii_isalnum(*c) || *c == '-' || *c == '_'))
		c++;
	if (c == p->end || *c != ':')
		return AM_OK;
	if (c + 1 < p->end && c[1] == ':')
		return AM_OK;
	if (c + 2 < p->end && c[1] == '/' && c[2] == '/')
		return AM_OK;
	*field = am_field_find(p->at, (size_t)(c - p->at));
	if (!*field)
		return unknown_field(p, p->at, (size_t)(c - p->at));
	p->at = c + 1;
	return AM_OK;
}

/* ---- the grammar
 * -------------------------------------------------------------------- */

static int parse_or(struct parser *p, const struct am_field_def *field,
                    struct am_node **out);

static int parse_group(struct parser *p, const struct am_field_def *field,
                       struct am_node **out)
{
	const char *open = p->at++;
	int r;

	if (++p->depth > AM_QUERY_DEPTH)
		return am_fail(p->err, AM_FAILED, AM_E_ARGUMENT,
		               "parentheses within more than %u others at "
		               "column %u",
		               AM_QUERY_DEPTH, column(p, open));
	r = parse_or(p, field, out);
	if (r)
		return r;
	p->depth--;
	if (p->at == p->end)
		return am_fail(p->err, AM_FAILED, AM_E_ARGUMENT,
		               "the parenthesis at column %u is never closed",
		               column(p, open));
	p->at++;
	return AM_OK;
}

static int parse_quoted(struct parser *p, const struct am_field_def *field,
                        struct am_node **out)
{
	const char *open = p->at++;
	const char *close = memchr(p->at, '"', (size_t)(p->end - p->at));
	int r;

	if (!close)
		return am_fail(p->err, AM_FAILED, AM_E_ARGUMENT,
		               "the quotation mark at column %u is never "
		               "closed",
		               column(p, open));
	r = value_node(p, field, p->at, (size_t)(close - p->at), out);
	p->at = close + 1;
	return r;
}

static int parse_atom(struct parser *p, const struct am_field_def *field,
                      struct am_node **out)
{
	const char *start = p->at, *end;
	const struct am_field_def *own = NULL;
	int r = field_name(p, &own);

	if (r)
		return r;
	if (own)
		field = own;
	if (p->at < p->end && *p->at == '(')
		return parse_group(p, field, out);
	if (p->at < p->end && *p->at == '"')
		return parse_quoted(p, field, out);
	end = word_end(p, p->at);
	if (end == p->at)
		return wrong(p, start, (size_t)(p->at - start),
		             "nothing stands behind");
	if (!field && end - p->at == 1 && *p->at == '*') {
		p->at = end;
		return new_node(p, AM_NODE_ALL, out);
	}
	r = value_node(p, field, p->at, (size_t)(end - p->at), out);
	p->at = end;
	return r;
}

static bool takes_away(const struct parser *p)
{
	return *p->at == '-' && p->at + 1 < p->end && !is_space(p->at[1]) &&
	       p->at[1] != ')';
}

static int parse_unary(struct parser *p, const struct am_field_def *field,
                       struct am_node **out)
{
	bool negative = false;
	struct am_node *node = NULL;
	int r;

	*out = NULL;
	for (;;) {
		skip_space(p);
		if (p->at == p->end || *p->at == ')') {
			/* Only behind a NOT: parse_and sees to the rest. */
			return am_fail(p->err, AM_FAILED, AM_E_ARGUMENT,
			               "nothing stands behind NOT at column %u",
			               column(p, p->at));
		}
		if (at_operator(p, "NOT"))
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
	r = new_node(p, AM_NODE_NOT, &node);
	if (r)
		return r;
	am_node_add(node, *out);
	*out = node;
	return AM_OK;
}

static int parse_and(struct parser *p, const struct am_field_def *field,
                     struct am_node **out)
{
	struct am_node *child;
	int r = new_node(p, AM_NODE_AND, out);

	while (!r) {
		skip_space(p);
		if (p->at == p->end || *p->at == ')' || at_operator(p, "OR"))
			break;
		if (at_operator(p, "AND")) {
			const char *word = p->at;
			p->at += 3;
			skip_space(p);
			if (!(*out)->n_children || p->at == p->end ||
			    *p->at == ')' || at_operator(p, "OR") ||
			    at_operator(p, "AND"))
				return wrong(p, word, 3,
				             "one side is missing of");
		}
		child = NULL;
		r = parse_unary(p, field, &child);
		if (child)
			am_node_add(*out, child);
	}
	if (!r && !(*out)->n_children)
		am_node_free(out);
	return r;
}

/* *out NULL: there was nothing in it. */
static int parse_or(struct parser *p, const struct am_field_def *field,
                    struct am_node **out)
{
	struct am_node *side = NULL, *node = NULL;
	const char *operator= NULL;
	int r;

	*out = NULL;
	do {
		side = NULL;
		r = parse_and(p, field, &side);
		bool more = !r && p->at < p->end && *p->at != ')';
		if (!r && !side && (more || operator))
			r = wrong(p, more ? p->at : operator, 2,
			          "one side is missing of");
		if (r)
			break;
		if (!node && more)
			r = new_node(p, AM_NODE_OR, &node);
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
	struct parser p = {text, text, text + len, now, 0, 0, err};
	struct am_node *root = NULL;
	int r;

	*out = NULL;
	if (len > AM_QUERY_BYTES)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "the query is longer than %u KiB",
		               AM_QUERY_BYTES / 1024);
	skip_space(&p);
	if (p.at == p.end) {
		root = am_node_new(AM_NODE_ALL);
	} else {
		r = parse_or(&p, NULL, &root);
		if (!r && p.at < p.end)
			r = am_fail(err, AM_FAILED, AM_E_ARGUMENT,
			            "the parenthesis at column %u closes "
			            "nothing",
			            column(&p, p.at));
		if (!r && !root)
			r = wrong(&p, text, len, "there is no word in");
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
