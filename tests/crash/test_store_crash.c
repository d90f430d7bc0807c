/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An import broken off at every single step that writes, in every way a step
 * can go wrong.  What must hold each time: the archive verifies in full, holds
 * exactly what some commit had made safe, and the same import run again ends
 * where an undisturbed one does.
 */
#include "base/file.h"
#include "model/format.h"
#include "store/archive.h"
#include "support/box.h"
#include "wraps.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MESSAGES = 60, EACH = 20, FAILED_EXIT = 3 };

TestSuite(store_crash, .timeout = 600);

struct place {
	char *dir, *path;
	const char *option;
};

static struct place new_place(const char *option)
{
	struct place p = {.dir = g_strdup("/tmp/am-crash-XXXXXX"),
	                  .option = option};

	cr_assert(mkdtemp(p.dir));
	p.path = g_build_filename(p.dir, "a.mailark", NULL);
	return p;
}

static void drop_place(struct place *p)
{
	cr_assert_eq(am_remove_tree(p->dir, NULL), AM_OK);
	g_free(p->dir);
	g_free(p->path);
}

static int import(const struct place *p, struct am_error *err)
{
	const char *options[] = {p->option, NULL};
	struct box_run run = {
		.from = 0, .to = MESSAGES, .each = EACH, .source = "box:1"};
	struct am_ctx ctx = {.tmpdir = p->dir};

	return box_import(&am_format_archive, p->path, options, &run, &ctx,
	                  err);
}

/* Messages by origin only: UIDs and ids must be the same as well. */
static char *dump(const struct place *p, guint *n)
{
	struct am_ctx ctx = {.tmpdir = p->dir};
	struct am_error err = {0};
	GPtrArray *lines = box_dump(&am_format_archive, p->path, &ctx, &err);

	cr_assert(lines, "%s", err.text);
	*n = 0;
	for (guint i = 0; i < lines->len; i++)
		*n += !strstr(g_ptr_array_index(lines, i), "(folder");
	char *text = box_join(lines);
	g_ptr_array_free(lines, TRUE);
	return text;
}

static void verify(const struct place *p, const char *when, unsigned step)
{
	struct am_ctx ctx = {.tmpdir = p->dir};
	struct am_verify_result v;
	struct am_error err = {0};

	int r = am_archive_verify(p->path, true, &ctx, &v, &err);
	cr_assert_eq(r, AM_OK, "%s, step %u: %s", when, step, err.text);
}

/* In a child: 0, or how it ended. */
static int import_in_child(const struct place *p, enum wrap_mode mode,
                           unsigned step)
{
	int status;

	wraps_arm(mode, 0);
	pid_t child = fork();
	if (!child) {
		struct am_error err = {0};
		wraps_arm(mode, step);
		int r = import(p, &err);
		if (!r)
			_exit(0);
		/* Whoever is told must hear something. */
		_exit(*err.text ? FAILED_EXIT : 1);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFEXITED(status), "step %u: signal %d", step,
	          WTERMSIG(status));
	/* Nothing of it for the parent. */
	wraps->at = 0;
	return WEXITSTATUS(status);
}

static unsigned count_steps(const char *option)
{
	struct place p = new_place(option);

	cr_assert_eq(import_in_child(&p, WRAP_COUNT, 1), 0);
	drop_place(&p);
	return wraps->steps;
}

static char *undisturbed(const char *option)
{
	struct place p = new_place(option);
	struct am_error err = {0};
	guint n;

	cr_assert_eq(import(&p, &err), AM_OK, "%s", err.text);
	char *text = dump(&p, &n);
	cr_assert_eq(n, MESSAGES);
	drop_place(&p);
	return text;
}

/* What the power's going might do: bytes that were never synced are lost, or
 * come back as zeros. */
static void lose_power(const struct place *p, unsigned step)
{
	struct stat st;

	if (stat(p->path, &st) || !S_ISREG(st.st_mode) ||
	    (uint64_t)st.st_size <= wraps->synced)
		return;
	uint64_t tail = (uint64_t)st.st_size - wraps->synced;
	int fd = open(p->path, O_RDWR | O_CLOEXEC);
	cr_assert_geq(fd, 0);
	if (step % 2) {
		cr_assert(!ftruncate(fd, (off_t)(wraps->synced + tail / 3)));
	} else {
		char zeros[512] = {0};
		for (uint64_t at = wraps->synced + tail / 3;
		     at + sizeof zeros < (uint64_t)st.st_size;
		     at += sizeof zeros)
			cr_assert_eq(pwrite(fd, zeros, sizeof zeros, (off_t)at),
			             (ssize_t)sizeof zeros);
	}
	close(fd);
}

