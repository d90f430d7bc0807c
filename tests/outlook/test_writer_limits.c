/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the writer refuses, and that nothing is left of it. */
#include "outlook/pst_write/writer.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/file.h"
#include "model/ctx.h"
#include "outlook/mapi/tags.h"
#include "support/pst_items.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

TestSuite(writer_limits, .fini = am_test_tmpdir_end);

/* A file of so many bytes that takes no room. */
static struct am_file *sparse(const char *name, off_t size)
{
	struct am_file *file = NULL;
	char *path = am_test_path("%s", name);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	cr_assert(fd >= 0 && ftruncate(fd, size) == 0);
	close(fd);
	cr_assert(am_file_open(&file, path, NULL) == 0);
	g_free(path);
	return file;
}

/* An item with a file in it that ends before it should. */
static struct am_mapi_item *cut_off(struct am_arena *arena, size_t large)
{
	struct am_mapi_item *item = am_test_mapi_item(arena, 99, 20000);
	struct am_file *file = sparse("cut", (off_t)large);
	struct am_mapi_attachment *att;
	char *path = am_test_path("cut");

	am_test_mapi_attach(item, "whole", 300000, 1);
	att = am_mapi_item_attachment(item);
	cr_assert(am_blob_slice(&att->data, file, 0, large, NULL) == 0);
	cr_assert(truncate(path, (off_t)large / 2) == 0);
	am_file_unref(&file);
	g_free(path);
	return item;
}

static char *write_some(const char *name, bool with_bad, size_t *len)
{
	struct am_arena *arena = am_arena_new();
	struct am_mapi_item *bad[3] = {cut_off(arena, 600000),
	                               cut_off(arena, 40000),
	                               cut_off(arena, 9000)};
	struct am_pst_writer *w = am_test_pst_writer(name, 0);
	am_pst_nid folder = am_test_pst_subfolder(w, 0, "Folder");
	struct am_error err = {0};
	for (unsigned i = 0; i < 30; i++) {
		am_test_pst_put(w, folder,
		                am_test_mapi_item(arena, i, i * 1000));
		if (!with_bad)
			continue;
		err.kind = AM_E_NONE;
		cr_assert(am_pst_writer_put(w, folder, bad[i % 3], false,
		                            &err) == AM_FAILED);
		cr_expect(err.kind == AM_E_IO, "%s", err.text);
	}
	am_test_pst_written(&w, name);
	for (unsigned i = 0; i < 3; i++)
		am_mapi_item_clear(bad[i]);
	am_arena_free(&arena);
	return am_test_read(name, len);
}

/* An item that cannot be had whole is not there, to the last byte; and the same
 * calls make the same file. */
Test(writer_limits, what_failed_leaves_no_trace)
{
	size_t len_a, len_b;
	char *a = write_some("a.pst", false, &len_a);
	char *b = write_some("b.pst", true, &len_b);
	cr_assert(len_a == len_b);
	cr_expect(!memcmp(a, b, len_a));
	g_free(a);
	g_free(b);
}

Test(writer_limits, what_does_not_fit_is_refused_in_time)
{
	const uint64_t max = 0x4400 + 4 * UINT64_C(253952);
	struct am_arena *arena = am_arena_new();
	struct am_pst_writer *w = am_test_pst_writer("x.pst", max);
	struct am_error err = {0};
	struct am_mapi_item *large = am_test_mapi_item(arena, 1, 10);
	unsigned n = 0;
	int r;
	am_test_mapi_attach(large, "large", 2000000, 1);
	cr_expect(am_pst_writer_put(w, 0, large, false, &err) == AM_FAILED);
	cr_expect(err.kind == AM_E_LIMIT, "%s", err.text);
	do {
		struct am_mapi_item *item = am_test_mapi_item(arena, n, 3000);
		uint64_t before = am_pst_writer_size(w);
		cr_expect(before <= max);
		r = am_pst_writer_put(w, 0, item, false, &err);
		if (r)
			cr_expect(am_pst_writer_size(w) == before);
		else
			n++;
	} while (!r);
	cr_expect(r == AM_FAILED && err.kind == AM_E_LIMIT, "%s", err.text);
	/* Half of it at the least was for the items. */
	cr_expect(n > 70, "%u", n);
	am_test_pst_written(&w, "x.pst");
	struct am_pst_store *store = am_test_pst_store("x.pst");
	cr_expect(am_pst_store_n_messages(store) == n);
	am_pst_store_close(&store);
	am_mapi_item_clear(large);
	am_arena_free(&arena);
}

