/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mapi/original_text.h"

#include "base/reader.h"

#include <glib.h>

#include <string.h>

struct text {
	struct am_reader *inner;
	uint8_t wait[4]; /* of a character that did not fit */
	size_t n_wait;
};

static unsigned unit_at(const uint8_t *at)
{
	return at[0] | (unsigned)at[1] << 8;
}

/* One character: how many bytes it takes of `data`, or 0 to wait for more. */
static size_t take(const uint8_t *data, size_t len, gunichar *out)
{
	unsigned high = unit_at(data), low;

	*out = high;
	if (high < 0xd800 || high > 0xdfff)
		return 2;
	*out = 0xfffd;
	if (high > 0xdbff)
		return 2;
	if (len < 4)
		return 0;
	low = unit_at(data + 2);
	if (low < 0xdc00 || low > 0xdfff)
		return 2;
	*out = 0x10000 + ((high & 0x3ff) << 10 | (low & 0x3ff));
	return 4;
}

/* Some characters into a buffer with room for at least one. */
static int convert(struct text *t, uint8_t *buf, size_t room, size_t *got,
                   struct am_error *err)
{
	const uint8_t *data;
	size_t len, used = 0;
	gunichar c;

	/* Four bytes: a whole pair, unless the text ends before. */
	int r = am_reader_peek(t->inner, 4, &data, &len, err);
	if (r)
		return r;
	while (len - used >= 2 && room - *got >= 4) {
		size_t n = take(data + used, len - used, &c);
		if (!n && used)
			break;
		used += n ? n : 2; /* half a pair at the very end */
		if (c < 0x80)
			buf[(*got)++] = (uint8_t)c;
		else
			*got += (size_t)g_unichar_to_utf8(c,
			                                  (char *)buf + *got);
	}
	/* Half a unit at the end is no text. */
	am_reader_skip(t->inner, used ? used : len);
	return AM_OK;
}

static int fill_text(void *self, uint8_t *buf, size_t room, size_t *got,
                     struct am_error *err)
{
	struct text *t = self;
	int r = AM_OK;

	*got = 0;
	if (!t->n_wait && room >= sizeof(t->wait))
		return convert(t, buf, room, got, err);
	if (!t->n_wait)
		r = convert(t, t->wait, sizeof(t->wait), &t->n_wait, err);
	if (r || !t->n_wait)
		return r;
	*got = MIN(room, t->n_wait);
	memcpy(buf, t->wait, *got);
	t->n_wait -= *got;
	memmove(t->wait, t->wait + *got, t->n_wait);
	return AM_OK;
}

static void close_text(void *self)
{
	struct text *t = self;

	am_reader_close(&t->inner);
	g_free(t);
}

int am_original_text(struct am_reader **out, struct am_reader *inner,
                     struct am_error *err)
{
	static const struct am_reader_ops ops = {.fill = fill_text,
	                                         .close = close_text};
	struct text *t = g_new0(struct text, 1);

	t->inner = inner;
	return am_reader_new(out, &ops, t, err);
}
