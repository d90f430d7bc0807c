/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/reading.h"

#include "base/blob.h"
#include "index/document.h"
#include "model/ctx.h"
#include "store/archive.h"

#include <string.h>

struct one {
	struct am_read read;
	int status; /* of beginning it */
	struct am_error error;
};

/* A ring; each place keeps its document, which is made when first needed. */
struct am_reading {
	struct one ring[AM_READING_AHEAD];
	size_t first, n;
};

struct am_reading *am_reading_new(void)
{
	return g_new0(struct am_reading, 1);
}

void am_reading_free(struct am_reading **reading)
{
	if (!*reading)
		return;
	for (size_t i = 0; i < AM_READING_AHEAD; i++)
		am_document_free(&(*reading)->ring[i].read.doc);
	g_free(*reading);
	*reading = NULL;
}

bool am_reading_empty(const struct am_reading *r)
{
	return !r->n;
}

bool am_reading_full(const struct am_reading *r)
{
	return r->n == AM_READING_AHEAD;
}

bool am_reading_ready(const struct am_reading *r, unsigned ms)
{
	const struct one *one = &r->ring[r->first];

	return r->n && (one->status || am_document_ready(one->read.doc, ms));
}

/* The first place again when nothing waits, so that messages without files all
 * use one document, whose memory is warm. */
static struct one *next_place(struct am_reading *r)
{
	if (!r->n)
		r->first = 0;
	struct one *one = &r->ring[(r->first + r->n) % AM_READING_AHEAD];
	if (!one->read.doc)
		one->read.doc = am_document_new();
	r->n++;
	return one;
}

int am_reading_begin(struct am_reading *reading, struct am_archive *archive,
                     uint32_t id, const struct am_batch *batch,
                     struct am_error *err)
{
	struct one *one = next_place(reading);
	struct am_blob *raw = NULL;
	int r = am_archive_load(archive, id, &raw, &one->error);

	one->read.id = id;
	one->read.size = 0;
	if (!r) {
		one->read.size = am_blob_size(raw);
		r = am_document_begin(one->read.doc, raw,
		                      batch->ctx ? &batch->ctx->limits : NULL,
		                      batch->extractor, &one->error);
	}
	am_blob_unref(&raw);
	one->status = r;
	if (r != AM_FATAL)
		return AM_OK;
	if (err)
		*err = one->error;
	return r;
}

int am_reading_finish(struct am_reading *reading, struct am_read *out,
                      struct am_error *err)
{
	struct one *one = &reading->ring[reading->first];
	int r = one->status;

	reading->first = (reading->first + 1) % AM_READING_AHEAD;
	reading->n--;
	*out = one->read;
	if (!r)
		r = am_document_finish(one->read.doc, err);
	else if (err)
		*err = one->error;
	return r;
}

void am_reading_drop(struct am_reading *r)
{
	for (; r->n; r->n--) {
		am_document_drop(r->ring[r->first].read.doc);
		r->first = (r->first + 1) % AM_READING_AHEAD;
	}
}
