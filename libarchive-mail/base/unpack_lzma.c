/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/unpack_impl.h"

#include "base/reader.h"

#include <glib.h>
#include <lzma.h>

/* xz -9 takes 65 MiB to unpack; what wants more than this is no mail. */
#define MEMORY (UINT64_C(512) << 20)

struct lzma {
	struct am_reader *inner;
	lzma_stream z;
	bool ended;
};

static int fail(lzma_ret code, struct am_error *err)
{
	switch (code) {
	case LZMA_MEM_ERROR:
		return am_fail(err, AM_FATAL, AM_E_MEMORY,
		               "no memory to decompress");
	case LZMA_MEMLIMIT_ERROR:
		return am_fail(err, AM_FATAL, AM_E_LIMIT,
		               "takes more than %u MiB to decompress",
		               (unsigned)(MEMORY >> 20));
	case LZMA_OPTIONS_ERROR:
		return am_fail(err, AM_FATAL, AM_E_UNSUPPORTED,
		               "compressed in a way that liblzma cannot undo");
	case LZMA_BUF_ERROR:
		return am_fail(err, AM_FATAL, AM_E_FORMAT,
		               "compressed data is cut short");
	default:
		return am_fail(err, AM_FATAL, AM_E_FORMAT,
		               "compressed data is damaged");
	}
}

/* One call of the decoder; *got may stay 0. */
static int step(struct lzma *l, uint8_t *buf, size_t room, size_t *got,
                struct am_error *err)
{
	const uint8_t *data = NULL;
	size_t len = 0;
	int r = am_reader_peek(l->inner, 1, &data, &len, err);

	if (r < 0)
		return r;
	l->z.next_in = data;
	l->z.avail_in = len;
	l->z.next_out = buf;
	l->z.avail_out = room;
	lzma_ret code = lzma_code(&l->z, r == AM_END ? LZMA_FINISH : LZMA_RUN);
	am_reader_skip(l->inner, len - l->z.avail_in);
	*got = room - l->z.avail_out;
	if (code == LZMA_STREAM_END) {
		l->ended = true;
		return AM_OK;
	}
	return code == LZMA_OK ? AM_OK : fail(code, err);
}

static int fill_lzma(void *self, uint8_t *buf, size_t room, size_t *got,
                     struct am_error *err)
{
	struct lzma *l = self;
	int r = AM_OK;

	*got = 0;
	while (!r && !*got)
		r = l->ended ? am_unpack_padding(l->inner, err)
		             : step(l, buf, room, got, err);
	return r;
}

static void close_lzma(void *self)
{
	struct lzma *l = self;

	lzma_end(&l->z);
	am_reader_close(&l->inner);
	g_free(l);
}

int am_unpack_lzma(struct am_reader **out, struct am_reader *inner, bool xz,
                   struct am_error *err)
{
	static const struct am_reader_ops ops = {.fill = fill_lzma,
	                                         .close = close_lzma};
	struct lzma *l = g_new0(struct lzma, 1);

	*out = NULL;
	l->inner = inner;
	l->z = (lzma_stream)LZMA_STREAM_INIT;
	if ((xz ? lzma_stream_decoder(&l->z, MEMORY, LZMA_CONCATENATED)
	        : lzma_alone_decoder(&l->z, MEMORY)) != LZMA_OK) {
		close_lzma(l);
		return am_fail(err, AM_FAILED, AM_E_MEMORY,
		               "no memory to decompress");
	}
	return am_reader_new(out, &ops, l, err);
}
