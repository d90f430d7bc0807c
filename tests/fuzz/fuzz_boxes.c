/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The mailboxes that are single files: the first byte says of which kind the
 * rest is to be read.  Every message that comes can be read to its end, and all
 * of them together are no longer than what the file can hold (what is copied
 * twice by a damaged list counts once).
 */
#include "base/blob.h"
#include "formats/boxes/boxes.h"
#include "model/folder.h"
#include "model/source.h"

#include <glib.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define MOST 100000

static void read_through(const struct am_blob *raw)
{
	uint8_t buf[4096];
	uint64_t size = am_blob_size(raw), at = 0;
	size_t got;

	while (at < size) {
		if (am_blob_read(raw, at, buf, sizeof buf, &got, NULL) || !got)
			abort();
		at += got;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const deleted[] = {"deleted=yes", NULL};
	struct am_ctx ctx = {.limits = {.spool_memory = 4096}};
	struct am_source *src = NULL;
	struct am_item item;
	size_t kinds = 0, n = 0;
	int r;

	while (am_box_kinds[kinds])
		kinds++;
	if (!len)
		return 0;
	const struct am_box_kind *kind = am_box_kinds[data[0] % kinds];
	if (!kind->file)
		return 0;
	int fd = memfd_create("box", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data + 1, len - 1) != (ssize_t)(len - 1))
		abort();
	char *path = g_strdup_printf("/proc/self/fd/%d", fd);
	struct am_location where = {
		.path = path,
		.options = !strcmp(kind->format, "dbx") ? deleted : NULL};
	if (!am_boxes_open(&src, &where, kind, &ctx, NULL)) {
		while ((r = am_source_next(src, &item, NULL)) == AM_OK ||
		       r == AM_FAILED) {
			if (r == AM_OK && item.message) {
				read_through(item.message->raw);
				am_message_free(&item.message);
			}
			if (++n > MOST)
				abort(); /* it does not end */
		}
		am_source_close(&src);
	}
	g_free(path);
	close(fd);
	return 0;
}