Test(writer_limits, folders_count_too)
{
	const uint64_t max = 0x4400 + 2 * UINT64_C(253952);
	struct am_pst_writer *w = am_test_pst_writer("x.pst", max);
	struct am_error err = {0};
	am_pst_nid nid;
	unsigned n = 0;
	int r = AM_OK;
	for (; !r && n < 5000; n++)
		r = am_pst_writer_folder(w, 0, "Folder", "IPF.Note",
		                         AM_ROLE_NONE, &nid, &err);
	cr_expect(r == AM_FAILED && err.kind == AM_E_LIMIT, "%s", err.text);
	cr_expect(n > 100 && n < 5000, "%u", n);
	am_test_pst_written(&w, "x.pst");
	struct am_pst_store *store = am_test_pst_store("x.pst");
	cr_expect(am_pst_store_n_folders(store) == n - 1 + 4);
	am_pst_store_close(&store);
}

Test(writer_limits, a_value_of_2_gib)
{
	struct am_arena *arena = am_arena_new();
	struct am_mapi_item *item = am_test_mapi_item(arena, 1, 10);
	struct am_mapi_attachment *att = am_mapi_item_attachment(item);
	struct am_file *file = sparse("large", (off_t)1 << 31);
	struct am_pst_writer *w = am_test_pst_writer("x.pst", AM_PST_SIZE_MAX);
	struct am_error err = {0};
	cr_assert(am_blob_slice(&att->data, file, 0, UINT64_C(1) << 31, NULL) ==
	          0);
	cr_expect(am_pst_writer_put(w, 0, item, false, &err) == AM_FAILED);
	cr_expect(err.kind == AM_E_UNSUPPORTED, "%s", err.text);
	am_pst_writer_drop(&w);
	am_mapi_item_clear(item);
	am_file_unref(&file);
	am_arena_free(&arena);
}

static unsigned count_files(void)
{
	GDir *dir = g_dir_open(am_test_tmpdir(), 0, NULL);
	unsigned n = 0;

	while (g_dir_read_name(dir))
		n++;
	g_dir_close(dir);
	return n;
}

Test(writer_limits, dropping_leaves_what_was_there)
{
	struct am_arena *arena = am_arena_new();
	am_test_write_text("x.pst", "what was there");
	struct am_pst_writer *w = am_test_pst_writer("x.pst", 0);
	for (unsigned i = 0; i < 300; i++)
		am_test_pst_put(w, 0, am_test_mapi_item(arena, i, 3000));
	cr_expect(count_files() == 2);
	am_pst_writer_drop(&w);
	cr_expect(!w && count_files() == 1);
	char *text = am_test_read("x.pst", NULL);
	cr_expect_str_eq(text, "what was there");
	g_free(text);
	am_arena_free(&arena);
}

