/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rows back into structs: messages, and placements through a cursor.
 */
#include "store/catalog_impl.h"

#include "base/arena.h"
#include "store/archive.h"

#include <string.h>

/* How often a thread is followed from a reply to what it answers. */
#define MAX_HOPS 64

static const char *text_of(sqlite3_stmt *s, int column, struct am_arena *arena)
{
	const char *text = am_catalog_text(s, column);

	return text ? am_arena_strndup(arena, text,
	                               (size_t)sqlite3_column_bytes(s, column))
	            : NULL;
}

static bool hash_of(sqlite3_stmt *s, int column, uint8_t out[AM_SHA256_LEN])
{
	if (sqlite3_column_bytes(s, column) != AM_SHA256_LEN)
		return false;
	memcpy(out, sqlite3_column_blob(s, column), AM_SHA256_LEN);
	return true;
}

static int read_item(struct am_catalog *c, sqlite3_stmt *s,
                     struct am_arena *arena, struct am_item_message *out,
                     struct am_error *err)
{
	out->size = (uint64_t)sqlite3_column_int64(s, 0);
	out->eol =
		sqlite3_column_int(s, 3) ? AM_EOL_CRLF_FROM_LF : AM_EOL_AS_IS;
	out->content = (uint64_t)sqlite3_column_int64(s, 4);
	if (!hash_of(s, 1, out->hash))
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "%s: message %" PRIu64 " has no hash", c->path,
		               out->id);
	if (!hash_of(s, 2, out->hash_lf))
		memcpy(out->hash_lf, out->hash, AM_SHA256_LEN);
	if (out->content != out->id)
		return AM_OK;
	return am_recipe_decode(&out->recipe, sqlite3_column_blob(s, 5),
	                        (size_t)sqlite3_column_bytes(s, 5), arena, err);
}

struct hop {
	struct am_catalog *catalog;
	struct am_arena *arena;
	const char **thread;
	bool again; /* what it found may know an older one */
};

static int take_hop(void *user, uint64_t key, uint64_t id, struct am_error *err)
{
	struct hop *h = user;
	sqlite3_stmt *s;

	(void)key;
	int r = am_catalog_stmt(h->catalog, AM_SQL_GET_THREAD, &s, err);
	if (r)
		return r;
	sqlite3_bind_int64(s, 1, (sqlite3_int64)id);
	r = am_catalog_step(h->catalog, s, err);
	bool same = !r && !g_strcmp0(am_catalog_text(s, 0), *h->thread);
	const char *older = same ? text_of(s, 1, h->arena) : NULL;
	h->again = older && sqlite3_column_int(s, 2);
	if (older)
		*h->thread = older;
	sqlite3_reset(s);
	if (r < 0)
		return r;
	return same ? AM_END : AM_OK;
}

/* A reply that names only what it answers: that one may know the beginning. */
static int follow_thread(struct am_catalog *c, const char **thread,
                         struct am_arena *arena, struct am_error *err)
{
	struct hop h = {c, arena, thread, true};
	int r = AM_OK;

	for (int i = 0; i < MAX_HOPS && h.again && !r; i++) {
		uint64_t key = am_keys_hash(am_catalog_mid(*thread));
		h.again = false;
		r = am_keys_find(c, AM_KEYS_MID, key, key, take_hop, &h, err);
	}
	return r;
}

int am_catalog_message(struct am_catalog *c, uint64_t id,
                       struct am_arena *arena, struct am_catalog_message *out,
                       struct am_error *err)
{
	sqlite3_stmt *s;

	*out = (struct am_catalog_message){.item.id = id};
	int r = am_catalog_stmt(c, AM_SQL_GET_MESSAGE, &s, err);
	if (r)
		return r;
	sqlite3_bind_int64(s, 1, (sqlite3_int64)id);
	r = am_catalog_step(c, s, err);
	if (r)
		return r;
	r = read_item(c, s, arena, &out->item, err);
	out->message_id = text_of(s, 6, arena);
	out->thread = text_of(s, 7, arena);
	out->hop = sqlite3_column_int(s, 8) != 0;
	out->from = text_of(s, 9, arena);
	out->to = text_of(s, 10, arena);
	out->cc = text_of(s, 11, arena);
	out->subject = text_of(s, 12, arena);
	out->date.known = sqlite3_column_type(s, 13) != SQLITE_NULL;
	out->date.sec = sqlite3_column_int64(s, 13);
	out->date.offset_min = (int16_t)sqlite3_column_int(s, 14);
	out->n_attachments = (uint32_t)sqlite3_column_int64(s, 15);
	out->dropped = sqlite3_column_int(s, 16) != 0;
	sqlite3_reset(s);
	return r;
}

