/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A zip of any bytes opens or is an error.  What it lists is found by its name;
 * each member is as long as was said or an error, and the same a second time.
 */
#include "base/file.h"
#include "base/reader.h"
#include "base/zip.h"

#include <glib.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Members may lie in each other, and deflated zeros grow a thousandfold. */
enum { MOST = 4 << 20, MEMBERS = 200 };

/* Whether all of it came; *sum tells one reading from another. */
static bool drain(struct am_reader *in, uint64_t size, uint64_t *sum)
{
	struct am_error err = {0};
	const uint8_t *data;
	uint64_t n = 0;
	size_t len;
	int r;

	*sum = 0;
	while (!(r = am_reader_peek(in, 1, &data, &len, &err))) {
		if (!len)
			abort();
		*sum = *sum * 31 + data[0] + data[len - 1];
		n += len;
		am_reader_skip(in, len);
		if (n > size)
			abort();
		if (n > MOST)
			return false;
	}
	if (r == AM_END ? n != size : !*err.text)
		abort();
	return r == AM_END;
}

static bool read_member(const struct am_zip *zip, size_t i, uint64_t *sum)
{
	struct am_error err = {0};
	struct am_reader *in = NULL;
	bool whole = false;

	*sum = 0;
	if (!am_zip_reader(zip, i, &in, &err))
		whole = drain(in, am_zip_member(zip, i)->size, sum);
	else if (!*err.text)
		abort();
	am_reader_close(&in);
	return whole;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct am_file *file = NULL;
	struct am_zip *zip = NULL;
	struct am_error err = {0};
	char path[64];
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || am_write_all(fd, data, len, "memory", NULL))
		abort();
	(void)g_snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (am_file_open(&file, path, NULL))
		abort();
	if (am_zip_open(&zip, file, &err) && !*err.text)
		abort();
	am_file_unref(&file);
	size_t n = zip ? am_zip_n_members(zip) : 0;
	for (size_t i = 0; i < n && i < MEMBERS; i++) {
		const char *name = am_zip_member(zip, i)->name;
		size_t at = am_zip_find(zip, name);
		uint64_t first, second;
		if (at >= n || strcmp(am_zip_member(zip, at)->name, name) != 0)
			abort();
		if (read_member(zip, i, &first) !=
		            read_member(zip, i, &second) ||
		    first != second)
			abort();
	}
	am_zip_close(&zip);
	close(fd);
	return 0;
}
