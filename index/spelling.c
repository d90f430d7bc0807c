/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/spelling.h"

#include "index/distance.h"
#include "index/index_impl.h"
#include "index/query_words.h"
#include "index/xapian_shim.h"

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
	const char *word;
	gunichar letters[AM_WORD_MAX];
	size_t n;
	unsigned best; /* distance */
	uint64_t documents;
	char *found;
};

static size_t letters_of(const char *text, size_t len, gunichar *out)
{
	const char *end = text + len;
	size_t n = 0;

	while (text < end && n < AM_WORD_MAX) {
		gunichar c = g_utf8_get_char_validated(text, end - text);
		if (c >= 0x110000)
			return 0;
		out[n++] = c;
		text = g_utf8_next_char(text);
	}
	return n;
}

static int on_term(void *user, const char *term, size_t len, uint64_t documents,
                   struct am_error *err)
{
	struct sought *s = user;
	gunichar letters[AM_WORD_MAX];

	(void)err;
	/* What hangs together with digits is a number, not a word. */
	if (len > AM_WORD_MAX)
		return AM_OK;
	size_t n = letters_of(term, len, letters);
	if (n < 3)
		return AM_OK;
	unsigned d = am_letters_distance(s->letters, s->n, letters, n, s->best);
	if (!d || d > s->best ||
	    (d == s->best && s->found && documents <= s->documents))
		return AM_OK;
	s->best = d;
	s->documents = documents;
	g_free(s->found);
	s->found = g_strndup(term, len);
	return AM_OK;
}

static int how_many(void *user, const char *term, size_t len,
                    uint64_t documents, struct am_error *err)
{
	struct sought *s = user;

	(void)err;
	if (len == strlen(s->word) && !memcmp(term, s->word, len))
		s->documents = documents;
	return AM_END; /* the first is the word itself, if it is there */
}

/* s->found: what to say instead; NULL: the word may stay. */
static int look_up(struct sought *s, struct am_index *index,
                   struct am_error *err)
{
	size_t len = strlen(s->word), first = 0;
	uint64_t has;

	s->n = letters_of(s->word, len, s->letters);
	if (s->n < SHORTEST)
		return AM_OK;
	int r = am_xapian_terms(index->xapian, s->word, len, how_many, s, err);
	if (r < 0)
		return r;
	has = s->documents;
	if (has > RARE)
		return AM_OK;
	s->documents = 0;
	s->best = s->n < 6 ? 1 : 2;
	r = AM_OK;
	for (int i = 0; i < 2 && r == AM_OK; i++) {
		const char *from = s->word + first;
		size_t n = (size_t)(g_utf8_next_char(from) - from);
		if (!i || strncmp(s->word, from, n) != 0)
			r = am_xapian_terms(index->xapian, from, n, on_term, s,
			                    err);
		first += n;
	}
	if (r < 0)
		return r;
	if (s->found && has && s->documents < OFTEN * has)
		g_clear_pointer(&s->found, g_free);
	return AM_OK;
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
		struct sought s = {.word = words->words[i].text};
		if (words->words[i].matcher)
			continue;
		r = look_up(&s, index, err);
		if (!r && s.found) {
			char *next = replaced(better, s.word, s.found);
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
