/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders ([MS-PST] 2.4.4), and what a store must have. */
#include "outlook/pst_check/check_impl.h"

#include "base/bytes.h"
#include "outlook/mapi/tags.h"

#include <string.h>

enum {
	NID_ROOT = 0x122,
	TYPE_HIERARCHY = 0xd,
	TYPE_CONTENTS = 0xe,
	TYPE_ASSOCIATED = 0xf,
	ID_COUNT = 0x3602,
	ID_UNREAD = 0x3603,
	ID_SUBFOLDERS = 0x360a,
	FLAG_READ = 1,
	BUCKETS = 251,
	FIRST_BUCKET = 0x1000,
	BAG_FOLDER = 0,
	BAG_CHILD = 1
};

struct table {
	struct am_pst_checker *c;
	am_pst_nid nid, folder;
	uint32_t unread;
};

/* A row against the node it is about. */
static void check_row(void *user, const struct am_pst_check_row *row)
{
	struct table *t = user;
	struct am_pst_nbt_entry node;
	struct am_mapi_props bag;
	int64_t flags = 0;

	if (am_pst_ndb_node(t->c->ndb, row->id, &node, NULL)) {
		am_pst_finding(t->c, t->nid, "row",
		               "row 0x%" PRIx32 " is about no node", row->id);
		return;
	}
	if (node.parent != t->folder)
		am_pst_finding(t->c, t->nid, "row",
		               "row 0x%" PRIx32
		               " is about a node of another folder (0x%x)",
		               row->id, node.parent);
	(void)am_mapi_int(row->cells, AM_PR_MESSAGE_FLAGS, &flags);
	t->unread += !(flags & FLAG_READ);
	if (am_pst_check_bag(t->c, row->id, node.data, node.sub, BAG_CHILD,
	                     &bag))
		am_pst_check_parity(t->c, t->nid, row, &bag);
}

static uint32_t check_table(struct am_pst_checker *c, am_pst_nid folder,
                            unsigned type, uint32_t *unread)
{
	struct table t = {c, (folder & ~0x1fu) | type, folder, 0};
	struct am_pst_nbt_entry node;
	uint32_t n = 0;

	if (am_pst_ndb_node(c->ndb, t.nid, &node, NULL))
		am_pst_finding(c, folder, "folder", "it has no table 0x%x",
		               t.nid);
	else
		am_pst_check_table(c, t.nid, node.data, node.sub, check_row, &t,
		                   &n);
	*unread = t.unread;
	return n;
}

void am_pst_check_folder(struct am_pst_checker *c,
                         const struct am_pst_nbt_entry *node)
{
	struct am_mapi_props bag;
	int64_t count = -1, unread = -1;
	uint32_t n_unread, ignored;

	c->result->folders++;
	uint32_t n_folders =
		check_table(c, node->nid, TYPE_HIERARCHY, &ignored);
	uint32_t n = check_table(c, node->nid, TYPE_CONTENTS, &n_unread);
	(void)check_table(c, node->nid, TYPE_ASSOCIATED, &ignored);
	if (!am_pst_check_bag(c, node->nid, node->data, node->sub, BAG_FOLDER,
	                      &bag))
		return;
	if (!am_mapi_int(&bag, ID_COUNT, &count) || count != n)
		am_pst_finding(c, node->nid, "count",
		               "%" PRIu32 " items, and it says %" PRIi64, n,
		               count);
	if (!am_mapi_int(&bag, ID_UNREAD, &unread) || unread != n_unread)
		am_pst_finding(c, node->nid, "count",
		               "%" PRIu32 " unread items, and it says %" PRIi64,
		               n_unread, unread);
	if (am_mapi_bool(&bag, ID_SUBFOLDERS) != (n_folders != 0))
		am_pst_finding(c, node->nid, "count",
		               "%" PRIu32 " folders in it, and it says %s",
		               n_folders, n_folders ? "none" : "some");
}

/* ---- names ---- */

struct names {
	const uint8_t *entries, *strings;
	size_t n, strings_len;
	bool *seen;
};

static bool stream_of(const struct am_mapi_props *bag, unsigned id,
                      const uint8_t **out, size_t *len)
{
	const struct am_mapi_prop *p = am_mapi_find(bag, id);

	*out = p ? p->data : NULL;
	*len = p && p->data ? p->len : 0;
	return *len != 0;
}

/* Is the entry that a bucket names the one it means? */
static bool is_right(const struct names *names, unsigned bucket, uint32_t key,
                     uint16_t which, uint16_t index)
{
	if (index >= names->n || (key ^ which) % BUCKETS != bucket ||
	    names->seen[index])
		return false;
	names->seen[index] = true;
	struct am_cursor c = am_cursor(names->entries + 8 * index, 8);
	uint32_t number = am_get_le32(&c);
	if (am_get_le16(&c) != which)
		return false;
	if (!(which & 1))
		return number == key;
	c = am_cursor(names->strings, names->strings_len);
	(void)am_get_bytes(&c, number);
	uint32_t len = am_get_le32(&c);
	const uint8_t *text = am_get_bytes(&c, len);
	return text && am_pst_crc(text, len) == key;
}

