/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TNEF of any bytes is read or is an error, and what was read makes a mail;
 * what begins with a field is a mail that is opened.
 */
#include "base/arena.h"
#include "base/blob.h"
#include "formats/mapi/mapi_to_mail.h"
#include "formats/mapi/tnef_expand.h"
#include "model/folder.h"
#include "model/message.h"
#include "outlook/mapi/item_reading.h"
#include "outlook/tnef/tnef.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void damage(void *user, const char *text)
{
	(void)user;
	if (!*text)
		abort();
}

static void read_tnef(struct am_blob *blob, struct am_ctx *ctx)
{
	const struct am_tnef_options options = {.codepage = 1252,
	                                        .damage = damage};
	const struct am_mapi_to_mail job = {.ctx = ctx, .origin = "x"};
	struct am_arena *arena = am_arena_new();
	struct am_mapi_item_reading *door = NULL;
	struct am_mapi_item *item = NULL;
	struct am_mapi_message msg;
	struct am_blob *mail = NULL;
	struct am_error err = {0};

	if (!am_tnef_read(&item, blob, &options, arena, &err)) {
		door = am_mapi_item_reading_new(
			item, "tnef", am_blob_size(blob), arena, &msg);
		if (am_mapi_to_mail(&job, &msg, &mail, &err) &&
		    (!err.kind || !*err.text))
			abort();
		am_blob_unref(&mail);
		am_mapi_item_reading_free(&door);
		am_mapi_item_clear(item);
	} else if (!err.kind || !*err.text) {
		abort();
	}
	am_arena_free(&arena);
}

static void open_mail(struct am_blob *blob, struct am_ctx *ctx)
{
	struct am_folder *folder = NULL;
	struct am_message *msg = NULL;
	struct am_blob *out = NULL;
	struct am_error err = {0};

	if (am_folder_new(&folder, NULL, 0, AM_ROLE_NONE, NULL) ||
	    am_message_new(&msg, folder, NULL))
		abort();
	msg->origin = "x";
	msg->raw = am_blob_ref(blob);
	if (am_tnef_expand(msg, ctx, &out, &err))
		abort();
	/* Nothing of the mail goes. */
	if (out && am_blob_size(out) < am_blob_size(blob) / 2)
		abort();
	am_blob_unref(&out);
	am_message_free(&msg);
	const struct am_folder *unref = folder;
	am_folder_unref(&unref);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct am_ctx ctx = {0};
	struct am_blob *blob = NULL;

	if (am_blob_copy(&blob, data, len, NULL))
		abort();
	if (am_tnef_sniff(data, len))
		read_tnef(blob, &ctx);
	else
		open_mail(blob, &ctx);
	am_blob_unref(&blob);
	return 0;
}
