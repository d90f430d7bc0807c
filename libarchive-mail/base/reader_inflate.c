/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/reader.h"

#include <glib.h>
#include <zlib.h>

#include <limits.h>

/*
 * Deflate, RFC 1951, bare or in the wrapping of RFC 1950 (zlib) or RFC 1952
 * (gzip).  zlib checks the sums of both wrappings, and gives what it decoded
 * up to the very bit of the damage; libarchive's gzip filter does neither,
 * which is why gzip files come here too.
 */
enum wrapping { UNKNOWN, RAW, ZLIB, GZIP };

struct inflater {
	struct am_reader *inner;
	z_stream z;
	enum wrapping wrapping;
	bool ready;  /* z was initialised */
	bool inside; /* a member or stream has begun and not ended */
};

static bool is_gzip(const uint8_t *p, size_t len)
{
	return len >= 2 && p[0] == 0x1F && p[1] == 0x8B;
}

/* RFC 1950 §2.2: CM is 8, CINFO at most 7, and both bytes a multiple of 31.  A
 * raw stream that looks like this begins with a stored block whose padding is
 * not zero, which nobody writes. */
static bool is_zlib(const uint8_t *p, size_t len)
{
	return len >= 2 && (p[0] & 0x0F) == 8 && p[0] >> 4 <= 7 &&
	       (p[0] * 256 + p[1]) % 31 == 0;
}

static int begin(struct inflater *f, struct am_error *err)
{
	const uint8_t *data;
	size_t len;

	int r = am_reader_peek(f->inner, 2, &data, &len, err);
	if (r)
		return r;
	int bits = -MAX_WBITS;
	f->wrapping = RAW;
	if (is_gzip(data, len)) {
		f->wrapping = GZIP;
		bits = MAX_WBITS + 16;
	} else if (is_zlib(data, len)) {
		f->wrapping = ZLIB;
		bits = MAX_WBITS;
	}
	if (inflateInit2(&f->z, bits) != Z_OK)
		return am_fail(err, AM_FATAL, AM_E_MEMORY,
		               "no memory to decompress");
	f->ready = true;
	f->inside = true;
	return AM_OK;
}

/* Behind a member: another one, padding, or the end. */
static int next_member(struct inflater *f, struct am_error *err)
{
	const uint8_t *data;
	size_t len;

	if (f->wrapping != GZIP)
		return AM_END;
	int r = am_reader_peek(f->inner, 2, &data, &len, err);
	if (r)
		return r;
	if (is_gzip(data, len)) {
		inflateReset(&f->z);
		f->inside = true;
		return AM_OK;
	}
	/* Tapes and block devices pad with zeros; gzip(1) passes over them. */
	while (!r) {
		for (size_t i = 0; i < len; i++)
			if (data[i])
				return am_fail(err, AM_FATAL, AM_E_FORMAT,
				               "garbage behind the "
				               "compressed data");
		am_reader_skip(f->inner, len);
		r = am_reader_peek(f->inner, 1, &data, &len, err);
	}
	return r;
}

/* One step of zlib; *got may stay 0, as in the middle of a header. */
static int step(struct inflater *f, uint8_t *buf, size_t room, size_t *got,
                struct am_error *err)
{
	const uint8_t *data;
	size_t len;

	int r = am_reader_peek(f->inner, 1, &data, &len, err);
	if (r == AM_END)
		return am_fail(err, AM_FATAL, AM_E_FORMAT,
		               "compressed data is cut short");
	if (r)
		return r;
	uInt in = len < UINT_MAX ? (uInt)len : UINT_MAX;
	uInt out = room < UINT_MAX ? (uInt)room : UINT_MAX;
	/* z_stream wants a pointer to non-const and leaves the bytes alone. */
	f->z.next_in = (Bytef *)(uintptr_t)data;
	f->z.avail_in = in;
	f->z.next_out = buf;
	f->z.avail_out = out;
	int z = inflate(&f->z, Z_NO_FLUSH);
	am_reader_skip(f->inner, in - f->z.avail_in);
	*got = out - f->z.avail_out;
	switch (z) {
	case Z_STREAM_END:
		f->inside = false;
		return AM_OK;
	case Z_OK:
		return AM_OK;
	case Z_MEM_ERROR:
		return am_fail(err, AM_FATAL, AM_E_MEMORY,
		               "no memory to decompress");
	default:
		return am_fail(err, AM_FATAL, AM_E_FORMAT,
		               "compressed data is damaged: %s",
		               f->z.msg ? f->z.msg : "no reason given");
	}
}

static int fill_inflate(void *self, uint8_t *buf, size_t room, size_t *got,
                        struct am_error *err)
{
	struct inflater *f = self;
	int r = AM_OK;

	*got = 0;
	while (!r && !*got) {
		if (!f->ready)
			r = begin(f, err);
		else if (!f->inside)
			r = next_member(f, err);
		if (!r)
			r = step(f, buf, room, got, err);
	}
	return r;
}

static void close_inflate(void *self)
{
	struct inflater *f = self;

	if (f->ready)
		inflateEnd(&f->z);
	am_reader_close(&f->inner);
	g_free(f);
}

int am_reader_inflate(struct am_reader **out, struct am_reader *inner,
                      struct am_error *err)
{
	static const struct am_reader_ops ops = {.fill = fill_inflate,
	                                         .close = close_inflate};
	struct inflater *f = g_new0(struct inflater, 1);

	f->inner = inner;
	return am_reader_new(out, &ops, f, err);
}