int am_catalog_thread(struct am_catalog *c, struct am_catalog_message *message,
                      struct am_arena *arena, struct am_error *err)
{
	if (!message->thread)
		message->thread = message->message_id;
	else if (message->hop)
		return follow_thread(c, &message->thread, arena, err);
	return AM_OK;
}

int am_catalog_ids(struct am_catalog *c, enum am_catalog_order order,
                   uint64_t **ids, size_t *n, struct am_error *err)
{
	static const char *const sql[] = {
		[AM_CATALOG_BY_ID] = "SELECT id FROM message ORDER BY id",
		[AM_CATALOG_BY_THREAD] =
			"SELECT id FROM message ORDER BY"
			" coalesce(thread, message_id), date, id",
	};
	GArray *all = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	sqlite3_stmt *s;

	*ids = NULL;
	*n = 0;
	int r = am_catalog_prepare(c, sql[order], &s, err);
	if (r)
		goto out;
	while ((r = am_catalog_step(c, s, err)) == AM_OK) {
		uint64_t id = (uint64_t)sqlite3_column_int64(s, 0);
		g_array_append_val(all, id);
	}
	sqlite3_finalize(s);
	if (r == AM_END)
		r = AM_OK;
out:
	*n = r ? 0 : all->len;
	*ids = (uint64_t *)(void *)g_array_free(all, r != AM_OK);
	return r;
}

/* ---- placements ---- */

struct am_catalog_places {
	struct am_catalog *catalog;
	enum am_catalog_by by;
	uint64_t key;
	sqlite3_stmt *stmt;
	bool kept;
	GArray *ids; /* where they are found by their keys */
	guint next;
};

#define PLACE_COLUMNS                                               \
	"SELECT id, message, folder, uid, seq, flags, gone, words," \
	" accession, meta FROM placement "

static void read_place(sqlite3_stmt *s, struct am_catalog_place *out)
{
	int words = sqlite3_column_int(s, 7);

	*out = (struct am_catalog_place){
		.id = (uint64_t)sqlite3_column_int64(s, 0),
		.message = (uint64_t)sqlite3_column_int64(s, 1),
		.folder = (uint64_t)sqlite3_column_int64(s, 2),
		.uid = (uint32_t)sqlite3_column_int64(s, 3),
		.seq = (uint64_t)sqlite3_column_int64(s, 4),
		.flags = (uint32_t)sqlite3_column_int64(s, 5),
		.gone = sqlite3_column_int(s, 6) != AM_CATALOG_HERE,
		.replaced = sqlite3_column_int(s, 6) == AM_CATALOG_REPLACED,
		.has_keywords = words & 1,
		.has_labels = (words & 2) != 0,
		.accession = (uint64_t)sqlite3_column_int64(s, 8),
		.meta = sqlite3_column_blob(s, 9),
		.meta_len = (size_t)sqlite3_column_bytes(s, 9),
	};
}

static int take_id(void *user, uint64_t key, uint64_t id, struct am_error *err)
{
	GArray *ids = user;

	(void)key;
	(void)err;
	g_array_append_val(ids, id);
	return AM_OK;
}

