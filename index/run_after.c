/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/run_after.h"

#include "index/behind.h"
#include "index/fields.h"
#include "index/postings.h"

#include <glib.h>

#include <string.h>

struct am_after {
	struct am_behind_row row; /* the words in front */
	const struct am_front *front;
	struct am_marks marks; /* documents that have them all */
	uint32_t last;
	uint32_t n_front; /* so many */
	uint32_t *ranks;  /* sifted: so many before each word of the marks */
	struct am_behind *behind;
};

struct am_marks am_marks_new(uint32_t first, uint32_t last)
{
	size_t n = last >= first ? (size_t)last - first + 1 : 0;

	return (struct am_marks){.first = first,
	                         .n = n / 64 + 1,
	                         .words = g_new0(uint64_t, n / 64 + 1)};
}

void am_marks_add(void *user, const uint32_t *documents, size_t n)
{
	struct am_marks *m = user;

	for (size_t i = 0; i < n; i++) {
		uint32_t at = documents[i] - m->first;
		m->words[at / 64] |= UINT64_C(1) << (at % 64);
	}
}

void am_front_begins(struct am_front *front, const char *text, size_t len,
                     bool any)
{
	size_t first = len ? MIN((size_t)g_utf8_skip[(uint8_t)*text], len) : 0;
	size_t n = 0;

	front->head = am_word_head(text, len);
	front->mask = am_word_head_mask(text, len);
	front->all = any && len == 1 && *text >= 'a' && *text <= 'z';
	front->beginning_len = 0;
	/* Scripts without spaces have no terms for beginnings. */
	if (!len || (first > 1 &&
	             am_char_class(g_utf8_get_char(text)) == AM_CHAR_SINGLE))
		return;
	for (unsigned i = 0; i < AM_BEGINNING_MAX && n < len; i++) {
		size_t next =
			MIN((size_t)g_utf8_skip[(uint8_t)text[n]], len - n);
		if (n + next > sizeof(uint64_t))
			break;
		n += next;
	}
	*front->beginning = *AM_TERM_BEGINNING;
	memcpy(front->beginning + 1, text, n);
	front->beginning_len = n + 1;
}

void am_after_only(struct am_after *a, const struct am_marks *marks)
{
	a->n_front = 0;
	for (size_t w = 0; w < a->marks.n; w++) {
		a->marks.words[w] &= marks->words[w];
		a->n_front += (uint32_t)__builtin_popcountll(a->marks.words[w]);
	}
}

/* Only those with this term. */
static int only_with(struct am_after *a, struct am_postings *postings,
                     const char *term, size_t len, struct am_error *err)
{
	struct am_marks with = am_marks_new(a->marks.first, a->last);

	am_postings_mask(postings, a->marks.words, a->marks.first);
	int r = am_postings_each(postings, term, len, a->marks.first, a->last,
	                         am_marks_add, &with, err);
	am_postings_mask(postings, NULL, 0);
	am_after_only(a, &with);
	g_free(with.words);
	return r;
}

/* Documents with all words in front, and one that begins as the last. */
static int find_fronts(struct am_after *a, struct am_postings *postings,
                       struct am_error *err)
{
	const struct am_front *front = a->front;
	int r = AM_OK;

	memset(a->marks.words, 0xff, a->marks.n * sizeof *a->marks.words);
	for (size_t i = 0; i < front->n && !r; i++) {
		char term[AM_WORD_MAX + 2] = {front->letter};
		size_t at = front->letter != '\0';
		memcpy(term + at, front->words[i].text, front->words[i].len);
		r = only_with(a, postings, term, at + front->words[i].len, err);
	}
	if (!r && front->beginning_len)
		r = only_with(a, postings, front->beginning,
		              front->beginning_len, err);
	return r;
}

int am_after_new(struct am_after **out, struct am_places *places,
                 struct am_postings *postings, uint32_t first, uint32_t last,
                 const struct am_front *front, uint32_t regions,
                 struct am_error *err)
{
	struct am_after *a = g_new0(struct am_after, 1);

