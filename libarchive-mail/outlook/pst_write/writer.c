/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/pst_write/writer.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/file.h"
#include "base/file_replace.h"
#include "base/hash.h"
#include "model/ctx.h"
#include "outlook/pst_write/writer_impl.h"

#include <string.h>
#include <unistd.h>

enum {
	FIXED_SIZE = 24576, /* the nodes that every store has */
	FIXED_NODES = 40,
	/* What one takes in its tree, with its share of the pages above. */
	NODE_SIZE = 37,
	BLOCK_SIZE = 28,
	DLIST_AT = 0x4200,
	FOLDERS_MAX = 1 << 20,
	/* A table's heap has 65,536 blocks, and its subnodes are as many. */
	TABLE_MAX = 500 << 20,
	LONG_VALUES_MAX = 170000,
	TAG_FLAGS = 0x0e070003,
	TAG_STATUS = 0x0e170003,
	FLAG_READ = 1
};

/* The name without folders and ending. */
static char *name_of(const char *path)
{
	char *name = g_path_get_basename(path);
	size_t len = strlen(name);

	if (len > 4 && !g_ascii_strcasecmp(name + len - 4, ".pst"))
		name[len - 4] = 0;
	return name;
}

static struct am_pst_writer *
new_writer(const char *path, const struct am_pst_writer_options *options,
           struct am_ctx *ctx)
{
	struct am_pst_writer *w = g_new0(struct am_pst_writer, 1);
	const char *tmpdir =
		options->tmpdir ? options->tmpdir : am_ctx_tmpdir(ctx);

	w->ctx = ctx;
	w->path = g_strdup(path);
	w->name = options->name ? g_strdup(options->name) : name_of(path);
	w->tmpdir = g_strdup(tmpdir);
	w->max_size =
		options->max_size ? options->max_size : AM_PST_SIZE_DEFAULT;
	w->fd = -1;
	am_pst_out_begin(&w->out, w->path, w->tmpdir, ctx);
	am_pst_context_out_init(&w->context, &w->out);
	am_pst_names_out_init(&w->names);
	am_pst_row_file_init(&w->rows, w->tmpdir);
	for (unsigned i = 0; i < AM_PST_TABLES; i++)
		am_pst_columns_of((enum am_pst_table)i, &w->columns[i]);
	w->arena = am_arena_new();
	w->sha = am_sha256_new();
	w->levels = g_ptr_array_new_with_free_func(am_pst_level_free);
	w->folders = g_ptr_array_new_with_free_func(am_pst_folder_out_free);
	am_pst_bag_init(&w->row);
	am_pst_writer_add(w, AM_PST_NID_ROOT, "Top of Outlook data file", NULL,
	                  AM_ROLE_NONE);
	am_pst_writer_add(w, AM_PST_NID_ROOT, "Search Root", NULL,
	                  AM_ROLE_NONE);
	am_pst_writer_add(w, AM_PST_NID_TOP, "Deleted Items", NULL,
	                  AM_ROLE_TRASH);
	return w;
}

int am_pst_writer_open(struct am_pst_writer **out, const char *path,
                       const struct am_pst_writer_options *options,
                       struct am_ctx *ctx, struct am_error *err)
{
	*out = NULL;
	if (options->max_size > AM_PST_SIZE_MAX)
		return am_fail(err, AM_FATAL, AM_E_ARGUMENT,
		               "%s: a PST has up to %" PRIu64 " bytes", path,
		               AM_PST_SIZE_MAX);
	struct am_pst_writer *w = new_writer(path, options, ctx);
	int r = am_file_replace_open(&w->fd, &w->temp, path, err);
	if (r) {
		am_pst_writer_drop(&w);
		return r;
	}
	w->out.space.fd = w->fd;
	*out = w;
	return AM_OK;
}

uint64_t am_pst_writer_size(const struct am_pst_writer *w)
{
	uint64_t nodes = FIXED_NODES + 4 * (uint64_t)w->folders->len +
	                 w->out.messages[0].n + w->out.messages[1].n;
	uint64_t more = FIXED_SIZE + w->pending + nodes * NODE_SIZE +
	                w->out.blocks.n * BLOCK_SIZE +
	                am_pst_names_out_size(&w->names);

	return am_pst_space_with(&w->out.space, more);
}