static gint by_number(gconstpointer a, gconstpointer b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int find_places(struct am_catalog_places *p, struct am_error *err)
{
	enum am_keys_kind kind =
		p->by == AM_CATALOG_IN_FOLDER ? AM_KEYS_FOLDER : AM_KEYS_PLACES;

	p->ids = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	int r = am_keys_find(p->catalog, kind, p->key, p->key, take_id, p->ids,
	                     err);
	g_array_sort(p->ids, by_number);
	return r;
}

int am_catalog_places_open(struct am_catalog_places **out, struct am_catalog *c,
                           enum am_catalog_by by, uint64_t key,
                           struct am_error *err)
{
	struct am_catalog_places *p = g_new0(struct am_catalog_places, 1);
	sqlite3_stmt *kept = c->kept[AM_SQL_GET_PLACEMENT];
	int r;

	p->catalog = c;
	p->by = by;
	p->key = key;
	/* The kept one, unless a cursor further up uses it. */
	p->kept = by != AM_CATALOG_ALL && !(kept && sqlite3_stmt_busy(kept));
	if (by == AM_CATALOG_ALL)
		r = am_catalog_prepare(c, PLACE_COLUMNS "ORDER BY id", &p->stmt,
		                       err);
	else if (p->kept)
		r = am_catalog_stmt(c, AM_SQL_GET_PLACEMENT, &p->stmt, err);
	else
		r = am_catalog_prepare(c, PLACE_COLUMNS "WHERE id = ?1",
		                       &p->stmt, err);
	if (!r && by != AM_CATALOG_ALL)
		r = find_places(p, err);
	if (r)
		am_catalog_places_close(&p);
	*out = p;
	return r;
}

int am_catalog_places_span(struct am_catalog_places **out, struct am_catalog *c,
                           uint64_t first, uint64_t last, struct am_error *err)
{
	struct am_catalog_places *p = g_new0(struct am_catalog_places, 1);

	p->catalog = c;
	int r = am_catalog_prepare(
		c, PLACE_COLUMNS "WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
		&p->stmt, err);
	if (r) {
		am_catalog_places_close(&p);
	} else {
		sqlite3_bind_int64(p->stmt, 1, (sqlite3_int64)first);
		sqlite3_bind_int64(p->stmt, 2, (sqlite3_int64)last);
	}
	*out = p;
	return r;
}

/* The next of the ids that is where it was looked for: it may have been moved
 * since. */
static int next_of_ids(struct am_catalog_places *p,
                       struct am_catalog_place *out, struct am_error *err)
{
	while (p->next < p->ids->len) {
		uint64_t id = g_array_index(p->ids, uint64_t, p->next);
		bool again = p->next &&
		             id == g_array_index(p->ids, uint64_t, p->next - 1);
		p->next++;
		if (again)
			continue;
		sqlite3_reset(p->stmt);
		sqlite3_bind_int64(p->stmt, 1, (sqlite3_int64)id);
		int r = am_catalog_step(p->catalog, p->stmt, err);
		if (r < 0)
			return r;
		if (r == AM_END)
			continue;
		read_place(p->stmt, out);
		if (p->key == (p->by == AM_CATALOG_IN_FOLDER ? out->folder
		                                             : out->message))
			return AM_OK;
	}
	sqlite3_reset(p->stmt);
	return AM_END;
}

int am_catalog_places_next(struct am_catalog_places *p,
                           struct am_catalog_place *out, struct am_error *err)
{
	if (p->ids)
		return next_of_ids(p, out, err);
	int r = am_catalog_step(p->catalog, p->stmt, err);
	if (!r)
		read_place(p->stmt, out);
	return r;
}

void am_catalog_places_close(struct am_catalog_places **places)
{
	struct am_catalog_places *p = *places;

	if (!p)
		return;
	if (p->kept)
		sqlite3_reset(p->stmt);
	else
		sqlite3_finalize(p->stmt);
	if (p->ids)
		g_array_free(p->ids, TRUE);
	g_free(p);
	*places = NULL;
}

int am_catalog_place(struct am_catalog *c, uint64_t id, struct am_arena *arena,
                     struct am_catalog_place *out, struct am_error *err)
{
	sqlite3_stmt *s;
	int r = am_catalog_stmt(c, AM_SQL_GET_PLACEMENT, &s, err);

	if (r)
		return r;
	sqlite3_bind_int64(s, 1, (sqlite3_int64)id);
	r = am_catalog_step(c, s, err);
	if (!r) {
		read_place(s, out);
		out->meta = (const uint8_t *)am_arena_strndup(
			arena, out->meta ? (const char *)out->meta : "",
			out->meta_len);
	}
	sqlite3_reset(s);
	return r;
}

int am_catalog_meta(const struct am_catalog_place *place,
                    struct am_arena *arena, struct am_item_placement *out,
                    struct am_error *err)
{
	struct am_item_any any;
	int r = AM_END;

	if (place->meta_len) {
		struct am_items_reader in = {place->meta,
		                             place->meta + place->meta_len};
		r = am_items_next(&in, arena, &any, err);
	}
	if (r == AM_END || (!r && any.type != AM_ITEM_PLACEMENT))
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "placement %" PRIu64 " has no description",
		               place->id);
	if (r)
		return r;
	/* The columns hold what is so now; the item is re-encoded with every
	 * change, so that they say the same. */
	*out = any.placement;
	return AM_OK;
}

/* ---- sums, accessions, blobs ---- */

