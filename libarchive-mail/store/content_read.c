/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A message put together again (FORMAT.md, section 5).  What comes out is never
 * more than the message's size and is believed only when its hash is right, so
 * a recipe may say what it likes.
 */
#include "store/content.h"

#include "base/blob.h"
#include "base/bytes.h"
#include "mime/base64_form.h"
#include "store/canon.h"

#include <glib.h>

#include <string.h>

/* Blocks kept unpacked: so many, or so many bytes. */
enum { CACHE_BLOCKS = 8, CACHE_BYTES = 8 * 1024 * 1024 };
enum { PIECE = 16 * 1024 };

struct cached_block {
	uint64_t number; /* 0: free */
	uint8_t *data;
	size_t len;
	size_t have;   /* bytes of it that are unpacked */
	char *damage;  /* why there will be no more of it, or NULL */
	uint64_t used; /* the reader's clock when it last was */
};

struct am_content_reader {
	struct am_log *log;
	const struct am_content_index *index;
	struct am_limits limits;
	char *tmpdir;
	struct am_coder *coder;
	struct cached_block cache[CACHE_BLOCKS];
	size_t cached; /* bytes */
	uint64_t clock;
	struct am_sha256 *sha; /* NULL: hash_of() was not asked yet */
	uint8_t scratch[PIECE * 2];
	uint8_t text[PIECE * 2 + 64];
};

int am_content_reader_new(struct am_content_reader **out, struct am_log *log,
                          const struct am_content_index *index,
                          const struct am_limits *limits, const char *tmpdir,
                          struct am_error *err)
{
	struct am_content_reader *r = g_new0(struct am_content_reader, 1);

	(void)err;
	r->log = log;
	r->index = index;
	r->limits = am_limits_or_default(limits);
	r->tmpdir = g_strdup(tmpdir);
	r->coder = am_coder_new();
	*out = r;
	return AM_OK;
}

void am_content_reader_free(struct am_content_reader **reader)
{
	struct am_content_reader *r = *reader;

	*reader = NULL;
	if (!r)
		return;
	for (size_t i = 0; i < CACHE_BLOCKS; i++) {
		g_free(r->cache[i].data);
		g_free(r->cache[i].damage);
	}
	am_sha256_free(&r->sha);
	am_coder_free(&r->coder);
	g_free(r->tmpdir);
	g_free(r);
}

/* The first digest costs OpenSSL milliseconds, and who opens an archive may
 * only want to search it. */
static struct am_sha256 *hash_of(struct am_content_reader *r)
{
	if (!r->sha)
		r->sha = am_sha256_new();
	return r->sha;
}

/* ---- blocks ---- */

static void drop_cached(struct am_content_reader *r, struct cached_block *b)
{
	r->cached -= b->len;
	g_free(b->data);
	g_free(b->damage);
	*b = (struct cached_block){0};
}

/* A free place that leaves room for len bytes; the longest unused goes. */
static struct cached_block *make_room(struct am_content_reader *r, size_t len)
{
	for (;;) {
		struct cached_block *oldest = &r->cache[0], *empty = NULL;
		for (size_t i = 0; i < CACHE_BLOCKS; i++) {
			struct cached_block *b = &r->cache[i];
			if (!b->number)
				empty = b;
			else if (!oldest->number || b->used < oldest->used)
				oldest = b;
		}
		if (empty && (!r->cached || r->cached + len <= CACHE_BYTES))
			return empty;
		drop_cached(r, oldest);
	}
}

/* Unpacked up to `want` at least: one message of a block, at random, needs
 * half of it on average. */
static int load_block(struct am_content_reader *r, uint64_t number, size_t want,
                      struct cached_block **out, struct am_error *err)
{
	uint8_t prefix[AM_BLOB_PREFIX];
	struct am_record rec;
	uint64_t pos;
	uint8_t *data;
	size_t have;

