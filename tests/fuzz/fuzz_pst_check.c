/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Changes to a good PST: each 4 bytes of the input say where (24 bits, within
 * what is used) and what to write there.  Whatever the result is, the check
 * ends, and what it counts is what it tells.
 */
#include "base/arena.h"
#include "base/blob.h"
#include "model/ctx.h"
#include "outlook/mapi/tags.h"
#include "outlook/pst/ndb_layout.h"
#include "outlook/pst_check/check.h"
#include "outlook/pst_write/writer.h"

#include <glib.h>
#include <glib/gstdio.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct am_mapi_item *make_item(struct am_arena *arena, unsigned depth)
{
	static const char *const words[] = {"one", "two"};
	static const struct am_mapi_name name = {.number = 5};
	static const uint8_t bytes[20000];
	struct am_mapi_item *item = am_mapi_item_new(arena);
	struct am_mapi_attachment *att = am_mapi_item_attachment(item);

	am_mapi_put_text(&item->props, AM_PR_SUBJECT, "Subject");
	am_mapi_put_int(&item->props, AM_PR_MESSAGE_FLAGS, 1);
	am_mapi_put_named_texts(&item->props, &name, words, 2);
	am_mapi_put_binary(&item->props, AM_PR_HTML, bytes, sizeof(bytes));
	am_mapi_put_text(am_mapi_item_recipient(item), AM_PR_DISPLAY_NAME, "B");
	if (depth)
		att->item = make_item(arena, depth - 1);
	else if (am_blob_copy(&att->data, bytes, 9000, NULL))
		abort();
	return item;
}

/* The file, and how much of it there is something in. */
static uint8_t *make_base(size_t *len, size_t *used)
{
	const struct am_pst_writer_options options = {.name = "x"};
	struct am_arena *arena = am_arena_new();
	struct am_mapi_item *item = make_item(arena, 2);
	struct am_pst_writer *w = NULL;
	char *dir = g_dir_make_tmp("fuzz-XXXXXX", NULL);
	char *path = g_build_filename(dir, "x.pst", NULL), *bytes = NULL;
	struct am_ctx ctx = {0};
	am_pst_nid folder;

	if (am_pst_writer_open(&w, path, &options, &ctx, NULL) ||
	    am_pst_writer_folder(w, 0, "F", "IPF.Note", AM_ROLE_SENT, &folder,
	                         NULL))
		abort();
	for (unsigned i = 0; i < 40; i++)
		if (am_pst_writer_put(w, folder, item, i % 20 == 0, NULL))
			abort();
	if (am_pst_writer_finish(&w, NULL) ||
	    !g_file_get_contents(path, &bytes, len, NULL))
		abort();
	for (*used = *len; *used && !bytes[*used - 1];)
		--*used;
	(void)g_unlink(path);
	(void)g_rmdir(dir);
	g_free(path);
	g_free(dir);
	am_mapi_item_clear(item);
	am_arena_free(&arena);
	return (uint8_t *)bytes;
}

struct heard {
	uint64_t n;
};

static void on_note(void *user, const struct am_note *note)
{
	struct heard *heard = user;

	heard->n++;
	if (strncmp(note->code, "pst.check.", 10) != 0 || !*note->text)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t *base;
	static size_t base_len, used;
	struct am_pst_check_result result;
	struct heard heard = {0};
	struct am_ctx ctx = {.on_note = on_note, .user = &heard};
	struct am_error err = {0};
	char path[64];
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (!base)
		base = make_base(&base_len, &used);
	uint8_t *copy = g_memdup2(base, base_len);
	for (size_t i = 0; i + 4 <= len; i += 4) {
		size_t at = (size_t)data[i] << 16 | (size_t)data[i + 1] << 8 |
		            data[i + 2];
		copy[at % used] = data[i + 3];
	}
	if (fd < 0 || write(fd, copy, base_len) != (ssize_t)base_len)
		abort();
	g_snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (am_pst_check(path, &ctx, &result, &err)) {
		if (!*err.text)
			abort();
	} else if (result.findings < heard.n ||
	           (result.findings > heard.n && heard.n < 1000)) {
		abort();
	}
	g_free(copy);
	close(fd);
	return 0;
}
