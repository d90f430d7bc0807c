/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/pst/rescue.h"

#include "base/arena.h"
#include "model/ctx.h"
#include "outlook/mapi/tags.h"
#include "outlook/pst/store.h"
#include "support/pst_sample.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

static unsigned n_told, n_other;

static void on_note(void *user, const struct am_note *note)
{
	(void)user;
	if (!strcmp(note->code, "pst.rescue")) {
		n_told++;
		cr_expect(note->level == AM_NOTE_ERROR);
		cr_expect(strstr(note->text, "page at offset"), "%s",
		          note->text);
	} else {
		n_other++;
	}
}

static struct am_ctx ctx = {.on_note = on_note};

TestSuite(rescue, .fini = am_test_tmpdir_end);

enum tree { NODES, BLOCKS, BOTH };

/* What stands at a tree's root is no page any more. */
static void destroy(GByteArray *file, enum tree tree)
{
	struct am_pst_header header;

	cr_assert(am_pst_header_decode(&header, file->data, file->len, NULL) ==
	          0);
	uint32_t page = am_pst_geometry(header.kind)->page;
	if (tree != BLOCKS)
		memset(file->data + header.nbt.at, 0x55, page);
	if (tree != NODES)
		memset(file->data + header.bbt.at, 0, page);
}

static char *write_file(GByteArray *file)
{
	am_test_write("x.pst", file->data, file->len);
	g_byte_array_free(file, TRUE);
	n_told = n_other = 0;
	return am_test_path("x.pst");
}

/* How many messages of the inbox have a subject. */
static size_t count_read(struct am_pst_store *store)
{
	struct am_arena *arena = am_arena_new();
	size_t found = 0;

	for (size_t f = 0; f < am_pst_store_n_folders(store); f++) {
		am_pst_nid *items = NULL;
		size_t n = 0;
		bool damaged = false;
		am_pst_store_items(store, f, AM_PST_LISTED, &items, &n,
		                   &damaged, NULL);
		cr_expect_not(damaged);
		for (size_t i = 0; i < n; i++) {
			struct am_pst_message msg;
			found += !am_pst_message_read(store, items[i], arena,
			                              &msg, NULL) &&
			         am_mapi_text(&msg.props, AM_PR_SUBJECT);
			am_arena_reset(arena);
		}
		g_free(items);
	}
	am_arena_free(&arena);
	return found;
}

/* Trees of two levels and more, without their roots: nothing is missing. */
Test(rescue, leaves_without_a_root)
{
	for (unsigned kind = 0; kind < 3; kind++)
		for (enum tree tree = NODES; tree <= BOTH; tree++) {
			GByteArray *file = am_test_pst_many(kind, 1500, 1500);
			struct am_pst_store *store = NULL;
			struct am_error err = {0};
			destroy(file, tree);
			char *path = write_file(file);
			cr_assert(am_pst_store_open(&store, path, 1252, &ctx,
			                            &err) == 0,
			          "%s", err.text);
			cr_expect_eq(am_pst_store_n_messages(store), 1500);
			cr_expect_eq(count_read(store), 1500, "kind %u tree %u",
			             kind, tree);
			cr_expect_eq(n_told, 1);
			cr_expect_eq(n_other, 0);
			cr_expect_eq(am_pst_store_n_lost(store),
			             tree == BLOCKS ? 0 : 1);
			/* Another thread's finds what this one has. */
			struct am_pst_store *again = am_pst_store_again(store);
			cr_expect_eq(count_read(again), 1500);
			cr_expect_eq(n_told, 1);
			am_pst_store_close(&again);
			am_pst_store_close(&store);
			g_free(path);
		}
}

/* A whole file is not looked through. */
Test(rescue, nothing_is_told_of_what_is_whole)
{
	struct am_pst_store *store = NULL;
	char *path = write_file(am_test_pst_many(AM_PST_UNICODE, 500, 500));

	cr_assert(am_pst_store_open(&store, path, 1252, &ctx, NULL) == 0);
	cr_expect_eq(count_read(store), 500);
	cr_expect_eq(n_told + n_other, 0);
	am_pst_store_close(&store);
	g_free(path);
}

static int count_node(void *user, const struct am_pst_nbt_entry *entry,
                      struct am_error *err)
{
	unsigned *n = user;

	(void)entry;
	(void)err;
	++*n;
	return AM_OK;
}

enum { FIRST = 0x200024, NODE_STEP = 0x20 };

