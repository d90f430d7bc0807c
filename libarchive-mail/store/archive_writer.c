/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The order of safety: content, the items that name it, the log's commit, and
 * only then the catalog's.
 */
#include "store/archive_sink.h"

#include <string.h>
#include <unistd.h>

/* Items wait for the end of a block, and do not when they are very many. */
#define ITEMS_MANY  (64u << 10)
#define ITEMS_MOST  (1u << 20)
#define WORKERS_MAX 8

static unsigned workers(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	if (n <= 1)
		return 0;
	return n > WORKERS_MAX ? WORKERS_MAX : (unsigned)n;
}

static int add_block(void *user, uint64_t block, uint64_t pos,
                     struct am_error *err)
{
	struct am_archive_writer *w = user;

	w->next.blocks++;
	if (block > w->next.max_block)
		w->next.max_block = block;
	return am_catalog_add_block(w->archive->catalog, block, pos, err);
}

static int add_blob(void *user, const uint8_t hash[AM_SHA256_LEN],
                    uint64_t size, uint64_t pos, struct am_error *err)
{
	struct am_archive_writer *w = user;

	w->next.blobs++;
	return am_catalog_add_blob(w->archive->catalog, hash, size, pos, err);
}

static int find_block(void *user, uint64_t block, uint64_t *pos,
                      struct am_error *err)
{
	struct am_archive_writer *w = user;
	return am_catalog_find_block(w->archive->catalog, block, pos, err);
}

static int find_blob(void *user, const uint8_t hash[AM_SHA256_LEN],
                     uint64_t *pos, struct am_error *err)
{
	struct am_archive_writer *w = user;
	return am_catalog_find_blob(w->archive->catalog, hash, pos, err);
}

/* The gathered items, once no open block has what they name. */
static int queue_items(struct am_archive_writer *w, struct am_error *err)
{
	size_t len;

	const uint8_t *items = am_items_bytes(w->items, &len);
	if (!len)
		return AM_OK;
	int r = am_content_items(w->content, items, len, err);
	am_items_reset(w->items);
	return r ? AM_FATAL : AM_OK;
}

static int full(void *user, struct am_error *err)
{
	struct am_archive_writer *w = user;
	size_t len;

	am_items_bytes(w->items, &len);
	return len < ITEMS_MANY ? AM_OK : queue_items(w, err);
}

int am_archive_writer_open(struct am_archive_writer *w, struct am_archive *a,
                           struct am_error *err)
{
	*w = (struct am_archive_writer){.archive = a};
	w->index = (struct am_content_index){.user = w,
	                                     .find_block = find_block,
	                                     .find_blob = find_blob,
	                                     .add_block = add_block,
	                                     .add_blob = add_blob,
	                                     .full = full};
	w->next = *am_log_last(a->log);
	w->items = am_items_new();
	return am_content_writer_new(&w->content, a->log, &w->index,
	                             w->next.max_block + 1, workers(), err);
}

void am_archive_writer_close(struct am_archive_writer *w)
{
	am_content_writer_free(&w->content);
	if (w->in_transaction)
		am_catalog_rollback(w->archive->catalog);
	am_items_free(&w->items);
}

int am_archive_writer_start(struct am_archive_writer *w, struct am_error *err)
{
	w->dirty = true;
	if (w->in_transaction)
		return AM_OK;
	int r = am_catalog_begin(w->archive->catalog, err);
	if (r)
		return AM_FATAL;
	w->in_transaction = true;
	return AM_OK;
}

static int close_items(struct am_archive_writer *w, struct am_error *err)
{
	int r = am_content_close_block(w->content, err);

	return r ? AM_FATAL : queue_items(w, err);
}

int am_archive_writer_turn(struct am_archive_writer *w, struct am_error *err)
{
	size_t len;

	w->dirty = true;
	am_items_bytes(w->items, &len);
	return len < ITEMS_MOST ? AM_OK : close_items(w, err);
}

/* Items never stand before the blocks they name.  While the last blocks are
 * packed there is time for the pages of a new catalog. */
static int write_out(struct am_archive_writer *w, struct am_error *err)
{
	int r = close_items(w, err);

	if (!r && w->last)
		r = am_catalog_write_ahead(w->archive->catalog, err);
	if (!r)
		r = am_content_flush(w->content, err);
	return r ? AM_FATAL : AM_OK;
}

int am_archive_writer_commit(struct am_archive_writer *w, struct am_error *err)
{
	if (!w->dirty)
		return AM_OK;
	int r = am_archive_writer_start(w, err);
	if (!r)
		r = write_out(w, err);
	if (!r)
		r = am_log_commit(w->archive->log, &w->next, err);
	if (r)
		return AM_FATAL;
	w->dirty = false;
	/* It is safe by now; a catalog that cannot follow catches up when it is
	 * opened, but this handle is of no more use. */
	r = am_catalog_end(w->archive->catalog,
	                   am_log_archive_id(w->archive->log), &w->next, err);
	if (r)
		return AM_FATAL;
	w->in_transaction = false;
	return AM_OK;
}
