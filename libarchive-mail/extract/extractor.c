/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "extract/extractor.h"

#include "base/blob.h"
#include "extract/protocol.h"
#include "extract/worker.h"
#include "model/ctx.h"

#include <glib.h>

#include <string.h>

/* A process that died or was slow may have had bad luck: that often it is tried
 * again when the index is made anew. */
#define TRIES_MAX   2
#define WORKERS_MAX 64

struct am_extract_job {
	struct am_extractor *of;
	struct am_extract_key key;
	unsigned n_refs;
	bool done;
	struct am_blob *blob;
	struct am_extract_cached result;
};

struct am_extractor {
	char *program;
	struct am_ctx *ctx;
	char *cache_path; /* NULL: none, or it is opened */
	struct am_extract_cache *cache;
	bool read_only;
	unsigned workers;
	GMutex mutex;
	GCond changed;
	GQueue waiting;   /* jobs nobody works on */
	GHashTable *jobs; /* by key: all that are not done */
	GPtrArray *threads;
	unsigned idle;
	uint64_t n_read;
	int closing; /* atomic */
	bool unable;
};

static guint hash_key(gconstpointer p)
{
	const struct am_extract_key *key = p;
	guint h;

	memcpy(&h, key->hash, sizeof(h));
	return h ^ key->hint;
}

static gboolean same_key(gconstpointer a, gconstpointer b)
{
	const struct am_extract_key *x = a, *y = b;

	return x->hint == y->hint && !memcmp(x->hash, y->hash, sizeof(x->hash));
}

struct am_extractor *
am_extractor_new(const struct am_extractor_options *options)
{
	struct am_extractor *e = g_new0(struct am_extractor, 1);

	e->program = g_strdup(options->program);
	e->ctx = options->ctx;
	e->read_only = options->read_only;
	e->workers = options->workers ? options->workers
	                              : (unsigned)g_get_num_processors();
	e->workers = MIN(e->workers, WORKERS_MAX);
	e->unable = !options->program;
	if (options->cache && am_extract_cache_open(&e->cache, options->cache,
	                                            !options->read_only, NULL))
		e->cache = NULL;
	g_mutex_init(&e->mutex);
	g_cond_init(&e->changed);
	g_queue_init(&e->waiting);
	e->jobs = g_hash_table_new(hash_key, same_key);
	e->threads = g_ptr_array_new();
	return e;
}

/* ---- jobs
 * ---------------------------------------------------------------- */

static void free_job(struct am_extract_job *job)
{
	am_blob_unref(&job->blob);
	g_free(job->result.pieces);
	g_free(job);
}

/* With the mutex held. */
static void unref_job(struct am_extract_job *job)
{
	if (--job->n_refs == 0)
		free_job(job);
}

void am_extract_job_free(struct am_extract_job **job)
{
	struct am_extract_job *j = *job;

	if (!j)
		return;
	struct am_extractor *e = j->of;
	g_mutex_lock(&e->mutex);
	/* Whom nobody waits for any more need not be read. */
	if (!j->done && j->n_refs == 2 && g_queue_remove(&e->waiting, j)) {
		g_hash_table_remove(e->jobs, &j->key);
		j->n_refs--;
	}
	unref_job(j);
	g_mutex_unlock(&e->mutex);
	*job = NULL;
}

static struct am_extract_job *new_job(struct am_extractor *e,
                                      const struct am_extract_key *key)
{
	struct am_extract_job *job = g_new0(struct am_extract_job, 1);

	job->of = e;
	job->key = *key;
	job->n_refs = 1;
	return job;
}

static bool worth_another_try(const struct am_extract_cached *c)
{
	return c->tries < TRIES_MAX && (c->status == AM_EXTRACT_TIMEOUT ||
	                                c->status == AM_EXTRACT_CRASH);
}

/* When the first file comes: most mail has none.  With the mutex held. */
static void open_cache(struct am_extractor *e)
{
	if (e->cache_path && am_extract_cache_open(&e->cache, e->cache_path,
	                                           !e->read_only, NULL))
		e->cache = NULL;
	g_clear_pointer(&e->cache_path, g_free);
}

struct am_extract_job *am_extractor_known(struct am_extractor *e,
                                          const struct am_extract_key *key)
{
	struct am_extract_cached c = {0};
	struct am_extract_job *job;
	bool unable;

	g_mutex_lock(&e->mutex);
	job = g_hash_table_lookup(e->jobs, key);
	if (job)
		job->n_refs++;
	open_cache(e);
	unable = e->unable;
	g_mutex_unlock(&e->mutex);
	if (job || !e->cache || am_extract_cache_get(e->cache, key, &c))
		return job;
	if (worth_another_try(&c) && !unable) {
		g_free(c.pieces);
		return NULL;
	}
	job = new_job(e, key);
	job->done = true;
	job->result = c;
	return job;
}

bool am_extract_job_done(struct am_extract_job *job, unsigned ms)
{
	gint64 until = ms ? g_get_monotonic_time() + (gint64)ms * 1000 : 0;

	g_mutex_lock(&job->of->mutex);
	while (!job->done && ms &&
	       g_cond_wait_until(&job->of->changed, &job->of->mutex, until))
		;
	bool done = job->done;
	g_mutex_unlock(&job->of->mutex);
	return done;
}

