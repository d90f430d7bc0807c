/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files whose tables, trees and maps have every storey there is. */
#include "outlook/pst_write/writer.h"

#include "base/arena.h"
#include "base/blob.h"
#include "outlook/mapi/tags.h"
#include "outlook/pst_write/space.h"
#include "support/pst_items.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

TestSuite(writer_large, .fini = am_test_tmpdir_end);

/* A heap with several bitmap blocks, an index of two levels, rows in many
 * blocks; trees of three and four levels. */
Test(writer_large, ten_thousand_in_a_folder)
{
	enum { N = 10000 };
	struct am_arena *arena = am_arena_new();
	struct am_pst_writer *w = am_test_pst_writer("x.pst", 0);
	am_pst_nid folder = am_test_pst_subfolder(w, 0, "Folder");
	for (unsigned i = 0; i < N; i++) {
		am_arena_reset(arena);
		am_test_pst_put(w, folder, am_test_mapi_item(arena, i, 50));
	}
	am_test_pst_written(&w, "x.pst");
	struct am_pst_store *store = am_test_pst_store("x.pst");
	size_t n;
	am_pst_nid *list = am_test_pst_list(store, "Folder", AM_PST_LISTED, &n);
	cr_assert(n == N);
	for (unsigned i = 0; i < N; i += 37) {
		am_arena_reset(arena);
		am_test_pst_same(store, list[i],
		                 am_test_mapi_item(arena, i, 50));
	}
	g_free(list);
	am_pst_store_close(&store);
	am_arena_free(&arena);
}

/* Rows that are too long for the heap are in both. */
Test(writer_large, long_values_in_tables)
{
	enum { N = 400 };
	struct am_arena *arena = am_arena_new();
	char *text = g_strnfill(9000, 'q');
	struct am_mapi_item *items[N];
	struct am_pst_writer *w = am_test_pst_writer("x.pst", 0);
	for (unsigned i = 0; i < N; i++) {
		items[i] = am_test_mapi_item(arena, i, 50);
		/* In front of what is there by then, so that lengths differ. */
		for (size_t k = 0; k < items[i]->props.n; k++)
			if (items[i]->props.list[k].tag >> 16 ==
			    AM_PR_DISPLAY_TO)
				items[i]->props.list[k] =
					items[i]->props
						.list[--items[i]->props.n];
		am_mapi_put_text_n(&items[i]->props, AM_PR_DISPLAY_TO, text,
		                   1700 + 15 * i);
		am_test_pst_put(w, 0, items[i]);
	}
	am_test_pst_written(&w, "x.pst");
	struct am_pst_store *store = am_test_pst_store("x.pst");
	size_t n;
	am_pst_nid *list = am_test_pst_list(store, "Top of Outlook data file",
	                                    AM_PST_LISTED, &n);
	cr_assert(n == N);
	for (unsigned i = 0; i < N; i++)
		am_test_pst_same(store, list[i], items[i]);
	g_free(list);
	g_free(text);
	am_pst_store_close(&store);
	am_arena_free(&arena);
}

/* Many folders that take turns: their rows go to one file and come back. */
Test(writer_large, folders_in_turns)
{
	enum { FOLDERS = 2000, ROUNDS = 6 };
	struct am_arena *arena = am_arena_new();
	struct am_pst_writer *w = am_test_pst_writer("x.pst", 0);
	am_pst_nid *folders = g_new0(am_pst_nid, FOLDERS);
	char *long_text = g_strnfill(1000, 'x');
	for (unsigned i = 0; i < FOLDERS; i++) {
		char name[20];
		g_snprintf(name, sizeof(name), "F%u", i);
		folders[i] = am_test_pst_subfolder(
			w, i < 50 ? 0 : folders[i % 50], name);
	}
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned i = 0; i < FOLDERS; i++) {
			struct am_mapi_item *item;
			am_arena_reset(arena);
			item = am_test_mapi_item(arena, i, round);
			am_mapi_put_text(&item->props, AM_PR_DISPLAY_BCC,
			                 long_text);
			am_test_pst_put(w, folders[i], item);
		}
	}
	am_test_pst_written(&w, "x.pst");
	struct am_pst_store *store = am_test_pst_store("x.pst");
	for (unsigned i = 0; i < FOLDERS; i += 111) {
		char name[20];
		size_t n;
		g_snprintf(name, sizeof(name), "F%u", i);
		am_pst_nid *list =
			am_test_pst_list(store, name, AM_PST_LISTED, &n);
		cr_assert(n == ROUNDS, "%s: %zu", name, n);
		for (unsigned round = 0; round < ROUNDS; round++) {
			am_arena_reset(arena);
			am_test_pst_same(store, list[round],
			                 am_test_mapi_item(arena, i, round));
		}
		g_free(list);
	}
	g_free(folders);
	g_free(long_text);
	am_pst_store_close(&store);
	am_arena_free(&arena);
}

/* Beyond the first FMap page, at 32.5 million bytes; and two storeys of lists
 * of blocks. */
Test(writer_large, an_attachment_of_40_mb)
{
	struct am_arena *arena = am_arena_new();
	struct am_mapi_item *item = am_test_mapi_item(arena, 1, 50);
	struct am_pst_writer *w = am_test_pst_writer("x.pst", 0);
	am_test_mapi_attach(item, "a", 40 << 20, 1);
	am_test_pst_put(w, 0, item);
	am_test_pst_put(w, 0, am_test_mapi_item(arena, 2, 50));
	am_test_pst_written(&w, "x.pst");
	struct am_pst_store *store = am_test_pst_store("x.pst");
	am_test_pst_same(store, 0x200024, item);
	am_pst_store_close(&store);
	am_mapi_item_clear(item);
	am_arena_free(&arena);
}
