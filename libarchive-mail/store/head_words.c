/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Making a part: words are numbered as they come, and for each text the numbers
 * of its words are noted; at the end, when it is known which are in several,
 * the notes become lists.
 */
#include "store/head_words.h"

#include "base/bytes.h"
#include "base/codec.h"
#include "base/keyed_hash.h"

#include <glib.h>

#include <string.h>

enum {
	BYTES_MOST = 64 << 20, /* of words and notes; then a part is full */
	ROWS_LEAST = 1 << 9,
	ROWS_MOST = 1 << 20,
	ROWS_A_GRAM = 4 /* so that one by chance is in a fifth of the pieces */
};

struct word {
	uint32_t at, len; /* in text */
	uint32_t hash;
	uint32_t n, last; /* texts it is in; the last of them + 1 */
};

struct am_head_words {
	GString *text;  /* all words */
	GArray *words;  /* struct word */
	GArray *slots;  /* uint32_t: number + 1; a power of two of them */
	GArray *notes;  /* uint32_t: words of all texts */
	GArray *ends;   /* uint32_t: of each text, in notes */
	GArray *ids;    /* uint32_t */
	GArray *starts; /* uint32_t: of each piece, in ids; and the end */
};

/* ---- words of a text ---- */

enum kind { SEPARATES, IN_A_WORD, ALONE };

/* Control characters, which no line has but what somebody marks, are words of
 * one byte. */
static enum kind kind_of(char c)
{
	uint8_t b = (uint8_t)c;

	if (b >= 0x80 || g_ascii_isalnum(c))
		return IN_A_WORD;
	return b && b < '\t' ? ALONE : SEPARATES;
}

const char *am_head_word_next(const char *at, const char *end, size_t *len)
{
	while (at < end && kind_of(*at) == SEPARATES)
		at++;
	if (at == end)
		return NULL;
	const char *from = at++;
	if (kind_of(*from) == IN_A_WORD)
		while (at < end && kind_of(*at) == IN_A_WORD)
			at++;
	*len = (size_t)(at - from);
	return from;
}

/* A part can be made slower by who chooses his grams; that is all. */
uint32_t am_head_gram_row(const char *gram, size_t len, uint32_t rows)
{
	uint32_t bytes = 0;

	memcpy(&bytes, gram, len);
	bytes = GUINT32_FROM_LE(bytes) * 2654435761u;
	return (bytes ^ bytes >> 15) & (rows - 1);
}

/* Words in several texts; and very short ones, which have no row. */
static bool is_listed(const struct word *word)
{
	return word->n > 1 || word->len < AM_HEAD_GRAM;
}

/* ---- taken ---- */

static GArray *numbers(void)
{
	return g_array_new(FALSE, TRUE, sizeof(uint32_t));
}

static uint32_t number_at(const GArray *all, size_t i)
{
	return g_array_index(all, uint32_t, i);
}

static void add_number(GArray *all, size_t n)
{
	uint32_t number = (uint32_t)n;

	g_array_append_val(all, number);
}

struct am_head_words *am_head_words_new(void)
{
	struct am_head_words *w = g_new0(struct am_head_words, 1);

	w->text = g_string_new("");
	w->words = g_array_new(FALSE, FALSE, sizeof(struct word));
	w->slots = numbers();
	g_array_set_size(w->slots, 1 << 12);
	w->notes = numbers();
	w->ends = numbers();
	w->ids = numbers();
	w->starts = numbers();
	add_number(w->starts, 0);
	return w;
}

void am_head_words_free(struct am_head_words **words)
{
	struct am_head_words *w = *words;

	*words = NULL;
	if (!w)
		return;
	g_string_free(w->text, TRUE);
	g_array_free(w->words, TRUE);
	g_array_free(w->slots, TRUE);
	g_array_free(w->notes, TRUE);
	g_array_free(w->ends, TRUE);
	g_array_free(w->ids, TRUE);
	g_array_free(w->starts, TRUE);
	g_free(w);
}

static struct word *word_at(const struct am_head_words *w, size_t i)
{
	return &g_array_index(w->words, struct word, i);
}

static void put_in_slot(struct am_head_words *w, uint32_t hash, uint32_t number)
{
	uint32_t mask = w->slots->len - 1, at = hash & mask;

	while (number_at(w->slots, at))
		at = (at + 1) & mask;
	g_array_index(w->slots, uint32_t, at) = number + 1;
}

static void more_slots(struct am_head_words *w)
{
	guint n = w->slots->len * 2;

	g_array_set_size(w->slots, 0);
	g_array_set_size(w->slots, n);
	for (guint i = 0; i < w->words->len; i++)
		put_in_slot(w, word_at(w, i)->hash, i);
}

