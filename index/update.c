/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/build.h"
#include "index/filed.h"
#include "index/index_impl.h"
#include "index/news.h"
#include "index/update_work.h"

#include "model/ctx.h"
#include "store/archive.h"

#include <glib.h>

/*
 * Following the archive: is the index this archive's, and whole; what is new is
 * indexed (update_work.c); then the shards are brought into shape, and what is
 * known of folders and flags is written down.
 *
 * A message never changes, so nothing indexed is ever touched again: what is
 * expunged is left out of answers.
 */

/* ---- ending
 * ----------------------------------------------------------------------- */

/*
 * Shards at the end of the list that are small beside what follows them are
 * joined, so that their sizes at least halve from one to the next: few shards,
 * and each document is moved a few times in its life.  When most documents are
 * new, all become one: there is no better time.
 */
static int tidy(struct am_state *state, const char *dir, size_t added,
                struct am_error *err)
{
	size_t keep = state->n_shards;
	uint64_t sum = 0, total = 0;
	struct am_shard whole;
	int r;

	for (size_t i = 0; i < state->n_shards; i++)
		total += state->shards[i].documents;
	if (added >= total / 2)
		sum = total;
	while (keep && (!sum || state->shards[keep - 1].documents < 2 * sum ||
	                keep > 8))
		sum += state->shards[--keep].documents;
	if (state->n_shards - keep < 2)
		return AM_OK;
	r = am_build_merge(&whole, dir, state->shards + keep,
	                   state->n_shards - keep, err);
	if (!r)
		r = am_build_sync(dir, &whole, err);
	if (r)
		return r;
	state->shards[keep] = whole;
	state->n_shards = keep + 1;
	return AM_OK;
}

/* Everything is indexed: few shards, what is gone, and the sequence. */
static int conclude(struct am_index *index, const char *archive,
                    const struct am_news *news, struct am_ctx *ctx,
                    struct am_error *err)
{
	struct am_archive *a = NULL;
	struct am_state state;
	int r;

	am_state_copy(&state, &index->state);
	state.seq = news->seq;
	am_id_set_change(
		&state.gone, (const uint32_t *)(void *)news->gone->data,
		news->gone->len, (const uint32_t *)(void *)news->back->data,
		news->back->len);
	r = tidy(&state, index->path, news->ids->len, err);
	/* A reader that finds it with the state of before passes it over. */
	if (!r)
		r = am_archive_open(&a, archive, false, ctx, err);
	if (!r)
		r = am_filed_write(index->path, &state, a, err);
	am_archive_close(&a);
	if (!r)
		r = am_state_write(&state, index->path, err);
	if (r) {
		am_state_clear(&state);
		return r;
	}
	am_index_unload(index);
	am_state_clear(&index->state);
	index->state = state;
	index->present = true;
	index->hidden_known = false;
	return am_state_sweep(&index->state, index->path, err);
}

/* ---- beginning
 * ----------------------------------------------------------------------- */

/* An index that does not belong to this archive, or is not whole, is made
 * anew: that loses nothing. */
static int settle(struct am_index *index, struct am_archive *archive,
                  struct am_ctx *ctx, struct am_error *err)
{
	struct am_archive_stats stats;
	struct am_error why;
	const char *reason = NULL;
	int r = am_archive_stats(archive, &stats, err);

	if (r)
		return r;
	if (index->present) {
		if (index->state.archive != am_archive_id(archive))
			reason = "it belongs to another archive";
		else if (index->state.seq > stats.max_seq)
			reason = "it knows of changes the archive does not";
		else if (am_index_load(index, &why))
			reason = why.text;
	}
	if (index->present && !reason)
		return am_state_sweep(&index->state, index->path, err);
	if (reason && ctx)
		am_ctx_note(ctx, AM_NOTE_INFO, "index.rebuilt", NULL, NULL,
		            "the index is made anew: %s", reason);
	am_index_unload(index);
	am_state_clear(&index->state);
	index->present = false;
	index->hidden_known = false;
	index->state.archive = am_archive_id(archive);
	/* First the state that names nothing, then what it named before. */
	r = am_state_write(&index->state, index->path, err);
	return r ? r : am_state_sweep(&index->state, index->path, err);
}

/* An index of before has no copy of the catalog's, or it was lost. */
static int file_again(struct am_index *index, const char *archive,
                      struct am_ctx *ctx, struct am_error *err)
{
	struct am_archive *a = NULL;
	struct am_filed *filed;
	int r = am_filed_open(&filed, index->path, &index->state, err);

	am_filed_close(&filed);
	if (r != AM_END)
		return r;
	r = am_archive_open(&a, archive, false, ctx, err);
	if (!r)
		r = am_filed_write(index->path, &index->state, a, err);
	am_archive_close(&a);
	return r;
}

int am_index_update(struct am_index *index, const char *archive,
                    unsigned workers, struct am_ctx *ctx, struct am_error *err)
{
	struct am_archive *a = NULL;
	struct am_news news = {.seq = 0};
	int r;

	if (!index->writable)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "%s: opened for reading", index->path);
	r = am_archive_open(&a, archive, false, ctx, err);
	if (!r)
		r = settle(index, a, ctx, err);
	if (!r)
		r = am_news_read(&news, &index->state, a, err);
	/* Workers open their own. */
	am_archive_close(&a);
	if (!r && news.ids->len)
		r = am_update_work(index, archive, &news, workers, ctx, err);
	if (!r && (news.seq != index->state.seq || !index->present))
		r = conclude(index, archive, &news, ctx, err);
	else if (!r)
		r = file_again(index, archive, ctx, err);
	am_news_clear(&news);
	return r;
}
