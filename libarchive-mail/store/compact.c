/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An archive without what nothing needs any more: attachments and text of
 * messages that no folder holds, tails of interrupted runs, half-filled
 * blocks.  Made beside the old one, checked in full, and only then put in its
 * place, by a rename.
 */
#include "store/rewrite.h"

#include "base/arena.h"
#include "base/file.h"
#include "store/log_impl.h" /* the segment size of the old archive */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_LEVEL 19

struct compaction {
	const struct am_compact_options *options;
	struct am_archive *old;
	struct am_rewrite rewrite;
	struct am_progress progress;
	struct am_idset *live;   /* messages that a folder holds */
	struct am_idset *needed; /* owners of their bytes */
	uint64_t dropped;
};

/* ---- what is to be kept ---- */

static int find_live(struct compaction *c, struct am_error *err)
{
	struct am_catalog_places *places;
	struct am_catalog_place place;

	int r = am_catalog_places_open(&places, c->old->catalog, AM_CATALOG_ALL,
	                               0, err);
	if (r)
		return r;
	while (!(r = am_catalog_places_next(places, &place, err)))
		if (!place.gone)
			am_idset_add(c->live, place.message);
	am_catalog_places_close(&places);
	return r == AM_END ? AM_OK : r;
}

static int find_needed(struct compaction *c, const uint64_t *ids, size_t n,
                       struct am_error *err)
{
	int r = AM_OK;

	for (size_t i = 0; i < n && !r; i++) {
		struct am_catalog_message row;
		if (!am_idset_has(c->live, ids[i]))
			continue;
		struct am_arena *arena = am_arena_new();
		r = am_catalog_message(c->old->catalog, ids[i], arena, &row,
		                       err);
		if (!r)
			am_idset_add(c->needed, row.item.content);
		am_arena_free(&arena);
	}
	return r;
}

/* ---- messages ---- */

static int copy_one(struct compaction *c, uint64_t id, bool shared,
                    struct am_error *err)
{
	struct am_arena *arena = am_arena_new();
	struct am_catalog_message row;

	int r = am_archive_row(c->old, id, arena, &row, err);
	if (r || (row.item.content != id) != shared)
		goto out;
	bool keep = am_idset_has(shared ? c->live : c->needed, id);
	if (keep && shared)
		r = am_rewrite_shared(&c->rewrite, &row, err);
	else if (keep)
		r = am_rewrite_content(&c->rewrite, &row, err);
	else
		r = am_rewrite_dropped(&c->rewrite, &row, err);
	c->dropped += !keep && !row.dropped;
	c->progress.done++;
	c->progress.done_bytes = c->rewrite.bytes;
	am_ctx_progress(c->old->ctx, &c->progress);
	if (r)
		r = am_wrap(err, r, "message %" PRIu64, id);
out:
	am_arena_free(&arena);
	return r;
}

static int copy_messages(struct compaction *c, struct am_error *err)
{
	enum am_catalog_order order =
		c->options->max ? AM_CATALOG_BY_THREAD : AM_CATALOG_BY_ID;
	uint64_t *ids;
	size_t n;

	int r = am_catalog_ids(c->old->catalog, order, &ids, &n, err);
	if (!r)
		r = find_live(c, err);
	if (!r)
		r = find_needed(c, ids, n, err);
	c->progress = (struct am_progress){.phase = "compacting", .total = n};
	/* Those that share come behind those they share with. */
	for (int shared = 0; shared < 2 && !r; shared++) {
		for (size_t i = 0; i < n && !r; i++) {
			if (am_ctx_cancelled(c->old->ctx))
				r = am_ctx_fail_cancelled(err);
			else
				r = copy_one(c, ids[i], shared != 0, err);
		}
	}
	g_free(ids);
	return r;
}

/* Ids that were given once are not given again. */
static void keep_ids(struct compaction *c)
{
	const struct am_commit *last = am_log_last(c->old->log);
	struct am_commit *next = &c->rewrite.writer.next;

	if (last->max_message > next->max_message)
		next->max_message = last->max_message;
	if (last->max_placement > next->max_placement)
		next->max_placement = last->max_placement;
	if (last->max_folder > next->max_folder)
		next->max_folder = last->max_folder;
}

static int choose(const struct compaction *c, struct am_log_options *out,
                  struct am_error *err)
{
	const struct am_compact_options *o = c->options;

	*out = (struct am_log_options){
		.codec = am_log_codec(c->old->log),
		.level = am_log_level(c->old->log),
		.segment = o->segment ? o->segment : c->old->log->head.segment,
	};
	if (o->codec) {
		int r = am_codec_parse(&out->codec, o->codec, err);
		if (r)
			return r;
		out->level = 0;
	}
	if (o->max && out->codec == AM_CODEC_ZSTD)
		out->level = MAX_LEVEL;
	else if (o->max && out->codec == AM_CODEC_ZLIB)
		out->level = 9;
	return AM_OK;
}

static int write_new(struct compaction *c, const char *path,
                     struct am_error *err)
{
	struct am_log_options options;
	struct am_rewrite *rw = &c->rewrite;

