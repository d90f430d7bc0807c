/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/codec.h"

#include <glib.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <limits.h>
#include <string.h>

enum { ZSTD_DEFAULT = 3, ZLIB_DEFAULT = 6 };
/* Packed bytes fed at once where unpacking may stop early. */
enum { SOME_PIECE = 32 * 1024 };

/* Everything is made when first needed: who only reads never pays for
 * compressing. */
struct am_coder {
	ZSTD_CCtx *zstd_pack;
	ZSTD_DCtx *zstd_unpack;
	int zstd_level; /* what zstd_pack is set to */
	z_stream deflate, inflate;
	bool deflate_ready, inflate_ready;
	int deflate_level;
};

struct am_coder *am_coder_new(void)
{
	return g_new0(struct am_coder, 1);
}

void am_coder_free(struct am_coder **coder)
{
	struct am_coder *c = *coder;

	*coder = NULL;
	if (!c)
		return;
	ZSTD_freeCCtx(c->zstd_pack);
	ZSTD_freeDCtx(c->zstd_unpack);
	if (c->deflate_ready)
		deflateEnd(&c->deflate);
	if (c->inflate_ready)
		inflateEnd(&c->inflate);
	g_free(c);
}

size_t am_codec_bound(enum am_codec codec, size_t raw_len)
{
	switch (codec) {
	case AM_CODEC_ZLIB:
		/* compressBound()'s own sum, in size_t. */
		return raw_len + (raw_len >> 12) + (raw_len >> 14) +
		       (raw_len >> 25) + 13;
	case AM_CODEC_ZSTD:
		return ZSTD_compressBound(raw_len);
	case AM_CODEC_STORED:
		break;
	}
	return raw_len;
}

static int fail_memory(struct am_error *err)
{
	return am_fail(err, AM_FAILED, AM_E_MEMORY,
	               "no memory for a compressor");
}

static int fail_room(size_t room, struct am_error *err)
{
	return am_fail(err, AM_FAILED, AM_E_LIMIT,
	               "compressed piece needs more than %zu bytes", room);
}

static int fail_corrupt(const char *why, struct am_error *err)
{
	return am_fail(err, AM_FAILED, AM_E_CORRUPT,
	               "compressed piece does not unpack: %s", why);
}

/* ---- zstd ---- */

/*
 * The default is tuned for mail, which is text: a window as large as any block,
 * one table of matches of 7 bytes and more.  In blocks of 4 MiB that gives the
 * size of level 3 in blocks of 2.5 MiB for three quarters of the time.  Facts
 * repeat more in less: see codec.h.
 */
static void zstd_tune(ZSTD_CCtx *zstd, int level)
{
	static const struct {
		ZSTD_cParameter name;
		int text, facts;
	} tuned[] = {
		{ZSTD_c_windowLog, 22, 19},
		{ZSTD_c_hashLog, 17, 13},
		{ZSTD_c_minMatch, 7, 4},
		{ZSTD_c_strategy, ZSTD_fast, ZSTD_fast},
	};

	ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel,
	                       level > 0 ? level : ZSTD_DEFAULT);
	/* 0 is zstd's own choice. */
	for (size_t i = 0; i < AM_COUNT(tuned); i++)
		ZSTD_CCtx_setParameter(zstd, tuned[i].name,
		                       level > 0   ? 0
		                       : level < 0 ? tuned[i].facts
		                                   : tuned[i].text);
}

static int zstd_pack(struct am_coder *c, int level, const void *raw,
                     size_t raw_len, void *out, size_t *out_len,
                     struct am_error *err)
{
	if (!c->zstd_pack) {
		c->zstd_pack = ZSTD_createCCtx();
		if (!c->zstd_pack)
			return fail_memory(err);
		c->zstd_level = INT_MIN; /* not set yet */
		/* The archive has a checksum of its own on every piece. */
		ZSTD_CCtx_setParameter(c->zstd_pack, ZSTD_c_checksumFlag, 0);
		ZSTD_CCtx_setParameter(c->zstd_pack, ZSTD_c_contentSizeFlag, 1);
	}
	if (level != c->zstd_level) {
		zstd_tune(c->zstd_pack, level);
		c->zstd_level = level;
	}
	size_t n = ZSTD_compress2(c->zstd_pack, out, *out_len, raw, raw_len);
	if (!ZSTD_isError(n)) {
		*out_len = n;
		return AM_OK;
	}
	if (ZSTD_getErrorCode(n) == ZSTD_error_dstSize_tooSmall)
		return fail_room(*out_len, err);
	return am_fail(err, AM_FAILED, AM_E_MEMORY, "zstd: %s",
	               ZSTD_getErrorName(n));
}

