/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The body hash of a signed message: the same whether its lines end in LF or
 * in CRLF, and whatever empty lines stand behind it.
 */
#include "mime/body_hash.h"

#include <glib.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	/* Its own allocation, so that reading past the end is seen. */
	uint8_t *lf = g_malloc(len + 1);
	uint8_t *crlf = g_malloc(2 * len + 5);
	size_t n = 0, m = 0;

	/* Lone CRs would become part of a line end. */
	for (size_t i = 0; i < len; i++)
		if (data[i] != '\r')
			lf[n++] = data[i];
	enum am_body_hash want = am_body_hash_check(lf, n);
	for (size_t i = 0; i < n; i++) {
		if (lf[i] == '\n')
			crlf[m++] = '\r';
		crlf[m++] = lf[i];
	}
	if (am_body_hash_check(crlf, m) != want)
		abort();
	/* Behind a body; without one they may end the header. */
	if (m >= 2 && memmem(crlf, m, "\r\n\r\n", 4) &&
	    !memcmp(crlf + m - 2, "\r\n", 2)) {
		memcpy(crlf + m, "\r\n\r\n", 4);
		if (am_body_hash_check(crlf, m + 4) != want)
			abort();
	}
	g_free(crlf);
	g_free(lf);
	return 0;
}
