/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The search that everything in an mbox hangs on.  GCC's generic vectors
 * become SSE2 or NEON; two bytes of the word are compared at once, because
 * 'F' alone is one byte in sixty of any base64 part.
 */
#include "formats/mbox/quoting.h"

#include <string.h>

typedef uint8_t lane __attribute__((vector_size(16)));

static bool any(lane v)
{
	uint64_t half[2];
	memcpy(half, &v, sizeof(half));
	return (half[0] | half[1]) != 0;
}

static const uint8_t *find_slowly(const uint8_t *at, const uint8_t *end,
                                  size_t word)
{
	while ((size_t)(end - at) >= word) {
		at = memchr(at, 'F', (size_t)(end - at) - word + 1);
		if (!at)
			return NULL;
		if (!memcmp(at, "From ", word))
			return at;
		at++;
	}
	return NULL;
}

const uint8_t *am_mbox_find(const uint8_t *at, const uint8_t *end, bool wide)
{
	size_t word = wide ? 4 : 5;
	lane first, second;
	memset(&first, 'F', sizeof(first));
	memset(&second, wide ? 'm' : ' ', sizeof(second));
	while ((size_t)(end - at) >= 64 + word) {
		lane a[4], b[4], hit;
		/* cppcheck-suppress bufferAccessOutOfBounds; lanes of 16 */
		memcpy(a, at, 64);
		/* cppcheck-suppress bufferAccessOutOfBounds; lanes of 16 */
		memcpy(b, at + word - 1, 64);
		hit = (lane)((a[0] == first) & (b[0] == second));
		hit |= (lane)((a[1] == first) & (b[1] == second));
		hit |= (lane)((a[2] == first) & (b[2] == second));
		hit |= (lane)((a[3] == first) & (b[3] == second));
		if (any(hit)) {
			const uint8_t *found =
				find_slowly(at, at + 64 + word - 1, word);
			if (found)
				return found;
		}
		at += 64;
	}
	return find_slowly(at, end, word);
}

int am_mbox_depth(const uint8_t *at, const uint8_t *floor, bool floor_is_line,
                  uint8_t eol)
{
	const uint8_t *p = at;
	while (p > floor && p[-1] == '>' && at - p <= AM_MBOX_QUOTE_MAX)
		p--;
	if (at - p > AM_MBOX_QUOTE_MAX)
		return -1;
	if (p == floor ? !floor_is_line : p[-1] != eol)
		return -1;
	return (int)(at - p);
}
