/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/published.h"

#include "base/bytes.h"
#include "index/document.h"
#include "index/published_impl.h"
#include "index/query_tree.h"
#include "index/snippet.h"
#include "model/message.h"

#include <glib.h>

#include <string.h>

struct am_published {
	struct am_xreader *reader;
};

int am_published_open(struct am_published **out, const struct am_xplace *place,
                      unsigned timeout_ms, struct am_error *err)
{
	struct am_published *p = g_new0(struct am_published, 1);
	char *version = NULL;
	int r = am_xapian_load(err);

	if (!r)
		r = am_xreader_open(&p->reader, place, timeout_ms, err);
	if (!r)
		r = am_xreader_metadata(p->reader, "mailark", &version, err);
	if (!r && strcmp(version, AM_PUBLISHED_VERSION) != 0)
		r = am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		            "%s (mailark index --publish makes what can be "
		            "searched)",
		            *version ? "published by another version of mailark"
		                     : "not published by mailark");
	g_free(version);
	if (r)
		am_published_close(&p);
	*out = p;
	return r;
}

void am_published_close(struct am_published **published)
{
	if (!*published)
		return;
	if ((*published)->reader)
		am_xreader_close(&(*published)->reader);
	g_free(*published);
	*published = NULL;
}

int am_published_archive(struct am_published *p, char **out,
                         struct am_error *err)
{
	return am_xreader_metadata(p->reader, "archive", out, err);
}

/* ---- the query -------------------------------------------------------------
 */

struct compile {
	struct am_published *published;
	struct am_error *err;
};

static int compile(struct compile *c, const struct am_node *node,
                   struct am_xquery **out);

static struct am_xquery *our_fact(const char *prefix, const char *value)
{
	char both[8];

	g_snprintf(both, sizeof(both), "%s%s", AM_PUBLISHED_FACT, prefix);
	return am_published_fact(both, value);
}

/* The words of a node as terms of a region; g_free() what comes back. */
static struct am_xterm *terms_of(const struct am_node *node,
                                 enum am_region region)
{
	size_t n = node->n_words;
	struct am_xterm *terms =
		g_malloc0(n * (sizeof(*terms) + AM_WORD_MAX + 2) + 1);
	char *text = (char *)(terms + n);

	for (size_t i = 0; i < n; i++, text += AM_WORD_MAX + 2) {
		text[0] = am_published_letter(region);
		memcpy(text + 1, node->words[i].text, node->words[i].len);
		terms[i] =
			(struct am_xterm){text, (size_t)node->words[i].len + 1};
	}
	return terms;
}

static struct am_xquery *all_of(const struct am_xterm *terms, size_t n)
{
	return n == 1 ? am_xquery_term(terms[0].text, terms[0].len, true)
	              : am_xquery_phrase(terms, n);
}

/* Words that stand for others are looked up in the vocabulary. */
struct others {
	struct am_matcher *matcher;
	GPtrArray *terms; /* struct am_xquery */
};
#define OTHERS_MOST 1000

static int on_other(void *user, const char *term, size_t len,
                    uint64_t documents, struct am_error *err)
{
	struct others *o = user;

	(void)documents;
	(void)err;
	if (o->terms->len == OTHERS_MOST)
		return AM_END;
	if (len > 1 && am_matcher_takes(o->matcher, term + 1, len - 1))
		g_ptr_array_add(o->terms, am_xquery_term(term, len, true));
	return AM_OK;
}

static int others(struct compile *c, const struct am_node *node,
                  enum am_region region, struct am_xquery **out)
{
	struct others o = {am_matcher_new(node), g_ptr_array_new()};
	char beginning[AM_WORD_MAX + 2] = {am_published_letter(region)};
	size_t len = am_matcher_beginning(o.matcher, beginning + 1);
	int r = am_xreader_terms(c->published->reader, beginning, len + 1,
	                         on_other, &o, c->err);

	*out = o.terms->len
	               ? am_xquery_join(
				 AM_XJOIN_OR,
				 (struct am_xquery **)(void *)o.terms->pdata,
				 o.terms->len)
	               : am_xquery_none();
	am_matcher_free(&o.matcher);
	g_ptr_array_unref(o.terms);
	if (r < 0)
		am_xquery_free(out);
	return r < 0 ? r : AM_OK;
}

/* Words in a row, in one region. */
static int row(struct compile *c, const struct am_node *node,
               enum am_region region, struct am_xquery **out)
{
	struct am_xterm *terms = terms_of(node, region);
	struct am_xquery *parts[2];
	size_t n = node->n_words;
	int r = AM_OK;

