/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/attached.h"
#include "index/index.h"
#include "index/near.h"
#include "index/query_tree.h"

#include "base/arena.h"
#include "model/folder.h"
#include "model/message.h"

#include <glib.h>

#include <string.h>

/*
 * Does one message match?  The same text, cut into the same words, as the
 * index would take; no index needed.  It is also what the index is tested
 * against.
 */

/* A node that needs to see the words: AM_NODE_WORDS, NEAR or REGEX. */
struct wanted {
	const struct am_node *node;
	struct am_matcher *last; /* of its last word; NULL: as it is */
	bool found;
};

struct scanning {
	GArray *wanted;
	GArray *starts;   /* uint32_t, of the words in text; one more at the end
	                   */
	GByteArray *text; /* the words */
	GArray *places;   /* uint32_t: while looking for what is near */
	uint32_t regions; /* that have words */
	struct am_facts facts;
	const struct am_message *msg;
	uint32_t statuses; /* of attached files: a bit for each that there is */
};

static void collect(const struct am_node *node, GArray *wanted)
{
	struct wanted w = {.node = node};

	/* What is near is looked for together. */
	for (size_t i = 0; i < node->n_children && node->kind != AM_NODE_NEAR;
	     i++)
		collect(node->children[i], wanted);
	if (node->kind == AM_NODE_WORDS && node->match != AM_MATCH_WORD)
		w.last = am_matcher_new(node);
	if (node->kind == AM_NODE_WORDS || node->kind == AM_NODE_NEAR ||
	    node->kind == AM_NODE_REGEX)
		g_array_append_val(wanted, w);
}

static guint n_words(const struct scanning *s)
{
	return s->starts->len - 1;
}

static bool word_is(const struct scanning *s, guint at,
                    const struct am_node *node, size_t i,
                    struct am_matcher *last)
{
	const struct am_word *word = &node->words[i];
	const uint32_t *starts = (const uint32_t *)(void *)s->starts->data;
	size_t len = starts[at + 1] - starts[at];

	if (!len) /* too long to be kept; perhaps there is no text at all */
		return false;
	const char *text = (const char *)s->text->data + starts[at];
	if (last && i + 1 == node->n_words)
		return am_matcher_takes(last, text, len);
	return len == word->len && memcmp(text, word->text, len) == 0;
}

static bool row_at(const struct scanning *s, guint at,
                   const struct am_node *node, struct am_matcher *last)
{
	size_t i = 0;

	while (i < node->n_words && word_is(s, at + (guint)i, node, i, last))
		i++;
	return i == node->n_words;
}

static bool run_has(const struct scanning *s, const struct wanted *w)
{
	for (guint at = 0; at + w->node->n_words <= n_words(s); at++)
		if (row_at(s, at, w->node, w->last))
			return true;
	return false;
}

static bool run_near(struct scanning *s, const struct am_node *node)
{
	struct am_near near = {.words = node->n_children,
	                       .distance = node->distance,
	                       .in_order = node->in_order};
	size_t starts[AM_NEAR_MAX + 1] = {0};

	g_array_set_size(s->places, 0);
	for (size_t w = 0; w < node->n_children; w++) {
		const struct am_node *child = node->children[w];
		for (uint32_t at = 0; at + child->n_words <= n_words(s); at++)
			if (row_at(s, at, child, NULL))
				g_array_append_val(s->places, at);
		if (s->places->len == starts[w])
			return false;
		starts[w + 1] = s->places->len;
	}
	for (size_t w = 0; w < node->n_children; w++) {
		near.at[w] =
			(const uint32_t *)(void *)s->places->data + starts[w];
		near.n[w] = starts[w + 1] - starts[w];
	}
	return am_near_holds(&near);
}

static int field_matches(const struct am_node *node, enum am_region region,
                         const char *text, size_t len, bool *out,
                         struct am_error *err)
{
	if (region == AM_REGION_FILENAME)
		len = MIN(len, AM_FILENAME_MAX);
	char *field = g_strndup(text, len);
	int r = am_regex_matches(node, field, out, err);

	g_free(field);
	return r;
}

static void cut_words(struct scanning *s, const char *text, size_t len)
{
	struct am_tokens t;
	struct am_token tok;
	uint32_t start = 0;

	g_array_set_size(s->starts, 0);
	g_byte_array_set_size(s->text, 0);
	am_tokens_init(&t, text, len);
	while (am_tokens_next(&t, &tok)) {
		g_array_append_val(s->starts, start);
		g_byte_array_append(s->text, (const guint8 *)tok.text,
		                    (guint)tok.len);
		start = s->text->len;
	}
	g_array_append_val(s->starts, start);
}

static int on_run(void *user, enum am_region region, const char *text,
                  size_t len, struct am_error *err)
{
	struct scanning *s = user;
	int r = AM_OK;

	if (region == AM_REGION_SOURCE)
		return AM_OK;
	cut_words(s, text, len);
	if (n_words(s))
		s->regions |= AM_REGION_BIT(region);
	for (guint i = 0; i < s->wanted->len && !r; i++) {
		struct wanted *w = &g_array_index(s->wanted, struct wanted, i);
		if (w->found || !(w->node->regions & AM_REGION_BIT(region)))
			continue;
		if (w->node->kind == AM_NODE_WORDS)
			w->found = run_has(s, w);
		else if (w->node->kind == AM_NODE_NEAR)
			w->found = run_near(s, w->node);
		else
			r = field_matches(w->node, region, text, len, &w->found,
			                  err);
	}
	return r;
}

