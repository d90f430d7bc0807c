/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A message taken apart (FORMAT.md, section 3, the recipe).
 *
 *   1  hash the raw bytes and look at the line ends
 *   2  let the scanner say where the parts are
 *   3  of each leaf: is it exactly base64?  else, is it large and binary?
 *   4  what lies between is text
 *
 * A message in memory is looked at in place.  One in a file is read through a
 * window, a few times over; if it is small, once into memory.
 *
 * Blobs inside a message that is stored in LF form are in LF form themselves,
 * like everything that a step gives: each LF of the whole becomes CRLF again.
 * In base64 it concerns the text only, so the attachment is what it is.
 */
#include "store/split.h"

#include "base/arena.h"
#include "base/blob.h"
#include "mime/base64_form.h"
#include "mime/overview.h"
#include "mime/scan.h"
#include "model/ctx.h"
#include "store/canon.h"

#include <glib.h>

#include <string.h>

enum {
	WINDOW = 256 * 1024,
	HASH_WINDOW = 64 * 1024, /* both forms of it stay in the cache */
	BASE64_LEAST = 256,      /* decoded: less is not worth a step */
	BLOB_LEAST = 64 * 1024,  /* of a part that is kept as it is */
	BOTH_MOST = 1024 * 1024  /* of a message whose LF form is made whole */
};

struct splitter {
	struct am_split *split;
	const struct am_blob *raw;
	const uint8_t *bytes; /* of raw, when they are in memory */
	uint8_t *window;      /* when they are not */
	struct am_base64_probe *probe;
	struct am_sha256 *sha;
	struct am_step
		*steps; /* in the split's arena, and where each is from */
	struct am_split_source *from;
	size_t n_steps, room;
	uint64_t done;       /* raw bytes that steps account for */
	const uint8_t *hash; /* of a message without CR; NULL: to be found */
	bool facts;          /* that is all */
};

/* Made when first needed: most messages have nothing but text. */
static struct am_sha256 *sha_of(struct splitter *s)
{
	if (!s->sha)
		s->sha = am_sha256_new();
	return s->sha;
}

typedef bool piece_fn(void *user, const uint8_t *data, size_t len);

/* Hand a range of the raw bytes to fn, until it says no. */
static int each_piece(struct splitter *s, uint64_t at, uint64_t len,
                      piece_fn *fn, void *user, struct am_error *err)
{
	if (s->bytes) {
		(void)fn(user, s->bytes + at, (size_t)len);
		return AM_OK;
	}
	if (!s->window)
		s->window = g_malloc(WINDOW);
	while (len) {
		size_t want = len < WINDOW ? (size_t)len : WINDOW;
		size_t got;
		int r = am_blob_read(s->raw, at, s->window, want, &got, err);
		if (r)
			return r;
		if (got < want)
			return am_fail(err, AM_FAILED, AM_E_IO,
			               "the message ends early, at %" PRIu64,
			               at + got);
		if (!fn(user, s->window, want))
			return AM_OK;
		at += want;
		len -= want;
	}
	return AM_OK;
}

/* ---- 1: hashes and line ends ---- */

struct both_forms {
	struct am_sha256_pair *hashes; /* raw, and with its CRLFs made LF */
	struct am_canon_count count;
	bool lf;       /* the second runs along */
	bool raw_done; /* and alone */
	uint64_t seen;
	uint8_t *buf;
};

/* The second hash runs along from the first window if there is a CRLF in it, as
 * there is in nearly all mail that has one at all. */
static void hash_window(struct both_forms *f, const uint8_t *data, size_t len)
{
	struct am_piece forms[2] = {{data, f->raw_done ? 0 : len}, {f->buf, 0}};

	if (!f->seen)
		f->lf |= memmem(data, len, "\r\n", 2) != NULL;
	if (f->lf)
		forms[1].len =
			am_canon_count_to_lf(&f->count, f->buf, data, len);
	else
		am_canon_count(&f->count, data, len);
	am_sha256_pair_update(f->hashes, forms);
	f->seen += len;
}

static bool hash_piece(void *user, const uint8_t *data, size_t len)
{
	while (len) {
		size_t n = len < HASH_WINDOW ? len : HASH_WINDOW;
		hash_window(user, data, n);
		data += n;
		len -= n;
	}
	return true;
}

