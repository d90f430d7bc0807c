/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/charset.h"

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The first line is the charset's name, or empty; the rest is the text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint8_t *nl = len ? memchr(data, '\n', len) : NULL;
	struct am_arena *arena = am_arena_new();
	size_t out_len;

	if (nl) {
		size_t name_len = (size_t)(nl - data);
		const char *text = (const char *)nl + 1;
		size_t text_len = len - name_len - 1;
		const char *name =
			am_arena_strndup(arena, (const char *)data, name_len);
		const char *out = am_charset_to_utf8(arena, name, text,
		                                     text_len, &out_len);
		if (!am_utf8_valid(out, out_len) || out[out_len])
			abort();
		/* Nothing may grow without bound, nothing may vanish. */
		if (out_len > 16 * text_len + 16)
			abort();
		const char *copy = am_utf8_repair(arena, text, text_len);
		if (!am_utf8_valid(copy, strlen(copy)))
			abort();
		const char *imap = am_utf7_to_imap(arena, copy);
		const char *back = am_utf7_from_imap(arena, imap);
		if (!back || strcmp(back, copy) != 0)
			abort();
		const char *raw = am_arena_strndup(arena, text, text_len);
		back = am_utf7_from_imap(arena, raw);
		if (back && strcmp(am_utf7_to_imap(arena, back), raw) != 0)
			abort();
	}
	am_arena_free(&arena);
	return 0;
}
