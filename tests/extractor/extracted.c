/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "extracted.h"

#include "extract/pieces.h"
#include "extractor/any.h"

#include <criterion/criterion.h>

#include <string.h>

char *extracted(enum am_extract_hint hint, GByteArray *doc)
{
	GString *out = g_string_new(NULL);
	struct am_extract_piece piece;
	uint8_t *pieces = NULL;
	size_t n = 0, at = 0;
	unsigned status =
		am_extract_document(hint, doc->data, doc->len, &pieces, &n);

	cr_assert(am_pieces_valid(pieces, n));
	g_string_printf(out, "%s:", am_extract_name(status));
	while (am_pieces_next(pieces, n, &at, &piece)) {
		bool text = piece.kind == AM_PIECE_TEXT;
		bool from = piece.kind == AM_PIECE_FROM;
		g_string_append(out, text ? "" : from ? "[" : "{");
		g_string_append_len(out, piece.text, (gssize)piece.len);
		g_string_append(out, text ? "" : from ? "]" : "}");
	}
	g_free(pieces);
	g_byte_array_unref(doc);
	return g_string_free(out, FALSE);
}

char *extracted_text(enum am_extract_hint hint, const char *text)
{
	return extracted(hint, am_test_repeat(text, 1));
}

void expect_extracted(GByteArray *doc, const char *what)
{
	char *got = extracted(AM_HINT_LOOK, doc);

	cr_expect_str_eq(got, what);
	g_free(got);
}
