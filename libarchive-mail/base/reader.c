/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/reader.h"

#include "base/file.h"

#include <glib.h>

#include <string.h>

/*
 * The bytes on offer are at[0..left).  They lie in buf, or, for a reader over
 * memory, in the caller's bytes, which are all there from the start.
 */
struct am_reader {
	const uint8_t *at;
	size_t left;
	size_t skippable; /* len of the last peek */
	uint64_t offset;

	const struct am_reader_ops *ops;
	void *self;
	void (*release)(void *owner); /* over memory, instead of ops */
	uint8_t *buf;
	size_t cap;   /* of buf, when there is one */
	size_t first; /* cap to start with */

	int status; /* AM_OK, AM_END or an error that sticks */
	struct am_error why;
};

/* Large enough that a system call is noise, small enough for the L2 cache. */
enum { BUFFER = 128 * 1024 };

static struct am_reader *new_reader(const struct am_reader_ops *ops, void *self)
{
	struct am_reader *r = g_new0(struct am_reader, 1);

	r->ops = ops;
	r->self = self;
	r->first = BUFFER;
	return r;
}

int am_reader_new(struct am_reader **out, const struct am_reader_ops *ops,
                  void *self, struct am_error *err)
{
	(void)err;
	*out = new_reader(ops, self);
	return AM_OK;
}

void am_reader_close(struct am_reader **reader)
{
	struct am_reader *r = *reader;

	*reader = NULL;
	if (!r)
		return;
	if (r->ops->close)
		r->ops->close(r->self);
	if (r->release)
		r->release(r->self);
	g_free(r->buf);
	g_free(r);
}

uint64_t am_reader_offset(const struct am_reader *r)
{
	return r->offset;
}

size_t am_reader_ready(const struct am_reader *r)
{
	return r->left;
}

static void advance(struct am_reader *r, size_t n)
{
	if (n)
		r->at += n;
	r->left -= n;
	r->offset += n;
}

void am_reader_skip(struct am_reader *r, size_t n)
{
	assert(n <= r->skippable);
	r->skippable -= n;
	advance(r, n);
}

/* Ask the implementation once, into buf or wherever `to` points. */
static int fill(struct am_reader *r, uint8_t *to, size_t room, size_t *got,
                struct am_error *err)
{
	struct am_error local = {.kind = AM_E_NONE};

	*got = 0;
	/* NOLINTNEXTLINE(*CallAndMessage) callers ask first */
	int status = r->ops->fill(r->self, to, room, got, &local);
	assert(*got <= room);
	if (!status && !*got)
		status = AM_END;
	if (status == AM_RETRY) {
		if (err)
			*err = local;
		return AM_RETRY;
	}
	if (status) {
		r->status = status;
		r->why = local;
	}
	return AM_OK;
}

static int sticking(const struct am_reader *r, struct am_error *err)
{
	if (r->status < 0 && err)
		*err = r->why;
	return r->status;
}

/* Make buf hold `want` bytes, with what is on offer at its front. */
static int make_room(struct am_reader *r, size_t want, struct am_error *err)
{
	if (r->cap >= want) {
		size_t before = (size_t)(r->at - r->buf);
		/* Also when a little room is left behind: filling that would
		 * cost a system call for next to nothing. */
		if (before &&
		    (r->left <= r->cap / 2 || r->cap - before < want)) {
			/* NOLINTNEXTLINE(*NonNullParamChecker) cap > 0 */
			memmove(r->buf, r->at, r->left);
			r->at = r->buf;
		}
		return AM_OK;
	}
	size_t cap = r->cap ? r->cap : r->first;
	while (cap < want)
		cap = cap > SIZE_MAX / 2 ? want : cap * 2;
	uint8_t *buf = g_try_malloc(cap);
	if (!buf)
		return am_fail(err, AM_FAILED, AM_E_MEMORY,
		               "no memory to look %zu bytes ahead", want);
	if (r->left)
		memcpy(buf, r->at, r->left);
	g_free(r->buf);
	r->buf = buf;
	r->cap = cap;
	r->at = buf;
	return AM_OK;
}

/* Until `want` bytes are on offer or nothing more comes. */
static int gather(struct am_reader *r, size_t want, struct am_error *err)
{
	if (r->status)
		return AM_OK;
	if (!r->left && r->buf)
		r->at = r->buf;
	int status = make_room(r, want, err);
	if (status)
		return status;
	while (r->left < want && !r->status) {
		uint8_t *end = r->buf + (r->at - r->buf) + r->left;
		size_t got;
		status = fill(r, end, (size_t)(r->buf + r->cap - end), &got,
		              err);
		if (status)
			return status;
		r->left += got;
	}
	return AM_OK;
}

