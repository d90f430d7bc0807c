/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/arena.h"
#include "base/blob.h"
#include "formats/blob_sum.h"
#include "formats/jsonl/jsonl.h"
#include "model/folder.h"

#include <glib.h>

#include <string.h>

/* What the line says of its bytes, against them. */
static void check_bytes(const struct am_message *msg, const json_t *object,
                        struct am_ctx *ctx)
{
	const char *said = json_string_value(json_object_get(object, "sha256"));
	uint8_t hash[AM_SHA256_LEN];
	char hex[AM_SHA256_HEX];

	if (!said || am_blob_sum(hash, msg->raw, NULL))
		return;
	am_hex(hash, sizeof(hash), hex);
	if (g_ascii_strcasecmp(said, hex) != 0)
		am_ctx_note(ctx, AM_NOTE_WARN, "jsonl.hash", msg->folder,
		            msg->origin,
		            "its bytes are others than those whose SHA-256 "
		            "stands beside them");
}

int am_jsonl_message(struct am_message **out, struct am_jsonl_line *line,
                     const struct am_folder *folder, const char *origin,
                     struct am_ctx *ctx, struct am_error *err)
{
	struct am_message *msg = NULL;

	if (!line->raw)
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		               "the line holds no bytes of the message: it was "
		               "written with raw=no");
	int r = am_message_new(&msg, folder, err);
	if (r)
		return r;
	msg->raw = line->raw;
	line->raw = NULL;
	msg->size = am_blob_size(msg->raw);
	msg->origin = am_arena_strdup(msg->arena, origin);
	am_message_json_read(msg, line->object);
	check_bytes(msg, line->object, ctx);
	*out = msg;
	return AM_OK;
}

/* {"mailark":"…" in front: nobody else writes that. */
bool am_jsonl_sniff(const uint8_t *head, size_t len)
{
	static const char *const begins[] = {"{\"mailark\":\"",
	                                     "{\"mailark\": \""};

	for (size_t i = 0; i < AM_COUNT(begins); i++)
		if (len > strlen(begins[i]) &&
		    !memcmp(head, begins[i], strlen(begins[i])))
			return true;
	return false;
}
