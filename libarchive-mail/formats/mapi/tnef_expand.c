/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mapi/tnef_expand.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/hash.h"
#include "base/reader.h"
#include "formats/mapi/mapi_to_mail.h"
#include "mime/part.h"
#include "mime/walk.h"
#include "model/ctx.h"
#include "model/message.h"
#include "outlook/mapi/item_reading.h"
#include "outlook/tnef/tnef.h"

#include <glib.h>

#include <string.h>

struct work {
	const struct am_message *msg;
	struct am_ctx *ctx;
	struct am_limits limits;
	struct am_arena *arena;
	struct am_scan scan;
	const char *nl; /* of the mail */
	bool has_text, has_html;
	struct am_spool *out;
	uint64_t copied; /* of the mail so far */
	unsigned n;      /* parts expanded */
};

static void damage(void *user, const char *text)
{
	const struct work *w = user;

	am_ctx_note(w->ctx, AM_NOTE_WARN, "tnef.damaged", w->msg->folder,
	            w->msg->origin, "winmail.dat: %s", text);
}

/* ---- which parts ---- */

/* Nothing may change within what was signed. */
static bool is_sealed(const struct am_scan *scan, size_t part)
{
	for (size_t i = part; i; i = scan->parts[i].parent) {
		const struct am_part *up = &scan->parts[scan->parts[i].parent];
		if (!strcmp(up->type, "multipart/signed") ||
		    !strcmp(up->type, "multipart/encrypted"))
			return true;
	}
	return false;
}

static bool is_tnef(const struct work *w, size_t i)
{
	const struct am_part *part = &w->scan.parts[i];
	struct am_part_info info;

	if (part->kind != AM_PART_LEAF)
		return false;
	if (!strcmp(part->type, "application/ms-tnef") ||
	    !strcmp(part->type, "application/vnd.ms-tnef"))
		return true;
	return !strcmp(part->type, "application/octet-stream") &&
	       !am_part_info_read(&info, w->msg->raw, &w->scan, i, w->arena,
	                          NULL) &&
	       info.name && !g_ascii_strcasecmp(info.name, "winmail.dat");
}

/* Bodies of the mail's own, whose like need not come twice. */
static void look_for_bodies(struct work *w)
{
	for (size_t i = 0; i < w->scan.n_parts; i++) {
		const struct am_part *part = &w->scan.parts[i];
		if (part->kind != AM_PART_LEAF || part->end - part->body < 3)
			continue;
		w->has_text |= !strcmp(part->type, "text/plain");
		w->has_html |= !strcmp(part->type, "text/html");
	}
}

/* ---- what is in one ---- */

static int decode(struct work *w, size_t part, struct am_blob **out,
                  struct am_error *err)
{
	struct am_reader *from = NULL;
	struct am_spool *spool = NULL;
	const uint8_t *data;
	size_t len;
	int r = am_part_decoded(&from, w->msg->raw, &w->scan, part, err);

	if (!r)
		r = am_spool_open(&spool, w->limits.spool_memory,
		                  am_ctx_tmpdir(w->ctx), err);
	while (!r && !(r = am_reader_peek(from, 1, &data, &len, err))) {
		r = am_spool_write(spool, data, len, err);
		am_reader_skip(from, len);
	}
	if (r == AM_END)
		r = am_spool_seal(&spool, out, err);
	am_spool_drop(&spool);
	am_reader_close(&from);
	return r;
}

/* The part that says what was in it; AM_END: nothing that is not there. */
static int open_part(struct work *w, size_t part, struct am_blob **out,
                     struct am_error *err)
{
	const struct am_tnef_options options = {
		.codepage = 1252, .damage = damage, .user = w};
	const struct am_mapi_to_mail job = {.ctx = w->ctx,
	                                    .folder = w->msg->folder,
	                                    .origin = w->msg->origin,
	                                    .part = true,
	                                    .has_text = w->has_text,
	                                    .has_html = w->has_html};
	struct am_mapi_item_reading *door = NULL;
	struct am_mapi_message reading;
	struct am_mapi_item *item = NULL;
	struct am_blob *blob = NULL;
	int r = decode(w, part, &blob, err);

	if (!r)
		r = am_tnef_read(&item, blob, &options, w->arena, err);
	if (!r) {
		door = am_mapi_item_reading_new(
			item, "tnef", am_blob_size(blob), w->arena, &reading);
		r = am_mapi_to_mail(&job, &reading, out, err);
	}
	am_mapi_item_reading_free(&door);
	if (item)
		am_mapi_item_clear(item);
	am_blob_unref(&blob);
	return r;
}

