/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/lone.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/file.h"
#include "formats/boxes/boxes.h"
#include "formats/load_file.h"
#include "formats/mail_head.h"
#include "formats/mbox/boundary.h"
#include "formats/mbox/sidecar.h"
#include "formats/received.h"
#include "model/ctx.h"
#include "model/message.h"

#include <glib.h>

#include <fcntl.h>
#include <string.h>

static int make_message(struct am_message **out, struct am_loaded_file *file,
                        const struct am_folder *folder, const char *name,
                        struct am_ctx *ctx, struct am_error *err)
{
	struct am_received headers;
	struct am_when mtime = am_received_stamp(file->mtime);
	struct am_message *msg = NULL;
	int r = am_received_read(&headers, file->blob, ctx, err);

	if (!r)
		r = am_message_new(&msg, folder, err);
	if (r)
		return r;
	msg->origin = am_arena_strdup(msg->arena, name);
	msg->raw = g_steal_pointer(&file->blob);
	msg->size = am_blob_size(msg->raw);
	am_received_choose_file(msg, &headers, &mtime, "eml.mtime");
	*out = msg;
	return AM_OK;
}

/* Apple's copies leave "._x.eml" that are no mail. */
static bool named_mail(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;

	return am_mail_head_eml_name(base) && *base != '.';
}

int am_mbox_lone_read(struct am_message **out, const struct am_folder *folder,
                      const char *path, const char *name, struct am_ctx *ctx,
                      struct am_error *err)
{
	uint8_t head[AM_MAIL_HEAD_BYTES];
	struct am_loaded_file file = {0};
	size_t got = 0;

	*out = NULL;
	int r = am_load_file(&file, AT_FDCWD, path, path, ctx, err);
	if (r)
		return r;
	r = am_blob_read(file.blob, 0, head, sizeof head, &got, err);
	/* In a tree of .eml, too, the name is enough. */
	if (!r && !named_mail(name) &&
	    am_mail_head_bits(head, got) < AM_MAIL_HEAD_ENOUGH)
		r = AM_END;
	if (!r)
		r = make_message(out, &file, folder, name, ctx, err);
	if (!r)
		am_ctx_note(ctx, AM_NOTE_INFO, "mbox.lone-mail", folder, name,
		            "a single mail, not a mailbox");
	am_blob_unref(&file.blob);
	return r;
}

static bool is_msg(const char *path)
{
	struct am_file *file = NULL;
	uint8_t head[16];
	size_t len = 0;
	bool yes = am_mail_head_msg_name(path) &&
	           !am_file_open(&file, path, NULL) &&
	           !am_file_read(file, 0, head, sizeof(head), &len, NULL) &&
	           am_mail_head_msg(head, len);

	am_file_unref(&file);
	return yes;
}

bool am_mbox_lone_others(const char *path)
{
	const char *slash = strrchr(path, '/');

	return is_msg(path) ||
	       am_boxes_claim_path(path, slash ? slash + 1 : path);
}

void am_mbox_lone_pass_over(struct am_ctx *ctx, const char *name,
                            const struct am_mbox_looks *looks, bool leave)
{
	/* What programs hide is seldom meant to be read. */
	bool hidden = *name == '.' || strstr(name, "/.");
	bool outlook = looks->outlook || am_mail_head_outlook_name(name);

	/* What lies beside mailboxes is known. */
	if (am_mbox_sidecar_name(name) || (leave && outlook))
		return;
	const char *what = outlook ? "Outlook's, passed over: pst:FOLDER reads "
	                             "them"
	                           : "not mail, passed over";
	enum am_note_level level = hidden ? AM_NOTE_INFO : AM_NOTE_WARN;

	if (looks->closed)
		am_ctx_note(ctx, level, "mbox.not-opened", NULL, name,
		            "%s, which is not opened: there may be mail in it",
		            looks->closed);
	else
		am_ctx_note(ctx, level, "mbox.not-a-mailbox", NULL, name, "%s",
		            what);
}
