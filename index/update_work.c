/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/update_work.h"

#include "index/attached.h"
#include "index/build.h"
#include "index/index_impl.h"
#include "index/invert.h"
#include "index/news.h"

#include "base/time.h"
#include "model/ctx.h"
#include "store/archive.h"

#include <glib.h>

#include <string.h>

/*
 * New messages, ids ascending, are dealt to workers in runs; each run becomes a
 * shard.  Neighbouring shards of one size are joined as they come, by the same
 * workers, like the tiers of a log-structured tree.  What is finished from the
 * front on is published every so often.
 */

#define RUN_LEAST       500         /* documents worth a worker */
#define WORK_MEMORY     (48u << 20) /* of all workers */
#define FAN_IN          64          /* shards joined at a time */
#define PUBLISH_SECONDS 30
#define PUBLISH_EVERY   20000u /* documents */

/* A stretch of new ids and the shard that holds them. */
struct segment {
	size_t begin, end; /* in ids */
	unsigned tier;
	bool done;      /* nobody works on it */
	bool published; /* the state names it */
	struct am_shard shard;
};

struct update {
	struct am_index *index;
	const char *archive;
	struct am_ctx *ctx;
	struct am_extractor *extractor;
	const uint32_t *ids;
	size_t n_ids, next; /* next: to be dealt */
	size_t run, memory; /* of a shard at most: ids, am_invert_bytes() */
	GMutex mutex;
	GCond changed;
	GPtrArray *segments; /* ascending */
	GArray *doomed; /* struct am_shard: replaced, but still published */
	struct am_state before;
	size_t covered;    /* ids published */
	int64_t published; /* when, by the monotonic clock */
	unsigned busy;
	int status;
	struct am_error error;
	struct am_progress progress;
};

static struct segment *segment_at(const struct update *u, guint i)
{
	return u->segments->pdata[i];
}

static void stop_all(struct update *u, int r, const struct am_error *err)
{
	if (!u->status) {
		u->status = r;
		u->error = *err;
	}
	g_cond_broadcast(&u->changed);
}

static void did_message(void *user, uint64_t bytes, bool failed)
{
	struct update *u = user;

	g_mutex_lock(&u->mutex);
	u->progress.done++;
	u->progress.done_bytes += bytes;
	u->progress.failed += failed;
	/* A display needs no more; counting must not cost more than indexing.
	 */
	if (u->ctx && u->progress.done % 64 == 0)
		am_ctx_progress(u->ctx, &u->progress);
	g_mutex_unlock(&u->mutex);
}

/* ---- publishing (all with the mutex held) -----------------------------------
 */

/*
 * How many segments from the front on are done and follow on each other.  A
 * stretch that was broken off leaves a hole: what other workers finished behind
 * it is not published, and done again, or its ids would never be looked at.
 */
static guint count_ready(const struct update *u)
{
	size_t end = 0;
	guint n = 0;

	while (n < u->segments->len && segment_at(u, n)->done &&
	       segment_at(u, n)->begin == end)
		end = segment_at(u, n++)->end;
	return n;
}

/* The state as it is when the first n segments are part of it. */
static void state_with(const struct update *u, guint n, struct am_state *out)
{
	GArray *shards = g_array_new(FALSE, FALSE, sizeof(struct am_shard));

	am_state_copy(out, &u->before);
	g_array_append_vals(shards, out->shards, (guint)out->n_shards);
	for (guint i = 0; i < n; i++) {
		const struct segment *s = segment_at(u, i);
		if (s->shard.documents)
			g_array_append_val(shards, s->shard);
		out->last = u->ids[s->end - 1];
	}
	g_free(out->shards);
	out->n_shards = shards->len;
	out->shards = (void *)g_array_free(shards, FALSE);
}

static int publish(struct update *u, struct am_error *err)
{
	struct am_state state;
	guint n = count_ready(u);
	int r = AM_OK;

	/* Never backwards: what is being joined may be published already. */
	if (!n || segment_at(u, n - 1)->end <= u->covered ||
	    n + u->before.n_shards > AM_SHARDS_MAX)
		return AM_OK;
	state_with(u, n, &state);
	for (guint i = 0; i < n && !r; i++)
		if (!segment_at(u, i)->published &&
		    segment_at(u, i)->shard.documents)
			r = am_build_sync(u->index->path,
			                  &segment_at(u, i)->shard, err);
	if (!r)
		r = am_state_write(&state, u->index->path, err);
	if (r) {
		am_state_clear(&state);
		return r;
	}
	for (guint i = 0; i < n; i++)
		segment_at(u, i)->published = true;
	for (guint i = 0; i < u->doomed->len; i++)
		am_build_remove(u->index->path,
		                &g_array_index(u->doomed, struct am_shard, i));
	g_array_set_size(u->doomed, 0);
	am_state_clear(&u->index->state);
	u->index->state = state;
	u->index->present = true;
	u->covered = segment_at(u, n - 1)->end;
	u->published = g_get_monotonic_time();
	return AM_OK;
}