	int s = r->index->find_block(r->index->user, number, &pos, err);
	if (s == AM_END)
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "block %" PRIu64 " is not in the archive",
		               number);
	if (!s)
		s = am_log_header(r->log, pos, &rec, err);
	if (s)
		return s;
	if (rec.type != AM_REC_BLOCK || rec.id != number)
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "block %" PRIu64 " is not at %" PRIu64, number,
		               pos);
	struct am_error why;
	char *damage = NULL;
	s = am_log_unpack_some(r->log, r->coder, &rec, want, &data, &have,
	                       prefix, &why);
	/* A message has its hash to prove it: those before the damage are as
	 * good as ever, and some behind it. */
	if (s == AM_FAILED && why.kind == AM_E_CORRUPT) {
		damage = g_strdup(why.text);
		s = am_log_salvage(r->log, r->coder, &rec, &data, &have, &why);
	}
	if (s) {
		g_free(damage);
		if (err)
			*err = why;
		return s;
	}
	struct cached_block *b = make_room(r, (size_t)rec.raw_len);
	*b = (struct cached_block){
		.number = number,
		.data = data,
		.len = (size_t)rec.raw_len,
		.have = have,
		.damage = damage,
	};
	r->cached += b->len;
	*out = b;
	return AM_OK;
}

static int get_block(struct am_content_reader *r, uint64_t number, size_t want,
                     struct cached_block **out, struct am_error *err)
{
	*out = NULL;
	for (size_t i = 0; i < CACHE_BLOCKS && number; i++)
		if (r->cache[i].number == number)
			*out = &r->cache[i];
	/* Asked for more of it: who reads on will want the whole. */
	if (*out && !(*out)->damage && (*out)->have < MIN(want, (*out)->len)) {
		drop_cached(r, *out);
		*out = NULL;
		want = SIZE_MAX;
	}
	if (!*out) {
		int s = load_block(r, number, want, out, err);
		if (s)
			return s;
	}
	(*out)->used = ++r->clock;
	if ((*out)->damage && (*out)->have < MIN(want, (*out)->len))
		return am_fail(err, AM_FAILED, AM_E_CORRUPT, "%s",
		               (*out)->damage);
	return AM_OK;
}

/* ---- what comes out ---- */

struct output {
	struct am_content_reader *reader;
	enum am_eol_class eol;
	uint64_t size, done;
	uint8_t *memory;        /* small messages */
	struct am_spool *spool; /* large ones; neither: only to be hashed */
};

static int put_raw(struct output *o, const uint8_t *data, size_t len,
                   struct am_error *err)
{
	if (len > o->size - o->done)
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "a stored message is longer than it was");
	if (len && o->memory)
		memcpy(o->memory + o->done, data, len);
	o->done += len;
	am_sha256_update(hash_of(o->reader), data, len);
	return o->spool ? am_spool_write(o->spool, data, len, err) : AM_OK;
}

static int put(struct output *o, const uint8_t *data, size_t len,
               struct am_error *err)
{
	if (o->eol == AM_EOL_AS_IS)
		return put_raw(o, data, len, err);
	while (len) {
		size_t n = len < PIECE ? len : PIECE;
		size_t out = am_canon_to_crlf(o->reader->scratch, data, n);
		int s = put_raw(o, o->reader->scratch, out, err);
		if (s)
			return s;
		data += n;
		len -= n;
	}
	return AM_OK;
}

static int put_encoded(struct output *o, struct am_base64_encoder *encoder,
                       const uint8_t *data, size_t len, struct am_error *err)
{
	uint8_t *text = o->reader->text;

	while (len) {
		/* Lines of four characters are the worst: half as much again
		 * and twice for CRLF. */
		size_t n = len < PIECE / 2 ? len : PIECE / 2;
		size_t out = am_base64_encode(encoder, text, data, n);
		int s = put(o, text, out, err);
		if (s)
			return s;
		data += n;
		len -= n;
	}
	return AM_OK;
}

/* Line ends before or behind a base64 text: any number may be claimed. */
static int put_line_ends(struct output *o, const struct am_base64_form *form,
                         uint32_t n, struct am_error *err)
{
	const uint8_t *end = (const uint8_t *)(form->crlf ? "\r\n" : "\n");
	int s = AM_OK;

	while (n-- && !s)
		s = put(o, end, form->crlf ? 2 : 1, err);
	return s;
}

/* ---- the steps ---- */

struct skeleton {
	const struct am_recipe *recipe;
	size_t extent;
	uint32_t done; /* of the present extent */
};

