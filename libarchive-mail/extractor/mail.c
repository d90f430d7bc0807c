/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages: mail as such, and Outlook's (.msg, winmail.dat), which become mail
 * as any other command would make it of them.
 */
#include "base/arena.h"
#include "base/blob.h"
#include "base/reader.h"
#include "extract/parts.h"
#include "extractor/any.h"
#include "extractor/limits.h"
#include "extractor/message.h"
#include "formats/mapi/mapi_to_mail.h"
#include "mime/overview.h"
#include "mime/text.h"
#include "outlook/mapi/item_reading.h"
#include "outlook/msg/msg.h"
#include "outlook/tnef/tnef.h"

#include <string.h>

/* A message of Outlook's is held in memory; there are no files. */
#define SPOOL ((size_t)128 << 20)

struct mail {
	struct am_found *found;
	unsigned depth;
	char section[64]; /* of the text that came last */
};

static void give_field(struct am_found *f, const char *label, const char *value)
{
	if (!value || !*value)
		return;
	am_found_string(f, label);
	am_found_string(f, value);
	am_found_text(f, "\n", 1);
}

static int on_text(void *user, enum am_text_kind kind, const char *section,
                   const char *s, size_t len, struct am_error *err)
{
	struct mail *m = user;

	(void)kind;
	(void)err;
	if (am_found_full(m->found))
		return AM_END;
	if (strncmp(section, m->section, sizeof(m->section) - 1) != 0)
		am_found_text(m->found, "\n", 1);
	g_strlcpy(m->section, section, sizeof(m->section));
	am_found_text(m->found, s, len);
	return AM_OK;
}

/* The bytes of a blob, which lies in memory; what it owns lives as long. */
static int on_part(void *user, const struct am_extract_part *part,
                   struct am_error *err)
{
	struct mail *m = user;
	uint64_t size = part->blob ? am_blob_size(part->blob) : 0;

	(void)err;
	if (part->too_large || size > AM_EXTRACTOR_MEMBER_MAX) {
		m->found->too_large = true;
		return AM_OK;
	}
	if (!part->blob || !am_found_unpack(m->found, (size_t)size) ||
	    !m->found->members_left)
		return AM_OK;
	m->found->members_left--;
	uint8_t *bytes = g_malloc((size_t)size + 1);
	size_t got = 0;
	if (!am_blob_read(part->blob, 0, bytes, (size_t)size, &got, NULL))
		am_extract_inner(m->found, part->type, part->name, bytes, got,
		                 m->depth);
	g_free(bytes);
	return am_found_full(m->found) ? AM_END : AM_OK;
}

static void read_mail(struct am_found *f, struct am_blob *blob, unsigned depth)
{
	static const struct am_text_options options = {.best_alternative = true,
	                                               .keep_layout = true};
	struct am_arena *arena = am_arena_new();
	struct mail m = {.found = f, .depth = depth};
	struct am_overview ov;
	struct am_scan scan;
	int r = am_scan_message(&scan, blob, NULL, arena, NULL);

	if (!r)
		r = am_overview_read(&ov, blob, &scan, NULL, arena, NULL);
	if (!r) {
		give_field(f, "From: ", ov.from);
		give_field(f, "To: ", ov.to);
		give_field(f, "Cc: ", ov.cc);
		give_field(f, "Subject: ", ov.subject);
		for (size_t i = 0; i < ov.n_attachments; i++)
			am_found_file(f, ov.attachments[i]);
		r = am_text_read(blob, &scan, &options, NULL, on_text, &m, NULL,
		                 NULL);
	}
	if (!r && depth < AM_FOUND_DEPTH)
		r = am_extract_parts(blob, &scan, arena, on_part, &m, NULL);
	if (r < 0)
		f->damaged = true;
	am_arena_free(&arena);
}

void am_extract_mail(struct am_found *f, const uint8_t *data, size_t len,
                     unsigned depth)
{
	struct am_blob *blob = NULL;

	f->known = true;
	if (am_blob_copy(&blob, data, len, NULL)) {
		f->damaged = true;
		return;
	}
	read_mail(f, blob, depth);
	am_blob_unref(&blob);
}

/* ---- Outlook's
 * ----------------------------------------------------------- */

static void convert(struct am_found *f, const struct am_mapi_message *item,
                    unsigned depth)
{
	struct am_ctx ctx = {.limits = {.spool_memory = SPOOL}};
	bool incomplete = false;
	const struct am_mapi_to_mail job = {.ctx = &ctx,
	                                    .incomplete = &incomplete};
	struct am_blob *mail = NULL;

	if (am_mapi_to_mail(&job, item, &mail, NULL))
		f->damaged = true;
	else
		read_mail(f, mail, depth);
	if (incomplete)
		f->damaged = true;
	am_blob_unref(&mail);
}

void am_extract_msg(struct am_found *f, struct am_blob *blob, unsigned depth)
{
	const struct am_msg_options options = {.codepage = 1252};
	struct am_arena *arena = am_arena_new();
	struct am_mapi_message item;
	struct am_msg *msg = NULL;

	f->known = true;
	if (am_msg_open(&msg, blob, &options, NULL)) {
		f->damaged = true;
	} else {
		am_msg_read(msg, arena, &item);
		convert(f, &item, depth);
	}
	am_msg_close(&msg);
	am_arena_free(&arena);
}

void am_extract_tnef(struct am_found *f, const uint8_t *data, size_t len,
                     unsigned depth)
{
	const struct am_tnef_options options = {.codepage = 1252};
	struct am_mapi_item_reading *door;
	struct am_arena *arena = am_arena_new();
	struct am_mapi_item *item = NULL;
	struct am_mapi_message message;
	struct am_blob *blob = NULL;

	f->known = true;
	if (am_blob_copy(&blob, data, len, NULL) ||
	    am_tnef_read(&item, blob, &options, arena, NULL)) {
		f->damaged = true;
	} else {
		door = am_mapi_item_reading_new(item, "tnef", len, arena,
		                                &message);
		convert(f, &message, depth);
		am_mapi_item_reading_free(&door);
		am_mapi_item_clear(item);
	}
	am_blob_unref(&blob);
	am_arena_free(&arena);
}