	*out = NULL;
	if (node->match == AM_MATCH_WORD) {
		*out = all_of(terms, n);
	} else if (node->match == AM_MATCH_PREFIX) {
		/* Xapian's phrases are of terms: the beginning of a word next
		 * to others is asked for in the same field. */
		*out = am_xquery_beginning(terms[n - 1].text, terms[n - 1].len);
		if (n > 1) {
			parts[0] = *out;
			parts[1] = all_of(terms, n - 1);
			*out = am_xquery_join(AM_XJOIN_AND, parts, 2);
		}
	} else {
		r = others(c, node, region, out);
	}
	g_free(terms);
	return r;
}

static int words(struct compile *c, const struct am_node *node,
                 struct am_xquery **out)
{
	struct am_xquery *parts[AM_REGION_COUNT];
	size_t n = 0;
	int r = AM_OK;

	*out = NULL;
	for (int i = 0; i < AM_REGION_COUNT && !r; i++) {
		if (!(node->regions & AM_REGION_BIT(i)))
			continue;
		r = row(c, node, (enum am_region)i, &parts[n]);
		n += r == AM_OK;
	}
	*out = n ? am_xquery_join(AM_XJOIN_OR, parts, n) : am_xquery_none();
	if (r)
		am_xquery_free(out);
	return r;
}

/* Words close together: the first of each row, in one region. */
static struct am_xquery *near(const struct am_node *node)
{
	struct am_xquery *parts[AM_REGION_COUNT];
	struct am_xterm *terms = g_new0(struct am_xterm, node->n_children + 1);
	size_t n = 0;

	for (int i = 0; i < AM_REGION_COUNT; i++) {
		GPtrArray *owned = g_ptr_array_new_with_free_func(g_free);
		bool here = true;
		for (size_t k = 0; k < node->n_children; k++) {
			const struct am_node *child = node->children[k];
			struct am_xterm *own =
				terms_of(child, (enum am_region)i);
			here = here && (child->regions & AM_REGION_BIT(i));
			terms[k] = own[0];
			g_ptr_array_add(owned, own);
		}
		if (here)
			parts[n++] = am_xquery_near(terms, node->n_children,
			                            node->distance + 1,
			                            node->in_order);
		g_ptr_array_unref(owned);
	}
	g_free(terms);
	return n ? am_xquery_join(AM_XJOIN_OR, parts, n) : am_xquery_none();
}

/* ---- all together ----------------------------------------------------------
 */

static int children(struct compile *c, const struct am_node *node,
                    struct am_xquery **out)
{
	enum am_xjoin how =
		node->kind == AM_NODE_OR ? AM_XJOIN_OR : AM_XJOIN_AND;
	GPtrArray *parts = g_ptr_array_new();
	int r = AM_OK;

	for (size_t i = 0; i < node->n_children && !r; i++) {
		struct am_xquery *part = NULL;
		r = compile(c, node->children[i], &part);
		if (!r)
			g_ptr_array_add(parts, part);
	}
	*out = parts->len
	               ? am_xquery_join(
				 how, (struct am_xquery **)(void *)parts->pdata,
				 parts->len)
	               : am_xquery_all();
	g_ptr_array_unref(parts);
	if (r)
		am_xquery_free(out);
	return r;
}

static int compile(struct compile *c, const struct am_node *node,
                   struct am_xquery **out)
{
	struct am_xquery *inner = NULL;
	int r;

