/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 *  0  compressed size u32, counted from offset 4
 *  4  raw size u32
 *  8  "LZFu" or "MELA"
 * 12  CRC u32 of what follows, 0 of MELA
 *
 * LZFu: a control byte, lowest bit first, for eight tokens: 0 a literal byte, 1
 * a big-endian u16 of 12 bits place in a ring of 4096 and 4 bits length less
 * two.  A place that is the one written to next is the end.  The ring begins
 * with RTF's commonest words.  Outlook writes the compressed size where the raw
 * one belongs when it does not compress, so there it is not looked at.
 */
#include "outlook/rtf/lzfu.h"

#include "base/bytes.h"
#include "base/hash.h"

#include <glib.h>

#include <string.h>

enum { RING = 4096, PRELOAD = 207, HEADER = 16 };
/* Eight tokens: bytes behind the control byte, and bytes that come out, with
 * what a copy of whole words writes behind the last. */
enum { EIGHT_IN = 16, EIGHT_OUT = 8 * 17 + 17 };

static const char preload[PRELOAD + 1] =
	"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman "
	"\\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes "
	"New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
	"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

/*
 * The ring as such is not kept: it is the last RING bytes of the preload and
 * what was put out behind it, and blanks where there is nothing yet.
 */
struct output {
	uint8_t *bytes;
	size_t len, room, max;
};

/* Room for n more, or for as many as may be; how many. */
static size_t make_room(struct output *out, size_t n)
{
	while (out->room - out->len < n && out->room < out->max) {
		out->room = MIN(out->max, out->room ? 2 * out->room : RING);
		out->bytes = g_realloc(out->bytes, out->room);
	}
	return MIN(n, out->room - out->len);
}

static int fail_max(size_t max, struct am_error *err)
{
	return am_fail(err, AM_FAILED, AM_E_LIMIT,
	               "compressed RTF of more than %zu bytes", max);
}

/* n bytes that begin so far back; they may run into those they make. */
static void copy_back(struct output *out, size_t back, size_t n)
{
	uint8_t *to = out->bytes + out->len;

	for (; n && back > out->len; n--, out->len++) {
		size_t beyond = back - out->len;
		*to++ = beyond > PRELOAD ? ' '
		                         : (uint8_t)preload[PRELOAD - beyond];
	}
	for (out->len += n; n; n--, to++)
		*to = *(to - back);
}

/* The same where the buffer goes on behind them: nothing is counted byte by
 * byte.  What is so far back is there before it is read. */
static void copy_near(uint8_t *to, size_t back, size_t n)
{
	const uint8_t *from = to - back;

	if (back >= 8) {
		memcpy(to, from, 8);
		memcpy(to + 8, from + 8, 8);
		to[16] = from[16];
		return;
	}
	for (size_t i = 0; i < n; i++)
		to[i] = from[i];
}

static int fail_cut(struct am_error *err)
{
	return am_fail(err, AM_FAILED, AM_E_FORMAT,
	               "compressed RTF is cut off");
}

/* Eight tokens at most, of which there are all the bytes, and room for
 * whatever they make.  AM_END: one of them was the end. */
static int unpack_eight(struct output *out, const uint8_t **in)
{
	const uint8_t *at = *in;
	unsigned control = *at++;
	size_t len = out->len;
	int r = AM_OK;

	for (unsigned bit = 0; bit < 8; bit++, control >>= 1) {
		if (!(control & 1)) {
			out->bytes[len++] = *at++;
			continue;
		}
		unsigned token = (unsigned)at[0] << 8 | at[1];
		size_t back = (PRELOAD + len - (token >> 4)) % RING;
		size_t n = (token & 0xf) + 2;
		at += 2;
		if (!back) {
			r = AM_END;
			break;
		}
		if (back <= len) {
			copy_near(out->bytes + len, back, n);
			len += n;
		} else {
			out->len = len;
			copy_back(out, back, n);
			len = out->len;
		}
	}
	out->len = len;
	*in = at;
	return r;
}

static int unpack(struct output *out, struct am_cursor *c, struct am_error *err)
{
	const uint8_t *at = c->at, *end = c->end;

	while (at < end) {
		if (end - at > EIGHT_IN &&
		    make_room(out, EIGHT_OUT) == EIGHT_OUT) {
			if (unpack_eight(out, &at))
				return AM_OK;
			continue;
		}
		unsigned control = *at++;
		for (unsigned bit = 0; bit < 8; bit++, control >>= 1) {
			if (!(control & 1)) {
				if (at == end)
					break;
				if (out->len == out->room && !make_room(out, 1))
					return fail_max(out->max, err);
				out->bytes[out->len++] = *at++;
				continue;
			}
			if (end - at < 2)
				return fail_cut(err);
			unsigned token = (unsigned)at[0] << 8 | at[1];
			size_t back =
				(PRELOAD + out->len - (token >> 4)) % RING;
			at += 2;
			if (!back)
				return AM_OK;
			size_t n = (token & 0xf) + 2;
			size_t fits = make_room(out, n);
			copy_back(out, back, fits);
			if (fits < n)
				return fail_max(out->max, err);
		}
	}
	return am_fail(err, AM_FAILED, AM_E_FORMAT,
	               "compressed RTF without an end");
}

/* What it says it is, as far as so much can be made of it. */
static void expect(struct output *out, size_t raw, size_t body)
{
	size_t most = body > SIZE_MAX / 9 ? SIZE_MAX : body * 9;

	out->room = MIN(MIN(raw, most), out->max);
	out->room = MIN(out->room + EIGHT_OUT, out->max);
	out->bytes = g_malloc(out->room + 1);
}

int am_lzfu_unpack(const uint8_t *data, size_t len, size_t max, uint8_t **out,
                   size_t *out_len, struct am_error *err)
{
	struct am_cursor c = am_cursor(data, len);
	uint32_t packed = am_get_le32(&c), raw = am_get_le32(&c);
	const uint8_t *magic = am_get_bytes(&c, 4);
	uint32_t crc = am_get_le32(&c);
	int r = AM_OK;

	*out = NULL;
	*out_len = 0;
	if (c.bad)
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "compressed RTF is cut off in its header");
	size_t body = packed >= HEADER - 4 ? packed - (HEADER - 4) : 0;
	bool cut = body > am_cursor_left(&c);
	if (cut)
		body = am_cursor_left(&c);
	c.end = c.at + body;
	if (!memcmp(magic, "MELA", 4)) {
		if (body > max)
			return fail_max(max, err);
		*out = g_memdup2(c.at, body);
		*out_len = body;
		return cut ? am_fail(err, AM_FAILED, AM_E_FORMAT,
		                     "RTF is cut off")
		           : AM_OK;
	}
	if (memcmp(magic, "LZFu", 4) != 0)
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "RTF compressed in a way that is not known");
	bool wrong = (am_crc32(0xffffffffu, c.at, body) ^ 0xffffffffu) != crc;
	struct output text = {.max = max};
	expect(&text, raw, body);
	r = unpack(&text, &c, err);
	/* Without its last token it may be whole all the same. */
	if (r && !cut && !wrong && text.len == raw)
		r = AM_OK;
	if (!r && wrong)
		r = am_fail(err, AM_FAILED, AM_E_FORMAT,
		            "the checksum of compressed RTF is wrong");
	*out_len = text.len;
	*out = text.bytes;
	return r;
}
