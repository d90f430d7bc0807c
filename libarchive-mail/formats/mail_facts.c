/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mail_facts.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/reader.h"
#include "formats/blob_sum.h"
#include "model/ctx.h"
#include "model/message.h"

#include <glib.h>

#include <string.h>

/* Of a type or an ending that is there twice the first counts. */
static const struct {
	const char *type, *ending;
} endings[] = {
	{"message/rfc822", ".eml"},
	{"text/plain", ".txt"},
	{"text/html", ".html"},
	{"text/calendar", ".ics"},
	{"text/csv", ".csv"},
	{"text/vcard", ".vcf"},
	{"image/jpeg", ".jpg"},
	{"image/png", ".png"},
	{"image/gif", ".gif"},
	{"image/svg+xml", ".svg"},
	{"image/webp", ".webp"},
	{"image/tiff", ".tif"},
	{"application/pdf", ".pdf"},
	{"application/zip", ".zip"},
	{"application/json", ".json"},
	{"text/html", ".htm"},
	{"image/jpeg", ".jpeg"},
	{"image/tiff", ".tiff"},
	{"image/bmp", ".bmp"},
	{"audio/x-wav", ".wav"},
	{"audio/mpeg", ".mp3"},
	{"video/mpeg", ".mpg"},
	{"application/rtf", ".rtf"},
	{"application/msword", ".doc"},
	{"application/vnd.ms-excel", ".xls"},
	{"application/vnd.ms-powerpoint", ".ppt"},
};

const char *am_mail_file_ending(const char *type)
{
	for (size_t i = 0; type && i < AM_COUNT(endings); i++)
		if (!strcmp(type, endings[i].type))
			return endings[i].ending;
	return ".bin";
}

const char *am_mail_file_type(const char *name)
{
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < AM_COUNT(endings); i++)
		if (!g_ascii_strcasecmp(dot, endings[i].ending))
			return endings[i].type;
	return "application/octet-stream";
}

static bool is_file(const struct am_part *part, const struct am_part_info *info)
{
	if (part->kind == AM_PART_MULTIPART)
		return false;
	return info->attachment || (info->content_id && part->type &&
	                            strncmp(part->type, "text/", 5) != 0);
}

static int sum_file(struct am_mail_file *file, const struct am_blob *raw,
                    const struct am_scan *scan, struct am_error *err)
{
	uint8_t hash[AM_SHA256_LEN];
	struct am_reader *reader = NULL;
	int r = am_part_decoded(&reader, raw, scan, file->part, err);

	if (!r)
		r = am_reader_sum(hash, &file->size, reader, err);
	am_reader_close(&reader);
	if (!r)
		am_hex(hash, sizeof(hash), file->sha256);
	return r;
}

static int read_files(struct am_mail_facts *out, const struct am_blob *raw,
                      struct am_error *err)
{
	const struct am_scan *scan = &out->scan;
	int r = AM_OK;

	out->files =
		am_arena_alloc(out->arena, scan->n_parts * sizeof(*out->files));
	for (size_t i = 0; !r && i < scan->n_parts; i++) {
		struct am_mail_file *file = &out->files[out->n_files];

		file->part = i;
		if (am_part_info_read(&file->info, raw, scan, i, out->arena,
		                      NULL) ||
		    !is_file(&scan->parts[i], &file->info))
			continue;
		r = sum_file(file, raw, scan, err);
		out->n_files++;
	}
	return r;
}

int am_mail_facts_read(struct am_mail_facts *out, const struct am_message *msg,
                       const struct am_ctx *ctx, struct am_error *err)
{
	struct am_limits limits =
		am_limits_or_default(ctx ? &ctx->limits : NULL);
	int r = AM_OK;

	memset(out, 0, sizeof(*out));
	if (msg->hashed)
		memcpy(out->hash, msg->hash, sizeof(out->hash));
	else
		r = am_blob_sum(out->hash, msg->raw, err);
	if (r)
		return r;
	am_hex(out->hash, sizeof(out->hash), out->sha256);
	out->arena = am_arena_new();
	r = am_scan_message(&out->scan, msg->raw, &limits, out->arena, err);
	if (!r && am_overview_read(&out->overview, msg->raw, &out->scan,
	                           &limits, out->arena, NULL))
		memset(&out->overview, 0, sizeof(out->overview));
	if (!r)
		r = read_files(out, msg->raw, err);
	if (r)
		am_mail_facts_clear(out);
	return r;
}

void am_mail_facts_clear(struct am_mail_facts *facts)
{
	am_arena_free(&facts->arena);
	memset(facts, 0, sizeof(*facts));
}

int am_mail_file_decode(const struct am_mail_facts *facts, size_t i,
                        const struct am_message *msg, const struct am_ctx *ctx,
                        struct am_blob **out, struct am_error *err)
{
	struct am_limits limits =
		am_limits_or_default(ctx ? &ctx->limits : NULL);
	struct am_reader *reader = NULL;
	struct am_spool *spool = NULL;
	const uint8_t *data;
	size_t len;
	int r = am_part_decoded(&reader, msg->raw, &facts->scan,
	                        facts->files[i].part, err);

	if (!r)
		r = am_spool_open(&spool, limits.spool_memory,
		                  am_ctx_tmpdir(ctx), err);
	while (!r) {
		r = am_reader_peek(reader, 1, &data, &len, err);
		if (r)
			break;
		r = am_spool_write(spool, data, len, err);
		am_reader_skip(reader, len);
	}
	if (r == AM_END)
		r = am_spool_seal(&spool, out, err);
	am_spool_drop(&spool);
	am_reader_close(&reader);
	return r;
}
