/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_EXTRACT_PROTOCOL_H
#define AM_EXTRACT_PROTOCOL_H

/*
 * Between mailark and mailark-extract, over a socket pair that the program
 * finds as its standard input.  All little-endian.
 *
 *   the program, once it is in its sandbox
 *     0  8  "amextrct"
 *     8  4  version: of what it makes of documents
 *     12 2  length of a text; 0: it is ready, else why it is not
 *     14    the text
 *   a question
 *     0  4  "ASK!"
 *     4  1  enum am_extract_hint
 *     5  3  0
 *     8  8  length of the document
 *     16    the document
 *   the answer
 *     0  4  "GOT!"
 *     4  1  enum am_extract_status
 *     5  3  0
 *     8  4  length of the pieces (extract/pieces.h)
 *     12    the pieces
 */
#define AM_EXTRACT_HELLO     "amextrct"
#define AM_EXTRACT_HELLO_LEN 14
#define AM_EXTRACT_ASK       "ASK!"
#define AM_EXTRACT_ASK_LEN   16
#define AM_EXTRACT_GOT       "GOT!"
#define AM_EXTRACT_GOT_LEN   12

/* A larger document is not looked at. */
#define AM_EXTRACT_DOCUMENT_MAX (64u << 20)
/* Of one document, and of it with the names in it. */
#define AM_EXTRACT_TEXT_MAX   (2u << 20)
#define AM_EXTRACT_PIECES_MAX (3u << 20)

/* Raised when more, or other, text comes out of the same document: what is in
 * the cache is then made anew. */
#define AM_EXTRACT_VERSION 1

#endif
