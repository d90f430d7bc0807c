/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A row a piece: the ids of its messages, 8 bytes each, least first, and their
 * texts, each with a NUL behind it, as one zstd frame.
 */
#include "store/head_table.h"

#include "base/bytes.h"
#include "base/codec.h"
#include "store/cache_db.h"

#include <glib.h>

#include <stdlib.h>
#include <string.h>

enum { PIECE_MOST = 256 << 20 };
/* Unpacking takes twice as long as looking, so the first pieces that were
 * looked at stay in memory, in all up to this: thirty thousand headers. */
enum { KEPT_MOST = 64 << 20 };

struct piece {
	uint8_t *ids; /* g_free() both */
	char *text;
	size_t n_ids, len;
};

struct am_head_table {
	GMutex lock;
	sqlite3 *db;
	sqlite3_stmt *add, *all;
	const char *file;
	struct am_coder *coder;
	GArray *known; /* uint64_t: a bit a message */
	size_t n_known;
	GArray *kept; /* struct piece: all up to number last_kept */
	size_t kept_bytes;
	int64_t last_kept;
	bool full;
};

static int64_t id_at(const uint8_t *ids, size_t i)
{
	uint64_t id;

	memcpy(&id, ids + 8 * i, sizeof id);
	return (int64_t)GUINT64_FROM_LE(id);
}

static const struct am_cache_db_kind kind_of_all = {
	.of = "head_of",
	.busy_ms = 2000,
	.pragmas = "PRAGMA journal_mode=WAL;"
		   "PRAGMA synchronous=OFF",
	.schema = "DROP TABLE IF EXISTS head;"
		  "CREATE TABLE head(piece INTEGER PRIMARY KEY,"
		  " ids BLOB NOT NULL, len INTEGER NOT NULL,"
		  " text BLOB NOT NULL)",
};

/* The statements of a table, for whoever opens or closes it. */
#define STATEMENTS(t)                                                   \
	{                                                               \
		{"INSERT INTO head(ids, len, text) VALUES(?1, ?2, ?3)", \
		 &(t)->add},                                            \
			{"SELECT ids, len, text, piece FROM head"       \
		         " WHERE piece > ?1 ORDER BY piece",            \
		         &(t)->all},                                    \
	}

/* ---- which are there ---- */

static void know(struct am_head_table *t, int64_t message)
{
	if (message < 0 || message > UINT32_MAX)
		return;
	guint word = (guint)(message / 64);
	if (word >= t->known->len)
		g_array_set_size(t->known, word + 1);
	uint64_t bit = UINT64_C(1) << (message % 64);
	t->n_known += !(g_array_index(t->known, uint64_t, word) & bit);
	g_array_index(t->known, uint64_t, word) |= bit;
}

static bool has_bit(const uint64_t *words, size_t n, int64_t message)
{
	return message >= 0 && (uint64_t)message / 64 < n &&
	       (words[message / 64] >> (message % 64) & 1);
}

static void read_known(struct am_head_table *t)
{
	sqlite3_stmt *ids;

	if (!am_cache_db_prepare(t->db, "SELECT ids FROM head", &ids))
		return;
	while (sqlite3_step(ids) == SQLITE_ROW) {
		const uint8_t *all = sqlite3_column_blob(ids, 0);
		size_t n = (size_t)sqlite3_column_bytes(ids, 0) / 8;
		for (size_t i = 0; i < n; i++)
			know(t, id_at(all, i));
	}
	sqlite3_finalize(ids);
}

static void clear_piece(void *data)
{
	struct piece *p = data;

	g_free(p->ids);
	g_free(p->text);
}

struct am_head_table *am_head_table_open(const char *dir, const char *file,
                                         unsigned layout, uint64_t archive)
{
	struct am_head_table *t = g_new0(struct am_head_table, 1);
	const struct am_cache_db_statement all[] = STATEMENTS(t);
	struct am_cache_db_kind kind = kind_of_all;

	kind.file = file;
	kind.version = layout;
	t->file = file;
	g_mutex_init(&t->lock);
	t->known = g_array_new(FALSE, TRUE, sizeof(uint64_t));
	t->coder = am_coder_new();
	t->kept = g_array_new(FALSE, FALSE, sizeof(struct piece));
	g_array_set_clear_func(t->kept, clear_piece);
	t->db = am_cache_db_open(&kind, dir, archive, all, AM_COUNT(all));
	if (t->db)
		read_known(t);
	return t;
}

