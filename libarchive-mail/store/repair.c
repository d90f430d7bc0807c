/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What can be had of a damaged archive, into a new one.
 *
 * Two witnesses: the log, which is read from end to end, what no commit covers
 * included (it may be the commit that is damaged); and the catalog as it was
 * found, which may still know what stood in a damaged record.  The log is
 * believed first.  Bytes are believed when their hash is right.
 */
#include "store/rewrite.h"

#include "base/arena.h"
#include "model/folder.h"

#include <string.h>
#include <sys/stat.h>

#define SUFFIX ".mailark"

struct repair {
	struct am_archive *old;   /* with a catalog made from the log */
	struct am_catalog *known; /* the catalog as it was found, or NULL */
	struct am_rewrite rewrite;
	struct am_progress progress;
	struct am_repair_result *out;
	uint64_t dropped; /* by an earlier compact: nothing to be had */
};

/* ---- messages ---- */

static void note_lost(struct repair *p, uint64_t id,
                      const struct am_catalog_message *row,
                      const struct am_error *why)
{
	char date[AM_TIME_ROOM];
	char *origin = g_strdup_printf("%" PRIu64, id);

	am_time_iso(&row->date, date);
	p->out->lost++;
	am_ctx_note(p->old->ctx, AM_NOTE_ERROR, "archive.lost", NULL, origin,
	            "message %" PRIu64 " is lost: %s; Message-ID <%s>, subject "
	            "\"%s\", date %s",
	            id, why->text, row->message_id ? row->message_id : "",
	            row->subject ? row->subject : "", *date ? date : "unknown");
	g_free(origin);
}

static int row_of(struct am_catalog *c, uint64_t id, struct am_arena *arena,
                  struct am_catalog_message *out, struct am_error *err)
{
	struct am_catalog_message owner;

	int r = am_catalog_message(c, id, arena, out, err);
	if (r || out->item.content == id)
		return r;
	r = am_catalog_message(c, out->item.content, arena, &owner, err);
	if (!r)
		out->item.recipe = owner.item.recipe;
	return r;
}

/* The one that shares bytes stands on its own when their owner was lost. */
static int copy_bytes(struct repair *p, const struct am_catalog_message *row,
                      struct am_error *err)
{
	struct am_catalog_message own = *row;

	if (row->dropped)
		return am_rewrite_dropped(&p->rewrite, row, err);
	if (row->item.content != row->item.id &&
	    am_idset_has(p->rewrite.messages, row->item.content))
		return am_rewrite_shared(&p->rewrite, row, err);
	own.item.content = own.item.id;
	return am_rewrite_content(&p->rewrite, &own, err);
}

/* As one catalog knows it; *found: the new archive has it now. */
static int try_copy(struct repair *p, struct am_catalog *c, uint64_t id,
                    struct am_arena *arena, struct am_catalog_message *row,
                    struct am_error *why)
{
	if (!c)
		return AM_END;
	int r = row_of(c, id, arena, row, why);
	return r ? r : copy_bytes(p, row, why);
}

static int copy_message(struct repair *p, uint64_t id, struct am_error *err)
{
	struct am_arena *arena = am_arena_new();
	struct am_catalog_message row = {0}, other = {0};
	struct am_error why = {.text = "nothing tells where its bytes are"};
	struct am_error again;

	int r = try_copy(p, p->old->catalog, id, arena, &row, &why);
	if (r == AM_FAILED || r == AM_END) {
		int s = try_copy(p, p->known, id, arena, &other, &again);
		if (s == AM_FAILED && r == AM_END)
			why = again;
		if (s == AM_FATAL)
			why = again;
		if (s == AM_OK || s == AM_FATAL)
			r = s;
	}
	if (r == AM_FAILED || r == AM_END) {
		/* Who knows more of it? */
		bool there = row.message_id || row.subject;
		note_lost(p, id, there ? &row : &other, &why);
		r = AM_OK;
	} else if (r) {
		if (err)
			*err = why;
	} else {
		p->out->kept += !row.dropped;
		p->dropped += row.dropped;
	}
	p->progress.done++;
	p->progress.failed = p->out->lost;
	am_ctx_progress(p->old->ctx, &p->progress);
	am_arena_free(&arena);
	return r;
}

static int copy_ids(struct repair *p, struct am_catalog *c, bool only_new,
                    struct am_error *err)
{
	uint64_t *ids;
	size_t n;

	int r = am_catalog_ids(c, AM_CATALOG_BY_ID, &ids, &n, err);
	p->progress.total += only_new ? 0 : n;
	for (size_t i = 0; i < n && !r; i++) {
		if (am_ctx_cancelled(p->old->ctx)) {
			r = am_ctx_fail_cancelled(err);
			break;
		}
		struct am_arena *arena = am_arena_new();
		struct am_catalog_message row;
		bool skip =
			only_new && !am_catalog_message(p->old->catalog, ids[i],
		                                        arena, &row, NULL);
		am_arena_free(&arena);
		if (!skip)
			r = copy_message(p, ids[i], err);
	}
	g_free(ids);
	return r;
}