static uint32_t number_of(struct am_head_words *w, const char *text, size_t len)
{
	uint32_t hash = am_keyed_hash_bytes(text, len);
	uint32_t mask = w->slots->len - 1, at = hash & mask, slot;

	for (; (slot = number_at(w->slots, at)); at = (at + 1) & mask) {
		const struct word *word = word_at(w, slot - 1);
		if (word->hash == hash && word->len == len &&
		    !memcmp(w->text->str + word->at, text, len))
			return slot - 1;
	}
	struct word word = {(uint32_t)w->text->len, (uint32_t)len, hash, 0, 0};
	g_array_append_val(w->words, word);
	g_string_append_len(w->text, text, (gssize)len);
	put_in_slot(w, hash, w->words->len - 1);
	if (w->words->len > w->slots->len / 2)
		more_slots(w);
	return w->words->len - 1;
}

static void take_text(struct am_head_words *w, const char *text, size_t len)
{
	const char *end = text + len, *at = text;

	while ((at = am_head_word_next(at, end, &len))) {
		uint32_t number = number_of(w, at, len);
		struct word *word = word_at(w, number);
		if (word->last != w->ids->len) {
			word->last = w->ids->len;
			word->n++;
			add_number(w->notes, number);
		}
		at += len;
	}
	add_number(w->ends, w->notes->len);
}

void am_head_words_take(struct am_head_words *w, const uint8_t *ids, size_t n,
                        const char *text, size_t len)
{
	const char *end = text + len;

	for (size_t i = 0; i < n; i++) {
		struct am_cursor id = am_cursor(ids + 8 * i, 8);
		const char *nul = memchr(text, '\0', (size_t)(end - text));
		size_t one = (size_t)((nul ? nul : end) - text);
		uint64_t message = am_get_le64(&id);
		add_number(w->ids, (size_t)MIN(message, UINT32_MAX));
		take_text(w, text, one);
		text += one + (nul != NULL);
	}
	add_number(w->starts, w->ids->len);
}

bool am_head_words_full(const struct am_head_words *w)
{
	return w->starts->len > AM_HEAD_PART ||
	       w->text->len + w->words->len * sizeof(struct word) +
	                       w->notes->len * sizeof(uint32_t) >
	               BYTES_MOST;
}

/* ---- written ---- */

static void put_number(GByteArray *out, uint32_t v)
{
	uint8_t le[4];

	am_put_le32(le, v);
	g_byte_array_append(out, le, sizeof le);
}

static void put_numbers(GByteArray *out, const GArray *all)
{
	for (guint i = 0; i < all->len; i++)
		put_number(out, number_at(all, i));
}

/* Texts of each listed word, all behind each other: as differences, or as a bit
 * for each text where that is no longer. */
static GByteArray *make_lists(const struct am_head_words *w, GArray *begins)
{
	GByteArray *out = g_byte_array_new();
	size_t map = (w->ids->len + 7) / 8, total = 0;
	uint32_t *at = g_new(uint32_t, w->words->len + 1);

	for (guint i = 0; i < w->words->len; i++) {
		at[i] = (uint32_t)total;
		total += word_at(w, i)->n;
	}
	uint32_t *texts = g_new(uint32_t, total + 1);
	for (guint t = 0, k = 0; t < w->ends->len; t++)
		for (; k < number_at(w->ends, t); k++)
			texts[at[number_at(w->notes, k)]++] = t;
	GByteArray *one = g_byte_array_new();
	for (guint i = 0; i < w->words->len; i++) {
		uint32_t n = word_at(w, i)->n, *list = texts + at[i] - n;
		if (!is_listed(word_at(w, i)))
			continue;
		add_number(begins, out->len);
		g_byte_array_set_size(one, 0);
		for (uint32_t k = 0; k < n && one->len < map; k++) {
			uint8_t v[10];
			size_t len = am_put_varint(
				v, list[k] - (k ? list[k - 1] : 0));
			g_byte_array_append(one, v, (guint)len);
		}
		if (one->len >= map) {
			g_byte_array_set_size(one, (guint)map);
			memset(one->data, 0, map);
			for (uint32_t k = 0; k < n; k++)
				one->data[list[k] / 8] |=
					(uint8_t)(1u << list[k] % 8);
		}
		g_byte_array_append(out, one->data, one->len);
	}
	add_number(begins, out->len);
	g_byte_array_free(one, TRUE);
	g_free(texts);
	g_free(at);
	return out;
}

static void mark_grams(const char *text, size_t len, uint64_t piece,
                       uint64_t *rows, uint32_t n_rows)
{
	for (size_t n = AM_HEAD_GRAM - 1; n <= AM_HEAD_GRAM; n++)
		for (size_t i = 0; i + n <= len; i++)
			rows[am_head_gram_row(text + i, n, n_rows)] |= piece;
}

/* The rows: 64 bits each, one a piece. */
static uint64_t *make_rows(const struct am_head_words *w, uint32_t *n_rows)
{
	uint64_t grams = 0;
	guint k = 0;

	for (guint i = 0; i < w->words->len; i++) {
		const struct word *word = word_at(w, i);
		if (!is_listed(word))
			grams += word->len - AM_HEAD_GRAM + 1;
	}
	*n_rows = ROWS_LEAST;
	while (*n_rows < ROWS_MOST &&
	       *n_rows < ROWS_A_GRAM * grams / (w->starts->len - 1))
		*n_rows *= 2;
	uint64_t *rows = g_new0(uint64_t, *n_rows);
	for (guint piece = 0; piece + 1 < w->starts->len; piece++) {
		guint last = number_at(w->starts, piece + 1);
		guint end = last ? number_at(w->ends, last - 1) : 0;
		for (; k < end; k++) {
			const struct word *word =
				word_at(w, number_at(w->notes, k));
			if (is_listed(word))
				continue;
			mark_grams(w->text->str + word->at, word->len,
			           UINT64_C(1) << piece, rows, *n_rows);
		}
	}
	for (uint32_t i = 0; i < *n_rows; i++)
		rows[i] = GUINT64_TO_LE(rows[i]);
	return rows;
}

