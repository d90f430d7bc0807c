/* SPDX-License-Identifier: GPL-3.0-or-later */
/* RTF, and what it was made of: always text, never more of it than it says. */
#include "outlook/rtf/rtf.h"

#include <glib.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	enum am_rtf_kind kind;
	char *out = NULL;
	size_t out_len = 0;

	if (!am_rtf_read(data, len, &kind, &out, &out_len, NULL) &&
	    (strlen(out) != out_len ||
	     !g_utf8_validate(out, (gssize)out_len, NULL)))
		abort();
	g_free(out);
	return 0;
}
