/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pieces of text, as IMAP's SEARCH wants them: not whole words.
 *
 * The piece is cut into words as all text is.  The first may be the end of a
 * longer word, the last the beginning of one, a single one anything in one;
 * those that fit are sought among all words there are (index/vocabulary.h). The
 * documents of each are marked in a bit set; of several words the sets are cut
 * with each other, and whether the words stand in a row is left to who reads
 * the message.
 */
#include "index/fields.h"
#include "index/index_impl.h"
#include "index/places.h"
#include "index/postings.h"
#include "index/tokens.h"
#include "index/vocabulary.h"
#include "index/xapian_door.h"

#include <glib.h>

#include <string.h>

enum { WORDS_MOST = 32 };

/* Of documents, those of a shard behind those of the shards before. */
struct bits {
	uint64_t *words;
	size_t n, first; /* of the shard that is looked at */
};

static void mark(void *user, const uint32_t *documents, size_t n)
{
	struct bits *b = user;

	for (size_t i = 0; i < n; i++) {
		size_t at = b->first + documents[i];
		if (at < b->n)
			b->words[at / 64] |= UINT64_C(1) << (at % 64);
	}
}

/* Documents are numbered from 1. */
static size_t room_of(const struct am_index *index, size_t shard)
{
	return (size_t)am_places_documents(index->places[shard]) + 1;
}

static struct bits new_bits(const struct am_index *index)
{
	struct bits b = {.n = 0};

	for (size_t i = 0; i < index->state.n_shards; i++)
		b.n += room_of(index, i);
	b.words = g_new0(uint64_t, b.n / 64 + 1);
	return b;
}

/* ---- one word of the piece, '\n' at an end that is the word's own ---- */

struct marking {
	const GString *piece;
	struct am_postings *postings; /* of the shard at hand */
	bool regions;
	struct bits *to;
};

static int mark_term(const struct marking *m, const char *term, size_t len,
                     struct am_error *err)
{
	return am_postings_each(m->postings, term, len, 1, UINT32_MAX, mark,
	                        m->to, err);
}

static int mark_word(void *user, const char *word, size_t len, uint32_t first,
                     bool only, struct am_error *err)
{
	const struct marking *m = user;
	const char *piece = m->piece->str;
	size_t n = m->piece->len;
	bool begins = piece[0] == '\n', ends = piece[n - 1] == '\n';
	int r = AM_OK;

	(void)first;
	(void)only;
	piece += begins;
	n -= (size_t)begins + ends;
	if (begins && ends && n != len)
		return AM_OK;
	if (ends && !begins && memcmp(word + len - n, piece, n) != 0)
		return AM_OK;
	if (!m->regions)
		return mark_term(m, word, len, err);
	for (unsigned i = 0; i < AM_REGION_COUNT && !r; i++) {
		char letter = am_region_prefix((enum am_region)i);
		char term[AM_TERM_MAX + 2];
		if (!letter || len > AM_TERM_MAX)
			continue;
		term[0] = letter;
		memcpy(term + 1, word, len);
		r = mark_term(m, term, len + 1, err);
	}
	return r;
}

/* Every word the piece is in; with regions: where it stands in those that have
 * a letter of their own. */
static int mark_words(struct am_index *index, const GString *piece,
                      bool regions, struct bits *to, struct am_error *err)
{
	struct marking m = {piece, NULL, regions, to};
	bool begins = piece->str[0] == '\n';
	size_t n = piece->len - begins - (piece->str[piece->len - 1] == '\n');
	struct am_vocabulary_part part = {.beginning = piece->str + 1,
	                                  .beginning_len = begins ? n : 0,
	                                  .piece = begins ? NULL : piece->str,
	                                  .piece_len = n};
	int r = am_index_load(index, err);

	to->first = 0;
	for (size_t i = 0; !r && i < index->state.n_shards; i++) {
		struct am_vocabulary *words;
		r = am_index_postings(index, i, &m.postings, err);
		if (!r)
			r = am_index_vocabulary(index, i, &words, err);
		if (!r)
			r = am_vocabulary_each(words, &part, mark_word, &m,
			                       err);
		to->first += room_of(index, i);
	}
	return r;
}

/* ---- the whole piece ---- */

/* Its words with what may stand around them. */
static GPtrArray *cut(const char *text)
{
	GPtrArray *pieces = g_ptr_array_new();
	struct am_tokens tokens;
	struct am_token token;
	size_t len = strlen(text);

	am_tokens_init(&tokens, text, len);
	tokens.keep_blobs = true;
	while (am_tokens_next(&tokens, &token) && pieces->len < WORDS_MOST) {
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

/* Messages, ascending; the lowest bit: surely. */
static int messages_of(struct am_index *index, const struct bits *all,
                       const struct bits *doubtful, bool sure, GArray *out,
                       struct am_error *err)
{
	size_t first = 0;
	int r = AM_OK;

	for (size_t i = 0; i < index->state.n_shards && !r; i++) {
		size_t room = room_of(index, i);
		for (size_t d = 1; d < room && !r; d++) {
			size_t at = first + d;
			struct am_place place;
			if (!(all->words[at / 64] >> (at % 64) & 1))
				continue;
			r = am_places_get(index->places[i], (uint32_t)d, &place,
			                  err);
			uint64_t id = (uint64_t)place.id << 1;
			id |= sure &&
			      !(doubtful->words[at / 64] >> (at % 64) & 1);
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

static int collect(struct am_index *index, const struct bits *all,
                   const struct bits *doubtful, bool sure,
                   struct am_index_pieces *out, struct am_error *err)
{
	GArray *found = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	int r = messages_of(index, all, doubtful, sure, found, err);

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

/* And none of which folding took something away: "ö" is no "o". */
static bool is_one_word(const GPtrArray *pieces, const char *text)
{
	const GString *only = pieces->pdata[0];

	for (const char *p = text; *p; p++)
		if ((uint8_t)*p >= 0x80)
			return false;

	/* And which is there as a whole. */
	return pieces->len == 1 && strlen(text) <= AM_WORD_MAX &&
	       *only->str != '\n' && only->str[only->len - 1] != '\n' && *text;
}

int am_index_pieces(struct am_index *index, const char *text, bool anywhere,
                    struct am_index_pieces *out, struct am_error *err)
{
	GPtrArray *pieces = cut(text);
	struct bits all = {.n = 0}, doubtful = {.n = 0};

	*out = (struct am_index_pieces){.last = index->state.last};
	int r = pieces->len ? am_index_load(index, err) : AM_END;
	if (r)
		goto out;
	all = new_bits(index);
	doubtful = new_bits(index);
	for (guint i = 0; i < pieces->len && !r; i++) {
		struct bits one = i ? new_bits(index) : all;
		r = mark_words(index, pieces->pdata[i], false, &one, err);
		for (size_t w = 0; i && w <= all.n / 64; w++)
			all.words[w] &= one.words[w];
		if (i)
			g_free(one.words);
	}
	/* A word that is in the header too need not be in the body. */
	bool sure = is_one_word(pieces, text);
	if (!r && sure && !anywhere)
		r = mark_words(index, pieces->pdata[0], true, &doubtful, err);
	if (!r)
		r = collect(index, &all, &doubtful, sure, out, err);
out:
	g_free(all.words);
	g_free(doubtful.words);
	free_pieces(pieces);
	return r;
}

void am_index_pieces_clear(struct am_index_pieces *pieces)
{
	g_free(pieces->ids);
	g_free(pieces->sure);
	*pieces = (struct am_index_pieces){.n = 0};
}
