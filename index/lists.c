/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/lists.h"

#include "index/vocabulary.h"
#include "index/xapian_door.h"

#include <assert.h>
#include <string.h>

#define CHUNK 1700 /* bytes: an item of the table with the longest key */

static const uint8_t lengths_name[] = {0, 0xe0};

/* ---- sorting ---------------------------------------------------------------
 */

static void insert_all(struct am_posting *p, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct am_posting one = p[i];
		size_t k = i;
		for (; k && p[k - 1].document > one.document; k--)
			p[k] = p[k - 1];
		p[k] = one;
	}
}

/* Byte by byte, from the lowest. */
static void distribute(struct am_posting *p, size_t n, uint32_t most)
{
	struct am_posting *other = g_new(struct am_posting, n);
	struct am_posting *from = p, *to = other, *swap;

	for (unsigned shift = 0; shift < 32 && most >> shift; shift += 8) {
		size_t at[257] = {0};
		for (size_t i = 0; i < n; i++)
			at[(from[i].document >> shift & 0xff) + 1]++;
		for (size_t i = 0; i < 256; i++)
			at[i + 1] += at[i];
		for (size_t i = 0; i < n; i++)
			to[at[from[i].document >> shift & 0xff]++] = from[i];
		swap = from;
		from = to;
		to = swap;
	}
	if (from != p)
		memcpy(p, from, n * sizeof(*p));
	g_free(other);
}

void am_postings_sort(struct am_posting *p, size_t n)
{
	uint32_t most = 0;
	bool up = true, down = true;

	for (size_t i = 0; i < n; i++) {
		most = MAX(most, p[i].document);
		if (i && p[i].document < p[i - 1].document)
			up = false;
		else if (i)
			down = false;
	}
	if (up)
		return;
	/* Mail that was stored as it came: the newest is the last. */
	for (size_t i = 0; down && i < n / 2; i++) {
		struct am_posting swap = p[i];
		p[i] = p[n - 1 - i];
		p[n - 1 - i] = swap;
	}
	if (!down && n <= 64)
		insert_all(p, n);
	else if (!down)
		distribute(p, n, most);
}

/* ---- writing ---------------------------------------------------------------
 */

int am_list_writer_open(struct am_list_writer *w, const char *dir,
                        struct am_error *err)
{
	*w = (struct am_list_writer){.glass = NULL};
	int r = am_glass_create(&w->glass, dir, err);

	return r ? r : am_vocabulary_create(&w->words, dir, err);
}

int am_list_writer_finish(struct am_list_writer *w, struct am_error *err)
{
	int r = am_glass_finish(&w->glass, &w->stats, err);

	return r ? r : am_vocabulary_finish(&w->words, err);
}

void am_list_writer_clear(struct am_list_writer *w)
{
	am_glass_abandon(&w->glass);
	am_vocabulary_abandon(&w->words);
}

struct list {
	const uint8_t *name;
	size_t name_len;
	uint32_t documents, first;
	uint64_t weight;
};

/* So that larger ids sort behind smaller ones: as many ones as there are bytes
 * after the second, a zero, and the number. */
size_t am_list_put_id(uint8_t *to, uint32_t id)
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

static int write_chunk(struct am_list_writer *w, const struct list *l,
                       uint32_t first, uint32_t last, bool is_last,
                       const uint8_t *chunk, size_t chunk_len,
                       struct am_error *err)
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
		if (l->name != lengths_name)
			key[key_len++] = 0;
		key_len += am_list_put_id(key + key_len, first);
	}
	value[len++] = is_last ? '1' : '0';
	len += am_put_varint(value + len, last - first);
	memcpy(value + len, chunk, chunk_len);
	len += chunk_len;
	return am_glass_add(w->glass, key, key_len, value, len, err);
}

static size_t put_number(uint8_t *to, uint32_t v)
{
	*to = (uint8_t)v;
	return v < 0x80 ? 1 : am_put_varint(to, v);
}

static int write_list(struct am_list_writer *w, const struct list *l,
                      const struct am_posting *p, size_t n,
                      struct am_error *err)
{
	uint8_t chunk[CHUNK + 20];
	uint32_t first = l->first;
	size_t len = put_number(chunk, p[0].weight);

	for (size_t i = 1; i < n; i++) {
		assert(p[i].document > p[i - 1].document);
		if (len >= CHUNK) {
			int r = write_chunk(w, l, first, p[i - 1].document,
			                    false, chunk, len, err);
			if (r)
				return r;
			len = 0;
			first = p[i].document;
		} else {
			len += put_number(chunk + len,
			                  p[i].document - p[i - 1].document -
			                          1);
		}
		len += put_number(chunk + len, p[i].weight);
	}
	return write_chunk(w, l, first, p[n - 1].document, true, chunk, len,
	                   err);
}

int am_list_lengths(struct am_list_writer *w, const struct am_posting *p,
                    size_t n, struct am_error *err)
{
	struct am_glass_stats *s = &w->stats;
	struct list l = {.name = lengths_name,
	                 .name_len = sizeof(lengths_name),
	                 .first = p[0].document};

	s->documents = (uint32_t)n;
	s->last = p[n - 1].document;
	for (size_t i = 0; i < n; i++) {
		s->total += p[i].weight;
		s->most = MAX(s->most, p[i].weight);
		if (p[i].weight && (!s->least || p[i].weight < s->least))
			s->least = p[i].weight;
	}
	return write_list(w, &l, p, n, err);
}

