/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/document.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "index/attached.h"
#include "index/content.h"
#include "index/order.h"
#include "index/row.h"
#include "index/texts.h"
#include "index/tokens.h"

#include <glib.h>

#include <string.h>

/*
 * Terms are counted here in a hash table of our own and handed on once
 * each: Xapian's containers cost several times as much per word.
 */

/* Weight of a word in the subject, beside the 1 of each place it stands at. */
/* Sends a word's hash far from itself for each region; any odd number will do.
 */
#define REGION_HASH UINT64_C(0x9e3779b97f4a7c15)

struct entry {
	uint64_t hash;
	uint32_t text, count; /* text: offset */
	uint32_t regions;     /* where it stood */
	uint32_t len;
};

struct am_document {
	GByteArray *text; /* the words, one behind the other */
	GArray *entries;
	uint32_t *slots; /* open addressing: entry + 1 */
	size_t n_slots;
	GArray *words; /* uint32_t: entries in order */
	GArray *runs;
	GArray *hashes;
	GArray *terms;
	struct am_arena *arena; /* of the terms that are not in text */
	struct am_order_writer *writer;
	const uint8_t *order;
	size_t order_len;
	struct am_place place;
	struct am_row row;
	GByteArray *head;
	bool more;        /* text that is not in there */
	uint32_t regions; /* that have words */
	struct am_facts facts;
	struct am_attached *attached;
	/* Beginnings of words, up to eight bytes each: open addressing. */
	uint64_t *beginnings;
	size_t n_beginnings, beginnings_room;
};

#define ENTRIES(d) ((struct entry *)(void *)(d)->entries->data)

struct am_document *am_document_new(void)
{
	struct am_document *d = g_new0(struct am_document, 1);

	d->text = g_byte_array_new();
	d->head = g_byte_array_new();
	d->entries = g_array_new(FALSE, FALSE, sizeof(struct entry));
	d->words = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	d->runs = g_array_new(FALSE, FALSE, sizeof(struct am_run));
	d->hashes = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	d->terms = g_array_new(FALSE, FALSE, sizeof(struct am_term));
	d->writer = am_order_writer_new();
	d->attached = am_attached_new();
	d->n_slots = 1024;
	d->slots = g_new0(uint32_t, d->n_slots);
	return d;
}

void am_document_free(struct am_document **doc)
{
	struct am_document *d = *doc;

	if (!d)
		return;
	g_byte_array_unref(d->text);
	g_byte_array_unref(d->head);
	g_array_unref(d->entries);
	g_array_unref(d->words);
	g_array_unref(d->runs);
	g_array_unref(d->hashes);
	g_array_unref(d->terms);
	am_order_writer_free(&d->writer);
	am_attached_free(&d->attached);
	am_arena_free(&d->arena);
	g_free(d->beginnings);
	g_free(d->slots);
	g_free(d);
	*doc = NULL;
}

static void clear(struct am_document *d)
{
	/* One large message must not make all later ones slow to clear. */
	if (d->n_slots > 64 * 1024) {
		g_free(d->slots);
		d->n_slots = 1024;
		d->slots = g_new0(uint32_t, d->n_slots);
	} else {
		memset(d->slots, 0, d->n_slots * sizeof(*d->slots));
	}
	g_byte_array_set_size(d->text, 0);
	g_array_set_size(d->entries, 0);
	g_array_set_size(d->words, 0);
	g_array_set_size(d->runs, 0);
	g_array_set_size(d->hashes, 0);
	g_array_set_size(d->terms, 0);
	g_byte_array_set_size(d->head, 0);
	d->more = false;
	d->regions = 0;
}

static void grow(struct am_document *d)
{
	g_free(d->slots);
	d->n_slots *= 2;
	d->slots = g_new0(uint32_t, d->n_slots);
	for (guint i = 0; i < d->entries->len; i++) {
		size_t s = ENTRIES(d)[i].hash & (d->n_slots - 1);
		while (d->slots[s])
			s = (s + 1) & (d->n_slots - 1);
		d->slots[s] = i + 1;
	}
}

/* The entry of this word, a new one when it is the first time. */
static uint32_t find(struct am_document *d, const char *word, size_t len)
{
	uint64_t hash = am_word_hash(word, len);
	size_t s = hash & (d->n_slots - 1);

	for (; d->slots[s]; s = (s + 1) & (d->n_slots - 1)) {
		const struct entry *e = &ENTRIES(d)[d->slots[s] - 1];
		if (e->hash == hash && e->len == len &&
		    memcmp(d->text->data + e->text, word, len) == 0)
			return d->slots[s] - 1;
	}
	struct entry e = {hash, d->text->len, 0, 0, (uint32_t)len};
	g_byte_array_append(d->text, (const guint8 *)word, (guint)len);
	g_array_append_val(d->entries, e);
	d->slots[s] = d->entries->len;
	if (d->entries->len * 2 > d->n_slots)
		grow(d);
	return d->entries->len - 1;
}

