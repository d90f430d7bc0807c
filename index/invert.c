/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/invert.h"

#include "base/bytes.h"
#include "index/glass.h"

#include <glib.h>

#include <assert.h>
#include <string.h>

/*
 * A posting list in the database: for each document the distance from the one
 * before less 1, and the term's weight in it, both as varints; the first
 * distance is left out.  It is cut into chunks:
 *
 *   key    term                first chunk
 *          term 0 id           others, by the first id in it (put_id)
 *   value  varint              documents in all   } first chunk only
 *          varint              weight in all      }
 *          varint              first id - 1       }
 *          '1' or '0'          is this the last chunk?
 *          varint              last id - first id
 *                              weight, then distance and weight, …
 *
 * The lengths of all documents are such a list too, of a term with the key
 * 0 0xe0, whose sums stay 0.
 */

#define CHUNK       1700 /* bytes: an item of the table with the longest key */
#define PIECE_LEAST 8
#define PIECE_MOST  1024
#define LINK        4 /* behind each piece: where the next one is */

struct entry {
	uint32_t hash, text; /* text: offset */
	uint32_t documents, weight;
	uint32_t first, first_weight;
	uint32_t last;
	uint32_t piece;    /* the first one */
	uint32_t at, stop; /* in the last one; 0: there is none */
	uint16_t size;     /* of it */
	uint16_t len;      /* of the text */
};

struct am_invert {
	GByteArray *text;
	GByteArray *pieces;
	GArray *entries;
	uint32_t *slots; /* open addressing: entry + 1 */
	size_t n_slots;
	GByteArray *lengths; /* as a posting list */
	uint32_t first, first_length;
	struct am_glass_stats stats;
	GByteArray *list, *chunk; /* while writing */
};

#define ENTRIES(v)  ((struct entry *)(void *)(v)->entries->data)
#define SLOTS_LEAST 16384
#define AHEAD       8

struct am_invert *am_invert_new(void)
{
	struct am_invert *v = g_new0(struct am_invert, 1);

	v->text = g_byte_array_new();
	v->pieces = g_byte_array_new();
	v->entries = g_array_new(FALSE, FALSE, sizeof(struct entry));
	v->lengths = g_byte_array_new();
	v->list = g_byte_array_new();
	v->chunk = g_byte_array_new();
	v->n_slots = SLOTS_LEAST;
	v->slots = g_new0(uint32_t, v->n_slots);
	return v;
}

void am_invert_free(struct am_invert **invert)
{
	struct am_invert *v = *invert;

	if (!v)
		return;
	g_byte_array_unref(v->text);
	g_byte_array_unref(v->pieces);
	g_array_unref(v->entries);
	g_byte_array_unref(v->lengths);
	g_byte_array_unref(v->list);
	g_byte_array_unref(v->chunk);
	g_free(v->slots);
	g_free(v);
	*invert = NULL;
}

void am_invert_clear(struct am_invert *v)
{
	g_byte_array_set_size(v->text, 0);
	g_byte_array_set_size(v->pieces, 0);
	g_array_set_size(v->entries, 0);
	g_byte_array_set_size(v->lengths, 0);
	memset(v->slots, 0, v->n_slots * sizeof(*v->slots));
	memset(&v->stats, 0, sizeof(v->stats));
}

size_t am_invert_bytes(const struct am_invert *v)
{
	return v->text->len + v->pieces->len +
	       v->entries->len * sizeof(struct entry) + v->lengths->len +
	       v->n_slots * sizeof(*v->slots);
}

/* ---- adding ----------------------------------------------------------------
 */

static void grow(struct am_invert *v)
{
	g_free(v->slots);
	v->n_slots *= 2;
	v->slots = g_new0(uint32_t, v->n_slots);
	for (guint i = 0; i < v->entries->len; i++) {
		size_t s = ENTRIES(v)[i].hash & (v->n_slots - 1);
		while (v->slots[s])
			s = (s + 1) & (v->n_slots - 1);
		v->slots[s] = i + 1;
	}
}

static uint32_t hash_of(const struct am_term *term)
{
	return (uint32_t)(term->hash ^ term->hash >> 32);
}

static struct entry *find(struct am_invert *v, const struct am_term *term)
{
	uint32_t hash = hash_of(term);
	size_t s = hash & (v->n_slots - 1);

