/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The Bat!, MESSAGES.TBB in a directory of the folder's name.  Little-endian.
 *
 *     0x000  20 06 79 19, 4: 0x0C08, which is where the first message begins
 *
 *     +0   21 09 70 19    +4   48, of this header    +12  received, Unix time
 *     +20  flags          +36  length of the message
 *     +48  the message
 */
#include "base/blob.h"
#include "base/bytes.h"
#include "formats/boxes/boxes.h"
#include "formats/boxes/slices.h"
#include "formats/oldbox/oldbox.h"
#include "model/message.h"

#include <string.h>

#define FILE_MAGIC    0x19790620u
#define MESSAGE_MAGIC 0x19700921u
#define FIRST         0x0C08
#define HEAD          48

enum { DELETED = 1, READ = 2, REPLIED = 4, FLAGGED = 64, FORWARDED = 128 };

static uint32_t le32(const uint8_t *p)
{
	struct am_cursor c = am_cursor(p, 4);

	return am_get_le32(&c);
}

static bool is_thebat(const struct am_box_file *file)
{
	return file->head_len >= 8 && le32(file->head) == FILE_MAGIC;
}

static int scan(struct am_slices *s, struct am_error *err)
{
	uint64_t size = am_blob_size(s->file), at = FIRST;
	uint8_t head[HEAD];

	while (at < size) {
		size_t got = 0;
		int r = am_blob_read(s->file, at, head, HEAD, &got, err);
		if (r)
			return r;
		uint32_t len = got == HEAD ? le32(head + 36) : 0;
		uint32_t own = got == HEAD ? le32(head + 4) : 0;
		if (got < HEAD || le32(head) != MESSAGE_MAGIC || own < HEAD ||
		    own > size - at || len > size - at - own) {
			am_slices_damaged(s, at, "no message");
			break;
		}
		uint32_t bits = le32(head + 20);
		struct am_slice slice = {
			.at = at + own,
			.len = len,
			.when = {.sec = le32(head + 12),
		                 .known = le32(head + 12) != 0},
			.flags = (bits & DELETED ? AM_DELETED : 0u) |
		                 (bits & READ ? AM_SEEN : 0u) |
		                 (bits & REPLIED ? AM_ANSWERED : 0u) |
		                 (bits & FLAGGED ? AM_FLAGGED : 0u) |
		                 (bits & FORWARDED ? AM_FORWARDED : 0u)};
		am_slices_add(s, &slice);
		at += (uint64_t)own + len;
	}
	return AM_OK;
}

static int open_box(struct am_open_box **out, const struct am_box_place *place,
                    struct am_error *err)
{
	static const struct am_slices_kind kind = {"thebat.received", scan};

	return am_slices_open(out, place, &kind, err);
}

/* Each folder is a directory with one file of always the same name. */
static void parts(GPtrArray *list, const char *path)
{
	(void)path;
	if (list->len > 1 &&
	    !g_ascii_strcasecmp(list->pdata[list->len - 1], "messages"))
		g_ptr_array_remove_index(list, list->len - 1);
}

const struct am_box_kind am_box_thebat = {
	.format = "thebat",
	.suffixes = ".tbb",
	.file = is_thebat,
	.parts = parts,
	.open = open_box,
};

static const struct am_option options[] = {{NULL, NULL, NULL, NULL}};

static int probe(const struct am_probe *p)
{
	return am_boxes_probe(&am_box_thebat, p);
}

static int open_source(struct am_source **out, const struct am_location *where,
                       struct am_ctx *ctx, struct am_error *err)
{
	int r = am_location_check(where, options, "thebat", err);

	return r ? r : am_boxes_open(out, where, &am_box_thebat, ctx, err);
}

const struct am_format am_format_thebat = {
	.name = "thebat",
	.title = "The Bat!: message bases (.tbb)",
	.keeps = AM_KEEPS_BYTES | AM_KEEPS_FOLDERS | AM_KEEPS_EMPTY_FOLDERS |
                 AM_KEEPS_FLAGS | AM_KEEPS_RECEIVED,
	.options = options,
	.about = "MESSAGES.TBB, and trees of directories with one each.  Flags "
		 "and the time of receipt are read from the base; what was "
		 "deleted and not yet purged comes with that flag.",
	.reads = "The Bat!'s `.tbb` (no real file was at hand)",
	.probe = probe,
	.open_source = open_source,
};
