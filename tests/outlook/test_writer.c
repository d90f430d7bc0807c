/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PSTs as they are written: checked, and read again. */
#include "outlook/pst_write/writer.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/bytes.h"
#include "base/file.h"
#include "model/ctx.h"
#include "outlook/mapi/tags.h"
#include "support/pst_items.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

TestSuite(writer, .fini = am_test_tmpdir_end);

Test(writer, an_empty_store)
{
	struct am_pst_writer *w = am_test_pst_writer("x.pst", 0);
	am_test_pst_written(&w, "x.pst");
	struct am_pst_store *store = am_test_pst_store("x.pst");
	cr_expect(am_pst_store_n_messages(store) == 0);
	const struct am_pst_folder *top = am_pst_store_folder(store, 0);
	const struct am_pst_folder *trash = am_pst_store_folder(store, 1);
	cr_expect(top->nid == 0x8022 && !top->outside);
	cr_expect(trash->role == AM_ROLE_TRASH && trash->up == 0);
	cr_expect_str_eq(trash->name, "Deleted Items");
	am_pst_store_close(&store);
}

Test(writer, one_message_comes_back)
{
	struct am_arena *arena = am_arena_new();
	struct am_mapi_item *item = am_test_mapi_item(arena, 1, 700);
	struct am_pst_writer *w = am_test_pst_writer("x.pst", 0);
	am_test_mapi_attach(item, "Bericht für alle.txt", 5000, 7);
	am_test_pst_put(w, am_test_pst_subfolder(w, 0, "Posteingang ☃"), item);
	am_test_pst_written(&w, "x.pst");
	struct am_pst_store *store = am_test_pst_store("x.pst");
	size_t n;
	am_pst_nid *list =
		am_test_pst_list(store, "Posteingang ☃", AM_PST_LISTED, &n);
	cr_assert(n == 1);
	am_test_pst_same(store, list[0], item);
	am_pst_store_close(&store);
	am_mapi_item_clear(item);
	am_arena_free(&arena);
	g_free(list);
}

/* Of every type, and none of them mail's. */
Test(writer, values_of_every_type)
{
	static const uint32_t tags[] = {
		0x60010002, 0x60020003, 0x60030004, 0x60040005, 0x60050006,
		0x60060007, 0x6007000a, 0x60080014, 0x60090040, 0x600a0048,
		0x600b001f, 0x600c001f, 0x600d0102, 0x600e1003, 0x600f1014,
		0x60101048, 0x6011101f, 0x60121102};
	static const size_t lens[] = {2,  4, 4,  8, 8,   8,  4,  8,  8,
	                              16, 8, 10, 7, 400, 24, 32, 12, 12};
	uint8_t bytes[400];
	struct am_arena *arena = am_arena_new();
	struct am_mapi_item *item = am_test_mapi_item(arena, 1, 0);
	struct am_pst_writer *w = am_test_pst_writer("x.pst", 0);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(17 * i + 1);
	for (size_t i = 0; i < AM_COUNT(tags); i++) {
		const struct am_mapi_prop p = {
			.tag = tags[i], .data = bytes, .len = lens[i]};
		am_mapi_props_add(&item->props, &p);
	}
	am_test_pst_put(w, 0, item);
	am_test_pst_written(&w, "x.pst");
	struct am_pst_store *store = am_test_pst_store("x.pst");
	am_test_pst_same(store, 0x200024, item);
	am_pst_store_close(&store);
	am_arena_free(&arena);
}

/* 8-bit text is Unicode's afterwards, in the tables too. */
Test(writer, text_of_a_code_page)
{
	struct am_arena *arena = am_arena_new();
	struct am_mapi_item *item = am_mapi_item_new(arena);
	const struct am_mapi_prop p = {.tag = 0x0037001e,
	                               .data = (const uint8_t *)"\x82\xa0",
	                               .len = 2};
	struct am_pst_writer *w = am_test_pst_writer("x.pst", 0);
	item->props.codepage = 932;
	am_mapi_props_add(&item->props, &p);
	am_test_pst_put(w, 0, item);
	am_test_pst_written(&w, "x.pst");
	struct am_pst_store *store = am_test_pst_store("x.pst");
	struct am_mapi_item *want = am_mapi_item_new(arena);
	am_mapi_put_text(&want->props, 0x37, "\xe3\x81\x82");
	/* And what it has, though nobody said so. */
	am_mapi_put_text(&want->props, 0x1a, "IPM.Note");
	const struct am_when epoch = {.known = true, .sec = 0};
	am_mapi_put_time(&want->props, 0x3007, &epoch);
	am_mapi_put_time(&want->props, 0x3008, &epoch);
	am_test_pst_same(store, 0x200024, want);
	am_pst_store_close(&store);
	am_arena_free(&arena);
}

/* What the layouts turn at: nothing, the heap's largest piece, blocks, lists of
 * blocks; in memory and out of it. */