int am_reader_peek(struct am_reader *r, size_t want, const uint8_t **data,
                   size_t *len, struct am_error *err)
{
	if (!want)
		want = 1;
	if (r->left < want) {
		int status = gather(r, want, err);
		if (status)
			return status;
		if (!r->left) {
			*data = NULL;
			*len = r->skippable = 0;
			return sticking(r, err);
		}
	}
	*data = r->at;
	*len = r->skippable = r->left;
	return AM_OK;
}

int am_reader_line(struct am_reader *r, size_t max, const uint8_t **data,
                   size_t *len, struct am_error *err)
{
	size_t seen = 0;
	const uint8_t *nl = NULL;

	r->skippable = 0;
	for (;;) {
		size_t look = r->left < max ? r->left : max;
		if (look > seen)
			nl = memchr(r->at + seen, '\n', look - seen);
		if (nl)
			break;
		seen = look;
		if (r->left > max || (r->left == max && !r->status)) {
			/* One byte more tells "just fits, then the end". */
			int status = gather(r, max + 1, err);
			if (status)
				return status;
			if (r->left <= max)
				break;
			return am_fail(err, AM_FAILED, AM_E_LIMIT,
			               "line of more than %zu bytes at offset "
			               "%" PRIu64,
			               max, r->offset);
		}
		if (r->status)
			break;
		int status = gather(r, r->left + 1, err);
		if (status)
			return status;
	}
	if (!nl && !r->left) {
		*data = NULL;
		*len = 0;
		return sticking(r, err);
	}
	*data = r->at;
	*len = nl ? (size_t)(nl - r->at) + 1 : r->left;
	advance(r, *len);
	return AM_OK;
}

int am_reader_read(struct am_reader *r, void *buf, size_t want, size_t *got,
                   struct am_error *err)
{
	uint8_t *to = buf;

	*got = 0;
	r->skippable = 0;
	while (*got < want) {
		size_t n = want - *got;
		int status = AM_OK;
		if (!r->left && r->status)
			return r->status == AM_END ? AM_OK : sticking(r, err);
		if (!r->left && r->ops->fill && n >= r->first) {
			/* Past the buffer, straight to where it is wanted. */
			status = fill(r, to + *got, n, &n, err);
			r->offset += n;
			*got += n;
		} else if (!r->left) {
			status = gather(r, 1, err);
		} else {
			n = n < r->left ? n : r->left;
			memcpy(to + *got, r->at, n);
			advance(r, n);
			*got += n;
		}
		if (status)
			return status;
	}
	return AM_OK;
}

/* ---- over memory ---- */

int am_reader_held(struct am_reader **out, const void *data, size_t len,
                   void (*release)(void *owner), void *owner,
                   struct am_error *err)
{
	/* No fill: the status says from the start that nothing follows. */
	static const struct am_reader_ops plain = {.fill = NULL};
	struct am_reader *r = new_reader(&plain, owner);

	(void)err;
	r->release = release;
	r->at = data;
	r->left = len;
	r->status = AM_END;
	*out = r;
	return AM_OK;
}

int am_reader_memory(struct am_reader **out, const void *data, size_t len,
                     struct am_error *err)
{
	return am_reader_held(out, data, len, NULL, NULL, err);
}

/* ---- over a file ---- */

struct file_source {
	struct am_file *file;
	uint64_t at, end;
};

static int fill_from_file(void *self, uint8_t *buf, size_t room, size_t *got,
                          struct am_error *err)
{
	struct file_source *f = self;

	if (room > f->end - f->at)
		room = (size_t)(f->end - f->at);
	if (!room)
		return AM_END;
	int r = am_file_read(f->file, f->at, buf, room, got, err);
	f->at += *got;
	if (r)
		return AM_FATAL;
	if (*got < room)
		return am_fail(err, AM_FATAL, AM_E_IO,
		               "%s: file shrank while it was read",
		               am_file_path(f->file));
	return AM_OK;
}

static void close_file(void *self)
{
	struct file_source *f = self;

	am_file_unref(&f->file);
	g_free(f);
}

int am_reader_file(struct am_reader **out, struct am_file *file,
                   uint64_t offset, uint64_t len, struct am_error *err)
{
	static const struct am_reader_ops ops = {.fill = fill_from_file,
	                                         .close = close_file};

	*out = NULL;
	if (offset > am_file_size(file) || len > am_file_size(file) - offset)
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "%s: %" PRIu64 " bytes at offset %" PRIu64
		               " reach past its end",
		               am_file_path(file), len, offset);
	struct file_source *f = g_new(struct file_source, 1);
	f->file = am_file_ref(file);
	f->at = offset;
	f->end = offset + len;
	*out = new_reader(&ops, f);
	/* A small file needs a small buffer; bad for nobody, most are. */
	if (len < BUFFER)
		(*out)->first = len ? (size_t)len : 1;
	return AM_OK;
}