/* Both forms side by side, which takes hardly longer than one. */
static void hash_both(struct splitter *s, struct am_canon_count *count)
{
	struct am_split *split = s->split;
	size_t size = (size_t)split->size;
	uint8_t *lf = g_malloc(size + 1), hashes[2][AM_SHA256_LEN];

	*count = (struct am_canon_count){0};
	size_t len = am_canon_count_to_lf(count, lf, s->bytes, size);
	if (count->cr)
		lf[len++] = '\r';
	split->eol = am_canon_class(count);
	const struct am_piece forms[2] = {{s->bytes, size}, {lf, len}};
	size_t n = count->n_crlf ? 2 : 1;
	am_sha256_many(forms, n, hashes);
	memcpy(split->hash, hashes[0], AM_SHA256_LEN);
	memcpy(split->hash_lf, hashes[n - 1], AM_SHA256_LEN);
	g_free(lf);
}

static int hash_message(struct splitter *s, struct am_canon_count *count,
                        struct am_error *err)
{
	struct am_split *split = s->split;

	/* The common road: in memory, without a CR anywhere. */
	if (s->hash ||
	    (s->bytes && !memchr(s->bytes, '\r', (size_t)split->size))) {
		if (s->hash)
			memcpy(split->hash, s->hash, AM_SHA256_LEN);
		else
			am_sha256(s->bytes, (size_t)split->size, split->hash);
		memcpy(split->hash_lf, split->hash, AM_SHA256_LEN);
		*count = (struct am_canon_count){0};
		return AM_OK;
	}
	if (s->bytes && split->size <= BOTH_MOST) {
		hash_both(s, count);
		return AM_OK;
	}
	struct both_forms f = {.hashes = am_sha256_pair_new(),
	                       .buf = g_malloc(HASH_WINDOW + 1)};
	const struct am_piece last[2] = {{NULL, 0}, {(const uint8_t *)"\r", 1}};
	uint8_t hashes[2][AM_SHA256_LEN];
	int r = each_piece(s, 0, split->size, hash_piece, &f, err);
	/* It came late: once more from the beginning. */
	if (!r && !f.lf && f.count.n_crlf) {
		f.raw_done = f.lf = true;
		f.count = (struct am_canon_count){0};
		r = each_piece(s, 0, split->size, hash_piece, &f, err);
	}
	if (f.lf && f.count.cr)
		am_sha256_pair_update(f.hashes, last);
	am_sha256_pair_end(&f.hashes, hashes);
	memcpy(split->hash, hashes[0], AM_SHA256_LEN);
	memcpy(split->hash_lf, hashes[f.lf], AM_SHA256_LEN);
	split->eol = am_canon_class(&f.count);
	*count = f.count;
	g_free(f.buf);
	return r;
}

/* ---- steps ---- */

struct measure {
	bool to_lf, cr;
	uint8_t *buf;
	uint64_t len;
	uint32_t crc;          /* when a CRC is wanted */
	struct am_sha256 *sha; /* when a hash is */
};

static bool measure_piece(void *user, const uint8_t *data, size_t len)
{
	struct measure *m = user;

	while (len) {
		size_t n = len < WINDOW ? len : WINDOW, out = n;
		const uint8_t *stored = data;
		if (m->to_lf) {
			out = am_canon_to_lf(m->buf, data, n, &m->cr);
			stored = m->buf;
		}
		m->len += out;
		if (m->sha)
			am_sha256_update(m->sha, stored, out);
		else
			m->crc = am_crc32(m->crc, stored, out);
		data += n;
		len -= n;
	}
	return true;
}

/* Length and checksum of the stored bytes of a range. */
static int measure(struct splitter *s, uint64_t at, uint64_t len,
                   struct measure *m, struct am_error *err)
{
	m->to_lf = s->split->eol == AM_EOL_CRLF_FROM_LF;
	if (m->to_lf)
		m->buf = g_malloc(WINDOW + 1);
	int r = each_piece(s, at, len, measure_piece, m, err);
	if (m->cr) {
		m->cr = false;
		if (m->sha)
			am_sha256_update(m->sha, "\r", 1);
		else
			m->crc = am_crc32(m->crc, "\r", 1);
		m->len++;
	}
	g_free(m->buf);
	m->buf = NULL;
	return r;
}

static void *grow(struct am_arena *arena, const void *old, size_t n,
                  size_t room, size_t size)
{
	void *bigger = am_arena_alloc(arena, room * size);

	if (n)
		memcpy(bigger, old, n * size);
	return bigger;
}

static void add_step(struct splitter *s, const struct am_step *step,
                     uint64_t at, uint64_t len, uint32_t crc)
{
	if (s->n_steps == s->room) {
		struct am_arena *arena = s->split->arena;
		s->room = s->room ? s->room * 2 : 2;
		s->steps = grow(arena, s->steps, s->n_steps, s->room,
		                sizeof *s->steps);
		s->from = grow(arena, s->from, s->n_steps, s->room,
		               sizeof *s->from);
	}
	s->steps[s->n_steps] = *step;
	s->from[s->n_steps++] = (struct am_split_source){at, len, crc};
	s->done = at + len;
}

