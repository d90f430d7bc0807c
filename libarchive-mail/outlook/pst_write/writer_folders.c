/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Folders ([MS-PST] 2.4.4): a property context and three tables, which list
 * what is in it: folders, items, hidden items.  All are written at the end.
 */
#include "outlook/pst_write/writer_impl.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "outlook/mapi/item.h"

#include <string.h>

enum {
	TAG_NAME = 0x3001001f,
	TAG_COUNT = 0x36020003,
	TAG_UNREAD = 0x36030003,
	TAG_SUBFOLDERS = 0x360a000b,
	TAG_CLASS = 0x3613001f,
	TAG_DRAFTS = 0x36d70102,
	TAG_FURTHER = 0x36d81102,
	/* What one costs beside its names: a context, three tables, a row,
	 * with their blocks and nodes. */
	FOLDER_SIZE = 1536
};

struct am_pst_folder_out *am_pst_writer_find(struct am_pst_writer *w,
                                             am_pst_nid nid)
{
	am_pst_nid i = (nid >> 5) - AM_PST_FOLDER_FIRST;

	if ((nid & 0x1f) != AM_PST_TYPE_FOLDER || i >= w->folders->len)
		return NULL;
	return w->folders->pdata[i];
}

static uint8_t *wide_of(const char *text, size_t *len)
{
	struct am_arena *arena = am_arena_new();
	uint8_t *wide = am_mapi_utf16_of(arena, text, strlen(text), len);
	uint8_t *copy = g_memdup2(wide, *len + 1);

	am_arena_free(&arena);
	return copy;
}

static uint64_t size_of(const struct am_pst_folder_out *folder)
{
	/* Each is in the context and in the row, and a long one has a block of
	 * its own. */
	return FOLDER_SIZE + 4 * (folder->name_len + folder->class_len);
}

void am_pst_writer_name(struct am_pst_writer *w,
                        struct am_pst_folder_out *folder, const char *name,
                        const char *class)
{
	w->pending -= size_of(folder);
	g_free(folder->name);
	g_free(folder->class);
	folder->name = wide_of(name, &folder->name_len);
	folder->class = class ? wide_of(class, &folder->class_len) : NULL;
	if (!class)
		folder->class_len = 0;
	w->pending += size_of(folder);
}

struct am_pst_folder_out *am_pst_writer_add(struct am_pst_writer *w,
                                            am_pst_nid parent, const char *name,
                                            const char *class,
                                            enum am_role role)
{
	struct am_pst_folder_out *folder = g_new0(struct am_pst_folder_out, 1);
	struct am_pst_folder_out *up = am_pst_writer_find(w, parent);

	folder->nid = (AM_PST_FOLDER_FIRST + w->folders->len) << 5 |
	              AM_PST_TYPE_FOLDER;
	folder->parent = parent;
	folder->role = role;
	w->pending += size_of(folder);
	am_pst_writer_name(w, folder, name, class);
	if (up)
		up->n_children++;
	g_ptr_array_add(w->folders, folder);
	w->out.nids[AM_PST_TYPE_FOLDER] = folder->nid >> 5;
	return folder;
}

void am_pst_writer_take_back(struct am_pst_writer *w)
{
	struct am_pst_folder_out *folder =
		w->folders->pdata[w->folders->len - 1];
	struct am_pst_folder_out *up = am_pst_writer_find(w, folder->parent);

	w->pending -= size_of(folder);
	if (up)
		up->n_children--;
	w->out.nids[AM_PST_TYPE_FOLDER]--;
	g_ptr_array_set_size(w->folders, (gint)w->folders->len - 1);
}

void am_pst_folder_out_free(void *p)
{
	struct am_pst_folder_out *folder = p;

	am_pst_row_log_clear(&folder->rows[0]);
	am_pst_row_log_clear(&folder->rows[1]);
	g_free(folder->name);
	g_free(folder->class);
	g_free(folder);
}

int am_pst_writer_empty(struct am_pst_writer *w, enum am_pst_table table,
                        am_pst_bid *data, struct am_error *err)
{
	am_pst_bid sub;
	uint64_t size;

	*data = w->empty[table];
	if (*data && am_pst_out_share(&w->out, *data))
		return AM_OK;
	int r = am_pst_tc_begin(&w->context, &w->columns[table], err);
	if (!r)
		r = am_pst_tc_end(&w->context, data, &sub, &size, err);
	w->empty[table] = *data;
	return r;
}

