/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A part in memory is its words and which texts it is about; lists and rows
 * stay in the database, and of them a question takes a few.
 */
#include "store/head_words.h"

#include "base/bytes.h"
#include "base/codec.h"

#include <glib.h>

#include <string.h>

enum { PART_MOST = 256 << 20 };

static int damaged(struct am_error *err)
{
	return am_fail(err, AM_FAILED, AM_E_CORRUPT,
	               "what is known of header fields is damaged");
}

/* ---- read ---- */

/* Ascending, the last of them at most `most`. */
static uint32_t *take_numbers(struct am_cursor *c, size_t n, bool ascending,
                              uint32_t most)
{
	if (n > am_cursor_left(c) / 4) {
		c->bad = true;
		n = 0;
	}
	uint32_t *all = g_new(uint32_t, n + 1), before = 0;
	for (size_t i = 0; i < n; i++) {
		all[i] = am_get_le32(c);
		c->bad |= ascending && (all[i] < before || all[i] > most);
		before = all[i];
	}
	return all;
}

static bool take_apart(struct am_head_part *p, const uint8_t *bytes, size_t len)
{
	struct am_cursor c = am_cursor(bytes, len);

	p->n_pieces = am_get_le32(&c);
	p->n_texts = am_get_le32(&c);
	p->n_words = am_get_le32(&c);
	p->rows = am_get_le32(&c);
	if (c.bad || !p->n_pieces || p->n_pieces > AM_HEAD_PART || !p->rows ||
	    p->rows & (p->rows - 1))
		return false;
	p->starts = take_numbers(&c, p->n_pieces + 1, true, p->n_texts);
	p->ids = take_numbers(&c, p->n_texts, false, 0);
	p->lists = take_numbers(&c, (size_t)p->n_words + 1, true, UINT32_MAX);
	p->words =
		take_numbers(&c, (size_t)p->n_words + 1, true, (uint32_t)len);
	p->text_len = am_cursor_left(&c);
	p->text = g_memdup2(c.at, p->text_len + !p->text_len);
	p->bytes = len;
	return !c.bad && p->starts[p->n_pieces] == p->n_texts && p->text_len &&
	       p->words[0] == 1 && p->words[p->n_words] == p->text_len;
}

int am_head_part_read(struct am_head_part **out, sqlite3 *db, int64_t last,
                      struct am_error *err)
{
	struct am_head_part *p = NULL;
	sqlite3_stmt *next = NULL;
	int r = AM_END;

	*out = NULL;
	if (sqlite3_prepare_v2(db,
	                       "SELECT first, pieces, len, head FROM part"
	                       " WHERE first > ?1 ORDER BY first LIMIT 1",
	                       -1, &next, NULL) != SQLITE_OK)
		return damaged(err);
	sqlite3_bind_int64(next, 1, last);
	int step = sqlite3_step(next);
	if (step == SQLITE_ROW) {
		int64_t len = sqlite3_column_int64(next, 2);
		struct am_coder *coder = am_coder_new();
		uint8_t *bytes = len < 0 || len > PART_MOST
		                         ? NULL
		                         : g_malloc((size_t)len + 1);
		p = g_new0(struct am_head_part, 1);
		p->first = sqlite3_column_int64(next, 0);
		r = !bytes ? damaged(err)
		           : am_codec_unpack(
				     coder, AM_CODEC_ZSTD,
				     sqlite3_column_blob(next, 3),
				     (size_t)sqlite3_column_bytes(next, 3),
				     bytes, (size_t)len, err);
		if (!r && (!take_apart(p, bytes, (size_t)len) ||
		           sqlite3_column_int64(next, 1) != p->n_pieces))
			r = damaged(err);
		g_free(bytes);
		am_coder_free(&coder);
	} else if (step != SQLITE_DONE) {
		r = am_fail(err, AM_FAILED, AM_E_IO, "%s", sqlite3_errmsg(db));
	}
	sqlite3_finalize(next);
	if (r)
		am_head_part_free(p);
	else
		*out = p;
	return r;
}

void am_head_part_free(void *part)
{
	struct am_head_part *p = part;

	if (!p)
		return;
	g_free(p->starts);
	g_free(p->ids);
	g_free(p->words);
	g_free(p->lists);
	g_free(p->text);
	g_free(p);
}

/* ---- the question ---- */

/* Of the words in it the first may be the end of one of the text's, the last
 * the beginning; all others are whole. */
