/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The check finds each fault that is put into a good file. */
#include "outlook/pst_check/check.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "model/ctx.h"
#include "outlook/pst/crypt.h"
#include "outlook/pst/ndb_impl.h"
#include "support/pst_items.h"
#include "support/pst_sample.h"
#include "support/tmpdir.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

enum { ITEM = 0x200024, FOLDER = 0x8082, FAI = 0x100028 };

static uint8_t *file;
static size_t file_len;
static struct am_ctx silent;

/* Two items, one with attachments of which one is an item; one hidden. */
static void setup(void)
{
	struct am_arena *arena = am_arena_new();
	struct am_mapi_item *item = am_test_mapi_item(arena, 1, 20000);
	struct am_pst_writer *w = am_test_pst_writer("x.pst", 0);
	am_pst_nid folder = am_test_pst_subfolder(w, 0, "Folder");
	struct am_error err = {0};

	am_test_mapi_attach(item, "a", 100, 1);
	am_test_mapi_attach(item, "b", 100000, 2);
	am_mapi_item_attachment(item)->item = am_test_mapi_item(arena, 2, 9);
	am_test_pst_put(w, folder, item);
	am_test_pst_put(w, folder, am_test_mapi_item(arena, 3, 10));
	cr_assert(am_pst_writer_put(w, folder, am_test_mapi_item(arena, 4, 10),
	                            true, &err) == 0);
	am_test_pst_written(&w, "x.pst");
	am_mapi_item_clear(item);
	am_arena_free(&arena);
	file = (uint8_t *)am_test_read("x.pst", &file_len);
}

static void teardown(void)
{
	g_free(file);
	am_test_tmpdir_end();
}

TestSuite(check, .init = setup, .fini = teardown);

/* What is found when the file is as it is now: a word of it is expected. */
struct heard {
	const char *code;
	unsigned n, with_code;
};

static void on_note(void *user, const struct am_note *note)
{
	struct heard *h = user;

	h->n++;
	h->with_code += !strcmp(note->code, h->code);
	cr_expect(*note->text);
}

static void expect(const char *code, const char *what)
{
	struct heard h = {.code = code};
	struct am_ctx ctx = {.on_note = on_note, .user = &h};
	struct am_pst_check_result result;
	struct am_error err = {0};
	char *path = am_test_path("y.pst");

	am_test_write("y.pst", file, file_len);
	cr_assert(am_pst_check(path, &ctx, &result, &err) == 0, "%s", err.text);
	cr_expect(h.with_code, "%s: %u findings, none is %s", what, h.n, code);
	cr_expect(result.findings == h.n);
	g_free(path);
}

/* ---- getting at things ---- */

struct spot {
	am_pst_bid bid;
	uint64_t at;
	size_t len;
};

static struct am_pst_ndb *open_ndb(void)
{
	struct am_pst_ndb *ndb = NULL;
	char *path = am_test_path("x.pst");

	cr_assert(am_pst_ndb_open(&ndb, path, &silent, NULL) == 0);
	g_free(path);
	return ndb;
}

static struct spot spot_of(struct am_pst_ndb *ndb, am_pst_bid bid)
{
	struct am_pst_bbt_entry entry;
	const uint8_t *bytes;

	cr_assert(am_pst_bt_find(ndb, AM_PST_PAGE_BBT, bid, &bytes, NULL) == 0);
	am_pst_bbt_entry_decode(am_pst_geometry(AM_PST_UNICODE), &entry, bytes);
	return (struct spot){bid, entry.block.at, entry.size};
}

/* The block of a node, or of a subnode of it. */
static struct spot block_of(am_pst_nid nid, am_pst_nid sub)
{
	struct am_pst_ndb *ndb = open_ndb();
	struct am_pst_nbt_entry node;
	struct am_pst_sl_entry entry;

	cr_assert(am_pst_ndb_node(ndb, nid, &node, NULL) == 0);
	entry.data = node.data;
	if (sub)
		cr_assert(am_pst_sub_find(ndb, node.sub, sub, &entry, NULL) ==
		          0);
	struct spot spot = spot_of(ndb, entry.data);
	am_pst_ndb_close(&ndb);
	return spot;
}

static struct spot subs_of(am_pst_nid nid)
{
	struct am_pst_ndb *ndb = open_ndb();
	struct am_pst_nbt_entry node;

	cr_assert(am_pst_ndb_node(ndb, nid, &node, NULL) == 0);
	struct spot spot = spot_of(ndb, node.sub);
	am_pst_ndb_close(&ndb);
	return spot;
}

