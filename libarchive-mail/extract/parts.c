/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "extract/parts.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/reader.h"
#include "extract/protocol.h"
#include "mime/walk.h"

#include <glib.h>

#include <string.h>

/* Of a decoded part on the heap; more lies in a file. */
#define MEMORY ((size_t)1 << 20)

/* Texts and messages are mime/text.c's; RTF is no text as it stands.  A
 * message in base64 is read there too, but for what is attached to it. */
static bool may_hold(const struct am_part *p)
{
	if (p->kind != AM_PART_LEAF || p->end - p->body < 8)
		return false;
	if (!strncmp(p->type, "text/", 5))
		return !strcmp(p->type, "text/rtf") ||
		       !strcmp(p->type, "text/richtext-rtf");
	return strncmp(p->type, "image/", 6) != 0 &&
	       strncmp(p->type, "audio/", 6) != 0 &&
	       strncmp(p->type, "video/", 6) != 0 &&
	       strncmp(p->type, "multipart/", 10) != 0 &&
	       strncmp(p->type, "message/", 8) != 0 &&
	       strcmp(p->type, "application/xhtml+xml") != 0;
}

bool am_extract_parts_any(const struct am_scan *scan)
{
	for (size_t i = 0; i < scan->n_parts; i++)
		if (may_hold(&scan->parts[i]))
			return true;
	return false;
}

/* The bytes of a part and their hash; AM_END: it is none of ours. */
static int decode(struct am_extract_part *out, struct am_reader *from,
                  struct am_error *err)
{
	struct am_sha256 *hash = NULL;
	struct am_spool *spool = NULL;
	const uint8_t *data;
	size_t len;
	uint64_t total = 0;
	int r = am_reader_peek(from, AM_KIND_HEAD, &data, &len, err);

	if (!r && out->key.hint == AM_HINT_LOOK &&
	    am_extract_kind_of(data, len) == AM_KIND_UNKNOWN)
		return AM_END;
	hash = am_sha256_new();
	if (!r)
		r = am_spool_open(&spool, MEMORY, NULL, err);
	while (!r) {
		total += len;
		if (total > AM_EXTRACT_DOCUMENT_MAX) {
			out->too_large = true;
			break;
		}
		am_sha256_update(hash, data, len);
		r = am_spool_write(spool, data, len, err);
		am_reader_skip(from, len);
		if (!r)
			r = am_reader_peek(from, 1, &data, &len, err);
	}
	if (r == AM_END && total) {
		am_sha256_final(hash, out->key.hash);
		r = am_spool_seal(&spool, &out->blob, err);
	}
	am_spool_drop(&spool);
	am_sha256_free(&hash);
	return r;
}

static int give(const struct am_blob *raw, const struct am_scan *scan,
                size_t part, struct am_arena *arena, am_extract_part_fn *fn,
                void *user, struct am_error *err)
{
	struct am_reader *from = NULL;
	struct am_extract_part out = {.blob = NULL};
	struct am_part_info info;
	struct am_error why;
	int r = am_part_info_read(&info, raw, scan, part, arena, err);

	if (r)
		return r;
	out.section = info.section;
	out.type = info.type;
	out.name = info.name;
	out.key.hint = (uint8_t)am_extract_hint_of(info.type, info.name);
	if (out.key.hint == AM_HINT_NOTHING)
		return AM_OK;
	r = am_part_decoded(&from, raw, scan, part, &why);
	if (!r)
		r = decode(&out, from, &why);
	am_reader_close(&from);
	if (r == AM_FATAL) {
		if (err)
			*err = why;
		return r;
	}
	r = r ? AM_OK : fn(user, &out, err);
	am_blob_unref(&out.blob);
	return r;
}

int am_extract_parts(const struct am_blob *raw, const struct am_scan *scan,
                     struct am_arena *arena, am_extract_part_fn *fn, void *user,
                     struct am_error *err)
{
	int r = AM_OK;

	for (size_t i = 0; i < scan->n_parts && !r; i++)
		if (may_hold(&scan->parts[i]))
			r = give(raw, scan, i, arena, fn, user, err);
	return r;
}
