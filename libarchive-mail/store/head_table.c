/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A row a piece: the ids of its messages, 8 bytes each, least first, and their
 * texts, each with a NUL behind it, as one zstd frame.  Of each 64 pieces that
 * are whole a part is made (head_words.h); the others are looked through.
 */
#include "store/head_table_impl.h"

#include "base/bytes.h"
#include "base/codec.h"
#include "store/head_words.h"

#include <string.h>

/* Pieces grow up to the first; nothing is read that says it is more than the
 * second. */
enum { PIECE_ROOM = 32 << 20, PIECE_MOST = 256 << 20 };

int64_t am_head_id_at(const uint8_t *ids, size_t i)
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
		  " text BLOB NOT NULL);" AM_HEAD_WORDS_SCHEMA,
};

/* Behind the last part. */
#define LOOSE "piece > (SELECT ifnull(max(first + pieces), 1) - 1 FROM part)"
/* The statements of a table, for whoever opens or closes it. */
#define STATEMENTS(t)                                                        \
	{                                                                    \
		{"INSERT INTO head(ids, len, text) VALUES(?1, ?2, ?3)",      \
		 &(t)->add},                                                 \
			{"UPDATE head SET ids = ?1, len = ?2, text = ?3"     \
		         " WHERE piece = ?4",                                \
		         &(t)->set},                                         \
			{"SELECT ids, len, text FROM head WHERE piece = ?1", \
		         &(t)->get},                                         \
			{"SELECT piece, length(ids) / 8, len FROM head"      \
		         " WHERE " LOOSE " ORDER BY piece DESC LIMIT 1",     \
		         &(t)->last},                                        \
			{"SELECT piece FROM head WHERE " LOOSE               \
		         " ORDER BY piece",                                  \
		         &(t)->loose},                                       \
			{"SELECT bytes FROM chunk WHERE at = ?1",            \
		         &(t)->chunk},                                       \
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
			know(t, am_head_id_at(all, i));
	}
	sqlite3_finalize(ids);
}

void am_head_piece_free(void *data)
{
	struct am_head_piece *p = data;

	g_free(p->ids);
	g_free(p->text);
	g_free(p);
}

static void open_db(struct am_head_table *t)
{
	const struct am_cache_db_statement all[] = STATEMENTS(t);

	t->db = am_cache_db_open(&t->kind, t->dir, t->archive, all,
	                         AM_COUNT(all));
	if (t->db)
		read_known(t);
}

static void close_db(struct am_head_table *t)
{
	const struct am_cache_db_statement all[] = STATEMENTS(t);

	am_cache_db_close(&t->db, all, AM_COUNT(all));
}

struct am_head_table *am_head_table_open(const char *dir, const char *file,
                                         unsigned layout, size_t most,
                                         uint64_t archive)
{
	struct am_head_table *t = g_new0(struct am_head_table, 1);

	t->kind = kind_of_all;
	t->kind.file = t->file = file;
	t->kind.version = layout;
	t->dir = g_strdup(dir);
	t->archive = archive;
	t->most = most;
	g_mutex_init(&t->lock);
	g_mutex_init(&t->making);
	t->known = g_array_new(FALSE, TRUE, sizeof(uint64_t));
	t->coder = am_coder_new();
	t->kept = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
	                                am_head_piece_free);
	t->parts = g_ptr_array_new_with_free_func(am_head_part_free);
	open_db(t);
	return t;
}

void am_head_table_close(struct am_head_table **table)
{
	struct am_head_table *t = *table;

	*table = NULL;
	if (!t)
		return;
	close_db(t);
	am_coder_free(&t->coder);
	g_hash_table_destroy(t->kept);
	g_ptr_array_free(t->parts, TRUE);
	g_array_free(t->known, TRUE);
	g_mutex_clear(&t->lock);
	g_mutex_clear(&t->making);
	g_free(t->dir);
	g_free(t);
}

static void drop_kept(struct am_head_table *t)
{
	g_hash_table_remove_all(t->kept);
	g_ptr_array_set_size(t->parts, 0);
	t->kept_bytes = 0;
}

/* With the lock.  What is damaged says nothing of anything any more; it is made
 * again by whoever makes it. */
static void start_anew(struct am_head_table *t)
{
	g_array_set_size(t->known, 0);
	t->n_known = 0;
	drop_kept(t);
	if (am_cache_db_run(t->db, "BEGIN IMMEDIATE") &&
	    am_cache_db_run(t->db, t->kind.schema) &&
	    am_cache_db_run(t->db, "COMMIT"))
		return;
	close_db(t);
	char *path = g_build_filename(t->dir, t->file, NULL);
	am_cache_db_remove(path);
	g_free(path);
	open_db(t);
}

