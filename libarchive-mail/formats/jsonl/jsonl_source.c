/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/blob.h"
#include "base/file.h"
#include "base/reader.h"
#include "base/unpack.h"
#include "formats/boxes/boxes.h"
#include "formats/jsonl/jsonl.h"
#include "model/folder.h"
#include "model/message_json.h"

#include <glib.h>

#include <string.h>
#include <sys/stat.h>

struct jsonl_source {
	struct am_source base;
	struct am_file *file;
	struct am_reader *reader;
	char *name;
	uint64_t n_lines;
	GHashTable *folders;        /* struct am_folder, of those given */
	struct am_message *waiting; /* its folder is told of first */
	char *origin;
	bool over;
};

static struct jsonl_source *jsonl_of(struct am_source *src)
{
	return AM_CONTAINER(src, struct jsonl_source, base);
}

static guint hash_folder(gconstpointer folder)
{
	return (guint)am_folder_hash(folder);
}

static gboolean equal_folders(gconstpointer a, gconstpointer b)
{
	return am_folder_equal(a, b);
}

static void unref_folder(gpointer folder)
{
	const struct am_folder *f = folder;

	am_folder_unref(&f);
}

/* Takes folder; the one that is kept, and whether it is new. */
static const struct am_folder *
keep_folder(struct jsonl_source *s, const struct am_folder *folder, bool *fresh)
{
	const struct am_folder *kept = g_hash_table_lookup(s->folders, folder);

	*fresh = !kept;
	if (kept) {
		am_folder_unref(&folder);
		return kept;
	}
	g_hash_table_add(s->folders, (gpointer)(uintptr_t)folder);
	return folder;
}

/* AM_END: it has nothing new to tell. */
static int give(struct jsonl_source *s, struct am_jsonl_line *line,
                struct am_item *out, struct am_error *err)
{
	bool is_message =
		!strcmp(am_jsonl_kind(line->object), AM_JSONL_MESSAGE);
	const struct am_folder *folder = NULL;
	bool fresh = false;
	int r = am_message_json_read_folder(&folder, line->object, err);

	if (r)
		return r;
	folder = keep_folder(s, folder, &fresh);
	out->folder = folder;
	if (!is_message)
		return fresh ? AM_OK : AM_END;
	struct am_message *msg = NULL;
	r = am_jsonl_message(&msg, line, folder, s->origin, s->base.ctx, err);
	if (fresh)
		s->waiting = msg;
	else
		out->message = msg;
	return r;
}

static int jsonl_next(struct am_source *src, struct am_item *out,
                      struct am_error *err)
{
	struct jsonl_source *s = jsonl_of(src);
	struct am_jsonl_line line;
	int r;

	if (s->waiting) {
		out->folder = s->waiting->folder;
		out->message = g_steal_pointer(&s->waiting);
		return AM_OK;
	}
	do {
		if (am_ctx_cancelled(src->ctx))
			return am_ctx_fail_cancelled(err);
		if (s->over)
			return AM_END;
		r = am_jsonl_read(&line, s->reader, true, src->ctx, err);
		if (r == AM_END)
			return r;
		g_free(s->origin);
		s->origin =
			g_strdup_printf("%s:%" PRIu64, s->name, ++s->n_lines);
		s->over = line.broken;
		if (!r)
			r = give(s, &line, out, err);
		am_blob_unref(&line.raw);
		json_decref(line.object);
	} while (r == AM_END);
	if (r) {
		out->origin = s->origin;
		/* What is wrong with one line is not the end of the file. */
		if (err && err->kind != AM_E_CANCELLED)
			r = AM_FAILED;
	}
	return r;
}

static void jsonl_close(struct am_source *src)
{
	struct jsonl_source *s = jsonl_of(src);

	am_message_free(&s->waiting);
	am_reader_close(&s->reader);
	am_file_unref(&s->file);
	g_hash_table_destroy(s->folders);
	g_free(s->origin);
	g_free(s->name);
	g_free(s);
}

static const struct am_source_ops ops = {
	.next = jsonl_next,
	.close = jsonl_close,
};

int am_jsonl_source_open(struct am_source **out,
                         const struct am_location *where, struct am_ctx *ctx,
                         struct am_error *err)
{
	struct jsonl_source *s;
	struct stat st;
	int r = am_location_check(where, am_jsonl_options, "jsonl", err);

	if (r)
		return r;
	/* A tree that has such files in it. */
	if (!stat(where->path, &st) && S_ISDIR(st.st_mode))
		return am_boxes_open(out, where, &am_box_jsonl, ctx, err);
	s = g_new0(struct jsonl_source, 1);
	s->base.ops = &ops;
	s->base.ctx = ctx;
	s->name = where->name ? g_strdup(where->name)
	                      : g_path_get_basename(where->path);
	s->folders = g_hash_table_new_full(hash_folder, equal_folders,
	                                   unref_folder, NULL);
	r = am_file_open(&s->file, where->path, err);
	if (!r)
		r = am_unpack_open(&s->reader, s->file, err);
	if (r) {
		jsonl_close(&s->base);
		return AM_FATAL;
	}
	s->base.total_bytes = am_file_size(s->file);
	*out = &s->base;
	return AM_OK;
}