static int add_text(struct splitter *s, uint64_t to, struct am_error *err)
{
	struct am_step step = {.kind = AM_STEP_TEXT, .len = to - s->done};
	struct am_canon_count count = {0};
	struct measure m = {0};

	if (to == s->done)
		return AM_OK;
	if (!s->bytes) {
		int r = measure(s, s->done, to - s->done, &m, err);
		if (r)
			return r;
		step.len = m.len;
	} else if (s->split->eol == AM_EOL_CRLF_FROM_LF) {
		/* Each of its LFs has a CR, and steps do not cut CRLFs. */
		am_canon_count(&count, s->bytes + s->done, (size_t)step.len);
		step.len -= count.n_lf;
	}
	add_step(s, &step, s->done, to - s->done, m.crc);
	return AM_OK;
}

/* ---- 3: one leaf ---- */

static void hash_decoded(void *user, const uint8_t *data, size_t len)
{
	am_sha256_update(user, data, len);
}

static bool probe_piece(void *user, const uint8_t *data, size_t len)
{
	return am_base64_probe_feed(user, data, len);
}

/* AM_OK and a step, or AM_END: not exactly base64, or not worth it. */
static int try_base64(struct splitter *s, const struct am_part *part,
                      struct am_step *step, struct am_error *err)
{
	uint64_t len = part->end - part->body;
	uint64_t most =
		!strncmp(part->type, "text/", 5) ? AM_TEXT_MAX : AM_INLINE_MAX;
	bool maybe_blob = len / 4 * 3 > most;

	if (len / 4 * 3 < BASE64_LEAST)
		return AM_END;
	if (!s->probe)
		s->probe = am_base64_probe_new(NULL, NULL);
	am_base64_probe_reset(s->probe, maybe_blob ? hash_decoded : NULL,
	                      maybe_blob ? sha_of(s) : NULL);
	int r = each_piece(s, part->body, len, probe_piece, s->probe, err);
	*step = (struct am_step){.kind = AM_STEP_BASE64};
	bool exact =
		!r && am_base64_probe_end(s->probe, &step->form, &step->len);
	/* In any case: leaves the hash as new for the next part. */
	if (maybe_blob)
		am_sha256_final(s->sha, step->hash);
	if (r)
		return r;
	if (!exact || step->len < BASE64_LEAST)
		return AM_END;
	if (step->len > most)
		step->kind = AM_STEP_BLOB_BASE64;
	else
		memset(step->hash, 0, sizeof step->hash);
	if (s->split->eol == AM_EOL_CRLF_FROM_LF)
		step->form.crlf = false;
	return AM_OK;
}

static int as_blob(struct splitter *s, const struct am_part *part,
                   struct am_step *step, struct am_error *err)
{
	uint64_t len = part->end - part->body;
	struct measure m = {0};

	if (len < BLOB_LEAST || !strncmp(part->type, "text/", 5))
		return AM_END;
	m.sha = sha_of(s);
	int r = measure(s, part->body, len, &m, err);
	*step = (struct am_step){.kind = AM_STEP_BLOB, .len = m.len};
	am_sha256_final(s->sha, step->hash);
	return r;
}

/* Does this place lie between the CR and the LF of one line end? */
static int cuts_crlf(struct splitter *s, uint64_t at, bool *out,
                     struct am_error *err)
{
	uint8_t pair[2];
	size_t got;

	*out = false;
	if (s->split->eol != AM_EOL_CRLF_FROM_LF || !at || at >= s->split->size)
		return AM_OK;
	int r = am_blob_read(s->raw, at - 1, pair, sizeof pair, &got, err);
	*out = !r && got == sizeof pair && pair[0] == '\r' && pair[1] == '\n';
	return r;
}

static int take_leaf(struct splitter *s, const struct am_part *part,
                     struct am_error *err)
{
	struct am_step step;
	bool cut_front, cut_end;

	int r = cuts_crlf(s, part->body, &cut_front, err);
	if (!r)
		r = cuts_crlf(s, part->end, &cut_end, err);
	if (r)
		return r;
	if (cut_front || cut_end)
		return AM_OK;
	r = AM_END;
	if (part->encoding == AM_ENC_BASE64)
		r = try_base64(s, part, &step, err);
	if (r == AM_END)
		r = as_blob(s, part, &step, err);
	if (r == AM_END)
		return AM_OK;
	if (!r)
		r = add_text(s, part->body, err);
	if (!r)
		add_step(s, &step, part->body, part->end - part->body, 0);
	return r;
}

/* Do the steps give as many bytes as there are?  They do; but what is stored
 * for decades is worth a sum. */