int am_pst_writer_bag(struct am_pst_writer *w, am_pst_nid nid,
                      am_pst_nid parent, struct am_error *err)
{
	am_pst_bid data, sub;
	int r = am_pst_pc_settle(&w->context, &w->row, err);

	am_pst_bag_sort(&w->row);
	if (!r)
		r = am_pst_pc_put(&w->context, &w->row, &data, &sub, err);
	if (!r)
		am_pst_out_node(&w->out, nid, parent, data, sub);
	am_pst_bag_reset(&w->row);
	return r;
}

void am_pst_writer_entry_id(const uint8_t key[16], am_pst_nid nid,
                            uint8_t out[24])
{
	memset(out, 0, 4);
	memcpy(out + 4, key, 16);
	am_put_le32(out + 20, nid);
}

/* What both its context and its row have. */
static void fill_bag(struct am_pst_bag *bag,
                     const struct am_pst_folder_out *folder)
{
	am_pst_bag_reset(bag);
	am_pst_bag_bytes(bag, TAG_NAME, folder->name, folder->name_len);
	am_pst_bag_number(bag, TAG_COUNT, folder->rows[0].n);
	am_pst_bag_number(bag, TAG_UNREAD, folder->n_unread);
	am_pst_bag_number(bag, TAG_SUBFOLDERS, folder->n_children != 0);
	if (folder->class)
		am_pst_bag_bytes(bag, TAG_CLASS, folder->class,
		                 folder->class_len);
}

static int put_items(struct am_pst_writer *w, struct am_pst_folder_out *folder,
                     unsigned which, struct am_error *err)
{
	enum am_pst_table table =
		which ? AM_PST_TABLE_ASSOCIATED : AM_PST_TABLE_CONTENTS;
	unsigned type =
		which ? AM_PST_TYPE_ASSOCIATED_CONTENTS : AM_PST_TYPE_CONTENTS;
	am_pst_bid data = 0, sub = 0;
	uint64_t size;
	int r;

	if (!folder->rows[which].n) {
		r = am_pst_writer_empty(w, table, &data, err);
	} else {
		r = am_pst_tc_begin(&w->context, &w->columns[table], err);
		if (!r)
			r = am_pst_row_log_put(&w->rows, &folder->rows[which],
			                       &w->context, err);
		if (!r)
			r = am_pst_tc_end(&w->context, &data, &sub, &size, err);
	}
	if (!r)
		am_pst_out_node(&w->out, (folder->nid & ~0x1fu) | type, 0, data,
		                sub);
	am_pst_row_log_clear(&folder->rows[which]);
	return r;
}

/* ---- what is in what ---- */

static int by_parent(const void *a, const void *b)
{
	const struct am_pst_folder_out *x = *(void *const *)a,
				       *y = *(void *const *)b;

	if (x->parent != y->parent)
		return x->parent < y->parent ? -1 : 1;
	return x->nid < y->nid ? -1 : x->nid > y->nid;
}

/* The search folder that every store has, in the root. */
static void fill_spam(struct am_pst_bag *bag)
{
	static const uint8_t name[] = "S\0P\0A\0M\0 \0S\0e\0a\0r\0c\0h\0 "
				      "\0F\0o\0l\0d\0e\0r\0 \0002";

	am_pst_bag_reset(bag);
	am_pst_bag_bytes(bag, TAG_NAME, name, sizeof(name));
	am_pst_bag_number(bag, TAG_COUNT, 0);
	am_pst_bag_number(bag, TAG_UNREAD, 0);
	am_pst_bag_number(bag, TAG_SUBFOLDERS, 0);
}

static am_pst_nid parent_of(const GPtrArray *list, guint i)
{
	return ((const struct am_pst_folder_out *)list->pdata[i])->parent;
}

/* Those of this parent are children[from] to children[to - 1]. */
static int put_hierarchy(struct am_pst_writer *w, am_pst_nid parent,
                         const GPtrArray *children, guint from, guint to,
                         struct am_error *err)
{
	am_pst_bid data, sub = 0;
	uint64_t size;
	int r;

	if (from == to) {
		r = am_pst_writer_empty(w, AM_PST_TABLE_HIERARCHY, &data, err);
	} else {
		r = am_pst_tc_begin(&w->context,
		                    &w->columns[AM_PST_TABLE_HIERARCHY], err);
		if (!r && parent == AM_PST_NID_ROOT) {
			fill_spam(&w->row);
			r = am_pst_tc_row(&w->context, AM_PST_NID_SPAM, &w->row,
			                  err);
		}
		for (guint i = from; !r && i < to; i++) {
			const struct am_pst_folder_out *child =
				children->pdata[i];
			fill_bag(&w->row, child);
			r = am_pst_tc_row(&w->context, child->nid, &w->row,
			                  err);
		}
		if (!r)
			r = am_pst_tc_end(&w->context, &data, &sub, &size, err);
	}
	if (!r)
		am_pst_out_node(&w->out,
		                (parent & ~0x1fu) | AM_PST_TYPE_HIERARCHY, 0,
		                data, sub);
	return r;
}

