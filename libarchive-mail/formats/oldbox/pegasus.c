/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pegasus Mail's folders, FOLxxxxx.PMM: 128 bytes in front (86 of the folder's
 * name, 42 of an id), then messages with a byte 0x1A behind each.  New mail
 * that lies in files of its own (.CNM) is read among the single mails.
 */
#include "base/arena.h"
#include "base/blob.h"
#include "base/charset.h"
#include "base/file.h"
#include "formats/boxes/boxes.h"
#include "formats/boxes/slices.h"
#include "formats/mail_head.h"
#include "formats/oldbox/oldbox.h"

#include <string.h>

#define HEAD     128
#define NAME_LEN 86
#define END      0x1a

static bool named(const char *name)
{
	size_t len = strlen(name);

	return len > 4 && !g_ascii_strcasecmp(name + len - 4, ".pmm");
}

static bool is_pegasus(const struct am_box_file *file)
{
	if (!named(file->name) || file->head_len < HEAD || !file->head[0])
		return false;
	return file->size == HEAD ||
	       am_mail_head_bits(file->head + HEAD, file->head_len - HEAD) >=
	               AM_MAIL_HEAD_ENOUGH;
}

static int scan(struct am_slices *s, struct am_error *err)
{
	uint64_t size = am_blob_size(s->file), start = HEAD, at = HEAD;
	uint8_t buf[64 * 1024];

	if (size < HEAD)
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "%s: too short for a folder of Pegasus Mail",
		               s->place->origin);
	while (at < size) {
		size_t got = 0;
		int r = am_blob_read(s->file, at, buf, sizeof buf, &got, err);
		if (r)
			return r;
		if (!got)
			break;
		for (const uint8_t *p = buf, *end = buf + got;
		     (p = memchr(p, END, (size_t)(end - p))); p++) {
			uint64_t here = at + (uint64_t)(p - buf);
			struct am_slice slice = {.at = start,
			                         .len = here - start};
			if (slice.len)
				am_slices_add(s, &slice);
			start = here + 1;
		}
		at += got;
	}
	struct am_slice rest = {.at = start, .len = size - start};
	if (rest.len) /* the last one was not ended */
		am_slices_add(s, &rest);
	return AM_OK;
}

static int open_box(struct am_open_box **out, const struct am_box_place *place,
                    struct am_error *err)
{
	static const struct am_slices_kind kind = {NULL, scan};

	return am_slices_open(out, place, &kind, err);
}

/* The name that a person gave it stands in the file. */
static void parts(GPtrArray *list, const char *path)
{
	char name[NAME_LEN + 1] = "";
	struct am_file *file = NULL;
	size_t got = 0;

	if (!list->len || am_file_open(&file, path, NULL))
		return;
	if (am_file_read(file, 0, name, NAME_LEN, &got, NULL))
		got = 0;
	am_file_unref(&file);
	name[got] = 0;
	g_strstrip(name);
	for (char *p = name; *p; p++)
		if ((uint8_t)*p < ' ')
			return;
	if (!*name)
		return;
	struct am_arena *arena = am_arena_new();
	g_free(list->pdata[list->len - 1]);
	list->pdata[list->len - 1] =
		g_strdup(am_utf8_repair(arena, name, strlen(name)));
	am_arena_free(&arena);
}

const struct am_box_kind am_box_pegasus = {
	.format = "pegasus",
	.suffixes = ".pmm",
	.file = is_pegasus,
	.parts = parts,
	.open = open_box,
};

static const struct am_option options[] = {{NULL, NULL, NULL, NULL}};

static int probe(const struct am_probe *p)
{
	return am_boxes_probe(&am_box_pegasus, p);
}

static int open_source(struct am_source **out, const struct am_location *where,
                       struct am_ctx *ctx, struct am_error *err)
{
	int r = am_location_check(where, options, "pegasus", err);

	return r ? r : am_boxes_open(out, where, &am_box_pegasus, ctx, err);
}

const struct am_format am_format_pegasus = {
	.name = "pegasus",
	.title = "Pegasus Mail: folders (.pmm)",
	.keeps = AM_KEEPS_BYTES | AM_KEEPS_FOLDERS | AM_KEEPS_EMPTY_FOLDERS,
	.options = options,
	.about = "Folders are called as the file says in its first bytes, not "
		 "by the file's own name.  What has been read stands in "
		 "other files, and is not looked at.",
	.reads = "Pegasus Mail's `.pmm` (no real file was at hand)",
	.probe = probe,
	.open_source = open_source,
};