static int zstd_unpack(struct am_coder *c, const void *packed,
                       size_t packed_len, void *out, size_t raw_len,
                       struct am_error *err)
{
	if (!c->zstd_unpack)
		c->zstd_unpack = ZSTD_createDCtx();
	if (!c->zstd_unpack)
		return fail_memory(err);
	size_t n = ZSTD_decompressDCtx(c->zstd_unpack, out, raw_len, packed,
	                               packed_len);
	if (ZSTD_isError(n))
		return fail_corrupt(ZSTD_getErrorName(n), err);
	if (n != raw_len)
		return fail_corrupt("not as long as it should be", err);
	return AM_OK;
}

/* Fed in small pieces: zstd gives what it can after each.  *got also when it
 * fails. */
static int zstd_unpack_some(struct am_coder *c, const void *packed,
                            size_t packed_len, void *out, size_t raw_len,
                            size_t want, size_t *got, struct am_error *err)
{
	ZSTD_outBuffer to = {out, raw_len, 0};
	ZSTD_inBuffer from = {packed, 0, 0};

	if (!c->zstd_unpack)
		c->zstd_unpack = ZSTD_createDCtx();
	if (!c->zstd_unpack)
		return fail_memory(err);
	ZSTD_DCtx_reset(c->zstd_unpack, ZSTD_reset_session_only);
	*got = 0;
	while (to.pos < want) {
		size_t in = from.pos, made = to.pos;
		if (from.pos == from.size)
			from.size += MIN(packed_len - from.size, SOME_PIECE);
		size_t n = ZSTD_decompressStream(c->zstd_unpack, &to, &from);
		*got = to.pos;
		if (ZSTD_isError(n))
			return fail_corrupt(ZSTD_getErrorName(n), err);
		if (to.pos < want && (!n || (from.pos == in && to.pos == made)))
			return fail_corrupt("not as long as it should be", err);
	}
	return AM_OK;
}

/* ---- zlib ---- */

/* z_stream counts in uInt; pieces may be larger. */
static uInt chunk(size_t left)
{
	return left < UINT_MAX ? (uInt)left : UINT_MAX;
}

/* Let either direction run until it ends or stands still; gives zlib's last
 * word, and in *left what of the input and the room was not used. */
static int run_zlib(z_stream *z, int (*code)(z_stream *z, int flush),
                    size_t in_left, size_t *out_left, size_t *in_unused)
{
	int r;

	z->avail_in = z->avail_out = 0;
	do {
		if (!z->avail_in) {
			z->avail_in = chunk(in_left);
			in_left -= z->avail_in;
		}
		if (!z->avail_out) {
			z->avail_out = chunk(*out_left);
			*out_left -= z->avail_out;
		}
		r = code(z, in_left ? Z_NO_FLUSH : Z_FINISH);
		if (r == Z_BUF_ERROR &&
		    ((!z->avail_in && in_left) || (!z->avail_out && *out_left)))
			r = Z_OK;
	} while (r == Z_OK);
	*out_left += z->avail_out;
	*in_unused = in_left + z->avail_in;
	return r;
}

static int deflate_begin(struct am_coder *c, int level, struct am_error *err)
{
	if (c->deflate_ready && level != c->deflate_level) {
		deflateEnd(&c->deflate);
		c->deflate_ready = false;
	}
	if (!c->deflate_ready) {
		memset(&c->deflate, 0, sizeof c->deflate);
		int r = deflateInit(&c->deflate, level);
		if (r == Z_STREAM_ERROR)
			return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
			               "zlib has no level %d", level);
		if (r != Z_OK)
			return fail_memory(err);
		c->deflate_ready = true;
		c->deflate_level = level;
		return AM_OK;
	}
	deflateReset(&c->deflate);
	return AM_OK;
}

static int zlib_pack(struct am_coder *c, int level, const void *raw,
                     size_t raw_len, void *out, size_t *out_len,
                     struct am_error *err)
{
	size_t unused, left = *out_len;

	int r = deflate_begin(c, level > 0 ? level : ZLIB_DEFAULT, err);
	if (r)
		return r;
	c->deflate.next_in = (Bytef *)(uintptr_t)raw;
	c->deflate.next_out = out;
	if (run_zlib(&c->deflate, deflate, raw_len, &left, &unused) !=
	    Z_STREAM_END)
		return fail_room(*out_len, err);
	*out_len -= left;
	return AM_OK;
}

