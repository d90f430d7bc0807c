/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/conn_deflate.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint8_t plain[1 << 16];

/* What another end packed in two pieces must come back. */
static void there_and_back(const uint8_t *data, size_t len)
{
	struct am_zip *a, *b;
	static uint8_t packed[300];
	size_t at = 0, got, n;

	if (am_zip_new(&a, false, NULL) || am_zip_new(&b, true, NULL))
		abort();
	for (int half = 0; half < 2; half++) {
		const uint8_t *from = data + (half ? len / 2 : 0);
		size_t left = half ? len - len / 2 : len / 2;
		do {
			am_zip_pack(a, &from, &left, true, packed,
			            sizeof packed, &got);
			am_zip_feed(b, packed, got);
			while (!am_zip_hungry(b)) {
				if (am_zip_take(b, plain, 1000, &n, NULL) ||
				    n > len - at || memcmp(plain, data + at, n))
					abort();
				at += n;
			}
		} while (left || got == sizeof packed);
		/* A flush brings all of it. */
		if (at != (half ? len : len / 2))
			abort();
	}
	am_zip_free(&a);
	am_zip_free(&b);
}

/* The first byte says how large the pieces are; the rest is what a peer sent.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct am_zip *z;
	size_t got, step;
	int r = AM_OK;

	if (!len)
		return 0;
	step = data[0] + 1u;
	there_and_back(data, len);
	if (am_zip_new(&z, data[0] & 1, NULL))
		abort();
	for (size_t at = 1; at < len && !r;) {
		size_t n = step < len - at ? step : len - at;
		am_zip_feed(z, data + at, n);
		/* It comes to an end: each turn eats or gives. */
		while (!r && !am_zip_hungry(z))
			r = am_zip_take(z, plain, sizeof plain, &got, NULL);
		at += n;
	}
	am_zip_free(&z);
	return 0;
}
