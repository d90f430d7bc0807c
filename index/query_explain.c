/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/document.h"
#include "index/index_impl.h"
#include "index/places.h"
#include "index/query_tree.h"
#include "index/xapian_door.h"
#include "store/archive.h"

#include <glib.h>

#include <string.h>

/* What a query means and what answering it takes, told to people. */

#define SHOWN 8 /* of the words that one stands for */

struct telling {
	GString *out;
	struct am_index *index;
	struct am_archive *archive;
	struct am_error *err;
	unsigned depth;
};

static void indent(struct telling *t)
{
	for (unsigned i = 0; i < t->depth; i++)
		g_string_append(t->out, "  ");
}

/* "1 message", "2 messages" */
static void append_number(GString *out, uint64_t n, const char *what)
{
	g_string_append_printf(out, "%" PRIu64 " %s%s", n, what,
	                       n == 1 ? "" : "s");
}

static int tell_count(struct telling *t, const char *term, size_t len)
{
	uint64_t n = 0;
	int r = am_xapian_frequency(t->index->xapian, term, len, &n, t->err);

	if (r)
		return r;
	g_string_append(t->out, ": ");
	append_number(t->out, n, "message");
	g_string_append_c(t->out, '\n');
	return AM_OK;
}

/* ---- words -----------------------------------------------------------------
 */

struct standing {
	struct am_matcher *matcher;
	bool letter;
	GString *shown;
	uint64_t n, postings;
};

static int on_term(void *user, const char *term, size_t len, uint64_t documents,
                   struct am_error *err)
{
	struct standing *s = user;

	(void)err;
	if (!s->letter && term[0] >= 'A' && term[0] <= 'Z')
		return AM_OK;
	if (!am_matcher_takes(s->matcher, term + s->letter, len - s->letter))
		return AM_OK;
	if (s->n < SHOWN)
		g_string_append_printf(s->shown, "%s%.*s", s->n ? ", " : "",
		                       (int)(len - s->letter),
		                       term + s->letter);
	s->n++;
	s->postings += documents;
	return AM_OK;
}

/* The words that the last one stands for. */
static int tell_standing(struct telling *t, const struct am_node *node,
                         char letter)
{
	struct standing s = {am_matcher_new(node), letter != '\0',
	                     g_string_new(NULL), 0, 0};
	char term[AM_WORD_MAX + 2] = {letter};
	size_t len =
		s.letter + am_matcher_beginning(s.matcher, term + s.letter);
	int r = am_xapian_terms(t->index->xapian, term, len, on_term, &s,
	                        t->err);

	if (!r) {
		indent(t);
		append_number(t->out, s.n, "word");
		g_string_append(t->out, " in ");
		append_number(t->out, s.postings, "place");
		g_string_append_printf(t->out, ": %s%s\n", s.shown->str,
		                       s.n > SHOWN ? ", …" : "");
	}
	g_string_free(s.shown, TRUE);
	am_matcher_free(&s.matcher);
	return r;
}

static char letter_of(uint32_t regions)
{
	for (unsigned i = 0; i < AM_REGION_COUNT; i++)
		if (regions == AM_REGION_BIT(i))
			return am_region_prefix((enum am_region)i);
	return '\0';
}

static int tell_terms(struct telling *t, const struct am_node *node)
{
	char letter = letter_of(node->regions);
	size_t exact = node->n_words - (node->match != AM_MATCH_WORD);
	int r = AM_OK;

	t->depth++;
	for (size_t i = 0; i < exact && !r; i++) {
		char term[AM_WORD_MAX + 2] = {letter};
		size_t at = letter != '\0';
		memcpy(term + at, node->words[i].text, node->words[i].len);
		indent(t);
		g_string_append_printf(t->out, "word %s", node->words[i].text);
		r = tell_count(t, term, at + node->words[i].len);
	}
	if (!r && node->match != AM_MATCH_WORD)
		r = tell_standing(t, node, letter);
	if (!r && (node->n_words > 1 ||
	           (!letter && node->regions != AM_REGION_ALL))) {
		indent(t);
		g_string_append(t->out,
		                "then the order of the words is looked at\n");
	}
	t->depth--;
	return r;
}

/* ---- the others ------------------------------------------------------------
 */

static int tell_fact(struct telling *t, const char *prefix, const char *value)
{
	char term[AM_TERM_MAX];

	return tell_count(t, term, am_document_fact_term(term, prefix, value));
}

static int tell_dates(struct telling *t, const struct am_node *node)
{
	uint64_t n = 0;
	int r = AM_OK;

	for (size_t i = 0; i < t->index->state.n_shards && !r; i++) {
		uint32_t first = 1, last = 0;
		r = am_places_dates(t->index->places[i], node->from, node->to,
		                    &first, &last, t->err);
		n += last + 1 > first ? last + 1 - first : 0;
	}
	g_string_append(t->out, ": ");
	append_number(t->out, n, "message");
	g_string_append(t->out, ", one behind the other\n");
	return r;
}

