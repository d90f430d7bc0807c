/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All sizes are known before the first byte, so the file is written from front
 * to back: header, DIFAT, FAT, directory, mini FAT, mini stream, the streams in
 * the order they were added.  Every chain lies in a row.
 *
 * Sectors are counted from 0 without the one that version 4 keeps free for
 * locks at 2 GiB less 256 bytes ([MS-CFB] 2.7); real() counts it in.
 */
#include "outlook/cfb/cfb_write_impl.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/reader.h"
#include "outlook/cfb/cfb.h"

#include <string.h>

enum { MINI = 1 << AM_CFB_MINI_SHIFT };
/* Version 3 ends before the range for locks. */
static const uint64_t LOCKS = 0x7fffff00;
static const uint32_t LOCK_SECTOR = (0x7fffff00 >> 12) - 1;

struct out {
	struct am_cfb_write *w;
	struct am_cfb_plan plan;
	int (*put)(void *user, const void *data, size_t len,
	           struct am_error *err);
	void *user;
	uint8_t *sector; /* one under way */
	size_t size, len;
	uint32_t done; /* sectors written */
	struct am_error *err;
};

static uint32_t sectors(uint64_t bytes, unsigned shift)
{
	return (uint32_t)((bytes + (UINT64_C(1) << shift) - 1) >> shift);
}

/* ---- what lies where ---- */

static void place_streams(struct am_cfb_write *w, struct am_cfb_plan *p)
{
	uint32_t at = 0;

	p->n_mini = 0;
	for (guint i = 1; i < w->nodes->len; i++) {
		struct am_cfb_node *node = am_cfb_node(w, i);
		if (node->type != AM_CFB_STREAM || !node->size) {
			node->start =
				node->type == AM_CFB_STREAM ? AM_CFB_END : 0;
		} else if (am_cfb_node_is_mini(node)) {
			node->start = p->n_mini;
			p->n_mini += sectors(node->size, AM_CFB_MINI_SHIFT);
		} else {
			node->start = at;
			at += sectors(node->size, p->shift);
		}
	}
	p->n_streams = at;
}

static void make_plan(struct am_cfb_write *w, unsigned shift,
                      struct am_cfb_plan *p)
{
	uint32_t per = UINT32_C(1) << (shift - 2), rest;

	*p = (struct am_cfb_plan){.shift = shift};
	place_streams(w, p);
	p->n_dir = sectors((uint64_t)w->nodes->len * AM_CFB_DIRENT, shift);
	p->n_mini_fat = sectors((uint64_t)p->n_mini * 4, shift);
	p->n_mini_stream = sectors((uint64_t)p->n_mini * MINI, shift);
	rest = p->n_dir + p->n_mini_fat + p->n_mini_stream + p->n_streams;
	/* The table has places for itself, for its own table and for the
	 * sector of locks. */
	for (uint32_t before = UINT32_MAX; before != p->n_fat;) {
		before = p->n_fat;
		p->n_difat = p->n_fat > AM_CFB_IN_HEADER
		                     ? (p->n_fat - AM_CFB_IN_HEADER + per - 2) /
		                               (per - 1)
		                     : 0;
		p->n_fat = (rest + p->n_difat + p->n_fat + 1 + per - 1) / per;
	}
	p->fat = p->n_difat;
	p->dir = p->fat + p->n_fat;
	p->mini_fat = p->dir + p->n_dir;
	p->mini_stream = p->mini_fat + p->n_mini_fat;
	p->streams = p->mini_stream + p->n_mini_stream;
	p->total = p->streams + p->n_streams;
}

static uint32_t real(const struct am_cfb_plan *p, uint32_t sector)
{
	return p->shift == 12 && sector >= LOCK_SECTOR ? sector + 1 : sector;
}

static uint64_t size_of(const struct am_cfb_plan *p)
{
	return ((uint64_t)real(p, p->total - 1) + 2) << p->shift;
}

static void choose_plan(struct am_cfb_write *w, struct am_cfb_plan *p)
{
	uint64_t bytes = 0;

	/* Far beyond it, sectors of 512 bytes may be too many to count. */
	for (guint i = 1; i < w->nodes->len; i++)
		bytes += am_cfb_node(w, i)->size;
	if (bytes < LOCKS) {
		make_plan(w, 9, p);
		if (size_of(p) <= LOCKS)
			return;
	}
	make_plan(w, 12, p);
}

uint64_t am_cfb_write_size(struct am_cfb_write *w)
{
	struct am_cfb_plan plan;

	choose_plan(w, &plan);
	return size_of(&plan);
}

/* ---- bytes ---- */

