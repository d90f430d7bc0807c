/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A part's bytes with their transfer encoding undone, and whether that can be
 * done again: base64 is decoded, encoded, and compared as it streams by. */
#include "formats/mapi/mail_to_mapi_impl.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/reader.h"
#include "mime/recode.h"
#include "mime/walk.h"

#include <string.h>

enum { PIECE = 64 * 1024 };

static int fail_early(uint64_t at, struct am_error *err)
{
	return am_fail(err, AM_FAILED, AM_E_IO,
	               "the message ends early, at %" PRIu64, at);
}

int am_making_bytes(struct am_making *m, uint64_t at, size_t len,
                    const uint8_t **out, struct am_error *err)
{
	size_t got;

	if (m->bytes) {
		*out = m->bytes + at;
		return AM_OK;
	}
	uint8_t *copy = am_arena_alloc(m->arena, len + 1);
	int r = am_blob_read(m->raw, at, copy, len, &got, err);
	*out = copy;
	return r ? r : got < len ? fail_early(at + got, err) : AM_OK;
}

typedef int piece_fn(void *user, const uint8_t *data, size_t len,
                     struct am_error *err);

/* Hand a piece of the mail on; AM_END of fn stops it. */
static int each_piece(struct am_making *m, uint64_t at, uint64_t len,
                      piece_fn *fn, void *user, struct am_error *err)
{
	int r = AM_OK;

	if (m->bytes)
		return len ? fn(user, m->bytes + at, (size_t)len, err) : AM_OK;
	uint8_t *buf = g_malloc(PIECE);
	while (len && !r) {
		size_t n = (size_t)MIN(len, (uint64_t)PIECE), got = 0;
		r = am_blob_read(m->raw, at, buf, n, &got, err);
		if (!r && got < n)
			r = fail_early(at + got, err);
		if (!r)
			r = fn(user, buf, n, err);
		at += n;
		len -= n;
	}
	g_free(buf);
	return r;
}

/* ---- base64 ---- */

struct decoding {
	struct am_making *m;
	GByteArray *memory; /* NULL: into the stash */
	struct am_error *err;
	int status;
};

static void take_decoded(void *user, const uint8_t *data, size_t len)
{
	struct decoding *d = user;

	if (d->memory)
		g_byte_array_append(d->memory, data, (guint)len);
	else if (!d->status)
		d->status = am_stash_write(&d->m->stash, data, len, d->err);
}

static int feed_probe(void *user, const uint8_t *data, size_t len,
                      struct am_error *err)
{
	struct decoding *d = user;

	(void)err;
	return am_base64_probe_feed(d->m->probe, data, len) ? d->status
	                                                    : AM_END;
}

/* AM_END: it is not base64 in any form. */
static int decode_exactly(struct decoding *d, size_t part, struct am_leaf *out)
{
	struct am_making *m = d->m;
	uint64_t decoded;

	if (!m->probe)
		m->probe = am_base64_probe_new(NULL, NULL);
	am_base64_probe_reset(m->probe, take_decoded, d);
	int r = each_piece(m, m->scan.parts[part].body,
	                   am_making_part_len(m, part), feed_probe, d, d->err);
	out->exact = !r && am_base64_probe_end(m->probe, &out->form, &decoded);
	out->base64 = true;
	return r ? r : d->status ? d->status : out->exact ? AM_OK : AM_END;
}

/* ---- anything ---- */

static int decode_leniently(struct decoding *d, size_t part)
{
	struct am_making *m = d->m;
	struct am_reader *from = NULL;
	const uint8_t *data;
	size_t len;
	int r = am_part_decoded(&from, m->raw, &m->scan, part, d->err);

	while (!r && !(r = am_reader_peek(from, 1, &data, &len, d->err))) {
		take_decoded(d, data, len);
		am_reader_skip(from, len);
		r = d->status;
	}
	am_reader_close(&from);
	return r == AM_END ? AM_OK : r;
}

bool am_leaf_is_encoded(const struct am_making *m, size_t part)
{
	enum am_encoding e = m->scan.parts[part].encoding;

	return e == AM_ENC_BASE64 || e == AM_ENC_QP || e == AM_ENC_UU;
}

