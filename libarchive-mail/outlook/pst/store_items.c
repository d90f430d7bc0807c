/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is in a folder, and what is in a message. */
#include "outlook/pst/store_impl.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "outlook/mapi/tags.h"

#include <glib.h>

#include <string.h>

enum {
	TYPE_MESSAGE = 4,
	TYPE_ATTACHMENT = 5,
	TYPE_ASSOCIATED = 8,
	TYPE_CONTENTS = 0x0e,
	TYPE_ASSOCIATED_CONTENTS = 0x0f,
	NID_ATTACHMENTS = 0x671,
	NID_RECIPIENTS = 0x692
};

struct am_pst_ndb *am_pst_store_ndb(struct am_pst_store *store)
{
	return store->ndb;
}

const struct am_mapi_names *am_pst_store_names(const struct am_pst_store *store)
{
	return store->names;
}

size_t am_pst_store_n_folders(const struct am_pst_store *store)
{
	return store->folders->len;
}

const struct am_pst_folder *
am_pst_store_folder(const struct am_pst_store *store, size_t i)
{
	return &g_array_index(store->folders, struct am_pst_folder, i);
}

uint64_t am_pst_store_n_messages(const struct am_pst_store *store)
{
	uint64_t n = 0;

	for (guint i = 0; i < store->children->len; i++)
		n += (g_array_index(store->children, struct am_pst_child, i)
		              .nid &
		      0x1f) == TYPE_MESSAGE;
	return n;
}

size_t am_pst_store_n_lost(const struct am_pst_store *store)
{
	return store->lost->len;
}

const char *am_pst_store_lost(const struct am_pst_store *store, size_t i)
{
	return store->lost->pdata[i];
}

/* The messages that name this folder as their parent, of a type. */
static GArray *children_of(const struct am_pst_store *store, am_pst_nid parent,
                           unsigned type)
{
	const struct am_pst_child *list =
		(const struct am_pst_child *)(void *)store->children->data;
	GArray *found = g_array_new(FALSE, FALSE, sizeof(am_pst_nid));
	size_t low = 0, high = store->children->len;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (list[mid].parent < parent)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < store->children->len && list[low].parent == parent; low++)
		if ((list[low].nid & 0x1f) == type)
			g_array_append_val(found, list[low].nid);
	return found;
}

/* The row ids of the folder's table of that type; none is an empty one. */
static int table_of(struct am_pst_store *store, am_pst_nid folder,
                    unsigned type, uint32_t **out, size_t *n,
                    struct am_error *err)
{
	struct am_pst_nbt_entry node;
	struct am_error why = {0};

	*out = NULL;
	*n = 0;
	am_pst_ndb_about(store->ndb, (folder & ~0x1fu) | type);
	int r = am_pst_ndb_node(store->ndb, (folder & ~0x1fu) | type, &node,
	                        &why);
	if (!r && node.data)
		r = am_pst_tc_ids(store->ndb, node.data, out, n, &why);
	if (r && why.kind == AM_E_NOTFOUND && !*out &&
	    !am_pst_store_n_lost(store))
		return AM_OK;
	if (r && err)
		*err = why;
	return r;
}

static bool has(const uint32_t *sorted, size_t n, uint32_t what)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (sorted[mid] < what)
			low = mid + 1;
		else
			high = mid;
	}
	return low < n && sorted[low] == what;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

