/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/blob.h"

#include "base/blob_impl.h"
#include "base/bytes.h"
#include "base/file.h"
#include "base/reader.h"

#include <glib.h>

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

/*
 * Four sorts: bytes in memory (behind the struct itself, or taken from the
 * caller), a slice of a counted file, an unlinked file that is the blob's own,
 * a range of another of them.
 * Nothing in here changes after it is made but the count, so threads need no
 * lock: pread(2) shares no position.
 */
enum sort { INLINE, TAKEN, SLICE, SPOOLED, RANGE };

struct am_blob {
	_Atomic unsigned refs;
	enum sort sort;
	uint64_t size;
	union {
		uint8_t *taken;
		struct {
			struct am_file *file;
			uint64_t offset;
		} slice;
		struct {
			struct am_blob *of; /* never a range itself */
			uint64_t offset;
		} range;
		int fd;
	};
	uint8_t bytes[]; /* INLINE */
};

static void init(struct am_blob *blob, enum sort sort, uint64_t size)
{
	atomic_init(&blob->refs, 1);
	blob->sort = sort;
	blob->size = size;
}

int am_blob_copy(struct am_blob **out, const void *data, size_t len,
                 struct am_error *err)
{
	*out = NULL;
	if (len > SIZE_MAX - sizeof(struct am_blob))
		return am_fail(err, AM_FAILED, AM_E_MEMORY,
		               "no memory for %zu bytes", len);
	struct am_blob *blob = g_try_malloc(sizeof *blob + len);
	if (!blob)
		return am_fail(err, AM_FAILED, AM_E_MEMORY,
		               "no memory for %zu bytes", len);
	init(blob, INLINE, len);
	if (len)
		memcpy(blob->bytes, data, len);
	*out = blob;
	return AM_OK;
}

int am_blob_take(struct am_blob **out, void *data, size_t len,
                 struct am_error *err)
{
	struct am_blob *blob = g_new(struct am_blob, 1);

	(void)err;
	init(blob, TAKEN, len);
	blob->taken = data;
	*out = blob;
	return AM_OK;
}

int am_blob_slice(struct am_blob **out, struct am_file *file, uint64_t offset,
                  uint64_t len, struct am_error *err)
{
	uint64_t size = am_file_size(file);

	*out = NULL;
	if (offset > size || len > size - offset)
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "%s: %" PRIu64 " bytes at offset %" PRIu64
		               " reach past its end",
		               am_file_path(file), len, offset);
	struct am_blob *blob = g_new(struct am_blob, 1);
	init(blob, SLICE, len);
	blob->slice.file = am_file_ref(file);
	blob->slice.offset = offset;
	*out = blob;
	return AM_OK;
}

int am_blob_range(struct am_blob **out, struct am_blob *of, uint64_t offset,
                  uint64_t len, struct am_error *err)
{
	*out = NULL;
	if (offset > of->size || len > of->size - offset)
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "%" PRIu64 " bytes at offset %" PRIu64
		               " reach past the end",
		               len, offset);
	if (of->sort == SLICE)
		return am_blob_slice(out, of->slice.file,
		                     of->slice.offset + offset, len, err);
	struct am_blob *blob = g_new(struct am_blob, 1);
	init(blob, RANGE, len);
	if (of->sort == RANGE) {
		offset += of->range.offset;
		of = of->range.of;
	}
	blob->range.of = am_blob_ref(of);
	blob->range.offset = offset;
	*out = blob;
	return AM_OK;
}

struct am_blob *am_blob_of_fd(int fd, uint64_t size)
{
	struct am_blob *blob = g_new(struct am_blob, 1);

	init(blob, SPOOLED, size);
	blob->fd = fd;
	return blob;
}

struct am_blob *am_blob_ref(struct am_blob *blob)
{
	atomic_fetch_add_explicit(&blob->refs, 1, memory_order_relaxed);
	return blob;
}

