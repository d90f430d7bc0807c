/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A message made acceptable: in two passes, one that looks what is wrong and
 * one that writes it anew into a spool.  Header blocks are held in memory
 * (bounded by am_limits.header_bytes), bodies stream.
 */
#include "formats/imap/mend.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/reader.h"
#include "formats/imap/mend_head.h"
#include "mime/scan.h"
#include "model/ctx.h"

#include <glib.h>

#include <assert.h>
#include <string.h>

#define FOLD_AT 76

/* What is wrong with it, as bits of the steps. */
#define BIT(step) (1u << (step))

struct mending {
	const struct am_blob *raw;
	struct am_ctx *ctx;
	struct am_limits limits;
	struct am_arena *arena;
	struct am_scan scan;
	unsigned found, wanted; /* bits */
	bool *long_part;        /* of each part: has a long line */
	struct am_spool *spool;
	bool after_cr; /* the last byte written was a CR */
	uint8_t last;  /* it was this one */
};

/* ---- looking ---- */

struct look {
	unsigned found;
	bool after_cr;
	uint64_t line;
	uint8_t last;
	bool long_line;
};

static void look_at(struct look *l, const uint8_t *p, size_t n, bool header)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t c = p[i];
		if (l->after_cr && c != '\n')
			l->found |= BIT(AM_IMAP_MEND_LONE_CR);
		l->after_cr = c == '\r';
		if (!c)
			l->found |= BIT(AM_IMAP_MEND_NUL);
		if (c >= 0x80 && header)
			l->found |= BIT(AM_IMAP_MEND_8BIT_HEADER);
		if (c == '\n' || c == '\r')
			l->line = 0;
		else if (++l->line > AM_IMAP_LINE_MOST)
			l->long_line = true;
		l->last = c;
	}
}

static int look_range(struct mending *m, struct look *l, uint64_t from,
                      uint64_t to, bool header, struct am_error *err)
{
	uint8_t buf[16384];
	size_t got;

	while (from < to) {
		size_t want = (size_t)MIN(sizeof buf, to - from);
		int r = am_blob_read(m->raw, from, buf, want, &got, err);
		if (r)
			return r;
		if (!got)
			break;
		look_at(l, buf, got, header);
		from += got;
	}
	return AM_OK;
}

static bool is_plain(const struct am_part *part)
{
	return part->encoding == AM_ENC_7BIT || part->encoding == AM_ENC_8BIT ||
	       part->encoding == AM_ENC_BINARY;
}

/* The message's own header: servers read no other. */
static int look_at_fields(struct mending *m, struct am_error *err)
{
	const struct am_part *root = m->scan.parts;
	size_t got;

	assert(root);
	size_t len = (size_t)(root->body - root->header);
	if (len > m->limits.header_bytes)
		return AM_OK;
	char *block = g_malloc(len + 1);
	int r = am_blob_read(m->raw, root->header, block, len, &got, err);
	if (!r &&
	    am_imap_head_is_odd(block, got, root->body < am_blob_size(m->raw)))
		m->found |= BIT(AM_IMAP_MEND_FIELDS);
	g_free(block);
	return r;
}

static int look(struct mending *m, struct am_error *err)
{
	struct look l = {0};
	uint64_t at = 0;
	int r = look_at_fields(m, err);

	m->long_part = am_arena_alloc(m->arena,
	                              m->scan.n_parts * sizeof *m->long_part);
	for (size_t i = 0; i < m->scan.n_parts && !r; i++) {
		const struct am_part *part = &m->scan.parts[i];
		/* Preambles, boundaries, epilogues. */
		if (part->header > at)
			r = look_range(m, &l, at, part->header, false, err);
		l.long_line = false;
		if (!r)
			r = look_range(m, &l, part->header, part->body, !i,
			               err);
		if (l.long_line)
			l.found |= BIT(AM_IMAP_MEND_LONG_LINES);
		l.long_line = false;
		at = part->body;
		if (!r && part->kind == AM_PART_LEAF) {
			r = look_range(m, &l, part->body, part->end, false,
			               err);
			at = part->end;
		}
		/* What is encoded otherwise cannot be broken. */
		m->long_part[i] =
			l.long_line &&
			(is_plain(part) || part->encoding == AM_ENC_BASE64);
		if (m->long_part[i])
			l.found |= BIT(AM_IMAP_MEND_LONG_LINES);
	}
	if (!r)
		r = look_range(m, &l, at, am_blob_size(m->raw), false, err);
	if (l.after_cr)
		l.found |= BIT(AM_IMAP_MEND_LONE_CR);
	/* An empty message becomes an empty line. */
	if (l.last != '\n')
		l.found |= BIT(AM_IMAP_MEND_END);
	m->found |= l.found;
	return r;
}

/* ---- writing ---- */

static bool does(const struct mending *m, enum am_imap_mending step)
{
	return m->wanted & m->found & BIT(step);
}