/* *missing: what is not there of raw_len, also when it fails. */
static int zlib_unpack(struct am_coder *c, const void *packed,
                       size_t packed_len, void *out, size_t raw_len,
                       size_t *missing, struct am_error *err)
{
	uint8_t none[1];
	size_t unused, left = raw_len;

	*missing = raw_len;
	if (c->inflate_ready)
		inflateReset(&c->inflate);
	else if (inflateInit(&c->inflate) != Z_OK)
		return fail_memory(err);
	c->inflate_ready = true;
	c->inflate.next_in = (Bytef *)(uintptr_t)packed;
	/* zlib refuses NULL even for no bytes at all. */
	c->inflate.next_out = raw_len ? out : none;
	int r = run_zlib(&c->inflate, inflate, packed_len, &left, &unused);
	*missing = left;
	if (r != Z_STREAM_END)
		return fail_corrupt(r == Z_BUF_ERROR ? "wrong length"
		                    : c->inflate.msg ? c->inflate.msg
		                                     : "damaged",
		                    err);
	if (left || unused)
		return fail_corrupt("not as long as it should be", err);
	return AM_OK;
}

/* ---- by codec ---- */

int am_codec_pack(struct am_coder *coder, enum am_codec codec, int level,
                  const void *raw, size_t raw_len, void *out, size_t *out_len,
                  struct am_error *err)
{
	switch (codec) {
	case AM_CODEC_ZSTD:
		return zstd_pack(coder, level, raw, raw_len, out, out_len, err);
	case AM_CODEC_ZLIB:
		return zlib_pack(coder, level, raw, raw_len, out, out_len, err);
	case AM_CODEC_STORED:
		if (raw_len > *out_len)
			return fail_room(*out_len, err);
		if (raw_len)
			memcpy(out, raw, raw_len);
		*out_len = raw_len;
		return AM_OK;
	}
	return am_fail(err, AM_FAILED, AM_E_ARGUMENT, "no codec %d",
	               (int)codec);
}

int am_codec_unpack(struct am_coder *coder, enum am_codec codec,
                    const void *packed, size_t packed_len, void *out,
                    size_t raw_len, struct am_error *err)
{
	size_t missing;

	switch (codec) {
	case AM_CODEC_ZSTD:
		return zstd_unpack(coder, packed, packed_len, out, raw_len,
		                   err);
	case AM_CODEC_ZLIB:
		return zlib_unpack(coder, packed, packed_len, out, raw_len,
		                   &missing, err);
	case AM_CODEC_STORED:
		if (packed_len != raw_len)
			return fail_corrupt("not as long as it should be", err);
		if (raw_len)
			memcpy(out, packed, raw_len);
		return AM_OK;
	}
	return am_fail(err, AM_FAILED, AM_E_CORRUPT, "no codec %d", (int)codec);
}

int am_codec_unpack_some(struct am_coder *coder, enum am_codec codec,
                         const void *packed, size_t packed_len, void *out,
                         size_t raw_len, size_t want, size_t *got,
                         struct am_error *err)
{
	/* In the middle and beyond, all of it is quicker. */
	if (codec == AM_CODEC_ZSTD && want < raw_len - raw_len / 4)
		return zstd_unpack_some(coder, packed, packed_len, out, raw_len,
		                        want, got, err);
	*got = raw_len;
	return am_codec_unpack(coder, codec, packed, packed_len, out, raw_len,
	                       err);
}

void am_codec_salvage(struct am_coder *coder, enum am_codec codec,
                      const void *packed, size_t packed_len, void *out,
                      size_t raw_len, size_t *got)
{
	size_t missing = raw_len;

	*got = 0;
	switch (codec) {
	case AM_CODEC_ZSTD:
		(void)!zstd_unpack_some(coder, packed, packed_len, out, raw_len,
		                        raw_len, got, NULL);
		return;
	case AM_CODEC_ZLIB:
		(void)!zlib_unpack(coder, packed, packed_len, out, raw_len,
		                   &missing, NULL);
		*got = raw_len - missing;
		return;
	case AM_CODEC_STORED:
		*got = MIN(packed_len, raw_len);
		if (*got)
			memcpy(out, packed, *got);
		return;
	}
}

static const char *const names[] = {
	[AM_CODEC_STORED] = "stored",
	[AM_CODEC_ZLIB] = "zlib",
	[AM_CODEC_ZSTD] = "zstd",
};

int am_codec_parse(enum am_codec *out, const char *name, struct am_error *err)
{
	for (size_t i = 0; i < AM_COUNT(names); i++) {
		if (!strcmp(name, names[i])) {
			*out = (enum am_codec)i;
			return AM_OK;
		}
	}
	return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
	               "no compression called \"%.40s\": zstd, zlib or stored",
	               name);
}
