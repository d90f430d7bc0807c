/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/eml/eml_sidecar.h"

#include "base/blob.h"
#include "base/file.h"
#include "base/json.h"
#include "base/reader.h"
#include "model/ctx.h"
#include "model/message_json.h"

#include <glib.h>

#include <string.h>

/* Properties of Outlook's items may be large. */
#define MAX_BYTES (64u << 20)

int am_eml_sidecar_compose(const struct am_message *msg, const char *sha256,
                           struct am_blob **out, struct am_error *err)
{
	struct am_json *json = am_json_new();
	size_t len;

	am_json_open(json, '{');
	am_message_json_text(json, "mailark", AM_MESSAGE_JSON);
	am_message_json_text(json, "sha256", sha256);
	am_json_key(json, "size");
	am_json_uint(json, am_blob_size(msg->raw));
	am_message_json_write(json, msg);
	am_json_close(json, '}');
	const char *text = am_json_text(json, &len);
	char *line = g_malloc(len + 1);
	memcpy(line, text, len);
	line[len] = '\n';
	am_json_free(&json);
	return am_blob_take(out, line, len + 1, err);
}

json_t *am_eml_sidecar_read(struct am_reader *reader)
{
	GString *text = g_string_new(NULL);
	const uint8_t *data;
	json_t *object = NULL;
	size_t len;

	while (text->len <= MAX_BYTES &&
	       !am_reader_peek(reader, 1, &data, &len, NULL)) {
		g_string_append_len(text, (const char *)data, (gssize)len);
		am_reader_skip(reader, len);
	}
	if (text->len <= MAX_BYTES)
		object = json_loadb(text->str, text->len, JSON_ALLOW_NUL, NULL);
	g_string_free(text, TRUE);
	const char *kind =
		json_string_value(json_object_get(object, "mailark"));
	if (!kind || strcmp(kind, AM_MESSAGE_JSON) != 0) {
		json_decref(object);
		object = NULL;
	}
	return object;
}

json_t *am_eml_sidecar_open(const char *path)
{
	char *name = g_strconcat(path, AM_EML_SIDECAR, NULL);
	struct am_file *file = NULL;
	struct am_reader *reader = NULL;
	json_t *object = NULL;

	if (!am_file_open(&file, name, NULL) &&
	    !am_reader_file(&reader, file, 0, am_file_size(file), NULL))
		object = am_eml_sidecar_read(reader);
	am_reader_close(&reader);
	am_file_unref(&file);
	g_free(name);
	return object;
}

void am_eml_sidecar_apply(struct am_message *msg, const json_t *sidecar,
                          struct am_ctx *ctx)
{
	const json_t *size = json_object_get(sidecar, "size");

	if (json_is_integer(size) &&
	    (uint64_t)json_integer_value(size) != am_blob_size(msg->raw))
		am_ctx_note(ctx, AM_NOTE_WARN, "eml.sidecar-other", msg->folder,
		            msg->origin,
		            "it has changed since the file beside it was "
		            "written; flags and dates are from there");
	am_message_json_read(msg, sidecar);
}