int am_catalog_counts(struct am_catalog *c, struct am_catalog_counts *out,
                      struct am_error *err)
{
	struct am_catalog_folder *const *folders;
	sqlite3_stmt *s = NULL;
	size_t n;

	*out = (struct am_catalog_counts){0};
	int r = am_catalog_folders(c, &folders, &n, err);
	for (size_t i = 0; i < n; i++) {
		out->placements += folders[i]->messages;
		out->bytes += folders[i]->bytes;
	}
	if (!r)
		r = am_catalog_prepare(
			c,
			"SELECT total(words & 1), total((words & 2) / 2),"
			" (SELECT max(id) FROM accession)"
			" FROM placement WHERE words <> 0 AND gone = 0",
			&s, err);
	if (!r)
		r = am_catalog_step(c, s, err);
	if (!r) {
		out->with_keywords = (uint64_t)sqlite3_column_int64(s, 0);
		out->with_labels = (uint64_t)sqlite3_column_int64(s, 1);
		out->max_accession = (uint64_t)sqlite3_column_int64(s, 2);
	}
	sqlite3_finalize(s);
	return r;
}

int am_catalog_accessions(struct am_catalog *c, am_accession_fn *fn, void *user,
                          struct am_error *err)
{
	sqlite3_stmt *s;
	int r = am_catalog_prepare(
		c, "SELECT id, state, json FROM accession ORDER BY n", &s, err);

	if (r)
		return r;
	while ((r = am_catalog_step(c, s, err)) == AM_OK) {
		const char *json = am_catalog_text(s, 2);
		struct am_item_accession a = {
			.id = (uint64_t)sqlite3_column_int64(s, 0),
			.state = (enum am_accession_state)sqlite3_column_int(s,
		                                                             1),
			.json = json ? json : "",
		};
		r = fn(user, &a, err);
		if (r)
			break;
	}
	sqlite3_finalize(s);
	return r == AM_END ? AM_OK : r;
}

int am_catalog_blobs(struct am_catalog *c, am_blob_fn *fn, void *user,
                     struct am_error *err)
{
	sqlite3_stmt *s;
	int r = am_catalog_prepare(
		c, "SELECT hash, size, pos FROM blob ORDER BY pos", &s, err);

	if (r)
		return r;
	while ((r = am_catalog_step(c, s, err)) == AM_OK) {
		uint8_t hash[AM_SHA256_LEN];
		if (!hash_of(s, 0, hash))
			continue;
		r = fn(user, hash, (uint64_t)sqlite3_column_int64(s, 1),
		       (uint64_t)sqlite3_column_int64(s, 2), err);
		if (r)
			break;
	}
	sqlite3_finalize(s);
	return r == AM_END ? AM_OK : r;
}

int am_catalog_spots(struct am_catalog *c, am_catalog_spot_fn *fn, void *user,
                     struct am_error *err)
{
	sqlite3_stmt *s;
	int r = am_catalog_prepare(
		c, "SELECT message, folder FROM placement WHERE gone = 0", &s,
		err);

	if (r)
		return r;
	while ((r = am_catalog_step(c, s, err)) == AM_OK)
		fn(user, sqlite3_column_int64(s, 0),
		   sqlite3_column_int64(s, 1));
	sqlite3_finalize(s);
	return r == AM_END ? AM_OK : r;
}

int am_catalog_each_head(struct am_catalog *c, int64_t first, int64_t last,
                         am_catalog_head_fn *fn, void *user,
                         struct am_error *err)
{
	sqlite3_stmt *s;
	int r = am_catalog_stmt(c, AM_SQL_EACH_HEAD, &s, err);

	if (r)
		return r;
	sqlite3_bind_int64(s, 1, first);
	sqlite3_bind_int64(s, 2, last);
	while (!(r = am_catalog_step(c, s, err))) {
		const struct am_archive_head head = {
			.id = sqlite3_column_int64(s, 0),
			.from = am_catalog_text(s, 1),
			.to = am_catalog_text(s, 2),
			.cc = am_catalog_text(s, 3),
			.subject = am_catalog_text(s, 4),
			.message_id = am_catalog_text(s, 5),
			.date = {.known = sqlite3_column_type(s, 6) !=
		                          SQLITE_NULL,
		                 .sec = sqlite3_column_int64(s, 6),
		                 .offset_min =
		                         (int16_t)sqlite3_column_int(s, 7)},
		};
		r = fn(user, &head, err);
		if (r)
			break;
	}
	sqlite3_reset(s);
	return r == AM_END ? AM_OK : r;
}