	for (; v->slots[s]; s = (s + 1) & (v->n_slots - 1)) {
		struct entry *e = &ENTRIES(v)[v->slots[s] - 1];
		if (e->hash == hash && e->len == term->len &&
		    memcmp(v->text->data + e->text, term->text, e->len) == 0)
			return e;
	}
	struct entry e = {
		.hash = hash, .text = v->text->len, .len = (uint16_t)term->len};
	g_byte_array_append(v->text, (const guint8 *)term->text, term->len);
	g_array_append_val(v->entries, e);
	v->slots[s] = v->entries->len;
	if (v->entries->len * 2 > v->n_slots)
		grow(v);
	return &ENTRIES(v)[v->entries->len - 1];
}

static uint32_t new_piece(struct am_invert *v, uint32_t size)
{
	uint32_t at = v->pieces->len;

	g_byte_array_set_size(v->pieces, at + size + LINK);
	return at;
}

/* Pieces double from the first on, so who reads them knows how long they are.
 */
static uint32_t next_size(uint32_t size)
{
	return MIN(size * 2, PIECE_MOST);
}

static void put_bytes(struct am_invert *v, struct entry *e, const uint8_t *from,
                      size_t n)
{
	if (!e->stop) {
		e->size = PIECE_LEAST;
		e->piece = e->at = new_piece(v, e->size);
		e->stop = e->at + e->size;
	}
	for (size_t i = 0; i < n; i++) {
		if (e->at == e->stop) {
			e->size = (uint16_t)next_size(e->size);
			e->at = new_piece(v, e->size);
			memcpy(v->pieces->data + e->stop, &e->at, LINK);
			e->stop = e->at + e->size;
		}
		v->pieces->data[e->at++] = from[i];
	}
}

static void add_posting(struct am_invert *v, const struct am_term *term,
                        uint32_t id)
{
	struct entry *e = find(v, term);
	uint8_t buf[20];
	size_t n;

	e->weight += term->count;
	if (!e->documents++) {
		e->first = id;
		e->first_weight = term->count;
	} else {
		assert(id > e->last);
		n = am_put_varint(buf, id - e->last - 1);
		n += am_put_varint(buf + n, term->count);
		put_bytes(v, e, buf, n);
	}
	e->last = id;
}

void am_invert_add(struct am_invert *v, uint32_t id,
                   const struct am_term *terms, size_t n)
{
	struct am_glass_stats *s = &v->stats;
	uint32_t length = 0;
	uint8_t buf[20];
	size_t len;

	assert(id > s->last);
	for (size_t i = 0; i < n; i++) {
		/* The table is larger than the processor's cache. */
		if (i + AHEAD < n)
			__builtin_prefetch(
				&v->slots[hash_of(&terms[i + AHEAD]) &
			                  (v->n_slots - 1)]);
		add_posting(v, &terms[i], id);
		length += terms[i].count;
		s->most_weight = MAX(s->most_weight, terms[i].count);
	}
	if (!s->documents++) {
		v->first = id;
		v->first_length = length;
	} else {
		len = am_put_varint(buf, id - s->last - 1);
		len += am_put_varint(buf + len, length);
		g_byte_array_append(v->lengths, buf, (guint)len);
	}
	s->last = id;
	s->total += length;
	s->most = MAX(s->most, length);
	if (length && (!s->least || length < s->least))
		s->least = length;
}

/* ---- writing ---------------------------------------------------------------
 */

struct list {
	const uint8_t *name;
	size_t name_len;
	bool term; /* else the lengths */
	uint32_t documents, weight, first, first_weight;
	const uint8_t *data; /* all but the first */
	size_t len;
};

static void append_varint(GByteArray *out, uint64_t v)
{
	uint8_t buf[10];

	g_byte_array_append(out, buf, (guint)am_put_varint(buf, v));
}

/* So that larger ids sort behind smaller ones: as many ones as there are bytes
 * after the second, a zero, and the number. */
static size_t put_id(uint8_t *to, uint32_t id)
{
	size_t n = 2;

	if (id >= 0x8000)
		n = (size_t)(37 - __builtin_clz(id)) / 7;
	for (size_t i = n; i-- > 0; id >>= 8)
		to[i] = (uint8_t)id;
	if (n > 2)
		to[0] |= (uint8_t)(0xff << (10 - n));
	return n;
}

static int write_chunk(struct am_invert *v, struct am_glass *glass,
                       const struct list *l, uint32_t first, uint32_t last,
                       bool is_last, struct am_error *err)
{
	uint8_t key[AM_GLASS_KEY_MAX + 8], value[CHUNK + 80];
	size_t key_len = l->name_len, len = 0;

	assert(l->name_len <= AM_TERM_MAX);
	memcpy(key, l->name, l->name_len);
	if (first == l->first) {
		len += am_put_varint(value, l->documents);
		len += am_put_varint(value + len, l->weight);
		len += am_put_varint(value + len, first - 1);
	} else {
		if (l->term)
			key[key_len++] = 0;
		key_len += put_id(key + key_len, first);
	}
	value[len++] = is_last ? '1' : '0';
	len += am_put_varint(value + len, last - first);
	memcpy(value + len, v->chunk->data, v->chunk->len);
	len += v->chunk->len;
	return am_glass_add(glass, key, key_len, value, len, err);
}

