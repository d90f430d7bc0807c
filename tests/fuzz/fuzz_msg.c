/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A .msg from its sectors to the mail that is made of it, by the reader that
 * users have: compound file, properties, named ones, recipients, attachments,
 * messages in messages, bodies of every kind.
 */
#include "formats/outlook/msg.h"
#include "support/fuzz_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	am_test_fuzz_read(&am_format_msg, NULL, data, len);
	return 0;
}