Test(writer, sizes_around_every_boundary)
{
	static const size_t sizes[] = {
		0,    1,    2,     3579,  3580,  3581,    4084,    8175,
		8176, 8177, 16351, 16352, 16353, 8347695, 8347696, 8347697};
	struct am_arena *arena = am_arena_new();
	struct am_mapi_item *items[AM_COUNT(sizes)];
	struct am_pst_writer *w = am_test_pst_writer("x.pst", 0);
	for (unsigned i = 0; i < AM_COUNT(sizes); i++) {
		struct am_blob *blob = am_test_mapi_bytes(sizes[i], i);
		struct am_spool *spool = NULL;
		items[i] = am_test_mapi_item(arena, i, sizes[i] / 2);
		am_test_mapi_attach(items[i], "a", sizes[i], i);
		/* The same from a file. */
		am_mapi_put_blob(&items[i]->props, 0x10130102, blob);
		cr_assert(am_spool_open(&spool, 0, NULL, NULL) == 0);
		if (sizes[i])
			cr_assert(am_spool_write(spool, am_blob_bytes(blob),
			                         sizes[i], NULL) == 0);
		am_blob_unref(&blob);
		cr_assert(am_spool_seal(&spool, &blob, NULL) == 0);
		struct am_mapi_attachment *att =
			am_mapi_item_attachment(items[i]);
		att->data = blob;
		am_test_pst_put(w, 0, items[i]);
	}
	am_test_pst_written(&w, "x.pst");
	struct am_pst_store *store = am_test_pst_store("x.pst");
	size_t n;
	am_pst_nid *list = am_test_pst_list(store, "Top of Outlook data file",
	                                    AM_PST_LISTED, &n);
	cr_assert(n == AM_COUNT(sizes));
	for (size_t i = 0; i < n; i++) {
		am_test_pst_same(store, list[i], items[i]);
		am_mapi_item_clear(items[i]);
	}
	am_pst_store_close(&store);
	am_arena_free(&arena);
	g_free(list);
}

/* A context whose tree has one leaf, two, and one level more. */
Test(writer, many_properties)
{
	static const unsigned counts[] = {420, 430, 447, 460, 900, 5000};
	struct am_arena *arena = am_arena_new();
	struct am_mapi_item *items[AM_COUNT(counts)];
	struct am_pst_writer *w = am_test_pst_writer("x.pst", 0);
	for (unsigned i = 0; i < AM_COUNT(counts); i++) {
		struct am_mapi_props *p;
		items[i] = am_test_mapi_item(arena, i, 100);
		p = &items[i]->props;
		for (unsigned k = 0; k < counts[i]; k++) {
			struct am_mapi_name *name =
				am_arena_alloc(arena, sizeof(*name));
			struct am_mapi_prop prop = {.tag = AM_MAPI_BINARY,
			                            .name = name,
			                            .len = k % 97,
			                            .data = (uint8_t *)name};
			am_put_le32(name->set, AM_PSETID_COMMON);
			memcpy(name->set + 4, "\0\0\0\0\xc0\0\0\0\0\0\0\x46",
			       12);
			name->number = 0x9000 + k;
			prop.data = (const uint8_t *)am_arena_strndup(
				arena,
				".............................................."
				".."
				".............................................."
				".."
				"..",
				97);
			am_mapi_props_add(p, &prop);
		}
		am_test_pst_put(w, 0, items[i]);
	}
	am_test_pst_written(&w, "x.pst");
	struct am_pst_store *store = am_test_pst_store("x.pst");
	size_t n;
	am_pst_nid *list = am_test_pst_list(store, "Top of Outlook data file",
	                                    AM_PST_LISTED, &n);
	for (size_t i = 0; i < n; i++)
		am_test_pst_same(store, list[i], items[i]);
	am_pst_store_close(&store);
	am_arena_free(&arena);
	g_free(list);
}

Test(writer, recipients_and_attachments_by_the_hundred)
{
	struct am_arena *arena = am_arena_new();
	struct am_mapi_item *item = am_test_mapi_item(arena, 1, 10);
	struct am_pst_writer *w = am_test_pst_writer("x.pst", 0);
	for (unsigned i = 0; i < 2500; i++) {
		struct am_mapi_props *r = am_test_mapi_recipient(
			item, am_arena_printf(arena, "Name %u", i),
			am_arena_printf(arena, "a%u@example.org", i));
		/* Columns that few have, of each width. */
		if (i % 100 == 0) {
			const struct am_mapi_prop two = {
				.tag = 0x66020002,
				.len = 2,
				.data = (const uint8_t *)"ab"};
			const struct am_when when = {.known = true, .sec = i};
			am_mapi_props_add(r, &two);
			am_mapi_put_bool(r, 0x6601, true);
			am_mapi_put_time(r, 0x6603, &when);
			am_mapi_put_text_n(r, 0x6604, g_strnfill(4000, 'x'),
			                   4000);
		}
	}
	for (unsigned i = 0; i < 700; i++)
		am_test_mapi_attach(item, am_arena_printf(arena, "%u.bin", i),
		                    i * 13, i);
	am_test_pst_put(w, 0, item);
	am_test_pst_written(&w, "x.pst");
	struct am_pst_store *store = am_test_pst_store("x.pst");
	am_test_pst_same(store, 0x200024, item);
	am_pst_store_close(&store);
	am_mapi_item_clear(item);
	am_arena_free(&arena);
}