/* A full disk: the error says which file, and nothing stays. */
Test(writer_limits, a_write_that_fails)
{
	struct am_arena *arena = am_arena_new();
	struct am_pst_writer *w = am_test_pst_writer("x.pst", 0);
	const struct rlimit limit = {1 << 20, 1 << 20};
	struct am_error err = {0};
	int r = AM_OK;
	signal(SIGXFSZ, SIG_IGN);
	cr_assert(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	for (unsigned i = 0; !r && i < 10000; i++)
		r = am_pst_writer_put(w, 0, am_test_mapi_item(arena, i, 3000),
		                      false, &err);
	cr_expect(r == AM_FATAL && err.kind == AM_E_IO, "%s", err.text);
	cr_expect(strstr(err.text, "x.pst"), "%s", err.text);
	r = am_pst_writer_put(w, 0, am_test_mapi_item(arena, 1, 1), false,
	                      &err);
	cr_expect(r == AM_FATAL);
	cr_expect(am_pst_writer_finish(&w, &err) == AM_FATAL && !w);
	cr_expect(count_files() == 0);
	am_arena_free(&arena);
}

/* Asked to stop, before an item and at the end. */
Test(writer_limits, cancelled)
{
	const struct am_pst_writer_options options = {.name = "x"};
	struct am_arena *arena = am_arena_new();
	char *path = am_test_path("x.pst");
	for (unsigned at = 0; at < 2; at++) {
		struct am_cancel cancel = {0};
		struct am_ctx ctx = {.cancel = &cancel};
		struct am_pst_writer *w = NULL;
		struct am_error err = {0};
		struct am_mapi_item *item = am_test_mapi_item(arena, 1, 10);
		cr_assert(am_pst_writer_open(&w, path, &options, &ctx, &err) ==
		          0);
		am_test_pst_put(w, 0, item);
		am_cancel_request(&cancel);
		int r = at ? am_pst_writer_finish(&w, &err)
		           : am_pst_writer_put(w, 0, item, false, &err);
		cr_expect(r == AM_FATAL && err.kind == AM_E_CANCELLED, "%s",
		          err.text);
		am_pst_writer_drop(&w);
		cr_expect(count_files() == 0);
	}
	am_arena_free(&arena);
	g_free(path);
}

Test(writer_limits, a_folder_that_is_not_there)
{
	const struct am_pst_writer_options options = {.max_size = 0};
	struct am_pst_writer *w = NULL;
	struct am_error err = {0};
	struct am_ctx ctx = {0};
	cr_expect(am_pst_writer_open(&w, "/nowhere/x.pst", &options, &ctx,
	                             &err) == AM_FATAL);
	cr_expect(!w && strstr(err.text, "/nowhere/x.pst"), "%s", err.text);
}

static unsigned n_left;

static void on_left(void *user, const struct am_note *note)
{
	(void)user;
	cr_expect_str_eq(note->code, "pst.property-left");
	cr_expect(note->level == AM_NOTE_LOSS);
	n_left++;
}

/* What a PST cannot hold is named and left out, and the item is good. */
Test(writer_limits, properties_that_cannot_be)
{
	static const struct am_mapi_prop bad[] = {
		{.tag = 0x66010003, .data = (const uint8_t *)"ab", .len = 2},
		{.tag = 0x6602000b, .data = (const uint8_t *)"", .len = 0},
		{.tag = 0x66030001, .data = (const uint8_t *)"", .len = 0},
		{.tag = 0x660400fd, .data = (const uint8_t *)"abcd", .len = 4},
		{.tag = 0x80050003, .data = (const uint8_t *)"abcd", .len = 4},
		{.tag = 0x66060102, .size = 70000, .store = 4},
		{.tag = 0x0037001e,
	         .data = (const uint8_t *)"twice",
	         .len = 5}};
	struct am_arena *arena = am_arena_new();
	struct am_mapi_item *item = am_test_mapi_item(arena, 1, 10);
	struct am_pst_writer_options options = {.name = "x"};
	struct am_ctx ctx = {.on_note = on_left};
	struct am_pst_writer *w = NULL;
	char *path = am_test_path("x.pst");
	cr_assert(am_pst_writer_open(&w, path, &options, &ctx, NULL) == 0);
	for (unsigned i = 0; i < AM_COUNT(bad); i++)
		am_mapi_props_add(&item->props, &bad[i]);
	am_test_pst_put(w, 0, item);
	cr_expect(n_left == AM_COUNT(bad), "%u", n_left);
	am_test_pst_written(&w, "x.pst");
	struct am_pst_store *store = am_test_pst_store("x.pst");
	item->props.n -= AM_COUNT(bad);
	am_test_pst_same(store, 0x200024, item);
	am_pst_store_close(&store);
	am_arena_free(&arena);
	g_free(path);
}