void am_head_table_close(struct am_head_table **table)
{
	struct am_head_table *t = *table;

	*table = NULL;
	if (!t)
		return;
	const struct am_cache_db_statement all[] = STATEMENTS(t);
	am_cache_db_close(&t->db, all, AM_COUNT(all));
	am_coder_free(&t->coder);
	g_array_free(t->kept, TRUE);
	g_array_free(t->known, TRUE);
	g_mutex_clear(&t->lock);
	g_free(t);
}

bool am_head_table_has(struct am_head_table *t, int64_t message)
{
	g_mutex_lock(&t->lock);
	bool has = has_bit((const uint64_t *)(void *)t->known->data,
	                   t->known->len, message);
	g_mutex_unlock(&t->lock);
	return has;
}

size_t am_head_table_count(struct am_head_table *t)
{
	g_mutex_lock(&t->lock);
	size_t n = t->n_known;
	g_mutex_unlock(&t->lock);
	return n;
}

/* ---- adding ---- */

/* With the lock. */
static int insert(struct am_head_table *t, const GByteArray *ids,
                  const GString *text, struct am_error *err)
{
	size_t room = am_codec_bound(AM_CODEC_ZSTD, text->len);
	uint8_t *packed = g_malloc(room);

	int r = am_codec_pack(t->coder, AM_CODEC_ZSTD, 0, text->str, text->len,
	                      packed, &room, err);
	if (!r) {
		sqlite3_bind_blob64(t->add, 1, ids->data, ids->len,
		                    SQLITE_STATIC);
		sqlite3_bind_int64(t->add, 2, (sqlite3_int64)text->len);
		sqlite3_bind_blob64(t->add, 3, packed, room, SQLITE_STATIC);
		if (sqlite3_step(t->add) != SQLITE_DONE)
			r = am_fail(err, AM_FAILED, AM_E_IO, "%s: %s", t->file,
			            sqlite3_errmsg(t->db));
		sqlite3_reset(t->add);
		sqlite3_clear_bindings(t->add);
	}
	g_free(packed);
	return r;
}

int am_head_table_add(struct am_head_table *t, const int64_t *messages,
                      const char *const *texts, size_t n, struct am_error *err)
{
	GByteArray *ids = g_byte_array_new();
	GString *text = g_string_new("");
	uint8_t le[8];

	for (size_t i = 0; i < n; i++) {
		am_put_le64(le, (uint64_t)messages[i]);
		g_byte_array_append(ids, le, sizeof le);
		g_string_append(text, texts[i]);
		g_string_append_c(text, '\0');
	}
	g_mutex_lock(&t->lock);
	int r = t->db ? insert(t, ids, text, err)
	              : am_fail(err, AM_FAILED, AM_E_IO, "%s cannot be opened",
	                        t->file);
	for (size_t i = 0; i < n && !r; i++)
		know(t, messages[i]);
	g_mutex_unlock(&t->lock);
	g_byte_array_free(ids, TRUE);
	g_string_free(text, TRUE);
	return r;
}

/* ---- finding ---- */

/* Which of a piece's texts hold it. */
static void look(const struct piece *piece, const char *text, GArray *out)
{
	size_t needle = strlen(text), i = 0, n = piece->n_ids;
	const char *at = piece->text, *end = at + piece->len, *hit;

	while (at < end && i < n &&
	       (hit = memmem(at, (size_t)(end - at), text, needle))) {
		const char *nul;
		/* Those whose ends lie before it. */
		while ((nul = memchr(at, '\0', (size_t)(end - at))) &&
		       nul < hit) {
			at = nul + 1;
			i++;
		}
		if (!nul || i >= n)
			break;
		int64_t id = id_at(piece->ids, i);
		g_array_append_val(out, id);
		at = nul + 1;
		i++;
	}
}

