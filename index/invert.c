/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/invert.h"

#include "base/bytes.h"
#include "index/lists.h"

#include <glib.h>

#include <assert.h>
#include <string.h>

#define PIECE_LEAST 8
#define PIECE_MOST  1024
#define LINK        4 /* behind each piece: where the next one is */

struct entry {
	uint32_t hash, text; /* text: offset */
	uint32_t documents;
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
	GArray *lengths; /* struct am_posting: id and length */
	GArray *list;    /* likewise, of a term: while writing */
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
	v->lengths = g_array_new(FALSE, FALSE, sizeof(struct am_posting));
	v->list = g_array_new(FALSE, FALSE, sizeof(struct am_posting));
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
	g_array_unref(v->lengths);
	g_array_unref(v->list);
	g_free(v->slots);
	g_free(v);
	*invert = NULL;
}

void am_invert_clear(struct am_invert *v)
{
	g_byte_array_set_size(v->text, 0);
	g_byte_array_set_size(v->pieces, 0);
	g_array_set_size(v->entries, 0);
	g_array_set_size(v->lengths, 0);
	memset(v->slots, 0, v->n_slots * sizeof(*v->slots));
}

size_t am_invert_bytes(const struct am_invert *v)
{
	return v->text->len + v->pieces->len +
	       v->entries->len * sizeof(struct entry) +
	       v->lengths->len * sizeof(struct am_posting) +
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
	struct am_posting length = {id, 0};

	assert(!v->lengths->len ||
	       id > g_array_index(v->lengths, struct am_posting,
	                          v->lengths->len - 1)
	                       .document);
	for (size_t i = 0; i < n; i++) {
		/* The table is larger than the processor's cache. */
		if (i + AHEAD < n)
			__builtin_prefetch(
				&v->slots[hash_of(&terms[i + AHEAD]) &
			                  (v->n_slots - 1)]);
		add_posting(v, &terms[i], id);
		length.weight += terms[i].count;
	}
	g_array_append_val(v->lengths, length);
}

/* ---- writing ---------------------------------------------------------------
 */

/* The postings behind the first; pieces may end within a number. */
struct unpacking {
	GArray *list;
	uint64_t value;
	unsigned shift;
	bool weight; /* else a distance */
	struct am_posting last;
	struct am_posting some[16]; /* on their way to the list */
	guint n;
};

static void to_list(struct unpacking *u)
{
	g_array_append_vals(u->list, u->some, u->n);
	u->n = 0;
}

static void unpack(struct unpacking *u, const uint8_t *from, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		u->value |= (uint64_t)(from[i] & 0x7f) << u->shift;
		u->shift += 7;
		if (from[i] & 0x80)
			continue;
		if (u->weight) {
			u->last.weight = (uint32_t)u->value;
			u->some[u->n++] = u->last;
			if (u->n == AM_COUNT(u->some))
				to_list(u);
		} else {
			u->last.document += (uint32_t)u->value + 1;
		}
		u->weight = !u->weight;
		u->value = 0;
		u->shift = 0;
	}
}

static void unpack_list(struct am_invert *v, const struct entry *e)
{
	struct unpacking u = {.list = v->list,
	                      .last = {e->first, e->first_weight}};
	uint32_t at = e->piece, size = PIECE_LEAST;

	g_array_set_size(v->list, 0);
	g_array_append_val(v->list, u.last);
	if (!e->stop)
		return;
	while (at + size != e->stop) {
		unpack(&u, v->pieces->data + at, size);
		memcpy(&at, v->pieces->data + at + size, LINK);
		size = next_size(size);
	}
	unpack(&u, v->pieces->data + at, e->at - at);
	to_list(&u);
}

static void renumber(GArray *list, const uint32_t *number)
{
	struct am_posting *p = (struct am_posting *)(void *)list->data;

	if (!number)
		return;
	for (guint i = 0; i < list->len; i++)
		p[i].document = number[p[i].document - 1];
	am_postings_sort(p, list->len);
}

static int write_term(struct am_invert *v, struct am_list_writer *w,
                      const struct entry *e, const uint32_t *number,
                      struct am_error *err)
{
	unpack_list(v, e);
	renumber(v->list, number);
	return am_list_term(w, v->text->data + e->text, e->len,
	                    (const struct am_posting *)(void *)v->list->data,
	                    v->list->len, err);
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

int am_invert_write(struct am_invert *v, const char *dir,
                    const uint32_t *number, struct am_error *err)
{
	struct am_list_writer w;
	struct place *sorted = NULL;
	int r = am_list_writer_open(&w, dir, err);

	renumber(v->lengths, number);
	if (!r && v->lengths->len)
		r = am_list_lengths(
			&w, (const struct am_posting *)(void *)v->lengths->data,
			v->lengths->len, err);
	if (!r)
		sorted = sort_terms(v);
	for (guint i = 0; !r && i < v->entries->len; i++)
		r = write_term(v, &w, &ENTRIES(v)[sorted[i].entry], number,
		               err);
	if (!r)
		r = am_list_writer_finish(&w, err);
	am_list_writer_clear(&w);
	g_free(sorted);
	am_invert_clear(v);
	return r;
}