/* ---- writing ---- */

static int put_text(struct work *w, const char *text, struct am_error *err)
{
	return am_spool_write(w->out, text, strlen(text), err);
}

static int put_line(struct work *w, const char *a, const char *b, const char *c,
                    struct am_error *err)
{
	char *line = g_strconcat(a, b, c, w->nl, NULL);
	int r = put_text(w, line, err);

	g_free(line);
	return r;
}

static int put_reader(struct work *w, struct am_reader *from,
                      struct am_error *err)
{
	const uint8_t *data;
	size_t len;
	int r = AM_OK;

	while (!r && !(r = am_reader_peek(from, 1, &data, &len, err))) {
		r = am_spool_write(w->out, data, len, err);
		am_reader_skip(from, len);
	}
	return r == AM_END ? AM_OK : r;
}

/* The mail's own bytes up to there. */
static int copy_to(struct work *w, uint64_t to, struct am_error *err)
{
	uint8_t buf[16384];
	size_t got;
	int r = AM_OK;

	while (!r && w->copied < to) {
		size_t want = (size_t)MIN(sizeof(buf), to - w->copied);
		r = am_blob_read(w->msg->raw, w->copied, buf, want, &got, err);
		if (!r && !got)
			r = am_fail(err, AM_FAILED, AM_E_IO,
			            "the message ended early");
		if (!r)
			r = am_spool_write(w->out, buf, got, err);
		w->copied += got;
	}
	return r;
}

/* In the mail's line ends. */
static int put_entity(struct work *w, const struct am_blob *entity,
                      struct am_error *err)
{
	struct am_reader *from = NULL;
	int r = am_blob_open(entity, &from, err);

	if (!r && !strcmp(w->nl, "\n"))
		r = am_reader_lf(&from, from, err);
	if (!r)
		r = put_reader(w, from, err);
	am_reader_close(&from);
	return r;
}

/* Behind its brother. */
static int put_beside(struct work *w, size_t part, const struct am_blob *entity,
                      struct am_error *err)
{
	const struct am_part *own = &w->scan.parts[part];
	int r = copy_to(w, own->end, err);

	if (!r)
		r = put_line(w, w->nl, "--",
		             w->scan.parts[own->parent].boundary, err);
	return r ? r : put_entity(w, entity, err);
}

static bool is_structure(const struct am_field *field)
{
	return (field->name_len > 8 &&
	        !g_ascii_strncasecmp(field->name, "content-", 8)) ||
	       am_field_is(field, "mime-version");
}

/* Where the line behind a field begins. */
static const char *behind(const struct am_field *field, const char *end)
{
	const char *at = field->value + field->value_len;

	if (at < end && *at == '\r')
		at++;
	return at < end && *at == '\n' ? at + 1 : at;
}

/* The fields of its header that describe the part. */
static int put_structure(struct work *w, const struct am_part_header *header,
                         struct am_error *err)
{
	struct am_fields fields;
	struct am_field field;
	int r = AM_OK;

	am_fields_init(&fields, header->block, header->len, 0);
	while (!r && am_fields_next(&fields, &field)) {
		const char *end = field.value + field.value_len;
		if (!is_structure(&field) ||
		    am_field_is(&field, "mime-version"))
			continue;
		r = am_spool_write(w->out, field.name,
		                   (size_t)(end - field.name), err);
		if (!r)
			r = put_text(w, w->nl, err);
	}
	return r;
}

/* All else that is in it, up to its empty line. */
static int put_others(struct work *w, const struct am_part_header *header,
                      struct am_error *err)
{
	const char *at = header->block, *end = header->block + header->len;
	struct am_fields fields;
	struct am_field field;
	int r = AM_OK;

	if (end - at >= 2 && end[-1] == '\n' && end[-2] == '\n')
		end--;
	else if (end - at >= 3 && !memcmp(end - 3, "\n\r\n", 3))
		end -= 2;
	am_fields_init(&fields, header->block, header->len, 0);
	while (!r && am_fields_next(&fields, &field)) {
		if (!is_structure(&field))
			continue;
		r = am_spool_write(w->out, at, (size_t)(field.name - at), err);
		at = behind(&field, end);
	}
	if (!r && end > at)
		r = am_spool_write(w->out, at, (size_t)(end - at), err);
	return r;
}

