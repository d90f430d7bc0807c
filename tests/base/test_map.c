/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "helpers.h"

#include "base/map.h"
#include "base/pool.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <string.h>
#include <unistd.h>

static char *dir;

static void setup(void)
{
	dir = test_dir();
}

static void teardown(void)
{
	test_dir_remove(&dir);
}

TestSuite(map, .init = setup, .fini = teardown);

static struct am_map *map_of(const char *name, size_t len)
{
	char *bytes = g_malloc(len);

	memset(bytes, 'x', len);
	struct am_file *f = test_open(dir, name, bytes, len);
	struct am_map *m = am_map_new(f);
	cr_assert_not_null(m);
	/* The map stays. */
	am_file_unref(&f);
	g_free(bytes);
	return m;
}

static void cut(const char *name, off_t len)
{
	char *path = g_build_filename(dir, name, NULL);

	cr_assert_eq(truncate(path, len), 0);
	g_free(path);
}

Test(map, a_file_that_shrinks_reads_as_zeros)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct am_map *whole = map_of("whole", 3 * page);
	struct am_map *shorter = map_of("shorter", 3 * page);

	cr_expect_eq(am_map_data(shorter)[3 * page - 1], 'x');
	cut("shorter", 1);
	cr_expect_not(am_map_torn(shorter));
	cr_expect_eq(am_map_data(shorter)[2 * page + 5], 0);
	cr_expect(am_map_torn(shorter));
	cr_expect_eq(am_map_data(shorter)[page], 0);
	cr_expect_eq(am_map_data(shorter)[0], 'x');
	cr_expect_not(am_map_torn(whole));
	cr_expect_eq(am_map_data(whole)[3 * page - 1], 'x');
	am_map_free(&shorter);
	cr_expect_null(shorter);
	am_map_free(&shorter);
	am_map_free(&whole);
	cr_expect_not(am_map_torn(NULL));
}

struct reading {
	struct am_job job;
	const struct am_map *map;
	size_t at;
	uint8_t got;
};

static void read_one(struct am_job *job, unsigned worker)
{
	struct reading *r = AM_CONTAINER(job, struct reading, job);

	(void)worker;
	r->got = am_map_data(r->map)[r->at];
}

/* Workers hear no signals, but this one they cause themselves. */
Test(map, a_file_that_shrinks_reads_as_zeros_in_a_worker_too)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct am_map *m = map_of("cut", 2 * page);
	struct reading reading = {
		.job.run = read_one, .map = m, .at = page + 1, .got = 1};
	struct am_pool *pool;

	cut("cut", 1);
	cr_assert_eq(am_pool_new(&pool, 1, NULL), AM_OK);
	am_pool_submit(pool, &reading.job);
	am_pool_wait(pool, &reading.job);
	am_pool_free(&pool);
	cr_expect_eq(reading.got, 0);
	cr_expect(am_map_torn(m));
	am_map_free(&m);
}

Test(map, there_is_an_end_to_them_and_places_are_used_again)
{
	struct am_file *f = test_open(dir, "a", "abc", 3);
	struct am_file *none = test_open(dir, "none", "", 0);
	struct am_map *m[300];
	size_t n = 0;

	for (; n < AM_COUNT(m) && (m[n] = am_map_new(f)); n++)
		cr_expect_eq(memcmp(am_map_data(m[n]), "abc", 3), 0);
	cr_expect(n > 100 && n < AM_COUNT(m));
	am_map_free(&m[7]);
	m[7] = am_map_new(f);
	cr_expect_not_null(m[7]);
	cr_expect_null(am_map_new(none));
	while (n-- > 0)
		am_map_free(&m[n]);
	am_file_unref(&f);
	am_file_unref(&none);
}

/* What is no map's goes to whoever was there, before and after. */
static void others(int number)
{
	(void)number;
	_exit(7);
}

Test(map, other_trouble_is_not_taken, .exit_code = 7)
{
	signal(SIGBUS, others);
	struct am_map *m = map_of("a", 10);
	cr_assert_eq(am_map_data(m)[9], 'x');
	raise(SIGBUS);
	cr_assert_fail("nobody was told");
}

Test(map, ends_the_program_when_nobody_else_is_there, .signal = SIGBUS)
{
	signal(SIGBUS, SIG_DFL);
	struct am_map *m = map_of("a", 10);
	cr_assert_eq(am_map_data(m)[9], 'x');
	raise(SIGBUS);
	raise(SIGBUS);
	cr_assert_fail("it goes on");
}

Test(map, stands_in_front_of_one_that_came_later)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct am_map *m = map_of("a", 2 * page);

	signal(SIGBUS, others);
	am_map_listen();
	am_map_listen();
	cut("a", 0);
	cr_expect_eq(am_map_data(m)[page], 0);
	cr_expect(am_map_torn(m));
	am_map_free(&m);
}
