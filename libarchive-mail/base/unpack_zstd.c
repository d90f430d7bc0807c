/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/unpack_impl.h"

#include "base/reader.h"

#include <glib.h>
#include <zstd.h>

/*
 * zstd frames one behind the other, RFC 8878.  Memory is libzstd's business
 * and limited by it: windows up to 128 MiB, which is all that zstd(1) writes
 * without --long or --ultra.
 */
struct zstd {
	struct am_reader *inner;
	ZSTD_DStream *stream;
	bool inside; /* a frame has begun and not ended */
	bool full;   /* the last call filled its buffer: there may be more */
};

static int fail_damaged(size_t code, struct am_error *err)
{
	return am_fail(err, AM_FATAL, AM_E_FORMAT,
	               "compressed data is damaged: %s",
	               ZSTD_getErrorName(code));
}

/* One call of the decoder; *got may stay 0. */
static int step(struct zstd *z, uint8_t *buf, size_t room, size_t *got,
                struct am_error *err)
{
	ZSTD_inBuffer in = {.src = NULL};
	ZSTD_outBuffer out = {.dst = buf, .size = room};

	if (!z->full) {
		const uint8_t *data;
		int r = am_reader_peek(z->inner, 1, &data, &in.size, err);
		if (r == AM_END && z->inside)
			return am_fail(err, AM_FATAL, AM_E_FORMAT,
			               "compressed data is cut short");
		if (r)
			return r;
		in.src = data;
	}
	size_t code = ZSTD_decompressStream(z->stream, &out, &in);
	am_reader_skip(z->inner, in.pos);
	*got = out.pos;
	if (ZSTD_isError(code))
		return fail_damaged(code, err);
	z->inside = code != 0;
	z->full = z->inside && out.pos == out.size;
	return AM_OK;
}

static int fill_zstd(void *self, uint8_t *buf, size_t room, size_t *got,
                     struct am_error *err)
{
	struct zstd *z = self;
	int r = AM_OK;

	*got = 0;
	while (!r && !*got)
		r = step(z, buf, room, got, err);
	return r;
}

static void close_zstd(void *self)
{
	struct zstd *z = self;

	ZSTD_freeDStream(z->stream);
	am_reader_close(&z->inner);
	g_free(z);
}

int am_unpack_zstd(struct am_reader **out, struct am_reader *inner,
                   struct am_error *err)
{
	static const struct am_reader_ops ops = {.fill = fill_zstd,
	                                         .close = close_zstd};
	struct zstd *z = g_new0(struct zstd, 1);

	*out = NULL;
	z->inner = inner;
	z->stream = ZSTD_createDStream();
	if (!z->stream) {
		close_zstd(z);
		return am_fail(err, AM_FAILED, AM_E_MEMORY,
		               "no memory to decompress");
	}
	return am_reader_new(out, &ops, z, err);
}