static int put_raw(struct mending *m, const void *data, size_t len,
                   struct am_error *err)
{
	if (!len)
		return AM_OK;
	m->last = ((const uint8_t *)data)[len - 1];
	return am_spool_write(m->spool, data, len, err);
}

/* Bytes as they are but for lone CRs and NULs, where they are mended. */
static int put(struct mending *m, const uint8_t *p, size_t n,
               struct am_error *err)
{
	bool cr = does(m, AM_IMAP_MEND_LONE_CR);
	bool nul = does(m, AM_IMAP_MEND_NUL);
	size_t from = 0;
	int r = AM_OK;

	if (!cr && !nul)
		return put_raw(m, p, n, err);
	for (size_t i = 0; i < n && !r; i++) {
		if (!p[i] && nul) {
			/* As if it had never been between CR and LF. */
			r = put_raw(m, p + from, i - from, err);
			from = i + 1;
			continue;
		}
		if (m->after_cr && p[i] != '\n' && cr) {
			/* The CR was held back: it was a line end. */
			r = put_raw(m, p + from, i - from, err);
			from = i;
			if (!r)
				r = put_raw(m, "\n", 1, err);
		}
		m->after_cr = p[i] == '\r';
	}
	return r ? r : put_raw(m, p + from, n - from, err);
}

static int put_range(struct mending *m, uint64_t from, uint64_t to,
                     struct am_error *err)
{
	uint8_t buf[16384];
	size_t got;

	while (from < to) {
		size_t want = (size_t)MIN(sizeof buf, to - from);
		int r = am_blob_read(m->raw, from, buf, want, &got, err);
		if (r || !got)
			return r;
		r = put(m, buf, got, err);
		if (r)
			return r;
		from += got;
	}
	return AM_OK;
}

/* A header block, in memory; `qp`: its body becomes quoted-printable. */
static int put_header(struct mending *m, size_t i, bool qp,
                      struct am_error *err)
{
	const struct am_part *part = &m->scan.parts[i];
	size_t len = (size_t)(part->body - part->header), got;
	unsigned what = 0;

	/* Servers look at the message's own header only. */
	if (does(m, AM_IMAP_MEND_8BIT_HEADER) && !i)
		what |= AM_IMAP_HEAD_WORDS;
	if (does(m, AM_IMAP_MEND_FIELDS) && !i)
		what |= AM_IMAP_HEAD_FIELDS;
	if (does(m, AM_IMAP_MEND_LONG_LINES))
		what |= AM_IMAP_HEAD_FOLD;
	if (qp)
		what |= AM_IMAP_HEAD_QP;
	if (!what || len > m->limits.header_bytes)
		return put_range(m, part->header, part->body, err);
	char *block = g_malloc(len + 1);
	int r = am_blob_read(m->raw, part->header, block, len, &got, err);
	if (!r) {
		GString *out = am_imap_head_mend(
			block, got, what, part->body < am_blob_size(m->raw));
		r = put(m, (const uint8_t *)out->str, out->len, err);
		g_string_free(out, TRUE);
	}
	g_free(block);
	return r;
}

/* Quoted-printable (RFC 2045 §6.7), a piece at a time. */
struct qp {
	GString *out;
	size_t column;
	int held; /* a blank or a CR that depends on what follows; -1: none */
};

static void qp_byte(struct qp *q, uint8_t c, bool escape)
{
	size_t width = escape ? 3 : 1;

	if (q->column + width > 75) {
		g_string_append(q->out, "=\r\n");
		q->column = 0;
	}
	if (escape)
		g_string_append_printf(q->out, "=%02X", c);
	else
		g_string_append_c(q->out, (char)c);
	q->column += width;
}

static void qp_held(struct qp *q, bool at_end)
{
	int c = q->held;

	q->held = -1;
	if (c >= 0)
		qp_byte(q, (uint8_t)c, at_end || c == '\r');
}

static void qp_put(struct qp *q, uint8_t c)
{
	if (c == '\n') {
		if (q->held == '\r')
			q->held = -1;
		qp_held(q, true);
		g_string_append(q->out, "\r\n");
		q->column = 0;
		return;
	}
	if (c == '\r' && q->held >= 0 && q->held != '\r') {
		/* A blank before CRLF: it ends the line either way. */
		qp_held(q, true);
		q->held = c;
		return;
	}
	qp_held(q, false);
	if (c == ' ' || c == '\t' || c == '\r')
		q->held = c;
	else
		qp_byte(q, c, c < ' ' || c > '~' || c == '=');
}

static int put_quoted(struct mending *m, uint64_t from, uint64_t to,
                      struct am_error *err)
{
	struct qp q = {.out = g_string_new(NULL), .held = -1};
	uint8_t buf[16384];
	size_t got;
	int r = AM_OK;

