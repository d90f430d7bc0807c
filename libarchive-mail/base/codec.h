/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_BASE_CODEC_H
#define AM_BASE_CODEC_H

#include "base/error.h"

/* Compression of one piece held in memory.  The numbers are on disk in
 * archives: never renumber. */
enum am_codec { AM_CODEC_STORED = 0, AM_CODEC_ZLIB = 1, AM_CODEC_ZSTD = 2 };

/*
 * Working memory of one thread: contexts are dear to make and cheap to reuse.
 * Not shared between threads.
 */
struct am_coder;

struct am_coder *am_coder_new(void);
void am_coder_free(struct am_coder **coder);

/* Room that a compressed piece of raw_len bytes can need at most. */
size_t am_codec_bound(enum am_codec codec, size_t raw_len);
/* level 0: the codec's default (zstd 3, zlib 6), tuned for mail.  Or this one,
 * tuned for many small records that are like each other. */
#define AM_LEVEL_FACTS (-1)
/* *out_len: room in, used out. */
AM_MUST_USE int am_codec_pack(struct am_coder *coder, enum am_codec codec,
                              int level, const void *raw, size_t raw_len,
                              void *out, size_t *out_len, struct am_error *err);
/* raw_len is exact and known beforehand; anything else is AM_E_CORRUPT. */
AM_MUST_USE int am_codec_unpack(struct am_coder *coder, enum am_codec codec,
                                const void *packed, size_t packed_len,
                                void *out, size_t raw_len,
                                struct am_error *err);
/* At least the first `want` bytes of the raw_len (out has room for all), and
 * *got how many there are; what lies behind is neither unpacked nor checked. */
AM_MUST_USE int am_codec_unpack_some(struct am_coder *coder,
                                     enum am_codec codec, const void *packed,
                                     size_t packed_len, void *out,
                                     size_t raw_len, size_t want, size_t *got,
                                     struct am_error *err);
/* All that comes out of a damaged piece before a codec gives up, *got bytes of
 * it: right before the damage, and anything behind it.  Only for who has
 * another proof of what is in it. */
void am_codec_salvage(struct am_coder *coder, enum am_codec codec,
                      const void *packed, size_t packed_len, void *out,
                      size_t raw_len, size_t *got);
/* "zstd", "zlib", "stored"; AM_FAILED with AM_E_ARGUMENT for others. */
AM_MUST_USE int am_codec_parse(enum am_codec *out, const char *name,
                               struct am_error *err);

#endif
