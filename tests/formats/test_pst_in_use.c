/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A PST that another program is at work on. */
#include "formats/outlook/pst.h"
#include "support/listing.h"
#include "support/pst_sample.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

static int fd = -1;

static void set_up(void)
{
	GByteArray *file = am_test_pst_many(AM_PST_UNICODE, 3, 3);
	am_test_write("x.pst", file->data, file->len);
	g_byte_array_free(file, TRUE);
	char *path = am_test_path("x.pst");
	fd = open(path, O_RDWR | O_CLOEXEC);
	cr_assert(fd >= 0);
	g_free(path);
}

static void tear_down(void)
{
	close(fd);
	am_test_tmpdir_end();
}

TestSuite(pst_in_use, .init = set_up, .fini = tear_down);

static struct am_source *open_it(void)
{
	char *path = am_test_path("x.pst");
	struct am_location where = {.path = path};
	struct am_source *src = NULL;
	cr_assert(am_format_pst.open_source(&src, &where, am_test_ctx(),
	                                    NULL) == 0);
	g_free(path);
	return src;
}

/* To the end; how many messages. */
static unsigned read_all(struct am_source *src)
{
	struct am_item item = {0};
	unsigned n = 0;
	int r;
	while ((r = am_source_next(src, &item, NULL)) == AM_OK) {
		n += item.message != NULL;
		am_message_free(&item.message);
	}
	cr_expect(r == AM_END);
	return n;
}

Test(pst_in_use, is_left_in_peace_where_nobody_is)
{
	struct am_source *src = open_it();
	cr_expect(read_all(src) == 3);
	cr_expect(am_test_notes("pst.locked") == 0);
	cr_expect(am_test_notes("pst.not-closed") == 0);
	cr_expect(am_test_notes("pst.changed") == 0);
	am_source_close(&src);
}

Test(pst_in_use, is_told_where_somebody_holds_a_lock)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	cr_assert(fcntl(fd, F_OFD_SETLK, &lock) == 0);
	struct am_source *src = open_it();
	cr_expect(read_all(src) == 3);
	cr_expect(am_test_notes("pst.locked") == 1);
	am_source_close(&src);
}

Test(pst_in_use, is_told_where_the_lock_is_of_the_other_kind)
{
	cr_assert(flock(fd, LOCK_EX) == 0);
	struct am_source *src = open_it();
	cr_expect(read_all(src) == 3);
	cr_expect(am_test_notes("pst.locked") == 1);
	am_source_close(&src);
	cr_assert(flock(fd, LOCK_SH) == 0);
	src = open_it();
	cr_expect(read_all(src) == 3);
	cr_expect(am_test_notes("pst.locked") == 1, "another reader is none");
	am_source_close(&src);
}

/* fAMapValid at 248: 0 while Outlook writes. */
Test(pst_in_use, is_told_where_it_was_not_closed)
{
	cr_assert(pwrite(fd, "", 1, 248) == 1);
	struct am_source *src = open_it();
	cr_expect(read_all(src) == 3);
	cr_expect(am_test_notes("pst.not-closed") == 1);
	am_source_close(&src);
}

/* dwUnique at 40 is another with each header that is written. */
Test(pst_in_use, is_told_where_it_was_written_to_meanwhile)
{
	struct am_source *src = open_it();
	cr_assert(pwrite(fd, "\x7f", 1, 40) == 1);
	cr_expect(read_all(src) == 3);
	cr_expect(am_test_notes("pst.changed") == 1);
	am_source_close(&src);
}
