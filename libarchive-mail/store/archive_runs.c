/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/archive_runs.h"

#include "base/arena.h"
#include "model/folder.h"
#include "store/archive_edit_impl.h"

#include <string.h>

static const char run_prefix[] = "{\"run\":";

/* What a copy that is put away says of its mail, and not of itself. */
#define FLAGS_GIVEN (AM_SEEN | AM_ANSWERED | AM_FLAGGED | AM_FORWARDED)

/* ---- runs ---- */

static int add_run(struct am_archive_edit *e, uint64_t id,
                   enum am_accession_state state, const char *json,
                   struct am_error *err)
{
	const struct am_item_accession item = {
		.id = id, .state = state, .json = json};

	int r = am_archive_writer_start(&e->s->writer, err);
	if (!r)
		r = am_catalog_add_accession(e->s->archive->catalog, &item,
		                             err);
	if (r)
		return AM_FATAL;
	am_items_add_accession(e->s->writer.items, &item);
	return am_archive_writer_turn(&e->s->writer, err);
}

int am_archive_run_begin(struct am_archive_edit *e, const char *json,
                         uint64_t *run, struct am_error *err)
{
	struct am_catalog_counts counts;

	int r = am_catalog_counts(e->s->archive->catalog, &counts, err);
	if (r)
		return r;
	*run = counts.max_accession + 1;
	return add_run(e, *run, AM_ACCESSION_BEGUN, json, err);
}

int am_archive_run_end(struct am_archive_edit *e, uint64_t run,
                       const char *json, struct am_error *err)
{
	return add_run(e, run, AM_ACCESSION_ENDED, json, err);
}

struct runs {
	am_run_fn *fn;
	void *user;
	GHashTable *ids;
};

static int take_run(void *user, const struct am_item_accession *a,
                    struct am_error *err)
{
	struct runs *runs = user;

	if (a->state == AM_ACCESSION_BEGUN) {
		if (strncmp(a->json, run_prefix, strlen(run_prefix)) != 0)
			return AM_OK;
		uint64_t *id = g_new(uint64_t, 1);
		*id = a->id;
		g_hash_table_add(runs->ids, id);
	} else if (!g_hash_table_contains(runs->ids, &a->id)) {
		return AM_OK;
	}
	return runs->fn(runs->user, a, err);
}

int am_archive_runs(struct am_archive *a, am_run_fn *fn, void *user,
                    struct am_error *err)
{
	struct runs runs = {fn, user, NULL};

	runs.ids = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
	                                 NULL);
	int r = am_catalog_accessions(a->catalog, take_run, &runs, err);
	g_hash_table_destroy(runs.ids);
	return r == AM_END ? AM_OK : r;
}

/* ---- one copy for another ---- */

/* A placement as it is now, with what the catalog has of it. */
struct spot {
	struct am_catalog_place place;
	struct am_item_placement item;
};

static int read_spot(struct am_archive_edit *e, uint64_t placement,
                     struct am_arena *arena, struct spot *out,
                     struct am_error *err)
{
	int r = am_catalog_place(e->s->archive->catalog, placement, arena,
	                         &out->place, err);
	return r ? r : am_catalog_meta(&out->place, arena, &out->item, err);
}

static bool holds(const char *const *words, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(words[i], word))
			return true;
	return false;
}

/* Those of `a`, in their order, that are not in `b`. */
static const char *const *less(struct am_arena *arena, const char *const *a,
                               size_t n_a, const char *const *b, size_t n_b,
                               size_t *n)
{
	const char **out = am_arena_alloc(arena, (n_a + 1) * sizeof *out);

	*n = 0;
	for (size_t i = 0; i < n_a; i++)
		if (!holds(b, n_b, a[i]) && !holds(out, *n, a[i]))
			out[(*n)++] = a[i];
	return out;
}

static const char *const *joined(struct am_arena *arena, const char *const *a,
                                 size_t n_a, const char *const *b, size_t n_b)
{
	const char **out = am_arena_alloc(arena, (n_a + n_b + 1) * sizeof *out);

	for (size_t i = 0; i < n_a; i++)
		out[i] = a[i];
	for (size_t i = 0; i < n_b; i++)
		out[n_a + i] = b[i];
	return out;
}

/* Its labels, and the folder it lies in when that is not the other's. */
static int labels_of(struct am_archive_edit *e, const struct spot *spot,
                     uint64_t other_folder, struct am_arena *arena,
                     const char *const **labels, size_t *n,
                     struct am_error *err)
{
	struct am_catalog_folder *folder;

	*labels = spot->item.meta->labels;
	*n = spot->item.meta->n_labels;
	if (spot->place.folder == other_folder)
		return AM_OK;
	int r = am_archive_edit_find_folder(e, spot->place.folder, &folder,
	                                    err);
	if (r)
		return r;
	char *name = am_folder_print(folder->folder);
	const char *own = am_arena_strdup(arena, *name ? name : "INBOX");
	g_free(name);
	*labels = joined(arena, *labels, *n, &own, 1);
	++*n;
	return AM_OK;
}

