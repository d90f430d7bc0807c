/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The first byte chooses.  Most often the whole source over one file: whatever
 * the bytes are, the messages' recipes put them together again.  With its top
 * bit: the bytes are messages, two 0xff between them, that go through the sink
 * and must come back from the source as they were.
 */
#include "base/blob.h"
#include "base/unpack.h"
#include "formats/mbox/mbox.h"
#include "model/folder.h"
#include "support/mbox_stored.h"

#include <glib.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool lost;

static void on_note(void *user, const struct am_note *note)
{
	(void)user;
	if (!strcmp(note->code, "mbox.as-imported-lost"))
		lost = true;
}

static const char *const ways[] = {"dialect=mboxrd", "dialect=mboxo",
                                   "dialect=mboxcl", "dialect=mboxcl2"};

static GPtrArray *cut_messages(const uint8_t *data, size_t len)
{
	GPtrArray *list =
		g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
	const uint8_t *end = data + len;
	for (;;) {
		const uint8_t *sep =
			memmem(data, (size_t)(end - data), "\xff\xff", 2);
		g_ptr_array_add(
			list,
			g_bytes_new(data, (size_t)((sep ? sep : end) - data)));
		if (!sep)
			return list;
		data = sep + 2;
	}
}

static void put(struct am_sink *sink, const struct am_folder *folder,
                GBytes *bytes, unsigned i)
{
	struct am_message *msg = NULL;
	enum am_outcome outcome;
	void *prepared = NULL;
	gsize n;
	const void *raw = g_bytes_get_data(bytes, &n);
	if (am_message_new(&msg, folder, NULL) ||
	    am_blob_copy(&msg->raw, raw ? raw : "", n, NULL))
		abort();
	msg->flags = i % 3 ? 0 : i % 128;
	if (am_sink_prepare(sink, msg, &prepared, NULL) ||
	    am_sink_put(sink, msg, &prepared, &outcome, NULL))
		abort();
	am_message_free(&msg);
}

static void same_again(const char *path, GPtrArray *list)
{
	struct am_ctx ctx = {0};
	struct am_location where = {.path = path};
	struct am_source *src = NULL;
	struct am_item item;
	unsigned i = 0;
	if (am_format_mbox.open_source(&src, &where, &ctx, NULL))
		abort();
	for (int r; (r = am_source_next(src, &item, NULL)) != AM_END;) {
		gsize n;
		if (r)
			abort();
		if (!item.message)
			continue;
		if (i == list->len)
			abort();
		const void *raw =
			g_bytes_get_data(g_ptr_array_index(list, i), &n);
		if (am_blob_size(item.message->raw) != n ||
		    (n && memcmp(am_blob_bytes(item.message->raw), raw, n)) ||
		    item.message->flags != (i % 3 ? 0 : i % 128))
			abort();
		i++;
		am_message_free(&item.message);
	}
	if (i != list->len)
		abort();
	am_source_close(&src);
}

static void there_and_back(uint8_t choice, const uint8_t *data, size_t len)
{
	const char *const part[] = {"x"};
	const char *options[] = {ways[choice & 3], choice & 4 ? "crlf" : NULL,
	                         NULL};
	struct am_folder *folder = NULL;
	struct am_sink *sink = NULL;
	struct am_ctx ctx = {0};
	GPtrArray *list = cut_messages(data, len);
	char *path = g_strdup_printf("%s/fuzz-mbox-%ld", g_get_tmp_dir(),
	                             (long)getpid());
	struct am_location where = {.path = path, .options = options};
	(void)unlink(path);
	if (am_format_mbox.open_sink(&sink, &where, &ctx, NULL) ||
	    am_folder_new(&folder, part, 1, AM_ROLE_NONE, NULL) ||
	    am_sink_folder(sink, folder, NULL))
		abort();
	for (unsigned i = 0; i < list->len; i++)
		put(sink, folder, g_ptr_array_index(list, i), i);
	if (am_sink_commit(sink, NULL))
		abort();
	am_sink_close(&sink);
	same_again(path, list);
	const struct am_folder *done = folder;
	am_folder_unref(&done);
	g_ptr_array_free(list, TRUE);
	(void)unlink(path);
	g_free(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const dialects[] = {"dialect=auto", "dialect=mboxrd",
	                                       "dialect=mboxo",
	                                       "dialect=mboxcl2"};
	static const size_t memory[] = {0, 1, 100, 5000};
	if (!len)
		return 0;
	if (data[0] & 0x80) {
		there_and_back(data[0], data + 1, len - 1);
		return 0;
	}
	const char *options[] = {dialects[data[0] & 3], NULL};
	struct am_ctx ctx = {.on_note = on_note};
	struct am_source *src = NULL;
	struct am_item item;
	char path[64];
	ctx.limits.spool_memory = memory[data[0] >> 2 & 3];
	data++;
	len--;
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		abort();
	g_snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	struct am_location where = {.path = path, .options = options};
	GByteArray *all = g_byte_array_new();
	bool failed = false, any = false;
	lost = false;
	if (!am_format_mbox.open_source(&src, &where, &ctx, NULL)) {
		int r;
		while ((r = am_source_next(src, &item, NULL)) != AM_END) {
			if (r == AM_FATAL)
				abort();
			failed |= r < 0;
			if (r || !item.message)
				continue;
			any = true;
			if (am_test_mbox_stored(all, item.message))
				abort();
			am_message_free(&item.message);
		}
		am_source_close(&src);
	}
	bool packed = am_unpack_sniff(data, len) != NULL;
	if (any && !failed && !lost && !packed &&
	    (all->len != len || memcmp(all->data, data, len)))
		abort();
	g_byte_array_free(all, TRUE);
	close(fd);
	return 0;
}
