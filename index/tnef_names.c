/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/tnef_names.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/reader.h"
#include "mime/walk.h"
#include "model/ctx.h"
#include "outlook/mapi/tags.h"
#include "outlook/tnef/tnef.h"

#include <glib.h>

#include <string.h>

/* A larger one is not opened for its names. */
enum { TNEF_MAX = 64 << 20, MEMORY = 1 << 20 };

struct search {
	const struct am_blob *raw;
	struct am_scan scan;
	struct am_arena *arena;
	int (*name)(void *user, const char *name, size_t len,
	            struct am_error *err);
	void *user;
	struct am_error *err;
};

static struct am_blob *decoded(const struct search *s, size_t part)
{
	struct am_reader *from = NULL;
	struct am_spool *spool = NULL;
	struct am_blob *out = NULL;
	const uint8_t *data;
	size_t len, total = 0;
	int r = am_part_decoded(&from, s->raw, &s->scan, part, NULL);

	if (!r)
		r = am_spool_open(&spool, MEMORY, NULL, NULL);
	while (!r && !(r = am_reader_peek(from, 1, &data, &len, NULL))) {
		total += len;
		r = total > TNEF_MAX ? AM_FAILED
		                     : am_spool_write(spool, data, len, NULL);
		am_reader_skip(from, len);
	}
	if (r == AM_END && am_spool_seal(&spool, &out, NULL))
		out = NULL;
	am_spool_drop(&spool);
	am_reader_close(&from);
	return out;
}

static int give_names(struct search *s, struct am_mapi_item *item)
{
	static const unsigned ids[] = {AM_PR_ATTACH_LONG_NAME,
	                               AM_PR_ATTACH_SHORT_NAME,
	                               AM_PR_DISPLAY_NAME};
	GPtrArray *queue = g_ptr_array_new();
	int r = AM_OK;

	g_ptr_array_add(queue, item);
	for (guint i = 0; !r && i < queue->len; i++) {
		struct am_mapi_item *one = queue->pdata[i];
		for (size_t k = 0; !r && k < one->n_attachments; k++) {
			struct am_mapi_attachment *att = &one->attachments[k];
			const char *name = NULL;
			am_mapi_props_sort(&att->props);
			for (size_t n = 0; !name && n < AM_COUNT(ids); n++)
				name = am_mapi_text(&att->props, ids[n]);
			if (name && *name)
				r = s->name(s->user, name, strlen(name),
				            s->err);
			if (att->item)
				g_ptr_array_add(queue, att->item);
		}
	}
	g_ptr_array_free(queue, TRUE);
	return r;
}

int am_tnef_names(const struct am_blob *raw, const struct am_limits *limits,
                  int (*name)(void *user, const char *name, size_t len,
                              struct am_error *err),
                  void *user, struct am_error *err)
{
	const struct am_tnef_options options = {.codepage = 1252};
	struct am_limits own = am_limits_or_default(limits);
	struct search s = {.raw = raw,
	                   .arena = am_arena_new(),
	                   .name = name,
	                   .user = user,
	                   .err = err};
	int r = am_scan_message(&s.scan, raw, &own, s.arena, err);

	for (size_t i = 0; !r && i < s.scan.n_parts; i++) {
		const struct am_part *part = &s.scan.parts[i];
		struct am_mapi_item *item = NULL;
		if (part->kind != AM_PART_LEAF ||
		    (strcmp(part->type, "application/ms-tnef") != 0 &&
		     strcmp(part->type, "application/vnd.ms-tnef") != 0))
			continue;
		struct am_blob *blob = decoded(&s, i);
		if (blob &&
		    !am_tnef_read(&item, blob, &options, s.arena, NULL)) {
			r = give_names(&s, item);
			am_mapi_item_clear(item);
		}
		am_blob_unref(&blob);
	}
	am_arena_free(&s.arena);
	return r;
}