/* The other one gets what `change` says it does. */
static int give(struct am_archive_edit *e, const struct am_item_change *change,
                const struct spot *kept, struct am_arena *arena,
                struct am_error *err)
{
	const struct am_message *meta = kept->item.meta;
	struct am_item_change flags = {.placement = kept->place.id,
	                               .when = change->when,
	                               .kind = AM_CHANGE_FLAGS,
	                               .by = AM_FLAGS_BY_USER};
	struct am_item_change labels = flags;
	int r = AM_OK;

	flags.flags = meta->flags | change->flags;
	flags.n_words = meta->n_keywords + change->n_words;
	flags.words = joined(arena, meta->keywords, meta->n_keywords,
	                     change->words, change->n_words);
	labels.kind = AM_CHANGE_LABELS;
	labels.n_words = meta->n_labels + change->n_labels;
	labels.words = joined(arena, meta->labels, meta->n_labels,
	                      change->labels, change->n_labels);
	if (change->flags || change->n_words)
		r = am_archive_add_change(e->s, &flags, err);
	if (!r && change->n_labels)
		r = am_archive_add_change(e->s, &labels, err);
	return r;
}

int am_archive_edit_replace(struct am_archive_edit *e, int64_t placement,
                            int64_t kept, uint64_t run, const char *why,
                            struct am_error *err)
{
	struct am_arena *arena = am_arena_new();
	struct am_item_change change = {.placement = (uint64_t)placement,
	                                .kept = (uint64_t)kept,
	                                .kind = AM_CHANGE_REPLACED,
	                                .when = am_time_now(),
	                                .run = run,
	                                .why = why};
	const char *const *labels = NULL;
	struct spot from = {.item.meta = NULL}, to = from;
	size_t n_labels = 0;

	int r = placement == kept ? AM_END : AM_OK;
	if (!r)
		r = read_spot(e, (uint64_t)placement, arena, &from, err);
	if (!r)
		r = read_spot(e, (uint64_t)kept, arena, &to, err);
	if (!r && (from.place.gone || to.place.gone))
		r = AM_END;
	if (!r)
		r = labels_of(e, &from, to.place.folder, arena, &labels,
		              &n_labels, err);
	if (r)
		goto out;
	const struct am_message *old = to.item.meta;
	change.flags = from.item.meta->flags & FLAGS_GIVEN & ~old->flags;
	change.words = less(arena, from.item.meta->keywords,
	                    from.item.meta->n_keywords, old->keywords,
	                    old->n_keywords, &change.n_words);
	change.labels = less(arena, labels, n_labels, old->labels,
	                     old->n_labels, &change.n_labels);
	r = give(e, &change, &to, arena, err);
	if (!r)
		r = am_archive_add_change(e->s, &change, err);
out:
	am_arena_free(&arena);
	return r;
}

/* What it got is taken again, unless it is gone by now. */
static int take_back(struct am_archive_edit *e,
                     const struct am_item_change *given, struct am_arena *arena,
                     struct am_error *err)
{
	struct spot kept;
	int r = read_spot(e, given->kept, arena, &kept, err);

	if (r || kept.place.gone)
		return r == AM_END ? AM_OK : r;
	const struct am_message *meta = kept.item.meta;
	const struct am_item_change flags = {
		.placement = given->kept,
		.when = am_time_now(),
		.kind = AM_CHANGE_FLAGS,
		.by = AM_FLAGS_BY_USER,
		.flags = meta->flags & ~given->flags,
	};
	struct am_item_change all = flags;
	all.words = less(arena, meta->keywords, meta->n_keywords, given->words,
	                 given->n_words, &all.n_words);
	if (all.flags != meta->flags || all.n_words != meta->n_keywords)
		r = am_archive_add_change(e->s, &all, err);
	all.kind = AM_CHANGE_LABELS;
	all.flags = 0;
	all.words = less(arena, meta->labels, meta->n_labels, given->labels,
	                 given->n_labels, &all.n_words);
	if (!r && all.n_words != meta->n_labels)
		r = am_archive_add_change(e->s, &all, err);
	return r;
}

/* The folder it is shown in again: brought back when it was removed. */
static int folder_again(struct am_archive_edit *e, uint64_t id,
                        struct am_catalog_folder **out, struct am_error *err)
{
	int r = am_archive_edit_find_folder(e, id, out, err);

	if (!r && (*out)->removed) {
		const struct am_folder *path = am_folder_ref((*out)->folder);
		r = am_archive_put_folder(e->s, path, out, err);
		am_folder_unref(&path);
	}
	if (!r && (*out)->uidnext == UINT32_MAX)
		r = am_fail(err, AM_FAILED, AM_E_LIMIT,
		            "the folder has no more UIDs to give");
	return r;
}

