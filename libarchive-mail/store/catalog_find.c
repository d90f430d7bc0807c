/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finding by hash; and filling an empty catalog, which goes without a journal.
 */
#include "store/catalog_impl.h"

#include "base/writeback.h"
#include "store/prefix.h"

#include <string.h>

static void reset_kept(struct am_catalog *c)
{
	for (size_t i = 0; i < AM_SQL_COUNT; i++)
		sqlite3_reset(c->kept[i]);
}

static bool set_journal(struct am_catalog *c, const char *mode,
                        struct am_error *err)
{
	char *sql = g_strdup_printf("PRAGMA journal_mode = %s", mode);
	sqlite3_stmt *s = NULL;

	/* A reader that is still there is no reason to wait. */
	sqlite3_busy_timeout(c->db, 0);
	reset_kept(c);
	int r = am_catalog_prepare(c, sql, &s, err);
	if (!r)
		r = am_catalog_step(c, s, err);
	bool ok = !r && !g_strcmp0(am_catalog_text(s, 0), mode);
	sqlite3_finalize(s);
	sqlite3_busy_timeout(c->db, AM_CATALOG_WAIT_MS);
	g_free(sql);
	return ok;
}

void am_catalog_fill_begin(struct am_catalog *c)
{
	if (c->filling || c->in_transaction || !am_catalog_mark(c))
		return;
	c->filling = set_journal(c, "off", NULL);
	if (!c->filling)
		am_catalog_unmark(c);
}

void am_catalog_fill_lookup(struct am_catalog *c)
{
	if (!c->prefix)
		c->prefix = am_prefix_new();
}

/* Going over to the journal writes the first page and syncs the file, whether
 * or not the commit before it has. */
int am_catalog_fill_end(struct am_catalog *c, struct am_error *err)
{
	struct am_error why = {0};

	int r = am_catalog_exec(c, "PRAGMA synchronous = NORMAL", &why);
	if (r || !set_journal(c, "wal", &why))
		return am_fail(err, AM_FATAL, AM_E_IO,
		               "%s: no journal for it: %s", c->path, why.text);
	am_catalog_unmark(c);
	c->filling = false;
	return AM_OK;
}

static int is_empty(struct am_catalog *c, bool *out, struct am_error *err)
{
	sqlite3_stmt *s;
	int r = am_catalog_prepare(c, "SELECT 1 FROM message LIMIT 1", &s, err);

	if (r)
		return r;
	r = am_catalog_step(c, s, err);
	*out = r == AM_END;
	sqlite3_finalize(s);
	return r < 0 ? r : AM_OK;
}

void am_catalog_bulk(struct am_catalog *c)
{
	bool empty;

	if (!c->writable || is_empty(c, &empty, NULL) || !empty)
		return;
	am_catalog_fill_lookup(c);
	am_catalog_fill_begin(c);
}

int am_catalog_write_ahead(struct am_catalog *c, struct am_error *err)
{
	if (!c->filling)
		return AM_OK;
	int r = am_keys_flush(c, err);
	/* There is no way back anyway: what the commit would write may be
	 * written while the log is.  What cannot be now can be then. */
	if (!r && sqlite3_db_cacheflush(c->db) == SQLITE_OK)
		am_write_back_path(c->path);
	return r;
}

int am_catalog_set_rebuilding(struct am_catalog *c, bool rebuilding,
                              struct am_error *err)
{
	return am_catalog_meta_put(c, "rebuilding", rebuilding, err);
}

int am_catalog_is_rebuilding(struct am_catalog *c, bool *out,
                             struct am_error *err)
{
	int64_t value;
	int r = am_catalog_meta_get(c, "rebuilding", &value, err);

	*out = value != 0;
	return r;
}

static int position(struct am_catalog *c, sqlite3_stmt *s, uint64_t *pos,
                    struct am_error *err)
{
	int r = am_catalog_step(c, s, err);

	*pos = 0;
	if (!r)
		*pos = (uint64_t)sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	return r;
}

int am_catalog_find_block(struct am_catalog *c, uint64_t block, uint64_t *pos,
                          struct am_error *err)
{
	sqlite3_stmt *s;
	int r = am_catalog_stmt(c, AM_SQL_GET_BLOCK, &s, err);

	if (r)
		return r;
	sqlite3_bind_int64(s, 1, (sqlite3_int64)block);
	return position(c, s, pos, err);
}

int am_catalog_find_blob(struct am_catalog *c,
                         const uint8_t hash[AM_SHA256_LEN], uint64_t *pos,
                         struct am_error *err)
{
	sqlite3_stmt *s;
	int r = am_catalog_stmt(c, AM_SQL_GET_BLOB, &s, err);

	if (r)
		return r;
	sqlite3_bind_blob(s, 1, hash, AM_SHA256_LEN, SQLITE_STATIC);
	r = position(c, s, pos, err);
	sqlite3_clear_bindings(s);
	return r;
}

/* Is message `id` the same, or of the same form, as what is asked for? */
static int consider(struct am_catalog *c, uint64_t id,
                    const uint8_t hash[AM_SHA256_LEN],
                    const uint8_t hash_lf[AM_SHA256_LEN],
                    struct am_catalog_match *out, struct am_error *err)
{
	sqlite3_stmt *s;
	int r = am_catalog_stmt(c, AM_SQL_GET_HASHES, &s, err);