static int publish_sometimes(struct update *u, struct am_error *err)
{
	guint n = count_ready(u);
	size_t ready = n ? segment_at(u, n - 1)->end : 0;

	if (ready <= u->covered)
		return AM_OK;
	if (ready - u->covered < PUBLISH_EVERY &&
	    g_get_monotonic_time() - u->published <
	            PUBLISH_SECONDS * G_USEC_PER_SEC)
		return AM_OK;
	return publish(u, err);
}

/* ---- work
 * -------------------------------------------------------------------- */

/* A run of neighbours of one tier, all done, worth joining: its start. */
static bool find_run(const struct update *u, guint *at)
{
	guint run = 0;

	for (guint i = 0; i < u->segments->len; i++) {
		const struct segment *s = segment_at(u, i);
		if (!s->done)
			run = 0;
		else if (run && (segment_at(u, i - 1)->tier != s->tier ||
		                 segment_at(u, i - 1)->end != s->begin))
			run = 1;
		else
			run++;
		if (run == FAN_IN) {
			*at = i + 1 - FAN_IN;
			return true;
		}
	}
	return false;
}

static void replaced(struct update *u, const struct segment *s)
{
	if (!s->shard.documents)
		return;
	if (s->published)
		g_array_append_val(u->doomed, s->shard);
	else
		am_build_remove(u->index->path, &s->shard);
}

/* Joins segments [at, at + n) into one; called with the mutex held, which it
 * gives up while it works. */
static int join(struct update *u, guint at, guint n, struct am_error *err)
{
	struct segment *s = g_new0(struct segment, 1), *old[FAN_IN];
	struct am_shard from[FAN_IN];
	size_t n_from = 0;
	int r = AM_OK;

	assert(n && n <= FAN_IN);
	for (guint i = 0; i < n; i++) {
		old[i] = segment_at(u, at + i);
		if (old[i]->shard.documents)
			from[n_from++] = old[i]->shard;
	}
	s->begin = old[0]->begin;
	s->end = old[n - 1]->end;
	s->tier = old[0]->tier + 1;
	if (n_from)
		s->shard = from[0];
	g_ptr_array_remove_range(u->segments, at, n);
	g_ptr_array_insert(u->segments, (gint)at, s);
	g_mutex_unlock(&u->mutex);
	if (n_from > 1)
		r = am_build_merge(&s->shard, u->index->path, from, n_from,
		                   err);
	g_mutex_lock(&u->mutex);
	s->done = r == AM_OK;
	for (guint i = 0; i < n; i++) {
		if (!r && n_from > 1)
			replaced(u, old[i]);
		g_free(old[i]);
	}
	return r;
}

static guint position_of(const struct update *u, const struct segment *s)
{
	guint i = 0;

	while (segment_at(u, i) != s)
		i++;
	return i;
}

/* Takes the next stretch and indexes it, shard after shard. */
static int index_some(struct update *u, struct am_archive *archive,
                      struct am_reading *reading, struct am_invert *invert,
                      struct am_error *err)
{
	size_t begin = u->next;
	size_t end = MIN(begin + u->run, u->n_ids);
	int r = AM_OK;

	u->next = end;
	while (begin < end && !r) {
		struct segment *s = g_new0(struct segment, 1);
		struct am_batch batch = {.dir = u->index->path,
		                         .ids = u->ids + begin,
		                         .n = end - begin,
		                         .memory = u->memory,
		                         .ctx = u->ctx,
		                         .extractor = u->extractor,
		                         .did = did_message,
		                         .user = u};
		guint at = u->segments->len;
		size_t took;
		s->begin = begin;
		s->end = end;
		while (at && segment_at(u, at - 1)->begin > begin)
			at--;
		g_ptr_array_insert(u->segments, (gint)at, s);
		g_mutex_unlock(&u->mutex);
		r = am_build_shard(&s->shard, &took, &batch, archive, reading,
		                   invert, err);
		g_mutex_lock(&u->mutex);
		if (r || !took) {
			/* Failed or cancelled: these ids are not covered. */
			g_ptr_array_remove_index(u->segments,
			                         position_of(u, s));
			g_free(s);
			break;
		}
		s->end = begin + took;
		s->done = true;
		begin += took;
		if (am_ctx_cancelled(u->ctx))
			break;
	}
	return r;
}

