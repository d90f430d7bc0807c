/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Outlook for Mac's archives.  What begins like a zip is one; anything else is
 * the XML of one, so that what changes in it need not hold a zip together.
 */
#include "formats/outlook/olm.h"
#include "support/fuzz_read.h"
#include "support/olm_sample.h"

#include <glib.h>

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len >= 2 && !memcmp(data, "PK", 2)) {
		am_test_fuzz_read(&am_format_olm, NULL, data, len);
		return 0;
	}
	char *xml = g_strndup((const char *)data, len);
	const char *const members[] = {
		"Accounts/a/com.microsoft.__Messages/Inbox/m.xml", xml,
		"com.microsoft.__Attachments/one", "bytes", NULL};
	GByteArray *zip = am_test_zip(members, TRUE);
	am_test_fuzz_read(&am_format_olm, NULL, zip->data, zip->len);
	g_byte_array_free(zip, TRUE);
	g_free(xml);
	return 0;
}
