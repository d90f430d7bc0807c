/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/postings.h"

#include "index/lists.h"
#include "index/xapian_door.h"

#include <glib.h>

#include <string.h>

#define PIECE 512 /* documents handed on at once */

struct am_postings {
	struct am_glass_reader *glass;
	/* Of the list that is read. */
	am_postings_fn *fn;
	void *user;
	uint32_t from, to;
	const uint32_t *among; /* NULL: all of these; else only so many: */
	size_t n_among;
	struct am_postings_chunk chunk; /* that was read last */
	const uint64_t *mask;           /* or NULL */
	uint32_t masked;                /* document of its first bit */
	size_t n;
	uint32_t documents[PIECE];
};

int am_postings_open(struct am_postings **out, const char *dir,
                     struct am_error *err)
{
	struct am_postings *p = g_new0(struct am_postings, 1);
	int r = am_glass_reader_open(&p->glass, dir, err);

	if (r)
		am_postings_close(&p);
	else
		am_glass_reader_map(p->glass);
	*out = p;
	return r;
}

bool am_postings_torn(const struct am_postings *postings)
{
	return am_glass_reader_torn(postings->glass);
}

void am_postings_close(struct am_postings **postings)
{
	if (!*postings)
		return;
	am_glass_reader_close(&(*postings)->glass);
	g_free(*postings);
	*postings = NULL;
}

static void hand_on(struct am_postings *p)
{
	if (p->n)
		p->fn(p->user, p->documents, p->n);
	p->n = 0;
}

/* Those in front of it are not asked for again. */
static bool is_among(struct am_postings *p, uint32_t document)
{
	while (p->n_among && *p->among < document) {
		p->among++;
		p->n_among--;
	}
	return p->n_among && *p->among == document;
}

static inline void take(struct am_postings *p, uint32_t document)
{
	if (document < p->from || (p->among && !is_among(p, document)))
		return;
	if (p->mask) {
		uint32_t i = document - p->masked;
		if (!(p->mask[i / 64] >> (i % 64) & 1))
			return;
	}
	p->documents[p->n++] = document;
	if (p->n == PIECE)
		hand_on(p);
}

/* Distances and weights, of one byte or two mostly: those are read here, for
 * this is where a word that stands for thousands spends its time.  false:
 * damaged. */
static bool read_documents(struct am_postings *p, struct am_cursor *c,
                           uint32_t document, uint32_t last)
{
	(void)am_get_varint(c); /* the first one's weight */
	if (document <= p->to)
		take(p, document);
	while (c->end - c->at >= 2 && !c->bad) {
		const uint8_t *at = c->at;
		uint64_t gap = at[0];
		if (gap < 0x80) {
			at++;
		} else if (at[1] < 0x80) {
			gap = (gap & 0x7f) | (uint64_t)at[1] << 7;
			at += 2;
		} else {
			gap = am_get_varint(c);
			at = c->at;
		}
		if (gap >= last - document)
			return false;
		document += (uint32_t)gap + 1;
		if (document > p->to)
			return !c->bad;
		while (at < c->end && *at >= 0x80) /* its weight */
			at++;
		c->bad = c->bad || at == c->end;
		c->at = at + !c->bad;
		take(p, document);
	}
	return !c->bad && document == last;
}

/* A chunk from its flag on. */
static bool read_chunk(struct am_postings *p, struct am_cursor *c,
                       uint32_t first)
{
	bool ends = am_get_u8(c) == '1';
	uint64_t span = am_get_varint(c);

	if (c->bad || !first || span > UINT32_MAX - first)
		return false;
	uint32_t last = first + (uint32_t)span;
	p->chunk = (struct am_postings_chunk){.first = first,
	                                      .last = last,
	                                      .more = !ends && last < p->to,
	                                      .end = ends && last <= p->to};
	if (first > p->to || last < p->from)
		return true;
	return read_documents(p, c, first, last);
}

static bool read_first(struct am_postings *p, const uint8_t *value, size_t len)
{
	struct am_cursor c = am_cursor(value, len);

	(void)am_get_varint(&c); /* documents */
	(void)am_get_varint(&c); /* weight */
	uint64_t first = am_get_varint(&c);
	if (c.bad || first >= UINT32_MAX)
		return false;
	return read_chunk(p, &c, (uint32_t)first + 1);
}

