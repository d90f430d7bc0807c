/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Compressed RTF: unpacked as far as it goes, within the bound, or a reason. */
#include "outlook/rtf/lzfu.h"

#include "base/error.h"

#include <glib.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	enum { MAX = 1 << 20 };
	struct am_error err = {0};
	uint8_t *rtf = NULL;
	size_t rtf_len = 0, sum = 0;
	int r = am_lzfu_unpack(data, len, MAX, &rtf, &rtf_len, &err);

	if (rtf_len > MAX || (r && !*err.text))
		abort();
	/* All of it is there to be read. */
	for (size_t i = 0; i < rtf_len; i++)
		sum += rtf[i];
	if (sum > rtf_len * 255)
		abort();
	g_free(rtf);
	return 0;
}