int am_leaf_read(struct am_making *m, size_t part, struct am_leaf *out,
                 struct am_error *err)
{
	const struct am_part *p = &m->scan.parts[part];
	struct decoding d = {.m = m, .err = err};
	int r = AM_END;

	*out = (struct am_leaf){.exact = true};
	if (!am_leaf_is_encoded(m, part)) {
		out->len = (size_t)am_making_part_len(m, part);
		return am_making_bytes(m, p->body, out->len, &out->data, err);
	}
	d.memory = g_byte_array_new();
	if (p->encoding == AM_ENC_BASE64)
		r = decode_exactly(&d, part, out);
	if (r == AM_END) {
		out->exact = false;
		g_byte_array_set_size(d.memory, 0);
		r = decode_leniently(&d, part);
	}
	out->len = d.memory->len;
	out->data = (const uint8_t *)am_arena_strndup(
		m->arena, d.memory->len ? (const char *)d.memory->data : "",
		d.memory->len);
	g_byte_array_free(d.memory, TRUE);
	return r;
}

int am_leaf_stash(struct am_making *m, size_t part, struct am_leaf *out,
                  struct am_error *err)
{
	struct decoding d = {.m = m, .err = err};
	int r = AM_END;

	*out = (struct am_leaf){.at = m->stash.size};
	if (m->scan.parts[part].encoding == AM_ENC_BASE64)
		r = decode_exactly(&d, part, out);
	if (r != AM_END)
		return r;
	/* What the attempt left in the stash is nobody's. */
	out->at = m->stash.size;
	return decode_leniently(&d, part);
}

int am_leaf_feed(struct am_making *m, size_t part, struct am_recode *recode,
                 struct am_error *err)
{
	struct am_reader *from = NULL;
	const uint8_t *data;
	size_t len;
	int r = am_part_decoded(&from, m->raw, &m->scan, part, err);

	while (!r && !(r = am_reader_peek(from, 1, &data, &len, err))) {
		am_recode_feed(recode, (const char *)data, len);
		am_reader_skip(from, len);
	}
	am_reader_close(&from);
	return r == AM_END ? AM_OK : r;
}

/* ---- as it is ---- */

struct copying {
	struct am_stash *stash;
	bool crlf, after_cr;
};

static int copy_piece(void *user, const uint8_t *data, size_t len,
                      struct am_error *err)
{
	struct copying *c = user;
	int r = AM_OK;

	while (len && !r && c->crlf) {
		const uint8_t *lf = memchr(data, '\n', len);
		size_t n = lf ? (size_t)(lf - data) : len;
		if (n)
			c->after_cr = data[n - 1] == '\r';
		r = am_stash_write(c->stash, data, n, err);
		if (lf && !r)
			r = am_stash_write(c->stash,
			                   c->after_cr ? "\n" : "\r\n",
			                   c->after_cr ? 1 : 2, err);
		c->after_cr = c->after_cr && !lf;
		data += lf ? n + 1 : n;
		len -= lf ? n + 1 : n;
	}
	return r || !len ? r : am_stash_write(c->stash, data, len, err);
}

int am_making_stash(struct am_making *m, uint64_t at, uint64_t len, bool crlf,
                    struct am_error *err)
{
	struct copying c = {&m->stash, crlf, false};

	return each_piece(m, at, len, copy_piece, &c, err);
}

struct ends {
	bool lf, cr;
};

static int look_for_ends(void *user, const uint8_t *data, size_t len,
                         struct am_error *err)
{
	struct ends *e = user;

	(void)err;
	e->lf = e->lf || memchr(data, '\n', len);
	e->cr = memchr(data, '\r', len) != NULL;
	return e->cr ? AM_END : AM_OK;
}

int am_making_only_lf(struct am_making *m, uint64_t at, uint64_t len, bool *out,
                      struct am_error *err)
{
	struct ends e = {false, false};
	int r = each_piece(m, at, len, look_for_ends, &e, err);

	*out = e.lf && !e.cr;
	return r == AM_END ? AM_OK : r;
}