struct run {
	char *needle; /* with line breaks where it ends like a word */
	size_t needle_len;
	const char *word;
	size_t len;
	bool begins, whole;
};

struct am_head_question {
	GArray *runs;
	char *text;
	bool alone; /* nothing but one word, or a piece of one */
};

static void clear_run(void *run)
{
	g_free(((struct run *)run)->needle);
}

struct am_head_question *am_head_question_new(const char *text)
{
	struct am_head_question *q = g_new0(struct am_head_question, 1);
	size_t len, all = strlen(text);
	const char *at, *end;

	q->text = g_strdup(text);
	q->runs = g_array_new(FALSE, FALSE, sizeof(struct run));
	g_array_set_clear_func(q->runs, clear_run);
	end = q->text + all;
	for (at = q->text; (at = am_head_word_next(at, end, &len)); at += len) {
		bool marks = (uint8_t)*at < '\t';
		bool begins = marks || at > q->text;
		bool ends = marks || at + len < end;
		struct run run = {.word = at,
		                  .len = len,
		                  .begins = begins,
		                  .whole = begins && ends};
		run.needle = g_strdup_printf("%s%.*s%s", begins ? "\n" : "",
		                             (int)len, at, ends ? "\n" : "");
		run.needle_len = strlen(run.needle);
		g_array_append_val(q->runs, run);
	}
	q->alone = q->runs->len == 1 &&
	           g_array_index(q->runs, struct run, 0).len == all;
	return q;
}

void am_head_question_free(struct am_head_question **question)
{
	struct am_head_question *q = *question;

	*question = NULL;
	if (!q)
		return;
	g_array_free(q->runs, TRUE);
	g_free(q->text);
	g_free(q);
}

/* ---- what the database has ---- */

struct asking {
	const struct am_head_part *part;
	sqlite3_stmt *chunk;
	struct am_error *err;
};

/* len bytes from `from` on; they may lie in several chunks. */
static int fetch(const struct asking *a, uint64_t key, uint64_t from,
                 uint8_t *out, size_t len)
{
	int r = AM_OK;

	while (len && !r) {
		uint64_t chunk = from / AM_HEAD_CHUNK;
		size_t skip = from % AM_HEAD_CHUNK;
		size_t n = MIN(len, AM_HEAD_CHUNK - skip);
		sqlite3_bind_int64(
			a->chunk, 1,
			am_head_chunk_key(a->part->first, key + chunk));
		if (sqlite3_step(a->chunk) == SQLITE_ROW &&
		    (size_t)sqlite3_column_bytes(a->chunk, 0) >= skip + n)
			memcpy(out,
			       (const uint8_t *)sqlite3_column_blob(a->chunk,
			                                            0) +
			               skip,
			       n);
		else
			r = damaged(a->err);
		sqlite3_reset(a->chunk);
		out += n;
		from += n;
		len -= n;
	}
	return r;
}

static void set_bit(uint64_t *bits, size_t at)
{
	bits[at / 64] |= UINT64_C(1) << (at % 64);
}

/* The texts of a listed word. */
static int mark_list(const struct asking *a, uint32_t word, uint64_t *bits)
{
	const struct am_head_part *p = a->part;
	uint32_t from = p->lists[word], len = p->lists[word + 1] - from;
	size_t map = ((size_t)p->n_texts + 7) / 8;
	uint64_t at = 0;

	if (len > map)
		return damaged(a->err);
	uint8_t *bytes = g_malloc0(len + 1);
	struct am_cursor c = am_cursor(bytes, len);
	int r = fetch(a, 0, from, bytes, len);
	if (!r && len == map)
		for (uint32_t t = 0; t < p->n_texts; t++) {
			if (bytes[t / 8] >> (t % 8) & 1)
				set_bit(bits, t);
		}
	else
		while (!r && am_cursor_left(&c)) {
			at += am_get_varint(&c);
			if (c.bad || at >= p->n_texts)
				r = damaged(a->err);
			else
				set_bit(bits, at);
		}
	g_free(bytes);
	return r;
}

