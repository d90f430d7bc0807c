/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_EXTRACT_PIECES_H
#define AM_EXTRACT_PIECES_H

#include "base/compiler.h"

/*
 * What comes out of a document: a row of pieces, each
 *   0 1  kind
 *   1 4  length, little-endian
 *   5    UTF-8
 *
 * They were made by a process that read hostile bytes: a reader of pieces
 * believes nothing.
 */
enum am_piece_kind {
	AM_PIECE_TEXT = 'T', /* pages end with a form feed */
	AM_PIECE_FROM = 'N', /* whose text follows: "b.docx" of a zip, or "" for
	                      * the document's own */
	AM_PIECE_FILE = 'F'  /* the name of a file in it */
};
#define AM_PIECE_HEAD 5

struct am_extract_piece {
	enum am_piece_kind kind;
	const char *text;
	size_t len;
};

/* All of them well-formed? */
bool am_pieces_valid(const uint8_t *pieces, size_t len);
/* The piece at *at, which moves on; false at the end. */
bool am_pieces_next(const uint8_t *pieces, size_t len, size_t *at,
                    struct am_extract_piece *out);

#endif
