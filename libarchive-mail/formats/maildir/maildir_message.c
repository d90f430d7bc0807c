/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/maildir/maildir_message.h"

#include "base/blob.h"
#include "formats/crlf_size.h"
#include "formats/keyword_flags.h"
#include "formats/load_file.h"
#include "formats/maildir/maildir_keywords.h"
#include "formats/maildir/maildir_name.h"
#include "formats/received.h"
#include "model/ctx.h"
#include "model/message.h"

#include <glib.h>

#include <string.h>

static void check_sizes(struct am_ctx *ctx, const struct am_message *msg,
                        const struct am_maildir_name *name,
                        const struct am_loaded_file *file)
{
	const uint8_t *bytes = am_blob_bytes(msg->raw);

	if (name->size != UINT64_MAX && name->size != msg->size)
		am_ctx_note(ctx, AM_NOTE_WARN, "maildir.size-wrong",
		            msg->folder, msg->origin,
		            "the name says %" PRIu64
		            " bytes, there are %" PRIu64,
		            name->size, msg->size);
	if (name->crlf_size != UINT64_MAX && bytes) {
		struct am_crlf_size sum = {0};

		am_crlf_size_add(&sum, bytes, (size_t)msg->size);
		if (sum.size != name->crlf_size)
			am_ctx_note(ctx, AM_NOTE_INFO,
			            "maildir.crlf-size-wrong", msg->folder,
			            msg->origin,
			            "the name says %" PRIu64
			            " bytes with CRLF, there are %" PRIu64,
			            name->crlf_size, sum.size);
	}
	if (file->packed)
		am_ctx_note(ctx, AM_NOTE_INFO, "maildir.compressed",
		            msg->folder, msg->origin,
		            "stored compressed in %" PRIu64 " bytes",
		            file->stored);
}

static int choose_date(struct am_ctx *ctx, struct am_message *msg,
                       const struct am_maildir_name *name, int64_t mtime,
                       struct am_error *err)
{
	struct am_when by_mtime = am_received_stamp(mtime);
	struct am_when by_name = am_received_stamp(name->time);
	struct am_received headers;
	int r;

	r = am_received_read(&headers, msg->raw, ctx, err);
	if (r)
		return r;
	if (name->dated) {
		by_name = (struct am_when){name->time, name->zone_min, true};
		if (by_mtime.known && by_mtime.sec == by_name.sec)
			by_mtime.offset_min = by_name.offset_min;
	}
	am_received_choose_maildir(msg, &headers, &by_mtime, &by_name,
	                           name->dated);
	return AM_OK;
}

void am_maildir_message_letters(struct am_message *msg, const char *info,
                                bool fresh,
                                const struct am_maildir_keywords *keywords)
{
	char other[AM_MAILDIR_OTHER];
	GString *kept = NULL;
	uint32_t flags, letters;

	am_maildir_name_letters(info, &flags, &letters, other);
	msg->flags |= flags;
	for (int i = 0; i < AM_MAILDIR_KEYWORDS; i++) {
		if (!(letters & UINT32_C(1) << i))
			continue;
		if (keywords->names[i]) {
			am_keyword_flags_add(msg, keywords->names[i]);
			continue;
		}
		if (!kept)
			kept = g_string_new(other);
		g_string_append_c(kept, (char)('a' + i));
	}
	if (kept || *other)
		am_message_add_prop(msg, "maildir.flags",
		                    kept ? kept->str : other,
		                    strlen(kept ? kept->str : other));
	if (kept)
		g_string_free(kept, TRUE);
	/* What lies in new/ is not seen, whatever its name says. */
	if (fresh)
		msg->flags &= ~(uint32_t)AM_SEEN;
}

int am_maildir_message_complete(struct am_message *msg,
                                struct am_loaded_file *file, const char *name,
                                struct am_ctx *ctx, struct am_error *err)
{
	struct am_maildir_name parsed;

	msg->raw = file->blob;
	file->blob = NULL;
	msg->size = am_blob_size(msg->raw);
	am_maildir_name_parse(&parsed, name);
	check_sizes(ctx, msg, &parsed, file);
	return choose_date(ctx, msg, &parsed, file->mtime, err);
}
