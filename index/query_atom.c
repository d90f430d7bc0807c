/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/query_parse.h"

#include "index/order.h"
#include "index/xapian_door.h"

#include "extract/status.h"

#include <glib.h>

#include <string.h>

/* ---- words -----------------------------------------------------------------
 */

/* Only text has forms: names, addresses and file names do not. */
#define INFLECTED                                             \
	(AM_REGIONS_TEXT | AM_REGION_BIT(AM_REGION_SUBJECT) | \
	 AM_REGION_BIT(AM_REGION_ATTACHED))

static bool add_words(struct am_parser *p, GArray *words, const char *at,
                      size_t len, size_t *stop, int *r)
{
	struct am_tokens t;
	struct am_token tok;

	am_tokens_init(&t, at, len);
	t.keep_blobs = true;
	while (am_tokens_next(&t, &tok)) {
		struct am_word word = {.len = (uint8_t)tok.len,
		                       .single = tok.single};
		if (!tok.len)
			*r = am_parser_wrong(p, at + tok.start,
			                     tok.end - tok.start,
			                     "data of more than 128 bytes is "
			                     "not indexed:");
		else if (words->len == AM_PHRASE_MAX)
			*r = am_parser_wrong(p, at, len,
			                     "more than 64 words in a row:");
		if (*r)
			return false;
		memcpy(word.text, tok.text, tok.len);
		g_array_append_val(words, word);
		*stop = tok.end;
	}
	return true;
}

/* "re*ort", "*port*": each piece between the stars is one word or none. */
static int glob_node(struct am_parser *p, const char *at, size_t len,
                     struct am_node *node)
{
	GString *pattern = g_string_new(NULL);
	const char *end = at + len, *c = at;
	size_t letters = 0;
	int r = AM_OK;

	while (c < end && !r) {
		const char *star = memchr(c, '*', (size_t)(end - c));
		size_t n = star ? (size_t)(star - c) : (size_t)(end - c);
		GArray *words =
			g_array_new(FALSE, TRUE, sizeof(struct am_word));
		size_t stop = 0;
		if (add_words(p, words, c, n, &stop, &r) && words->len) {
			const struct am_word *w =
				&g_array_index(words, struct am_word, 0);
			if (words->len > 1 || w->single || stop != n)
				r = am_parser_wrong(
					p, at, len,
					"\"*\" stands at the end, or within "
					"a single word of letters:");
			g_string_append(pattern, w->text);
			letters += w->len;
		} else if (!r && n) {
			r = am_parser_wrong(p, at, len,
			                    "a pattern has letters and \"*\":");
		}
		if (star)
			g_string_append_c(pattern, '*');
		c += n + (star != NULL);
		g_array_free(words, TRUE);
	}
	if (!r && letters < 2)
		r = am_parser_wrong(p, at, len,
		                    "a pattern has two letters at least:");
	node->match = AM_MATCH_GLOB;
	node->text = g_string_free(pattern, FALSE);
	return r;
}

/* "word~", "word~2": how many letters may be others; 0: it is none. */
static unsigned fuzzy(const char *at, size_t *len)
{
	size_t n = *len;
	unsigned edits = 0;

	if (n > 1 && at[n - 1] >= '1' && at[n - 1] <= '3' && at[n - 2] == '~') {
		edits = (unsigned)(at[n - 1] - '0');
		n -= 2;
	} else if (n && at[n - 1] == '~') {
		n--;
		edits = g_utf8_strlen(at, (gssize)n) > 5 ? 2 : 1;
	}
	*len = n;
	return edits;
}

static bool has_inner_star(const char *at, size_t len)
{
	const char *star = memchr(at, '*', len);

	return star && star != at + len - 1;
}

