/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/reader.h"

#include <glib.h>

#include <string.h>

/*
 * The filters that need no library: line endings both ways.
 * Each draws with peek and skip from an inner reader, so it never waits for
 * more than it needs to give one byte.
 */
struct filter {
	struct am_reader *inner;
	bool after_cr; /* crlf: the last byte taken was a CR */
	bool owe_lf;   /* crlf: a CR was put in, its LF found no room */
};

static void close_filter(void *self)
{
	struct filter *f = self;

	am_reader_close(&f->inner);
	g_free(f);
}

static int new_filter(struct am_reader **out, const struct am_reader_ops *ops,
                      struct am_reader *inner, struct am_error *err)
{
	struct filter *f = g_new0(struct filter, 1);

	f->inner = inner;
	return am_reader_new(out, ops, f, err);
}

static int fill_crlf(void *self, uint8_t *buf, size_t room, size_t *got,
                     struct am_error *err)
{
	struct filter *f = self;
	const uint8_t *data;
	size_t len, n = 0, taken = 0;

	if (f->owe_lf) {
		buf[0] = '\n';
		f->owe_lf = false;
		*got = 1;
		return AM_OK;
	}
	int r = am_reader_peek(f->inner, 1, &data, &len, err);
	if (r)
		return r;
	while (taken < len && n < room) {
		/* What goes through unchanged: up to the next LF. */
		size_t run = len - taken < room - n ? len - taken : room - n;
		const uint8_t *from = data + taken;
		const uint8_t *nl = memchr(from, '\n', run);
		if (nl)
			run = (size_t)(nl - from);
		if (run) {
			memcpy(buf + n, from, run);
			n += run;
			taken += run;
			f->after_cr = buf[n - 1] == '\r';
		}
		if (!nl)
			continue;
		if (!f->after_cr)
			buf[n++] = '\r';
		f->after_cr = false;
		taken++;
		if (n == room)
			f->owe_lf = true;
		else
			buf[n++] = '\n';
	}
	am_reader_skip(f->inner, taken);
	*got = n;
	return AM_OK;
}

int am_reader_crlf(struct am_reader **out, struct am_reader *inner,
                   struct am_error *err)
{
	static const struct am_reader_ops ops = {.fill = fill_crlf,
	                                         .close = close_filter};

	return new_filter(out, &ops, inner, err);
}

/* One CR at data[0]: drop it when an LF follows.  *len is refreshed because
 * looking further may move the bytes. */
static int drop_cr(struct filter *f, uint8_t *buf, size_t *got,
                   struct am_error *err)
{
	const uint8_t *data;
	size_t len;

	int r = am_reader_peek(f->inner, 2, &data, &len, err);
	if (r)
		return r;
	bool pair = len > 1 && data[1] == '\n';
	buf[0] = pair ? '\n' : '\r';
	am_reader_skip(f->inner, pair ? 2 : 1);
	*got = 1;
	return AM_OK;
}

static int fill_lf(void *self, uint8_t *buf, size_t room, size_t *got,
                   struct am_error *err)
{
	struct filter *f = self;
	const uint8_t *data;
	size_t len, n = 0, taken = 0;

	int r = am_reader_peek(f->inner, 1, &data, &len, err);
	if (r)
		return r;
	while (taken < len && n < room) {
		size_t run = len - taken < room - n ? len - taken : room - n;
		const uint8_t *from = data + taken;
		const uint8_t *cr = memchr(from, '\r', run);
		if (cr)
			run = (size_t)(cr - from);
		memcpy(buf + n, from, run);
		n += run;
		taken += run;
		if (!cr)
			continue;
		if (taken + 1 == len)
			break; /* what follows is not here yet */
		if (data[taken + 1] != '\n')
			buf[n++] = '\r';
		taken++;
	}
	am_reader_skip(f->inner, taken);
	*got = n;
	if (!n)
		return drop_cr(f, buf, got, err);
	return AM_OK;
}

int am_reader_lf(struct am_reader **out, struct am_reader *inner,
                 struct am_error *err)
{
	static const struct am_reader_ops ops = {.fill = fill_lf,
	                                         .close = close_filter};

	return new_filter(out, &ops, inner, err);
}
