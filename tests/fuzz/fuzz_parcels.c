/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A zip or tar of any bytes, and whatever lies in it: mails, mailboxes,
 * Outlook's files, further zips, each read by its own format in its place.
 */
#include "support/fuzz_read.h"
#include "transfer/mixed.h"
#include "transfer/registry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int open_mixed(struct am_source **out, const struct am_location *where,
                      struct am_ctx *ctx, struct am_error *err)
{
	return am_mixed_open(out, am_format_find("eml"), where, ctx, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct am_format mixed = {.name = "mixed",
	                                       .open_source = open_mixed};

	am_test_fuzz_read(&mixed, NULL, data, len);
	return 0;
}
