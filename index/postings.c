/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/postings.h"

#include "index/lists.h"
#include "index/xapian_shim.h"

#include <glib.h>

#include <string.h>

#define PIECE 512 /* documents handed on at once */

struct am_postings {
	struct am_glass_reader *glass;
	/* Of the list that is read. */
	am_postings_fn *fn;
	void *user;
	uint32_t from, to;
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
	*out = p;
	return r;
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

static inline void take(struct am_postings *p, uint32_t document)
{
	if (document < p->from)
		return;
	p->documents[p->n++] = document;
	if (p->n == PIECE)
		hand_on(p);
}

/* Distances and weights, mostly of one byte each.  false: damaged. */
static bool read_documents(struct am_postings *p, struct am_cursor *c,
                           uint32_t document, uint32_t last)
{
	(void)am_get_varint(c); /* the first one's weight */
	if (document <= p->to)
		take(p, document);
	while (c->end - c->at >= 2 && !c->bad) {
		uint64_t gap = am_list_get(c);
		if (gap >= last - document)
			return false;
		document += (uint32_t)gap + 1;
		if (document > p->to)
			return !c->bad;
		(void)am_list_get(c); /* its weight */
		take(p, document);
	}
	return !c->bad && document == last;
}

/* A chunk from its flag on.  *more: the next one is wanted, too. */
static bool read_chunk(struct am_postings *p, struct am_cursor *c,
                       uint32_t first, bool *more)
{
	bool ends = am_get_u8(c) == '1';
	uint64_t span = am_get_varint(c);

	if (c->bad || !first || span > UINT32_MAX - first)
		return false;
	*more = !ends && first + span < p->to;
	if (first > p->to || first + span < p->from)
		return true;
	return read_documents(p, c, first, first + (uint32_t)span);
}

static bool read_first(struct am_postings *p, const uint8_t *value, size_t len,
                       bool *more)
{
	struct am_cursor c = am_cursor(value, len);

	(void)am_get_varint(&c); /* documents */
	(void)am_get_varint(&c); /* weight */
	uint64_t first = am_get_varint(&c);
	if (c.bad || first >= UINT32_MAX)
		return false;
	return read_chunk(p, &c, (uint32_t)first + 1, more);
}

static bool read_other(struct am_postings *p, const uint8_t *id, size_t id_len,
                       const uint8_t *value, size_t len, bool *more)
{
	struct am_cursor k = am_cursor(id, id_len);
	struct am_cursor c = am_cursor(value, len);
	uint32_t first = am_list_get_id(&k);

	return !k.bad && !am_cursor_left(&k) && read_chunk(p, &c, first, more);
}

int am_postings_each(struct am_postings *p, const char *term, size_t len,
                     uint32_t from, uint32_t to, am_postings_fn *fn, void *user,
                     struct am_error *err)
{
	uint8_t wanted[AM_TERM_MAX + 8];
	const uint8_t *key, *value;
	size_t wanted_len = len, key_len, n;
	bool more = len && len <= AM_TERM_MAX && from <= to, found = false;
	int r = AM_OK;

	if (!more)
		return AM_OK;
	p->fn = fn;
	p->user = user;
	p->from = from;
	p->to = to;
	p->n = 0;
	memcpy(wanted, term, len);
	if (from > 1) {
		wanted[wanted_len++] = 0;
		wanted_len += am_list_put_id(wanted + wanted_len, from);
	}
	r = am_glass_seek(p->glass, wanted, wanted_len, err);
	while (!r && more) {
		bool ok = true;
		r = am_glass_next(p->glass, &key, &key_len, &value, &n, err);
		if (r)
			break;
		bool same = key_len >= len && memcmp(key, term, len) == 0;
		if (same && key_len == len)
			ok = read_first(p, value, n, &more);
		else if (same && key[len] == 0)
			ok = read_other(p, key + len + 1, key_len - len - 1,
			                value, n, &more);
		else if (!found) /* there is no such term */
			break;
		else
			ok = false;
		found = true;
		if (!ok)
			r = am_glass_damaged(p->glass, err);
	}
	hand_on(p);
	return r == AM_END ? AM_OK : r;
}
