/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "extract/pieces.h"

#include "base/bytes.h"
#include "base/charset.h"

bool am_pieces_next(const uint8_t *pieces, size_t len, size_t *at,
                    struct am_extract_piece *out)
{
	struct am_cursor c;

	if (*at >= len)
		return false;
	c = am_cursor(pieces + *at, len - *at);
	uint8_t kind = am_get_u8(&c);
	out->len = am_get_le32(&c);
	out->text = (const char *)am_get_bytes(&c, out->len);
	if (c.bad || (kind != AM_PIECE_TEXT && kind != AM_PIECE_FROM &&
	              kind != AM_PIECE_FILE))
		return false;
	out->kind = (enum am_piece_kind)kind;
	*at += AM_PIECE_HEAD + out->len;
	return true;
}

bool am_pieces_valid(const uint8_t *pieces, size_t len)
{
	struct am_extract_piece piece;
	size_t at = 0;

	while (am_pieces_next(pieces, len, &at, &piece))
		if (!am_utf8_valid(piece.text, piece.len))
			return false;
	return at == len;
}
