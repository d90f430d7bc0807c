/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Folders are few and asked for with every message: they live in memory, with
 * their counts, and go to the table at the end of a transaction.
 */
#include "store/catalog_impl.h"

#include "base/bytes.h"
#include "model/folder.h"

#include <string.h>

#define REMOVED   4      /* beside what is subscribed, in one column */
#define MAX_DEPTH 100000 /* parts of a path: what a BLOB of ours could hold */

static void free_row(void *data)
{
	struct am_catalog_row *row = data;

	am_folder_unref(&row->public.folder);
	g_free(row);
}

static guint hash_path(gconstpointer key)
{
	uint64_t h = am_folder_hash(key);
	return (guint)(h ^ h >> 32);
}

static gboolean equal_paths(gconstpointer a, gconstpointer b)
{
	return am_folder_equal(a, b);
}

void am_catalog_folder_forget(struct am_catalog *c)
{
	if (c->folders_by_path)
		g_hash_table_destroy(c->folders_by_path);
	if (c->folders_by_id)
		g_hash_table_destroy(c->folders_by_id);
	if (c->folders)
		g_ptr_array_free(c->folders, TRUE);
	c->folders = NULL;
	c->folders_by_path = c->folders_by_id = NULL;
	c->folders_known = false;
}

static void start(struct am_catalog *c)
{
	am_catalog_folder_forget(c);
	c->folders = g_ptr_array_new_with_free_func(free_row);
	c->folders_by_path = g_hash_table_new(hash_path, equal_paths);
	c->folders_by_id = g_hash_table_new(g_int64_hash, g_int64_equal);
	c->folders_known = true;
}

static gint by_id(gconstpointer a, gconstpointer b)
{
	const struct am_catalog_row *const *x = a, *const *y = b;
	return ((*x)->public.id > (*y)->public.id) -
	       ((*x)->public.id < (*y)->public.id);
}

static void keep(struct am_catalog *c, struct am_catalog_row *row)
{
	guint n = c->folders->len;

	g_ptr_array_add(c->folders, row);
	if (n) {
		struct am_catalog_row *last =
			g_ptr_array_index(c->folders, n - 1);
		if (last->public.id > row->public.id)
			g_ptr_array_sort(c->folders, by_id);
	}
	g_hash_table_insert(c->folders_by_id, &row->public.id, row);
	/* The first of a path is the one that is found. */
	if (!g_hash_table_contains(c->folders_by_path, row->public.folder))
		g_hash_table_insert(c->folders_by_path,
		                    (void *)(uintptr_t)row->public.folder, row);
}

static GByteArray *encode_path(const struct am_folder *folder)
{
	GByteArray *bytes = g_byte_array_new();

	for (size_t i = 0; i < folder->depth; i++) {
		uint8_t len[10];
		size_t n = strlen(folder->parts[i]);
		g_byte_array_append(bytes, len, (guint)am_put_varint(len, n));
		g_byte_array_append(bytes, (const guint8 *)folder->parts[i],
		                    (guint)n);
	}
	return bytes;
}

static int decode_path(struct am_catalog *c, sqlite3_stmt *s,
                       const struct am_folder **out, struct am_error *err)
{
	const void *data = sqlite3_column_blob(s, 1);
	struct am_cursor in =
		am_cursor(data, (size_t)sqlite3_column_bytes(s, 1));
	GPtrArray *parts = g_ptr_array_new_with_free_func(g_free);
	int r = AM_FAILED;

	*out = NULL;
	while (am_cursor_left(&in) && !in.bad && parts->len < MAX_DEPTH) {
		uint64_t len = am_get_varint(&in);
		const uint8_t *text = am_get_bytes(&in, len);
		if (text)
			g_ptr_array_add(parts, g_strndup((const char *)text,
			                                 (gsize)len));
	}
	if (in.bad || am_cursor_left(&in)) {
		am_fail(err, AM_FAILED, AM_E_CORRUPT,
		        "%s: the path of a folder", c->path);
		goto out;
	}
	struct am_folder *folder;
	r = am_folder_new(&folder, (const char *const *)parts->pdata,
	                  parts->len, (enum am_role)sqlite3_column_int(s, 3),
	                  err);
	if (!r) {
		folder->subscribed = (sqlite3_column_int(s, 4) & 3) == 1;
		folder->unsubscribed = (sqlite3_column_int(s, 4) & 3) == 2;
		*out = folder;
	}
out:
	g_ptr_array_free(parts, TRUE);
	return r;
}