static int fail_size(const struct am_pst_writer *w, struct am_error *err)
{
	return am_fail(err, AM_FAILED, AM_E_LIMIT,
	               "%s: it would have more than %" PRIu64 " bytes", w->path,
	               w->max_size);
}

/* Is there anything to be done, and may it? */
static int ready(const struct am_pst_writer *w, struct am_error *err)
{
	if (w->broken)
		return am_fail(err, AM_FATAL, AM_E_IO,
		               "%s: an earlier write failed", w->path);
	return am_ctx_cancelled(w->ctx) ? am_ctx_fail_cancelled(err) : AM_OK;
}

/* ---- folders ---- */

int am_pst_writer_folder(struct am_pst_writer *w, am_pst_nid parent,
                         const char *name, const char *class, enum am_role role,
                         am_pst_nid *out, struct am_error *err)
{
	int r = ready(w, err);

	if (r)
		return r;
	if (!parent)
		parent = AM_PST_NID_TOP;
	if (!am_pst_writer_find(w, parent))
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "%s: there is no folder 0x%x", w->path, parent);
	if (parent == AM_PST_NID_TOP && role == AM_ROLE_TRASH &&
	    !w->trash_named) {
		w->trash_named = true;
		am_pst_writer_name(w, am_pst_writer_find(w, AM_PST_NID_TRASH),
		                   name, class);
		*out = AM_PST_NID_TRASH;
		return AM_OK;
	}
	if (w->folders->len >= FOLDERS_MAX)
		return am_fail(err, AM_FAILED, AM_E_LIMIT,
		               "%s: more than %d folders", w->path,
		               FOLDERS_MAX);
	*out = am_pst_writer_add(w, parent, name, class, role)->nid;
	if (am_pst_writer_size(w) <= w->max_size)
		return AM_OK;
	am_pst_writer_take_back(w);
	return fail_size(w, err);
}

/* ---- items ---- */

/* What an item has at the least: enough to tell that it does not fit before
 * much is written. */
static uint64_t least_size(const struct am_mapi_item *item)
{
	uint64_t size = 0;

	for (size_t i = 0; i < item->props.n; i++)
		if (item->props.list[i].blob)
			size += am_blob_size(item->props.list[i].blob);
	for (size_t i = 0; i < item->n_attachments; i++)
		if (item->attachments[i].data)
			size += am_blob_size(item->attachments[i].data);
	return size;
}

/* The row in the folder's table; nothing is written yet when it fails. */
static int put_row(struct am_pst_writer *w, struct am_pst_folder_out *folder,
                   am_pst_nid nid, bool associated, struct am_error *err)
{
	struct am_pst_bag *bag =
		&((struct am_pst_level *)w->levels->pdata[0])->item;
	const struct am_pst_columns *columns =
		&w->columns[associated ? AM_PST_TABLE_ASSOCIATED
	                               : AM_PST_TABLE_CONTENTS];
	uint32_t n_long;

	/* The status is the table's own affair: its rows have it, and the
	 * context, which is written by now, has not. */
	if (!am_pst_bag_find(bag, TAG_STATUS)) {
		am_pst_bag_number(bag, TAG_STATUS, 0);
		am_pst_bag_sort(bag);
	}
	uint64_t size = am_pst_row_size(columns, bag, &n_long);
	if (folder->table[associated] + size > TABLE_MAX ||
	    folder->n_long[associated] + n_long > LONG_VALUES_MAX)
		return am_fail(err, AM_FAILED, AM_E_LIMIT,
		               "%s: the table of folder 0x%x is full", w->path,
		               folder->nid);
	w->pending += size;
	if (am_pst_writer_size(w) > w->max_size) {
		w->pending -= size;
		return fail_size(w, err);
	}
	folder->table[associated] += size;
	folder->n_long[associated] += n_long;
	if (am_pst_row_log_add(&w->rows, &folder->rows[associated], columns,
	                       nid, bag, err))
		return AM_FATAL;
	const struct am_pst_field *flags = am_pst_bag_find(bag, TAG_FLAGS);
	if (!associated && (!flags || !(flags->value & FLAG_READ)))
		folder->n_unread++;
	return AM_OK;
}