int am_list_term(struct am_list_writer *w, const uint8_t *term, size_t len,
                 const struct am_posting *p, size_t n, struct am_error *err)
{
	struct list l = {.name = term,
	                 .name_len = len,
	                 .documents = (uint32_t)n,
	                 .first = p[0].document};

	for (size_t i = 0; i < n; i++) {
		l.weight += p[i].weight;
		w->stats.most_weight = MAX(w->stats.most_weight, p[i].weight);
	}
	int r = am_vocabulary_add(w->words, term, len, p[0].document, n == 1,
	                          err);
	return r ? r : write_list(w, &l, p, n, err);
}

/* ---- reading ---------------------------------------------------------------
 */

struct am_list_reader {
	struct am_glass_reader *glass;
	uint8_t name[AM_GLASS_KEY_MAX];
	size_t name_len;
	/* The item that was read ahead. */
	const uint8_t *key, *value;
	size_t key_len, len;
	bool has, ended, first;
};

int am_list_reader_open(struct am_list_reader **out, const char *dir,
                        struct am_error *err)
{
	struct am_list_reader *l = g_new0(struct am_list_reader, 1);
	int r = am_glass_reader_open(&l->glass, dir, err);

	if (r)
		am_list_reader_close(&l);
	*out = l;
	return r;
}

void am_list_reader_close(struct am_list_reader **reader)
{
	if (!*reader)
		return;
	am_glass_reader_close(&(*reader)->glass);
	g_free(*reader);
	*reader = NULL;
}

/* Does the item that was read ahead go on with the list? */
static bool continues(const struct am_list_reader *l)
{
	return l->key_len > l->name_len &&
	       memcmp(l->key, l->name, l->name_len) == 0 &&
	       (l->key[l->name_len] == 0 ||
	        (l->name_len == sizeof(lengths_name) &&
	         memcmp(l->name, lengths_name, l->name_len) == 0));
}

static int ahead(struct am_list_reader *l, struct am_error *err)
{
	int r;

	if (l->has)
		return AM_OK;
	r = am_glass_next(l->glass, &l->key, &l->key_len, &l->value, &l->len,
	                  err);
	l->has = r == AM_OK;
	return r;
}

int am_list_next(struct am_list_reader *l, const uint8_t **name, size_t *len,
                 struct am_error *err)
{
	int r;

	/* Whatever is left of a list that was not read. */
	while ((r = ahead(l, err)) == AM_OK && l->name_len && continues(l))
		l->has = false;
	if (r)
		return r;
	int order = memcmp(l->name, l->key, MIN(l->name_len, l->key_len));
	if (l->key_len > AM_TERM_MAX || order > 0 ||
	    (!order && l->name_len >= l->key_len))
		return am_glass_damaged(l->glass, err);
	memcpy(l->name, l->key, l->key_len);
	l->name_len = l->key_len;
	l->first = true;
	*name = l->name;
	*len = l->name_len;
	return AM_OK;
}

uint32_t am_list_get_id(struct am_cursor *c)
{
	uint8_t byte = am_get_u8(c);
	unsigned more = 1;
	uint64_t id;

	while (more < 6 && byte & (0x80 >> (more - 1)))
		more++;
	id = byte & (0xff >> more);
	while (more--)
		id = id << 8 | am_get_u8(c);
	if (id > UINT32_MAX)
		c->bad = true;
	return (uint32_t)id;
}

static bool read_chunk(struct am_list_reader *l, GArray *to, bool *last)
{
	struct am_cursor c = am_cursor(l->value, l->len);
	struct am_posting p;

	if (l->first) {
		(void)am_get_varint(&c);
		(void)am_get_varint(&c);
		p.document = (uint32_t)am_get_varint(&c) + 1;
	} else {
		bool zero = l->key[l->name_len] == 0;
		size_t at = l->name_len + zero;
		struct am_cursor k = am_cursor(l->key + at, l->key_len - at);
		p.document = am_list_get_id(&k);
		c.bad |= k.bad || am_cursor_left(&k);
	}
	*last = am_get_u8(&c) == '1';
	(void)am_get_varint(&c);
	/* Two bytes each at least, but for the first. */
	guint n = to->len;
	g_array_set_size(to, n + 1 + (guint)am_cursor_left(&c) / 2);
	struct am_posting *out = (struct am_posting *)(void *)to->data;
	p.weight = (uint32_t)am_get_varint(&c);
	out[n++] = p;
	while (am_cursor_left(&c) >= 2 && !c.bad) {
		p.document += (uint32_t)am_get_varint(&c) + 1;
		p.weight = (uint32_t)am_get_varint(&c);
		out[n++] = p;
	}
	g_array_set_size(to, n);
	return !c.bad && !am_cursor_left(&c);
}

int am_list_read(struct am_list_reader *l, GArray *to, struct am_error *err)
{
	guint before = to->len;
	bool last = false;
	int r = AM_OK;

	while (!last) {
		r = ahead(l, err);
		if (r < 0)
			return r;
		if (r == AM_END || (!l->first && !continues(l)) ||
		    !read_chunk(l, to, &last))
			return am_glass_damaged(l->glass, err);
		l->first = false;
		l->has = false;
	}
	for (guint i = before + 1; i < to->len; i++)
		if (g_array_index(to, struct am_posting, i).document <=
		    g_array_index(to, struct am_posting, i - 1).document)
			return am_glass_damaged(l->glass, err);
	return AM_OK;
}
