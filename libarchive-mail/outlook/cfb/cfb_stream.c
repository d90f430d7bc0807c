/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bytes of a stream: along its chain of sectors, or, of less than the
 * header's cutoff, along a chain of mini sectors within the root's stream.
 */
#include "outlook/cfb/cfb_impl.h"

#include "base/blob.h"
#include "base/reader.h"

#include <glib.h>

struct stream {
	struct am_cfb *cfb;
	uint32_t at;   /* sector, or mini sector */
	size_t offset; /* in it */
	uint64_t left;
	uint64_t hops; /* that are allowed */
	bool mini;
};

/* The mini sector behind one. */
static int next_mini(struct am_cfb *cfb, uint32_t sector, uint32_t *out,
                     struct am_error *err)
{
	uint32_t per = (uint32_t)(cfb->sector / 4), which = sector / per;
	uint8_t bytes[4];

	if (which >= cfb->n_mini_fat)
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "small sector %" PRIu32 " is in no table",
		               sector);
	int r = am_cfb_read(cfb, cfb->mini_fat[which],
	                    4 * (size_t)(sector % per), bytes, 4, err);
	struct am_cursor c = am_cursor(bytes, 4);
	*out = am_get_le32(&c);
	return r;
}

static int read_mini(struct stream *s, uint8_t *buf, size_t len,
                     struct am_error *err)
{
	uint64_t at = ((uint64_t)s->at << AM_CFB_MINI_SHIFT) + s->offset;
	uint32_t which = (uint32_t)(at / s->cfb->sector);

	if (s->at >= AM_CFB_SECTOR_MAX || at + len > s->cfb->mini_size)
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "small sector %" PRIu32 " is not in %" PRIu64
		               " bytes of small streams",
		               s->at, s->cfb->mini_size);
	return am_cfb_read(s->cfb, s->cfb->mini[which],
	                   (size_t)(at % s->cfb->sector), buf, len, err);
}

static int fail_short(const struct stream *s, struct am_error *err)
{
	return am_fail(err, AM_FAILED, AM_E_FORMAT,
	               "a stream ends %" PRIu64 " bytes early", s->left);
}

/* Bytes from the sector at hand on that lie in a row in the file; *last is the
 * sector they end in. */
static size_t in_a_row(struct stream *s, size_t want, uint32_t *last)
{
	size_t n = s->cfb->sector - s->offset;
	uint32_t next;

	*last = s->at;
	while (n < want && s->hops &&
	       !am_cfb_next(s->cfb, *last, &next, NULL) && next == *last + 1) {
		*last = next;
		n += s->cfb->sector;
		s->hops--;
	}
	return MIN(n, want);
}

/* What is left of the sectors at hand, and the step to the next. */
static int fill(void *self, uint8_t *buf, size_t room, size_t *got,
                struct am_error *err)
{
	struct stream *s = self;
	size_t unit = s->mini ? (size_t)1 << AM_CFB_MINI_SHIFT : s->cfb->sector;
	int r = AM_OK;

	*got = 0;
	while (!r && s->left && *got < room) {
		if (s->at == AM_CFB_END || !s->hops)
			return fail_short(s, err);
		size_t n = MIN(room - *got, s->left);
		uint32_t last = s->at;
		n = s->mini ? MIN(n, unit - s->offset) : in_a_row(s, n, &last);
		r = s->mini ? read_mini(s, buf + *got, n, err)
		            : am_cfb_read(s->cfb, s->at, s->offset, buf + *got,
		                          n, err);
		if (r && n > unit - s->offset) {
			/* What comes before the damage. */
			n = unit - s->offset;
			last = s->at;
			r = am_cfb_read(s->cfb, s->at, s->offset, buf + *got, n,
			                err);
		}
		if (r)
			break;
		*got += n;
		s->left -= n;
		s->at = last;
		s->offset += n;
		if (s->left && s->offset % unit) {
			s->offset %= unit;
			continue;
		}
		if (!s->left)
			continue;
		s->offset = 0;
		s->hops--;
		r = s->mini ? next_mini(s->cfb, s->at, &s->at, err)
		            : am_cfb_next(s->cfb, s->at, &s->at, err);
	}
	return !r && !*got ? AM_END : r;
}

static void close_stream(void *self)
{
	g_free(self);
}

static int begin(struct am_cfb *cfb, uint32_t stream, struct stream *out,
                 struct am_error *err)
{
	const struct am_cfb_entry *e = &cfb->entries[stream];
	bool mini = e->size < cfb->header.mini_cutoff;

	if (e->size > (mini ? cfb->mini_size : cfb->size))
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "a stream of %" PRIu64 " bytes in %s of "
		               "%" PRIu64,
		               e->size, mini ? "small ones" : "a file",
		               mini ? cfb->mini_size : cfb->size);
	*out = (struct stream){.cfb = cfb,
	                       .at = e->start,
	                       .left = e->size,
	                       .hops = (e->size >> AM_CFB_MINI_SHIFT) + 2,
	                       .mini = mini};
	return AM_OK;
}

int am_cfb_stream(struct am_cfb *cfb, uint32_t stream, struct am_reader **out,
                  struct am_error *err)
{
	static const struct am_reader_ops ops = {.fill = fill,
	                                         .close = close_stream};
	struct stream s;
	int r = begin(cfb, stream, &s, err);

	return r ? r : am_reader_new(out, &ops, g_memdup2(&s, sizeof(s)), err);
}

int am_cfb_stream_all(struct am_cfb *cfb, uint32_t stream, size_t max,
                      uint8_t **out, size_t *len, struct am_error *err)
{
	const struct am_cfb_entry *e = &cfb->entries[stream];
	struct stream from;
	int r;

	*out = NULL;
	*len = 0;
	if (e->size > max)
		return am_fail(err, AM_FAILED, AM_E_LIMIT,
		               "a stream of %" PRIu64 " bytes, of which %zu "
		               "are read",
		               e->size, max);
	r = begin(cfb, stream, &from, err);
	if (r)
		return r;
	*out = g_malloc((size_t)e->size + 1);
	r = fill(&from, *out, (size_t)e->size, len, err);
	if (r == AM_END)
		r = AM_OK;
	if (r) {
		g_free(*out);
		*out = NULL;
		*len = 0;
	}
	return r;
}