static int end_sector(struct out *o)
{
	int r = o->put(o->user, o->sector, o->size, o->err);

	o->len = 0;
	memset(o->sector, 0, o->size);
	o->done++;
	if (!r && o->plan.shift == 12 && o->done == LOCK_SECTOR &&
	    o->done < o->plan.total)
		r = o->put(o->user, o->sector, o->size, o->err);
	return r;
}

static int put(struct out *o, const void *data, size_t len)
{
	const uint8_t *from = data;
	int r = AM_OK;

	while (!r && len) {
		size_t n = MIN(len, o->size - o->len);
		memcpy(o->sector + o->len, from, n);
		o->len += n;
		from += n;
		len -= n;
		if (o->len == o->size)
			r = end_sector(o);
	}
	return r;
}

static int put_u32(struct out *o, uint32_t value)
{
	uint8_t bytes[4];

	am_put_le32(bytes, value);
	return put(o, bytes, sizeof(bytes));
}

/* Up to the end of the sector, or of a mini sector. */
static int pad(struct out *o, size_t unit, uint8_t with)
{
	size_t n = o->len % unit ? unit - o->len % unit : 0;

	if (!n)
		return AM_OK;
	memset(o->sector + o->len, with, n);
	o->len += n;
	return o->len == o->size ? end_sector(o) : AM_OK;
}

static int put_header(struct out *o)
{
	const struct am_cfb_plan *p = &o->plan;
	struct am_cfb_header h = {
		.minor = 0x3e,
		.major = p->shift == 12 ? 4 : 3,
		.shift = (uint16_t)p->shift,
		.mini_shift = AM_CFB_MINI_SHIFT,
		.n_directory = p->shift == 12 ? p->n_dir : 0,
		.n_fat = p->n_fat,
		.directory = real(p, p->dir),
		.mini_cutoff = AM_CFB_MINI_CUTOFF,
		.mini_fat = p->n_mini_fat ? real(p, p->mini_fat) : AM_CFB_END,
		.n_mini_fat = p->n_mini_fat,
		.difat = p->n_difat ? 0 : AM_CFB_END,
		.n_difat = p->n_difat};

	for (uint32_t i = 0; i < AM_CFB_IN_HEADER; i++)
		h.fat[i] = i < p->n_fat ? p->fat + i : AM_CFB_FREE;
	am_cfb_header_encode(&h, o->sector);
	int r = o->put(o->user, o->sector, o->size, o->err);
	memset(o->sector, 0, o->size);
	return r;
}

static int put_difat(struct out *o)
{
	const struct am_cfb_plan *p = &o->plan;
	uint32_t per = (uint32_t)(o->size / 4) - 1, at = AM_CFB_IN_HEADER;
	int r = AM_OK;

	for (uint32_t i = 0; !r && i < p->n_difat; i++) {
		for (uint32_t k = 0; !r && k < per; k++, at++)
			r = put_u32(o,
			            at < p->n_fat ? p->fat + at : AM_CFB_FREE);
		if (!r)
			r = put_u32(o, i + 1 < p->n_difat ? i + 1 : AM_CFB_END);
	}
	return r;
}

/* The table itself: what follows each sector, and sector `at` is next. */
struct table {
	struct out *o;
	uint32_t at;
};

static int put_next(struct table *t, uint32_t value)
{
	int r = AM_OK;

	if (t->o->plan.shift == 12 && t->at == LOCK_SECTOR)
		r = put_u32(t->o, AM_CFB_END);
	t->at++;
	return r ? r : put_u32(t->o, value);
}

static int put_chain(struct table *t, uint32_t n)
{
	int r = AM_OK;

	for (uint32_t i = 0; !r && i < n; i++)
		r = put_next(t, i + 1 < n ? real(&t->o->plan, t->at + 1)
		                          : AM_CFB_END);
	return r;
}

static int put_same(struct table *t, uint32_t n, uint32_t value)
{
	int r = AM_OK;

	for (uint32_t i = 0; !r && i < n; i++)
		r = put_next(t, value);
	return r;
}

static int put_fat(struct out *o)
{
	const struct am_cfb_plan *p = &o->plan;
	struct table t = {o, 0};
	int r = put_same(&t, p->n_difat, AM_CFB_DIFAT);

	if (!r)
		r = put_same(&t, p->n_fat, AM_CFB_FAT);
	if (!r)
		r = put_chain(&t, p->n_dir);
	if (!r)
		r = put_chain(&t, p->n_mini_fat);
	if (!r)
		r = put_chain(&t, p->n_mini_stream);
	for (guint i = 1; !r && i < o->w->nodes->len; i++) {
		const struct am_cfb_node *node = am_cfb_node(o->w, i);
		if (node->type == AM_CFB_STREAM && !am_cfb_node_is_mini(node))
			r = put_chain(&t, sectors(node->size, p->shift));
	}
	while (!r && o->done < p->dir)
		r = put_u32(o, AM_CFB_FREE);
	return r;
}

