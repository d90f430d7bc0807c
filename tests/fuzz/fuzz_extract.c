/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Documents of every kind but PDF, which is poppler's: what comes out is
 * well-formed and no more than there may be.  The first byte is the hint.
 */
#include "extract/pieces.h"
#include "extract/protocol.h"
#include "extract/status.h"
#include "extractor/any.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t *pieces = NULL;
	size_t n = 0;

	if (!len || am_extract_kind_of(data + 1, len - 1) == AM_KIND_PDF)
		return 0;
	unsigned status =
		am_extract_document(data[0], data + 1, len - 1, &pieces, &n);
	if (status >= AM_EXTRACT_N_STATUS || n > AM_EXTRACT_PIECES_MAX ||
	    !am_pieces_valid(pieces, n))
		abort();
	g_free(pieces);
	return 0;
}
