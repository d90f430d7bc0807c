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

static const char preload[PRELOAD + 1] =
	"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman "
	"\\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes "
	"New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
	"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

struct ring {
	uint8_t bytes[RING];
	unsigned at;
	uint8_t *out;
	size_t len, room, max;
};

static bool grow(struct ring *ring)
{
	if (ring->room >= ring->max)
		return false;
	ring->room = MIN(ring->max, ring->room ? 2 * ring->room : RING);
	ring->out = g_realloc(ring->out, ring->room);
	return true;
}

static bool put(struct ring *ring, uint8_t byte)
{
	if (ring->len == ring->room && !grow(ring))
		return false;
	ring->bytes[ring->at] = byte;
	ring->at = (ring->at + 1) % RING;
	ring->out[ring->len++] = byte;
	return true;
}

static int fail_max(size_t max, struct am_error *err)
{
	return am_fail(err, AM_FAILED, AM_E_LIMIT,
	               "compressed RTF of more than %zu bytes", max);
}

static int unpack(struct ring *ring, struct am_cursor *c, struct am_error *err)
{
	while (am_cursor_left(c)) {
		uint8_t control = am_get_u8(c);
		for (unsigned bit = 0; bit < 8; bit++) {
			if (!(control & 1u << bit)) {
				if (!am_cursor_left(c))
					break;
				if (!put(ring, am_get_u8(c)))
					return fail_max(ring->max, err);
				continue;
			}
			unsigned high = am_get_u8(c);
			unsigned token = high << 8 | am_get_u8(c);
			unsigned from = token >> 4, n = (token & 0xf) + 2;
			if (c->bad)
				return am_fail(err, AM_FAILED, AM_E_FORMAT,
				               "compressed RTF is cut off");
			if (from == ring->at)
				return AM_OK;
			for (; n; n--, from++)
				if (!put(ring, ring->bytes[from % RING]))
					return fail_max(ring->max, err);
		}
	}
	return am_fail(err, AM_FAILED, AM_E_FORMAT,
	               "compressed RTF without an end");
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
	struct ring *ring = g_new0(struct ring, 1);
	memcpy(ring->bytes, preload, PRELOAD);
	memset(ring->bytes + PRELOAD, ' ', RING - PRELOAD);
	ring->at = PRELOAD;
	ring->max = max;
	r = unpack(ring, &c, err);
	/* Without its last token it may be whole all the same. */
	if (r && !cut && !wrong && ring->len == raw)
		r = AM_OK;
	if (!r && wrong)
		r = am_fail(err, AM_FAILED, AM_E_FORMAT,
		            "the checksum of compressed RTF is wrong");
	*out_len = ring->len;
	*out = ring->out;
	g_free(ring);
	return r;
}