static bool read_other(struct am_postings *p, const uint8_t *id, size_t id_len,
                       const uint8_t *value, size_t len)
{
	struct am_cursor k = am_cursor(id, id_len);
	struct am_cursor c = am_cursor(value, len);
	uint32_t first = am_list_get_id(&k);

	return !k.bad && !am_cursor_left(&k) && read_chunk(p, &c, first);
}

void am_postings_mask(struct am_postings *p, const uint64_t *mask,
                      uint32_t first)
{
	p->mask = mask;
	p->masked = first;
}

/* To the chunk that a document is in, if there is one. */
static int seek(struct am_postings *p, const char *term, size_t len,
                uint32_t document, struct am_error *err)
{
	uint8_t wanted[AM_TERM_MAX + 8];
	size_t n = len;

	memcpy(wanted, term, len);
	if (document > 1) {
		wanted[n++] = 0;
		n += am_list_put_id(wanted + n, document);
	}
	return am_glass_seek(p->glass, wanted, n, err);
}

/* The chunk at hand; AM_END: it is no longer the term's.  It must be, if an
 * earlier one said so. */
static int next_chunk(struct am_postings *p, const char *term, size_t len,
                      bool must, struct am_error *err)
{
	const uint8_t *key, *value;
	size_t key_len, n;
	int r = am_glass_next(p->glass, &key, &key_len, &value, &n, err);
	bool ok = false;

	if (r)
		return r;
	bool same = key_len >= len && memcmp(key, term, len) == 0;
	if (same && key_len == len)
		ok = read_first(p, value, n);
	else if (same && key[len] == 0)
		ok = read_other(p, key + len + 1, key_len - len - 1, value, n);
	else if (!must)
		return AM_END;
	return ok ? AM_OK : am_glass_damaged(p->glass, err);
}

static bool begin(struct am_postings *p, size_t len, uint32_t from, uint32_t to,
                  am_postings_fn *fn, void *user)
{
	p->fn = fn;
	p->user = user;
	p->from = from;
	p->to = to;
	p->among = NULL;
	p->n = 0;
	p->chunk = (struct am_postings_chunk){.end = true};
	return len && len <= AM_TERM_MAX && from <= to;
}

int am_postings_each(struct am_postings *p, const char *term, size_t len,
                     uint32_t from, uint32_t to, am_postings_fn *fn, void *user,
                     struct am_error *err)
{
	if (!begin(p, len, from, to, fn, user))
		return AM_OK;
	int r = seek(p, term, len, from, err);
	if (!r)
		r = next_chunk(p, term, len, false, err);
	while (!r && p->chunk.more)
		r = next_chunk(p, term, len, true, err);
	hand_on(p);
	return r == AM_END ? AM_OK : r;
}

int am_postings_some(struct am_postings *p, const char *term, size_t len,
                     uint32_t from, uint32_t to, am_postings_fn *fn, void *user,
                     struct am_postings_chunk *out, struct am_error *err)
{
	int r = AM_OK;

	if (begin(p, len, from, to, fn, user)) {
		r = seek(p, term, len, from, err);
		if (!r)
			r = next_chunk(p, term, len, false, err);
		hand_on(p);
	}
	*out = p->chunk;
	return r == AM_END ? AM_OK : r;
}

int am_postings_among(struct am_postings *p, const char *term, size_t len,
                      const uint32_t *documents, size_t n, am_postings_fn *fn,
                      void *user, struct am_error *err)
{
	int r = AM_OK;

	if (!n || !begin(p, len, *documents, documents[n - 1], fn, user))
		return AM_OK;
	p->among = documents;
	p->n_among = n;
	do {
		p->from = *p->among;
		r = seek(p, term, len, p->from, err);
		if (!r)
			r = next_chunk(p, term, len, false, err);
		/* What is in no chunk is not there. */
		uint32_t past = MAX(p->chunk.last, p->from);
		for (; p->n_among && *p->among <= past; p->n_among--)
			p->among++;
	} while (!r && p->chunk.more && p->n_among);
	hand_on(p);
	return r == AM_END ? AM_OK : r;
}
