/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/batch.h"

#include "base/blob.h"
#include "model/ctx.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(batch, .fini = am_test_tmpdir_end, .timeout = 60);

static struct am_batch *open_batch(void)
{
	struct am_batch *batch = NULL;
	struct am_error err;

	cr_assert_eq(am_batch_open(&batch, am_test_tmpdir(), AM_BATCH_TMP,
	                           AM_DURABLE_BATCH, AM_EOL_KEEP, &err),
	             AM_OK, "%s", err.text);
	return batch;
}

static void write_one(const struct am_batch *batch)
{
	struct am_batch_file file;
	struct am_blob *blob = NULL;
	struct am_error err;

	cr_assert_eq(am_blob_copy(&blob, "a: b\n\n", 6, &err), AM_OK);
	cr_assert_eq(am_batch_write(batch, &file, blob, NULL, &err), AM_OK,
	             "%s", err.text);
	g_free(file.name);
	am_blob_unref(&blob);
}

/* A run with two files under way, that waits to be killed. */
static pid_t start_run(void)
{
	int ready[2];
	char c;

	(void)am_test_tmpdir();
	cr_assert_eq(pipe(ready), 0);
	pid_t pid = fork();
	if (!pid) {
		struct am_batch *batch = open_batch();
		write_one(batch);
		write_one(batch);
		(void)!write(ready[1], "x", 1);
		for (;;)
			pause();
	}
	cr_assert_eq(read(ready[0], &c, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void kill_run(pid_t pid)
{
	kill(pid, SIGKILL);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
}

/* -1: there is no such folder. */
static int files_there(void)
{
	char *path = am_test_path(AM_BATCH_TMP);
	GDir *dir = g_dir_open(path, 0, NULL);
	int n = dir ? 0 : -1;

	while (dir && g_dir_read_name(dir))
		n++;
	if (dir)
		g_dir_close(dir);
	g_free(path);
	return n;
}

static void take_note(void *user, const struct am_note *note)
{
	*(char **)user = g_strdup_printf("%s %s", note->code, note->text);
}

static void expect_told(const struct am_batch *batch, const char *want)
{
	char *told = NULL;
	struct am_ctx ctx = {.on_note = take_note, .user = &told};

	am_batch_tell_cleared(batch, &ctx, "x.leftovers");
	cr_assert_eq(told == NULL, want == NULL, "%s", told);
	if (want)
		cr_assert_str_eq(told, want);
	g_free(told);
}

Test(batch, clears_what_a_killed_run_left)
{
	kill_run(start_run());
	cr_assert_eq(files_there(), 3, "two and the lock");
	struct am_batch *batch = open_batch();
	expect_told(batch, "x.leftovers 2 unfinished files of a run that was "
	                   "broken off: removed");
	cr_expect_eq(files_there(), 1, "its own lock");
	am_batch_close(&batch);
	cr_expect_eq(files_there(), -1, "and the folder goes with it");
}

Test(batch, leaves_what_lives_and_what_is_not_its_own)
{
	pid_t pid = start_run();
	am_test_write_text(AM_BATCH_TMP "/mailark.1.2.3", "of who knows whom");
	am_test_write_text(AM_BATCH_TMP "/other.1.2.3", "of somebody else");
	struct am_batch *batch = open_batch();
	expect_told(batch, NULL);
	cr_expect_eq(files_there(), 2 + 1 + 2 + 1);
	am_batch_close(&batch);
	cr_expect_eq(files_there(), 2 + 1 + 2);
	kill_run(pid);
	batch = open_batch();
	cr_expect_eq(files_there(), 2 + 1);
	am_batch_close(&batch);
	cr_expect_eq(files_there(), 2);
}

Test(batch, two_at_once_leave_each_other_alone)
{
	struct am_batch *a = open_batch(), *b = open_batch();

	write_one(a);
	write_one(b);
	struct am_batch *c = open_batch();
	cr_expect_eq(files_there(), 3 + 2);
	am_batch_close(&a);
	am_batch_close(&b);
	am_batch_close(&c);
}

/* 300 bytes are too many for every file system: a plain name, the same for a
 * file and for what lies beside it. */
Test(batch, a_name_that_is_refused_becomes_a_plain_one)
{
	struct am_batch *batch = open_batch();
	struct am_error err = {0};
	char *long_name = g_strnfill(300, 'x');
	const char *const endings[] = {".eml.json", ".eml", ".eml"};

	for (size_t i = 0; i < AM_COUNT(endings); i++) {
		struct am_batch_file file = {0};
		struct am_blob *blob = NULL;
		char *path = g_strconcat("./", long_name, endings[i], NULL);
		cr_assert(!am_blob_copy(&blob, "x", 1, &err));
		cr_assert(!am_batch_write(batch, &file, blob, NULL, &err));
		cr_assert(!am_batch_put(batch, &file, path, &err));
		am_blob_unref(&blob);
		g_free(path);
	}
	cr_assert(!am_batch_commit(batch, &err), "%s", err.text);
	am_batch_close(&batch);
	char *root = am_test_path(".");
	GDir *d = g_dir_open(root, 0, NULL);
	unsigned n = 0, n_json = 0;
	for (const char *name; (name = g_dir_read_name(d)); n++) {
		cr_expect(g_str_has_prefix(name, "file~"), "%s", name);
		n_json += g_str_has_suffix(name, ".eml.json") ? 1 : 0;
	}
	cr_expect_eq(n, 3);
	cr_expect_eq(n_json, 1);
	g_dir_close(d);
	g_free(root);
	g_free(long_name);
}