/* N nodes with some data each, one of them deleted since. */
static GByteArray *nodes_of(unsigned n, unsigned deleted, am_pst_bid *bid)
{
	struct am_test_pst *p =
		am_test_pst_new(AM_PST_UNICODE, AM_PST_CRYPT_NONE);

	for (unsigned i = 0; i < n; i++) {
		am_pst_bid data = am_test_pst_data(p, &i, sizeof(i));
		am_test_pst_node(p, FIRST + i * NODE_STEP, 0x122, data, 0);
		if (i == deleted)
			*bid = data;
	}
	am_test_pst_forget(p, FIRST + deleted * NODE_STEP, am_test_pst_next(p));
	return am_test_pst_finish(p);
}

/* An old page names it, later ones would have to and do not. */
Test(rescue, what_was_deleted_stays_so)
{
	GByteArray *file = nodes_of(1000, 500, &(am_pst_bid){0});
	struct am_pst_nbt_entry entry;
	struct am_pst_ndb *ndb = NULL;
	unsigned n = 0;

	destroy(file, NODES);
	char *path = write_file(file);
	cr_assert(am_pst_ndb_open(&ndb, path, &ctx, NULL) == 0);
	for (unsigned i = 0; i < 1000; i++) {
		am_pst_nid nid = FIRST + i * NODE_STEP;
		struct am_error err = {0};
		int r = am_pst_ndb_node(ndb, nid, &entry, &err);
		cr_expect_eq(r != 0, i == 500, "node %u: %s", i, err.text);
		if (!r)
			cr_expect_eq(entry.nid, nid);
	}
	cr_expect(am_pst_rescue_each(ndb, "why", count_node, &n, NULL) == 0);
	cr_expect_eq(n, 999);
	am_pst_ndb_close(&ndb);
	g_free(path);
}

/* A place that has been written over since is not the block. */
Test(rescue, blocks_have_to_prove_themselves)
{
	am_pst_bid bid = 0;
	GByteArray *file = nodes_of(1000, 500, &bid);
	struct am_pst_bbt_entry where;
	struct am_pst_block *block = NULL;
	struct am_pst_ndb *ndb = NULL;
	struct am_error err = {0};

	destroy(file, BLOCKS);
	am_test_write("x.pst", file->data, file->len);
	char *path = am_test_path("x.pst");
	cr_assert(am_pst_ndb_open(&ndb, path, &ctx, NULL) == 0);
	cr_assert(am_pst_ndb_block(ndb, bid, &block, NULL) == 0);
	cr_expect_eq(block->bytes[0], 500 & 255);
	am_pst_block_unref(&block);
	cr_assert(am_pst_rescue_block(ndb, bid, "why", &where));
	am_pst_ndb_close(&ndb);
	g_free(path);

	file->data[where.block.at] ^= 1;
	path = write_file(file);
	cr_assert(am_pst_ndb_open(&ndb, path, &ctx, NULL) == 0);
	cr_expect(am_pst_ndb_block(ndb, bid, &block, &err) == AM_FAILED);
	cr_expect(strstr(err.text, "any more"), "%s", err.text);
	am_pst_ndb_close(&ndb);
	g_free(path);
}

/* Its messages are in the file still, whatever took the folder. */
Test(rescue, a_lost_folder_has_its_messages)
{
	static const struct am_test_prop subject[] = {
		AM_TEST_TEXT(0x1a, "IPM.Note"), AM_TEST_TEXT(0x37, "x")};
	static const struct am_test_prop top[] = {AM_TEST_TEXT(0x3001, "Top")};
	struct am_test_pst *p =
		am_test_pst_new(AM_PST_UNICODE, AM_PST_CRYPT_NONE);
	struct am_pst_store *store = NULL;
	struct am_error err = {0};
	am_pst_nid *items = NULL;
	size_t n = 0;
	bool damaged;

	am_test_pst_node(p, 0x122, 0x122, am_test_pst_pc(p, top, 1, NULL), 0);
	for (unsigned i = 0; i < 3; i++)
		am_test_pst_node(p, FIRST + i * NODE_STEP, 0x8042,
		                 am_test_pst_pc(p, subject, 2, NULL), 0);
	char *path = write_file(am_test_pst_finish(p));
	cr_assert(am_pst_store_open(&store, path, 1252, &ctx, &err) == 0, "%s",
	          err.text);
	cr_assert_eq(am_pst_store_n_folders(store), 2);
	cr_expect_str_eq(am_pst_store_folder(store, 1)->name, "folder 8042");
	am_pst_store_items(store, 1, AM_PST_UNLISTED, &items, &n, &damaged,
	                   NULL);
	cr_expect_eq(n, 3);
	cr_expect_gt(n_other, 0, "and it is told");
	g_free(items);
	am_pst_store_close(&store);
	g_free(path);
}
