/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/lock.h"

#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(mbox_lock, .fini = am_test_tmpdir_end);

/* A process that is no more. */
static long dead(void)
{
	pid_t pid = fork();
	if (!pid)
		_exit(0);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	return pid;
}

/* The lock of a run that was killed is taken away; of one that lives, of
 * another machine's or another program's nobody knows. */
Test(mbox_lock, of_a_dead_run_of_ours_holds_nobody_up)
{
	struct am_error err = {0};
	char *path = g_build_filename(am_test_tmpdir(), "box", NULL);
	const struct {
		char *text;
		int want;
	} cases[] = {
		{g_strdup_printf("%ld\nmailark on %s\n", dead(),
	                         g_get_host_name()),
	         AM_OK},
		{g_strdup_printf("%ld\nmailark on %s\n", (long)getpid(),
	                         g_get_host_name()),
	         AM_FAILED},
		{g_strdup_printf("%ld\nmailark on x%s\n", dead(),
	                         g_get_host_name()),
	         AM_FAILED},
		{g_strdup_printf("%ld\n", dead()), AM_FAILED},
		{g_strdup("0\nmailark on \n"), AM_FAILED},
		{g_strdup(""), AM_FAILED},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		char *lock;
		am_test_write_text("box.lock", cases[i].text);
		cr_expect_eq(am_mbox_lock_dot(path, &lock, &err), cases[i].want,
		             "case %zu: %s", i, err.text);
		cr_expect_eq(lock != NULL, cases[i].want == AM_OK);
		am_mbox_unlock_dot(&lock);
		g_free(cases[i].text);
	}
	/* What we write ourselves is understood. */
	char *lock, *again;
	char *name = g_strconcat(path, ".lock", NULL);
	unlink(name);
	g_free(name);
	cr_assert_eq(am_mbox_lock_dot(path, &lock, &err), AM_OK);
	cr_expect_eq(am_mbox_lock_dot(path, &again, &err), AM_FAILED);
	cr_expect(strstr(err.text, "another program has the mailbox"));
	am_mbox_unlock_dot(&lock);
	g_free(path);
}