static bool has_keyword(const struct am_message *msg, const char *keyword)
{
	char *want = am_label_fold(keyword);
	bool has = false;

	for (size_t i = 0; i < msg->n_keywords + msg->n_labels && !has; i++) {
		const char *is = i < msg->n_keywords
		                         ? msg->keywords[i]
		                         : msg->labels[i - msg->n_keywords];
		char *fold = am_label_fold(is);
		has = am_label_is(fold, want);
		g_free(fold);
	}
	g_free(want);
	return has;
}

static bool place_matches(const struct am_message *msg,
                          const struct am_node *node)
{
	return (msg->flags & node->flags_set) == node->flags_set &&
	       !(msg->flags & node->flags_unset) &&
	       (!node->folder ||
	        (msg->folder &&
	         am_folder_matches(msg->folder, node->folder))) &&
	       (!node->keyword || has_keyword(msg, node->keyword));
}

static bool has_type(const struct am_facts *facts, const char *type)
{
	for (size_t i = 0; i < facts->n_types; i++)
		if (!strcmp(facts->types[i], type))
			return true;
	return false;
}

static bool words_found(const struct scanning *s, const struct am_node *node)
{
	for (guint i = 0; i < s->wanted->len; i++) {
		const struct wanted *w =
			&g_array_index(s->wanted, struct wanted, i);
		if (w->node == node)
			return w->found;
	}
	return false;
}

static bool has_status(uint32_t statuses, const char *name)
{
	for (unsigned i = AM_EXTRACT_OK; i < AM_EXTRACT_N_STATUS; i++)
		if ((statuses >> i & 1) &&
		    (!strcmp(am_extract_name(i), name) ||
		     (am_extract_failed(i) && !strcmp(name, "failed"))))
			return true;
	return false;
}

/* Files are read only where it matters. */
static bool means_files(const struct am_node *node)
{
	const uint32_t of_files = AM_REGION_BIT(AM_REGION_ATTACHED) |
	                          AM_REGION_BIT(AM_REGION_FILENAME);

	for (size_t i = 0; i < node->n_children; i++)
		if (means_files(node->children[i]))
			return true;
	return node->kind == AM_NODE_EXTRACT ||
	       ((node->kind == AM_NODE_WORDS || node->kind == AM_NODE_REGEX) &&
	        (node->regions & of_files));
}

static bool holds(const struct scanning *s, const struct am_node *node)
{
	const struct am_facts *f = &s->facts;

	switch (node->kind) {
	case AM_NODE_ALL:
		return true;
	case AM_NODE_NOT:
		return !holds(s, node->children[0]);
	case AM_NODE_AND:
		for (size_t i = 0; i < node->n_children; i++)
			if (!holds(s, node->children[i]))
				return false;
		return true;
	case AM_NODE_OR:
		for (size_t i = 0; i < node->n_children; i++)
			if (holds(s, node->children[i]))
				return true;
		return false;
	case AM_NODE_WORDS:
	case AM_NODE_NEAR:
	case AM_NODE_REGEX:
		return words_found(s, node);
	case AM_NODE_MESSAGE_ID:
		return f->message_id && !strcmp(f->message_id, node->text);
	case AM_NODE_TYPE:
		return has_type(f, node->text);
	case AM_NODE_EXTRACT:
		return has_status(s->statuses, node->text);
	case AM_NODE_FACT:
		return am_facts_of(f, s->regions) >> am_fact_find(node->text) &
		       1;
	case AM_NODE_THREAD:
		return false; /* refused before */
	case AM_NODE_DATE:
		return f->dated && f->date >= node->from && f->date <= node->to;
	case AM_NODE_SIZE:
		return f->size >= node->least && f->size <= node->most;
	case AM_NODE_PLACE:
		return place_matches(s->msg, node);
	}
	return false;
}

static bool has_thread(const struct am_node *node)
{
	for (size_t i = 0; i < node->n_children; i++)
		if (has_thread(node->children[i]))
			return true;
	return node->kind == AM_NODE_THREAD;
}

void am_query_read_files(struct am_query *query, struct am_extractor *extractor)
{
	query->files = extractor;
}

int am_query_matches(const struct am_query *query, const struct am_message *msg,
                     bool *out, struct am_error *err)
{
	struct scanning s = {.msg = msg};
	struct am_arena *arena;
	int r;

	*out = false;
	if (!msg->raw)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "a message that is not loaded cannot be "
		               "searched");
	if (has_thread(query->root))
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "thread: is asked of an archive's index, not of "
		               "single messages");
	arena = am_arena_new();
	s.wanted = g_array_new(FALSE, FALSE, sizeof(struct wanted));
	s.places = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	s.starts = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	s.text = g_byte_array_new();
	collect(query->root, s.wanted);
	r = am_content_read(&s.facts, msg->raw, NULL, arena, on_run, &s, err);
	if (!r && query->files && means_files(query->root))
		r = am_attached_read(query->files, msg->raw, &s.facts, NULL,
		                     on_run, &s, &s.statuses, err);
	if (!r)
		s.statuses |= am_facts_statuses(&s.facts);
	if (!r)
		*out = holds(&s, query->root);
	for (guint i = 0; i < s.wanted->len; i++)
		am_matcher_free(
			&g_array_index(s.wanted, struct wanted, i).last);
	g_array_unref(s.wanted);
	g_array_unref(s.places);
	g_array_unref(s.starts);
	g_byte_array_unref(s.text);
	am_arena_free(&arena);
	return r;
}
