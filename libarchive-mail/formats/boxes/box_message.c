/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/boxes/box_message.h"

#include "base/arena.h"
#include "base/blob.h"
#include "formats/received.h"

int am_box_message_make(struct am_message **out,
                        const struct am_box_place *place, uint64_t offset,
                        struct am_blob *raw, const struct am_when *when,
                        const char *when_from, struct am_error *err)
{
	struct am_received headers;
	struct am_when none = {0};
	struct am_message *msg = NULL;
	int r = am_message_new(&msg, place->folder, err);

	if (r) {
		am_blob_unref(&raw);
		return r;
	}
	msg->raw = raw;
	msg->size = am_blob_size(raw);
	msg->origin = am_arena_printf(msg->arena, "%s:%" PRIu64, place->origin,
	                              offset);
	r = am_received_read(&headers, raw, place->ctx, err);
	if (r) {
		am_message_free(&msg);
		return r;
	}
	if (when && when->known) {
		am_message_add_date(msg, when_from, when);
		msg->received = *when;
		msg->received_from = when_from;
		am_received_add(msg, &headers);
	} else {
		am_received_choose_file(msg, &headers, &none, "eml.mtime");
	}
	*out = msg;
	return AM_OK;
}
