/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/unpack_impl.h"

#include "base/reader.h"

#include <bzlib.h>
#include <glib.h>

#include <limits.h>
#include <string.h>

/* Streams one behind the other, as pbzip2(1) writes them.  A block of up to
 * 900 kB is all or nothing: only at its end is there anything to decode. */
struct bzip2 {
	struct am_reader *inner;
	bz_stream z;
	bool inside; /* z is set up: a stream has begun and not ended */
	bool begun;  /* the first has */
};

static int begin(struct bzip2 *b, struct am_error *err)
{
	const uint8_t *data;
	size_t len;
	int r = am_reader_peek(b->inner, 3, &data, &len, err);

	if (r)
		return r;
	if (b->begun && (len < 3 || memcmp(data, "BZh", 3) != 0))
		return am_unpack_padding(b->inner, err);
	b->z = (bz_stream){0};
	if (BZ2_bzDecompressInit(&b->z, 0, 0) != BZ_OK)
		return am_fail(err, AM_FATAL, AM_E_MEMORY,
		               "no memory to decompress");
	b->inside = b->begun = true;
	return AM_OK;
}

/* One call of the decoder; *got may stay 0. */
static int step(struct bzip2 *b, uint8_t *buf, size_t room, size_t *got,
                struct am_error *err)
{
	const uint8_t *data = NULL;
	size_t len = 0;
	int r = am_reader_peek(b->inner, 1, &data, &len, err);

	if (r < 0)
		return r;
	unsigned in = (unsigned)MIN(len, UINT_MAX);
	unsigned out = (unsigned)MIN(room, UINT_MAX);
	/* bz_stream wants a pointer to non-const and leaves the bytes alone. */
	b->z.next_in = (char *)(uintptr_t)data;
	b->z.avail_in = in;
	b->z.next_out = (char *)buf;
	b->z.avail_out = out;
	int code = BZ2_bzDecompress(&b->z);
	am_reader_skip(b->inner, in - b->z.avail_in);
	*got = out - b->z.avail_out;
	switch (code) {
	case BZ_STREAM_END:
		BZ2_bzDecompressEnd(&b->z);
		b->inside = false;
		return AM_OK;
	case BZ_OK:
		/* It asks for more without saying so. */
		if (r == AM_END && !*got)
			return am_fail(err, AM_FATAL, AM_E_FORMAT,
			               "compressed data is cut short");
		return AM_OK;
	case BZ_MEM_ERROR:
		return am_fail(err, AM_FATAL, AM_E_MEMORY,
		               "no memory to decompress");
	default:
		return am_fail(err, AM_FATAL, AM_E_FORMAT,
		               "compressed data is damaged");
	}
}

static int fill_bzip2(void *self, uint8_t *buf, size_t room, size_t *got,
                      struct am_error *err)
{
	struct bzip2 *b = self;
	int r = AM_OK;

	*got = 0;
	while (!r && !*got) {
		if (!b->inside)
			r = begin(b, err);
		if (!r)
			r = step(b, buf, room, got, err);
	}
	return r;
}

static void close_bzip2(void *self)
{
	struct bzip2 *b = self;

	if (b->inside)
		BZ2_bzDecompressEnd(&b->z);
	am_reader_close(&b->inner);
	g_free(b);
}

int am_unpack_bzip2(struct am_reader **out, struct am_reader *inner,
                    struct am_error *err)
{
	static const struct am_reader_ops ops = {.fill = fill_bzip2,
	                                         .close = close_bzip2};
	struct bzip2 *b = g_new0(struct bzip2, 1);

	b->inner = inner;
	return am_reader_new(out, &ops, b, err);
}