/* How much of a text to keep when there is room for so much: no half word. */
static size_t whole_words(const char *text, size_t len, size_t left)
{
	size_t n = left;

	if (len <= left)
		return len;
	while (n && text[n - 1] != ' ' && text[n - 1] != '\n')
		n--;
	return n;
}

static void add_head(struct am_document *d, enum am_region region,
                     const char *text, size_t len)
{
	uint8_t buf[11];
	size_t left = AM_TEXT_MAX - d->head->len, n = 0;

	if (!d->more && left > sizeof(buf))
		n = whole_words(text, len, left - sizeof(buf));
	d->more = d->more || n < len;
	if (!n && !(region == AM_REGION_SOURCE && left > sizeof(buf)))
		return;
	buf[0] = (uint8_t)region;
	g_byte_array_append(d->head, buf, 1 + (guint)am_put_varint(buf + 1, n));
	g_byte_array_append(d->head, (const guint8 *)text, (guint)n);
}

static void add_term(struct am_document *d, const char *text, size_t len,
                     uint64_t hash, uint32_t count)
{
	struct am_term term = {text, hash, (uint32_t)len, count};

	g_array_append_val(d->terms, term);
}

/* Whole names are a vocabulary of their own, for patterns. */
static void add_filename(struct am_document *d, const char *text, size_t len)
{
	char *term;
	size_t n = MIN(len, AM_FILENAME_MAX);

	while (n && n < len && ((uint8_t)text[n] & 0xc0) == 0x80)
		n--;
	if (memchr(text, 0, n))
		return;
	for (guint i = 0; i < d->terms->len; i++) {
		const struct am_term *t =
			&g_array_index(d->terms, struct am_term, i);
		if (t->len == n + 1 && memcmp(t->text + 1, text, n) == 0)
			return;
	}
	term = am_arena_alloc(d->arena, n + 1);
	term[0] = *AM_TERM_FILENAME;
	memcpy(term + 1, text, n);
	add_term(d, term, n + 1, am_word_hash(term, n + 1), 0);
}

static int add_text(void *user, enum am_region region, const char *text,
                    size_t len, struct am_error *err)
{
	struct am_document *d = user;
	struct am_tokens t;
	struct am_token tok;
	char pair[2 * AM_WORD_MAX];
	size_t last_len = 0; /* of the single character before; 0: none */
	guint before = d->words->len;
	uint32_t weight = am_region_weight(region);

	(void)err;
	if ((AM_REGION_BIT(region) & AM_REGIONS_TEXT) ||
	    region == AM_REGION_ATTACHED || region == AM_REGION_SOURCE)
		add_head(d, region, text, len);
	if (region == AM_REGION_SOURCE)
		return AM_OK;
	if (region == AM_REGION_FILENAME)
		add_filename(d, text, len);
	am_tokens_init(&t, text, len);
	while (am_tokens_next(&t, &tok)) {
		uint32_t entry = UINT32_MAX;
		if (tok.len) {
			entry = find(d, tok.text, tok.len);
			ENTRIES(d)[entry].count += weight;
			ENTRIES(d)[entry].regions |= AM_REGION_BIT(region);
		}
		g_array_append_val(d->words, entry);
		if (!tok.single || !tok.len) {
			last_len = 0;
			continue;
		}
		/* Pairs of neighbours stand for themselves too: single ones
		 * are everywhere, so a search by them alone would be slow. */
		if (last_len) {
			memcpy(pair + last_len, tok.text, tok.len);
			entry = find(d, pair, last_len + tok.len);
			ENTRIES(d)[entry].regions |= AM_REGION_BIT(region);
		}
		memcpy(pair, tok.text, tok.len);
		last_len = tok.len;
	}
	if (d->words->len > before) {
		d->regions |= AM_REGION_BIT(region);
		struct am_run run = {(uint8_t)region, d->words->len - before};
		g_array_append_val(d->runs, run);
	}
	return AM_OK;
}

/* ---- terms -----------------------------------------------------------------
 */

static void add_fact(struct am_document *d, const char *prefix,
                     const char *value)
{
	char term[AM_TERM_MAX];
	size_t len = am_document_fact_term(term, prefix, value);

	add_term(d, am_arena_strndup(d->arena, term, len), len,
	         am_word_hash(term, len), 0);
}

size_t am_document_fact_term(char *out, const char *prefix, const char *value)
{
	size_t len = strlen(value), n = strlen(prefix);
	uint8_t hash[AM_SHA256_LEN];

	memcpy(out, prefix, n);
	if (len <= 128) {
		memcpy(out + n, value, len);
		return n + len;
	}
	am_sha256(value, len, hash);
	out[n] = ' '; /* no value begins so */
	am_hex(hash, 20, out + n + 1);
	return n + 41;
}

