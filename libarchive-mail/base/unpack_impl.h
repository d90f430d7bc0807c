/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_BASE_UNPACK_IMPL_H
#define AM_BASE_UNPACK_IMPL_H

#include "base/error.h"
#include "base/libarchive.h"

#include <locale.h>

struct am_file;
struct am_reader;

/* What unpack*.c, container.c and pack.c share and nobody else sees. */

/* By the compressors' own libraries, which give the bytes before a damage;
 * they take inner. */
AM_MUST_USE int am_unpack_zstd(struct am_reader **out, struct am_reader *inner,
                               struct am_error *err);
AM_MUST_USE int am_unpack_bzip2(struct am_reader **out, struct am_reader *inner,
                                struct am_error *err);
/* xz, or the older .lzma */
AM_MUST_USE int am_unpack_lzma(struct am_reader **out, struct am_reader *inner,
                               bool xz, struct am_error *err);
/* Behind the last stream only zeros may stand, of a tape or block device.
 * AM_END, or AM_FATAL. */
int am_unpack_padding(struct am_reader *inner, struct am_error *err);

/*
 * Where libarchive gets its bytes: from a file, where it may seek (zip needs
 * that), or from a reader.  An error of ours is kept here, for libarchive only
 * knows that there was one.
 */
struct am_unpack_input {
	struct am_file *file;     /* either this, counted, */
	struct am_reader *reader; /* or this, owned */
	uint64_t at;              /* in file */
	uint8_t *buf;             /* for file */
	size_t lent;              /* of reader, not yet skipped */
	bool drained;             /* the end was seen */
	bool zero_tail;           /* the last bytes given are all zero */
	int status;
	struct am_error why;
};

/* Open `a`, which has its formats and filters, over input. */
AM_MUST_USE int am_unpack_attach(struct archive *a,
                                 struct am_unpack_input *input,
                                 struct am_error *err);
void am_unpack_input_clear(struct am_unpack_input *input);
/* What went wrong: input's error when there is one, else libarchive's. */
int am_unpack_fail(struct archive *a, const struct am_unpack_input *input,
                   enum am_status status, struct am_error *err);

/* The data of the entry at which an archive stands, holes as zeros. */
struct am_unpack_body {
	const uint8_t *block;
	size_t len;
	int64_t block_at; /* where in the entry the block begins */
	int64_t at;       /* where we are */
	bool ended;
};
/* One step, as am_reader_ops.fill; an error is libarchive's last. */
int am_unpack_body_fill(struct am_unpack_body *body, struct archive *a,
                        uint8_t *buf, size_t room, size_t *got);

/* libarchive turns names into the charset of the locale.  Our names are UTF-8
 * whatever the user's locale is, so its calls run under this one.
 * (locale_t)0 when the system has none; then names are as the user's. */
locale_t am_unpack_locale_new(void);
locale_t am_unpack_locale_enter(locale_t utf8);
void am_unpack_locale_leave(locale_t before);

#endif