/* Its bytes as they mean; seal() puts them back with a good trailer. */
static uint8_t *unseal(const struct spot *spot)
{
	if (!(spot->bid & 2))
		am_pst_decrypt(AM_PST_CRYPT_PERMUTE, spot->bid, file + spot->at,
		               spot->len);
	return file + spot->at;
}

static void seal(const struct spot *spot)
{
	size_t room = (spot->len + 16 + 63) / 64 * 64;

	if (!(spot->bid & 2))
		am_pst_encrypt(AM_PST_CRYPT_PERMUTE, spot->bid, file + spot->at,
		               spot->len);
	am_put_le32(file + spot->at + room - 16 + 4,
	            am_pst_crc(file + spot->at, spot->len));
}

static void seal_page(uint8_t *page)
{
	am_put_le32(page + 500, am_pst_crc(page, 496));
}

/* A leaf of a tree that has this key. */
static uint8_t *entry_of(enum am_pst_page_type type, uint64_t key,
                         uint8_t **page)
{
	for (size_t at = 0x4400; at + 512 <= file_len; at += 512) {
		uint8_t *p = file + at;
		if (p[496] != type || p[497] != type || p[491])
			continue;
		for (unsigned i = 0; i < p[488]; i++) {
			struct am_cursor c = am_cursor(p + i * p[490], 8);
			*page = p;
			if (am_get_le64(&c) == key)
				return p + i * p[490];
		}
	}
	cr_assert_fail("no entry 0x%" PRIx64, key);
	return NULL;
}

/* Where a property's record stands in the context: {id, type, value}. */
static uint8_t *record_of(uint8_t *bytes, size_t len, uint32_t tag)
{
	for (size_t i = 0; i + 8 <= len; i++) {
		struct am_cursor c = am_cursor(bytes + i, 8);
		uint32_t id = am_get_le16(&c);
		if ((id << 16 | am_get_le16(&c)) == tag)
			return bytes + i;
	}
	cr_assert_fail("no property %08" PRIx32, tag);
	return NULL;
}

static void change(am_pst_nid nid, am_pst_nid sub, uint32_t tag, unsigned by,
                   const char *code)
{
	struct spot spot = block_of(nid, sub);
	uint8_t *record = record_of(unseal(&spot), spot.len, tag);
	char what[80];

	record[4] = (uint8_t)(record[4] ^ by);
	seal(&spot);
	g_snprintf(what, sizeof(what), "%x %x %08" PRIx32, nid, sub, tag);
	expect(code, what);
	unseal(&spot);
	record[4] = (uint8_t)(record[4] ^ by);
	seal(&spot);
}

/* ---- faults ---- */

Test(check, header_and_maps)
{
	static const struct {
		size_t at;
		const char *code, *what;
	} list[] = {
		{4, "pst.check.reading", "checksum"},
		{200, "pst.check.header", "free"},
		{192, "pst.check.header", "last map"},
		{184, "pst.check.header", "end"},
		{248, "pst.check.header", "valid"},
		{0x4400 + 40, "pst.check.map", "allocation map"},
		{0x4400 + 498, "pst.check.map", "its signature"},
		{0x4400 + 504, "pst.check.map", "its name"},
		{0x4600, "pst.check.map", "page map"},
	};
	for (unsigned i = 0; i < AM_COUNT(list); i++) {
		file[list[i].at] ^= 1;
		expect(list[i].code, list[i].what);
		file[list[i].at] ^= 1;
	}
	/* The counters of ids: of messages, of pages, of blocks. */
	static const size_t counters[] = {44 + 4 * 4 + 1, 32, 516};
	static const char *const codes[] = {
		"pst.check.header", "pst.check.page", "pst.check.block"};
	for (unsigned i = 0; i < AM_COUNT(counters); i++) {
		uint8_t *at = file + counters[i], was[2] = {at[0], at[1]};
		at[0] = at[1] = 0;
		expect(codes[i], "a counter");
		at[0] = was[0];
		at[1] = was[1];
	}
	/* With a good checksum, but of what is another's. */
	uint8_t *map = file + 0x4400;
	map[2] ^= 0x10;
	seal_page(map);
	expect("pst.check.map", "a unit that is taken");
	map[2] ^= 0x10;
	map[400] ^= 0x10;
	seal_page(map);
	expect("pst.check.map", "a unit that is free");
}

