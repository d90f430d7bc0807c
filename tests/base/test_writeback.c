/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/writeback.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* A hint: nothing to see of it, and nothing is lost where it cannot be. */
Test(writeback, changes_nothing)
{
	char path[] = "/tmp/am-writeback-XXXXXX", back[4] = "";
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, "mail", 4), 4);
	am_write_back(fd, 0, 4);
	am_write_back(fd, 2, 0);
	am_write_back_path(path);
	cr_assert_eq(pread(fd, back, 4, 0), 4);
	cr_assert_arr_eq(back, "mail", 4);
	close(fd);
	unlink(path);
	am_write_back_path(path);
	am_write_back(-1, 0, 0);
	cr_assert_neq(access(path, F_OK), 0);
}
