/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/conn_deflate.h"

#include <glib.h>
#include <zlib.h>

/*
 * Two walls against a hostile peer.  Deflate unpacks to 1,032 times its size at
 * most; honest mail of that kind is an attachment of zeros, so a good deal is
 * given away before the ratio counts.  And a block may be empty: a peer could
 * send those for ever, with bytes moving and nothing to read.
 */
#define MAX_RATIO     250
#define FREE_CLIENT   (256u * 1024 * 1024)
#define FREE_SERVER   (16u * 1024 * 1024)
#define MAX_FRUITLESS (1024 * 1024)
/* Fast links are held up by level 6 and gain 3 % in size by it. */
#define LEVEL 3

struct am_zip {
	z_stream in, out;
	uint64_t packed, plain, fruitless;
	uint64_t allowance;
	bool full;  /* inflate may hold more plain bytes back */
	bool ended; /* the peer ended its stream */
	bool dirty; /* deflate holds bytes that were not flushed */
};

int am_zip_new(struct am_zip **out, bool server, struct am_error *err)
{
	struct am_zip *z = g_new0(struct am_zip, 1);

	*out = NULL;
	z->allowance = server ? FREE_SERVER : FREE_CLIENT;
	if (inflateInit2(&z->in, -15) != Z_OK) {
		g_free(z);
		return am_fail(err, AM_FATAL, AM_E_MEMORY,
		               "no memory for compression");
	}
	if (deflateInit2(&z->out, LEVEL, Z_DEFLATED, -15, 8,
	                 Z_DEFAULT_STRATEGY) != Z_OK) {
		(void)inflateEnd(&z->in);
		g_free(z);
		return am_fail(err, AM_FATAL, AM_E_MEMORY,
		               "no memory for compression");
	}
	*out = z;
	return AM_OK;
}

void am_zip_free(struct am_zip **zip)
{
	struct am_zip *z = *zip;

	*zip = NULL;
	if (!z)
		return;
	(void)inflateEnd(&z->in);
	(void)deflateEnd(&z->out);
	g_free(z);
}

void am_zip_feed(struct am_zip *z, const void *data, size_t len)
{
	assert(len <= UINT_MAX);
	z->in.next_in = (Bytef *)(uintptr_t)data;
	z->in.avail_in = (uInt)len;
}

bool am_zip_hungry(const struct am_zip *z)
{
	return !z->in.avail_in && !z->full;
}

static int behind_walls(struct am_zip *z, size_t used, size_t got,
                        struct am_error *err)
{
	z->packed += used;
	z->plain += got;
	z->fruitless = got ? 0 : z->fruitless + used;
	if (z->fruitless > MAX_FRUITLESS)
		return am_fail(err, AM_FATAL, AM_E_PROTOCOL,
		               "compressed data that never comes to anything");
	if (z->plain > z->allowance &&
	    (z->plain - z->allowance) / MAX_RATIO > z->packed)
		return am_fail(err, AM_FATAL, AM_E_LIMIT,
		               "compressed data swells more than %d times",
		               MAX_RATIO);
	return AM_OK;
}

int am_zip_take(struct am_zip *z, void *buf, size_t room, size_t *got,
                struct am_error *err)
{
	uInt before = z->in.avail_in;

	*got = 0;
	if (room > UINT_MAX)
		room = UINT_MAX;
	if (z->ended)
		return before ? am_fail(err, AM_FATAL, AM_E_PROTOCOL,
		                        "bytes behind the end of compressed "
		                        "data")
		              : AM_OK;
	z->in.next_out = buf;
	z->in.avail_out = (uInt)room;
	int e = inflate(&z->in, Z_SYNC_FLUSH);
	*got = room - z->in.avail_out;
	z->full = !z->in.avail_out;
	if (e == Z_STREAM_END) {
		z->ended = true;
		z->full = false;
	} else if (e == Z_MEM_ERROR) {
		return am_fail(err, AM_FATAL, AM_E_MEMORY,
		               "no memory to decompress");
	} else if (e != Z_OK && e != Z_BUF_ERROR) {
		return am_fail(err, AM_FATAL, AM_E_PROTOCOL,
		               "compressed data is damaged");
	}
	return behind_walls(z, before - z->in.avail_in, *got, err);
}

void am_zip_pack(struct am_zip *z, const uint8_t **data, size_t *len,
                 bool flush, void *buf, size_t room, size_t *got)
{
	uInt now = *len > UINT_MAX / 2 ? UINT_MAX / 2 : (uInt)*len;

	*got = 0;
	/* Nothing since the last flush: an empty block would say so. */
	if (!now && !z->dirty)
		return;
	z->out.next_in = (Bytef *)(uintptr_t)*data;
	z->out.avail_in = now;
	z->out.next_out = buf;
	z->out.avail_out = (uInt)room;
	/*
	 * Its only error left is "nothing to do".  Full, so that nothing in one
	 * answer shortens the next: a stranger's mail beside a secret would
	 * tell by its length how alike they are (CVE-2026-40203, as CRIME).
	 */
	(void)deflate(&z->out,
	              flush && now == *len ? Z_FULL_FLUSH : Z_NO_FLUSH);
	uInt used = now - z->out.avail_in;
	*data += used;
	*len -= used;
	*got = room - z->out.avail_out;
	/* A flush is complete when it leaves room. */
	z->dirty = *len || !flush || !z->out.avail_out;
}
