/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Overviews when the catalog is made from the log.
 *
 * What a list shows stands in headers, and headers are text steps of a recipe.
 * Base64 and attachments can hold neither a boundary nor a header of the
 * message, so leaving them out changes nothing but the time it takes.
 */
#include "store/archive_impl.h"

#include "base/arena.h"
#include "base/blob.h"
#include "mime/overview.h"

#include <glib.h>

#include <string.h>

#define KEPT_BLOCKS 2 /* of up to 8 MiB */

struct kept {
	uint64_t block, used;
	uint8_t *data;
	size_t len;
};

struct am_skeleton {
	struct am_archive *archive;
	struct am_coder *coder;
	struct kept kept[KEPT_BLOCKS];
	uint64_t clock;
};

struct am_skeleton *am_skeleton_new(struct am_archive *a)
{
	struct am_skeleton *s = g_new0(struct am_skeleton, 1);

	s->archive = a;
	s->coder = am_coder_new();
	return s;
}

void am_skeleton_free(struct am_skeleton **skeleton)
{
	struct am_skeleton *s = *skeleton;

	if (!s)
		return;
	for (size_t i = 0; i < KEPT_BLOCKS; i++)
		g_free(s->kept[i].data);
	am_coder_free(&s->coder);
	g_free(s);
	*skeleton = NULL;
}

static int unpack(struct am_skeleton *s, uint64_t block, struct kept *into,
                  struct am_error *err)
{
	uint8_t prefix[AM_BLOB_PREFIX];
	struct am_record rec;
	uint64_t pos;

	int r = am_catalog_find_block(s->archive->catalog, block, &pos, err);
	if (r == AM_END)
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "block %" PRIu64 " is missing", block);
	if (!r)
		r = am_log_header(s->archive->log, pos, &rec, err);
	if (!r && (rec.type != AM_REC_BLOCK || rec.raw_len > AM_BLOCK_MOST))
		r = am_fail(err, AM_FAILED, AM_E_CORRUPT,
		            "no block at position %" PRIu64, pos);
	if (r)
		return r;
	g_free(into->data);
	into->data = NULL;
	into->block = 0;
	r = am_log_unpack(s->archive->log, s->coder, &rec, &into->data, prefix,
	                  err);
	if (r)
		return r;
	into->block = block;
	into->len = (size_t)rec.raw_len;
	return AM_OK;
}

static int get_block(struct am_skeleton *s, uint64_t block, struct kept **out,
                     struct am_error *err)
{
	struct kept *oldest = &s->kept[0];

	s->clock++;
	for (size_t i = 0; i < KEPT_BLOCKS; i++) {
		struct kept *k = &s->kept[i];
		if (k->block == block && k->data) {
			k->used = s->clock;
			*out = k;
			return AM_OK;
		}
		if (k->used < oldest->used)
			oldest = k;
	}
	oldest->used = s->clock;
	*out = oldest;
	return unpack(s, block, oldest, err);
}

struct place { /* in the skeleton bytes of a recipe */
	const struct am_recipe *recipe;
	size_t extent;
	uint32_t done;       /* of that extent */
	uint64_t block, end; /* where the one before ended */
};

/* Take len skeleton bytes, into the spool unless that is NULL. */
static int take(struct am_skeleton *s, struct place *at, uint64_t len,
                struct am_spool *spool, struct am_error *err)
{
	while (len) {
		if (at->extent >= at->recipe->n_extents)
			return am_fail(err, AM_FAILED, AM_E_CORRUPT,
			               "a recipe wants more text than it has");
		const struct am_extent *e = &at->recipe->extents[at->extent];
		uint32_t n = e->len - at->done;
		if (n > len)
			n = (uint32_t)len;
		if (spool && n) {
			struct kept *k;
			int r = get_block(s, e->block, &k, err);
			uint64_t from = (uint64_t)e->offset + at->done;
			if (!r && from + n > k->len)
				r = am_fail(err, AM_FAILED, AM_E_CORRUPT,
				            "a recipe points behind its block");
			if (!r)
				r = am_spool_write(spool, k->data + from, n,
				                   err);
			if (r)
				return r;
		}
		/* A writer only ever appends.  Who points to the same text
		 * again and again wants to fill a disk. */
		if (e->block < at->block ||
		    (e->block == at->block && e->offset < at->end))
			return am_fail(err, AM_FAILED, AM_E_CORRUPT,
			               "a recipe goes backwards");
		len -= n;
		at->done += n;
		if (at->done == e->len) {
			at->block = e->block;
			at->end = (uint64_t)e->offset + e->len;
			at->extent++;
			at->done = 0;
		}
	}
	return AM_OK;
}

int am_skeleton_overview(struct am_skeleton *s, const struct am_recipe *recipe,
                         struct am_arena *arena, struct am_overview *out,
                         struct am_error *err)
{
	struct place at = {.recipe = recipe};
	struct am_spool *spool = NULL;
	struct am_blob *text = NULL;

	*out = (struct am_overview){0};
	int r = am_spool_open(&spool, s->archive->limits.spool_memory,
	                      am_ctx_tmpdir(s->archive->ctx), err);
	for (size_t i = 0; i < recipe->n_steps && !r; i++) {
		const struct am_step *step = &recipe->steps[i];
		if (step->kind == AM_STEP_TEXT)
			r = take(s, &at, step->len, spool, err);
		else if (step->kind == AM_STEP_BASE64)
			r = take(s, &at, step->len, NULL, err);
	}
	if (!r)
		r = am_spool_seal(&spool, &text, err);
	if (!r)
		r = am_overview_read(out, text, NULL, &s->archive->limits,
		                     arena, err);
	am_spool_drop(&spool);
	am_blob_unref(&text);
	return r;
}
