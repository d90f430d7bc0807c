/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/content.h"
#include "index/index.h"
#include "index/order.h"
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

struct wanted {
	const struct am_node *node; /* AM_NODE_WORDS */
	uint64_t hashes[AM_PHRASE_MAX];
	bool found;
};

struct scanning {
	GArray *wanted;
	GArray *hashes;   /* uint64_t, of the words of this run; 0: too long */
	GArray *starts;   /* uint32_t, of the words in text; one more at the end
	                   */
	GByteArray *text; /* the words */
	struct am_facts facts;
	const struct am_message *msg;
};

static void collect(const struct am_node *node, GArray *wanted)
{
	struct wanted w = {.node = node};

	for (size_t i = 0; i < node->n_children; i++)
		collect(node->children[i], wanted);
	if (node->kind != AM_NODE_WORDS)
		return;
	for (size_t i = 0; i < node->n_words; i++)
		w.hashes[i] =
			am_word_hash(node->words[i].text, node->words[i].len);
	g_array_append_val(wanted, w);
}

static bool word_is(const struct scanning *s, guint at, const struct wanted *w,
                    size_t i)
{
	const struct am_word *word = &w->node->words[i];
	const uint32_t *starts = (const uint32_t *)(void *)s->starts->data;
	size_t len = starts[at + 1] - starts[at];
	bool beginning = w->node->prefix && i + 1 == w->node->n_words;

	if (!beginning &&
	    g_array_index(s->hashes, uint64_t, at) != w->hashes[i])
		return false;
	return len && (beginning ? len >= word->len : len == word->len) &&
	       memcmp(s->text->data + starts[at], word->text, word->len) == 0;
}

static bool run_has(const struct scanning *s, const struct wanted *w)
{
	size_t n = w->node->n_words;

	for (guint at = 0; at + n <= s->hashes->len; at++) {
		size_t i = 0;
		while (i < n && word_is(s, at + (guint)i, w, i))
			i++;
		if (i == n)
			return true;
	}
	return false;
}

static int on_run(void *user, enum am_region region, const char *text,
                  size_t len, struct am_error *err)
{
	struct scanning *s = user;
	struct am_tokens t;
	struct am_token tok;
	uint32_t start = 0;

	(void)err;
	if (!s->wanted->len)
		return AM_OK;
	g_array_set_size(s->hashes, 0);
	g_array_set_size(s->starts, 0);
	g_byte_array_set_size(s->text, 0);
	am_tokens_init(&t, text, len);
	while (am_tokens_next(&t, &tok)) {
		uint64_t hash = tok.len ? am_word_hash(tok.text, tok.len) : 0;
		g_array_append_val(s->hashes, hash);
		g_array_append_val(s->starts, start);
		g_byte_array_append(s->text, (const guint8 *)tok.text,
		                    (guint)tok.len);
		start = s->text->len;
	}
	g_array_append_val(s->starts, start);
	for (guint i = 0; i < s->wanted->len; i++) {
		struct wanted *w = &g_array_index(s->wanted, struct wanted, i);
		if (!w->found && (w->node->regions & AM_REGION_BIT(region)))
			w->found = run_has(s, w);
	}
	return AM_OK;
}

static bool has_keyword(const struct am_message *msg, const char *keyword)
{
	char *want = g_utf8_casefold(keyword, -1);
	bool has = false;

	for (size_t i = 0; i < msg->n_keywords + msg->n_labels && !has; i++) {
		const char *is = i < msg->n_keywords
		                         ? msg->keywords[i]
		                         : msg->labels[i - msg->n_keywords];
		char *fold = g_utf8_casefold(is, -1);
		has = strcmp(fold, want) == 0;
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
		return words_found(s, node);
	case AM_NODE_MESSAGE_ID:
		return f->message_id && !strcmp(f->message_id, node->text);
	case AM_NODE_TYPE:
		return has_type(f, node->text);
	case AM_NODE_EXTRACT: /* nothing is, here */
		return false;
	case AM_NODE_ATTACHMENT:
		return f->has_attachment;
	case AM_NODE_DATE:
		return f->dated && f->date >= node->from && f->date <= node->to;
	case AM_NODE_SIZE:
		return f->size >= node->least && f->size <= node->most;
	case AM_NODE_PLACE:
		return place_matches(s->msg, node);
	}
	return false;
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
	arena = am_arena_new();
	s.wanted = g_array_new(FALSE, FALSE, sizeof(struct wanted));
	s.hashes = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	s.starts = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	s.text = g_byte_array_new();
	collect(query->root, s.wanted);
	r = am_content_read(&s.facts, msg->raw, NULL, arena, on_run, &s, err);
	if (!r)
		*out = holds(&s, query->root);
	g_array_unref(s.wanted);
	g_array_unref(s.hashes);
	g_array_unref(s.starts);
	g_byte_array_unref(s.text);
	am_arena_free(&arena);
	return r;
}