static int next_skeleton(struct am_content_reader *r, struct skeleton *k,
                         uint64_t want, const uint8_t **data, size_t *len,
                         struct am_error *err)
{
	struct cached_block *block;

	while (k->extent < k->recipe->n_extents &&
	       k->done == k->recipe->extents[k->extent].len) {
		k->extent++;
		k->done = 0;
	}
	if (k->extent == k->recipe->n_extents)
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "a recipe asks for more text than there is");
	const struct am_extent *e = &k->recipe->extents[k->extent];
	int s = get_block(r, e->block, (size_t)e->offset + e->len, &block, err);
	if (s)
		return s;
	if (e->offset > block->len || e->len > block->len - e->offset)
		return am_fail(
			err, AM_FAILED, AM_E_CORRUPT,
			"a recipe reaches past the end of block %" PRIu64,
			e->block);
	*data = block->data + e->offset + k->done;
	*len = e->len - k->done;
	if (*len > want)
		*len = (size_t)want;
	k->done += (uint32_t)*len;
	return AM_OK;
}

/* encoder NULL: as it is. */
static int put_inline(struct output *o, struct skeleton *k, uint64_t left,
                      struct am_base64_encoder *encoder, struct am_error *err)
{
	const uint8_t *data = NULL;
	size_t len = 0;

	while (left) {
		int s = next_skeleton(o->reader, k, left, &data, &len, err);
		if (!s && encoder)
			s = put_encoded(o, encoder, data, len, err);
		else if (!s)
			s = put(o, data, len, err);
		if (s)
			return s;
		left -= len;
	}
	return AM_OK;
}

static int fail_blob(const uint8_t hash[AM_SHA256_LEN], const char *why,
                     struct am_error *err)
{
	char hex[17];

	am_hex(hash, 8, hex);
	return am_fail(err, AM_FAILED, AM_E_CORRUPT, "attachment %s… %s", hex,
	               why);
}

/* The record of the frame at this offset of the blob, at *pos or, where a
 * segment ends in between, behind its end. */
static int find_frame(struct am_content_reader *r, uint64_t *pos,
                      const uint8_t hash[AM_SHA256_LEN], uint64_t offset,
                      struct am_record *rec, struct am_error *err)
{
	for (;;) {
		int s = am_log_header(r->log, *pos, rec, err);
		if (s)
			return s;
		if (rec->type == AM_REC_BLOB && rec->id == offset &&
		    rec->raw_len)
			return AM_OK;
		if (!offset ||
		    (rec->type != AM_REC_SEAL && rec->type != AM_REC_HEAD))
			return fail_blob(hash, "lacks a part", err);
		s = am_log_after(r->log, rec, pos, err);
		if (s)
			return s == AM_END
			               ? fail_blob(hash, "lacks its end", err)
			               : s;
	}
}

/* All of a blob into the output; *size 0: whatever it is, told there. */
static int put_blob(struct output *o, const uint8_t hash[AM_SHA256_LEN],
                    uint64_t pos, uint64_t *size,
                    struct am_base64_encoder *encoder, struct am_error *err)
{
	struct am_content_reader *r = o->reader;
	uint8_t prefix[AM_BLOB_PREFIX];
	struct am_record rec;
	uint8_t *data;
	uint64_t done = 0;

	do {
		int s = find_frame(r, &pos, hash, done, &rec, err);
		if (!s)
			s = am_log_unpack(r->log, r->coder, &rec, &data, prefix,
			                  err);
		if (s)
			return s;
		struct am_cursor c = am_cursor(prefix + AM_SHA256_LEN, 8);
		uint64_t total = am_get_le64(&c);
		if (!*size && !done)
			o->size = *size = total;
		if (memcmp(prefix, hash, AM_SHA256_LEN) || total != *size ||
		    rec.raw_len > total - done)
			s = fail_blob(hash, "is not what was looked for", err);
		else if (encoder)
			s = put_encoded(o, encoder, data, (size_t)rec.raw_len,
			                err);
		else
			s = put(o, data, (size_t)rec.raw_len, err);
		g_free(data);
		if (s)
			return s;
		done += rec.raw_len;
		if (done == *size)
			return AM_OK;
		s = am_log_after(r->log, &rec, &pos, err);
		if (s)
			return s == AM_END
			               ? fail_blob(hash, "lacks its end", err)
			               : s;
	} while (true);
}

