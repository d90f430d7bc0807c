/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pieces of text, as IMAP's SEARCH wants them: not whole words.
 *
 * The piece is cut into words as all text is.  The first may be the end of a
 * longer word, the last the beginning of one, a single one anything in one;
 * those that fit are sought among all words there are (index/vocabulary.h). The
 * documents of each are marked in a bit set; of several words the sets are cut
 * with each other, and with where the words stand in a row, unless too many
 * words fit.  What lies between the words is left to who reads the message.
 *
 * Of a single word the index itself knows where it stands: a word may be in the
 * header alone, or in what an attached file says, which is not the message's
 * own text.  The order of the words tells them apart.
 */
#include "index/document.h"
#include "index/fields.h"
#include "index/order.h"
#include "index/pieces_impl.h"
#include "index/postings.h"
#include "index/query_run.h"
#include "index/tokens.h"
#include "index/xapian_door.h"

#include <glib.h>

#include <string.h>

enum { WORDS_MOST = 32 };

static void mark(void *user, const uint32_t *documents, size_t n)
{
	struct am_piece_bits *b = user;

	for (size_t i = 0; i < n; i++)
		am_piece_set(b, b->first + documents[i]);
}

struct am_piece_bits am_piece_bits_new(const struct am_index *index)
{
	struct am_piece_bits b = {.n = 0};

	for (size_t i = 0; i < index->state.n_shards; i++)
		b.n += am_piece_room(index, i);
	b.words = g_new0(uint64_t, b.n / 64 + 1);
	return b;
}

bool am_piece_fits(const GString *text, const char *word, size_t len)
{
	const char *piece = text->str;
	size_t n = text->len;
	bool begins = piece[0] == '\n', ends = piece[n - 1] == '\n';

	piece += begins;
	n -= (size_t)begins + ends;
	if (begins && ends && n != len)
		return false;
	return !ends || begins || !memcmp(word + len - n, piece, n);
}

struct am_vocabulary_part am_piece_part(const GString *piece)
{
	bool begins = piece->str[0] == '\n';
	size_t n = piece->len - begins - (piece->str[piece->len - 1] == '\n');

	return (struct am_vocabulary_part){.beginning = piece->str + 1,
	                                   .beginning_len = begins ? n : 0,
	                                   .piece = begins ? NULL : piece->str,
	                                   .piece_len = n};
}

/* ---- where a word stands ---- */

struct places {
	struct am_index *index;
	size_t shard;
	const struct am_piece_bits *asked; /* of these documents */
	struct am_piece_bits *here;        /* in the message's own text, */
	struct am_piece_bits *maybe;       /* or in some attached text */
	uint64_t hash;
	int status;
	struct am_error *err;
};

static void place_documents(void *user, const uint32_t *documents, size_t n)
{
	struct places *p = user;
	bool has;

	for (size_t i = 0; i < n && !p->status; i++) {
		size_t at = p->here->first + documents[i];
		if (!am_piece_has(p->asked, at) || am_piece_has(p->here, at))
			continue;
		p->status =
			am_place_has(p->index, p->shard, documents[i], &p->hash,
		                     1, AM_REGIONS_TEXT, &has, p->err);
		if (!p->status && has)
			am_piece_set(p->here, at);
		if (p->status || has)
			continue;
		p->status = am_place_has(
			p->index, p->shard, documents[i], &p->hash, 1,
			AM_REGION_BIT(AM_REGION_ATTACHED), &has, p->err);
		if (!p->status && has)
			am_piece_set(p->maybe, at);
	}
}

static int place_word(struct places *p, struct am_postings *postings,
                      const char *word, size_t len, struct am_error *err)
{
	p->hash = am_word_hash(word, len);
	p->err = err;
	int r = am_postings_each(postings, word, len, 1, UINT32_MAX,
	                         place_documents, p, err);
	return r ? r : p->status;
}

/* ---- one word of the piece, '\n' at an end that is the word's own ---- */

struct marking {
	const GString *piece;
	struct am_postings *postings; /* of the shard at hand */
	struct am_piece_bits *to;
	bool headers; /* only where it stands in a header */
	/* Each word is looked for where it stands: */
	struct places *places;
};

/* Regions of headers have terms of their own. */
static int mark_headers(const struct marking *m, const char *word, size_t len,
                        struct am_error *err)
{
	char term[AM_TERM_MAX + 2];
	int r = AM_OK;

