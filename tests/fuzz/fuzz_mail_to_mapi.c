/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as a mail: an item is made of it, in memory and in a file the same,
 * the item gives back these very bytes, and a mail can be composed of it.
 *
 * Then some of them as the record of an original, and as the facts beside it:
 * whatever they say, nothing comes of it but what the hash confirms.
 */
#include "base/arena.h"
#include "base/blob.h"
#include "formats/mapi/item_meta.h"
#include "formats/mapi/mail_to_mapi.h"
#include "formats/mapi/mapi_to_mail.h"
#include "formats/mapi/original.h"
#include "formats/mapi/own_names.h"
#include "model/folder.h"
#include "model/message.h"
#include "support/item_container.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(bool good)
{
	if (!good)
		abort();
}

static void compose(const struct am_mapi_message *msg, struct am_ctx *ctx)
{
	const struct am_mapi_to_mail job = {.ctx = ctx, .origin = "fuzz"};
	struct am_blob *mail = NULL;

	(void)!am_mapi_to_mail(&job, msg, &mail, NULL);
	am_blob_unref(&mail);
}

static void there_and_back(const struct am_message *msg, const uint8_t *data,
                           size_t len, struct am_ctx *ctx)
{
	struct am_arena *arena = am_arena_new();
	struct am_mapi_item *item = NULL;
	struct am_blob *again = NULL;
	uint8_t *bytes = malloc(len + 1);
	size_t got;

	check(!am_mail_to_mapi(&item, msg, arena, ctx, NULL));
	struct am_mapi_message reading = test_item_message(item);
	check(!am_original_read(&again, &reading, 1u << 30, ctx, NULL));
	check(am_blob_size(again) == len);
	check(!am_blob_read(again, 0, bytes, len, &got, NULL) && got == len &&
	      !memcmp(bytes, data, len));
	am_blob_unref(&again);
	compose(&reading, ctx);
	am_mapi_item_clear(item);
	am_arena_free(&arena);
	free(bytes);
}

/* The record's head is in order, its frames and steps are the fuzzer's. */
static void strange_record(const uint8_t *data, size_t len, struct am_ctx *ctx)
{
	struct am_arena *arena = am_arena_new();
	struct am_mapi_item *item = am_mapi_item_new(arena);
	uint8_t *record = malloc(AM_ORIGINAL_HEAD + 8 + len);
	struct am_message *to = NULL;
	struct am_folder *folder = NULL;
	struct am_blob *out = NULL;
	uint32_t n = (uint32_t)len;

	check(!am_blob_copy(&am_mapi_item_attachment(item)->data, "attached", 8,
	                    NULL));
	memset(record, 0, AM_ORIGINAL_HEAD + 8);
	memcpy(record, "MkO1\xff\xff", 6);
	check(!am_original_mark_item(item, record + 44, NULL));
	for (unsigned i = 0; i < 4; i++) {
		record[AM_ORIGINAL_HEAD + i] = (uint8_t)(n >> 8 * i);
		record[AM_ORIGINAL_HEAD + 4 + i] =
			(uint8_t)((n | 1u << 31) >> 8 * i);
	}
	memcpy(record + AM_ORIGINAL_HEAD + 8, data, len);
	const struct am_mapi_prop props[] = {
		{.tag = AM_MAPI_BINARY,
	         .name = &am_own_original,
	         .data = record,
	         .len = AM_ORIGINAL_HEAD + 8 + len},
		{.tag = AM_MAPI_BINARY,
	         .name = &am_own_meta,
	         .data = data,
	         .len = len}};
	am_mapi_props_add(&item->props, &props[0]);
	am_mapi_props_add(&item->props, &props[1]);
	struct am_mapi_message reading = test_item_message(item);
	check(am_original_read(&out, &reading, 1u << 20, ctx, NULL) ==
	      AM_FAILED);
	check(!am_folder_new(&folder, NULL, 0, AM_ROLE_NONE, NULL));
	check(!am_message_new(&to, folder, NULL));
	am_item_meta_read(to, reading.in, &reading.props);
	am_message_free(&to);
	const struct am_folder *done = folder;
	am_folder_unref(&done);
	am_mapi_item_clear(item);
	am_arena_free(&arena);
	free(record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct am_ctx ctx = {.tmpdir = "/tmp"};
	struct am_message *msg = NULL;
	struct am_folder *folder = NULL;
	struct am_spool *spool = NULL;

	check(!am_folder_new(&folder, NULL, 0, AM_ROLE_NONE, NULL));
	check(!am_message_new(&msg, folder, NULL));
	if (len && data[len / 2] % 8 == 0) {
		ctx.limits = (struct am_limits){.spool_memory = 16,
		                                .mime_depth = 5,
		                                .header_bytes = 200};
		check(!am_spool_open(&spool, 0, "/tmp", NULL));
		check(!am_spool_write(spool, data, len, NULL));
		check(!am_spool_seal(&spool, &msg->raw, NULL));
	} else {
		check(!am_blob_copy(&msg->raw, data, len, NULL));
	}
	there_and_back(msg, data, len, &ctx);
	if (len && len < 4096)
		strange_record(data, len, &ctx);
	am_message_free(&msg);
	const struct am_folder *done = folder;
	am_folder_unref(&done);
	return 0;
}