/* Words in a row, from text of the query; *out NULL when there are none. */
static int words_node(struct am_parser *p, const char *at, size_t len,
                      uint32_t regions, bool quoted, struct am_node **out)
{
	GArray *words;
	bool exact = quoted;
	unsigned edits = 0;
	size_t stop = 0;
	int r = AM_OK;

	*out = NULL;
	if (!quoted && len > 1 && (*at == '=' || *at == '+')) {
		exact = true;
		at++;
		len--;
	}
	if (!exact)
		edits = fuzzy(at, &len);
	words = g_array_new(FALSE, TRUE, sizeof(struct am_word));
	if (!quoted && has_inner_star(at, len)) {
		r = am_parser_node(p, AM_NODE_WORDS, out);
		if (!r)
			r = glob_node(p, at, len, *out);
		if (!r)
			r = am_parser_pattern(p, at);
		g_array_set_size(words, 1); /* which one is the pattern's */
	} else if (add_words(p, words, at, len, &stop, &r) && words->len) {
		r = am_parser_node(p, AM_NODE_WORDS, out);
	}
	if (*out) {
		struct am_node *node = *out;
		const struct am_word *w =
			&g_array_index(words, struct am_word, 0);
		bool alone = words->len == 1 && !w->single;
		node->regions = regions;
		if (stop + 1 == len && at[stop] == '*')
			node->match = AM_MATCH_PREFIX;
		if (edits && (!alone || node->match != AM_MATCH_WORD))
			r = r ? r
			      : am_parser_wrong(p, at, len,
			                        "\"~\" stands behind a single "
			                        "word of letters:");
		if (edits)
			node->match = AM_MATCH_FUZZY;
		if (edits && !r)
			r = am_parser_pattern(p, at);
		node->edits = edits;
		if (alone && !exact && p->language && !node->match &&
		    (regions & INFLECTED)) {
			node->match = AM_MATCH_STEM;
			node->text = g_strdup(p->language);
		}
		node->n_words = words->len;
		node->words = (void *)g_array_free(words, FALSE);
	} else {
		g_array_free(words, TRUE);
	}
	return r;
}

/* ---- patterns --------------------------------------------------------------
 */

#define REGEX_REGIONS                                                     \
	(AM_REGION_BIT(AM_REGION_FROM) | AM_REGION_BIT(AM_REGION_TO) |    \
	 AM_REGION_BIT(AM_REGION_CC) | AM_REGION_BIT(AM_REGION_SUBJECT) | \
	 AM_REGION_BIT(AM_REGION_FILENAME))
#define NOT_HERE                                                \
	"patterns are for from, to, cc, subject and filename, " \
	"not here:"
/* Steps of one comparison: a pattern that needs more is malice or a mistake. */
#define REGEX_STEPS 100000

int am_parser_regex(struct am_parser *p, const struct am_field_def *field,
                    struct am_node **out)
{
	const char *open = p->at, *c = open + 1;
	uint32_t regions = field ? field->regions : REGEX_REGIONS;
	GError *error = NULL;
	int r;

	*out = NULL;
	if (open == p->end || *open != '/' ||
	    (field && field->kind != AM_FIELD_WORDS))
		return AM_OK;
	while (c < p->end && *c != '/')
		c += c + 1 < p->end && *c == '\\' ? 2 : 1;
	if (c >= p->end || c == open + 1 ||
	    (c + 1 < p->end && !am_parser_space(c[1]) && !strchr(")}", c[1])))
		return AM_OK; /* a path, say */
	if (!(regions & REGEX_REGIONS))
		return am_parser_wrong(p, open, (size_t)(c + 1 - open),
		                       NOT_HERE);
	r = am_parser_pattern(p, open);
	if (!r)
		r = am_parser_node(p, AM_NODE_REGEX, out);
	if (r)
		return r;
	(*out)->regions = regions & REGEX_REGIONS;
	(*out)->text = g_strndup(open + 1, (size_t)(c - open - 1));
	char *limited = g_strdup_printf("(*LIMIT_MATCH=%u)%s", REGEX_STEPS,
	                                (*out)->text);
	if (!g_utf8_validate(limited, -1, NULL))
		r = am_parser_wrong(p, open, (size_t)(c + 1 - open),
		                    "not UTF-8:");
	else
		(*out)->regex = g_regex_new(limited,
		                            G_REGEX_CASELESS | G_REGEX_OPTIMIZE,
		                            (GRegexMatchFlags)0, &error);
	if (error) {
		r = am_fail(p->err, AM_FAILED, AM_E_ARGUMENT,
		            "the pattern at column %u: %.120s",
		            am_parser_column(p, open),
		            strrchr(error->message, ':')
		                    ? strrchr(error->message, ':') + 2
		                    : error->message);
		g_error_free(error);
	}
	g_free(limited);
	p->at = c + 1;
	return r;
}