	while (from < to && !r) {
		size_t want = (size_t)MIN(sizeof buf, to - from);
		r = am_blob_read(m->raw, from, buf, want, &got, err);
		if (r || !got)
			break;
		g_string_truncate(q.out, 0);
		for (size_t i = 0; i < got; i++)
			qp_put(&q, buf[i]);
		r = put_raw(m, q.out->str, q.out->len, err);
		from += got;
	}
	g_string_truncate(q.out, 0);
	qp_held(&q, true);
	if (!r)
		r = put_raw(m, q.out->str, q.out->len, err);
	g_string_free(q.out, TRUE);
	return r;
}

/* Base64 has no lines of its own: only those that are too long are broken. */
static int put_wrapped(struct mending *m, uint64_t from, uint64_t to,
                       struct am_error *err)
{
	GString *out = g_string_new(NULL);
	uint8_t buf[16384];
	size_t got, column = 0;
	int r = AM_OK;

	while (from < to && !r) {
		size_t want = (size_t)MIN(sizeof buf, to - from);
		r = am_blob_read(m->raw, from, buf, want, &got, err);
		if (r || !got)
			break;
		g_string_truncate(out, 0);
		for (size_t i = 0; i < got; i++) {
			bool eol = buf[i] == '\n' || buf[i] == '\r';
			if (!eol && column == FOLD_AT) {
				g_string_append(out, "\r\n");
				column = 0;
			}
			g_string_append_c(out, (char)buf[i]);
			column = eol ? 0 : column + 1;
		}
		r = put(m, (const uint8_t *)out->str, out->len, err);
		from += got;
	}
	g_string_free(out, TRUE);
	return r;
}

static int put_body(struct mending *m, size_t i, bool qp, struct am_error *err)
{
	const struct am_part *part = &m->scan.parts[i];

	if (qp)
		return put_quoted(m, part->body, part->end, err);
	if (does(m, AM_IMAP_MEND_LONG_LINES) && m->long_part[i])
		return put_wrapped(m, part->body, part->end, err);
	return put_range(m, part->body, part->end, err);
}

static int write_parts(struct mending *m, struct am_error *err)
{
	uint64_t at = 0;
	int r = AM_OK;

	for (size_t i = 0; i < m->scan.n_parts && !r; i++) {
		const struct am_part *part = &m->scan.parts[i];
		bool qp = does(m, AM_IMAP_MEND_LONG_LINES) && m->long_part[i] &&
		          is_plain(part);
		if (part->header > at)
			r = put_range(m, at, part->header, err);
		if (!r)
			r = put_header(m, i, qp, err);
		at = part->body;
		if (r || part->kind != AM_PART_LEAF)
			continue;
		r = put_body(m, i, qp, err);
		at = part->end;
	}
	if (!r)
		r = put_range(m, at, am_blob_size(m->raw), err);
	if (!r && m->after_cr && does(m, AM_IMAP_MEND_LONE_CR))
		r = put_raw(m, "\n", 1, err);
	if (!r && m->last != '\n' && (m->wanted & m->found))
		r = put_raw(m, "\r\n", 2, err);
	return r;
}

static char *words_of(unsigned bits)
{
	static const char *const words[] = {
		[AM_IMAP_MEND_END] = "a line end added at its end",
		[AM_IMAP_MEND_LONE_CR] = "lone CRs made line ends",
		[AM_IMAP_MEND_NUL] = "NUL bytes left out",
		[AM_IMAP_MEND_8BIT_HEADER] = "8-bit header text encoded",
		[AM_IMAP_MEND_FIELDS] = "odd header lines set right",
		[AM_IMAP_MEND_LONG_LINES] = "long lines broken",
	};
	GString *text = g_string_new(NULL);

	for (size_t i = 1; i < AM_COUNT(words); i++)
		if (bits & BIT(i))
			g_string_append_printf(text, "%s%s",
			                       text->len ? ", " : "", words[i]);
	return g_string_free(text, FALSE);
}

int am_imap_mend(const struct am_blob *raw, enum am_imap_mending step,
                 struct am_ctx *ctx, struct am_blob **out, char **changed,
                 struct am_error *err)
{
	struct mending m = {
		.raw = raw,
		.ctx = ctx,
		.limits = am_limits_or_default(ctx ? &ctx->limits : NULL),
		.arena = am_arena_new(),
	};

	*out = NULL;
	*changed = NULL;
	for (unsigned i = 1; i <= (unsigned)step; i++)
		m.wanted |= BIT(i);
	int r = am_scan_message(&m.scan, raw, &m.limits, m.arena, err);
	if (!r)
		r = look(&m, err);
	if (!r && !(m.found & BIT(step)))
		r = AM_END;
	if (!r)
		r = am_spool_open(&m.spool, m.limits.spool_memory,
		                  am_ctx_tmpdir(ctx), err);
	if (!r)
		r = write_parts(&m, err);
	if (!r)
		r = am_spool_seal(&m.spool, out, err);
	if (!r)
		*changed = words_of(m.found & m.wanted);
	am_spool_drop(&m.spool);
	am_arena_free(&m.arena);
	return r;
}