static bool adds_up(const struct splitter *s, uint64_t stored)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < s->n_steps; i++) {
		const struct am_step *step = &s->steps[i];
		uint64_t len = step->len;
		if (step->kind == AM_STEP_BASE64 ||
		    step->kind == AM_STEP_BLOB_BASE64)
			if (!am_base64_text_len(&step->form, step->len, &len))
				return false;
		sum += len;
	}
	return sum == stored;
}

static int make_steps(struct splitter *s, const struct am_scan *scan,
                      uint64_t stored, struct am_error *err)
{
	int r = AM_OK;

	for (size_t i = 0; i < scan->n_parts && !r; i++) {
		const struct am_part *part = &scan->parts[i];
		/* Depth first, so in order; a part that is not is left. */
		if (part->kind == AM_PART_LEAF && part->body >= s->done &&
		    part->end >= part->body && part->end <= s->split->size)
			r = take_leaf(s, part, err);
	}
	if (!r)
		r = add_text(s, s->split->size, err);
	if (!r && !adds_up(s, stored)) {
		s->n_steps = 0;
		s->done = 0;
		r = add_text(s, s->split->size, err);
	}
	return r;
}

/* ---- the whole ---- */

/* A small message in a file: now is the time to read it, once. */
static int hold(struct splitter *s, size_t most, struct am_error *err)
{
	uint64_t size = am_blob_size(s->raw);
	size_t got;

	s->bytes = am_blob_bytes(s->raw);
	if (s->bytes || size > most)
		return AM_OK;
	uint8_t *data = g_malloc((size_t)size + 1);
	int r = am_blob_read(s->raw, 0, data, (size_t)size, &got, err);
	if (!r && got < size)
		r = am_fail(err, AM_FAILED, AM_E_IO,
		            "the message ends early, at %zu", got);
	if (r) {
		g_free(data);
		return r;
	}
	r = am_blob_take(&s->split->held, data, got, err);
	if (!r) {
		s->raw = s->split->held;
		s->bytes = am_blob_bytes(s->raw);
	}
	return r;
}

static int split_message(struct splitter *s, const struct am_limits *limits,
                         struct am_error *err)
{
	struct am_split *split = s->split;
	struct am_limits walls = am_limits_or_default(limits);
	struct am_overview *overview =
		am_arena_alloc(split->arena, sizeof *overview);
	struct am_canon_count count;
	struct am_scan scan;

	int r = hold(s, walls.spool_memory, err);
	if (!r)
		r = hash_message(s, &count, err);
	if (!r)
		r = am_scan_message(&scan, s->raw, &walls, split->arena, err);
	if (!r)
		r = am_overview_read(overview, s->raw, &scan, &walls,
		                     split->arena, err);
	if (r)
		return r;
	split->overview = overview;
	if (s->facts)
		return AM_OK;
	uint64_t stored = split->size;
	if (split->eol == AM_EOL_CRLF_FROM_LF)
		stored -= count.n_crlf;
	r = make_steps(s, &scan, stored, err);
	split->recipe.n_steps = s->n_steps;
	split->recipe.steps = s->steps;
	split->from = s->from;
	return r;
}

int am_split_message(struct am_split **out, const struct am_blob *raw,
                     const struct am_limits *limits, struct am_error *err)
{
	return am_split_hashed(out, raw, NULL, limits, err);
}

static int split_with(struct splitter *s, struct am_split **out,
                      const struct am_limits *limits, struct am_error *err)
{
	struct am_arena *arena = am_arena_new();
	struct am_split *split = am_arena_alloc(arena, sizeof *split);

	s->split = split;
	split->arena = arena;
	split->size = am_blob_size(s->raw);
	int r = split_message(s, limits, err);
	am_base64_probe_free(&s->probe);
	am_sha256_free(&s->sha);
	g_free(s->window);
	if (r)
		am_split_free(&split);
	*out = split;
	return r;
}

int am_split_hashed(struct am_split **out, const struct am_blob *raw,
                    const uint8_t hash[AM_SHA256_LEN],
                    const struct am_limits *limits, struct am_error *err)
{
	struct splitter s = {.raw = raw, .hash = hash};

	return split_with(&s, out, limits, err);
}

int am_split_facts(struct am_split **out, const struct am_blob *raw,
                   const uint8_t hash[AM_SHA256_LEN],
                   const struct am_limits *limits, struct am_error *err)
{
	struct splitter s = {.raw = raw, .hash = hash, .facts = true};

	return split_with(&s, out, limits, err);
}

void am_split_free(struct am_split **split)
{
	struct am_split *s = *split;

	*split = NULL;
	if (!s)
		return;
	am_blob_unref(&s->held);
	/* It lies in there itself. */
	struct am_arena *arena = s->arena;
	am_arena_free(&arena);
}