static int done(sqlite3 *db, sqlite3_stmt *add, struct am_error *err)
{
	int r = AM_OK;

	if (sqlite3_step(add) != SQLITE_DONE)
		r = am_fail(err, AM_FAILED, AM_E_IO, "%s", sqlite3_errmsg(db));
	sqlite3_reset(add);
	sqlite3_clear_bindings(add);
	return r;
}

static int write_chunks(sqlite3 *db, int64_t first, uint64_t chunk,
                        const void *bytes, size_t len, struct am_error *err)
{
	const uint8_t *at = bytes;
	sqlite3_stmt *add = NULL;
	int r = AM_OK;

	if (sqlite3_prepare_v2(db, "INSERT INTO chunk VALUES(?1, ?2)", -1, &add,
	                       NULL) != SQLITE_OK)
		return am_fail(err, AM_FAILED, AM_E_IO, "%s",
		               sqlite3_errmsg(db));
	for (size_t n; len && !r; at += n, len -= n, chunk++) {
		n = MIN(len, AM_HEAD_CHUNK);
		sqlite3_bind_int64(add, 1, am_head_chunk_key(first, chunk));
		sqlite3_bind_blob64(add, 2, at, n, SQLITE_STATIC);
		r = done(db, add, err);
	}
	sqlite3_finalize(add);
	return r;
}

/* Numbers and words, as am_head_part_read() takes them apart. */
static GByteArray *make_head(const struct am_head_words *w,
                             const GArray *begins, uint32_t n_rows)
{
	GByteArray *out = g_byte_array_new();
	uint32_t at = 1;

	put_number(out, w->starts->len - 1);
	put_number(out, w->ids->len);
	put_number(out, begins->len - 1);
	put_number(out, n_rows);
	put_numbers(out, w->starts);
	put_numbers(out, w->ids);
	put_numbers(out, begins);
	for (guint i = 0; i < w->words->len; i++)
		if (is_listed(word_at(w, i))) {
			put_number(out, at);
			at += word_at(w, i)->len + 1;
		}
	put_number(out, at);
	g_byte_array_append(out, (const uint8_t *)"\n", 1);
	for (guint i = 0; i < w->words->len; i++)
		if (is_listed(word_at(w, i))) {
			g_byte_array_append(out,
			                    (uint8_t *)w->text->str +
			                            word_at(w, i)->at,
			                    word_at(w, i)->len);
			g_byte_array_append(out, (const uint8_t *)"\n", 1);
		}
	return out;
}

static int write_head(sqlite3 *db, int64_t first, unsigned pieces,
                      const GByteArray *head, struct am_error *err)
{
	size_t room = am_codec_bound(AM_CODEC_ZSTD, head->len);
	uint8_t *packed = g_malloc(room);
	struct am_coder *coder = am_coder_new();
	sqlite3_stmt *add = NULL;

	int r = am_codec_pack(coder, AM_CODEC_ZSTD, 0, head->data, head->len,
	                      packed, &room, err);
	if (!r &&
	    sqlite3_prepare_v2(db, "INSERT INTO part VALUES(?1, ?2, ?3, ?4)",
	                       -1, &add, NULL) != SQLITE_OK)
		r = am_fail(err, AM_FAILED, AM_E_IO, "%s", sqlite3_errmsg(db));
	if (!r) {
		sqlite3_bind_int64(add, 1, first);
		sqlite3_bind_int64(add, 2, pieces);
		sqlite3_bind_int64(add, 3, head->len);
		sqlite3_bind_blob64(add, 4, packed, room, SQLITE_STATIC);
		r = done(db, add, err);
	}
	sqlite3_finalize(add);
	am_coder_free(&coder);
	g_free(packed);
	return r;
}

int am_head_words_write(struct am_head_words *w, sqlite3 *db, int64_t first,
                        struct am_error *err)
{
	GArray *begins = numbers();
	GByteArray *lists = make_lists(w, begins);
	uint32_t n_rows;
	uint64_t *rows = make_rows(w, &n_rows);
	GByteArray *head = make_head(w, begins, n_rows);

	int r = write_head(db, first, w->starts->len - 1, head, err);
	if (!r)
		r = write_chunks(db, first, 0, lists->data, lists->len, err);
	if (!r)
		r = write_chunks(db, first, AM_HEAD_ROWS_KEY, rows,
		                 n_rows * sizeof *rows, err);
	g_byte_array_free(head, TRUE);
	g_free(rows);
	g_byte_array_free(lists, TRUE);
	g_array_free(begins, TRUE);
	return r;
}