void am_pst_store_items(struct am_pst_store *store, size_t folder,
                        enum am_pst_which which, am_pst_nid **out, size_t *n,
                        bool *damaged, struct am_error *err)
{
	bool hidden = which == AM_PST_ASSOCIATED;
	am_pst_nid nid = am_pst_store_folder(store, folder)->nid;
	GArray *there = children_of(store, nid,
	                            hidden ? TYPE_ASSOCIATED : TYPE_MESSAGE);
	uint32_t *rows = NULL;
	size_t n_rows = 0;

	int r = table_of(store, nid,
	                 hidden ? TYPE_ASSOCIATED_CONTENTS : TYPE_CONTENTS,
	                 &rows, &n_rows, err);
	*damaged = r != 0;
	if (n_rows)
		qsort(rows, n_rows, sizeof(*rows), by_number);
	if (which == AM_PST_UNLISTED) {
		guint kept = 0;
		for (guint i = 0; !r && i < there->len; i++) {
			am_pst_nid one = g_array_index(there, am_pst_nid, i);
			if (!has(rows, n_rows, one))
				g_array_index(there, am_pst_nid, kept++) = one;
		}
		g_array_set_size(there, kept);
	} else if (!r) {
		g_array_set_size(there, 0);
		for (size_t i = 0; i < n_rows; i++)
			if (!i || rows[i] != rows[i - 1])
				g_array_append_val(there, rows[i]);
	}
	g_free(rows);
	*n = there->len;
	*out = (am_pst_nid *)(void *)g_array_free(there, FALSE);
}

int am_pst_message_read_at(struct am_pst_store *store,
                           const struct am_pst_sl_entry *where,
                           struct am_arena *arena, struct am_pst_message *out,
                           struct am_error *err)
{
	int64_t codepage = store->codepage;

	*out = (struct am_pst_message){
		.nid = where->nid, .data = where->data, .sub = where->sub};
	am_mapi_props_init(&out->props, arena);
	int r = am_pst_pc_read(store->ndb, where->data, where->sub, &out->props,
	                       &out->n_bad, err);
	if (r)
		return am_wrap(err, r, "message 0x%x", where->nid);
	if (!am_mapi_int(&out->props, AM_PR_MESSAGE_CODEPAGE, &codepage) &&
	    am_pst_ndb_header(store->ndb)->kind != AM_PST_ANSI)
		(void)am_mapi_int(&out->props, AM_PR_INTERNET_CODEPAGE,
		                  &codepage);
	if (codepage > 0 && am_mapi_charset((unsigned)codepage))
		out->props.codepage = (unsigned)codepage;
	return AM_OK;
}

int am_pst_message_read(struct am_pst_store *store, am_pst_nid nid,
                        struct am_arena *arena, struct am_pst_message *out,
                        struct am_error *err)
{
	struct am_pst_nbt_entry node;

	am_pst_ndb_about(store->ndb, nid);
	int r = am_pst_ndb_node(store->ndb, nid, &node, err);
	if (r)
		return am_wrap(err, r, "message 0x%x", nid);
	struct am_pst_sl_entry where = {nid, node.data, node.sub};
	return am_pst_message_read_at(store, &where, arena, out, err);
}

struct rows {
	struct am_arena *arena;
	unsigned codepage;
	GArray *list;
};

static int take_row(void *user, struct am_mapi_props *row, struct am_error *err)
{
	struct rows *rows = user;

	(void)err;
	row->codepage = rows->codepage;
	g_array_append_val(rows->list, *row);
	return AM_OK;
}

int am_pst_message_recipients(struct am_pst_store *store,
                              const struct am_pst_message *msg,
                              struct am_arena *arena,
                              struct am_mapi_props **out, size_t *n,
                              struct am_error *err)
{
	struct rows rows = {arena, msg->props.codepage, NULL};
	struct am_pst_sl_entry table;
	struct am_error why = {0};

	*out = NULL;
	*n = 0;
	int r = am_pst_sub_find(store->ndb, msg->sub, NID_RECIPIENTS, &table,
	                        &why);
	if (r && why.kind == AM_E_NOTFOUND)
		return AM_OK;
	rows.list = g_array_new(FALSE, FALSE, sizeof(struct am_mapi_props));
	if (!r)
		r = am_pst_tc_each(store->ndb, table.data, table.sub, arena,
		                   take_row, &rows, &why);
	if (!r && rows.list->len) {
		size_t size = rows.list->len * sizeof(**out);
		*n = rows.list->len;
		*out = am_arena_alloc(arena, size);
		memcpy(*out, rows.list->data, size);
	}
	g_array_free(rows.list, TRUE);
	if (r && err)
		*err = why;
	return r ? am_wrap(err, r, "recipients of message 0x%x", msg->nid)
	         : AM_OK;
}