static int put_hierarchies(struct am_pst_writer *w, struct am_error *err)
{
	GPtrArray *sorted = g_ptr_array_copy(w->folders, NULL, NULL);
	guint n = sorted->len, from = 0;
	int r = AM_OK;

	g_ptr_array_sort(sorted, by_parent);
	/* The root's children come first, then those of the folders, in the
	 * order of their ids. */
	for (guint i = 0; !r && i <= n; i++) {
		const struct am_pst_folder_out *up =
			i ? w->folders->pdata[i - 1] : NULL;
		am_pst_nid parent = up ? up->nid : AM_PST_NID_ROOT;
		guint to = from;
		while (to < n && parent_of(sorted, to) == parent)
			to++;
		r = put_hierarchy(w, parent, sorted, from, to, err);
		from = to;
	}
	g_ptr_array_set_free_func(sorted, NULL);
	g_ptr_array_free(sorted, TRUE);
	return r;
}

/* ---- the root ---- */

static am_pst_nid with_role(const struct am_pst_writer *w, enum am_role role)
{
	for (guint i = 0; i < w->folders->len; i++) {
		const struct am_pst_folder_out *f = w->folders->pdata[i];
		if (f->role == role)
			return f->nid;
	}
	return 0;
}

/* Six ids, of which the fifth is the junk folder's ([MS-OXOSFLD] 2.2.4). */
static void put_further(struct am_pst_bag *bag, const uint8_t key[16],
                        am_pst_nid junk, uint8_t bytes[52])
{
	enum { IDS = 6, JUNK = 4, HEAD = 4 + 4 * IDS };

	am_put_le32(bytes, IDS);
	for (unsigned i = 0; i < IDS; i++)
		am_put_le32(bytes + 4 + 4 * i, i > JUNK ? HEAD + 24 : HEAD);
	am_pst_writer_entry_id(key, junk, bytes + HEAD);
	am_pst_bag_bytes(bag, TAG_FURTHER, bytes, HEAD + 24);
}

static int put_root(struct am_pst_writer *w, struct am_error *err)
{
	am_pst_nid drafts = with_role(w, AM_ROLE_DRAFTS);
	am_pst_nid junk = with_role(w, AM_ROLE_JUNK);
	uint8_t key[16], id[24], further[52];
	am_pst_bid data;

	am_pst_writer_key(w, key);
	am_pst_bag_reset(&w->row);
	am_pst_bag_bytes(&w->row, TAG_NAME, "", 0);
	am_pst_bag_number(&w->row, TAG_COUNT, 0);
	am_pst_bag_number(&w->row, TAG_UNREAD, 0);
	am_pst_bag_number(&w->row, TAG_SUBFOLDERS, 1);
	if (drafts) {
		am_pst_writer_entry_id(key, drafts, id);
		am_pst_bag_bytes(&w->row, TAG_DRAFTS, id, sizeof(id));
	}
	if (junk)
		put_further(&w->row, key, junk, further);
	int r = am_pst_writer_bag(w, AM_PST_NID_ROOT, AM_PST_NID_ROOT, err);
	if (!r)
		r = am_pst_writer_empty(w, AM_PST_TABLE_CONTENTS, &data, err);
	if (!r) {
		am_pst_out_node(&w->out, 0x12e, 0, data, 0);
		r = am_pst_writer_empty(w, AM_PST_TABLE_ASSOCIATED, &data, err);
	}
	if (!r) {
		am_pst_out_node(&w->out, 0x12f, 0, data, 0);
		fill_spam(&w->row);
		r = am_pst_writer_bag(w, AM_PST_NID_SPAM, AM_PST_NID_ROOT, err);
	}
	return r;
}

int am_pst_writer_folders(struct am_pst_writer *w, struct am_error *err)
{
	int r = AM_OK;

	for (guint i = 0; !r && i < w->folders->len; i++) {
		struct am_pst_folder_out *folder = w->folders->pdata[i];
		r = put_items(w, folder, 0, err);
		if (!r)
			r = put_items(w, folder, 1, err);
		if (r)
			break;
		fill_bag(&w->row, folder);
		r = am_pst_writer_bag(w, folder->nid, folder->parent, err);
	}
	if (!r)
		r = put_hierarchies(w, err);
	return r ? r : put_root(w, err);
}
