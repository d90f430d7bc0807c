/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a commit of many files asks of the disk, and what is there after it. */
#include "formats/mbox/mbox.h"
#include "model/sink.h"
#include "support/listing.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

TestSuite(mbox_commit, .fini = am_test_tmpdir_end, .timeout = 60);

/* In place of libc's: counted, and failing where a test wants it. */
static unsigned n_alone, n_together, fail_at;
static int fail_with;

int fdatasync(int fd)
{
	n_alone++;
	return (int)syscall(SYS_fdatasync, fd);
}

int syncfs(int fd)
{
	if (++n_together == fail_at) {
		errno = fail_with;
		return -1;
	}
	return (int)syscall(SYS_syncfs, fd);
}

static void put(struct am_sink *sink, unsigned folder, const char *text)
{
	char name[16];
	const struct am_test_message message = {.folder = {name},
	                                        .bytes = text};
	struct am_error err;

	g_snprintf(name, sizeof(name), "F%u", folder);
	cr_assert_eq(am_test_put(sink, &message, &err), AM_OK, "%s", err.text);
}

static void commit(struct am_sink *sink)
{
	struct am_error err;

	n_alone = n_together = 0;
	cr_assert_eq(am_sink_commit(sink, &err), AM_OK, "%s", err.text);
}

/* How often a word stands in a folder's file. */
static unsigned count(unsigned folder, const char *word)
{
	char name[32];
	size_t len;
	unsigned n = 0;

	g_snprintf(name, sizeof(name), "t/F%u.mbox", folder);
	if (!am_test_exists(name))
		return 0;
	char *text = am_test_read(name, &len);
	for (char *p = text; (p = strstr(p, word)); p++)
		n++;
	g_free(text);
	return n;
}

/* More files than are open at a time. */
enum { MANY = 60 };

Test(mbox_commit, many_files_are_synced_together)
{
	struct am_sink *sink = am_test_sink(&am_format_mbox, "t/", NULL);

	for (unsigned i = 0; i < MANY; i++)
		put(sink, i, "Subject: one\n\n1\n");
	cr_expect_eq(count(0, "Subject"), 0, "not before it is committed");
	commit(sink);
	cr_expect_eq(n_together, 2, "the bytes, then the names");
	cr_expect_eq(n_alone, 0);
	for (unsigned i = 0; i < MANY; i++)
		cr_expect_eq(count(i, "Subject: one\n"), 1, "F%u", i);
	/* Now they are there, and are appended to. */
	for (unsigned i = 0; i < MANY; i++)
		put(sink, i, "Subject: two\n\n2\n");
	commit(sink);
	cr_expect_eq(n_together, 2);
	cr_expect_eq(n_alone, 0);
	commit(sink);
	cr_expect_eq(n_together + n_alone, 0, "nothing was put");
	for (unsigned i = 0; i < MANY; i++)
		put(sink, i, "Subject: three\n\n3\n");
	am_sink_close(&sink);
	for (unsigned i = 0; i < MANY; i++) {
		cr_expect_eq(count(i, "Subject: two\n"), 1, "F%u", i);
		cr_expect_eq(count(i, "Subject: three\n"), 0, "F%u", i);
	}
}

/* syncfs(2) waits for what others write too: not for a file or two. */
Test(mbox_commit, few_files_are_synced_each)
{
	struct am_sink *sink = am_test_sink(&am_format_mbox, "t/", NULL);

	put(sink, 0, "Subject: one\n\n1\n");
	put(sink, 1, "Subject: one\n\n1\n");
	commit(sink);
	cr_expect_eq(n_together, 0);
	cr_expect_geq(n_alone, 4, "%u: each file and its name", n_alone);
	am_sink_close(&sink);
}

Test(mbox_commit, where_the_system_cannot_each_is_synced)
{
	struct am_sink *sink = am_test_sink(&am_format_mbox, "t/", NULL);

	for (unsigned i = 0; i < 5; i++)
		put(sink, i, "Subject: one\n\n1\n");
	fail_at = 1;
	fail_with = ENOSYS;
	commit(sink);
	cr_expect_geq(n_alone, 10, "%u", n_alone);
	cr_expect_eq(count(4, "Subject: one\n"), 1);
	am_sink_close(&sink);
}

/* A disk that has failed has failed for all of it. */
Test(mbox_commit, bytes_that_cannot_be_synced_get_no_name)
{
	struct am_sink *sink = am_test_sink(&am_format_mbox, "t/", NULL);
	struct am_error err;

	for (unsigned i = 0; i < 5; i++)
		put(sink, i, "Subject: one\n\n1\n");
	fail_at = 1;
	fail_with = EIO;
	cr_expect_eq(am_sink_commit(sink, &err), AM_FATAL);
	cr_expect(strstr(err.text, "cannot sync"), "%s", err.text);
	am_sink_close(&sink);
	for (unsigned i = 0; i < 5; i++)
		cr_expect_eq(count(i, "Subject"), 0, "F%u", i);
}
