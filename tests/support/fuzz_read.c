/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/fuzz_read.h"

#include "base/blob.h"

#include <glib.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void on_note(void *user, const struct am_note *note)
{
	(void)user;
	if (!note->code || !*note->code || !*note->text)
		abort();
}

/* The first bytes are enough to know that it can be read. */
static void look(const struct am_blob *blob)
{
	uint8_t buf[256];
	size_t got;

	if (am_blob_read(blob, 0, buf, sizeof(buf), &got, NULL) ||
	    got > am_blob_size(blob))
		abort();
}

static void read_items(struct am_source *src)
{
	struct am_error err = {0};
	struct am_item item = {0};
	int r;

	while ((r = am_source_next(src, &item, &err)) != AM_END) {
		if (r == AM_FATAL || (r && !*err.text))
			abort();
		if (!r && item.message) {
			r = am_source_load(src, item.message, &err);
			if (r == AM_FATAL || (r && !*err.text))
				abort();
			if (!r)
				look(item.message->raw);
			am_message_free(&item.message);
		}
		memset(&item, 0, sizeof(item));
	}
}

void am_test_fuzz_read(const struct am_format *format,
                       const char *const *options, const uint8_t *data,
                       size_t len)
{
	struct am_ctx ctx = {.on_note = on_note};
	struct am_source *src = NULL;
	struct am_error err = {0};
	char path[64];
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		abort();
	(void)g_snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	struct am_location where = {.path = path, .options = options};
	if (!format->open_source(&src, &where, &ctx, &err)) {
		read_items(src);
		am_source_close(&src);
	} else if (!*err.text) {
		abort();
	}
	close(fd);
}
