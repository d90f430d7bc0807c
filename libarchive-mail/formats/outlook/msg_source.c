/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/arena.h"
#include "base/blob.h"
#include "formats/load_file.h"
#include "formats/mail_head.h"
#include "formats/mapi/item_meta.h"
#include "formats/mapi/item_props.h"
#include "formats/mapi/mail_to_mapi.h"
#include "formats/mapi/mapi_load.h"
#include "formats/mapi/mapi_meta.h"
#include "formats/outlook/codepage_option.h"
#include "formats/outlook/msg.h"
#include "outlook/mapi/item_reading.h"
#include "outlook/msg/msg.h"
#include "outlook/msg/msg_write.h"
#include "outlook/tnef/tnef.h"

#include <glib.h>

#include <errno.h>
#include <fcntl.h>

/* What the source was opened with. */
struct settings {
	unsigned codepage;
	bool properties;
};

struct notes {
	struct am_ctx *ctx;
	struct am_message *msg;
};

static void damage(void *user, const char *text)
{
	const struct notes *notes = user;

	notes->msg->incomplete = true;
	am_ctx_note(notes->ctx, AM_NOTE_ERROR, "msg.damaged",
	            notes->msg->folder, notes->msg->origin, "%s", text);
}

/* The item of a file: a .msg, or TNEF that was saved (winmail.dat). */
struct opened {
	struct am_msg *msg;
	struct am_mapi_item *item;
	struct am_mapi_item_reading *door;
	struct am_mapi_message reading;
};

static int open_item(struct opened *o, struct am_blob *blob, unsigned codepage,
                     struct notes *notes, struct am_arena *arena,
                     struct am_error *err)
{
	const struct am_msg_options msg = {.codepage = codepage,
	                                   .tmpdir = am_ctx_tmpdir(notes->ctx),
	                                   .damage = damage,
	                                   .user = notes};
	const struct am_tnef_options tnef = {
		.codepage = codepage, .damage = damage, .user = notes};
	uint8_t head[8];
	size_t len;
	int r = am_blob_read(blob, 0, head, sizeof(head), &len, err);

	if (!r && am_tnef_sniff(head, len)) {
		r = am_tnef_read(&o->item, blob, &tnef, arena, err);
		if (!r)
			o->door = am_mapi_item_reading_new(o->item, "tnef",
			                                   am_blob_size(blob),
			                                   arena, &o->reading);
	} else if (!r) {
		r = am_msg_open(&o->msg, blob, &msg, err);
		if (!r)
			am_msg_read(o->msg, arena, &o->reading);
	}
	return r;
}

static void close_item(struct opened *o)
{
	am_mapi_item_reading_free(&o->door);
	if (o->item)
		am_mapi_item_clear(o->item);
	am_msg_close(&o->msg);
}

static int load(const void *user, struct am_message *msg,
                struct am_loaded_file *file, struct am_ctx *ctx,
                struct am_error *err)
{
	const struct settings *set = user;
	const struct am_mapi_to_mail job = {.ctx = ctx,
	                                    .folder = msg->folder,
	                                    .origin = msg->origin,
	                                    .incomplete = &msg->incomplete};
	struct notes notes = {ctx, msg};
	struct am_arena *arena = am_arena_new();
	struct opened o = {0};
	const struct am_mapi_message *item = &o.reading;
	int r = open_item(&o, file->blob, set->codepage, &notes, arena, err);

	am_blob_unref(&file->blob);
	if (!r) {
		am_mapi_meta(msg, &item->props,
		             am_mapi_meta_keywords(item->in->names));
		if (set->properties)
			am_item_props_ride(msg, &item->props, item->in);
		/* What we wrote beside Outlook's own, where it is ours. */
		am_item_meta_read(msg, item->in, &item->props);
		r = am_mapi_load(&job, item, msg, err);
	}
	close_item(&o);
	am_arena_free(&arena);
	return r;
}

static int compose(const struct am_message *msg, const struct am_ctx *ctx,
                   struct am_blob **out, struct am_error *err)
{
	struct am_limits limits = am_limits_or_default(&ctx->limits);
	struct am_arena *arena = am_arena_new();
	struct am_mapi_item *item = NULL;
	int r = am_mail_to_mapi(&item, msg, arena, ctx, err);

	if (!r) {
		r = am_msg_write(out, item, limits.spool_memory,
		                 am_ctx_tmpdir(ctx), err);
		am_mapi_item_clear(item);
	}
	am_arena_free(&arena);
	return r;
}

static const struct am_files_kind kind = {
	.format = "msg",
	.exactness = AM_SYNTHESISED,
	.named = am_mail_head_msg_name,
	.sniff = am_mail_head_msg,
	.load = load,
	.compose = compose,
	.loads_anywhere = true,
	.flagged = true,
};

static int read_options(const struct am_location *where,
                        struct am_files_options *out, struct am_error *err)
{
	struct settings *set = g_new0(struct settings, 1);
	const char *leave = am_location_option(where, am_msg_options, "leave");
	int r = am_location_switch(where, am_msg_options, "properties",
	                           &set->properties, err);

	out->user = set;
	if (!r)
		r = am_codepage_option(where, am_msg_options, &set->codepage,
		                       err);
	out->leave = out->quiet = !g_strcmp0(leave, "others");
	if (!r && !out->leave && g_strcmp0(leave, "nothing") != 0)
		r = am_fail(err, AM_FATAL, AM_E_ARGUMENT,
		            "leave=%s: nothing or others is meant", leave);
	return r;
}

int am_msg_source_open(struct am_source **out, const struct am_location *where,
                       struct am_ctx *ctx, struct am_error *err)
{
	struct am_files_options options = {0};
	int r = am_location_check(where, am_msg_options, "msg", err);

	if (!r)
		r = read_options(where, &options, err);
	if (r) {
		g_free(options.user);
		return AM_FATAL;
	}
	int fd = open(where->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		return am_files_tree_open(out, fd, where->path, &kind, &options,
		                          ctx, err);
	if (errno == ENOTDIR)
		return am_files_one_open(out, where->path, &kind, &options, ctx,
		                         err);
	r = am_fail_sys(err, AM_FATAL, "%s", where->path);
	if (err && err->sys == ENOENT)
		err->kind = AM_E_NOTFOUND;
	g_free(options.user);
	return r;
}

int am_msg_sink_open(struct am_sink **out, const struct am_location *where,
                     struct am_ctx *ctx, struct am_error *err)
{
	return am_files_sink_open(out, where, &kind, am_msg_options, ctx, err);
}