Test(check, trees)
{
	struct spot spot = block_of(ITEM, 0);
	uint8_t *page, *entry = entry_of(AM_PST_PAGE_BBT, spot.bid, &page);
	entry[18]++;
	seal_page(page);
	expect("pst.check.refs", "a count");
	entry[18]--;
	entry[8] += 64;
	seal_page(page);
	expect("pst.check.space", "where it lies");
	entry[8] -= 64;
	entry[16]--;
	seal_page(page);
	expect("pst.check.block", "its length");
	entry[16]++;
	page[498] ^= 1;
	expect("pst.check.page", "a signature");
	page[498] ^= 1;
	page[489]--;
	seal_page(page);
	expect("pst.check.page", "how many there can be");
	page[489]++;
	seal_page(page);
	entry = entry_of(AM_PST_PAGE_NBT, ITEM, &page);
	entry[24] ^= 0x80;
	seal_page(page);
	expect("pst.check.parent", "a parent");
	entry[24] ^= 0x80;
	entry[8] ^= 0x80;
	seal_page(page);
	expect("pst.check.refs", "data of another");
	entry[8] ^= 0x80;
	entry[0] ^= 0x40;
	seal_page(page);
	expect("pst.check.page", "an order");
	entry[0] ^= 0x40;
	seal_page(page);
}

Test(check, blocks_and_heaps)
{
	struct spot spot = block_of(ITEM, 0);
	size_t room = (spot.len + 16 + 63) / 64 * 64;
	uint8_t *end = file + spot.at + room - 16;
	file[spot.at + 3] ^= 1;
	expect("pst.check.block", "a bit");
	file[spot.at + 3] ^= 1;
	end[2] ^= 1;
	expect("pst.check.block", "a signature");
	end[2] ^= 1;
	end[8] ^= 4;
	expect("pst.check.block", "a name");
	end[8] ^= 4;

	uint8_t *bytes = unseal(&spot);
	struct am_cursor c = am_cursor(bytes, 2);
	uint8_t *map = bytes + am_get_le16(&c);
	static const struct {
		int at; /* below 0: of the map */
		const char *code, *what;
	} list[] = {{8, "pst.check.heap", "how full"},
	            {3, "pst.check.heap", "its kind"},
	            {0, "pst.check.heap", "where its map is"},
	            {-3, "pst.check.heap", "free pieces"},
	            {-5, "pst.check.heap", "the first piece"},
	            {-8, "pst.check.heap", "the second piece"}};
	for (unsigned i = 0; i < AM_COUNT(list); i++) {
		uint8_t *to = list[i].at < 0 ? map - list[i].at - 1
		                             : bytes + list[i].at;
		uint8_t was = *to;
		*to = (uint8_t)(was ^ (list[i].at == -8 ? 0x80 : 0x02));
		seal(&spot);
		expect(list[i].code, list[i].what);
		unseal(&spot);
		*to = was;
	}
	/* Two properties that change places. */
	uint8_t *record = record_of(bytes, spot.len, 0x0e080003), copy[8];
	memcpy(copy, record, 8);
	memmove(record, record + 8, 8);
	memcpy(record + 8, copy, 8);
	seal(&spot);
	expect("pst.check.properties", "an order");
}

Test(check, items)
{
	am_pst_nid attachment = 0x401 << 5 | 5;
	change(ITEM, 0, 0x0e080003, 1, "pst.check.size");
	change(ITEM, 0, 0x0e070003, 0x10, "pst.check.flags");
	change(ITEM, 0, 0x00170003, 1, "pst.check.row");
	change(FAI, 0, 0x0e070003, 0x20, "pst.check.row");
	change(ITEM, attachment, 0x0e200003, 1, "pst.check.size");
	change(ITEM, attachment, 0x370b0003, 1, "pst.check.row");
	change(FOLDER, 0, 0x36020003, 1, "pst.check.count");
	change(FOLDER, 0, 0x36030003, 1, "pst.check.count");
	change(FOLDER, 0, 0x360a000b, 1, "pst.check.count");
	/* A name that is read as another property's: it is lacking. */
	struct spot spot = block_of(ITEM, 0);
	uint8_t *record = record_of(unseal(&spot), spot.len, 0x300b0102);
	record[0] = 0x0c;
	seal(&spot);
	expect("pst.check.item", "a search key");
	unseal(&spot);
	record[0] = 0x0b;
	seal(&spot);
	/* An attachment that the table has and the item not. */
	spot = subs_of(ITEM);
	uint8_t *subs = unseal(&spot);
	for (unsigned i = 0; i < subs[2]; i++) {
		uint8_t *entry = subs + 8 + 24 * i;
		struct am_cursor c = am_cursor(entry, 4);
		if (am_get_le32(&c) != attachment)
			continue;
		entry[0] ^= 0x1f ^ 5;
		seal(&spot);
		expect("pst.check.row", "an attachment");
		entry[0] ^= 0x1f ^ 5;
	}
	seal(&spot);
}