/* ---- fields ----------------------------------------------------------------
 */

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

static int fact_value(struct am_parser *p, struct am_node *node,
                      const char *value, const char *at, size_t len,
                      const char *known)
{
	enum am_fact fact = am_fact_find(value);

	if (fact == AM_FACT_COUNT)
		return am_parser_wrong(p, at, len, known);
	node->kind = AM_NODE_FACT;
	node->text = g_strdup(am_fact_names[fact]);
	return AM_OK;
}

static int is_value(struct am_parser *p, struct am_node *node,
                    const char *value, const char *at, size_t len)
{
	if (am_value_is(node, value))
		return AM_OK;
	return fact_value(p, node, value, at, len,
	                  "only seen, unread, flagged, answered, draft, "
	                  "deleted, forwarded, junk, reply, list, signed or "
	                  "encrypted, not");
}

/* The messages of a thread, by the Message-ID of one of them. */
static int thread_value(struct am_parser *p, struct am_node *node,
                        const char *at, size_t len)
{
	struct am_node *one = NULL;
	int r = am_parser_node(p, AM_NODE_MESSAGE_ID, &one);

	if (r)
		return r;
	one->text = without_brackets(at, len);
	am_node_add(node, one);
	return AM_OK;
}

static int language_value(struct am_parser *p, const char *value,
                          const char *at, size_t len)
{
	if (!g_ascii_strcasecmp(value, "none")) {
		p->language = NULL;
		return AM_OK;
	}
	p->language = am_stem_language(value);
	return p->language ? AM_OK
	                   : am_parser_wrong(p, at, len,
	                                     "no language whose word forms are "
	                                     "known:");
}

/* A MIME type, half of one, or an extension; in mu with a star
 * behind the slash. */
static int type_value(struct am_parser *p, struct am_node *node, const char *at,
                      size_t len)
{
	size_t n = len;

	if (n > 2 && !memcmp(at + n - 2, "/*", 2))
		n -= 2;
	else if (n > 1 && at[n - 1] == '/')
		n--;
	node->text = lower(at, n);
	return strchr(node->text, '*')
	               ? am_parser_wrong(p, at, len,
	                                 "\"*\" stands alone behind the slash "
	                                 "of a type:")
	               : AM_OK;
}

static int no_pattern(struct am_parser *p, const char *at, size_t len)
{
	return len > 2 && *at == '/' && at[len - 1] == '/'
	               ? am_parser_wrong(p, at, len, NOT_HERE)
	               : AM_OK;
}

/* notmuch's tags are keywords, but for those it gives by itself. */
static int tag_value(struct am_parser *p, struct am_node *node,
                     const char *value, const char *at, size_t len)
{
	static const enum am_fact own[] = {AM_FACT_ATTACHMENT, AM_FACT_SIGNED,
	                                   AM_FACT_ENCRYPTED};

	if (am_value_is(node, value))
		return AM_OK;
	for (size_t i = 0; i < AM_COUNT(own); i++)
		if (!g_ascii_strcasecmp(value, am_fact_names[own[i]])) {
			node->kind = AM_NODE_FACT;
			node->text = g_strdup(am_fact_names[own[i]]);
			return AM_OK;
		}
	node->keyword = g_strdup(value);
	return no_pattern(p, at, len);
}

/* Gmail's tabs are labels in what it exports: "Category Promotions" in a
 * Takeout, CATEGORY_PROMOTIONS elsewhere. */
static char *category(const char *value)
{
	return g_strconcat("category-",
	                   g_ascii_strcasecmp(value, "primary") ? value
	                                                        : "personal",
	                   NULL);
}

static int fill_value(struct am_parser *p, const struct am_field_def *field,
                      const char *value, const char *at, size_t len,
                      struct am_node *node)
{
	int r = AM_OK;

