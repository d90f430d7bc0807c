/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A PST to the end, with all that is hidden or deleted in it.  Whatever the
 * bytes are, each item is given or fails, and together they are not more than
 * the file can lead to.
 */
#include "formats/outlook/pst.h"
#include "support/fuzz_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const options[] = {"deleted=yes", "associated=yes",
	                                      NULL};

	am_test_fuzz_read(&am_format_pst, options, data, len);
	return 0;
}
