/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/rewrite.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/file.h"
#include "model/source.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int am_rewrite_open(struct am_rewrite *rw, struct am_archive *from,
                    const char *path, const struct am_log_options *options,
                    struct am_ctx *ctx, struct am_error *err)
{
	*rw = (struct am_rewrite){.from = from};
	rw->messages = am_idset_new();
	rw->placed = am_idset_new();
	rw->placements = am_idset_new();
	rw->folders = am_idset_new();
	int r = am_archive_create(&rw->to, path, options, ctx, err);
	return r ? r : am_archive_writer_open(&rw->writer, rw->to, err);
}

void am_rewrite_close(struct am_rewrite *rw)
{
	if (!rw->messages)
		return;
	am_archive_writer_close(&rw->writer);
	am_archive_close(&rw->to);
	am_idset_free(&rw->messages);
	am_idset_free(&rw->placed);
	am_idset_free(&rw->placements);
	am_idset_free(&rw->folders);
	*rw = (struct am_rewrite){0};
}

static void raise_to(uint64_t *most, uint64_t id)
{
	if (id > *most)
		*most = id;
}

/* ---- messages ---- */

static int add_message(struct am_rewrite *rw,
                       const struct am_item_message *item,
                       const struct am_overview *overview, struct am_error *err)
{
	struct am_commit *next = &rw->writer.next;

	int r = am_archive_writer_start(&rw->writer, err);
	if (!r && am_catalog_add_message(rw->to->catalog, item, overview, err))
		r = AM_FATAL;
	if (r)
		return r;
	next->messages++;
	raise_to(&next->max_message, item->id);
	am_idset_add(rw->messages, item->id);
	am_items_add_message(rw->writer.items, item);
	return am_archive_writer_turn(&rw->writer, err);
}

static int check_same(const struct am_catalog_message *row,
                      const struct am_split *split, struct am_error *err)
{
	if (!memcmp(row->item.hash, split->hash, AM_SHA256_LEN))
		return AM_OK;
	return am_fail(err, AM_FAILED, AM_E_CORRUPT,
	               "its bytes changed while they were copied");
}

/* The bytes out of the old archive, taken apart anew and known to be good; both
 * are the caller's to free, also after a failure. */
static int read_again(struct am_rewrite *rw,
                      const struct am_catalog_message *row,
                      struct am_blob **raw, struct am_split **split,
                      struct am_error *err)
{
	const struct am_item_message *item = &row->item;

	int r = am_content_get(rw->from->reader, &item->recipe, item->eol,
	                       item->size, item->hash, raw, err);
	if (!r)
		r = am_split_message(split, *raw, &rw->from->limits, err);
	return r ? r : check_same(row, *split, err);
}

int am_rewrite_content(struct am_rewrite *rw,
                       const struct am_catalog_message *row,
                       struct am_error *err)
{
	struct am_item_message item = row->item;
	struct am_split *split = NULL;
	struct am_blob *raw = NULL;

	int r = read_again(rw, row, &raw, &split, err);
	if (!r)
		r = am_archive_writer_start(&rw->writer, err);
	if (!r)
		r = am_content_put(rw->writer.content, raw, split, err);
	if (r)
		goto out;
	item.eol = split->eol;
	item.recipe = split->recipe;
	rw->bytes += item.size;
	r = add_message(rw, &item, split->overview, err);
out:
	am_split_free(&split);
	am_blob_unref(&raw);
	return r;
}

int am_rewrite_shared(struct am_rewrite *rw,
                      const struct am_catalog_message *row,
                      struct am_error *err)
{
	struct am_item_message item = row->item;
	struct am_split *split = NULL;
	struct am_blob *raw = NULL;

	/* Read once more for its overview, and to know that it is good. */
	int r = read_again(rw, row, &raw, &split, err);
	if (r)
		goto out;
	item.recipe = (struct am_recipe){0};
	rw->bytes += item.size;
	r = add_message(rw, &item, split->overview, err);
out:
	am_split_free(&split);
	am_blob_unref(&raw);
	return r;
}

int am_rewrite_dropped(struct am_rewrite *rw,
                       const struct am_catalog_message *row,
                       struct am_error *err)
{
	struct am_item_message item = row->item;

	item.content = item.id;
	item.eol = AM_EOL_AS_IS;
	item.recipe = (struct am_recipe){0};
	return add_message(rw, &item, NULL, err);
}

/* ---- facts ---- */

int am_rewrite_folder(struct am_rewrite *rw, const struct am_item_folder *item,
                      struct am_error *err)
{
	struct am_commit *next = &rw->writer.next;

	int r = am_archive_writer_start(&rw->writer, err);
	if (!r && am_catalog_add_folder(rw->to->catalog, item, err))
		r = AM_FATAL;
	if (r)
		return r;
	if (!am_idset_has(rw->folders, item->id)) {
		next->folders++;
		am_idset_add(rw->folders, item->id);
	}
	raise_to(&next->max_folder, item->id);
	am_items_add_folder(rw->writer.items, item);
	return am_archive_writer_turn(&rw->writer, err);
}