/* ---- beginnings of words ---- */

#define BEGINNINGS_ROOM 2048

static void clear_beginnings(struct am_document *d)
{
	if (d->beginnings_room != BEGINNINGS_ROOM) {
		g_free(d->beginnings);
		d->beginnings = g_new(uint64_t, BEGINNINGS_ROOM);
		d->beginnings_room = BEGINNINGS_ROOM;
	}
	memset(d->beginnings, 0, BEGINNINGS_ROOM * sizeof(uint64_t));
	d->n_beginnings = 0;
}

static uint64_t *beginning_slot(uint64_t *slots, size_t room, uint64_t key)
{
	size_t s = (key * REGION_HASH) >> 32 & (room - 1);

	while (slots[s] && slots[s] != key)
		s = (s + 1) & (room - 1);
	return &slots[s];
}

static void grow_beginnings(struct am_document *d)
{
	size_t room = d->beginnings_room * 2;
	uint64_t *slots = g_new0(uint64_t, room);

	for (size_t i = 0; i < d->beginnings_room; i++)
		if (d->beginnings[i])
			*beginning_slot(slots, room, d->beginnings[i]) =
				d->beginnings[i];
	g_free(d->beginnings);
	d->beginnings = slots;
	d->beginnings_room = room;
}

/* The first time that a word of this message begins so, it is a term. */
static void add_beginning(struct am_document *d, const char *word, size_t len)
{
	uint64_t key = 0, *slot;

	memcpy(&key, word, len);
	slot = beginning_slot(d->beginnings, d->beginnings_room, key);
	if (*slot)
		return;
	*slot = key;
	if (++d->n_beginnings * 2 > d->beginnings_room)
		grow_beginnings(d);
	char *term = am_arena_alloc(d->arena, len + 1);
	term[0] = *AM_TERM_BEGINNING;
	memcpy(term + 1, word, len);
	add_term(d, term, len + 1, key * REGION_HASH + 'W', 0);
}

/* Its first letter, its first two and three: "c*" would otherwise be a union of
 * a hundred thousand lists. */
static void add_beginnings(struct am_document *d, const char *word, size_t len)
{
	size_t n = MIN((size_t)g_utf8_skip[(uint8_t)*word], len);

	if (n > 1 && am_char_class(g_utf8_get_char(word)) == AM_CHAR_SINGLE)
		return;
	for (unsigned i = 0; i < AM_BEGINNING_MAX; i++) {
		/* As many bytes as a slot holds. */
		if (n > sizeof(uint64_t))
			break;
		add_beginning(d, word, n);
		if (n == len)
			break;
		n += MIN((size_t)g_utf8_skip[(uint8_t)word[n]], len - n);
	}
}

/* ---- weights ----
 *
 * BM25, but for the rarity of a word, which only the whole index knows: more
 * places count, each less than the one before, and less in a long text.  In
 * steps of 1/16, so that the common ones are a byte.
 */
#define WEIGHT_STEPS  16
#define SATURATION    1.2 /* k1 */
#define LENGTH_SHARE  0.5 /* b */
#define LENGTH_COMMON 200 /* words */

static uint32_t weigh(uint32_t count, uint64_t length)
{
	double n = count;
	double longer = 1 - LENGTH_SHARE +
	                LENGTH_SHARE * (double)length / LENGTH_COMMON;
	double w = n * (SATURATION + 1) / (n + SATURATION * longer);

	/* Never nothing: it is there. */
	return count ? MAX((uint32_t)(w * WEIGHT_STEPS + 0.5), 1) : 0;
}

static void list_terms(struct am_document *d, const struct am_facts *facts)
{
	const char *text = (const char *)d->text->data;

	uint64_t length = 0;

	clear_beginnings(d);
	for (guint i = 0; i < d->entries->len; i++)
		length += ENTRIES(d)[i].count;
	for (guint i = 0; i < d->entries->len; i++) {
		const struct entry *e = &ENTRIES(d)[i];
		g_array_append_val(d->hashes, e->hash);
		add_term(d, text + e->text, e->len, e->hash,
		         weigh(e->count, length));
		add_beginnings(d, text + e->text, e->len);
		for (unsigned r = 0; r < AM_REGION_COUNT; r++) {
			char prefix = am_region_prefix((enum am_region)r);
			if (!prefix || !(e->regions & AM_REGION_BIT(r)))
				continue;
			char *term = am_arena_alloc(d->arena, e->len + 1);
			term[0] = prefix;
			memcpy(term + 1, text + e->text, e->len);
			add_term(d, term, e->len + 1,
			         e->hash + (uint64_t)prefix * REGION_HASH,
			         weigh(1, length));
		}
	}
	if (facts->message_id && *facts->message_id)
		add_fact(d, AM_TERM_MESSAGE_ID, facts->message_id);
	if (facts->thread && *facts->thread)
		add_fact(d, AM_TERM_THREAD, facts->thread);
	uint32_t has = am_facts_of(facts, d->regions);
	for (unsigned i = 0; i < AM_FACT_COUNT; i++)
		if (has >> i & 1)
			add_fact(d, AM_TERM_FACT, am_fact_names[i]);
	const char size[2] = {am_size_letter(am_size_bits(facts->size)), '\0'};
	add_fact(d, AM_TERM_SIZE, size);
	for (size_t i = 0; i < facts->n_types; i++)
		add_fact(d, AM_TERM_TYPE, facts->types[i]);
}

