/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a line says of a message. */
#include "base/arena.h"
#include "base/blob.h"
#include "base/json.h"
#include "formats/jsonl/jsonl.h"
#include "formats/mail_facts.h"
#include "mime/address.h"
#include "mime/part.h"
#include "mime/text_whole.h"
#include "mime/words.h"
#include "model/ctx.h"
#include "model/message_json.h"

#include <glib.h>

#include <string.h>

#define MAX_ADDRESSES 4096

static const struct {
	const char *field, *key;
} address_fields[] = {{"From", "from"}, {"Sender", "sender"},
                      {"To", "to"},     {"Cc", "cc"},
                      {"Bcc", "bcc"},   {"Reply-To", "reply_to"}};

static void write_addresses(struct am_json *json, struct am_arena *arena,
                            const struct am_part_header *header,
                            const char *name)
{
	struct am_address *list = g_new(struct am_address, MAX_ADDRESSES);
	struct am_fields fields;
	struct am_field f;

	am_json_open(json, '[');
	am_fields_init(&fields, header->block, header->len, 0);
	while (am_fields_next(&fields, &f)) {
		if (!am_field_is(&f, name))
			continue;
		size_t n = am_address_parse(arena, f.value, f.value_len, list,
		                            MAX_ADDRESSES);
		for (size_t i = 0; i < n; i++) {
			am_json_open(json, '{');
			am_message_json_text(json, "name", list[i].name);
			am_message_json_text(json, "address", list[i].address);
			am_json_close(json, '}');
		}
	}
	am_json_close(json, ']');
	g_free(list);
}

/* Decoded, and as it stands where that is something else. */
static void write_headers(struct am_json *json, struct am_arena *arena,
                          const struct am_part_header *header)
{
	struct am_fields fields;
	struct am_field f;

	am_json_key(json, "headers");
	am_json_open(json, '[');
	am_fields_init(&fields, header->block, header->len, 0);
	while (am_fields_next(&fields, &f)) {
		const char *value =
			am_words_decode(arena, f.value, f.value_len);
		while (*value == ' ')
			value++;
		am_json_open(json, '{');
		am_json_key(json, "name");
		am_json_stringn(json, f.name, f.name_len);
		am_message_json_text(json, "value", value);
		const char *raw = f.value;
		size_t len = f.value_len;
		if (len && *raw == ' ') {
			raw++;
			len--;
		}
		if (strlen(value) != len || memcmp(value, raw, len) != 0) {
			am_json_key(json, "raw");
			am_json_stringn(json, raw, len);
		}
		am_json_close(json, '}');
	}
	am_json_close(json, ']');
}

static void write_overview(struct am_json *json, const struct am_overview *v)
{
	am_message_json_when(json, "date", &v->date);
	am_message_json_text(json, "subject", v->subject);
	am_message_json_text(json, "message_id", v->message_id);
	am_message_json_text(json, "in_reply_to", v->in_reply_to);
	am_json_key(json, "references");
	am_message_json_words(json, v->references, v->n_references);
	am_message_json_text(json, "list_id", v->list_id);
}

static void write_header(struct am_json *json, const struct am_message *msg,
                         const struct am_mail_facts *facts,
                         const struct am_jsonl_wishes *wishes,
                         const struct am_limits *limits)
{
	struct am_part_header header = {0};

	/* Too long or not to be had: an empty one. */
	if (am_part_header_read(&header, msg->raw, &facts->scan.parts[0],
	                        limits->header_bytes, NULL))
		header = (struct am_part_header){0};
	write_overview(json, &facts->overview);
	for (size_t i = 0; i < AM_COUNT(address_fields); i++) {
		am_json_key(json, address_fields[i].key);
		write_addresses(json, facts->arena, &header,
		                address_fields[i].field);
	}
	if (wishes->headers)
		write_headers(json, facts->arena, &header);
	am_part_header_drop(&header);
}

/* NUL is no letter, and many that read JSON stumble over it. */
static void write_text(struct am_json *json, const struct am_message *msg,
                       const struct am_mail_facts *facts,
                       const struct am_limits *limits)
{
	GString *text = NULL;
	bool cut = false;

	if (am_text_whole(&text, msg->raw, &facts->scan, limits, false, &cut,
	                  NULL))
		cut = true;
	for (gsize i = 0; i < text->len; i++)
		if (!text->str[i])
			text->str[i] = ' ';
	am_json_key(json, "text");
	am_json_stringn(json, text->str, text->len);
	if (cut) {
		am_json_key(json, "text_cut");
		am_json_bool(json, true);
	}
	g_string_free(text, TRUE);
}

static void write_files(struct am_json *json, const struct am_mail_facts *facts)
{
	am_json_key(json, "attachments");
	am_json_open(json, '[');
	for (size_t i = 0; i < facts->n_files; i++) {
		const struct am_mail_file *file = &facts->files[i];
		am_json_open(json, '{');
		am_message_json_text(json, "section", file->info.section);
		am_message_json_text(json, "name", file->info.name);
		am_message_json_text(json, "type", file->info.type);
		am_message_json_text(json, "disposition",
		                     file->info.disposition);
		am_message_json_text(json, "content_id", file->info.content_id);
		am_json_key(json, "size");
		am_json_uint(json, file->size);
		am_message_json_text(json, "sha256", file->sha256);
		am_json_close(json, '}');
	}
	am_json_close(json, ']');
}

void am_jsonl_write_message(struct am_json *json, const struct am_message *msg,
                            const struct am_mail_facts *facts,
                            const struct am_jsonl_wishes *wishes,
                            const struct am_ctx *ctx)
{
	struct am_limits limits =
		am_limits_or_default(ctx ? &ctx->limits : NULL);

	am_json_open(json, '{');
	am_message_json_text(json, "mailark", AM_JSONL_MESSAGE);
	am_message_json_text(json, "sha256", facts->sha256);
	am_json_key(json, "size");
	am_json_uint(json, am_blob_size(msg->raw));
	am_message_json_write(json, msg);
	write_header(json, msg, facts, wishes, &limits);
	if (wishes->text)
		write_text(json, msg, facts, &limits);
	write_files(json, facts);
}
