/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Header values: encoded words, parameters, address lists, fields.  What comes
 * out is valid UTF-8 without control characters, and an address list printed
 * for people can be read again.
 */
#include "base/arena.h"
#include "base/charset.h"
#include "mime/address.h"
#include "mime/scan.h"
#include "mime/words.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_text(const char *s)
{
	if (!s)
		return;
	if (!am_utf8_valid(s, strlen(s)))
		abort();
	for (; *s; s++)
		if ((uint8_t)*s < 32 || *s == 127)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct am_arena *arena = am_arena_new();
	/* Its own allocation, so that reading past the end is seen. */
	char *s = malloc(len ? len : 1);
	struct am_address addresses[20];
	struct am_fields fields;
	struct am_field field;

	if (len)
		memcpy(s, data, len);
	check_text(am_words_decode(arena, s, len));
	check_text(am_param_get(arena, s, len, "name"));
	check_text(am_param_get(arena, s, len, "filename"));
	am_param_main(arena, s, len);
	size_t n =
		am_address_parse(arena, s, len, addresses, AM_COUNT(addresses));
	for (size_t i = 0; i < n; i++) {
		check_text(addresses[i].name);
		check_text(addresses[i].address);
		if (!addresses[i].name && !addresses[i].address)
			abort();
	}
	check_text(am_address_text(arena, NULL, s, len));
	am_fields_init(&fields, s, len, 0);
	while (am_fields_next(&fields, &field))
		if (!field.name_len || field.value < field.name ||
		    field.value + field.value_len > s + len)
			abort();
	if (am_header_len(s, len) > len)
		abort();
	free(s);
	am_arena_free(&arena);
	return 0;
}