/* ---- facts that only the catalog still knows ---- */

static int add_folder(struct repair *p, const struct am_catalog_folder *f,
                      struct am_error *err)
{
	struct am_item_folder item = {
		.id = f->id,
		.depth = f->folder->depth,
		.parts = f->folder->parts,
		.role = f->folder->role,
		.subscribed = f->folder->subscribed,
		.unsubscribed = f->folder->unsubscribed,
		.removed = f->removed,
		.uidvalidity = f->uidvalidity,
		.uidnext = f->uidnext,
	};
	return am_rewrite_folder(&p->rewrite, &item, err);
}

static int add_known_folders(struct repair *p, struct am_error *err)
{
	struct am_catalog_folder *const *folders;
	size_t n;

	int r = am_catalog_folders(p->known, &folders, &n, err);
	for (size_t i = 0; i < n && !r; i++)
		if (!am_idset_has(p->rewrite.folders, folders[i]->id))
			r = add_folder(p, folders[i], err);
	return r;
}

/* Is the message of that number the same one in the new archive? */
static bool is_same_message(struct repair *p, uint64_t id)
{
	struct am_arena *arena = am_arena_new();
	struct am_catalog_message a, b;

	bool same = !am_catalog_message(p->known, id, arena, &a, NULL) &&
	            !am_catalog_message(p->rewrite.to->catalog, id, arena, &b,
	                                NULL) &&
	            !memcmp(a.item.hash, b.item.hash, AM_SHA256_LEN);
	am_arena_free(&arena);
	return same;
}

static int add_known_placement(struct repair *p,
                               const struct am_catalog_place *place,
                               struct am_error *err)
{
	struct am_arena *arena = am_arena_new();
	struct am_item_placement item;

	int r = am_catalog_meta(place, arena, &item, err);
	if (!r)
		r = am_rewrite_placement(&p->rewrite, &item, err);
	if (!r && place->gone) {
		struct am_item_change change = {.placement = place->id,
		                                .when = am_time_now(),
		                                .kind = AM_CHANGE_EXPUNGED};
		r = am_rewrite_change(&p->rewrite, &change, err);
	}
	am_arena_free(&arena);
	return r == AM_FAILED ? AM_OK : r;
}

static int add_known_placements(struct repair *p, struct am_error *err)
{
	struct am_catalog_places *places;
	struct am_catalog_place place;

	int r = am_catalog_places_open(&places, p->known, AM_CATALOG_ALL, 0,
	                               err);
	if (r)
		return r;
	while (!(r = am_catalog_places_next(places, &place, err))) {
		if (am_idset_has(p->rewrite.placements, place.id) ||
		    !is_same_message(p, place.message))
			continue;
		r = add_known_placement(p, &place, err);
		if (r)
			break;
	}
	am_catalog_places_close(&places);
	return r == AM_END ? AM_OK : r;
}

/* ---- what is left without a place ---- */

static int add_named_folder(struct repair *p, uint64_t id, const char *name,
                            struct am_error *err)
{
	const char *parts[] = {name};
	struct am_item_folder item = {
		.id = id,
		.depth = 1,
		.parts = parts,
		.uidvalidity = (uint32_t)am_time_now(),
		.uidnext = 1,
	};

	return am_rewrite_folder(&p->rewrite, &item, err);
}

/* Placements whose folder nobody can name any more. */
static int name_folders(struct repair *p, struct am_error *err)
{
	struct am_catalog_places *places;
	struct am_catalog_place place;

	int r = am_catalog_places_open(&places, p->rewrite.to->catalog,
	                               AM_CATALOG_ALL, 0, err);
	if (r)
		return r;
	while (!(r = am_catalog_places_next(places, &place, err))) {
		if (am_idset_has(p->rewrite.folders, place.folder))
			continue;
		char *name =
			g_strdup_printf("recovered-%" PRIu64, place.folder);
		r = add_named_folder(p, place.folder, name, err);
		g_free(name);
		if (r)
			break;
	}
	am_catalog_places_close(&places);
	return r == AM_END ? AM_OK : r;
}

static int place_message(struct repair *p, uint64_t id, uint64_t folder,
                         uint32_t uid, struct am_error *err)
{
	char origin[24];
	struct am_message meta = {.origin = origin, .uid = uid};
	struct am_item_placement item = {
		.id = p->rewrite.writer.next.max_placement + 1,
		.message = id,
		.folder = folder,
		.meta = &meta,
		.saved = am_time_now(),
	};

	g_snprintf(origin, sizeof origin, "%" PRIu64, id);
	return am_rewrite_placement(&p->rewrite, &item, err);
}