static gint by_id(gconstpointer a, gconstpointer b)
{
	const int64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

/* The row that `all` stands on; clear_piece() it. */
static int unpack(struct am_head_table *t, struct piece *out,
                  struct am_error *err)
{
	sqlite3_int64 len = sqlite3_column_int64(t->all, 1);

	*out = (struct piece){.len = (size_t)len};
	if (len < 0 || len > PIECE_MOST)
		return am_fail(err, AM_FAILED, AM_E_CORRUPT, "%s is damaged",
		               t->file);
	out->text = g_malloc(out->len);
	int r = am_codec_unpack(t->coder, AM_CODEC_ZSTD,
	                        sqlite3_column_blob(t->all, 2),
	                        (size_t)sqlite3_column_bytes(t->all, 2),
	                        (uint8_t *)out->text, out->len, err);
	out->n_ids = (size_t)sqlite3_column_bytes(t->all, 0) / 8;
	out->ids = g_memdup2(sqlite3_column_blob(t->all, 0), 8 * out->n_ids);
	return r;
}

/* Keeps it, or lets it go: those that are kept have none between them that is
 * not, so that the rest are the rows behind. */
static void keep(struct am_head_table *t, struct piece *piece)
{
	size_t bytes = piece->len + 8 * piece->n_ids;

	t->full = t->full || bytes > KEPT_MOST - t->kept_bytes;
	if (t->full) {
		clear_piece(piece);
		return;
	}
	t->kept_bytes += bytes;
	t->last_kept = sqlite3_column_int64(t->all, 3);
	g_array_append_val(t->kept, *piece);
}

/* With the lock.  A piece that is damaged spoils the whole table. */
static int find(struct am_head_table *t, const char *const *texts, size_t n,
                GArray *found, struct am_error *err)
{
	int r = AM_OK, step = SQLITE_ERROR;

	for (guint k = 0; k < t->kept->len; k++)
		for (size_t i = 0; i < n; i++)
			look(&g_array_index(t->kept, struct piece, k), texts[i],
			     found);
	if (t->db)
		sqlite3_bind_int64(t->all, 1, t->last_kept);
	while (!r && t->db && (step = sqlite3_step(t->all)) == SQLITE_ROW) {
		struct piece piece;
		r = unpack(t, &piece, err);
		for (size_t i = 0; i < n && !r; i++)
			look(&piece, texts[i], found);
		if (r)
			clear_piece(&piece);
		else
			keep(t, &piece);
	}
	if (t->db)
		sqlite3_reset(t->all);
	if (!r && step != SQLITE_DONE)
		r = am_fail(err, AM_FAILED, AM_E_IO, "%s: %s", t->file,
		            t->db ? sqlite3_errmsg(t->db) : "not there");
	return r;
}

int am_head_table_find(struct am_head_table *t, const char *const *texts,
                       size_t n, struct am_heads *out, struct am_error *err)
{
	GArray *found = g_array_new(FALSE, FALSE, sizeof(int64_t));

	*out = (struct am_heads){.n = 0};
	g_mutex_lock(&t->lock);
	int r = find(t, texts, n, found, err);
	if (!r) {
		out->n_known = t->known->len;
		out->known = g_memdup2(t->known->data,
		                       t->known->len * sizeof(uint64_t));
	}
	g_mutex_unlock(&t->lock);
	g_array_sort(found, by_id);
	out->n = r ? 0 : found->len;
	out->ids = (int64_t *)(void *)g_array_free(found, r != AM_OK);
	return r;
}

void am_heads_clear(struct am_heads *heads)
{
	g_free(heads->ids);
	g_free(heads->known);
	*heads = (struct am_heads){.n = 0};
}

int am_heads_ask(const struct am_heads *heads, int64_t message)
{
	if (!has_bit(heads->known, heads->n_known, message))
		return AM_RETRY;
	return heads->n && bsearch(&message, heads->ids, heads->n,
	                           sizeof *heads->ids, by_id)
	               ? AM_OK
	               : AM_END;
}
