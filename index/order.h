/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_ORDER_H
#define AM_INDEX_ORDER_H

#include "base/compiler.h"

/*
 * The order of a document's words, in about a byte and a quarter a word, and as
 * much for each that is in it.
 *
 * Xapian can keep positions, one entry for each word of each document: two
 * thirds of the index and half of the time to make it.  Phrases need less.
 * When it is asked whether words stand in a row, Xapian has already found that
 * all of them are in the document; so they need not be stored again, only told
 * apart.  A perfect hash function (under three bits a word) numbers them,
 * and the document is the row of those numbers, bit-packed.
 *
 *   varint   terms n          distinct words
 *   varint   words            in the row
 *   u8       seed             of the hash function
 *   varint   runs
 *     u8 field, varint words  for each run: fields and parts, in order
 *   u8       displacement     for each of n/3+1 buckets
 *   u8       head             for each of n + n/4 + 1 numbers: how the word
 *                             begins; 0: no word has it
 *   bits     numbers          each as wide as m needs, lowest bit first;
 *                             m = n + n/4 + 1; m itself: a word not kept
 *
 * The number of a word that is not in the document is some other word's: ask
 * only about words that are.
 */

/* Part of the format: the hash of a word; its highest byte is the head. */
uint64_t am_word_hash(const char *word, size_t len);
/*
 * How a word begins: the first letter, to be told from all others when it is of
 * a to z, in the upper five bits, and something of the second in the lower
 * three.  So "annual r*" need not ask of thousands of words whether they are
 * what follows.
 */
#define AM_HEAD_FIRST 0xf8
uint8_t am_word_head(const char *word, size_t len);
/* What of it all words have in common that begin so; 0: nothing. */
uint8_t am_word_head_mask(const char *beginning, size_t len);

struct am_run {
	uint8_t field; /* enum am_region */
	uint32_t words;
};

/* Encodes one document after another; what it returns is its own until the
 * next.  words: indices into hashes, n_hashes for a word not kept. */
struct am_order_writer;
struct am_order_writer *am_order_writer_new(void);
void am_order_writer_free(struct am_order_writer **writer);
const uint8_t *am_order_encode(struct am_order_writer *writer,
                               const uint64_t *hashes, size_t n_hashes,
                               const uint32_t *words, size_t n_words,
                               const struct am_run *runs, size_t n_runs,
                               size_t *len);

#define AM_ORDER_SLACK 8 /* readable bytes that must follow the data */

struct am_order {
	uint64_t terms, words, runs, slots;
	unsigned seed, width;
	const uint8_t *run, *run_end; /* encoded */
	const uint8_t *displace, *heads, *bits;
	uint64_t buckets;
};
/* false: these bytes are no such thing. */
bool am_order_open(struct am_order *out, const uint8_t *data, size_t len);
/* Do these words stand in a row within one run of one of the fields (a bit
 * mask)?  A single word: does it stand there at all? */
bool am_order_has(const struct am_order *order, const uint64_t *hashes,
                  size_t n, uint32_t fields);
/* The same for rows that stand close together: row i is `n[i]` of the hashes,
 * one row behind the other. */
bool am_order_near(const struct am_order *order, const uint64_t *hashes,
                   const uint8_t *n, size_t rows, uint32_t distance,
                   bool in_order, uint32_t fields);
struct _GArray;
/* Numbers (uint32_t) of the words that follow on such a row, each place for
 * itself: appended to `numbers`. */
void am_order_after(const struct am_order *order, const uint64_t *hashes,
                    size_t n, uint32_t fields, struct _GArray *numbers);
/* May the word of this number begin so, as far as the mask tells? */
bool am_order_begins(const struct am_order *order, uint32_t number,
                     uint8_t head, uint8_t mask);
#define AM_PHRASE_MAX 64 /* words in a row that can be asked for */

#endif