static int write_list(struct am_invert *v, struct am_glass *glass,
                      const struct list *l, struct am_error *err)
{
	struct am_cursor c = am_cursor(l->data, l->len);
	uint32_t first = l->first, last = first;

	g_byte_array_set_size(v->chunk, 0);
	append_varint(v->chunk, l->first_weight);
	while (am_cursor_left(&c)) {
		const uint8_t *from = c.at;
		uint32_t id = last + (uint32_t)am_get_varint(&c) + 1;
		const uint8_t *weight = c.at;
		(void)am_get_varint(&c);
		assert(!c.bad);
		if (v->chunk->len >= CHUNK) {
			int r = write_chunk(v, glass, l, first, last, false,
			                    err);
			if (r)
				return r;
			g_byte_array_set_size(v->chunk, 0);
			first = id;
			from = weight;
		}
		g_byte_array_append(v->chunk, from, (guint)(c.at - from));
		last = id;
	}
	return write_chunk(v, glass, l, first, last, true, err);
}

/* The pieces of a list, joined. */
static void collect(struct am_invert *v, const struct entry *e)
{
	uint32_t at = e->piece, size = PIECE_LEAST;

	g_byte_array_set_size(v->list, 0);
	if (!e->stop)
		return;
	while (at + size != e->stop) {
		g_byte_array_append(v->list, v->pieces->data + at, size);
		memcpy(&at, v->pieces->data + at + size, LINK);
		size = next_size(size);
	}
	g_byte_array_append(v->list, v->pieces->data + at, e->at - at);
}

static int write_term(struct am_invert *v, struct am_glass *glass,
                      const struct entry *e, struct am_error *err)
{
	struct list l = {.name = v->text->data + e->text,
	                 .name_len = e->len,
	                 .term = true,
	                 .documents = e->documents,
	                 .weight = e->weight,
	                 .first = e->first,
	                 .first_weight = e->first_weight};

	collect(v, e);
	l.data = v->list->data;
	l.len = v->list->len;
	return write_list(v, glass, &l, err);
}

static int write_lengths(struct am_invert *v, struct am_glass *glass,
                         struct am_error *err)
{
	static const uint8_t name[] = {0, 0xe0};
	struct list l = {.name = name,
	                 .name_len = sizeof(name),
	                 .first = v->first,
	                 .first_weight = v->first_length,
	                 .data = v->lengths->data,
	                 .len = v->lengths->len};

	return write_list(v, glass, &l, err);
}

/* Most terms differ within eight bytes: they are compared where they lie. */
struct place {
	uint64_t begin;
	uint32_t entry;
};

static int by_begin(const void *a, const void *b, void *user)
{
	const struct place *x = a, *y = b;
	const struct am_invert *v = user;

	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	const struct entry *e = &ENTRIES(v)[x->entry];
	const struct entry *f = &ENTRIES(v)[y->entry];
	int c = memcmp(v->text->data + e->text, v->text->data + f->text,
	               MIN(e->len, f->len));
	return c ? c : (e->len > f->len) - (e->len < f->len);
}

static struct place *sort_terms(struct am_invert *v)
{
	struct place *sorted = g_new(struct place, v->entries->len);

	for (guint i = 0; i < v->entries->len; i++) {
		const struct entry *e = &ENTRIES(v)[i];
		uint64_t begin = 0;
		memcpy(&begin, v->text->data + e->text, MIN(e->len, 8));
		sorted[i] = (struct place){GUINT64_FROM_BE(begin), i};
	}
	if (v->entries->len)
		qsort_r(sorted, v->entries->len, sizeof(*sorted), by_begin, v);
	return sorted;
}

int am_invert_write(struct am_invert *v, const char *dir, struct am_error *err)
{
	struct am_glass *glass = NULL;
	struct place *sorted = NULL;
	int r = am_glass_create(&glass, dir, err);

	if (!r && v->stats.documents)
		r = write_lengths(v, glass, err);
	if (!r)
		sorted = sort_terms(v);
	for (guint i = 0; !r && i < v->entries->len; i++)
		r = write_term(v, glass, &ENTRIES(v)[sorted[i].entry], err);
	if (!r)
		r = am_glass_finish(&glass, &v->stats, err);
	am_glass_abandon(&glass);
	g_free(sorted);
	am_invert_clear(v);
	return r;
}