static void check_after(const struct place *p, const char *when, unsigned step,
                        const char *want)
{
	struct am_error err = {0};
	guint n;

	if (g_file_test(p->path, G_FILE_TEST_EXISTS) &&
	    !g_file_test(p->path, G_FILE_TEST_IS_DIR)) {
		verify(p, when, step);
		char *text = dump(p, &n);
		cr_assert(n % EACH == 0, "%s, step %u: %u messages", when, step,
		          n);
		g_free(text);
	}
	cr_assert_eq(import(p, &err), AM_OK, "%s, step %u, again: %s", when,
	             step, err.text);
	verify(p, when, step);
	char *text = dump(p, &n);
	cr_assert_str_eq(text, want, "%s, step %u", when, step);
	g_free(text);
}

static void every_step(const char *option, enum wrap_mode mode, int exit_code,
                       bool power, const char *name)
{
	wraps_init();
	unsigned steps = count_steps(option);
	char *want = undisturbed(option);

	cr_log_info("%s: %u steps", name, steps);
	cr_assert_gt(steps, 10);
	for (unsigned step = 1; step <= steps; step++) {
		struct place p = new_place(option);
		int code = import_in_child(&p, mode, step);
		/* A lock's text that cannot be written may be borne. */
		cr_assert(code == exit_code || (!code && mode != WRAP_DIE),
		          "%s, step %u of %u: exit %d", name, step, steps,
		          code);
		if (power)
			lose_power(&p, step);
		check_after(&p, name, step, want);
		drop_place(&p);
	}
	g_free(want);
}

Test(store_crash, killed_before_each_step)
{
	every_step(NULL, WRAP_DIE, WRAP_EXIT, false, "killed before");
}

Test(store_crash, killed_behind_each_step)
{
	every_step(NULL, WRAP_DIE_AFTER, WRAP_EXIT, false, "killed behind");
}

Test(store_crash, killed_within_each_write)
{
	every_step(NULL, WRAP_DIE_SHORT, WRAP_EXIT, false, "killed within");
}

Test(store_crash, power_lost_at_each_step)
{
	every_step(NULL, WRAP_DIE_SHORT, WRAP_EXIT, true, "power lost");
}

Test(store_crash, disk_full_from_each_step_on)
{
	every_step(NULL, WRAP_ENOSPC, FAILED_EXIT, false, "disk full");
}

Test(store_crash, one_error_at_each_step)
{
	every_step(NULL, WRAP_EIO, FAILED_EXIT, false, "input/output error");
}

Test(store_crash, a_short_write_is_gone_on_with)
{
	every_step(NULL, WRAP_SHORT, 0, false, "short write");
}

Test(store_crash, killed_in_segments)
{
	every_step("segment=32k", WRAP_DIE, WRAP_EXIT, false, "segments");
}

Test(store_crash, disk_full_in_segments)
{
	every_step("segment=32k", WRAP_ENOSPC, FAILED_EXIT, false,
	           "segments, disk full");
}

/* ---- compact and repair leave the old one alone ---- */

static int compact_in_child(const struct place *p, enum wrap_mode mode,
                            unsigned step)
{
	struct am_ctx ctx = {.tmpdir = p->dir};
	int status;

	wraps_arm(mode, 0);
	pid_t child = fork();
	if (!child) {
		struct am_repair_result out;
		wraps_arm(mode, step);
		_exit(am_archive_compact(p->path, NULL, &ctx, &out, NULL)
		              ? FAILED_EXIT
		              : 0);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFEXITED(status), "step %u", step);
	wraps->at = 0;
	return WEXITSTATUS(status);
}

static void compact_steps(const char *option, enum wrap_mode mode)
{
	struct place p = new_place(option);
	struct am_error err = {0};
	guint n;

	wraps_init();
	cr_assert_eq(import(&p, &err), AM_OK, "%s", err.text);
	char *want = dump(&p, &n);
	unsigned step = 1;
	do {
		(void)compact_in_child(&p, mode, step);
		verify(&p, "compact", step);
		char *text = dump(&p, &n);
		cr_assert_str_eq(text, want, "compact, step %u", step);
		g_free(text);
	} while (step++ < wraps->steps && step < 200);
	/* And in the end one that is let be. */
	cr_assert_eq(compact_in_child(&p, WRAP_COUNT, 1), 0);
	verify(&p, "compact", step);
	g_free(want);
	drop_place(&p);
}

Test(store_crash, compact_killed_at_each_step)
{
	compact_steps(NULL, WRAP_DIE);
}

Test(store_crash, compact_killed_in_segments)
{
	compact_steps("segment=32k", WRAP_DIE_AFTER);
}

Test(store_crash, compact_with_a_full_disk)
{
	compact_steps(NULL, WRAP_ENOSPC);
}
