/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "extract/cache.h"

#include "base/codec.h"
#include "extract/pieces.h"
#include "extract/protocol.h"
#include "extract/status.h"

#include <glib.h>
#include <sqlite3.h>

#include <string.h>
#include <unistd.h>

#define LEVEL   3
#define WAIT_MS 10000
#define KEY_LEN (AM_SHA256_LEN + 1)

struct am_extract_cache {
	GMutex mutex;
	sqlite3 *db;
	sqlite3_stmt *get, *put;
	struct am_coder *coder;
};

static const char *const schema =
	"CREATE TABLE IF NOT EXISTS document(key BLOB NOT NULL UNIQUE,"
	" version INT NOT NULL, status INT NOT NULL, tries INT NOT NULL,"
	" len INT NOT NULL, pieces BLOB)";

static bool prepare(struct am_extract_cache *c, bool writable)
{
	static const char *const get =
		"SELECT status, tries, len, pieces FROM document"
		" WHERE key = ?1 AND version = ?2";
	static const char *const put =
		"INSERT OR REPLACE INTO document(key, version, status, tries,"
		" len, pieces) VALUES(?1, ?2, ?3, ?4, ?5, ?6)";

	return sqlite3_prepare_v3(c->db, get, -1, SQLITE_PREPARE_PERSISTENT,
	                          &c->get, NULL) == SQLITE_OK &&
	       (!writable ||
	        sqlite3_prepare_v3(c->db, put, -1, SQLITE_PREPARE_PERSISTENT,
	                           &c->put, NULL) == SQLITE_OK);
}

static bool open_database(struct am_extract_cache *c, const char *path,
                          bool writable)
{
	int flags = writable ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
	                     : SQLITE_OPEN_READONLY;

	if (sqlite3_open_v2(path, &c->db, flags | SQLITE_OPEN_NOMUTEX, NULL))
		return false;
	sqlite3_busy_timeout(c->db, WAIT_MS);
	/* What a crash of the machine takes with it is made again. */
	if (writable &&
	    (sqlite3_exec(c->db,
	                  "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;",
	                  NULL, NULL, NULL) ||
	     sqlite3_exec(c->db, schema, NULL, NULL, NULL)))
		return false;
	return prepare(c, writable);
}

static void close_database(struct am_extract_cache *c)
{
	sqlite3_finalize(c->get);
	sqlite3_finalize(c->put);
	sqlite3_close(c->db);
	c->get = c->put = NULL;
	c->db = NULL;
}

static void remove_files(const char *path)
{
	static const char *const ends[] = {"", "-wal", "-shm", "-journal"};

	for (size_t i = 0; i < AM_COUNT(ends); i++) {
		char *file = g_strconcat(path, ends[i], NULL);
		unlink(file);
		g_free(file);
	}
}

int am_extract_cache_open(struct am_extract_cache **out, const char *path,
                          bool writable, struct am_error *err)
{
	struct am_extract_cache *c = g_new0(struct am_extract_cache, 1);
	bool good;

	g_mutex_init(&c->mutex);
	c->coder = am_coder_new();
	*out = NULL;
	good = open_database(c, path, writable);
	if (!good && writable && sqlite3_errcode(c->db) != SQLITE_BUSY) {
		close_database(c);
		remove_files(path);
		good = open_database(c, path, writable);
	}
	if (good) {
		*out = c;
		return AM_OK;
	}
	int r = writable ? am_fail(err, AM_FAILED, AM_E_IO, "%s: %s", path,
	                           sqlite3_errmsg(c->db))
	                 : AM_END;
	am_extract_cache_close(&c);
	return r;
}

void am_extract_cache_close(struct am_extract_cache **cache)
{
	struct am_extract_cache *c = *cache;

	if (!c)
		return;
	close_database(c);
	am_coder_free(&c->coder);
	g_mutex_clear(&c->mutex);
	g_free(c);
	*cache = NULL;
}

