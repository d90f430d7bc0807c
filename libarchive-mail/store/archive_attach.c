/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A catalog that says the same as the log.
 *
 * Who writes the catalog holds a lock in the cache: the one writer of the
 * archive as long as it is open, or a reader for as long as it takes to catch
 * up.  A reader that finds the lock taken uses the catalog as it stands, which
 * is that of an earlier commit and as good.
 */
#include "store/archive_impl.h"

#include "base/file.h"

#include <glib.h>

#include <string.h>

#define WAIT_US 100000

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
	            "%" PRIu64
	            ": an older copy of it, or its end is cut off or "
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

	/* cppcheck-suppress uninitvar; read when something failed */
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
		return r ? r
		         : am_catalog_open(&a->catalog, a->cache, true, err);
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
	/* The first commit is that of an archive as it is made: it tells of
	 * nothing, and neither need a catalog that is not there. */
	if (!r && am_log_last(a->log)->number == 1 &&
	    !am_catalog_open_new(&a->catalog, a->cache, NULL)) {
		*again = false;
		return AM_OK;
	}
	if (!r)
		r = synchronise(a, &standing, err);
	*again = !r && standing == ELSEWHERE;
	if (r || *again)
		return r;
	if (!am_log_last(a->log)->messages)
		am_catalog_bulk(a->catalog);
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

/* In a folder of the temporary ones. */
static int attach_temporary(struct am_archive *a, bool tail,
                            struct am_error *err)
{
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
	return r ? r : bring_up(a, FOREIGN, NULL, tail, err);
}

int am_archive_attach_private(struct am_archive *a, bool tail,
                              struct am_error *err)
{
	struct am_error why;

	am_catalog_close(&a->catalog);
	a->own = true;
	int r = attach_temporary(a, tail, &why);
	/* No room, or no place at all: an archive that can be read is read. */
	if (r && (!a->temp || why.kind == AM_E_IO)) {
		am_catalog_close(&a->catalog);
		if (a->temp)
			(void)!am_remove_tree(a->temp, NULL);
		g_clear_pointer(&a->temp, g_free);
		r = am_catalog_open_memory(&a->catalog, &why);
		if (!r)
			r = bring_up(a, FOREIGN, NULL, tail, &why);
	}
	if (r && err)
		*err = why;
	return r;
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
	return r;
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
	*standing = FOREIGN;
	int r = synchronise(a, standing, err);

	am_catalog_close(&a->catalog);
	/* What was begun and is good for nothing does not fill the disk. */
	if (r && *standing == FOREIGN && !a->hint.number)
		(void)!am_catalog_wipe(a->cache, NULL);
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
	/* Marked: mostly by a first import that is still under way, before its
	 * first commit, and there is next to nothing in the log. */
	bool marked = r && why.kind == AM_E_CORRUPT;
	r = lock_cache(a, !usable && !marked, &why);
	if (r && usable && why.kind == AM_E_BUSY)
		return AM_OK;
	if (r && marked && why.kind == AM_E_BUSY)
		return am_archive_attach_private(a, false, err);
	am_catalog_close(&a->catalog);
	if (r && why.kind == AM_E_CANCELLED) {
		if (err)
			*err = why;
		return r;
	}
	if (r)
		return attach_read_only(a, err);
	r = catch_up(a, &standing, &why);
	/* A full disk, most likely. */
	if (r && why.kind == AM_E_IO)
		return am_archive_attach_private(a, false, err);
	if (r && err)
		*err = why;
	*again = !r && standing != CURRENT;
	return r;
}

int am_archive_attach(struct am_archive *a, bool *again, struct am_error *err)
{
	return a->writable ? attach_writer(a, again, err)
	                   : attach_reader(a, again, err);
}
