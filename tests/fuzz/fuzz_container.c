/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files as people find them: compressed by anything, or a zip or tar, whole or
 * damaged.  All of it is read as far as some MiB; members are read or passed
 * over by turns.
 */
#include "base/file.h"
#include "base/reader.h"
#include "base/unpack.h"

#include <glib.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { MOST = 4 << 20, MEMBERS = 200 };

static void drain(struct am_reader *in, size_t *left)
{
	const uint8_t *data;
	size_t len;

	while (*left && !am_reader_peek(in, 1, &data, &len, NULL)) {
		if (!len)
			abort();
		len = MIN(len, *left);
		*left -= len;
		am_reader_skip(in, len);
	}
}

static void read_members(struct am_file *file, size_t *left)
{
	struct am_container *box = NULL;
	struct am_member m;

	if (am_container_open(&box, file, NULL))
		return;
	for (unsigned n = 0; n < MEMBERS && *left; n++) {
		struct am_reader *in = NULL;
		int r = am_container_next(box, &m, NULL);
		if (r == AM_END || r == AM_FATAL)
			break;
		if (r)
			continue;
		if (!m.name)
			abort();
		if (n % 3 != 2 && !am_container_reader(box, &in, NULL))
			drain(in, left);
		am_reader_close(&in);
	}
	am_container_close(&box);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct am_file *file = NULL;
	struct am_reader *in = NULL;
	char path[64];
	size_t left = MOST;
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || am_write_all(fd, data, len, "memory", NULL))
		abort();
	g_snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (am_file_open(&file, path, NULL))
		abort();
	(void)am_unpack_sniff(data, len);
	(void)am_container_sniff(data, len);
	if (!am_unpack_open(&in, file, NULL))
		drain(in, &left);
	am_reader_close(&in);
	left = MOST;
	read_members(file, &left);
	am_file_unref(&file);
	close(fd);
	return 0;
}