static void check_names(struct am_pst_checker *c)
{
	struct am_pst_nbt_entry node;
	struct am_mapi_props bag;
	struct names names = {0};
	const uint8_t *bytes;
	size_t len, found = 0;

	if (am_pst_ndb_node(c->ndb, 0x61, &node, NULL) ||
	    !am_pst_check_bag(c, 0x61, node.data, node.sub, BAG_CHILD, &bag))
		return;
	if (!stream_of(&bag, 2, &bytes, &len) ||
	    !stream_of(&bag, 4, &names.strings, &names.strings_len) ||
	    !stream_of(&bag, 3, &names.entries, &len)) {
		am_pst_finding(c, 0x61, "names", "one of its streams is empty");
		return;
	}
	names.n = len / 8;
	names.seen = g_new0(bool, names.n + 1);
	for (unsigned b = 0; b < BUCKETS; b++) {
		if (!stream_of(&bag, FIRST_BUCKET + b, &bytes, &len))
			continue;
		struct am_cursor cur = am_cursor(bytes, len);
		while (am_cursor_left(&cur) >= 8) {
			uint32_t key = am_get_le32(&cur);
			uint16_t which = am_get_le16(&cur);
			uint16_t index = am_get_le16(&cur);
			if (is_right(&names, b, key, which, index))
				found++;
			else
				am_pst_finding(c, 0x61, "names",
				               "bucket %u has a wrong entry "
				               "(index %u)",
				               b, index);
		}
	}
	if (found != names.n)
		am_pst_finding(c, 0x61, "names",
		               "%zu names, of which the buckets have %zu",
		               names.n, found);
	g_free(names.seen);
}

/* ---- the rest ---- */

static void check_receive(struct am_pst_checker *c)
{
	struct am_pst_nbt_entry node;
	uint32_t n = 0;

	if (am_pst_ndb_node(c->ndb, 0x62b, &node, NULL))
		return;
	if (am_pst_check_table(c, 0x62b, node.data, node.sub, NULL, NULL, &n) &&
	    !n)
		am_pst_finding(c, 0x62b, "store",
		               "no folder receives mail of any class");
}

/* A folder that the store names by an entry id: 4 bytes, the store's key, the
 * node; with its tables. */
static void check_entry_id(struct am_pst_checker *c,
                           const struct am_mapi_props *store, unsigned id)
{
	const struct am_mapi_prop *key = am_mapi_find(store, AM_PR_RECORD_KEY);
	const struct am_mapi_prop *p = am_mapi_find(store, id);
	static const uint8_t types[] = {2, TYPE_HIERARCHY, TYPE_CONTENTS,
	                                TYPE_ASSOCIATED};
	struct am_pst_nbt_entry node;

	if (!p || !p->data || p->len != 24 || !key || !key->data ||
	    key->len != 16 || memcmp(p->data + 4, key->data, 16) != 0) {
		am_pst_finding(c, 0x21, "store",
		               "property 0x%04x is no id of a folder of it",
		               id);
		return;
	}
	struct am_cursor cur = am_cursor(p->data + 20, 4);
	am_pst_nid nid = am_get_le32(&cur);
	for (unsigned i = 0; i < AM_COUNT(types); i++)
		if (am_pst_ndb_node(c->ndb, (nid & ~0x1fu) | types[i], &node,
		                    NULL))
			am_pst_finding(c, nid, "store",
			               "node 0x%x of a folder that the store "
			               "needs is missing",
			               (nid & ~0x1fu) | types[i]);
}

void am_pst_check_store(struct am_pst_checker *c)
{
	static const am_pst_nid must[] = {0x21,   0x61,   0x122, 0x12d, 0x12e,
	                                  0x12f,  0x1e1,  0x201, 0x60d, 0x60e,
	                                  0x60f,  0x610,  0x62b, 0x671, 0x692,
	                                  0x2223, 0x2226, 0x2227};
	static const uint16_t folders[] = {AM_PR_SUBTREE_ENTRYID,
	                                   AM_PR_WASTEBASKET_ENTRYID, 0x35e7};
	struct am_pst_nbt_entry node;
	struct am_mapi_props bag;

	for (unsigned i = 0; i < AM_COUNT(must); i++)
		if (am_pst_ndb_node(c->ndb, must[i], &node, NULL))
			am_pst_finding(c, must[i], "store", "it is missing");
	if (!am_pst_ndb_node(c->ndb, 0x21, &node, NULL) &&
	    am_pst_check_bag(c, 0x21, node.data, node.sub, BAG_CHILD, &bag)) {
		for (unsigned i = 0; i < AM_COUNT(folders); i++)
			check_entry_id(c, &bag, folders[i]);
		if (!am_mapi_find(&bag, AM_PR_DISPLAY_NAME) ||
		    !am_mapi_find(&bag, 0x35df))
			am_pst_finding(c, 0x21, "store",
			               "it lacks its name or its mask");
	}
	check_names(c);
	check_receive(c);
}
