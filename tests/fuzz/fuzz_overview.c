/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The overview of any bytes: comes to an end, strings are valid UTF-8.
 */
#include "base/arena.h"
#include "base/blob.h"
#include "base/charset.h"
#include "mime/overview.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_text(const char *s)
{
	if (s && !am_utf8_valid(s, strlen(s)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct am_arena *arena = am_arena_new();
	struct am_blob *blob = NULL;
	struct am_overview o;

	if (am_blob_copy(&blob, data, len, NULL) ||
	    am_overview_read(&o, blob, NULL, NULL, arena, NULL))
		abort();
	const char *const texts[] = {o.from,       o.to,         o.cc,
	                             o.bcc,        o.subject,    o.list_id,
	                             o.message_id, o.in_reply_to};
	for (size_t i = 0; i < AM_COUNT(texts); i++)
		check_text(texts[i]);
	for (size_t i = 0; i < o.n_references; i++)
		check_text(o.references[i]);
	for (size_t i = 0; i < o.n_attachments; i++)
		check_text(o.attachments[i]);
	am_blob_unref(&blob);
	am_arena_free(&arena);
	return 0;
}