int am_head_table_mind(struct am_head_table *t, int r,
                       const struct am_error *own, struct am_error *err)
{
	if (r < 0 && err)
		*err = *own;
	if (r < 0 && t->db &&
	    (own->kind == AM_E_CORRUPT || am_cache_db_is_damaged(t->db)))
		start_anew(t);
	return r;
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

/* ---- pieces ---- */

void am_head_packed_clear(struct am_head_packed *p)
{
	g_free(p->ids);
	g_free(p->text);
}

int am_head_packed_get(struct am_head_table *t, int64_t number,
                       struct am_head_packed *out, struct am_error *err)
{
	int r = AM_OK;

	*out = (struct am_head_packed){.n_ids = 0};
	sqlite3_bind_int64(t->get, 1, number);
	int step = sqlite3_step(t->get);
	int64_t len = step == SQLITE_ROW ? sqlite3_column_int64(t->get, 1) : 0;
	if (step != SQLITE_ROW && step != SQLITE_DONE) {
		r = am_fail(err, AM_FAILED, AM_E_IO, "%s: %s", t->file,
		            sqlite3_errmsg(t->db));
	} else if (step == SQLITE_DONE || len < 0 || len > PIECE_MOST) {
		r = am_fail(err, AM_FAILED, AM_E_CORRUPT, "%s is damaged",
		            t->file);
	} else {
		out->len = (size_t)len;
		out->n_ids = (size_t)sqlite3_column_bytes(t->get, 0) / 8;
		out->ids = g_memdup2(sqlite3_column_blob(t->get, 0),
		                     8 * out->n_ids);
		out->packed_len = (size_t)sqlite3_column_bytes(t->get, 2);
		out->text = g_memdup2(sqlite3_column_blob(t->get, 2),
		                      out->packed_len);
	}
	sqlite3_reset(t->get);
	return r;
}

int am_head_piece_unpack(struct am_head_packed *from, struct am_coder *coder,
                         struct am_head_piece **out, struct am_error *err)
{
	struct am_head_piece *p = g_new0(struct am_head_piece, 1);

	p->text = g_malloc(from->len + 1);
	p->len = from->len;
	p->ids = g_steal_pointer(&from->ids);
	p->n_ids = from->n_ids;
	int r = am_codec_unpack(coder, AM_CODEC_ZSTD, from->text,
	                        from->packed_len, p->text, p->len, err);
	if (r)
		am_head_piece_free(p);
	*out = r ? NULL : p;
	return r;
}

static int get_piece(struct am_head_table *t, int64_t number,
                     struct am_head_piece **out, struct am_error *err)
{
	struct am_head_packed packed;
	int r = am_head_packed_get(t, number, &packed, err);

	if (!r)
		r = am_head_piece_unpack(&packed, t->coder, out, err);
	am_head_packed_clear(&packed);
	return r;
}

/* ---- adding ---- */

static void let_go(struct am_head_table *t, int64_t number)
{
	const struct am_head_piece *kept =
		g_hash_table_lookup(t->kept, &number);

	if (kept)
		t->kept_bytes -= am_head_piece_bytes(kept);
	g_hash_table_remove(t->kept, &number);
}

/* number 0: a new one. */
static int write_piece(struct am_head_table *t, int64_t number,
                       const GByteArray *ids, const GString *text,
                       struct am_error *err)
{
	size_t room = am_codec_bound(AM_CODEC_ZSTD, text->len);
	uint8_t *packed = g_malloc(room);
	sqlite3_stmt *put = number ? t->set : t->add;

	int r = am_codec_pack(t->coder, AM_CODEC_ZSTD, 0, text->str, text->len,
	                      packed, &room, err);
	if (!r) {
		sqlite3_bind_blob64(put, 1, ids->data, ids->len, SQLITE_STATIC);
		sqlite3_bind_int64(put, 2, (sqlite3_int64)text->len);
		sqlite3_bind_blob64(put, 3, packed, room, SQLITE_STATIC);
		if (number)
			sqlite3_bind_int64(put, 4, number);
		if (sqlite3_step(put) != SQLITE_DONE)
			r = am_fail(err, AM_FAILED, AM_E_IO, "%s: %s", t->file,
			            sqlite3_errmsg(t->db));
		sqlite3_reset(put);
		sqlite3_clear_bindings(put);
	}
	g_free(packed);
	let_go(t, number);
	return r;
}

/* The last piece, if it has room for so many more; 0: a new one it is. */
static int64_t last_with_room(struct am_head_table *t, size_t more,
                              size_t bytes)
{
	int64_t number = 0;

	if (sqlite3_step(t->last) == SQLITE_ROW &&
	    (size_t)sqlite3_column_int64(t->last, 1) + more <= t->most &&
	    (size_t)sqlite3_column_int64(t->last, 2) + bytes <= PIECE_ROOM)
		number = sqlite3_column_int64(t->last, 0);
	sqlite3_reset(t->last);
	return number;
}

/* With the lock, in a transaction: mail comes by ones and twos. */
static int insert(struct am_head_table *t, GByteArray *ids, GString *text,
                  struct am_error *err)
{
	int64_t number = last_with_room(t, ids->len / 8, text->len);
	struct am_head_piece *before = NULL;
	int r = number ? get_piece(t, number, &before, err) : AM_OK;

	if (!r && before) {
		g_byte_array_prepend(ids, before->ids,
		                     (guint)before->n_ids * 8);
		g_string_prepend_len(text, before->text, (gssize)before->len);
	}
	if (!r)
		r = write_piece(t, number, ids, text, err);
	if (before)
		am_head_piece_free(before);
	return r;
}

static int begin(struct am_head_table *t, struct am_error *err)
{
	if (am_cache_db_run(t->db, "BEGIN IMMEDIATE"))
		return AM_OK;
	return am_fail(err, AM_FAILED, AM_E_IO, "%s: %s", t->file,
	               sqlite3_errmsg(t->db));
}

/* r, or what becomes of it. */
static int commit(struct am_head_table *t, int r, struct am_error *err)
{
	if (!r && !am_cache_db_run(t->db, "COMMIT"))
		r = am_fail(err, AM_FAILED, AM_E_IO, "%s: %s", t->file,
		            sqlite3_errmsg(t->db));
	if (r)
		(void)am_cache_db_run(t->db, "ROLLBACK");
	return r;
}

static int in_transaction(struct am_head_table *t, GByteArray *ids,
                          GString *text, struct am_error *err)
{
	if (!t->db)
		return am_fail(err, AM_FAILED, AM_E_IO, "%s cannot be opened",
		               t->file);
	int r = begin(t, err);
	return r ? r : commit(t, insert(t, ids, text, err), err);
}

/* ---- parts ---- */

/* The first piece that is in no part, where there are enough for one, and one
 * behind that still grows; or 0. */
static int64_t next_part(struct am_head_table *t)
{
	int64_t first = 0;
	unsigned n = 0;

	g_mutex_lock(&t->lock);
	for (;
	     t->db && n <= AM_HEAD_PART && sqlite3_step(t->loose) == SQLITE_ROW;
	     n++)
		if (!n)
			first = sqlite3_column_int64(t->loose, 0);
	if (t->db)
		sqlite3_reset(t->loose);
	g_mutex_unlock(&t->lock);
	return n > AM_HEAD_PART ? first : 0;
}

static int take_piece(struct am_head_table *t, struct am_head_words *words,
                      int64_t number, struct am_error *err)
{
	struct am_error own = {0};
	struct am_head_piece *piece = NULL;

	g_mutex_lock(&t->lock);
	int r = am_head_table_mind(t, get_piece(t, number, &piece, &own), &own,
	                           err);
	g_mutex_unlock(&t->lock);
	if (r)
		return r;
	am_head_words_take(words, piece->ids, piece->n_ids, piece->text,
	                   piece->len);
	am_head_piece_free(piece);
	return AM_OK;
}

/* Somebody else may have made it meanwhile, which is as good. */
static int write_part(struct am_head_table *t, struct am_head_words *words,
                      int64_t first, struct am_error *err)
{
	int r = begin(t, err);

	if (r)
		return r;
	bool mine = sqlite3_step(t->loose) == SQLITE_ROW &&
	            sqlite3_column_int64(t->loose, 0) == first;
	sqlite3_reset(t->loose);
	if (mine)
		r = am_head_words_write(words, t->db, first, err);
	return commit(t, r, err);
}

static int make_parts(struct am_head_table *t, struct am_error *err)
{
	struct am_error own = {0};
	int64_t first;
	int r = AM_OK;

	g_mutex_lock(&t->making);
	while (!r && (first = next_part(t))) {
		struct am_head_words *words = am_head_words_new();
		for (int64_t i = first; !r && !am_head_words_full(words); i++)
			r = take_piece(t, words, i, err);
		g_mutex_lock(&t->lock);
		if (!r)
			r = am_head_table_mind(
				t, write_part(t, words, first, &own), &own,
				err);
		g_mutex_unlock(&t->lock);
		am_head_words_free(&words);
	}
	g_mutex_unlock(&t->making);
	return r;
}

static int add_together(struct am_head_table *t, const int64_t *messages,
                        const char *const *texts, size_t n,
                        struct am_error *err)
{
	GByteArray *ids = g_byte_array_new();
	GString *text = g_string_new("");
	struct am_error own = {0};
	uint8_t le[8];

	for (size_t i = 0; i < n; i++) {
		am_put_le64(le, (uint64_t)messages[i]);
		g_byte_array_append(ids, le, sizeof le);
		g_string_append(text, texts[i]);
		g_string_append_c(text, '\0');
	}
	g_mutex_lock(&t->lock);
	int r = am_head_table_mind(t, in_transaction(t, ids, text, &own), &own,
	                           err);
	for (size_t i = 0; i < n && !r; i++)
		know(t, messages[i]);
	g_mutex_unlock(&t->lock);
	g_byte_array_free(ids, TRUE);
	g_string_free(text, TRUE);
	return r;
}

int am_head_table_add(struct am_head_table *t, const int64_t *messages,
                      const char *const *texts, size_t n, struct am_error *err)
{
	int r = AM_OK;

	for (size_t from = 0, to; from < n && !r; from = to) {
		size_t bytes = strlen(texts[from]);
		for (to = from + 1; to < n; to++) {
			bytes += strlen(texts[to]);
			if (bytes > PIECE_ROOM)
				break;
		}
		r = add_together(t, messages + from, texts + from, to - from,
		                 err);
	}
	return r ? r : make_parts(t, err);
}