/* Messages that no placement names: they must not be invisible. */
static int place_the_rest(struct repair *p, struct am_error *err)
{
	struct am_rewrite *rw = &p->rewrite;
	uint64_t folder = rw->writer.next.max_folder + 1;
	uint64_t *ids, n_placed = 0;
	size_t n;

	int r = am_catalog_ids(rw->to->catalog, AM_CATALOG_BY_ID, &ids, &n,
	                       err);
	for (size_t i = 0; i < n && !r; i++) {
		struct am_catalog_message row;
		if (am_idset_has(rw->placed, ids[i]))
			continue;
		struct am_arena *arena = am_arena_new();
		r = am_catalog_message(rw->to->catalog, ids[i], arena, &row,
		                       err);
		bool dropped = row.dropped;
		am_arena_free(&arena);
		if (r || dropped)
			continue;
		if (!n_placed)
			r = add_named_folder(p, folder, "recovered", err);
		if (!r)
			r = place_message(p, ids[i], folder,
			                  (uint32_t)++n_placed, err);
	}
	g_free(ids);
	if (!r && n_placed)
		am_ctx_note(p->old->ctx, AM_NOTE_WARN, "archive.unplaced", NULL,
		            p->old->path,
		            "%" PRIu64
		            " messages whose folder is not known any "
		            "more are in \"recovered\"",
		            n_placed);
	return r;
}

/* ---- all of it ---- */

/* Messages that nothing tells of any more: the last commit counted them. */
static void count_unnamed(struct repair *p)
{
	uint64_t counted = am_log_last(p->old->log)->messages;
	uint64_t met = p->out->kept + p->out->lost + p->dropped;

	if (counted <= met)
		return;
	p->out->lost += counted - met;
	am_ctx_note(p->old->ctx, AM_NOTE_ERROR, "archive.lost", NULL,
	            p->old->path,
	            "%" PRIu64 " messages are lost with the records that told "
	            "of them, and cannot be named",
	            counted - met);
}

static int repair(struct repair *p, const char *path, struct am_error *err)
{
	struct am_log_options options = {
		.codec = am_log_codec(p->old->log),
		.level = am_log_level(p->old->log),
	};
	struct am_rewrite *rw = &p->rewrite;

	int r = am_rewrite_open(rw, p->old, path, &options, p->old->ctx, err);
	if (r)
		return r;
	rw->tail = rw->tolerant = true;
	p->progress = (struct am_progress){.phase = "repairing"};
	r = copy_ids(p, p->old->catalog, false, err);
	if (!r && p->known)
		r = copy_ids(p, p->known, true, err);
	if (!r)
		count_unnamed(p);
	if (!r)
		r = am_rewrite_facts(rw, err);
	if (!r && p->known)
		r = add_known_folders(p, err);
	if (!r && p->known)
		r = add_known_placements(p, err);
	if (!r)
		r = name_folders(p, err);
	if (!r)
		r = place_the_rest(p, err);
	if (r)
		return r;
	r = am_rewrite_commit(rw, err);
	p->out->bytes_after = am_log_size(rw->to->log);
	return r;
}

static char *default_path(const char *path)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	if (len > strlen(SUFFIX) &&
	    !strncmp(path + len - strlen(SUFFIX), SUFFIX, strlen(SUFFIX)))
		len -= strlen(SUFFIX);
	return g_strdup_printf("%.*s.repaired" SUFFIX, (int)len, path);
}

/* Not changed, but nobody else may change it meanwhile, where we can say so. */
static int open_old(struct repair *p, const char *path, struct am_ctx *ctx,
                    struct am_error *err)
{
	struct am_error why;
	uint64_t id;
	struct am_commit pos;

	int r = am_archive_begin(&p->old, path, true, ctx, &why);
	if (r && why.kind == AM_E_IO)
		r = am_archive_begin(&p->old, path, false, ctx, &why);
	if (r && (why.kind == AM_E_CORRUPT || why.kind == AM_E_FORMAT))
		p->out->uncounted =
			!(r = am_archive_salvage(&p->old, path, ctx, NULL));
	if (r) {
		if (err)
			*err = why;
		return r;
	}
	/* Before anything brings it "up to date" with a damaged log. */
	if (!am_catalog_open(&p->known, p->old->cache, false, NULL) &&
	    (am_catalog_position(p->known, &id, &pos, NULL) ||
	     id != am_log_archive_id(p->old->log)))
		am_catalog_close(&p->known);
	r = am_archive_attach_private(p->old, true, err);
	return r ? r : am_archive_make_reader(p->old, err);
}

int am_archive_repair(const char *path, const char *to, struct am_ctx *ctx,
                      struct am_repair_result *out, struct am_error *err)
{
	struct repair p = {.out = out};
	struct stat st;

	*out = (struct am_repair_result){0};
	char *target = to ? g_strdup(to) : default_path(path);
	int r = AM_OK;
	if (!stat(target, &st))
		r = am_fail(err, AM_FAILED, AM_E_EXISTS, "%s: exists already",
		            target);
	if (!r)
		r = open_old(&p, path, ctx, err);
	if (!r)
		r = am_archive_needs_bytes(p.old,
		                           "mended: mailark index --in-place "
		                           "makes a new one",
		                           err);
	if (r)
		goto out;
	out->bytes_before = am_log_size(p.old->log);
	r = repair(&p, target, err);
	am_rewrite_close(&p.rewrite);
	if (r)
		am_rewrite_remove(target);
out:
	am_catalog_close(&p.known);
	am_archive_close(&p.old);
	g_free(target);
	return r;
}
