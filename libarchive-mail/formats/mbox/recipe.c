/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/recipe.h"

#include "base/blob.h"
#include "base/bytes.h"
#include "formats/mbox/state_headers.h"

#include <glib.h>

#include <string.h>

#define BIT_CR 8
#define CHUNK  (256 * 1024)

static void put_varint(GByteArray *to, uint64_t v)
{
	uint8_t buf[10];
	g_byte_array_append(to, buf, (guint)am_put_varint(buf, v));
}

int am_mbox_recipe_encode(uint8_t **out, size_t *out_len,
                          enum am_mbox_quote quote, uint8_t eol,
                          const struct am_mbox_gap *gaps, size_t n_gaps,
                          struct am_error *err)
{
	*out = NULL;
	*out_len = 0;
	if (quote == AM_MBOX_QUOTE_NONE && !n_gaps)
		return AM_OK;
	GByteArray *to = g_byte_array_new();
	uint8_t first = (uint8_t)(quote | (eol == '\r' ? BIT_CR : 0));
	uint64_t at = 0;
	g_byte_array_append(to, &first, 1);
	for (size_t i = 0; i < n_gaps; i++) {
		if (gaps[i].len > AM_MBOX_RECIPE_MAX ||
		    to->len > AM_MBOX_RECIPE_MAX)
			break;
		put_varint(to, gaps[i].at - at);
		put_varint(to, gaps[i].len);
		g_byte_array_append(to, gaps[i].bytes, (guint)gaps[i].len);
		at = gaps[i].at + gaps[i].len;
		if (i + 1 == n_gaps && to->len <= AM_MBOX_RECIPE_MAX)
			goto done;
	}
	if (n_gaps) {
		g_byte_array_free(to, TRUE);
		return am_fail(err, AM_FAILED, AM_E_LIMIT,
		               "too much to put back for a recipe");
	}
done:
	*out_len = to->len;
	*out = g_byte_array_free(to, FALSE);
	return AM_OK;
}

static int emit(struct am_mbox_out *out, const uint8_t *data, size_t len,
                struct am_error *err)
{
	if (!out || !len)
		return AM_OK;
	return out->write(out->user, data, len, err);
}

/* Quote the lines of buf[history, upto); what a line is may depend on the
 * bytes before and, for the word itself, behind. */
static int quote_piece(const uint8_t *buf, size_t history, size_t upto,
                       size_t len, bool starts, enum am_mbox_quote quote,
                       uint8_t eol, struct am_mbox_out *out,
                       struct am_mbox_found *seen, struct am_error *err)
{
	bool wide = quote == AM_MBOX_QUOTE_BACKUP;
	const uint8_t *at = buf + history, *from = at, *found;
	const uint8_t *end = buf + len;
	const uint8_t *find = at;
	while ((found = am_mbox_find(find, end, wide))) {
		find = found + 4;
		int depth = am_mbox_depth(found, buf, starts, eol);
		seen->after_nul |= found > buf && !found[-1];
		if (!am_mbox_quote_wanted(quote, depth))
			continue;
		const uint8_t *line = found - depth;
		/* imap-backup leaves the first line alone. */
		if (wide && starts && line == buf)
			continue;
		if (line < buf + history || line >= buf + upto)
			continue; /* of the piece before, or of the next */
		int r = emit(out, from, (size_t)(line - from), err);
		if (!r)
			r = emit(out, (const uint8_t *)">", 1, err);
		if (r)
			return r;
		from = line;
		seen->added++;
	}
	return emit(out, from, (size_t)(buf + upto - from), err);
}

int am_mbox_quote_blob(const struct am_blob *raw, uint64_t from, uint64_t to,
                       enum am_mbox_quote quote, uint8_t eol,
                       struct am_mbox_out *out, struct am_mbox_found *found,
                       struct am_error *err)
{
	/* The longest that a line's beginning can need before the word. */
	const size_t reach = AM_MBOX_QUOTE_MAX + 8;
	const uint8_t *whole = am_blob_bytes(raw);
	struct am_mbox_found seen = {0};
	uint8_t *buf = NULL;
	int r = AM_OK;
	if (whole) {
		/* Only lines of the range: a line that began before it is
		 * seen whole because the search starts at the front. */
		r = quote_piece(whole, (size_t)from, (size_t)to, (size_t)to,
		                true, quote, eol, out, &seen, err);
		goto out;
	}
	buf = g_malloc(CHUNK);
	uint64_t at = from;
	while (at < to && !r) {
		/* [at - history, at): looked back at; [upto, …): ahead. */
		size_t history = (size_t)MIN(at, reach);
		uint64_t base = at - history;
		size_t want = (size_t)MIN(to - base, CHUNK), got;
		r = am_blob_read(raw, base, buf, want, &got, err);
		if (!r && got < want)
			r = am_fail(err, AM_FAILED, AM_E_IO,
			            "message is shorter than it was");
		if (r)
			break;
		size_t upto = base + got == to ? got : got - reach;
		r = quote_piece(buf, history, upto, got, base == 0, quote, eol,
		                out, &seen, err);
		at = base + upto;
	}
out:
	g_free(buf);
	if (found)
		*found = seen;
	return r;
}

/* Splices insertions into a stream that passes through. */
struct splice {
	struct am_cursor recipe;
	struct am_mbox_out *out;
	uint64_t copy; /* bytes until the next insertion */
	const uint8_t *bytes;
	uint64_t len;
	bool more;
};

static bool next_insertion(struct splice *s)
{
	s->more = am_cursor_left(&s->recipe) > 0;
	if (!s->more)
		return true;
	s->copy = am_get_varint(&s->recipe);
	s->len = am_get_varint(&s->recipe);
	s->bytes = am_get_bytes(&s->recipe, s->len);
	return !s->recipe.bad;
}

static int bad_recipe(struct am_error *err)
{
	return am_fail(err, AM_FAILED, AM_E_FORMAT,
	               "recipe of a message does not fit it");
}

/* Write the insertions that are due. */
static int insert(struct splice *s, struct am_error *err)
{
	while (s->more && !s->copy) {
		int r = emit(s->out, s->bytes, (size_t)s->len, err);
		if (r)
			return r;
		if (!next_insertion(s))
			return bad_recipe(err);
	}
	return AM_OK;
}

static int splice_write(void *user, const void *data, size_t len,
                        struct am_error *err)
{
	struct splice *s = user;
	const uint8_t *p = data;
	int r = AM_OK;
	while (len && !r) {
		r = insert(s, err);
		if (r)
			break;
		size_t n = s->more && s->copy < len ? (size_t)s->copy : len;
		r = emit(s->out, p, n, err);
		p += n;
		len -= n;
		if (s->more)
			s->copy -= n;
	}
	return r;
}

int am_mbox_recipe_apply(const uint8_t *recipe, size_t len,
                         const struct am_blob *raw, struct am_mbox_out *out,
                         struct am_error *err)
{
	struct splice s = {.recipe = am_cursor(recipe, len), .out = out};
	struct am_mbox_out through = {splice_write, &s};
	uint8_t first = am_get_u8(&s.recipe);
	if (s.recipe.bad || (first & ~15u) || (first & 7) > 3 ||
	    !next_insertion(&s))
		return bad_recipe(err);
	int r = am_mbox_quote_blob(
		raw, 0, am_blob_size(raw), (enum am_mbox_quote)(first & 7),
		first & BIT_CR ? '\r' : '\n', &through, NULL, err);
	if (r)
		return r;
	r = insert(&s, err); /* what stands at the very end */
	if (r)
		return r;
	return s.more ? bad_recipe(err) : AM_OK;
}
