/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/outlook/pst_verify.h"

#include "base/blob.h"
#include "base/reader.h"
#include "formats/outlook/pst.h"
#include "outlook/pst_check/check.h"

#include <glib.h>

static int hash_of(const struct am_blob *raw, uint8_t out[AM_SHA256_LEN],
                   struct am_error *err)
{
	struct am_sha256 *sha = am_sha256_new();
	struct am_reader *from = NULL;
	const uint8_t *data;
	size_t len;
	int r = am_blob_open(raw, &from, err);

	while (!r && !(r = am_reader_peek(from, 1, &data, &len, err))) {
		am_sha256_update(sha, data, len);
		am_reader_skip(from, len);
	}
	am_reader_close(&from);
	am_sha256_final(sha, out);
	am_sha256_free(&sha);
	return r == AM_END ? AM_OK : r;
}

static int verify_message(struct am_source *src, struct am_message *msg,
                          struct am_pst_known *stored, const char *path,
                          struct am_error *err)
{
	uint8_t hash[AM_SHA256_LEN];
	int r = am_source_load(src, msg, err);

	if (!r)
		r = hash_of(msg->raw, hash, err);
	if (r)
		return am_wrap(err, r, "%s, message %s", path, msg->origin);
	if (!am_pst_known_take(stored, msg->folder, hash))
		return am_fail(err, AM_FATAL, AM_E_CORRUPT,
		               "%s, message %s: not the bytes that were put "
		               "into it",
		               path, msg->origin);
	return AM_OK;
}

static int verify_messages(const char *path, struct am_pst_known *stored,
                           uint64_t n, struct am_ctx *ctx, struct am_error *err)
{
	const char *const options[] = {"properties=no", NULL};
	const struct am_location where = {.path = path, .options = options};
	struct am_progress progress = {.phase = "verifying", .total = n};
	struct am_source *src = NULL;
	int64_t told = 0;
	int r = am_pst_source_open(&src, &where, ctx, err);

	while (!r) {
		struct am_item item = {0};
		r = am_source_next(src, &item, err);
		if (r || !item.message)
			continue;
		r = verify_message(src, item.message, stored, path, err);
		am_message_free(&item.message);
		progress.done++;
		if (g_get_monotonic_time() - told >= G_USEC_PER_SEC / 10) {
			told = g_get_monotonic_time();
			am_ctx_progress(ctx, &progress);
		}
	}
	am_source_close(&src);
	if (r != AM_END)
		return r;
	if (am_pst_known_count(stored))
		return am_fail(err, AM_FATAL, AM_E_CORRUPT,
		               "%s: %" PRIu64 " of %" PRIu64
		               " messages are not in it",
		               path, am_pst_known_count(stored), n);
	return AM_OK;
}

int am_pst_verify(const char *path, struct am_pst_known *stored, uint64_t n,
                  struct am_ctx *ctx, struct am_error *err)
{
	struct am_pst_check_result result = {0};
	int r = am_pst_check(path, ctx, &result, err);

	if (!r && result.findings)
		r = am_fail(err, AM_FATAL, AM_E_CORRUPT,
		            "%s: %" PRIu64 " findings in what was written",
		            path, result.findings);
	if (!r)
		r = verify_messages(path, stored, n, ctx, err);
	return r ? AM_FATAL : AM_OK;
}
