/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/pool.h"

#include <glib.h>

#include <errno.h>
#include <pthread.h>
#include <string.h>

/*
 * One queue, one lock.  Jobs are linked through themselves, so submitting
 * allocates nothing and cannot fail.  `done` is written and read under the
 * lock: after it, the job is its owner's again and no worker touches it.
 */
struct worker {
	struct am_pool *pool;
	pthread_t thread;
	unsigned number;
};

struct am_pool {
	pthread_mutex_t lock;
	pthread_cond_t work; /* a job was queued, or closing */
	pthread_cond_t ends; /* a job is done */
	struct am_job *first, *last;
	bool closing;
	unsigned n_workers;
	struct worker workers[];
};

static struct am_job *take_job(struct am_pool *pool)
{
	while (!pool->first && !pool->closing)
		pthread_cond_wait(&pool->work, &pool->lock);
	struct am_job *job = pool->first;
	if (job) {
		pool->first = job->next;
		if (!pool->first)
			pool->last = NULL;
		job->next = NULL;
	}
	return job;
}

static void *work(void *user)
{
	const struct worker *self = user;
	struct am_pool *pool = self->pool;

	pthread_mutex_lock(&pool->lock);
	for (;;) {
		struct am_job *job = take_job(pool);
		if (!job)
			break;
		pthread_mutex_unlock(&pool->lock);
		job->run(job, self->number);
		pthread_mutex_lock(&pool->lock);
		job->done = true;
		pthread_cond_broadcast(&pool->ends);
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

void am_signals_elsewhere(sigset_t *before)
{
	static const int own[] = {SIGBUS, SIGSEGV, SIGFPE, SIGILL};
	sigset_t most;

	sigfillset(&most);
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		sigdelset(&most, own[i]);
	pthread_sigmask(SIG_SETMASK, &most, before);
}

static int start_worker(struct worker *w)
{
	sigset_t old;

	am_signals_elsewhere(&old);
	int sys = pthread_create(&w->thread, NULL, work, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return sys;
}

int am_pool_new(struct am_pool **out, unsigned n_workers, struct am_error *err)
{
	struct am_pool *pool =
		g_malloc0(sizeof *pool + n_workers * sizeof pool->workers[0]);

	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->work, NULL);
	pthread_cond_init(&pool->ends, NULL);
	*out = NULL;
	for (unsigned i = 0; i < n_workers; i++) {
		struct worker *w = &pool->workers[i];
		w->pool = pool;
		w->number = i;
		int sys = start_worker(w);
		if (sys) {
			am_pool_free(&pool);
			errno = sys;
			return am_fail_sys(err, AM_FAILED,
			                   "cannot start thread %u", i + 1);
		}
		pool->n_workers++;
	}
	*out = pool;
	return AM_OK;
}

void am_pool_free(struct am_pool **pool)
{
	struct am_pool *p = *pool;

	*pool = NULL;
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->closing = true;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->n_workers; i++)
		pthread_join(p->workers[i].thread, NULL);
	pthread_cond_destroy(&p->ends);
	pthread_cond_destroy(&p->work);
	pthread_mutex_destroy(&p->lock);
	g_free(p);
}

unsigned am_pool_slots(const struct am_pool *pool)
{
	return pool->n_workers ? pool->n_workers : 1;
}

void am_pool_submit(struct am_pool *pool, struct am_job *job)
{
	if (!pool->n_workers) {
		job->done = false;
		job->run(job, 0);
		job->done = true;
		return;
	}
	pthread_mutex_lock(&pool->lock);
	job->done = false;
	job->next = NULL;
	if (pool->last)
		pool->last->next = job;
	else
		pool->first = job;
	pool->last = job;
	pthread_cond_signal(&pool->work);
	pthread_mutex_unlock(&pool->lock);
}

void am_pool_wait(struct am_pool *pool, struct am_job *job)
{
	if (!pool->n_workers)
		return;
	pthread_mutex_lock(&pool->lock);
	while (!job->done)
		pthread_cond_wait(&pool->ends, &pool->lock);
	pthread_mutex_unlock(&pool->lock);
}