/* Of the words that are new in it: an answer that quotes all of what it answers
 * says something else. */
static void list_near(struct am_document *d)
{
	const uint32_t *words = (const void *)d->words->data;
	uint32_t *own =
		am_arena_room(d->arena, (d->words->len + 1) * sizeof(*own));
	size_t n = 0;

	for (guint i = 0; i < d->runs->len; i++) {
		const struct am_run *run =
			&g_array_index(d->runs, struct am_run, i);
		if (run->field == AM_REGION_BODY ||
		    run->field == AM_REGION_ATTACHED) {
			memcpy(own + n, words, run->words * sizeof(*own));
			n += run->words;
		}
		words += run->words;
	}
	am_row_near(&d->row, (const uint64_t *)(const void *)d->hashes->data,
	            d->hashes->len, own, n);
}

/* What became of the attached files; any failure by one name, too. */
static void list_statuses(struct am_document *d, uint32_t statuses)
{
	bool failed = false;

	for (unsigned i = AM_EXTRACT_OK; i < AM_EXTRACT_N_STATUS; i++) {
		if (!(statuses >> i & 1))
			continue;
		add_fact(d, AM_TERM_EXTRACT, am_extract_name(i));
		failed = failed || am_extract_failed(i);
	}
	if (failed)
		add_fact(d, AM_TERM_EXTRACT, "failed");
}

int am_document_begin(struct am_document *d, const struct am_blob *raw,
                      const struct am_limits *limits,
                      struct am_extractor *extractor, struct am_error *err)
{
	int r;

	clear(d);
	am_arena_free(&d->arena);
	d->arena = am_arena_new();
	r = am_content_read(&d->facts, raw, limits, d->arena, add_text, d, err);
	if (!r)
		r = am_row_read(&d->row, raw, &d->facts, d->arena, err);
	if (!r)
		r = am_attached_ask(d->attached, extractor, raw, &d->facts,
		                    limits, err);
	return r;
}

bool am_document_ready(struct am_document *d, unsigned ms)
{
	return am_attached_ready(d->attached, ms);
}

void am_document_drop(struct am_document *d)
{
	am_attached_clear(d->attached);
}

int am_document_finish(struct am_document *d, struct am_error *err)
{
	const struct am_facts *facts = &d->facts;
	uint32_t statuses;
	int r = am_attached_take(d->attached, add_text, d, &statuses, err);

	am_attached_clear(d->attached);
	if (r)
		return r;
	list_terms(d, facts);
	list_statuses(d, statuses | am_facts_statuses(facts));
	list_near(d);
	d->place = (struct am_place){.dated = facts->dated,
	                             .date = facts->date,
	                             .size = facts->size};
	d->order = am_order_encode(
		d->writer, (const uint64_t *)(const void *)d->hashes->data,
		d->hashes->len, (const uint32_t *)(const void *)d->words->data,
		d->words->len,
		(const struct am_run *)(const void *)d->runs->data,
		d->runs->len, &d->order_len);
	return AM_OK;
}

int am_document_read(struct am_document *d, const struct am_blob *raw,
                     const struct am_limits *limits, struct am_error *err)
{
	int r = am_document_begin(d, raw, limits, NULL, err);

	return r ? r : am_document_finish(d, err);
}

const struct am_term *am_document_terms(const struct am_document *d, size_t *n)
{
	*n = d->terms->len;
	return (const struct am_term *)(const void *)d->terms->data;
}

const uint8_t *am_document_order(const struct am_document *d, size_t *len)
{
	*len = d->order_len;
	return d->order;
}

const struct am_row *am_document_row(const struct am_document *d)
{
	return &d->row;
}

const struct am_place *am_document_place(const struct am_document *d)
{
	return &d->place;
}

const uint8_t *am_document_head(const struct am_document *d, size_t *len,
                                bool *more)
{
	*len = d->head->len;
	*more = d->more;
	return d->head->data;
}
