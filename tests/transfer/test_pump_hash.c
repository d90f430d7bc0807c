/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/blob.h"
#include "model/folder.h"
#include "transfer/pump.h"

#include <criterion/criterion.h>

#include <string.h>

/* A run with all sorts in it: only the messages without CR get a hash, and
 * each its own. */
Test(pump_hash, each_message_without_cr_gets_its_own)
{
	static const char *const texts[AM_CLAIM_MAX] = {
		"a: b\n\nx\n", "a: b\r\n\r\nx\r\n", NULL,        "",
		"c\n",         "lone \r here\n",    "last one\n"};
	struct am_entry entries[AM_CLAIM_MAX] = {{0}};
	struct am_folder *root = NULL;
	uint8_t hash[AM_SHA256_LEN];

	cr_assert_eq(am_folder_new(&root, NULL, 0, AM_ROLE_NONE, NULL), AM_OK);
	for (size_t i = 0; i < AM_CLAIM_MAX; i++) {
		if (!texts[i]) {
			entries[i].kind = AM_ENTRY_FILTERED;
			continue;
		}
		entries[i].kind = AM_ENTRY_MESSAGE;
		cr_assert_eq(am_message_new(&entries[i].msg, root, NULL),
		             AM_OK);
		cr_assert_eq(am_blob_copy(&entries[i].msg->raw, texts[i],
		                          strlen(texts[i]), NULL),
		             AM_OK);
	}
	am_pump_hash(entries, AM_CLAIM_MAX);
	for (size_t i = 0; i < AM_CLAIM_MAX; i++) {
		if (!texts[i])
			continue;
		bool cr = strchr(texts[i], '\r') != NULL;
		cr_assert_eq(entries[i].msg->hashed, !cr, "%zu", i);
		am_sha256(texts[i], strlen(texts[i]), hash);
		if (!cr)
			cr_assert_not(memcmp(entries[i].msg->hash, hash,
			                     sizeof hash));
		am_entry_clear(NULL, &entries[i]);
	}
	const struct am_folder *mine = root;
	am_folder_unref(&mine);
}
