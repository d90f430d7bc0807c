/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/spelling.h"

#include "index/distance.h"
#include "index/index_impl.h"
#include "index/query_tree.h"
#include "index/query_words.h"
#include "index/vocabulary.h"
#include "index/xapian_door.h"

#include <glib.h>

#include <string.h>

/*
 * The vocabulary of the index is the dictionary: what people wrote, names and
 * jargon included.  Terms that begin with the word's first character, or its
 * second in case the first is missing or has changed places, are compared with
 * it.  Of the nearest the most frequent is taken.
 */

#define SHORTEST 4  /* characters; below that everything is near everything */
#define RARE     2  /* messages: a word that so few have may be a mistake, */
#define OFTEN    20 /* if a near one is in so many times as many */

struct sought {
	const struct am_word *word;
	unsigned most; /* letters that may be others */
	struct am_matcher *matcher;
	GHashTable *near;  /* words that are */
	uint64_t messages; /* with the word itself */
	char *found;       /* what to say instead; NULL: the word may stay */
};

static int on_word(void *user, const char *word, size_t len, uint32_t first,
                   bool only, struct am_error *err)
{
	struct sought *s = user;

	(void)first;
	(void)only;
	(void)err;
	if (len > AM_WORD_MAX || !am_matcher_takes(s->matcher, word, len))
		return AM_OK;
	char *text = g_strndup(word, len);
	if (g_utf8_validate(text, (gssize)len, NULL))
		g_hash_table_add(s->near, text);
	else
		g_free(text);
	return AM_OK;
}

/* Words that begin with the n bytes and are near. */
static int find_near(struct sought *s, struct am_index *index,
                     const char *beginning, size_t n, struct am_error *err)
{
	const struct am_vocabulary_part part = {.beginning = beginning,
	                                        .beginning_len = n};
	int r = AM_OK;

	for (size_t i = 0; i < index->state.n_shards && !r; i++) {
		struct am_vocabulary *words;
		r = am_index_vocabulary(index, i, &words, err);
		if (!r)
			r = am_vocabulary_each(words, &part, on_word, s, err);
	}
	return r;
}

/* Of the nearest the most frequent one. */
static int choose(struct sought *s, struct am_index *index,
                  struct am_error *err)
{
	GHashTableIter iter;
	gpointer key;
	glong n, m;
	gunichar *ours = g_utf8_to_ucs4_fast(s->word->text, -1, &n);
	unsigned best = s->most;
	uint64_t documents = 0;
	int r = AM_OK;

	g_hash_table_iter_init(&iter, s->near);
	while (!r && g_hash_table_iter_next(&iter, &key, NULL)) {
		const char *text = key;
		uint64_t has = 0;
		gunichar *other = g_utf8_to_ucs4_fast(text, -1, &m);
		unsigned d = am_letters_distance(ours, (size_t)n, other,
		                                 (size_t)m, best);
		g_free(other);
		if (!d || d > best || m < 3)
			continue;
		r = am_xapian_frequency(index->xapian, text, strlen(text), &has,
		                        err);
		if (r || (d == best && s->found &&
		          (has < documents ||
		           (has == documents && strcmp(text, s->found) > 0))))
			continue;
		best = d;
		documents = has;
		g_free(s->found);
		s->found = g_strdup(text);
	}
	g_free(ours);
	if (s->found && s->messages && documents < OFTEN * s->messages)
		g_clear_pointer(&s->found, g_free);
	return r;
}

static int look_up(struct sought *s, struct am_index *index,
                   struct am_error *err)
{
	glong letters = g_utf8_strlen(s->word->text, -1);
	const char *second = g_utf8_next_char(s->word->text);
	size_t first = (size_t)(second - s->word->text);
	size_t more = (size_t)(g_utf8_next_char(second) - second);

	if (letters < SHORTEST)
		return AM_OK;
	int r = am_xapian_frequency(index->xapian, s->word->text, s->word->len,
	                            &s->messages, err);
	if (r || s->messages > RARE)
		return r;
	s->most = letters < 6 ? 1 : 2;
	struct am_word word = *s->word;
	struct am_node node = {.match = AM_MATCH_FUZZY,
	                       .n_words = 1,
	                       .words = &word,
	                       .edits = s->most};
	s->matcher = am_matcher_new(&node);
	s->near = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	r = find_near(s, index, word.text, first, err);
	if (!r && (more != first || memcmp(word.text, second, first) != 0))
		r = find_near(s, index, second, more, err);
	if (!r)
		r = choose(s, index, err);
	am_matcher_free(&s->matcher);
	g_hash_table_unref(s->near);
	return r;
}

/* Every place where the word stands in the query's text. */
static char *replaced(const char *text, const char *word, const char *by)
{
	GString *out = g_string_new(NULL);
	struct am_tokens t;
	struct am_token tok;
	size_t at = 0;

	am_tokens_init(&t, text, strlen(text));
	t.keep_blobs = true;
	while (am_tokens_next(&t, &tok)) {
		/* A field's name is none of the words. */
		if (strcmp(tok.text, word) != 0 || text[tok.end] == ':')
			continue;
		g_string_append_len(out, text + at, (gssize)(tok.start - at));
		g_string_append(out, by);
		at = tok.end;
	}
	g_string_append(out, text + at);
	return g_string_free(out, FALSE);
}

static int suggest(char **out, struct am_index *index, const char *text,
                   const struct am_query_words *words, struct am_error *err)
{
	char *better = g_strdup(text);
	bool changed = false;
	int r = AM_OK;

	for (unsigned i = 0; i < words->n && !r; i++) {
		struct am_word word = {.len = (uint8_t)words->words[i].len};
		struct sought s = {.word = &word};
		if (words->words[i].matcher ||
		    words->words[i].len > AM_WORD_MAX)
			continue;
		memcpy(word.text, words->words[i].text, word.len);
		r = look_up(&s, index, err);
		if (!r && s.found) {
			char *next = replaced(better, word.text, s.found);
			changed = changed || strcmp(next, better) != 0;
			g_free(better);
			better = next;
		}
		g_free(s.found);
	}
	if (r || !changed)
		g_clear_pointer(&better, g_free);
	*out = better;
	return r ? r : better ? AM_OK : AM_END;
}

int am_index_suggest(char **out, uint64_t *hits, struct am_index *index,
                     struct am_archive *archive, const char *text,
                     const struct am_query *query, int64_t now,
                     struct am_error *err)
{
	struct am_query_words words;
	struct am_query *again = NULL;

	*out = NULL;
	*hits = 0;
	am_query_words_collect(&words, query);
	int r = am_index_load(index, err);
	if (!r)
		r = suggest(out, index, text, &words, err);
	if (!r)
		r = am_query_parse(&again, *out, now, err);
	if (!r)
		r = am_index_count(index, archive, again, hits, err);
	if (!r && !*hits)
		r = AM_END;
	am_query_free(&again);
	am_query_words_clear(&words);
	if (r)
		g_clear_pointer(out, g_free);
	return r;
}