int am_pst_writer_put(struct am_pst_writer *w, am_pst_nid folder,
                      const struct am_mapi_item *item, bool associated,
                      struct am_error *err)
{
	struct am_pst_folder_out *to =
		am_pst_writer_find(w, folder ? folder : AM_PST_NID_TOP);
	struct am_pst_out_mark mark;
	struct am_pst_sl_entry where;
	uint64_t size;
	int r = ready(w, err);

	if (r)
		return r;
	if (!to)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "%s: there is no folder 0x%x", w->path, folder);
	if (am_pst_writer_size(w) + least_size(item) > w->max_size)
		return fail_size(w, err);
	am_arena_reset(w->arena);
	am_pst_out_mark(&w->out, &mark);
	r = am_pst_writer_item(w, item, 0, associated, &where, &size, err);
	if (!r)
		r = put_row(w, to, where.nid, associated, err);
	if (!r) {
		const struct am_pst_nbt_entry node = {where.nid, to->nid,
		                                      where.data, where.sub};
		r = am_pst_out_message(&w->out, associated, &node, err);
	}
	if (r == AM_FAILED) {
		struct am_error why;
		if (am_pst_out_back(&w->out, &mark, &why))
			r = AM_FATAL;
		if (r == AM_FATAL && err)
			*err = why;
	}
	w->broken = r && r != AM_FAILED;
	return r;
}

/* ---- the end ---- */

/* What stands before the first interval: the header, zeros, and an empty list
 * of intervals with room ([MS-PST] 2.2.2.7.4.2), of which new files have no
 * other. */
static int put_front(struct am_pst_writer *w, struct am_pst_header *header,
                     struct am_error *err)
{
	uint8_t *front = g_malloc0(AM_PST_MAP_FIRST);
	ssize_t got;

	am_pst_page_seal(front + DLIST_AT, AM_PST_PAGE_DLIST, DLIST_AT,
	                 header->next_page++);
	am_pst_header_encode(header, front);
	got = pwrite(w->fd, front, AM_PST_MAP_FIRST, 0);
	g_free(front);
	if (got < 0)
		return am_fail_sys(err, AM_FATAL, "%s", w->path);
	if (got != AM_PST_MAP_FIRST)
		return am_fail(err, AM_FATAL, AM_E_IO,
		               "%s: a short write of its header", w->path);
	return AM_OK;
}

static int finish(struct am_pst_writer *w, struct am_error *err)
{
	struct am_pst_header header = {.kind = AM_PST_UNICODE,
	                               .client = 'S' | 'M' << 8,
	                               .version = 23,
	                               .client_version = 19,
	                               .crypt = AM_PST_CRYPT_PERMUTE,
	                               .amap_valid = 2,
	                               .unique = 1};
	int r = ready(w, err);

	if (!r)
		r = am_pst_writer_folders(w, err);
	if (!r)
		r = am_pst_writer_store(w, err);
	if (!r)
		r = am_pst_out_finish(&w->out, &header, err);
	/* All the rest must be on the disk before the header says that it
	 * is. */
	if (!r)
		r = am_sync_fd(w->fd, w->path, err);
	if (!r)
		r = put_front(w, &header, err);
	if (!r)
		r = am_file_replace_commit(&w->fd, &w->temp, w->path, err);
	return r;
}

int am_pst_writer_finish(struct am_pst_writer **w, struct am_error *err)
{
	int r = finish(*w, err);

	am_pst_writer_drop(w);
	return r ? AM_FATAL : AM_OK;
}

void am_pst_writer_drop(struct am_pst_writer **writer)
{
	struct am_pst_writer *w = *writer;

	*writer = NULL;
	if (!w)
		return;
	am_file_replace_drop(&w->fd, &w->temp);
	am_pst_out_clear(&w->out);
	am_pst_context_out_clear(&w->context);
	am_pst_names_out_clear(&w->names);
	g_ptr_array_free(w->folders, TRUE);
	am_pst_row_file_clear(&w->rows);
	am_arena_free(&w->arena);
	am_sha256_free(&w->sha);
	g_ptr_array_free(w->levels, TRUE);
	am_pst_bag_free(&w->row);
	g_free(w->path);
	g_free(w->name);
	g_free(w->tmpdir);
	g_free(w);
}