	*out = a;
	a->row = (struct am_behind_row){.places = places,
	                                .n = front->n,
	                                .regions = regions,
	                                .head = front->head,
	                                .mask = front->mask};
	a->front = front;
	a->last = last;
	a->marks = am_marks_new(first, last);
	a->behind = am_behind_new(&a->row);
	for (size_t i = 0; i < front->n; i++)
		a->row.hashes[i] =
			am_word_hash(front->words[i].text, front->words[i].len);
	return find_fronts(a, postings, err);
}

void am_after_free(struct am_after **after)
{
	struct am_after *a = *after;

	if (!a)
		return;
	am_behind_free(&a->behind);
	g_free(a->marks.words);
	g_free(a->ranks);
	g_free(a);
	*after = NULL;
}

const struct am_marks *am_after_marks(const struct am_after *a)
{
	return &a->marks;
}

bool am_after_fits(const struct am_after *a, uint32_t document)
{
	uint32_t i = document - a->marks.first;

	return a->marks.words[i / 64] >> (i % 64) & 1;
}

uint32_t am_after_fronts(const struct am_after *a)
{
	return a->n_front;
}

#define NARROWED 8 /* documents are looked at while a list is read */

bool am_after_narrows(const struct am_after *a, size_t words)
{
	return !a->front->all && a->n_front / NARROWED > words;
}

static void collect_fronts(const struct am_after *a, GArray *documents)
{
	for (size_t w = 0; w < a->marks.n; w++)
		for (uint64_t bits = a->marks.words[w]; bits;
		     bits &= bits - 1) {
			uint32_t document = a->marks.first +
			                    (uint32_t)(w * 64) +
			                    (uint32_t)__builtin_ctzll(bits);
			g_array_append_val(documents, document);
		}
}

/* Those that have something behind are marked, in the order of behind. */
static void rank(struct am_after *a)
{
	uint32_t before = 0;

	memset(a->marks.words, 0, a->marks.n * sizeof *a->marks.words);
	a->n_front = (uint32_t)am_behind_documents(a->behind);
	for (uint32_t i = 0; i < a->n_front; i++) {
		uint32_t document = am_behind_document(a->behind, i);
		am_marks_add(&a->marks, &document, 1);
	}
	a->ranks = g_new(uint32_t, a->marks.n);
	for (size_t w = 0; w < a->marks.n; w++) {
		a->ranks[w] = before;
		before += (uint32_t)__builtin_popcountll(a->marks.words[w]);
	}
}

int am_after_sift(struct am_after *a, struct am_error *err)
{
	GArray *documents = g_array_sized_new(FALSE, FALSE, sizeof(uint32_t),
	                                      a->n_front + 1);

	collect_fronts(a, documents);
	int r = am_behind_look_at(
		a->behind, (const uint32_t *)(const void *)documents->data,
		documents->len, err);
	g_array_unref(documents);
	rank(a);
	return r;
}

bool am_after_has(const struct am_after *a, uint32_t document, uint64_t hash)
{
	uint32_t i = document - a->marks.first;
	uint64_t word = a->marks.words[i / 64], bit = UINT64_C(1) << (i % 64);

	if (!(word & bit))
		return false;
	am_behind_word(a->behind, hash);
	return am_behind_has(a->behind,
	                     a->ranks[i / 64] + (uint32_t)__builtin_popcountll(
							word & (bit - 1)));
}

/* The first that is not in front of this document. */
static size_t behind_from(const struct am_after *a, uint32_t document)
{
	size_t low = 0, high = am_behind_documents(a->behind);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (am_behind_document(a->behind, middle) < document)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void am_after_may(struct am_after *a, uint64_t hash, uint32_t from,
                  GArray *documents)
{
	size_t n = am_behind_documents(a->behind);

	am_behind_word(a->behind, hash);
	for (size_t i = behind_from(a, from); i < n; i++) {
		uint32_t document = am_behind_document(a->behind, i);
		if (am_behind_has(a->behind, i))
			g_array_append_val(documents, document);
	}
}