	for (unsigned i = 0; i < AM_REGION_COUNT && !r; i++) {
		term[0] = am_region_prefix((enum am_region)i);
		if (!term[0] || len > AM_TERM_MAX)
			continue;
		memcpy(term + 1, word, len);
		r = am_postings_each(m->postings, term, len + 1, 1, UINT32_MAX,
		                     mark, m->to, err);
	}
	return r;
}

static int mark_word(void *user, const char *word, size_t len, uint32_t first,
                     bool only, struct am_error *err)
{
	const struct marking *m = user;

	(void)first;
	(void)only;
	if (!am_piece_fits(m->piece, word, len))
		return AM_OK;
	if (m->places)
		return place_word(m->places, m->postings, word, len, err);
	if (m->headers)
		return mark_headers(m, word, len, err);
	return am_postings_each(m->postings, word, len, 1, UINT32_MAX, mark,
	                        m->to, err);
}

/* Every word the piece is in; places: not which documents, but where. */
static int mark_words(struct am_index *index, const GString *piece,
                      bool headers, struct am_piece_bits *to,
                      struct places *places, struct am_error *err)
{
	struct marking m = {piece, NULL, to, headers, places};
	const struct am_vocabulary_part part = am_piece_part(piece);
	int r = am_index_load(index, err);

	to->first = 0;
	for (size_t i = 0; !r && i < index->state.n_shards; i++) {
		struct am_vocabulary *words;
		if (places)
			places->shard = i;
		r = am_index_postings(index, i, &m.postings, err);
		if (!r)
			r = am_index_vocabulary(index, i, &words, err);
		if (!r)
			r = am_vocabulary_each(words, &part, mark_word, &m,
			                       err);
		to->first += am_piece_room(index, i);
	}
	return r;
}

/* ---- the whole piece ---- */

/* Its words in a row, with what may stand around them; up to data, which has no
 * word to look for. */
static GPtrArray *cut(const char *text)
{
	GPtrArray *pieces = g_ptr_array_new();
	struct am_tokens tokens;
	struct am_token token;
	size_t len = strlen(text);

	am_tokens_init(&tokens, text, len);
	tokens.keep_blobs = true;
	while (am_tokens_next(&tokens, &token) && pieces->len < WORDS_MOST) {
		if (!token.len && pieces->len)
			break;
		if (!token.len)
			continue;
		GString *piece = g_string_new("");
		if (token.start > 0 || token.single)
			g_string_append_c(piece, '\n');
		g_string_append_len(piece, token.text, (gssize)token.len);
		if (token.end < len || token.single)
			g_string_append_c(piece, '\n');
		g_ptr_array_add(pieces, piece);
	}
	return pieces;
}

static void free_pieces(GPtrArray *pieces)
{
	for (guint i = 0; i < pieces->len; i++)
		g_string_free(pieces->pdata[i], TRUE);
	g_ptr_array_free(pieces, TRUE);
}