	if (r)
		return r;
	sqlite3_bind_int64(s, 1, (sqlite3_int64)id);
	r = am_catalog_step(c, s, err);
	if (r || sqlite3_column_bytes(s, 0) != AM_SHA256_LEN ||
	    sqlite3_column_bytes(s, 1) != AM_SHA256_LEN ||
	    sqlite3_column_int(s, 4))
		goto out;
	const uint8_t *raw = sqlite3_column_blob(s, 0);
	const uint8_t *lf = sqlite3_column_blob(s, 1);
	if (memcmp(lf, hash_lf, AM_SHA256_LEN))
		goto out;
	if (!memcmp(raw, hash, AM_SHA256_LEN))
		out->same = id;
	else if (!out->form &&
	         (sqlite3_column_int(s, 2) || !memcmp(raw, lf, AM_SHA256_LEN)))
		out->form = (uint64_t)sqlite3_column_int64(s, 3);
out:
	sqlite3_reset(s);
	return r < 0 ? r : AM_OK;
}

struct match {
	struct am_catalog *catalog;
	const uint8_t *hash, *hash_lf;
	struct am_catalog_match *out;
};

static int consider_key(void *user, uint64_t key, uint64_t id,
                        struct am_error *err)
{
	const struct match *m = user;

	(void)key;
	int r = consider(m->catalog, id, m->hash, m->hash_lf, m->out, err);

	return r || !m->out->same ? r : AM_END;
}

int am_catalog_match(struct am_catalog *c, const uint8_t hash[AM_SHA256_LEN],
                     const uint8_t hash_lf[AM_SHA256_LEN],
                     struct am_catalog_match *out, struct am_error *err)
{
	struct match m = {c, hash, hash_lf, out};
	uint64_t key = am_catalog_key(hash_lf), id;
	size_t at = 0;

	*out = (struct am_catalog_match){0};
	if (!c->prefix)
		return am_keys_find(c, AM_KEYS_FORM, am_keys_hash(key),
		                    am_keys_hash(key), consider_key, &m, err);
	while (!out->same && (id = am_prefix_next(c->prefix, key, &at))) {
		int r = consider(c, id, hash, hash_lf, out, err);
		if (r)
			return r;
	}
	return AM_OK;
}

static int nibble(char ch)
{
	if (ch >= '0' && ch <= '9')
		return ch - '0';
	ch = (char)(ch | 0x20);
	return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
}

static bool begins_so(const uint8_t *hash, const char *hex, size_t digits)
{
	for (size_t i = 0; i < digits; i++) {
		int have = i % 2 ? hash[i / 2] & 15 : hash[i / 2] >> 4;
		if (have != nibble(hex[i]))
			return false;
	}
	return true;
}

struct beginning {
	struct am_catalog *catalog;
	const char *hex;
	size_t digits;
	uint64_t *ids;
	size_t n;
};

static int consider_beginning(void *user, uint64_t key, uint64_t id,
                              struct am_error *err)
{
	struct beginning *b = user;
	sqlite3_stmt *s;

	(void)key;
	int r = am_catalog_stmt(b->catalog, AM_SQL_GET_HASHES, &s, err);
	if (r)
		return r;
	sqlite3_bind_int64(s, 1, (sqlite3_int64)id);
	r = am_catalog_step(b->catalog, s, err);
	/* One whose forms differ may have been met by the other already. */
	if (!r && !sqlite3_column_int(s, 4) && !(b->n && b->ids[0] == id) &&
	    sqlite3_column_bytes(s, 0) == AM_SHA256_LEN &&
	    begins_so(sqlite3_column_blob(s, 0), b->hex, b->digits))
		b->ids[b->n++] = id;
	sqlite3_reset(s);
	if (r < 0)
		return r;
	return b->n < 2 ? AM_OK : AM_END;
}

int am_catalog_find_hash(struct am_catalog *c, const char *hex, uint64_t ids[2],
                         size_t *n, struct am_error *err)
{
	struct beginning b = {c, hex, strlen(hex), ids, 0};
	uint64_t low = 0, high = UINT64_MAX;

	*n = 0;
	for (size_t i = 0; i < b.digits; i++) {
		int v = b.digits > 2 * AM_SHA256_LEN ? -1 : nibble(hex[i]);
		if (v < 0)
			return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
			               "\"%.80s\" is not a hash", hex);
		if (i >= 16)
			continue;
		unsigned shift = 60 - 4 * (unsigned)i;
		low |= (uint64_t)v << shift;
		high &= ~((uint64_t)(15 - v) << shift);
	}
	low = am_keys_hash(low);
	high = am_keys_hash(high);
	int r = am_keys_find(c, AM_KEYS_FORM, low, high, consider_beginning, &b,
	                     err);
	if (!r && b.n < 2)
		r = am_keys_find(c, AM_KEYS_RAW, low, high, consider_beginning,
		                 &b, err);
	*n = b.n;
	return r;
}