static int load(struct am_catalog *c, struct am_error *err)
{
	sqlite3_stmt *s;
	int r;

	if (c->folders_known)
		return AM_OK;
	r = am_catalog_prepare(c,
	                       "SELECT id, path, depth, role, subscribed,"
	                       " uidvalidity, uidnext, messages, unseen, bytes"
	                       " FROM folder ORDER BY id",
	                       &s, err);
	if (r)
		return r;
	start(c);
	while ((r = am_catalog_step(c, s, err)) == AM_OK) {
		const struct am_folder *folder;
		r = decode_path(c, s, &folder, err);
		if (r)
			break;
		struct am_catalog_row *row = g_new0(struct am_catalog_row, 1);
		row->public = (struct am_catalog_folder){
			.id = (uint64_t)sqlite3_column_int64(s, 0),
			.folder = folder,
			.removed = sqlite3_column_int(s, 4) & REMOVED,
			.uidvalidity = (uint32_t)sqlite3_column_int64(s, 5),
			.uidnext = (uint32_t)sqlite3_column_int64(s, 6),
			.messages = (uint64_t)sqlite3_column_int64(s, 7),
			.unseen = (uint64_t)sqlite3_column_int64(s, 8),
			.bytes = (uint64_t)sqlite3_column_int64(s, 9),
		};
		keep(c, row);
	}
	sqlite3_finalize(s);
	if (r != AM_END) {
		am_catalog_folder_forget(c);
		return r;
	}
	return AM_OK;
}

int am_catalog_folder_row(struct am_catalog *c, uint64_t id,
                          struct am_catalog_row **out, struct am_error *err)
{
	int r = load(c, err);

	*out = r ? NULL : g_hash_table_lookup(c->folders_by_id, &id);
	return r;
}

static int put_row(struct am_catalog *c, const struct am_catalog_folder *f,
                   struct am_error *err)
{
	sqlite3_stmt *s;
	int r = am_catalog_stmt(c, AM_SQL_PUT_FOLDER, &s, err);

	if (r)
		return r;
	GByteArray *path = encode_path(f->folder);
	sqlite3_bind_int64(s, 1, (sqlite3_int64)f->id);
	sqlite3_bind_blob(s, 2, path->len ? (const void *)path->data : "",
	                  (int)path->len, SQLITE_STATIC);
	sqlite3_bind_int64(s, 3, (sqlite3_int64)f->folder->depth);
	sqlite3_bind_int(s, 4, (int)f->folder->role);
	int subscribed = f->folder->subscribed     ? 1
	                 : f->folder->unsubscribed ? 2
	                                           : 0;
	sqlite3_bind_int(s, 5, subscribed | (f->removed ? REMOVED : 0));
	sqlite3_bind_int64(s, 6, f->uidvalidity);
	sqlite3_bind_int64(s, 7, f->uidnext);
	sqlite3_bind_int64(s, 8, (sqlite3_int64)f->messages);
	sqlite3_bind_int64(s, 9, (sqlite3_int64)f->unseen);
	sqlite3_bind_int64(s, 10, (sqlite3_int64)f->bytes);
	r = am_catalog_run(c, s, err);
	sqlite3_clear_bindings(s);
	g_byte_array_free(path, TRUE);
	return r;
}

int am_catalog_folder_flush(struct am_catalog *c, struct am_error *err)
{
	int r = AM_OK;

	if (!c->folders_known)
		return AM_OK;
	for (guint i = 0; i < c->folders->len && !r; i++) {
		struct am_catalog_row *row = g_ptr_array_index(c->folders, i);
		if (!row->dirty)
			continue;
		r = put_row(c, &row->public, err);
		row->dirty = r != AM_OK;
	}
	return r;
}