/* Which of the words it is that has this byte of the part's text. */
static uint32_t word_of(const struct am_head_part *p, size_t at)
{
	uint32_t low = 0, high = p->n_words;

	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;
		if (p->words[middle] <= at)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static int ask_words(const struct asking *a, const struct run *run,
                     uint64_t *bits, bool *any)
{
	const struct am_head_part *p = a->part;
	const char *at = p->text, *end = p->text + p->text_len;
	int r = AM_OK;

	*any = false;
	while (!r && p->n_words &&
	       (at = memmem(at, (size_t)(end - at), run->needle,
	                    run->needle_len))) {
		uint32_t word =
			word_of(p, (size_t)(at - p->text) + run->begins);
		r = mark_list(a, word, bits);
		*any = true;
		/* Its end may be where the next one's needle begins. */
		at = p->text + p->words[word + 1] - 1;
	}
	return r;
}

/* In which pieces one of the words that are not listed may have it. */
static int ask_rows(const struct asking *a, const struct run *run,
                    uint64_t *pieces)
{
	size_t len = MIN(run->len, AM_HEAD_GRAM);
	int r = AM_OK;

	*pieces = a->part->n_pieces == 64
	                  ? UINT64_MAX
	                  : (UINT64_C(1) << a->part->n_pieces) - 1;
	/* Words as short as that are all listed. */
	if (run->whole && run->len < AM_HEAD_GRAM)
		*pieces = 0;
	for (size_t g = 0;
	     len >= AM_HEAD_GRAM - 1 && g + len <= run->len && *pieces && !r;
	     g++) {
		uint32_t row =
			am_head_gram_row(run->word + g, len, a->part->rows);
		uint64_t le;
		r = fetch(a, AM_HEAD_ROWS_KEY, row * sizeof le, (uint8_t *)&le,
		          sizeof le);
		*pieces &= r ? 0 : GUINT64_FROM_LE(le);
	}
	return r;
}

/* ---- asked ---- */

static int ask_run(const struct asking *a, const struct run *run,
                   uint64_t *bits, uint64_t *pieces)
{
	bool any;
	int r = ask_words(a, run, bits, &any);

	*pieces = 0;
	/* A whole word that is listed is nowhere else. */
	if (r || (run->whole && any))
		return r;
	return ask_rows(a, run, pieces);
}

static bool has_all(const struct am_head_part *p, const uint64_t *bits,
                    unsigned piece)
{
	for (uint32_t t = p->starts[piece]; t < p->starts[piece + 1]; t++)
		if (!(bits[t / 64] >> (t % 64) & 1))
			return false;
	return true;
}

static bool has_any(const struct am_head_part *p, const uint64_t *bits,
                    unsigned piece)
{
	for (uint32_t t = p->starts[piece]; t < p->starts[piece + 1]; t++)
		if (bits[t / 64] >> (t % 64) & 1)
			return true;
	return false;
}

/* Several words: texts that have all of them are looked at. */
static int ask_several(const struct asking *a, const GArray *runs,
                       uint64_t *pieces)
{
	const struct am_head_part *p = a->part;
	size_t n = (p->n_texts + 63) / 64;
	uint64_t *all = g_new(uint64_t, n + 1), *one = g_new(uint64_t, n + 1);
	uint64_t maybe;
	int r = AM_OK;

	memset(all, 0xff, n * sizeof *all);
	for (guint i = 0; i < runs->len && !r; i++) {
		memset(one, 0, n * sizeof *one);
		r = ask_run(a, &g_array_index(runs, struct run, i), one,
		            &maybe);
		for (unsigned k = 0; k < p->n_pieces; k++)
			for (uint32_t t = p->starts[k];
			     maybe >> k & 1 && t < p->starts[k + 1]; t++)
				set_bit(one, t);
		for (size_t k = 0; k < n; k++)
			all[k] &= one[k];
	}
	*pieces = 0;
	for (unsigned k = 0; k < p->n_pieces; k++)
		if (has_any(p, all, k))
			*pieces |= UINT64_C(1) << k;
	g_free(one);
	g_free(all);
	return r;
}

int am_head_part_ask(const struct am_head_part *part,
                     const struct am_head_question *q, sqlite3_stmt *chunk,
                     uint64_t *sure, uint64_t *pieces, struct am_error *err)
{
	const struct asking a = {part, chunk, err};

	memset(sure, 0, (part->n_texts + 63) / 64 * sizeof *sure);
	if (!q->alone)
		return ask_several(&a, q->runs, pieces);
	int r = ask_run(&a, &g_array_index(q->runs, struct run, 0), sure,
	                pieces);
	for (unsigned k = 0; k < part->n_pieces && !r; k++)
		if (*pieces >> k & 1 && has_all(part, sure, k))
			*pieces &= ~(UINT64_C(1) << k);
	return r;
}