	int r = choose(c, &options, err);
	if (!r)
		r = am_rewrite_open(rw, c->old, path, &options, c->old->ctx,
		                    err);
	if (r)
		return r;
	if (c->options->max && options.codec == AM_CODEC_ZSTD)
		am_content_block_size(rw->writer.content, AM_BLOCK_MOST);
	r = copy_messages(c, err);
	if (!r)
		r = am_rewrite_facts(rw, err);
	if (r)
		return r;
	keep_ids(c);
	/* What is to be written later is to be quick again. */
	return am_rewrite_commit(rw, err);
}

/* ---- into its place ---- */

/* Two names change places: a folder cannot be renamed over another. */
static int exchange(const char *a, const char *b, struct am_error *err)
{
	if (!renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE))
		return AM_OK;
	if (errno != EINVAL && errno != ENOSYS && errno != ENOTSUP)
		return am_fail_sys(err, AM_FAILED, "%s", b);
	char *aside = g_strconcat(b, ".before-compact", NULL);
	int r = AM_OK;
	if (rename(b, aside) || rename(a, b) || rename(aside, a))
		r = am_fail_sys(err, AM_FAILED, "%s (is it at %s now?)", b,
		                aside);
	g_free(aside);
	return r;
}

static int put_in_place(struct am_archive *old, const char *path,
                        struct am_error *err)
{
	struct stat a, b;
	int r = AM_OK;

	if (stat(path, &a) || stat(old->path, &b))
		return am_fail_sys(err, AM_FAILED, "%s", path);
	if (S_ISREG(a.st_mode) && S_ISREG(b.st_mode)) {
		/* Who may read it stays as it was. */
		(void)!chmod(path, b.st_mode & 0777);
		if (rename(path, old->path))
			r = am_fail_sys(err, AM_FAILED, "%s", old->path);
	} else {
		r = exchange(path, old->path, err);
	}
	return r ? r : am_sync_parent(old->path, err);
}

/* The new catalog goes with it; an index of the old one is of no more use. */
static void put_cache_in_place(struct am_archive *old, const char *path)
{
	char *cache = g_strconcat(path, ".cache", NULL);

	am_catalog_close(&old->catalog);
	am_lock_release(&old->lock);
	if (!am_remove_tree(old->cache, NULL))
		(void)!rename(cache, old->cache);
	g_free(cache);
}

static int replace(struct compaction *c, const char *path,
                   struct am_repair_result *out, struct am_error *err)
{
	struct am_verify_result checked;

	int r = am_archive_verify(path, true, c->old->ctx, &checked, err);
	if (r)
		return am_wrap(err, r, "the compacted copy");
	if (checked.messages != am_log_last(c->old->log)->messages)
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "%s: the compacted copy has %" PRIu64
		               " messages instead of %" PRIu64,
		               c->old->path, checked.messages,
		               am_log_last(c->old->log)->messages);
	out->kept = checked.messages - c->dropped;
	if (c->options->to)
		return AM_OK;
	r = put_in_place(c->old, path, err);
	if (!r)
		put_cache_in_place(c->old, path);
	return r;
}

static int compact(struct compaction *c, const char *path,
                   struct am_repair_result *out, struct am_error *err)
{
	out->bytes_before = am_log_size(c->old->log);
	int r = write_new(c, path, err);
	if (!r)
		out->bytes_after = am_log_size(c->rewrite.to->log);
	am_rewrite_close(&c->rewrite);
	if (!r)
		r = replace(c, path, out, err);
	/* What is at that name now is the half-made copy, or the old one that
	 * it changed places with. */
	if (r || !c->options->to)
		am_rewrite_remove(path);
	if (!r && c->dropped)
		am_ctx_note(c->old->ctx, AM_NOTE_INFO, "archive.dropped", NULL,
		            c->old->path,
		            "%" PRIu64 " messages that no folder held any more "
		            "were dropped",
		            c->dropped);
	return r;
}

static int choose_path(const struct am_archive *old,
                       const struct am_compact_options *options, char **out,
                       struct am_error *err)
{
	struct stat st;

	if (!options->to) {
		*out = g_strconcat(old->path, ".compacting", NULL);
		am_rewrite_remove(*out); /* of a run that was broken off */
		return AM_OK;
	}
	*out = g_strdup(options->to);
	if (!stat(*out, &st))
		return am_fail(err, AM_FAILED, AM_E_EXISTS,
		               "%s: exists already", *out);
	return AM_OK;
}

int am_archive_compact(const char *path,
                       const struct am_compact_options *options,
                       struct am_ctx *ctx, struct am_repair_result *out,
                       struct am_error *err)
{
	static const struct am_compact_options usual;
	struct compaction c = {.options = options ? options : &usual};
	char *to = NULL;

	*out = (struct am_repair_result){0};
	struct am_error why;
	/* Also when it is only read: nobody may add what would be missed. */
	int r = am_archive_open(&c.old, path, true, ctx, &why);
	if (r && c.options->to && why.kind == AM_E_IO)
		r = am_archive_open(&c.old, path, false, ctx, &why);
	if (r) {
		if (err)
			*err = why;
		return r;
	}
	c.live = am_idset_new();
	c.needed = am_idset_new();
	r = am_archive_needs_bytes(c.old, "compacted", err);
	if (!r)
		r = choose_path(c.old, c.options, &to, err);
	if (!r)
		r = compact(&c, to, out, err);
	am_idset_free(&c.live);
	am_idset_free(&c.needed);
	am_archive_close(&c.old);
	g_free(to);
	return r;
}
