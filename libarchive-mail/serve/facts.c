/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "serve/facts.h"

#include "base/arena.h"
#include "base/blob.h"
#include "mime/overview.h"
#include "mime/scan.h"
#include "serve/envelope.h"
#include "serve/section.h"
#include "serve/structure.h"
#include "serve/vault_impl.h"

#include <string.h>

static const char *references_of(const struct am_overview *o,
                                 struct am_arena *arena)
{
	GString *all = g_string_new("");

	for (size_t i = 0; i < o->n_references; i++)
		g_string_append_printf(all, "%s%s", i ? "\n" : "",
		                       o->references[i]);
	if (!o->n_references && o->in_reply_to)
		g_string_append(all, o->in_reply_to);
	const char *text = am_arena_strdup(arena, all->str);
	g_string_free(all, TRUE);
	return text;
}

/* Fields as they stand, with the empty line if there is one. */
static int common_fields(const struct am_blob *blob, const struct am_scan *scan,
                         struct am_arena *arena, struct am_fact *out,
                         struct am_error *err)
{
	struct am_section section;
	struct am_section_bytes bytes;

	if (!am_section_parse(&section, am_section_common,
	                      strlen(am_section_common)))
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT, "no section");
	int r = am_section_find(&section, blob, scan, &bytes, err);
	if (!r) {
		out->fields_len = bytes.own->len;
		out->fields =
			am_arena_strndup(arena, bytes.own->str, bytes.own->len);
		g_string_free(bytes.own, TRUE);
	}
	am_section_clear(&section);
	return r;
}

static int work_out(struct am_vault *v, const struct am_blob *blob,
                    struct am_arena *arena, struct am_fact *out,
                    struct am_error *err)
{
	struct am_limits limits =
		am_limits_or_default(v->ctx ? &v->ctx->limits : NULL);
	struct am_overview overview;
	struct am_scan scan;
	GString *text = g_string_new("");

	int r = am_scan_message(&scan, blob, &limits, arena, err);
	if (!r)
		r = am_overview_read(&overview, blob, &scan, &limits, arena,
		                     err);
	if (!r)
		r = am_envelope_put(text, blob, &scan.parts[0], &limits, err);
	if (!r) {
		out->envelope_len = text->len;
		out->envelope = am_arena_strndup(arena, text->str, text->len);
		g_string_truncate(text, 0);
		r = am_structure_put(text, blob, &scan, true, &limits, err);
	}
	if (!r) {
		out->structure_len = text->len;
		out->structure = am_arena_strndup(arena, text->str, text->len);
		out->size = am_blob_size(blob);
		out->references = references_of(&overview, arena);
		r = common_fields(blob, &scan, arena, out, err);
	}
	g_string_free(text, TRUE);
	return r;
}

int am_fact_of(struct am_vault *v, int64_t message, struct am_arena *arena,
               struct am_fact *out, struct am_error *err)
{
	struct am_blob *blob;

	if (am_fact_table_find(v->facts, message, arena, out))
		return AM_OK;
	int r = am_vault_message(v, message, &blob, err);
	if (r)
		return r;
	r = work_out(v, blob, arena, out, err);
	am_blob_unref(&blob);
	if (!r)
		am_fact_table_keep(v->facts, message, out);
	return r;
}

int am_fact_size(struct am_vault *v, int64_t message, uint64_t *out,
                 struct am_error *err)
{
	struct am_fact fact = {0};

	if (!am_fact_table_find(v->facts, message, NULL, &fact)) {
		struct am_arena *arena = am_arena_new();
		int r = am_fact_of(v, message, arena, &fact, err);
		am_arena_free(&arena);
		if (r)
			return r;
	}
	*out = fact.size;
	return AM_OK;
}