static int tell_place(struct telling *t, const struct am_node *node)
{
	struct am_archive_filter filter = {.folder = node->folder,
	                                   .keyword = node->keyword,
	                                   .flags_set = node->flags_set,
	                                   .flags_unset = node->flags_unset};
	int64_t *ids = NULL;
	size_t n = 0;
	int r = am_archive_select(t->archive, &filter, &ids, &n, t->err);

	if (!r) {
		g_string_append(t->out, ": ");
		append_number(t->out, n, "message");
		g_string_append(t->out, ", from the catalog\n");
	}
	g_free(ids);
	return r;
}

/* A date as people read it. */
static void tell_day(GString *out, int64_t sec)
{
	GDateTime *when = g_date_time_new_from_unix_utc(sec);
	char *text = when ? g_date_time_format(when, "%F %T") : NULL;

	g_string_append(out, text ? text : "?");
	g_free(text);
	if (when)
		g_date_time_unref(when);
}

static void tell_leaf(struct telling *t, const struct am_node *node)
{
	char *print;

	if (node->kind != AM_NODE_DATE) {
		print = am_node_print(node);
		g_string_append(t->out, print);
		g_free(print);
		return;
	}
	g_string_append(t->out, "date ");
	if (node->from != INT64_MIN)
		tell_day(t->out, node->from);
	g_string_append(t->out, "..");
	if (node->to != INT64_MAX)
		tell_day(t->out, node->to);
}

static int tell(struct telling *t, const struct am_node *node);

static int tell_children(struct telling *t, const struct am_node *node,
                         const char *what)
{
	int r = AM_OK;

	g_string_append_printf(t->out, "%s\n", what);
	t->depth++;
	for (size_t i = 0; i < node->n_children && !r; i++)
		r = tell(t, node->children[i]);
	t->depth--;
	return r;
}

static int tell_plan(struct telling *t, const struct am_node *node)
{
	switch (node->kind) {
	case AM_NODE_WORDS:
		g_string_append_c(t->out, '\n');
		return tell_terms(t, node);
	case AM_NODE_MESSAGE_ID:
		return tell_fact(t, AM_TERM_MESSAGE_ID, node->text);
	case AM_NODE_TYPE:
		return tell_fact(t, AM_TERM_TYPE, node->text);
	case AM_NODE_FACT:
		return tell_fact(t, AM_TERM_FACT, node->text);
	case AM_NODE_DATE:
		return tell_dates(t, node);
	case AM_NODE_PLACE:
		return tell_place(t, node);
	case AM_NODE_REGEX:
		g_string_append(
			t->out,
			": compared with every message's header, or with "
			"the names of all files\n");
		return AM_OK;
	default:
		g_string_append_c(t->out, '\n');
		return AM_OK;
	}
}

static int tell(struct telling *t, const struct am_node *node)
{
	indent(t);
	switch (node->kind) {
	case AM_NODE_AND:
		return tell_children(t, node, "all of");
	case AM_NODE_OR:
		return tell_children(t, node, "one of");
	case AM_NODE_NOT:
		return tell_children(t, node, "not");
	case AM_NODE_THREAD:
		return tell_children(t, node, "the threads of");
	case AM_NODE_NEAR: {
		char *what = g_strdup_printf(
			"within %" PRIu32 " words%s", node->distance,
			node->in_order ? ", in this order" : "");
		int r = tell_children(t, node, what);
		g_free(what);
		return r;
	}
	default:
		break;
	}
	tell_leaf(t, node);
	if (t->index)
		return tell_plan(t, node);
	g_string_append_c(t->out, '\n');
	return AM_OK;
}

int am_query_explain(char **out, const struct am_query *query, const char *text,
                     struct am_index *index, struct am_archive *archive,
                     struct am_error *err)
{
	struct telling t = {.out = g_string_new(NULL),
	                    .index = index,
	                    .archive = archive,
	                    .err = err,
	                    .depth = 1};
	char *print = am_node_print(query->root);
	int r = index ? am_index_load(index, err) : AM_OK;

	g_string_append_printf(t.out, "query: %s\ntree:  %s\nplan:\n", text,
	                       print);
	if (!r)
		r = tell(&t, query->root);
	if (!r && index) {
		g_string_append(t.out, "  of ");
		append_number(t.out, am_xapian_documents(index->xapian),
		              "message");
		g_string_append(t.out, " in ");
		append_number(t.out, index->state.n_shards, "shard");
		g_string_append_c(t.out, '\n');
	}
	g_free(print);
	*out = g_string_free(t.out, r != AM_OK);
	return r;
}
