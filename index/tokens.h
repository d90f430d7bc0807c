/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_TOKENS_H
#define AM_INDEX_TOKENS_H

#include "base/fold.h"

/*
 * Text to words.  One tokenizer for everything: what is indexed, what is asked
 * and what a snippet marks are cut alike, so they cannot disagree.
 *
 * A word is a run of Unicode letters, digits and marks.  Everything else
 * separates, also '-', '_', '.', '@' and "'": "sys_clone3@x.example" is four
 * words in a row, and a query for it is a phrase.  That way each part of an
 * address, a host or a compound is found by itself, and the whole as well.
 *
 * Words are folded: lower case, compatibility forms resolved, diacritics
 * dropped ("Ångström" = "angstrom", "ﬁ" = "fi", "ß" = "ss"), digits of other
 * scripts are ours.  Each Han, kana, Hangul, Thai, Lao, Khmer or Burmese
 * character is a word of its own, because those scripts do not separate words;
 * neighbours are found as phrases.  So is each picture (emoji).
 *
 * Of a long word the beginning is kept, unless it is data: more than twice as
 * long, with digits in it.
 *
 * Not words: lines of base64, hexadecimal and uuencoded data (at least two in
 * a row), and runs of more than 1 KiB without a space.  They cost more than
 * all text together and nobody asks for them.
 */
#define AM_WORD_MAX 64 /* bytes that are kept of a word */

struct am_token {
	const char *text;  /* folded, NUL-terminated, until the next call */
	size_t len;        /* 1..AM_WORD_MAX; 0: data that is not kept */
	size_t start, end; /* where it stands in the text */
	bool single;       /* a character of a script without spaces */
};

/* Give it the text, then ask until false.  Any bytes will do: what is not
 * UTF-8 separates. */
struct am_tokens {
	const uint8_t *text;
	size_t len, at;
	size_t line_end; /* up to here it was looked at for blobs */
	bool keep_blobs; /* for queries: everything is meant */
	char word[AM_WORD_MAX + 32];
};

void am_tokens_init(struct am_tokens *t, const char *text, size_t len);
bool am_tokens_next(struct am_tokens *t, struct am_token *out);

/* In blobs.c: the offset where data that is no text ends, when such data
 * begins with the line at `at`; else `at`. */
size_t am_blob_lines(const uint8_t *text, size_t len, size_t at);
/* The first endless run within [at, end): its start, or end; and its end. */
size_t am_blob_run(const uint8_t *text, size_t at, size_t end, size_t *stop);

#endif