void am_blob_unref(struct am_blob **blob)
{
	struct am_blob *b = *blob;

	*blob = NULL;
	if (!b ||
	    atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel) != 1)
		return;
	switch (b->sort) {
	case INLINE:
		break;
	case TAKEN:
		g_free(b->taken);
		break;
	case SLICE:
		am_file_unref(&b->slice.file);
		break;
	case SPOOLED:
		close(b->fd);
		break;
	case RANGE:
		am_blob_unref(&b->range.of);
		break;
	}
	g_free(b);
}

const uint8_t *am_blob_bytes(const struct am_blob *blob)
{
	static const uint8_t none[1];

	if (blob->sort == INLINE)
		return blob->bytes;
	if (blob->sort == TAKEN)
		return blob->taken ? blob->taken : none;
	if (blob->sort == RANGE) {
		const uint8_t *bytes = am_blob_bytes(blob->range.of);
		return bytes ? bytes + blob->range.offset : NULL;
	}
	return NULL;
}

uint64_t am_blob_size(const struct am_blob *blob)
{
	return blob->size;
}

static int read_spooled(const struct am_blob *blob, uint64_t offset,
                        uint8_t *to, size_t want, struct am_error *err)
{
	while (want) {
		ssize_t n = pread(blob->fd, to, want, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return am_fail_sys(err, AM_FAILED,
			                   "temporary file at offset %" PRIu64,
			                   offset);
		if (!n)
			return am_fail(err, AM_FAILED, AM_E_IO,
			               "temporary file shrank");
		to += n;
		want -= (size_t)n;
		offset += (uint64_t)n;
	}
	return AM_OK;
}

int am_blob_read(const struct am_blob *blob, uint64_t offset, void *buf,
                 size_t want, size_t *got, struct am_error *err)
{
	int r = AM_OK;

	*got = 0;
	if (offset >= blob->size)
		return AM_OK;
	if (want > blob->size - offset)
		want = (size_t)(blob->size - offset);
	if (!want)
		return AM_OK;
	if (blob->sort == SLICE)
		r = am_file_read_all(blob->slice.file,
		                     blob->slice.offset + offset, buf, want,
		                     err);
	else if (blob->sort == SPOOLED)
		r = read_spooled(blob, offset, buf, want, err);
	else if (blob->sort == RANGE && blob->range.of->sort == SPOOLED)
		r = read_spooled(blob->range.of, blob->range.offset + offset,
		                 buf, want, err);
	else
		memcpy(buf, am_blob_bytes(blob) + offset, want);
	if (!r)
		*got = want;
	return r;
}

/* ---- as a reader ---- */

struct cursor {
	struct am_blob *blob;
	uint64_t at;
};

static int fill_from_blob(void *self, uint8_t *buf, size_t room, size_t *got,
                          struct am_error *err)
{
	struct cursor *c = self;

	int r = am_blob_read(c->blob, c->at, buf, room, got, err);
	c->at += *got;
	return r ? AM_FATAL : AM_OK;
}

static void close_cursor(void *self)
{
	struct cursor *c = self;

	am_blob_unref(&c->blob);
	g_free(c);
}

static void release_blob(void *owner)
{
	struct am_blob *blob = owner;

	am_blob_unref(&blob);
}

int am_blob_open(const struct am_blob *blob, struct am_reader **out,
                 struct am_error *err)
{
	static const struct am_reader_ops ops = {.fill = fill_from_blob,
	                                         .close = close_cursor};

	if (blob->sort == SLICE)
		return am_reader_file(out, blob->slice.file, blob->slice.offset,
		                      blob->size, err);
	/* Only the count changes, which is nobody's constant. */
	struct am_blob *ours = am_blob_ref((struct am_blob *)(uintptr_t)blob);
	const uint8_t *bytes = am_blob_bytes(ours);
	if (bytes)
		return am_reader_held(out, bytes, (size_t)ours->size,
		                      release_blob, ours, err);
	struct cursor *c = g_new0(struct cursor, 1);
	c->blob = ours;
	return am_reader_new(out, &ops, c, err);
}