static struct am_mapi_item *nested(struct am_arena *arena, unsigned levels)
{
	struct am_mapi_item *item = am_test_mapi_item(arena, levels, 5000);

	am_test_mapi_attach(item, "beside.bin", 10000, levels);
	if (levels) {
		struct am_mapi_attachment *att = am_mapi_item_attachment(item);
		am_mapi_put_text(&att->props, AM_PR_DISPLAY_NAME, "inside");
		att->item = nested(arena, levels - 1);
		am_test_mapi_attach(item, "after.bin", 100, levels);
	}
	return item;
}

Test(writer, items_within_items)
{
	struct am_arena *arena = am_arena_new();
	struct am_mapi_item *item = nested(arena, 32);
	struct am_mapi_item *deep = nested(arena, 65);
	struct am_pst_writer *w = am_test_pst_writer("x.pst", 0);
	struct am_error err = {0};
	am_test_pst_put(w, 0, item);
	cr_expect(am_pst_writer_put(w, 0, deep, false, &err) == AM_FAILED);
	cr_expect(err.kind == AM_E_UNSUPPORTED, "%s", err.text);
	am_test_pst_put(w, 0, am_test_mapi_item(arena, 5, 5));
	am_test_pst_written(&w, "x.pst");
	struct am_pst_store *store = am_test_pst_store("x.pst");
	size_t n;
	am_pst_nid *list = am_test_pst_list(store, "Top of Outlook data file",
	                                    AM_PST_LISTED, &n);
	cr_assert(n == 2);
	am_test_pst_same(store, list[0], item);
	am_pst_store_close(&store);
	am_mapi_item_clear(item);
	am_mapi_item_clear(deep);
	am_arena_free(&arena);
	g_free(list);
}

Test(writer, folders_with_roles_and_classes)
{
	static const struct {
		const char *name, *class;
		enum am_role role;
	} list[] = {{"Eingang", "IPF.Note", AM_ROLE_INBOX},
	            {"Papierkorb", "IPF.Note", AM_ROLE_TRASH},
	            {"Gesendetes", "IPF.Note", AM_ROLE_SENT},
	            {"Entwürfe", "IPF.Note", AM_ROLE_DRAFTS},
	            {"Unerwünscht", "IPF.Note", AM_ROLE_JUNK},
	            {"Leute", "IPF.Contact", AM_ROLE_NONE}};
	struct am_pst_writer *w = am_test_pst_writer("x.pst", 0);
	struct am_error err = {0};
	am_pst_nid nid, deep = 0;
	for (size_t i = 0; i < AM_COUNT(list); i++)
		cr_assert(am_pst_writer_folder(w, 0, list[i].name,
		                               list[i].class, list[i].role,
		                               &nid, &err) == 0);
	for (unsigned i = 0; i < 40; i++)
		deep = am_test_pst_subfolder(w, deep ? deep : nid, "tief");
	cr_expect(am_pst_writer_folder(w, 0x12345, "x", NULL, AM_ROLE_NONE,
	                               &nid, &err) == AM_FAILED);
	am_test_pst_written(&w, "x.pst");
	struct am_pst_store *store = am_test_pst_store("x.pst");
	cr_expect(am_pst_store_n_folders(store) == 4 + 5 + 40);
	for (size_t i = 0; i < AM_COUNT(list); i++) {
		const struct am_pst_folder *f = NULL;
		for (size_t k = 0; k < am_pst_store_n_folders(store); k++)
			if (!strcmp(am_pst_store_folder(store, k)->name,
			            list[i].name))
				f = am_pst_store_folder(store, k);
		cr_assert(f, "%s", list[i].name);
		cr_expect_str_eq(f->class, list[i].class);
		/* An inbox has nothing but its name. */
		if (list[i].role != AM_ROLE_INBOX)
			cr_expect(f->role == list[i].role, "%s", f->name);
	}
	am_pst_store_close(&store);
}

Test(writer, hidden_items)
{
	struct am_arena *arena = am_arena_new();
	struct am_mapi_item *item = am_test_mapi_item(arena, 1, 10);
	struct am_pst_writer *w = am_test_pst_writer("x.pst", 0);
	am_pst_nid folder = am_test_pst_subfolder(w, 0, "Folder");
	struct am_error err = {0};
	for (unsigned i = 0; i < 300; i++) {
		cr_assert(am_pst_writer_put(w, folder, item, true, &err) == 0);
		am_test_pst_put(w, folder, item);
	}
	am_test_pst_written(&w, "x.pst");
	struct am_pst_store *store = am_test_pst_store("x.pst");
	size_t n;
	g_free(am_test_pst_list(store, "Folder", AM_PST_LISTED, &n));
	cr_expect(n == 300);
	g_free(am_test_pst_list(store, "Folder", AM_PST_ASSOCIATED, &n));
	cr_expect(n == 300);
	g_free(am_test_pst_list(store, "Folder", AM_PST_UNLISTED, &n));
	cr_expect(n == 0);
	am_pst_store_close(&store);
	am_arena_free(&arena);
}