int am_archive_edit_restore(struct am_archive_edit *e,
                            const struct am_item_change *replaced, uint64_t run,
                            struct am_error *err)
{
	struct am_arena *arena = am_arena_new();
	struct am_catalog_folder *folder = NULL;
	struct am_catalog_message row;
	struct spot spot;

	int r = read_spot(e, replaced->placement, arena, &spot, err);
	if (!r && !spot.place.replaced)
		r = AM_END;
	if (!r)
		r = am_archive_row(e->s->archive, spot.place.message, arena,
		                   &row, err);
	if (!r && row.dropped)
		r = am_fail(err, AM_FAILED, AM_E_NOTFOUND,
		            "message %" PRIu64 ": compact gave up its bytes",
		            spot.place.message);
	if (!r)
		r = folder_again(e, spot.place.folder, &folder, err);
	if (!r) {
		const struct am_item_change change = {
			.placement = spot.place.id,
			.when = am_time_now(),
			.kind = AM_CHANGE_RESTORED,
			.run = run,
			.folder = folder->id,
			.uid = folder->uidnext,
		};
		r = am_archive_add_change(e->s, &change, err);
	}
	if (!r)
		r = take_back(e, replaced, arena, err);
	am_arena_free(&arena);
	return r;
}

/* ---- dates ---- */

static bool same_date(const struct am_message *meta,
                      const struct am_item_date *date)
{
	return meta->received.known == date->when.known &&
	       (!date->when.known ||
	        (meta->received.sec == date->when.sec &&
	         meta->received.offset_min == date->when.offset_min)) &&
	       !g_strcmp0(meta->received_from, date->from);
}

/* `expected`: only where this is the date it has; NULL: whatever it has. */
static int set_date(struct am_archive_edit *e, uint64_t placement,
                    const struct am_item_date *expected,
                    const struct am_item_date *now, uint64_t run,
                    struct am_error *err)
{
	struct am_arena *arena = am_arena_new();
	struct spot spot;

	int r = read_spot(e, placement, arena, &spot, err);
	if (!r && (spot.place.gone || same_date(spot.item.meta, now) ||
	           (expected && !same_date(spot.item.meta, expected))))
		r = AM_END;
	if (!r) {
		const struct am_item_change change = {
			.placement = placement,
			.when = am_time_now(),
			.kind = AM_CHANGE_DATED,
			.run = run,
			.was = {spot.item.meta->received,
		                spot.item.meta->received_from},
			.now = *now,
		};
		r = am_archive_add_change(e->s, &change, err);
	}
	am_arena_free(&arena);
	return r;
}

int am_archive_edit_date(struct am_archive_edit *e, int64_t placement,
                         const struct am_item_date *now, uint64_t run,
                         struct am_error *err)
{
	return set_date(e, (uint64_t)placement, NULL, now, run, err);
}

int am_archive_edit_undate(struct am_archive_edit *e,
                           const struct am_item_change *dated, uint64_t run,
                           struct am_error *err)
{
	return set_date(e, dated->placement, &dated->now, &dated->was, run,
	                err);
}

/* ---- history ---- */

struct history {
	struct am_archive *archive;
	struct am_coder *coder;
	uint64_t run;
	am_decision_fn *fn;
	void *user;
};

static int take_items(const struct history *h, const uint8_t *bytes, size_t len,
                      struct am_error *err)
{
	struct am_items_reader in = {bytes, bytes + len};
	struct am_arena *arena = am_arena_new();
	struct am_item_any item;
	int r;

	while (!(r = am_items_next(&in, arena, &item, err))) {
		if (item.type == AM_ITEM_CHANGE && item.change.run == h->run)
			r = h->fn(h->user, &item.change, err);
		if (r)
			break;
		am_arena_reset(arena);
	}
	am_arena_free(&arena);
	/* The end of the record, or that of the whole. */
	return r == AM_END && in.at == in.end ? AM_OK : r;
}

static int take_record(void *user, const struct am_record *rec,
                       struct am_error *err)
{
	struct history *h = user;
	uint8_t prefix[AM_BLOB_PREFIX];
	uint8_t *bytes = NULL;

	if (am_ctx_cancelled(h->archive->ctx))
		return am_ctx_fail_cancelled(err);
	if (rec->type != AM_REC_ITEMS)
		return AM_OK;
	int r = am_log_unpack(h->archive->log, h->coder, rec, &bytes, prefix,
	                      err);
	if (!r)
		r = take_items(h, bytes, (size_t)rec->raw_len, err);
	g_free(bytes);
	return r;
}

int am_archive_decisions(struct am_archive *a, uint64_t run, am_decision_fn *fn,
                         void *user, struct am_error *err)
{
	struct history h = {.archive = a, .run = run, .fn = fn, .user = user};
	struct am_log_walk walk = {.record = take_record, .user = &h};

	h.coder = am_coder_new();
	int r = am_log_walk(a->log, 0, &walk, err);
	am_coder_free(&h.coder);
	return r == AM_END ? AM_OK : r;
}