/* {node u32, size u32} in the attachment's own subnodes. */
static void find_embedded(struct am_pst_store *store,
                          struct am_pst_attachment *att)
{
	const struct am_mapi_prop *p =
		am_mapi_find(&att->props, AM_PR_ATTACH_DATA);
	struct am_pst_sl_entry *found = NULL;
	size_t n = 0;
	int r = AM_FAILED;

	if (p && p->data && p->len >= 4) {
		struct am_cursor c = am_cursor(p->data, p->len);
		r = am_pst_sub_find(store->ndb, att->sub, am_get_le32(&c),
		                    &att->message, &att->why);
	}
	/* The record is wrong or missing: there is one message at most. */
	if (r &&
	    !am_pst_sub_list(store->ndb, att->sub, TYPE_MESSAGE, &found, &n,
	                     &att->why) &&
	    n == 1) {
		att->message = found[0];
		r = AM_OK;
	}
	g_free(found);
	att->has_message = !r;
	if (r && !att->why.kind)
		(void)am_fail(&att->why, AM_FAILED, AM_E_FORMAT,
		              "the embedded message is not there");
	if (!r)
		att->why = (struct am_error){0};
}

/* An OLE object: the record names a subnode whose data it is. */
static void find_object(struct am_pst_store *store,
                        struct am_pst_attachment *att)
{
	const struct am_mapi_prop *p =
		am_mapi_find(&att->props, AM_PR_ATTACH_DATA);
	struct am_pst_sl_entry entry;

	if (!p || !p->data || am_mapi_type_of(p) != AM_MAPI_OBJECT ||
	    p->len < 4)
		return;
	struct am_cursor c = am_cursor(p->data, p->len);
	if (am_pst_sub_find(store->ndb, att->sub, am_get_le32(&c), &entry,
	                    &att->why))
		return;
	struct am_mapi_prop *own = &att->props.list[p - att->props.list];
	struct am_pst_data data;
	own->data = NULL;
	own->store = entry.data;
	if (!am_pst_data_open(&data, store->ndb, entry.data, NULL))
		own->size = data.total;
	am_pst_data_close(&data);
}

static void read_attachment(struct am_pst_store *store,
                            const struct am_pst_message *msg,
                            const struct am_pst_sl_entry *where,
                            struct am_arena *arena,
                            struct am_pst_attachment *out)
{
	int64_t method = AM_ATTACH_BY_VALUE;

	*out = (struct am_pst_attachment){.nid = where->nid, .sub = where->sub};
	am_mapi_props_init(&out->props, arena);
	out->props.codepage = msg->props.codepage;
	if (am_pst_pc_read(store->ndb, where->data, where->sub, &out->props,
	                   NULL, &out->why)) {
		out->props.n = 0;
		return;
	}
	(void)am_mapi_int(&out->props, AM_PR_ATTACH_METHOD, &method);
	out->method = (int)method;
	if (method == AM_ATTACH_EMBEDDED)
		find_embedded(store, out);
	else
		find_object(store, out);
}

int am_pst_message_attachments(struct am_pst_store *store,
                               const struct am_pst_message *msg,
                               struct am_arena *arena,
                               struct am_pst_attachment **out, size_t *n,
                               struct am_error *err)
{
	struct am_pst_sl_entry *list = NULL;
	int r = am_pst_sub_list(store->ndb, msg->sub, TYPE_ATTACHMENT, &list, n,
	                        err);

	*out = NULL;
	if (r)
		return am_wrap(err, r, "attachments of message 0x%x", msg->nid);
	if (*n)
		*out = am_arena_alloc(arena, *n * sizeof(**out));
	for (size_t i = 0; i < *n; i++)
		read_attachment(store, msg, &list[i], arena, &(*out)[i]);
	g_free(list);
	return AM_OK;
}