static gint by_id(gconstpointer a, gconstpointer b)
{
	const uint64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

/* Documents of which something became that is told by one of these. */
static int mark_statuses(struct am_index *index, const char *const *names,
                         size_t n, struct am_piece_bits *to,
                         struct am_error *err)
{
	struct am_postings *postings;
	char term[AM_TERM_MAX];
	int r = AM_OK;

	to->first = 0;
	for (size_t i = 0; !r && i < index->state.n_shards; i++) {
		r = am_index_postings(index, i, &postings, err);
		for (size_t k = 0; k < n && !r; k++) {
			size_t len = am_document_fact_term(
				term, AM_TERM_EXTRACT, names[k]);
			r = am_postings_each(postings, term, len, 1, UINT32_MAX,
			                     mark, to, err);
		}
		to->first += am_piece_room(index, i);
	}
	return r;
}

/* What is found, and of what it is certain. */
struct sets {
	struct am_piece_bits all, sure;
};

/* A single word is in the message's own text unless it may be in a header alone
 * or in another file; then its places say so. */
static int look_closely(struct am_index *index, const GString *piece,
                        struct sets *s, struct am_error *err)
{
	static const char *const extracted[] = {
		"ok",    "truncated", "damaged",  "timeout",
		"crash", "memory",    "too-large"};
	struct am_piece_bits asked = am_piece_bits_new(index),
			     files = am_piece_bits_new(index);
	struct am_piece_bits maybe = am_piece_bits_new(index);
	struct places places = {.index = index,
	                        .asked = &asked,
	                        .here = &s->sure,
	                        .maybe = &maybe};

	int r = mark_statuses(index, extracted, AM_COUNT(extracted), &files,
	                      err);
	if (!r)
		r = mark_words(index, piece, true, &asked, NULL, err);
	for (size_t w = 0; w <= s->all.n / 64; w++) {
		asked.words[w] =
			(asked.words[w] | files.words[w]) & s->all.words[w];
		s->sure.words[w] = s->all.words[w] & ~asked.words[w];
	}
	if (!r)
		r = mark_words(index, piece, false, &s->sure, &places, err);
	for (size_t w = 0; w <= s->all.n / 64; w++) {
		s->sure.words[w] |= maybe.words[w] & ~files.words[w];
		s->all.words[w] &= s->sure.words[w] | maybe.words[w];
	}
	g_free(asked.words);
	g_free(files.words);
	g_free(maybe.words);
	return r;
}

/* Of a very long text the index has the beginning. */
static int add_unread(struct am_index *index, struct am_piece_bits *all,
                      struct am_error *err)
{
	static const char *const truncated[] = {"truncated"};

	return mark_statuses(index, truncated, 1, all, err);
}

/* Messages, ascending; the lowest bit: surely. */
static int messages_of(struct am_index *index, const struct sets *s,
                       GArray *out, struct am_error *err)
{
	size_t first = 0;
	int r = AM_OK;

	for (size_t i = 0; i < index->state.n_shards && !r; i++) {
		size_t room = am_piece_room(index, i);
		for (size_t d = 1; d < room && !r; d++) {
			struct am_place place;
			if (!am_piece_has(&s->all, first + d))
				continue;
			r = am_places_get(index->places[i], (uint32_t)d, &place,
			                  err);
			uint64_t id = (uint64_t)place.id << 1;
			id |= am_piece_has(&s->sure, first + d);
			if (!r)
				g_array_append_val(out, id);
		}
		first += room;
	}
	g_array_sort(out, by_id);
	return r == AM_END ? am_fail(err, AM_FAILED, AM_E_CORRUPT,
	                             "the index's places are damaged")
	                   : r;
}

static int collect(struct am_index *index, const struct sets *s,
                   struct am_index_pieces *out, struct am_error *err)
{
	GArray *found = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	int r = messages_of(index, s, found, err);

	out->n = r ? 0 : found->len;
	out->ids = g_new(int64_t, out->n + 1);
	out->sure = g_new(bool, out->n + 1);
	for (size_t i = 0; i < out->n; i++) {
		uint64_t one = g_array_index(found, uint64_t, i);
		out->ids[i] = (int64_t)(one >> 1);
		out->sure[i] = one & 1;
	}
	g_array_free(found, TRUE);
	return r;
}

/* All of it is one piece of a word, as words are kept. */
static bool is_one_word(const GPtrArray *pieces, const char *text)
{
	const GString *only = pieces->pdata[0];

	return pieces->len == 1 && !strcmp(only->str, text);
}

int am_index_pieces(struct am_index *index, const char *text,
                    struct am_index_pieces *out, struct am_error *err)
{
	GPtrArray *pieces = cut(text);
	struct sets s = {.all = {.n = 0}};

	*out = (struct am_index_pieces){.last = index->state.last};
	int r = pieces->len ? am_index_load(index, err) : AM_END;
	if (r)
		goto out;
	s.all = am_piece_bits_new(index);
	s.sure = am_piece_bits_new(index);
	for (guint i = 0; i < pieces->len && !r; i++) {
		struct am_piece_bits one = i ? am_piece_bits_new(index) : s.all;
		r = mark_words(index, pieces->pdata[i], false, &one, NULL, err);
		for (size_t w = 0; i && w <= s.all.n / 64; w++)
			s.all.words[w] &= one.words[w];
		if (i)
			g_free(one.words);
	}
	if (!r && is_one_word(pieces, text))
		r = look_closely(index, pieces->pdata[0], &s, err);
	if (!r && pieces->len > 1 && !strpbrk(text, "\r\n"))
		r = am_piece_rows(index, pieces, &s.all, err);
	if (!r)
		r = add_unread(index, &s.all, err);
	if (!r)
		r = collect(index, &s, out, err);
out:
	g_free(s.all.words);
	g_free(s.sure.words);
	free_pieces(pieces);
	return r;
}

void am_index_pieces_clear(struct am_index_pieces *pieces)
{
	g_free(pieces->ids);
	g_free(pieces->sure);
	*pieces = (struct am_index_pieces){.n = 0};
}
