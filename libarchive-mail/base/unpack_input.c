/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/unpack_impl.h"

#include "base/file.h"
#include "base/reader.h"

#include <glib.h>

#include <errno.h>
#include <string.h>

enum { CHUNK = 64 * 1024, TAIL = 512 };

static void remember_tail(struct am_unpack_input *in, const uint8_t *data,
                          size_t len)
{
	size_t n = len < TAIL ? len : TAIL;

	in->zero_tail = true;
	for (size_t i = len - n; i < len; i++)
		in->zero_tail = in->zero_tail && !data[i];
}

static la_ssize_t stop(struct am_unpack_input *in, struct archive *a, int r)
{
	in->status = r;
	am_la()->archive_set_error(a, EIO, "cannot read");
	return ARCHIVE_FATAL;
}

static la_ssize_t read_file(struct archive *a, void *user, const void **out)
{
	struct am_unpack_input *in = user;
	size_t got;

	int r = am_file_read(in->file, in->at, in->buf, CHUNK, &got, &in->why);
	if (r)
		return stop(in, a, r);
	in->at += got;
	if (got)
		remember_tail(in, in->buf, got);
	else
		in->drained = true;
	*out = in->buf;
	return (la_ssize_t)got;
}

static la_int64_t skip_file(struct archive *a, void *user, la_int64_t n)
{
	struct am_unpack_input *in = user;
	uint64_t size = am_file_size(in->file);

	(void)a;
	/* Never past the end: a member that lacks its end must be noticed. */
	uint64_t left = in->at < size ? size - in->at : 0;
	if (n < 0)
		return 0;
	if ((uint64_t)n > left)
		n = (la_int64_t)left;
	in->at += (uint64_t)n;
	return n;
}

static la_int64_t seek_file(struct archive *a, void *user, la_int64_t offset,
                            int whence)
{
	struct am_unpack_input *in = user;
	int64_t base = 0, to;

	(void)a;
	if (whence == SEEK_CUR)
		base = (int64_t)in->at;
	else if (whence == SEEK_END)
		base = (int64_t)am_file_size(in->file);
	if (__builtin_add_overflow(base, offset, &to) || to < 0)
		return ARCHIVE_FATAL;
	in->at = (uint64_t)to;
	in->drained = false;
	return to;
}

static la_ssize_t read_reader(struct archive *a, void *user, const void **out)
{
	struct am_unpack_input *in = user;
	const uint8_t *data;
	size_t len;

	am_reader_skip(in->reader, in->lent);
	in->lent = 0;
	int r = am_reader_peek(in->reader, 1, &data, &len, &in->why);
	if (r == AM_END) {
		in->drained = true;
		return 0;
	}
	if (r)
		return stop(in, a, r);
	in->lent = len;
	remember_tail(in, data, len);
	*out = data;
	return (la_ssize_t)len;
}

int am_unpack_attach(struct archive *a, struct am_unpack_input *in,
                     struct am_error *err)
{
	if (in->file) {
		in->buf = g_malloc(CHUNK);
		am_la()->archive_read_set_read_callback(a, read_file);
		am_la()->archive_read_set_skip_callback(a, skip_file);
		am_la()->archive_read_set_seek_callback(a, seek_file);
	} else {
		am_la()->archive_read_set_read_callback(a, read_reader);
	}
	am_la()->archive_read_set_callback_data(a, in);
	if (am_la()->archive_read_open1(a) != ARCHIVE_OK)
		return am_unpack_fail(a, in, AM_FATAL, err);
	return AM_OK;
}

void am_unpack_input_clear(struct am_unpack_input *in)
{
	am_file_unref(&in->file);
	am_reader_close(&in->reader);
	g_free(in->buf);
	in->buf = NULL;
}

int am_unpack_fail(struct archive *a, const struct am_unpack_input *in,
                   enum am_status status, struct am_error *err)
{
	if (in->status) {
		if (err)
			*err = in->why;
		return status;
	}
	const char *why = am_la()->archive_error_string(a);
	return am_fail(err, status,
	               am_la()->archive_errno(a) == ENOMEM ? AM_E_MEMORY
	                                                   : AM_E_FORMAT,
	               "%s", why ? why : "damaged");
}

int am_unpack_body_fill(struct am_unpack_body *b, struct archive *a,
                        uint8_t *buf, size_t room, size_t *got)
{
	while (!b->ended && b->at >= b->block_at && !b->len) {
		const void *block = NULL;
		size_t len = 0;
		la_int64_t at = 0;
		int r = am_la()->archive_read_data_block(a, &block, &len, &at);
		if (r == ARCHIVE_EOF) {
			b->ended = true;
			break;
		}
		if (r != ARCHIVE_OK)
			return AM_FATAL;
		/* Blocks never overlap; one that did would be damage. */
		if (at < b->at)
			return AM_FATAL;
		b->block = block;
		b->len = len;
		b->block_at = at;
	}
	if (b->at < b->block_at) {
		uint64_t hole = (uint64_t)(b->block_at - b->at);
		*got = hole < room ? (size_t)hole : room;
		memset(buf, 0, *got);
	} else if (b->len) {
		*got = b->len < room ? b->len : room;
		memcpy(buf, b->block, *got);
		b->block += *got;
		b->len -= *got;
		b->block_at += (int64_t)*got;
	} else {
		return AM_END;
	}
	b->at += (int64_t)*got;
	return AM_OK;
}

locale_t am_unpack_locale_new(void)
{
	return newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

locale_t am_unpack_locale_enter(locale_t utf8)
{
	return utf8 ? uselocale(utf8) : (locale_t)0;
}

void am_unpack_locale_leave(locale_t before)
{
	if (before)
		uselocale(before);
}