static int put_step_blob(struct output *o, const struct am_step *step,
                         struct am_base64_encoder *encoder,
                         struct am_error *err)
{
	const struct am_content_index *index = o->reader->index;
	uint64_t size = step->len;
	uint64_t pos;

	if (!size)
		return AM_OK;
	int s = index->find_blob(index->user, step->hash, &pos, err);
	if (s == AM_END)
		return fail_blob(step->hash, "is not in the archive", err);
	return s ? s : put_blob(o, step->hash, pos, &size, encoder, err);
}

static int put_step(struct output *o, struct skeleton *k,
                    const struct am_step *step, struct am_error *err)
{
	bool base64 = step->kind == AM_STEP_BASE64 ||
	              step->kind == AM_STEP_BLOB_BASE64;
	bool blob =
		step->kind == AM_STEP_BLOB || step->kind == AM_STEP_BLOB_BASE64;
	struct am_base64_encoder encoder;
	int s = AM_OK;

	am_base64_encoder_init(&encoder, &step->form);
	if (base64)
		s = put_line_ends(o, &step->form, step->form.lead, err);
	if (!s && blob)
		s = put_step_blob(o, step, base64 ? &encoder : NULL, err);
	else if (!s)
		s = put_inline(o, k, step->len, base64 ? &encoder : NULL, err);
	if (!s && base64) {
		uint8_t end[8];
		size_t len = am_base64_encode_end(&encoder, end);
		s = put(o, end, len, err);
		if (!s)
			s = put_line_ends(o, &step->form, step->form.trail,
			                  err);
	}
	return s;
}

static int rebuild(struct output *o, const struct am_recipe *recipe,
                   const uint8_t hash[AM_SHA256_LEN], struct am_error *err)
{
	struct skeleton skeleton = {.recipe = recipe};
	uint8_t found[AM_SHA256_LEN];
	int s = AM_OK;

	for (size_t i = 0; i < recipe->n_steps && !s; i++)
		s = put_step(o, &skeleton, &recipe->steps[i], err);
	am_sha256_final(hash_of(o->reader), found);
	if (s)
		return s;
	if (o->done != o->size || memcmp(found, hash, sizeof found))
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "a stored message does not match its hash");
	return AM_OK;
}

int am_content_get(struct am_content_reader *reader,
                   const struct am_recipe *recipe, enum am_eol_class eol,
                   uint64_t size, const uint8_t hash[AM_SHA256_LEN],
                   struct am_blob **out, struct am_error *err)
{
	struct output o = {.reader = reader, .eol = eol, .size = size};
	int s = AM_OK;

	*out = NULL;
	if (am_recipe_is_elsewhere(recipe))
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "a message that is not in the archive");
	if (size <= reader->limits.spool_memory)
		o.memory = g_malloc((size_t)size + 1);
	else
		s = am_spool_open(&o.spool, reader->limits.spool_memory,
		                  reader->tmpdir, err);
	if (!s)
		s = rebuild(&o, recipe, hash, err);
	if (!s && o.memory) {
		s = am_blob_take(out, o.memory, (size_t)size, err);
		o.memory = NULL;
	} else if (!s) {
		s = am_spool_seal(&o.spool, out, err);
	}
	g_free(o.memory);
	am_spool_drop(&o.spool);
	/* A full disk spoils the spool, not the reader. */
	return s < 0 ? AM_FAILED : s;
}

int am_content_check_blob(struct am_content_reader *reader,
                          const uint8_t hash[AM_SHA256_LEN], uint64_t pos,
                          struct am_error *err)
{
	struct output o = {.reader = reader, .eol = AM_EOL_AS_IS};
	uint8_t found[AM_SHA256_LEN];
	uint64_t size = 0;

	int s = put_blob(&o, hash, pos, &size, NULL, err);
	am_sha256_final(hash_of(reader), found);
	if (!s && memcmp(found, hash, sizeof found))
		s = fail_blob(hash, "does not match its hash", err);
	return s;
}