	*out = NULL;
	switch (node->kind) {
	case AM_NODE_ALL:
		*out = am_xquery_all();
		return AM_OK;
	case AM_NODE_AND:
	case AM_NODE_OR:
		return children(c, node, out);
	case AM_NODE_NOT:
		r = compile(c, node->children[0], &inner);
		if (!r)
			*out = am_published_without(inner);
		return r;
	case AM_NODE_WORDS:
		return words(c, node, out);
	case AM_NODE_MESSAGE_ID:
		*out = our_fact(AM_TERM_MESSAGE_ID, node->text);
		return AM_OK;
	case AM_NODE_TYPE:
		*out = our_fact(AM_TERM_TYPE, node->text);
		return AM_OK;
	case AM_NODE_FACT:
		*out = our_fact(AM_TERM_FACT, node->text);
		return AM_OK;
	case AM_NODE_NEAR:
		*out = near(node);
		return AM_OK;
	case AM_NODE_REGEX:
		return am_fail(c->err, AM_FAILED, AM_E_UNSUPPORTED,
		               "/patterns/ cannot be asked of a published "
		               "index");
	case AM_NODE_THREAD:
		return am_fail(c->err, AM_FAILED, AM_E_UNSUPPORTED,
		               "thread: cannot be asked of a published index");
	case AM_NODE_EXTRACT:
		*out = our_fact(AM_TERM_EXTRACT, node->text);
		return AM_OK;
	case AM_NODE_DATE:
		*out = am_xquery_range(AM_PUBLISHED_DATE, (double)node->from,
		                       (double)node->to);
		return AM_OK;
	case AM_NODE_SIZE:
		*out = am_xquery_range(AM_PUBLISHED_SIZE, (double)node->least,
		                       (double)node->most);
		return AM_OK;
	case AM_NODE_PLACE:
		return am_published_filed(c->published->reader, node, out,
		                          c->err);
	}
	return am_fail(c->err, AM_FAILED, AM_E_UNSUPPORTED,
	               "a published index cannot be asked that");
}

/* ---- hits ------------------------------------------------------------------
 */

struct reading {
	am_published_hit_fn *fn;
	void *user;
};

/* The bytes are a server's: bounded getters, whole or not at all. */
static int on_hit(void *user, double weight, const char *data, size_t len,
                  struct am_error *err)
{
	struct reading *reading = user;
	struct am_cursor c = am_cursor(data, len);
	struct am_published_hit hit = {.weight = weight};
	char *strings[AM_PUBLISHED_STRINGS + 1] = {NULL};
	int r;

	hit.id = (int64_t)am_get_varint(&c);
	hit.size = am_get_varint(&c);
	hit.date.known = am_get_varint(&c) == 1;
	hit.date.sec = am_get_svarint(&c);
	hit.date.offset_min = (int16_t)am_get_svarint(&c);
	hit.n_attachments = (uint32_t)am_get_varint(&c);
	hit.flags = (uint32_t)am_get_varint(&c);
	for (size_t i = 0; i < AM_PUBLISHED_STRINGS && !c.bad; i++) {
		uint64_t n = am_get_varint(&c);
		const uint8_t *s = am_get_bytes(&c, n);
		strings[i] =
			g_strndup(s ? (const char *)s : "", s ? (size_t)n : 0);
	}
	hit.archive = strings[AM_PUBLISHED_ARCHIVE];
	hit.from = strings[AM_PUBLISHED_FROM];
	hit.to = strings[AM_PUBLISHED_TO];
	hit.cc = strings[AM_PUBLISHED_CC];
	hit.subject = strings[AM_PUBLISHED_SUBJECT];
	hit.message_id = strings[AM_PUBLISHED_MESSAGE_ID];
	hit.thread = strings[AM_PUBLISHED_THREAD];
	hit.folder = strings[AM_PUBLISHED_FOLDERS];
	hit.text = strings[AM_PUBLISHED_BODY];
	r = c.bad ? am_fail(err, AM_FAILED, AM_E_CORRUPT,
	                    "a document of the published index is damaged")
	          : reading->fn(reading->user, &hit, err);
	for (size_t i = 0; i < AM_PUBLISHED_STRINGS; i++)
		g_free(strings[i]);
	return r;
}

int am_published_search(struct am_published *published,
                        const struct am_query *query, enum am_sort sort,
                        size_t room, bool exact, am_published_hit_fn *fn,
                        void *user, uint64_t *total, bool *is_exact,
                        struct am_error *err)
{
	static const enum am_xorder orders[] = {
		[AM_SORT_RELEVANCE] = AM_XORDER_RELEVANCE,
		[AM_SORT_DATE] = AM_XORDER_FILED,
		[AM_SORT_DATE_ASC] = AM_XORDER_FILED_LAST,
		[AM_SORT_SIZE] = AM_XORDER_VALUE};
	struct reading reading = {fn, user};
	struct compile c = {published, err};
	struct am_xquery *q = NULL;
	int r = compile(&c, query->root, &q);

	*total = 0;
	*is_exact = true;
	if (!r && !q)
		r = am_fail(err, AM_FAILED, AM_E_MEMORY,
		            "out of memory in the index");
	if (!r)
		r = am_xreader_search(published->reader, q, orders[sort],
		                      AM_PUBLISHED_SIZE, room, exact, on_hit,
		                      &reading, total, is_exact, err);
	am_xquery_free(&q);
	return r;
}
