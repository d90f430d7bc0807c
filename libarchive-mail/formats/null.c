/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/null.h"

#include "base/blob.h"

#include <glib.h>

#define CHUNK 65536

static const struct am_option options[] = {
	{"read", "yes|no", "read every byte of what is thrown away", "yes"},
	{NULL, NULL, NULL, NULL},
};

struct null_sink {
	struct am_sink base;
	bool read;
};

/* A blob may be a slice of a file that nobody has read yet. */
static int null_prepare(const struct am_sink *sink,
                        const struct am_message *msg, void **prepared,
                        struct am_error *err)
{
	const struct null_sink *s = AM_CONTAINER(sink, struct null_sink, base);
	uint64_t size = am_blob_size(msg->raw), at = 0;
	uint8_t *buf;
	size_t got;
	int r = AM_OK;

	*prepared = NULL;
	if (!s->read || am_blob_bytes(msg->raw))
		return AM_OK;
	buf = g_malloc(CHUNK);
	for (; !r && at < size; at += got) {
		r = am_blob_read(msg->raw, at, buf, CHUNK, &got, err);
		if (!r && !got)
			r = am_fail(err, AM_FAILED, AM_E_IO,
			            "the message ended at %" PRIu64
			            " of %" PRIu64 " bytes",
			            at, size);
	}
	g_free(buf);
	return r;
}

static int null_put(struct am_sink *sink, const struct am_message *msg,
                    void *prepared, enum am_outcome *outcome,
                    struct am_error *err)
{
	(void)sink;
	(void)msg;
	(void)prepared;
	(void)err;
	*outcome = AM_STORED;
	return AM_OK;
}

static void null_close(struct am_sink *sink)
{
	g_free(AM_CONTAINER(sink, struct null_sink, base));
}

static const struct am_sink_ops null_ops = {
	.prepare = null_prepare,
	.put = null_put,
	.close = null_close,
};

static int null_open(struct am_sink **out, const struct am_location *where,
                     struct am_ctx *ctx, struct am_error *err)
{
	struct null_sink *s;
	bool read = true;
	int r;

	r = am_location_check(where, options, "null", err);
	if (!r)
		r = am_location_switch(where, options, "read", &read, err);
	if (r)
		return r;
	s = g_new0(struct null_sink, 1);
	s->base.ops = &null_ops;
	s->base.ctx = ctx;
	s->base.knows_duplicates = true; /* nothing is there to be read first */
	s->read = read;
	*out = &s->base;
	return AM_OK;
}

const struct am_format am_format_null = {
	.name = "null",
	.title = "Nothing: count and throw away",
	.options = options,
	.about = "Reads all mail from the source, counts it and keeps nothing: "
		 "for measuring, and for seeing whether a source can be read "
		 "to its end.",
	.open_sink = null_open,
};
