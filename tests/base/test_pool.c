/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/pool.h"

#include <criterion/criterion.h>
#include <glib.h>

struct sum {
	struct am_job job;
	unsigned n, slots;
	uint64_t result;
	unsigned worker;
};

static void run_sum(struct am_job *job, unsigned worker)
{
	struct sum *s = AM_CONTAINER(job, struct sum, job);

	s->worker = worker;
	s->result = 0;
	for (unsigned i = 0; i <= s->n; i++)
		s->result += i;
}

Test(pool, jobs_run_once_each_with_any_number_of_workers)
{
	static const unsigned workers[] = {0, 1, 4};
	enum { JOBS = 2000 };
	struct sum *jobs = g_new0(struct sum, JOBS);

	for (size_t w = 0; w < G_N_ELEMENTS(workers); w++) {
		struct am_pool *pool;
		cr_assert_eq(am_pool_new(&pool, workers[w], NULL), AM_OK);
		unsigned slots = am_pool_slots(pool);
		cr_assert_eq(slots, workers[w] ? workers[w] : 1);
		for (int round = 0; round < 3; round++) {
			for (unsigned i = 0; i < JOBS; i++) {
				jobs[i].job.run = run_sum;
				jobs[i].n = i;
				am_pool_submit(pool, &jobs[i].job);
			}
			for (unsigned i = 0; i < JOBS; i++) {
				am_pool_wait(pool, &jobs[i].job);
				cr_assert_eq(jobs[i].result,
				             (uint64_t)i * (i + 1) / 2);
				cr_assert_lt(jobs[i].worker, slots);
			}
		}
		am_pool_free(&pool);
		cr_assert_null(pool);
		am_pool_free(&pool);
	}
	g_free(jobs);
}

Test(pool, free_finishes_what_was_submitted)
{
	for (unsigned workers = 0; workers < 3; workers++) {
		struct sum jobs[50] = {0};
		struct am_pool *pool;
		cr_assert_eq(am_pool_new(&pool, workers, NULL), AM_OK);
		for (unsigned i = 0; i < 50; i++) {
			jobs[i].job.run = run_sum;
			jobs[i].n = 10000;
			am_pool_submit(pool, &jobs[i].job);
		}
		am_pool_free(&pool);
		for (unsigned i = 0; i < 50; i++)
			cr_assert_eq(jobs[i].result, 50005000);
	}
}
