/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/content.h"
#include "index/index.h"
#include "index/query_tree.h"

#include "base/arena.h"
#include "base/blob.h"
#include "store/archive.h"

#include <glib.h>

#include <string.h>

/*
 * The line that shows why a message was found: the stretch of its text with
 * the most different words of the query, words marked.  When only the header
 * matched, the text's beginning.
 */

#define AROUND_WORDS 24 /* how far the words of a stretch lie apart at most */
#define BEFORE       50 /* bytes before the first */
#define LENGTH       200
#define WORDS_MAX    64 /* of a query that take part: bits of a mask */

struct mark {
	size_t start, end; /* in the text */
	size_t position;   /* counting words */
	unsigned word;
};

struct snippet {
	const struct am_word *words[WORDS_MAX];
	bool prefix[WORDS_MAX];
	unsigned n_words;
	GArray *marks; /* of the run that is looked at */
	char *text;    /* the best stretch so far, or the beginning */
	size_t len;
	unsigned best; /* different words in it */
	GArray *kept;  /* its marks, counted from its start */
	bool cut_before, cut_after;
};

static void collect(struct snippet *s, const struct am_node *node)
{
	if (node->kind == AM_NODE_NOT)
		return;
	for (size_t i = 0; i < node->n_children; i++)
		collect(s, node->children[i]);
	if (node->kind != AM_NODE_WORDS)
		return;
	for (size_t i = 0; i < node->n_words && s->n_words < WORDS_MAX; i++) {
		s->prefix[s->n_words] = node->prefix && i + 1 == node->n_words;
		s->words[s->n_words++] = &node->words[i];
	}
}

static int word_of(const struct snippet *s, const struct am_token *tok)
{
	for (unsigned i = 0; i < s->n_words; i++) {
		const struct am_word *w = s->words[i];
		if ((s->prefix[i] ? tok->len >= w->len : tok->len == w->len) &&
		    tok->len && memcmp(tok->text, w->text, w->len) == 0)
			return (int)i;
	}
	return -1;
}

/* Marks [at, stop) lie within AROUND_WORDS; how many different words? */
static unsigned different(const GArray *marks, guint at, guint *stop)
{
	const struct mark *m = (const struct mark *)(void *)marks->data;
	uint64_t seen = 0;
	guint i = at;

	for (; i < marks->len && m[i].position - m[at].position < AROUND_WORDS;
	     i++)
		seen |= UINT64_C(1) << m[i].word;
	*stop = i;
	return (unsigned)__builtin_popcountll(seen);
}

/* To the beginning of a word, or of a character at least. */
static size_t settle_start(const char *text, size_t from, size_t first)
{
	size_t at = from;

	while (at < first && text[at] != ' ' && text[at] != '\n')
		at++;
	if (at < first)
		return at;
	while (from < first && ((unsigned char)text[from] & 0xc0) == 0x80)
		from++;
	return from;
}

static size_t settle_end(const char *text, size_t from, size_t least,
                         size_t len)
{
	size_t at = from;

	if (from == len)
		return len;
	while (at > least && text[at] != ' ' && text[at] != '\n')
		at--;
	if (at > least)
		return at;
	while (from < len && ((unsigned char)text[from] & 0xc0) == 0x80)
		from++;
	return from;
}

static void keep(struct snippet *s, const char *text, size_t len, size_t first,
                 unsigned words)
{
	size_t start =
		settle_start(text, first > BEFORE ? first - BEFORE : 0, first);
	size_t end = settle_end(text, MIN(start + LENGTH, len), first, len);

	if (first <= BEFORE)
		start = 0;
	g_free(s->text);
	s->text = g_strndup(text + start, end - start);
	s->len = end - start;
	s->best = words;
	s->cut_before = start > 0;
	s->cut_after = end < len;
	g_array_set_size(s->kept, 0);
	for (guint i = 0; i < s->marks->len; i++) {
		struct mark m = g_array_index(s->marks, struct mark, i);
		if (m.start < start || m.end > end)
			continue;
		m.start -= start;
		m.end -= start;
		g_array_append_val(s->kept, m);
	}
}

static int on_run(void *user, enum am_region region, const char *text,
                  size_t len, struct am_error *err)
{
	struct snippet *s = user;
	struct am_tokens t;
	struct am_token tok;
	size_t position = 0;
	guint best_at = 0;
	unsigned best = 0;

	(void)err;
	if (region != AM_REGION_BODY && region != AM_REGION_ATTACHED)
		return AM_OK;
	g_array_set_size(s->marks, 0);
	am_tokens_init(&t, text, len);
	for (; am_tokens_next(&t, &tok); position++) {
		int word = word_of(s, &tok);
		struct mark m = {tok.start, tok.end, position, (unsigned)word};
		if (word >= 0)
			g_array_append_val(s->marks, m);
	}
	for (guint i = 0, stop; i < s->marks->len; i++) {
		unsigned n = different(s->marks, i, &stop);
		if (n > best) {
			best = n;
			best_at = i;
		}
	}
	if (best > s->best)
		keep(s, text, len,
		     g_array_index(s->marks, struct mark, best_at).start, best);
	else if (!s->text && position)
		keep(s, text, len, 0, 0);
	return AM_OK;
}

/* One line: what is no text becomes one space. */
static char *print(const struct snippet *s, const char *on, const char *off)
{
	GString *out = g_string_new(s->cut_before ? "…" : "");
	bool space = false;
	guint m = 0;

	for (size_t i = 0; i < s->len; i++) {
		const struct mark *mark =
			m < s->kept->len
				? &g_array_index(s->kept, struct mark, m)
				: NULL;
		unsigned char c = (unsigned char)s->text[i];
		if (c <= ' ' || c == 0x7f) {
			space = out->len > 0;
			continue;
		}
		if (space)
			g_string_append_c(out, ' ');
		space = false;
		if (mark && i == mark->start)
			g_string_append(out, on);
		g_string_append_c(out, s->text[i]);
		if (mark && i + 1 == mark->end) {
			g_string_append(out, off);
			m++;
		}
	}
	if (s->cut_after)
		g_string_append(out, "…");
	return g_string_free(out, FALSE);
}

int am_index_snippet(struct am_index *index, struct am_archive *archive,
                     const struct am_query *query, int64_t id, const char *on,
                     const char *off, char **out, struct am_error *err)
{
	struct snippet s = {.n_words = 0};
	struct am_arena *arena = NULL;
	struct am_blob *raw = NULL;
	struct am_facts facts;
	int r = am_archive_load(archive, id, &raw, err);

	(void)index;
	*out = NULL;
	if (r)
		return r;
	arena = am_arena_new();
	s.marks = g_array_new(FALSE, FALSE, sizeof(struct mark));
	s.kept = g_array_new(FALSE, FALSE, sizeof(struct mark));
	collect(&s, query->root);
	r = am_content_read(&facts, raw, NULL, arena, on_run, &s, err);
	if (!r)
		*out = print(&s, on, off);
	g_free(s.text);
	g_array_unref(s.marks);
	g_array_unref(s.kept);
	am_arena_free(&arena);
	am_blob_unref(&raw);
	return r;
}
