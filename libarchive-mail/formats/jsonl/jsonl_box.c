/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file of JSON Lines among other mailboxes of a tree. */
#include "base/blob.h"
#include "base/file.h"
#include "base/reader.h"
#include "base/unpack.h"
#include "formats/boxes/box.h"
#include "formats/jsonl/jsonl.h"
#include "model/folder.h"

#include <string.h>

struct jsonl_box {
	struct am_open_box base;
	const struct am_box_place *place;
	struct am_file *file;
	struct am_reader *reader;
	uint64_t n_lines;
	char *origin;
	bool over;
};

static struct jsonl_box *box_of(struct am_open_box *box)
{
	return AM_CONTAINER(box, struct jsonl_box, base);
}

/* The folder of the line, in that of the file. */
static int find_folder(const struct jsonl_box *b, const json_t *object,
                       const struct am_folder **out, struct am_error *err)
{
	const struct am_folder *own = NULL, *outer = b->place->folder;
	struct am_folder *joined = NULL;
	int r = am_message_json_read_folder(&own, object, err);

	if (r)
		return r;
	const char **parts =
		g_new0(const char *, outer->depth + own->depth + 1);
	for (size_t i = 0; i < outer->depth; i++)
		parts[i] = outer->parts[i];
	for (size_t i = 0; i < own->depth; i++)
		parts[outer->depth + i] = own->parts[i];
	r = am_folder_new(&joined, parts, outer->depth + own->depth, own->role,
	                  err);
	g_free(parts);
	am_folder_unref(&own);
	*out = joined;
	return r ? AM_FAILED : AM_OK;
}

static int give(const struct jsonl_box *b, struct am_jsonl_line *line,
                struct am_message **out, struct am_error *err)
{
	const struct am_folder *folder = NULL;
	int r;

	/* What lines of folders tell, their messages tell as well. */
	if (strcmp(am_jsonl_kind(line->object), AM_JSONL_MESSAGE) != 0)
		return AM_END;
	r = find_folder(b, line->object, &folder, err);
	if (!r)
		r = am_jsonl_message(out, line, folder, b->origin,
		                     b->place->ctx, err);
	am_folder_unref(&folder);
	return r;
}

static int box_next(struct am_open_box *box, struct am_message **out,
                    struct am_error *err)
{
	struct jsonl_box *b = box_of(box);
	struct am_jsonl_line line;
	int r;

	do {
		if (b->over)
			return AM_END;
		if (am_ctx_cancelled(b->place->ctx))
			return am_ctx_fail_cancelled(err);
		r = am_jsonl_read(&line, b->reader, true, b->place->ctx, err);
		if (r == AM_END)
			return r;
		g_free(b->origin);
		b->origin = g_strdup_printf("%s:%" PRIu64, b->place->origin,
		                            ++b->n_lines);
		b->over = line.broken;
		if (!r)
			r = give(b, &line, out, err);
		am_blob_unref(&line.raw);
		json_decref(line.object);
	} while (r == AM_END);
	if (r < 0) {
		b->base.bad = b->origin;
		/* What is wrong with one line is not the end of the file. */
		if (!am_ctx_cancelled(b->place->ctx))
			r = AM_FAILED;
	}
	return r;
}

static void box_close(struct am_open_box *box)
{
	struct jsonl_box *b = box_of(box);

	am_reader_close(&b->reader);
	am_file_unref(&b->file);
	g_free(b->origin);
	g_free(b);
}

static int open_box(struct am_open_box **out, const struct am_box_place *place,
                    struct am_error *err)
{
	static const struct am_box_ops ops = {.next = box_next,
	                                      .close = box_close};
	struct jsonl_box *b = g_new0(struct jsonl_box, 1);
	int r = am_file_open(&b->file, place->path, err);

	b->base.ops = &ops;
	b->place = place;
	if (!r)
		r = am_unpack_open(&b->reader, b->file, err);
	if (r)
		box_close(&b->base);
	else
		*out = &b->base;
	return r;
}

/* What lies beside an .eml begins so, too, and is read with that. */
static bool is_jsonl(const struct am_box_file *file)
{
	return am_jsonl_sniff(file->head, file->head_len) &&
	       !g_str_has_suffix(file->name, ".eml.json");
}

const struct am_box_kind am_box_jsonl = {
	.format = "jsonl",
	.suffixes = ".jsonl .ndjson .jsonl.gz .jsonl.zst .jsonl.xz",
	.shell = true,
	.file = is_jsonl,
	.open = open_box,
};