	switch (field->kind) {
	case AM_FIELD_WORDS:
		break;
	case AM_FIELD_MESSAGE_ID:
		node->text = without_brackets(at, len);
		break;
	case AM_FIELD_TYPE:
		return type_value(p, node, at, len);
	case AM_FIELD_HAS:
		return fact_value(p, node, value, at, len,
		                  "only has:attachment, image, pdf, document, "
		                  "spreadsheet and what mailark help search "
		                  "names, not");
	case AM_FIELD_EXTRACT:
		node->text = lower(at, len);
		if (am_extract_is_name(node->text))
			break;
		return am_parser_wrong(
			p, at, len,
			"only ok, empty, truncated, encrypted, unsupported, "
			"skipped, failed, damaged, timeout, crash, memory or "
			"too-large, not");
	case AM_FIELD_THREAD:
		return thread_value(p, node, at, len);
	case AM_FIELD_LANGUAGE:
		return language_value(p, value, at, len);
	case AM_FIELD_IN:
		if (!g_ascii_strcasecmp(value, "anywhere"))
			node->kind = AM_NODE_ALL;
		node->folder = g_strdup(value);
		return no_pattern(p, at, len);
	case AM_FIELD_FOLDER: /* mu's begin with a slash */
		node->folder = g_strdup(value + (len > 1 && *value == '/'));
		return no_pattern(p, at, len);
	case AM_FIELD_TAG:
		return tag_value(p, node, value, at, len);
	case AM_FIELD_KEYWORD:
		node->keyword = g_strdup(value);
		return no_pattern(p, at, len);
	case AM_FIELD_CATEGORY:
		node->keyword = category(value);
		break;
	case AM_FIELD_IS:
		return is_value(p, node, value, at, len);
	case AM_FIELD_DATE:
	case AM_FIELD_SINCE:
	case AM_FIELD_UNTIL:
	case AM_FIELD_BEFORE:
		r = am_value_date(node, field->kind, value, p->now, p->err);
		break;
	case AM_FIELD_SIZE:
	case AM_FIELD_LARGER:
	case AM_FIELD_SMALLER:
		r = am_value_size(node, field->kind, value, p->err);
		break;
	}
	/* What a lower function said, with the place put in front. */
	return r ? am_wrap(p->err, r, "column %u", am_parser_column(p, at)) : r;
}

int am_parser_value(struct am_parser *p, const struct am_field_def *field,
                    const char *at, size_t len, bool quoted,
                    struct am_node **out)
{
	static const enum am_node_kind kinds[] = {
		[AM_FIELD_MESSAGE_ID] = AM_NODE_MESSAGE_ID,
		[AM_FIELD_TYPE] = AM_NODE_TYPE,
		[AM_FIELD_HAS] = AM_NODE_FACT,
		[AM_FIELD_EXTRACT] = AM_NODE_EXTRACT,
		[AM_FIELD_THREAD] = AM_NODE_THREAD,
		[AM_FIELD_LANGUAGE] = AM_NODE_ALL,
		[AM_FIELD_IN] = AM_NODE_PLACE,
		[AM_FIELD_FOLDER] = AM_NODE_PLACE,
		[AM_FIELD_IS] = AM_NODE_PLACE,
		[AM_FIELD_KEYWORD] = AM_NODE_PLACE,
		[AM_FIELD_TAG] = AM_NODE_PLACE,
		[AM_FIELD_CATEGORY] = AM_NODE_PLACE,
		[AM_FIELD_DATE] = AM_NODE_DATE,
		[AM_FIELD_SINCE] = AM_NODE_DATE,
		[AM_FIELD_UNTIL] = AM_NODE_DATE,
		[AM_FIELD_BEFORE] = AM_NODE_DATE,
		[AM_FIELD_SIZE] = AM_NODE_SIZE,
		[AM_FIELD_LARGER] = AM_NODE_SIZE,
		[AM_FIELD_SMALLER] = AM_NODE_SIZE,
	};
	char *value;
	int r;

	if (!field || field->kind == AM_FIELD_WORDS)
		return words_node(p, at, len,
		                  field ? field->regions : AM_REGION_ALL,
		                  quoted, out);
	r = am_parser_node(p, kinds[field->kind], out);
	if (r)
		return r;
	value = g_strndup(at, len);
	r = fill_value(p, field, value, at, len, *out);
	g_free(value);
	return r;
}