int am_rewrite_placement(struct am_rewrite *rw,
                         const struct am_item_placement *item,
                         struct am_error *err)
{
	struct am_commit *next = &rw->writer.next;
	uint64_t seq;

	if (!am_idset_has(rw->messages, item->message) ||
	    am_idset_has(rw->placements, item->id))
		return AM_OK;
	int r = am_archive_writer_start(&rw->writer, err);
	if (!r && am_catalog_seq(rw->to->catalog, &seq, err))
		r = AM_FATAL;
	if (!r && am_catalog_add_placement(rw->to->catalog, item, seq + 1, err))
		r = AM_FATAL;
	if (r)
		return r;
	next->placements++;
	raise_to(&next->max_placement, item->id);
	am_idset_add(rw->placements, item->id);
	am_idset_add(rw->placed, item->message);
	am_items_add_placement(rw->writer.items, item);
	return am_archive_writer_turn(&rw->writer, err);
}

int am_rewrite_change(struct am_rewrite *rw, const struct am_item_change *item,
                      struct am_error *err)
{
	uint64_t seq;

	if (!am_idset_has(rw->placements, item->placement))
		return AM_OK;
	int r = am_archive_writer_start(&rw->writer, err);
	if (!r && am_catalog_seq(rw->to->catalog, &seq, err))
		r = AM_FATAL;
	if (!r && am_catalog_add_change(rw->to->catalog, item, seq + 1, err))
		r = AM_FATAL;
	if (r)
		return r;
	am_items_add_change(rw->writer.items, item);
	return am_archive_writer_turn(&rw->writer, err);
}

static int take_item(struct am_rewrite *rw, const struct am_item_any *item,
                     struct am_error *err)
{
	struct am_catalog *to = rw->to->catalog;
	int r;

	switch (item->type) {
	case AM_ITEM_MESSAGE:
		return AM_OK;
	case AM_ITEM_FOLDER:
		return am_rewrite_folder(rw, &item->folder, err);
	case AM_ITEM_PLACEMENT:
		return am_rewrite_placement(rw, &item->placement, err);
	case AM_ITEM_CHANGE:
		return am_rewrite_change(rw, &item->change, err);
	case AM_ITEM_CURSOR:
		/* Where to go on in a file is true of the archive as it was. */
		if (am_source_is_local(item->cursor.source))
			return AM_OK;
		r = am_archive_writer_start(&rw->writer, err);
		if (!r && am_catalog_add_cursor(to, &item->cursor, err))
			r = AM_FATAL;
		am_items_add_cursor(rw->writer.items, &item->cursor);
		break;
	case AM_ITEM_ACCESSION:
		r = am_archive_writer_start(&rw->writer, err);
		if (!r && am_catalog_add_accession(to, &item->accession, err))
			r = AM_FATAL;
		am_items_add_accession(rw->writer.items, &item->accession);
		break;
	default:
		return AM_OK;
	}
	return r ? r : am_archive_writer_turn(&rw->writer, err);
}

static int take_items(struct am_rewrite *rw, const uint8_t *bytes, size_t len,
                      struct am_error *err)
{
	struct am_items_reader in = {bytes, bytes + len};
	struct am_arena *arena = NULL;
	struct am_item_any item;
	int r = AM_OK;

	while (!r) {
		am_arena_free(&arena);
		arena = am_arena_new();
		r = am_items_next(&in, arena, &item, err);
		if (!r)
			r = take_item(rw, &item, err);
	}
	am_arena_free(&arena);
	return r == AM_END ? AM_OK : r;
}

static int take_record(void *user, const struct am_record *rec,
                       struct am_error *err)
{
	struct am_rewrite *rw = user;
	uint8_t prefix[AM_BLOB_PREFIX];
	uint8_t *bytes = NULL;

	if (am_ctx_cancelled(rw->from->ctx))
		return am_ctx_fail_cancelled(err);
	if (rec->type != AM_REC_ITEMS)
		return AM_OK;
	struct am_coder *coder = am_coder_new();
	int r = am_log_unpack(rw->from->log, coder, rec, &bytes, prefix, err);
	if (!r)
		r = take_items(rw, bytes, (size_t)rec->raw_len, err);
	am_coder_free(&coder);
	g_free(bytes);
	/* What cannot be read was told of when the catalog was made. */
	return r == AM_FAILED && rw->tolerant ? AM_OK : r;
}

int am_rewrite_facts(struct am_rewrite *rw, struct am_error *err)
{
	struct am_log_walk walk = {
		.record = take_record, .user = rw, .tail = rw->tail};

	return am_log_walk(rw->from->log, 0, &walk, err);
}

int am_rewrite_commit(struct am_rewrite *rw, struct am_error *err)
{
	rw->writer.dirty = true;
	rw->writer.last = true;
	return am_archive_writer_commit(&rw->writer, err);
}

void am_rewrite_remove(const char *path)
{
	char *cache = g_strconcat(path, ".cache", NULL);
	struct stat st;

	if (!lstat(path, &st) && S_ISDIR(st.st_mode))
		(void)!am_remove_tree(path, NULL);
	else
		unlink(path);
	(void)!am_remove_tree(cache, NULL);
	g_free(cache);
}