static bool work_left(struct update *u)
{
	return !u->status && !am_ctx_cancelled(u->ctx) &&
	       (u->next < u->n_ids || u->busy);
}

static void work(struct update *u, struct am_archive *archive,
                 struct am_reading *reading, struct am_invert *invert)
{
	struct am_error err;

	g_mutex_lock(&u->mutex);
	while (work_left(u)) {
		int r = AM_OK;
		guint at;
		if (find_run(u, &at)) {
			u->busy++;
			r = join(u, at, FAN_IN, &err);
		} else if (u->next < u->n_ids) {
			u->busy++;
			r = index_some(u, archive, reading, invert, &err);
		} else {
			g_cond_wait(&u->changed, &u->mutex);
			continue;
		}
		u->busy--;
		if (!r)
			r = publish_sometimes(u, &err);
		if (r)
			stop_all(u, r, &err);
		g_cond_broadcast(&u->changed);
	}
	g_cond_broadcast(&u->changed);
	g_mutex_unlock(&u->mutex);
}

static gpointer worker(gpointer user)
{
	struct update *u = user;
	struct am_archive *archive = NULL;
	struct am_reading *reading = am_reading_new();
	struct am_invert *invert = am_invert_new();
	struct am_error err;
	int r = am_archive_open(&archive, u->archive, false, u->ctx, &err);

	if (r) {
		g_mutex_lock(&u->mutex);
		stop_all(u, r, &err);
		g_mutex_unlock(&u->mutex);
	} else {
		work(u, archive, reading, invert);
	}
	am_invert_free(&invert);
	am_reading_free(&reading);
	am_archive_close(&archive);
	return NULL;
}

static int run_workers(struct update *u, unsigned workers, struct am_error *err)
{
	unsigned most = (unsigned)(u->n_ids / RUN_LEAST) + 1;
	unsigned n = workers ? workers : (unsigned)g_get_num_processors();
	GThread **threads;
	int r;

	n = CLAMP(n, 1, MIN(most, 64));
	/* Equal shares, so that nobody waits at the end. */
	u->run = CLAMP(u->n_ids / n + 1, RUN_LEAST, AM_BATCH_DOCUMENTS);
	u->memory = MAX(WORK_MEMORY / n, AM_BATCH_MEMORY_LEAST);
	threads = g_new0(GThread *, n);
	for (unsigned i = 0; i < n; i++)
		threads[i] = g_thread_new("index", worker, u);
	for (unsigned i = 0; i < n; i++)
		g_thread_join(threads[i]);
	g_free(threads);
	/* What is finished stays finished, whatever happened to the rest. */
	r = publish(u, err);
	if (u->status) {
		r = u->status;
		if (err)
			*err = u->error;
	}
	if (!r && am_ctx_cancelled(u->ctx))
		r = am_ctx_fail_cancelled(err);
	if (u->ctx)
		am_ctx_progress(u->ctx, &u->progress);
	return r;
}

static struct am_extractor *open_extractor(const struct am_index *index,
                                           unsigned workers, struct am_ctx *ctx)
{
	char *cache = am_attached_cache_path(index->path);
	const struct am_extractor_options options = {.program = index->extract,
	                                             .cache = cache,
	                                             .workers = workers,
	                                             .ctx = ctx};
	struct am_extractor *out = am_extractor_new(&options);

	g_free(cache);
	return out;
}

int am_update_work(struct am_index *index, const char *archive,
                   const struct am_news *news, unsigned workers,
                   struct am_ctx *ctx, struct am_error *err)
{
	struct update u = {.index = index,
	                   .archive = archive,
	                   .ctx = ctx,
	                   .ids = (const uint32_t *)(void *)news->ids->data,
	                   .n_ids = news->ids->len,
	                   .published = g_get_monotonic_time()};
	int r;

	if (index->extract)
		u.extractor = open_extractor(index, workers, ctx);
	u.progress.phase = "indexing";
	u.progress.total = u.n_ids;
	am_index_unload(index);
	am_state_copy(&u.before, &index->state);
	g_mutex_init(&u.mutex);
	g_cond_init(&u.changed);
	u.segments = g_ptr_array_new_with_free_func(NULL);
	u.doomed = g_array_new(FALSE, FALSE, sizeof(struct am_shard));
	r = run_workers(&u, workers, err);
	am_extractor_free(&u.extractor);
	for (guint i = 0; i < u.segments->len; i++)
		g_free(u.segments->pdata[i]);
	g_ptr_array_unref(u.segments);
	g_array_unref(u.doomed);
	am_state_clear(&u.before);
	g_cond_clear(&u.changed);
	g_mutex_clear(&u.mutex);
	index->hidden_known = false;
	return r;
}