static void bind_key(sqlite3_stmt *s, const struct am_extract_key *key,
                     uint8_t bytes[KEY_LEN])
{
	memcpy(bytes, key->hash, AM_SHA256_LEN);
	bytes[AM_SHA256_LEN] = key->hint;
	sqlite3_bind_blob(s, 1, bytes, KEY_LEN, SQLITE_STATIC);
	sqlite3_bind_int(s, 2, AM_EXTRACT_VERSION);
}

static bool unpack(struct am_extract_cache *c, sqlite3_stmt *s,
                   struct am_extract_cached *out)
{
	const void *packed = sqlite3_column_blob(s, 3);
	size_t packed_len = (size_t)sqlite3_column_bytes(s, 3);
	int64_t len = sqlite3_column_int64(s, 2);

	if (len < 0 || len > AM_EXTRACT_PIECES_MAX)
		return false;
	out->len = (size_t)len;
	if (!len)
		return true;
	out->pieces = g_malloc(out->len);
	if (!packed ||
	    am_codec_unpack(c->coder, AM_CODEC_ZSTD, packed, packed_len,
	                    out->pieces, out->len, NULL) ||
	    !am_pieces_valid(out->pieces, out->len)) {
		g_clear_pointer(&out->pieces, g_free);
		return false;
	}
	return true;
}

int am_extract_cache_get(struct am_extract_cache *c,
                         const struct am_extract_key *key,
                         struct am_extract_cached *out)
{
	uint8_t bytes[KEY_LEN];
	int r = AM_END;

	memset(out, 0, sizeof(*out));
	g_mutex_lock(&c->mutex);
	bind_key(c->get, key, bytes);
	if (sqlite3_step(c->get) == SQLITE_ROW) {
		int64_t status = sqlite3_column_int64(c->get, 0);
		int64_t tries = sqlite3_column_int64(c->get, 1);
		if (status >= 0 && status < AM_EXTRACT_N_STATUS && tries >= 0 &&
		    unpack(c, c->get, out)) {
			out->status = (unsigned)status;
			out->tries = (unsigned)MIN(tries, 1000);
			r = AM_OK;
		}
	}
	sqlite3_reset(c->get);
	g_mutex_unlock(&c->mutex);
	return r;
}

void am_extract_cache_put(struct am_extract_cache *c,
                          const struct am_extract_key *key,
                          const struct am_extract_cached *what)
{
	size_t room = am_codec_bound(AM_CODEC_ZSTD, what->len);
	uint8_t *packed = what->len ? g_malloc(room) : NULL;
	uint8_t bytes[KEY_LEN];

	g_mutex_lock(&c->mutex);
	if (!what->len ||
	    !am_codec_pack(c->coder, AM_CODEC_ZSTD, LEVEL, what->pieces,
	                   what->len, packed, &room, NULL)) {
		bind_key(c->put, key, bytes);
		sqlite3_bind_int64(c->put, 3, what->status);
		sqlite3_bind_int64(c->put, 4, what->tries);
		sqlite3_bind_int64(c->put, 5, (int64_t)what->len);
		if (packed)
			sqlite3_bind_blob(c->put, 6, packed, (int)room,
			                  SQLITE_STATIC);
		else
			sqlite3_bind_null(c->put, 6);
		sqlite3_step(c->put);
		sqlite3_reset(c->put);
		sqlite3_clear_bindings(c->put);
	}
	g_mutex_unlock(&c->mutex);
	g_free(packed);
}

void am_extract_cache_count(struct am_extract_cache *c, uint64_t *counts)
{
	sqlite3_stmt *s = NULL;

	memset(counts, 0, AM_EXTRACT_N_STATUS * sizeof(*counts));
	g_mutex_lock(&c->mutex);
	if (!sqlite3_prepare_v2(c->db,
	                        "SELECT status, count(*) FROM document"
	                        " GROUP BY status",
	                        -1, &s, NULL))
		while (sqlite3_step(s) == SQLITE_ROW) {
			int64_t status = sqlite3_column_int64(s, 0);
			if (status >= 0 && status < AM_EXTRACT_N_STATUS)
				counts[status] =
					(uint64_t)sqlite3_column_int64(s, 1);
		}
	sqlite3_finalize(s);
	g_mutex_unlock(&c->mutex);
}