int am_catalog_add_folder(struct am_catalog *c,
                          const struct am_item_folder *item,
                          struct am_error *err)
{
	struct am_catalog_row *row;
	struct am_folder *folder;

	int r = am_catalog_folder_row(c, item->id, &row, err);
	if (r)
		return r;
	r = am_folder_new(&folder, item->parts, item->depth, item->role, err);
	if (r)
		return r;
	folder->subscribed = item->subscribed;
	folder->unsubscribed = item->unsubscribed;
	if (!row) {
		row = g_new0(struct am_catalog_row, 1);
		row->public.id = item->id;
		row->public.folder = folder;
		row->public.uidnext = 1;
		keep(c, row);
	} else {
		if (g_hash_table_lookup(c->folders_by_path,
		                        row->public.folder) == row)
			g_hash_table_remove(c->folders_by_path,
			                    row->public.folder);
		am_folder_unref(&row->public.folder);
		row->public.folder = folder;
		if (!g_hash_table_contains(c->folders_by_path, folder))
			g_hash_table_insert(c->folders_by_path, folder, row);
	}
	row->public.removed = item->removed;
	row->public.uidvalidity = item->uidvalidity;
	/* Never back: clients have cached what UIDs mean. */
	if (item->uidnext > row->public.uidnext)
		row->public.uidnext = item->uidnext;
	row->dirty = true;
	return AM_OK;
}

int am_catalog_recount(struct am_catalog *c, struct am_error *err)
{
	sqlite3_stmt *s;

	int r = load(c, err);
	if (!r)
		r = am_catalog_prepare(
			c,
			"SELECT p.folder, sum(p.gone = 0),"
			" sum(p.gone = 0 AND (p.flags & 1) = 0),"
			" sum(CASE WHEN p.gone = 0 THEN m.size ELSE 0 END),"
			" max(p.uid) FROM placement p JOIN message m"
			" ON m.id = p.message GROUP BY p.folder",
			&s, err);
	if (r)
		return r;
	c->early = false;
	while ((r = am_catalog_step(c, s, err)) == AM_OK) {
		uint64_t id = (uint64_t)sqlite3_column_int64(s, 0);
		struct am_catalog_row *row =
			g_hash_table_lookup(c->folders_by_id, &id);
		if (!row) {
			c->early = true;
			continue;
		}
		row->public.messages = (uint64_t)sqlite3_column_int64(s, 1);
		row->public.unseen = (uint64_t)sqlite3_column_int64(s, 2);
		row->public.bytes = (uint64_t)sqlite3_column_int64(s, 3);
		uint32_t uid = (uint32_t)sqlite3_column_int64(s, 4);
		if (uid >= row->public.uidnext && uid < UINT32_MAX)
			row->public.uidnext = uid + 1;
		row->dirty = true;
	}
	sqlite3_finalize(s);
	return r == AM_END ? AM_OK : r;
}

int am_catalog_folders(struct am_catalog *c,
                       struct am_catalog_folder *const **out, size_t *n,
                       struct am_error *err)
{
	int r = load(c, err);

	/* A row begins with its public part. */
	*out = r ? NULL : (struct am_catalog_folder *const *)c->folders->pdata;
	*n = r ? 0 : c->folders->len;
	return r;
}

int am_catalog_folder(struct am_catalog *c, uint64_t id,
                      struct am_catalog_folder **out, struct am_error *err)
{
	struct am_catalog_row *row;
	int r = am_catalog_folder_row(c, id, &row, err);

	*out = row ? &row->public : NULL;
	return r;
}

int am_catalog_folder_at(struct am_catalog *c, const struct am_folder *path,
                         struct am_catalog_folder **out, struct am_error *err)
{
	int r = load(c, err);
	struct am_catalog_row *row =
		r ? NULL : g_hash_table_lookup(c->folders_by_path, path);

	*out = row ? &row->public : NULL;
	return r;
}
