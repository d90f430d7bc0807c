/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "helpers.h"

#include "base/file.h"

#include <criterion/criterion.h>

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

Test(lock, one_owner_whose_text_the_other_reads)
{
	char *dir = test_dir();
	char *path = g_build_filename(dir, "lock", NULL);
	struct am_lock *a, *b;
	struct am_error err;
	char pid[20];

	cr_assert_eq(am_lock_take(&a, path, "import", NULL), AM_OK);
	cr_assert_eq(am_lock_take(&b, path, "verify", &err), AM_FAILED);
	cr_assert_eq(err.kind, AM_E_BUSY);
	g_snprintf(pid, sizeof pid, " %d ", (int)getpid());
	cr_assert(strstr(err.text, pid), "%s", err.text);
	cr_assert(g_str_has_suffix(err.text, " import"), "%s", err.text);
	cr_assert_null(b);
	am_lock_release(&a);
	cr_assert_null(a);
	am_lock_release(&a);
	cr_assert_eq(am_lock_take(&b, path, "verify", NULL), AM_OK);
	am_lock_release(&b);
	cr_assert_not(g_file_test(path, G_FILE_TEST_EXISTS));
	g_free(path);
	test_dir_remove(&dir);
}

Test(lock, a_file_left_by_a_dead_process_is_no_lock)
{
	char *dir = test_dir();
	char *path = g_build_filename(dir, "lock", NULL);
	struct am_lock *a;

	pid_t child = fork();
	if (!child)
		_exit(am_lock_take(&a, path, "x", NULL) != AM_OK);
	int status;
	cr_assert(waitpid(child, &status, 0) == child && !status);
	cr_assert(g_file_test(path, G_FILE_TEST_EXISTS));
	cr_assert_eq(am_lock_take(&a, path, "y", NULL), AM_OK);
	am_lock_release(&a);
	g_free(path);
	test_dir_remove(&dir);
}

Test(lock, never_two_at_once)
{
	char *dir = test_dir();
	char *path = g_build_filename(dir, "lock", NULL);
	char *held = g_build_filename(dir, "held", NULL);
	int bad = 0;

	for (int i = 0; i < 4; i++) {
		if (fork())
			continue;
		for (int n = 0; n < 300; n++) {
			struct am_lock *l;
			if (am_lock_take(&l, path, "race", NULL))
				continue;
			/* link fails when somebody else is in here. */
			if (link(path, held))
				_exit(1);
			unlink(held);
			am_lock_release(&l);
		}
		_exit(0);
	}
	for (int i = 0; i < 4; i++) {
		int status;
		wait(&status);
		bad += status != 0;
	}
	cr_assert_eq(bad, 0);
	g_free(path);
	g_free(held);
	test_dir_remove(&dir);
}
