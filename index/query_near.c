/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/query_parse.h"

#include "index/order.h"

#include <glib.h>

#include <string.h>

/*
 * How close words have to stand: "NEAR", "NEAR/5", "ADJ/5", and as Gmail has it
 * "AROUND(5)", "AROUND 5" and, keeping the order, "one AROUND 5 other" within
 * quotation marks.
 */

#define DISTANCE     10
#define DISTANCE_MAX 100000
#define AROUND       "AROUND"

/* The number at `at`, if it stands there by itself; behind it. */
static const char *number(const char *at, const char *end, uint32_t *out)
{
	const char *c = at;
	uint32_t n = 0;

	for (; c < end && g_ascii_isdigit(*c); c++)
		n = MIN(n * 10 + (uint32_t)(*c - '0'), DISTANCE_MAX);
	if (c == at)
		return NULL;
	*out = MAX(n, 1);
	return c;
}

static const char *spaces(const char *at, const char *end)
{
	while (at < end && am_parser_space(*at))
		at++;
	return at;
}

/* " 5 " behind AROUND, with something behind it; else NULL. */
static const char *spaced_number(const char *at, const char *end, uint32_t *out)
{
	uint32_t n;
	const char *from = spaces(at, end), *c = number(from, end, &n);

	if (from == at || !c || c == end || !am_parser_space(*c))
		return NULL;
	at = spaces(c, end);
	if (at == end || strchr(")}", *at))
		return NULL;
	*out = n;
	return c;
}

bool am_parser_near(struct am_parser *p, uint32_t *distance, bool *in_order)
{
	static const char *const names[] = {"NEAR", "ADJ", AROUND};

	am_parser_skip(p);
	for (size_t i = 0; i < AM_COUNT(names); i++) {
		size_t n = strlen(names[i]);
		if ((size_t)(p->end - p->at) < n ||
		    memcmp(p->at, names[i], n) != 0)
			continue;
		const char *c = p->at + n, *behind;
		*distance = DISTANCE;
		*in_order = i == 1;
		bool bracket = c < p->end && *c == '(';
		if (c < p->end && (*c == '/' || bracket)) {
			c = number(c + 1, p->end, distance);
			if (!c || (bracket && (c == p->end || *c++ != ')')))
				continue;
		} else if (i == 2 &&
		           (behind = spaced_number(c, p->end, distance))) {
			c = behind;
		}
		if (c < p->end && !am_parser_space(*c))
			continue;
		p->at = c;
		return true;
	}
	return false;
}

/* "AROUND 5" between from and end, words on both sides; *behind it. */
static const char *find_around(const char *from, const char *end,
                               const char **behind, uint32_t *distance)
{
	size_t n = strlen(AROUND);

	for (const char *c = from + 1; c < end && (size_t)(end - c) > n; c++)
		if (am_parser_space(c[-1]) && !memcmp(c, AROUND, n) &&
		    spaces(from, end) != c &&
		    (*behind = spaced_number(c + n, end, distance)))
			return c;
	return NULL;
}

int am_parser_around(struct am_parser *p, const struct am_field_def *field,
                     const char *end, struct am_node **out)
{
	struct am_node *sides[2] = {0};
	const char *behind;
	uint32_t distance;
	const char *at = !field || field->kind == AM_FIELD_WORDS
	                         ? find_around(p->at, end, &behind, &distance)
	                         : NULL;

	*out = NULL;
	if (!at)
		return AM_OK;
	int r = am_parser_value(p, field, p->at, (size_t)(at - p->at), true,
	                        &sides[0]);
	if (!r)
		r = am_parser_value(p, field, behind, (size_t)(end - behind),
		                    true, &sides[1]);
	/* Where there is no word on a side, it is a phrase like any other. */
	if (!r && sides[0] && sides[1] && !sides[0]->match &&
	    !sides[1]->match &&
	    sides[0]->n_words + sides[1]->n_words <= AM_PHRASE_MAX)
		r = am_parser_node(p, AM_NODE_NEAR, out);
	if (!r && *out) {
		(*out)->regions = sides[0]->regions;
		(*out)->distance = distance;
		(*out)->in_order = true;
		for (size_t i = 0; i < AM_COUNT(sides); i++) {
			am_node_add(*out, sides[i]);
			sides[i] = NULL;
		}
	}
	am_node_free(&sides[0]);
	am_node_free(&sides[1]);
	return r;
}