Test(check, tables_and_names)
{
	/* Of the contents: row id and its bit, the index. */
	struct spot spot = block_of((FOLDER & ~0x1fu) | 0xe, 0);
	uint8_t *bytes = unseal(&spot);
	uint8_t *row = NULL, *index = NULL;
	for (size_t i = 0; i + 8 < spot.len; i++) {
		if (memcmp(bytes + i, "\x24\x00\x20\x00", 4) != 0)
			continue;
		if (!index)
			index = bytes + i;
		else if (!row)
			row = bytes + i;
	}
	cr_assert(row && index);
	row[0] ^= 0x40;
	seal(&spot);
	expect("pst.check.table", "a row's id");
	unseal(&spot);
	row[0] ^= 0x40;
	index[4] ^= 1;
	seal(&spot);
	expect("pst.check.table", "an index");
	unseal(&spot);
	index[4] ^= 1;
	row[122] ^= 0x10; /* bit 3: the class */
	seal(&spot);
	expect("pst.check.row", "a cell that is not there");
	unseal(&spot);
	row[122] ^= 0x10;
	/* The second column's bit. */
	uint8_t *column = NULL;
	for (size_t i = 0; !column && i + 8 < spot.len; i++)
		if (!memcmp(bytes + i, "\x03\x00\xf3\x67", 4))
			column = bytes + i;
	cr_assert(column);
	column[7]++;
	seal(&spot);
	expect("pst.check.table", "a column");
	unseal(&spot);
	column[7]--;
	/* One that must be there is another, of the same width. */
	for (size_t i = 0; i + 8 < spot.len; i++)
		if (!memcmp(bytes + i, "\x02\x01\x13\x30", 4))
			column = bytes + i;
	column[2]++;
	seal(&spot);
	expect("pst.check.table", "a column that is required");
	unseal(&spot);
	column[2]--;
	seal(&spot);

	spot = block_of(0x61, 0);
	bytes = unseal(&spot);
	uint8_t *bucket = NULL; /* of "Keywords": PS_PUBLIC_STRINGS, 0 */
	for (size_t i = 0; i + 8 < spot.len; i++)
		if (!memcmp(bytes + i, "\x05\x00\x00\x00", 4))
			bucket = bytes + i;
	cr_assert(bucket);
	bucket[-1] ^= 1;
	seal(&spot);
	expect("pst.check.names", "a bucket");
	unseal(&spot);
	bucket[-1] ^= 1;
	seal(&spot);
	/* A node that must be there. */
	uint8_t *page, *entry = entry_of(AM_PST_PAGE_NBT, 0x62b, &page);
	entry[0] ^= 0x10;
	seal_page(page);
	expect("pst.check.store", "a table of the store");
	entry[0] ^= 0x10;
	seal_page(page);
}

/* Whatever the bytes, it ends and says something. */
Test(check, rubbish)
{
	struct am_pst_check_result result;
	char *path = am_test_path("y.pst");
	uint32_t x = 12345;
	for (unsigned i = 0; i < 300; i++) {
		struct am_error err = {0};
		uint8_t *copy = g_memdup2(file, file_len);
		size_t len = file_len;
		if (i % 4 == 0)
			len = file_len / 300 * i;
		for (unsigned k = 0; k < 1u << i % 8; k++) {
			x = x * 1664525 + 1013904223;
			/* Where there is something. */
			size_t at = 0x4400 + (x >> 8) % 0x24000;
			if (k % 8 == 0)
				at = (x >> 8) % 564;
			copy[at % file_len] = (uint8_t)(x >> 3);
		}
		/* With checksums that are right, so that it is believed. */
		for (size_t at = 0x4800; i % 2 && at + 512 <= file_len;
		     at += 512)
			if (copy[at + 496] == 0x80 || copy[at + 496] == 0x81)
				seal_page(copy + at);
		am_test_write("y.pst", copy, len);
		int r = am_pst_check(path, &silent, &result, &err);
		cr_expect(r || result.findings || i % 4, "%u", i);
		g_free(copy);
	}
	g_free(path);
}

Test(check, other_layouts_are_refused)
{
	for (unsigned kind = 0; kind < 3; kind++) {
		GByteArray *sample = am_test_pst_sample(kind, kind);
		struct am_pst_check_result result;
		struct am_error err = {0};
		char *path = am_test_path("z.pst");
		am_test_write("z.pst", sample->data, sample->len);
		int r = am_pst_check(path, &silent, &result, &err);
		/* The builder's file has no maps. */
		cr_expect(kind == AM_PST_UNICODE
		                  ? !r && result.findings
		                  : r == AM_FAILED &&
		                            err.kind == AM_E_UNSUPPORTED,
		          "%s", err.text);
		g_byte_array_free(sample, TRUE);
		g_free(path);
	}
}
