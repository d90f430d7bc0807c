/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a message says, through every decoder and charset: comes to an end, is
 * valid UTF-8, keeps to its limit.
 */
#include "base/arena.h"
#include "base/blob.h"
#include "base/charset.h"
#include "mime/text.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int add(void *user, enum am_text_kind kind, const char *section,
               const char *s, size_t len, struct am_error *err)
{
	uint64_t *total = user;

	(void)kind;
	(void)err;
	if (!section || !len || !am_utf8_valid(s, len))
		abort();
	*total += len;
	return AM_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct am_arena *arena = am_arena_new();
	struct am_blob *blob = NULL;
	struct am_scan scan;
	uint8_t mode = len ? data[len - 1] : 0;
	struct am_text_options options = {.best_alternative = mode & 1,
	                                  .keep_layout = mode & 2,
	                                  .max_bytes = mode & 4 ? 100 : 0};
	uint64_t total = 0;
	bool truncated;

	if (am_blob_copy(&blob, data, len, NULL) ||
	    am_scan_message(&scan, blob, NULL, arena, NULL) ||
	    am_text_read(blob, &scan, &options, NULL, add, &total, &truncated,
	                 NULL))
		abort();
	if (options.max_bytes && total > options.max_bytes)
		abort();
	am_blob_unref(&blob);
	am_arena_free(&arena);
	return 0;
}
