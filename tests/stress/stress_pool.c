/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/pool.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * The pool under load, with a plain main() for ThreadSanitizer: several threads
 * submit and wait in order, the way the archive writer does; jobs are used
 * again at once, and their memory is written by the owner between runs without
 * any lock but the pool's.
 */
enum { SUBMITTERS = 3, RING = 16, ROUNDS = 20000, SLOTS = 4 };

struct item {
	struct am_job job;
	unsigned in, out;
	unsigned *scratch;
};

static unsigned scratch[SLOTS]; /* each belongs to one worker */
static struct am_pool *pool;

static void run(struct am_job *job, unsigned worker)
{
	struct item *item = AM_CONTAINER(job, struct item, job);

	item->scratch[worker]++;
	item->out = item->in * 2654435761u;
}

static void *submit_all(void *user)
{
	static struct item rings[SUBMITTERS][RING];
	struct item *ring = rings[*(unsigned *)user];
	unsigned bad = 0;

	for (unsigned i = 0; i < ROUNDS + RING; i++) {
		struct item *item = &ring[i % RING];
		if (i >= RING) {
			am_pool_wait(pool, &item->job);
			bad += item->out != (i - RING) * 2654435761u;
		}
		if (i < ROUNDS) {
			item->in = i;
			item->job.run = run;
			item->scratch = scratch;
			am_pool_submit(pool, &item->job);
		}
	}
	return bad ? pool : NULL;
}

int main(void)
{
	unsigned numbers[SUBMITTERS];
	pthread_t threads[SUBMITTERS];
	unsigned long total = 0;
	int bad = 0;

	if (am_pool_new(&pool, SLOTS, NULL))
		return EXIT_FAILURE;
	for (unsigned i = 0; i < SUBMITTERS; i++) {
		numbers[i] = i;
		if (pthread_create(&threads[i], NULL, submit_all, &numbers[i]))
			return EXIT_FAILURE;
	}
	for (unsigned i = 0; i < SUBMITTERS; i++) {
		void *result;
		pthread_join(threads[i], &result);
		bad += result != NULL;
	}
	am_pool_free(&pool);
	for (unsigned i = 0; i < SLOTS; i++)
		total += scratch[i];
	if (bad || total != (unsigned long)SUBMITTERS * ROUNDS) {
		(void)fprintf(stderr, "pool: %d bad, %lu jobs\n", bad, total);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