/* A mail that is nothing but TNEF: around both comes a multipart. */
static int put_around(struct work *w, size_t part, const struct am_blob *entity,
                      struct am_error *err)
{
	const struct am_part *own = &w->scan.parts[part];
	struct am_part_header header = {0};
	uint8_t hash[AM_SHA256_LEN];
	char boundary[48], hex[AM_SHA256_HEX];
	char *seed = g_strdup_printf("%s %" PRIu64 " %zu", w->msg->origin,
	                             am_blob_size(w->msg->raw), part);
	int r = copy_to(w, own->header, err);

	am_sha256(seed, strlen(seed), hash);
	am_hex(hash, 8, hex);
	g_snprintf(boundary, sizeof(boundary), "=_tnef_%s", hex);
	g_free(seed);
	if (!r)
		r = am_part_header_read(&header, w->msg->raw, own,
		                        w->limits.header_bytes, err);
	if (!r)
		r = put_others(w, &header, err);
	if (!r)
		r = put_line(w, "MIME-Version: 1.0", w->nl,
		             "Content-Type: multipart/mixed;", err);
	if (!r)
		r = put_line(w, " boundary=\"", boundary, "\"", err);
	if (!r)
		r = put_line(w, w->nl, "--", boundary, err);
	if (!r)
		r = put_structure(w, &header, err);
	if (!r)
		r = put_text(w, w->nl, err);
	am_part_header_drop(&header);
	w->copied = own->body;
	if (!r)
		r = copy_to(w, own->end, err);
	if (!r)
		r = put_line(w, w->nl, "--", boundary, err);
	if (!r)
		r = put_entity(w, entity, err);
	return r ? r : put_line(w, "--", boundary, "--", err);
}

static int expand_part(struct work *w, size_t part, struct am_error *err)
{
	const struct am_part *own = &w->scan.parts[part];
	bool beside =
		part && w->scan.parts[own->parent].kind == AM_PART_MULTIPART;
	struct am_blob *entity = NULL;
	struct am_error why = {0};
	int r = open_part(w, part, &entity, &why);

	if (r == AM_END)
		return AM_OK;
	if (r && why.kind == AM_E_CANCELLED) {
		if (err)
			*err = why;
		return r;
	}
	if (r) {
		am_ctx_note(w->ctx, AM_NOTE_ERROR, "tnef.unreadable",
		            w->msg->folder, w->msg->origin,
		            "a winmail.dat cannot be opened, the mail stays as "
		            "it is: %s",
		            why.text);
		return AM_OK;
	}
	if (!w->out)
		r = am_spool_open(&w->out, w->limits.spool_memory,
		                  am_ctx_tmpdir(w->ctx), err);
	if (!r)
		r = beside ? put_beside(w, part, entity, err)
		           : put_around(w, part, entity, err);
	w->n++;
	am_blob_unref(&entity);
	return r;
}

/* The line end of its first line. */
static const char *line_end(const struct am_blob *raw)
{
	uint8_t head[1000];
	size_t len = 0;
	const uint8_t *nl;

	if (am_blob_read(raw, 0, head, sizeof(head), &len, NULL))
		return "\r\n";
	nl = len ? memchr(head, '\n', len) : NULL;
	return nl && (nl == head || nl[-1] != '\r') ? "\n" : "\r\n";
}

int am_tnef_expand(const struct am_message *msg, struct am_ctx *ctx,
                   struct am_blob **out, struct am_error *err)
{
	struct work w = {.msg = msg,
	                 .ctx = ctx,
	                 .limits = am_limits_or_default(&ctx->limits),
	                 .arena = am_arena_new(),
	                 .nl = line_end(msg->raw)};
	bool looked = false;
	int r = am_scan_message(&w.scan, msg->raw, &w.limits, w.arena, err);

	*out = NULL;
	for (size_t i = 0; !r && i < w.scan.n_parts; i++) {
		if (!is_tnef(&w, i))
			continue;
		if (is_sealed(&w.scan, i)) {
			am_ctx_note(ctx, AM_NOTE_INFO, "tnef.signed",
			            msg->folder, msg->origin,
			            "a winmail.dat under a signature stays "
			            "closed");
			continue;
		}
		if (!looked)
			look_for_bodies(&w);
		looked = true;
		r = expand_part(&w, i, err);
	}
	if (!r && w.n)
		r = copy_to(&w, am_blob_size(msg->raw), err);
	if (!r && w.n)
		r = am_spool_seal(&w.out, out, err);
	am_spool_drop(&w.out);
	am_arena_free(&w.arena);
	return r;
}
