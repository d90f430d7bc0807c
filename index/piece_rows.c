/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * "of the kernel", as IMAP's SEARCH means it: a word that ends in "of", the
 * word "the", and a word that begins with "kernel", in a row.
 *
 * For each word that the first may be: of the documents that have it, those
 * where the words between follow on it, and then something that begins as the
 * last.  How words begin, orders know by and large (am_word_head); the rest is
 * left to who reads the message.
 */
#include "index/behind.h"
#include "index/pieces_impl.h"
#include "index/postings.h"
#include "index/query_run.h"

#include <string.h>

/* Where the first may be more words than this, the documents of the others are
 * left as they are. */
enum { FIRST_MOST = 8192 };

struct rows {
	struct am_behind_row row; /* hash 0 is the first word's */
	const GString *first;
	uint64_t last; /* hash, when the last word is whole */
	bool last_whole;
	struct am_piece_bits *all, *found;
	size_t words; /* that the first was so far */
	struct am_postings *postings;
	GArray *documents; /* uint32_t: of one of them */
};

static bool begins(const GString *piece)
{
	return *piece->str == '\n';
}

static bool ends(const GString *piece)
{
	return piece->str[piece->len - 1] == '\n';
}

static void make_row(struct rows *rows, const GPtrArray *pieces)
{
	const GString *last = pieces->pdata[pieces->len - 1];
	size_t len = last->len - 1 - ends(last);

	rows->first = pieces->pdata[0];
	rows->row.n = pieces->len - 1;
	rows->row.regions = AM_REGIONS_TEXT | AM_REGION_BIT(AM_REGION_ATTACHED);
	for (size_t i = 1; i < rows->row.n; i++) {
		const GString *piece = pieces->pdata[i];
		rows->row.hashes[i] =
			am_word_hash(piece->str + 1, piece->len - 2);
	}
	rows->last_whole = ends(last);
	rows->last = am_word_hash(last->str + 1, len);
	rows->row.head = am_word_head(last->str + 1, len);
	rows->row.mask = rows->last_whole
	                         ? UINT8_MAX
	                         : am_word_head_mask(last->str + 1, len);
}

static void take_documents(void *user, const uint32_t *documents, size_t n)
{
	struct rows *rows = user;

	for (size_t i = 0; i < n; i++) {
		size_t at = rows->all->first + documents[i];
		if (am_piece_has(rows->all, at) &&
		    !am_piece_has(rows->found, at))
			g_array_append_val(rows->documents, documents[i]);
	}
}

static void found(struct rows *rows, uint32_t document)
{
	am_piece_set(rows->found, rows->all->first + document);
}

static int look(struct rows *rows, struct am_error *err)
{
	const uint32_t *documents =
		(const uint32_t *)(const void *)rows->documents->data;
	struct am_behind *behind = am_behind_new(&rows->row);

	int r = am_behind_look_at(behind, documents, rows->documents->len, err);
	am_behind_word(behind, rows->last);
	for (size_t i = 0; i < am_behind_documents(behind) && !r; i++)
		if (!rows->last_whole || am_behind_has(behind, i))
			found(rows, am_behind_document(behind, i));
	am_behind_free(&behind);
	return r;
}

static int try_first(void *user, const char *word, size_t len, uint32_t first,
                     bool only, struct am_error *err)
{
	struct rows *rows = user;

	if (!am_piece_fits(rows->first, word, len))
		return AM_OK;
	g_array_set_size(rows->documents, 0);
	int r = AM_OK;
	if (only)
		take_documents(rows, &first, 1);
	else
		r = am_postings_each(rows->postings, word, len, 1, UINT32_MAX,
		                     take_documents, rows, err);
	if (r || !rows->documents->len)
		return r;
	rows->row.hashes[0] = am_word_hash(word, len);
	if (rows->words++ < FIRST_MOST)
		return look(rows, err);
	for (guint i = 0; i < rows->documents->len; i++)
		found(rows, g_array_index(rows->documents, uint32_t, i));
	return AM_OK;
}

static int try_shard(struct rows *rows, struct am_index *index, size_t shard,
                     struct am_error *err)
{
	const struct am_vocabulary_part part = am_piece_part(rows->first);
	struct am_vocabulary *words;
	int r = am_index_postings(index, shard, &rows->postings, err);

	rows->row.places = index->places[shard];
	/* That takes no looking through words. */
	if (!r && begins(rows->first) && ends(rows->first))
		return try_first(rows, rows->first->str + 1,
		                 rows->first->len - 2, 0, false, err);
	if (!r)
		r = am_index_vocabulary(index, shard, &words, err);
	return r ? r : am_vocabulary_each(words, &part, try_first, rows, err);
}

int am_piece_rows(struct am_index *index, const GPtrArray *pieces,
                  struct am_piece_bits *all, struct am_error *err)
{
	struct am_piece_bits some = am_piece_bits_new(index);
	struct rows rows = {.all = all, .found = &some};
	int r = AM_OK;

	make_row(&rows, pieces);
	rows.documents = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	all->first = 0;
	for (size_t i = 0; i < index->state.n_shards && !r; i++) {
		r = try_shard(&rows, index, i, err);
		all->first += am_piece_room(index, i);
	}
	for (size_t w = 0; w <= all->n / 64 && !r; w++)
		all->words[w] &= some.words[w];
	g_array_unref(rows.documents);
	g_free(some.words);
	return r;
}