static int put_dirent(struct out *o, uint32_t i)
{
	const struct am_cfb_plan *p = &o->plan;
	const struct am_cfb_node *node = am_cfb_node(o->w, i);
	struct am_cfb_dirent e = {.name_len = node->name_len,
	                          .type = node->type,
	                          .black = !node->red,
	                          .left = node->left,
	                          .right = node->right,
	                          .child = node->child,
	                          .start = node->start,
	                          .size = node->size};
	uint8_t bytes[AM_CFB_DIRENT];

	memcpy(e.name, node->name, sizeof(e.name));
	if (node->clsid)
		memcpy(e.clsid, node->clsid, sizeof(e.clsid));
	if (!i) {
		e.size = (uint64_t)p->n_mini * MINI;
		e.start = p->n_mini ? real(p, p->mini_stream) : AM_CFB_END;
	} else if (node->type == AM_CFB_STREAM && node->size &&
	           !am_cfb_node_is_mini(node)) {
		e.start = real(p, p->streams + node->start);
	}
	am_cfb_dirent_encode(&e, bytes);
	return put(o, bytes, sizeof(bytes));
}

static int put_directory(struct out *o)
{
	struct am_cfb_dirent none = {.left = AM_CFB_NONE,
	                             .right = AM_CFB_NONE,
	                             .child = AM_CFB_NONE};
	uint8_t bytes[AM_CFB_DIRENT];
	int r = AM_OK;

	for (guint i = 0; !r && i < o->w->nodes->len; i++)
		r = put_dirent(o, i);
	am_cfb_dirent_encode(&none, bytes);
	while (!r && o->len)
		r = put(o, bytes, sizeof(bytes));
	return r;
}

static int put_mini_fat(struct out *o)
{
	int r = AM_OK;

	for (guint i = 1; !r && i < o->w->nodes->len; i++) {
		const struct am_cfb_node *node = am_cfb_node(o->w, i);
		uint32_t n = am_cfb_node_is_mini(node)
		                     ? sectors(node->size, AM_CFB_MINI_SHIFT)
		                     : 0;
		for (uint32_t k = 0; !r && k < n; k++)
			r = put_u32(o, k + 1 < n ? node->start + k + 1
			                         : AM_CFB_END);
	}
	return r ? r : pad(o, o->size, 0xff);
}

static int put_stream(struct out *o, const struct am_cfb_node *node)
{
	struct am_reader *from = NULL;
	const uint8_t *data;
	uint64_t left = node->size;
	size_t len;
	int r;

	if (node->data)
		return put(o, node->data, (size_t)node->size);
	r = node->blob ? am_blob_open(node->blob, &from, o->err)
	               : am_cfb_stream(node->from, node->stream, &from, o->err);
	while (!r && left &&
	       !(r = am_reader_peek(from, 1, &data, &len, o->err))) {
		size_t n = (size_t)MIN(len, left);
		r = put(o, data, n);
		am_reader_skip(from, n);
		left -= n;
	}
	am_reader_close(&from);
	if (r == AM_END)
		r = am_fail(o->err, AM_FAILED, AM_E_FORMAT,
		            "a stream is %" PRIu64 " bytes short", left);
	return r;
}

static int put_streams(struct out *o, bool mini)
{
	int r = AM_OK;

	for (guint i = 1; !r && i < o->w->nodes->len; i++) {
		const struct am_cfb_node *node = am_cfb_node(o->w, i);
		if (node->type != AM_CFB_STREAM ||
		    am_cfb_node_is_mini(node) != mini)
			continue;
		r = put_stream(o, node);
		if (!r)
			r = pad(o, mini ? MINI : o->size, 0);
	}
	return r ? r : pad(o, o->size, 0);
}

int am_cfb_write_out(struct am_cfb_write *w,
                     int (*to)(void *user, const void *data, size_t len,
                               struct am_error *err),
                     void *user, struct am_error *err)
{
	struct out o = {.w = w, .put = to, .user = user, .err = err};
	int r;

	am_cfb_write_trees(w);
	choose_plan(w, &o.plan);
	o.size = (size_t)1 << o.plan.shift;
	o.sector = g_malloc0(o.size);
	r = put_header(&o);
	if (!r)
		r = put_difat(&o);
	if (!r)
		r = put_fat(&o);
	if (!r)
		r = put_directory(&o);
	if (!r)
		r = put_mini_fat(&o);
	if (!r)
		r = put_streams(&o, true);
	if (!r)
		r = put_streams(&o, false);
	g_free(o.sector);
	return r;
}
