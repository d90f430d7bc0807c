/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opening an archive: the log, and a catalog that says the same.
 *
 * Who writes the catalog holds a lock in the cache: the one writer of the
 * archive as long as it is open, or a reader for as long as it takes to catch
 * up.  A reader that finds the lock taken uses the catalog as it stands, which
 * is that of an earlier commit and as good.
 */
#include "store/archive_impl.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/file.h"

#include <glib.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define TRIES   5
#define WAIT_US 100000

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
	a->index = (struct am_content_index){.user = a,
	                                     .find_block = find_block,
	                                     .find_blob = find_blob};
	return a;
}

void am_archive_close(struct am_archive **archive)
{
	struct am_archive *a = *archive;

	if (!a)
		return;
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

/* ---- bringing the catalog to where the log is ---- */

enum standing { CURRENT, BEHIND, ELSEWHERE, FOREIGN };

/* Where the catalog stands; *pos its commit. */
static int compare_with_log(struct am_archive *a, enum standing *out,
                            struct am_commit *pos, struct am_error *err)
{
	const struct am_commit *last = am_log_last(a->log);
	uint64_t id;

	*out = FOREIGN;
	int r = am_catalog_position(a->catalog, &id, pos, err);
	if (r == AM_END)
		return AM_OK;
	if (r || id != am_log_archive_id(a->log))
		return r;
	if (a->confirmed && pos->number == a->hint.number &&
	    !memcmp(pos->chain, a->hint.chain, sizeof pos->chain))
		*out = BEHIND;
	else if (pos->number > a->hint.number)
		*out = ELSEWHERE; /* somebody moved it since we looked */
	if (pos->number == last->number && pos->pos == last->pos &&
	    !memcmp(pos->chain, last->chain, sizeof pos->chain))
		*out = CURRENT;
	return AM_OK;
}

/* The catalog stood behind the log's end: that is never our own doing. */
static void note_cut(struct am_archive *a)
{
	const struct am_commit *last = am_log_last(a->log);

	if (a->confirmed || a->told || a->hint.number <= last->number ||
	    a->hint_id != am_log_archive_id(a->log))
		return;
	a->told = true;
	am_ctx_note(a->ctx, AM_NOTE_WARN, "archive.cut", NULL, a->path,
	            "the catalog knew %" PRIu64 " messages, the archive holds "
	            "%" PRIu64 ": an older copy of it, or its end is cut off or "
	            "damaged (see repair)",
	            a->hint.messages, last->messages);
}

/* With the cache locked and the catalog writable. */
static int bring_up(struct am_archive *a, enum standing standing,
                    const struct am_commit *pos, bool tail,
                    struct am_error *err)
{
	bool unfinished, afresh = standing == FOREIGN;

	int r = am_catalog_is_rebuilding(a->catalog, &unfinished, err);
	if (r || (standing == CURRENT && !unfinished))
		return r;
	if (afresh)
		note_cut(a);
	r = am_catalog_begin(a->catalog, err);
	if (!r && afresh)
		r = am_catalog_reset(a->catalog, err);
	if (!r && afresh)
		r = am_catalog_set_rebuilding(a->catalog, true, err);
	if (!r)
		r = am_replay_log(a, afresh ? 0 : pos->end, tail, err);
	if (!r)
		r = am_catalog_set_rebuilding(a->catalog, false, err);
	if (!r)
		r = am_catalog_end(a->catalog, am_log_archive_id(a->log),
		                   am_log_last(a->log), err);
	if (r)
		am_catalog_rollback(a->catalog);
	return r;
}

static int lock_cache(struct am_archive *a, bool wait, struct am_error *err)
{
	char *path = g_build_filename(a->cache, "lock", NULL);
	struct am_error ours;
	int r = am_make_dirs(a->cache, err);

	err = err ? err : &ours;
	while (!r) {
		r = am_lock_take(&a->lock, path, g_get_prgname(), err);
		if (!r || !wait || err->kind != AM_E_BUSY)
			break;
		if (am_ctx_cancelled(a->ctx)) {
			r = am_ctx_fail_cancelled(err);
			break;
		}
		am_ctx_progress(a->ctx,
		                &(struct am_progress){
					.phase = "waiting for the catalog"});
		g_usleep(WAIT_US);
		r = AM_OK;
	}
	g_free(path);
	return r;
}

/* The catalog open for writing; what is broken or not ours makes place. */
static int open_writable(struct am_archive *a, struct am_error *err)
{
	struct am_error why;
	int r = am_catalog_open(&a->catalog, a->cache, true, &why);

	if (r && why.kind == AM_E_CORRUPT) {
		am_ctx_note(a->ctx, AM_NOTE_INFO, "archive.catalog", NULL,
		            a->path, "the catalog is made anew: %s", why.text);
		r = am_catalog_wipe(a->cache, err);
		return r ? r : am_catalog_open(&a->catalog, a->cache, true, err);
	}
	if (r && err)
		*err = why;
	return r;
}

/* Also when the catalog breaks only once it is read. */
static int synchronise(struct am_archive *a, enum standing *standing,
                       struct am_error *err)
{
	struct am_error why;
	struct am_commit pos;

	int r = open_writable(a, err);
	if (r)
		return r;
	r = compare_with_log(a, standing, &pos, &why);
	if (!r && *standing == ELSEWHERE)
		return AM_OK;
	if (!r)
		r = bring_up(a, *standing, &pos, false, &why);
	if (r && why.kind == AM_E_CORRUPT && *standing != FOREIGN) {
		am_ctx_note(a->ctx, AM_NOTE_INFO, "archive.catalog", NULL,
		            a->path, "the catalog is made anew: %s", why.text);
		am_catalog_close(&a->catalog);
		r = am_catalog_wipe(a->cache, &why);
		if (!r)
			r = am_catalog_open(&a->catalog, a->cache, true, &why);
		if (!r)
			r = bring_up(a, FOREIGN, &pos, false, &why);
	}
	if (r && err)
		*err = why;
	return r;
}

static int attach_writer(struct am_archive *a, bool *again,
                         struct am_error *err)
{
	enum standing standing = FOREIGN;

	int r = lock_cache(a, true, err);
	if (!r)
		r = synchronise(a, &standing, err);
	*again = !r && standing == ELSEWHERE;
	if (r || *again)
		return r;
	if (am_log_last(a->log)->messages)
		return am_catalog_index(a->catalog, err);
	am_catalog_bulk(a->catalog, true);
	return AM_OK;
}

/* As it stands, if it stands anywhere in this log. */
static int attach_as_it_is(struct am_archive *a, bool frozen,
                           enum standing *standing, struct am_error *err)
{
	struct am_commit pos;
	bool unfinished = false;

	*standing = FOREIGN;
	int r = frozen ? am_catalog_open_frozen(&a->catalog, a->cache, err)
	               : am_catalog_open(&a->catalog, a->cache, false, err);
	if (!r && !frozen)
		r = am_catalog_pin(a->catalog, err);
	if (!r)
		r = am_catalog_is_rebuilding(a->catalog, &unfinished, err);
	if (!r)
		r = compare_with_log(a, standing, &pos, err);
	if (unfinished)
		*standing = FOREIGN;
	/* They will be needed; damage is better met now than later. */
	struct am_catalog_folder *const *folders;
	size_t n;
	if (!r)
		r = am_catalog_folders(a->catalog, &folders, &n, err);
	if (r)
		am_catalog_close(&a->catalog);
	return r;
}

int am_archive_attach_private(struct am_archive *a, bool tail,
                              struct am_error *err)
{
	am_catalog_close(&a->catalog);
	if (!a->temp) {
		char *dir = g_build_filename(am_ctx_tmpdir(a->ctx),
		                             "mailark-cache-XXXXXX", NULL);
		if (!g_mkdtemp(dir)) {
			int r = am_fail_sys(err, AM_FAILED, "%s", dir);
			g_free(dir);
			return r;
		}
		a->temp = dir;
	}
	int r = am_catalog_open(&a->catalog, a->temp, true, err);
	if (!r)
		r = bring_up(a, FOREIGN, NULL, tail, err);
	return r ? r : am_catalog_index(a->catalog, err);
}

int am_archive_attach_anew(struct am_archive *a, struct am_error *err)
{
	struct am_error why;

	int r = lock_cache(a, false, err);
	if (r)
		return r;
	r = am_catalog_open(&a->catalog, a->cache, true, &why);
	/* Whatever it is, even of a later version: it can be made again. */
	if (r && (why.kind == AM_E_CORRUPT || why.kind == AM_E_UNSUPPORTED)) {
		r = am_catalog_wipe(a->cache, err);
		if (!r)
			r = am_catalog_open(&a->catalog, a->cache, true, err);
	} else if (r && err) {
		*err = why;
	}
	if (!r)
		r = bring_up(a, FOREIGN, NULL, false, err);
	return r ? r : am_catalog_index(a->catalog, err);
}

/* Nobody may write beside the archive: frozen when it will do, or our own. */
static int attach_read_only(struct am_archive *a, struct am_error *err)
{
	enum standing standing;

	if (!attach_as_it_is(a, true, &standing, NULL) && standing == CURRENT)
		return AM_OK;
	return am_archive_attach_private(a, false, err);
}

/* We hold the lock: catch up, let go of it, and read like anybody else. */
static int catch_up(struct am_archive *a, enum standing *standing,
                    struct am_error *err)
{
	int r = synchronise(a, standing, err);

	if (!r && *standing != ELSEWHERE && am_log_last(a->log)->messages)
		r = am_catalog_index(a->catalog, err);
	am_catalog_close(&a->catalog);
	am_lock_release(&a->lock);
	if (!r && *standing != ELSEWHERE)
		r = attach_as_it_is(a, false, standing, err);
	return r;
}

static int attach_reader(struct am_archive *a, bool *again,
                         struct am_error *err)
{
	enum standing standing;
	struct am_error why;

	*again = false;
	int r = attach_as_it_is(a, false, &standing, &why);
	if (!r && standing == CURRENT)
		return AM_OK;
	if (r && why.kind == AM_E_UNSUPPORTED) {
		if (err)
			*err = why;
		return r;
	}
	bool usable = !r && standing == BEHIND;
	r = lock_cache(a, !usable, &why);
	if (r && usable && why.kind == AM_E_BUSY)
		return AM_OK;
	am_catalog_close(&a->catalog);
	if (r && why.kind == AM_E_CANCELLED) {
		if (err)
			*err = why;
		return r;
	}
	if (r)
		return attach_read_only(a, err);
	r = catch_up(a, &standing, err);
	*again = !r && standing != CURRENT;
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
			r = writable ? attach_writer(a, &again, err)
			             : attach_reader(a, &again, err);
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
		r = attach_writer(a, &again, err);
	if (!r)
		r = am_archive_make_reader(a, err);
	if (r)
		am_archive_close(&a);
	*out = a;
	return r;
}

const char *am_archive_path(const struct am_archive *a)
{
	return a->path;
}

char *am_archive_index_path(const struct am_archive *a)
{
	return g_strconcat(a->path, ".cache/xapian", NULL);
}

uint64_t am_archive_id(const struct am_archive *a)
{
	return am_log_archive_id(a->log);
}
