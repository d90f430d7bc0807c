/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/writeback.h"

#include <fcntl.h>
#include <unistd.h>

void am_write_back(int fd, uint64_t at, uint64_t len)
{
#ifdef SYNC_FILE_RANGE_WRITE
	/* Where it cannot be done it is not done. */
	(void)!sync_file_range(fd, (off_t)at, (off_t)len,
	                       SYNC_FILE_RANGE_WRITE);
#else
	(void)fd;
	(void)at;
	(void)len;
#endif
}

void am_write_back_path(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return;
	am_write_back(fd, 0, 0);
	close(fd);
}