enum am_extract_status am_extract_job_result(struct am_extract_job *job,
                                             const uint8_t **pieces,
                                             size_t *len)
{
	g_mutex_lock(&job->of->mutex);
	while (!job->done)
		g_cond_wait(&job->of->changed, &job->of->mutex);
	g_mutex_unlock(&job->of->mutex);
	*pieces = job->result.pieces;
	*len = job->result.len;
	return job->result.status;
}

/* ---- work
 * ---------------------------------------------------------------- */

static void remember(struct am_extractor *e, struct am_extract_job *job)
{
	struct am_extract_cached before = {0};

	if (!e->cache || e->read_only)
		return;
	if (job->result.status == AM_EXTRACT_TIMEOUT ||
	    job->result.status == AM_EXTRACT_CRASH) {
		if (!am_extract_cache_get(e->cache, &job->key, &before))
			g_free(before.pieces);
		job->result.tries = before.tries + 1;
	}
	am_extract_cache_put(e->cache, &job->key, &job->result);
}

static void work_on(struct am_extractor *e, struct am_extract_worker *w,
                    struct am_extract_job *job)
{
	struct am_extract_cached *c = &job->result;
	struct am_error err = {.kind = AM_E_NONE};
	int r = AM_OK;

	if (am_blob_size(job->blob) > AM_EXTRACT_DOCUMENT_MAX)
		c->status = AM_EXTRACT_TOO_LARGE;
	else
		r = am_extract_worker_ask(w, job->key.hint, job->blob,
		                          &c->status, &c->pieces, &c->len,
		                          &err);
	if (g_atomic_int_get(&e->closing)) {
		c->status = AM_EXTRACT_SKIPPED;
		return;
	}
	if (r) {
		g_mutex_lock(&e->mutex);
		bool first = !e->unable;
		e->unable = true;
		g_mutex_unlock(&e->mutex);
		if (first && e->ctx)
			am_ctx_note(e->ctx, AM_NOTE_WARN, "extract.unable",
			            NULL, NULL, "attachments are not read: %s",
			            err.text);
		c->status = AM_EXTRACT_SKIPPED;
		return;
	}
	remember(e, job);
}

static gpointer worker_thread(gpointer user)
{
	struct am_extractor *e = user;
	struct am_extract_worker *w =
		am_extract_worker_new(e->program, &e->closing);

	g_mutex_lock(&e->mutex);
	while (!g_atomic_int_get(&e->closing)) {
		struct am_extract_job *job = g_queue_pop_head(&e->waiting);
		if (!job) {
			e->idle++;
			g_cond_wait(&e->changed, &e->mutex);
			e->idle--;
			continue;
		}
		g_mutex_unlock(&e->mutex);
		work_on(e, w, job);
		g_mutex_lock(&e->mutex);
		am_blob_unref(&job->blob);
		job->done = true;
		e->n_read += job->result.status != AM_EXTRACT_SKIPPED;
		g_hash_table_remove(e->jobs, &job->key);
		unref_job(job);
		g_cond_broadcast(&e->changed);
	}
	g_mutex_unlock(&e->mutex);
	am_extract_worker_free(&w);
	return NULL;
}

struct am_extract_job *am_extractor_ask(struct am_extractor *e,
                                        const struct am_extract_key *key,
                                        struct am_blob *blob)
{
	struct am_extract_job *job;

	g_mutex_lock(&e->mutex);
	job = g_hash_table_lookup(e->jobs, key);
	if (job) {
		job->n_refs++;
	} else {
		job = new_job(e, key);
		if (e->unable) {
			job->done = true;
			job->result.status = AM_EXTRACT_SKIPPED;
		} else {
			job->blob = am_blob_ref(blob);
			job->n_refs++; /* the queue's */
			g_hash_table_insert(e->jobs, &job->key, job);
			g_queue_push_tail(&e->waiting, job);
			if (e->waiting.length > e->idle &&
			    e->threads->len < e->workers)
				g_ptr_array_add(e->threads,
				                g_thread_new("extract",
				                             worker_thread, e));
			g_cond_broadcast(&e->changed);
		}
	}
	g_mutex_unlock(&e->mutex);
	return job;
}

void am_extractor_count(struct am_extractor *e, uint64_t *counts)
{
	memset(counts, 0, AM_EXTRACT_N_STATUS * sizeof(*counts));
	g_mutex_lock(&e->mutex);
	open_cache(e);
	g_mutex_unlock(&e->mutex);
	if (e->cache)
		am_extract_cache_count(e->cache, counts);
}

uint64_t am_extractor_n_read(struct am_extractor *e)
{
	g_mutex_lock(&e->mutex);
	uint64_t n = e->n_read;
	g_mutex_unlock(&e->mutex);
	return n;
}

void am_extractor_free(struct am_extractor **extractor)
{
	struct am_extractor *e = *extractor;

	if (!e)
		return;
	g_mutex_lock(&e->mutex);
	g_atomic_int_set(&e->closing, 1);
	g_cond_broadcast(&e->changed);
	g_mutex_unlock(&e->mutex);
	for (guint i = 0; i < e->threads->len; i++)
		g_thread_join(e->threads->pdata[i]);
	g_ptr_array_unref(e->threads);
	g_hash_table_unref(e->jobs);
	am_extract_cache_close(&e->cache);
	g_cond_clear(&e->changed);
	g_mutex_clear(&e->mutex);
	g_free(e->program);
	g_free(e->cache_path);
	g_free(e);
	*extractor = NULL;
}
