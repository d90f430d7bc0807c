/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opening an archive: the log, at the commit where the catalog was seen to be,
 * and then the catalog (archive_attach.c).
 */
#include "store/archive_impl.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/file.h"

#include <glib.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define TRIES 5

/* ---- content asks the catalog ---- */

static int find_block(void *user, uint64_t block, uint64_t *pos,
                      struct am_error *err)
{
	struct am_archive *a = user;
	return am_catalog_find_block(a->catalog, block, pos, err);
}

static int find_blob(void *user, const uint8_t hash[AM_SHA256_LEN],
                     uint64_t *pos, struct am_error *err)
{
	struct am_archive *a = user;
	return am_catalog_find_blob(a->catalog, hash, pos, err);
}

/* ---- making and freeing the handle ---- */

static struct am_archive *new_archive(const char *path, bool writable,
                                      struct am_ctx *ctx)
{
	struct am_archive *a = g_new0(struct am_archive, 1);
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	a->path = g_strndup(path, len);
	a->cache = g_strconcat(a->path, ".cache", NULL);
	a->ctx = ctx;
	a->limits = am_limits_or_default(ctx ? &ctx->limits : NULL);
	a->writable = writable;
	a->index = (struct am_content_index){
		.user = a, .find_block = find_block, .find_blob = find_blob};
	return a;
}

void am_archive_close(struct am_archive **archive)
{
	struct am_archive *a = *archive;

	if (!a)
		return;
	am_archive_elsewhere_close(a);
	am_content_reader_free(&a->reader);
	am_catalog_close(&a->catalog);
	am_lock_release(&a->lock);
	am_log_close(&a->log);
	if (a->temp)
		(void)!am_remove_tree(a->temp, NULL);
	am_message_free(&a->shown);
	am_arena_free(&a->arena);
	g_free(a->temp);
	g_free(a->cache);
	g_free(a->path);
	g_free(a);
	*archive = NULL;
}

int am_archive_make_reader(struct am_archive *a, struct am_error *err)
{
	if (a->reader)
		return AM_OK;
	return am_content_reader_new(&a->reader, a->log, &a->index, &a->limits,
	                             am_ctx_tmpdir(a->ctx), err);
}

/* ---- the log, opened where the catalog says that it ends ---- */

static void look_at_catalog(struct am_archive *a)
{
	struct am_catalog *c;

	a->hint = (struct am_commit){0};
	a->hint_id = 0;
	if (am_catalog_open(&c, a->cache, false, NULL))
		return;
	if (am_catalog_position(c, &a->hint_id, &a->hint, NULL))
		a->hint = (struct am_commit){0};
	am_catalog_close(&c);
}

static int open_log(struct am_archive *a, struct am_error *err)
{
	int r = AM_FAILED;

	look_at_catalog(a);
	if (a->hint.number) {
		r = am_log_open(&a->log, a->path, a->writable, &a->hint, a->ctx,
		                err);
		if (r && err && err->kind == AM_E_BUSY)
			return r;
	}
	a->confirmed = !r && am_log_archive_id(a->log) == a->hint_id;
	if (r)
		r = am_log_open(&a->log, a->path, a->writable, NULL, a->ctx,
		                err);
	return r;
}

int am_archive_begin(struct am_archive **out, const char *path, bool writable,
                     struct am_ctx *ctx, struct am_error *err)
{
	struct am_archive *a = new_archive(path, writable, ctx);
	struct am_error ours;

	*out = NULL;
	int r = open_log(a, err ? err : &ours);
	if (r)
		am_archive_close(&a);
	*out = a;
	return r;
}

int am_archive_salvage(struct am_archive **out, const char *path,
                       struct am_ctx *ctx, struct am_error *err)
{
	struct am_archive *a = new_archive(path, false, ctx);

	*out = NULL;
	int r = am_log_open_salvage(&a->log, path, ctx, err);
	if (r)
		am_archive_close(&a);
	*out = a;
	return r;
}

int am_archive_open(struct am_archive **out, const char *path, bool writable,
                    struct am_ctx *ctx, struct am_error *err)
{
	struct am_archive *a = NULL;
	bool again = true;
	int r = AM_OK;

	*out = NULL;
	for (int i = 0; i < TRIES && again && !r; i++) {
		am_archive_close(&a);
		r = am_archive_begin(&a, path, writable, ctx, err);
		if (!r)
			r = am_archive_attach(a, &again, err);
	}
	/* Others keep moving the catalog: read by one of our own. */
	if (!r && again)
		r = am_archive_attach_private(a, false, err);
	if (!r)
		r = am_archive_make_reader(a, err);
	if (r)
		am_archive_close(&a);
	*out = a;
	return r;
}

int am_archive_create(struct am_archive **out, const char *path,
                      const struct am_log_options *options, struct am_ctx *ctx,
                      struct am_error *err)
{
	struct am_archive *a = new_archive(path, true, ctx);
	bool again;

	*out = NULL;
	int r = am_log_create(&a->log, path, options, ctx, err);
	if (!r)
		r = am_archive_attach(a, &again, err);
	if (!r)
		r = am_archive_make_reader(a, err);
	if (r)
		am_archive_close(&a);
	*out = a;
	return r;
}

char *am_archive_index_path(const struct am_archive *a)
{
	return g_strconcat(a->path, ".cache/xapian", NULL);
}

bool am_archive_is_elsewhere(const struct am_archive *a)
{
	return am_log_is_elsewhere(a->log);
}

uint64_t am_archive_id(const struct am_archive *a)
{
	return am_log_archive_id(a->log);
}
