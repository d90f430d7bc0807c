/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/query_tree.h"

#include "index/xapian_door.h"

#include <glib.h>

#include <string.h>

/*
 * Which words does the last word of a row stand for?  Asked of the index's
 * vocabulary and of the words of one message alike.
 */

struct am_matcher {
	const struct am_node *node;
	const char *word;
	size_t len;
	gunichar *letters; /* of AM_MATCH_FUZZY */
	size_t n_letters;
	/* Of the word that was looked at last, as far as it was: */
	gunichar other[AM_WORD_MAX];
	size_t n_other;
	bool hopeless;
	uint8_t rows[AM_WORD_MAX + 1][AM_WORD_MAX + 1];
	char **pieces; /* of AM_MATCH_GLOB, between the stars */
	struct am_stem *stem;
	char form[AM_WORD_MAX + 1]; /* the stem of the word */
};

struct am_matcher *am_matcher_new(const struct am_node *node)
{
	struct am_matcher *m = g_new0(struct am_matcher, 1);
	const struct am_word *last =
		node->n_words ? &node->words[node->n_words - 1] : NULL;

	m->node = node;
	m->word = last ? last->text : "";
	m->len = last ? last->len : 0;
	if (node->match == AM_MATCH_FUZZY) {
		glong n = 0;
		m->letters = g_utf8_to_ucs4_fast(m->word, -1, &n);
		m->n_letters = (size_t)n;
		for (size_t k = 0; k <= m->n_letters; k++)
			m->rows[0][k] = (uint8_t)k;
	}
	if (node->match == AM_MATCH_GLOB)
		m->pieces = g_strsplit(node->text, "*", -1);
	if (node->match == AM_MATCH_STEM) {
		m->stem = am_stem_new(node->text);
		am_stem_form(m->stem, m->word, m->len, m->form,
		             sizeof(m->form));
	}
	return m;
}

void am_matcher_free(struct am_matcher **matcher)
{
	struct am_matcher *m = *matcher;

	if (!m)
		return;
	am_stem_free(&m->stem);
	g_strfreev(m->pieces);
	g_free(m->letters);
	g_free(m);
	*matcher = NULL;
}

/* The first piece at the beginning, the last at the end, the others in between,
 * each as early as can be. */
static bool glob_takes(const struct am_matcher *m, const char *word, size_t len)
{
	const char *at = word, *end = word + len;
	size_t first = strlen(m->pieces[0]);

	if (len < first || memcmp(word, m->pieces[0], first) != 0)
		return false;
	at += first;
	for (char **piece = m->pieces + 1; *piece; piece++) {
		size_t n = strlen(*piece);
		if ((size_t)(end - at) < n)
			return false;
		if (!piece[1])
			return memcmp(end - n, *piece, n) == 0;
		const char *found =
			n ? memmem(at, (size_t)(end - at), *piece, n) : at;
		if (!found)
			return false;
		at = found + n;
	}
	return true;
}

/* Row i: how many letters the first i of the other word are from the first
 * ones of ours. */
static bool next_row(struct am_matcher *m, size_t i)
{
	uint8_t *row = m->rows[i];
	const uint8_t *last = m->rows[i - 1];
	const gunichar *a = m->letters, *b = m->other;
	uint8_t least = row[0] = (uint8_t)i;

	for (size_t k = 1; k <= m->n_letters; k++) {
		unsigned same = b[i - 1] != a[k - 1];
		unsigned d =
			MIN(last[k - 1] + same, MIN(last[k], row[k - 1]) + 1u);
		if (i > 1 && k > 1 && b[i - 1] == a[k - 2] &&
		    b[i - 2] == a[k - 1])
			d = MIN(d, m->rows[i - 2][k - 2] + 1u);
		row[k] = (uint8_t)d;
		least = MIN(least, row[k]);
	}
	return least <= m->node->edits;
}

/*
 * Neighbours in a vocabulary begin with the same letters: rows of the word
 * before are kept, and where those letters were too many wrong ones already,
 * the word is passed over.
 */
static bool fuzzy_takes(struct am_matcher *m, const char *word, size_t len)
{
	const char *c = word, *end = word + len;
	size_t n = 0;

	if (len > AM_WORD_MAX)
		return false;
	while (c < end && n < m->n_other && g_utf8_get_char(c) == m->other[n]) {
		c = g_utf8_next_char(c);
		n++;
	}
	if (n == m->n_other && m->hopeless)
		return false;
	for (m->hopeless = false; c < end; c = g_utf8_next_char(c)) {
		m->other[n++] = g_utf8_get_char(c);
		if (!next_row(m, n)) {
			m->hopeless = true;
			break;
		}
	}
	m->n_other = n;
	return !m->hopeless && m->rows[n][m->n_letters] <= m->node->edits;
}

bool am_matcher_takes(struct am_matcher *m, const char *word, size_t len)
{
	char form[AM_WORD_MAX + 1];

	switch (m->node->match) {
	case AM_MATCH_WORD:
		break;
	case AM_MATCH_PREFIX:
		return len >= m->len && memcmp(word, m->word, m->len) == 0;
	case AM_MATCH_GLOB:
		return glob_takes(m, word, len);
	case AM_MATCH_FUZZY:
		return fuzzy_takes(m, word, len);
	case AM_MATCH_STEM:
		if (len == m->len && memcmp(word, m->word, len) == 0)
			return true;
		am_stem_form(m->stem, word, len, form, sizeof(form));
		return strcmp(form, m->form) == 0;
	}
	return len == m->len && memcmp(word, m->word, len) == 0;
}

size_t am_matcher_beginning(const struct am_matcher *m,
                            char out[AM_WORD_MAX + 1])
{
	size_t n = 0;

	switch (m->node->match) {
	case AM_MATCH_WORD:
	case AM_MATCH_PREFIX:
		n = m->len;
		break;
	case AM_MATCH_GLOB:
		n = strlen(m->pieces[0]);
		memcpy(out, m->pieces[0], n);
		out[n] = '\0';
		return n;
	case AM_MATCH_FUZZY:
		break; /* the first letter may be the wrong one */
	case AM_MATCH_STEM:
		/* Endings change, and sometimes the letter before them: memory,
		 * memories; run, running. */
		while (n < m->len && m->form[n] && m->word[n] == m->form[n])
			n++;
		if (n > 3)
			n--;
		while (n && (m->word[n] & 0xc0) == 0x80)
			n--;
		break;
	}
	memcpy(out, m->word, n);
	out[n] = '\0';
	return n;
}

const char *am_matcher_piece(const struct am_matcher *m, size_t *len)
{
	const char *longest = NULL;

	*len = 0;
	/* The first one is what they begin with. */
	for (char **piece = m->pieces; piece && *piece; piece++)
		if (piece > m->pieces && strlen(*piece) > *len) {
			longest = *piece;
			*len = strlen(longest);
		}
	return longest;
}

int am_regex_matches(const struct am_node *node, const char *text, bool *out,
                     struct am_error *err)
{
	GError *error = NULL;

	*out = false;
	if (!g_utf8_validate(text, -1, NULL))
		return AM_OK;
	*out = g_regex_match_full(node->regex, text, -1, 0, (GRegexMatchFlags)0,
	                          NULL, &error);
	if (!error)
		return AM_OK;
	g_error_free(error);
	*out = false;
	return am_fail(err, AM_FAILED, AM_E_LIMIT,
	               "the pattern /%.60s/ takes too many steps: make it "
	               "simpler",
	               node->text);
}
