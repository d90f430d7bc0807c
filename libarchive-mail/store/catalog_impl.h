/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_STORE_CATALOG_IMPL_H
#define AM_STORE_CATALOG_IMPL_H

#include "store/catalog.h"
#include "store/catalog_keys.h"

#include <glib.h>
#include <sqlite3.h>

/* What the files of the catalog share, and nobody else includes. */

#define AM_CATALOG_BROKEN ".broken" /* the mark of one that is damaged */

#define AM_CATALOG_WAIT_MS 10000 /* for a lock of SQLite's */

struct am_prefix;

/* Statements that are kept; their text stands in catalog_stmt.c. */
enum am_catalog_sql {
	AM_SQL_BEGIN,
	AM_SQL_COMMIT,
	AM_SQL_ROLLBACK,
	AM_SQL_META_GET,
	AM_SQL_META_PUT,
	AM_SQL_ADD_BLOCK,
	AM_SQL_ADD_BLOB,
	AM_SQL_ADD_MESSAGE,
	AM_SQL_ADD_PLACEMENT,
	AM_SQL_SET_PLACEMENT,
	AM_SQL_PUT_FOLDER,
	AM_SQL_ADD_CURSOR,
	AM_SQL_ADD_ACCESSION,
	AM_SQL_GET_BLOCK,
	AM_SQL_GET_BLOB,
	AM_SQL_GET_HASHES,
	AM_SQL_GET_SIZE,
	AM_SQL_GET_MESSAGE,
	AM_SQL_EACH_HEAD,
	AM_SQL_GET_THREAD,
	AM_SQL_ADD_KEYS,
	AM_SQL_ADD_RUN,
	AM_SQL_LAST_RUNS,
	AM_SQL_LAST_PAGE,
	AM_SQL_DROP_KEYS,
	AM_SQL_DROP_RUN,
	AM_SQL_FIND_KEYS,
	AM_SQL_GET_PLACEMENT,
	AM_SQL_GET_SEQ,
	AM_SQL_GET_CURSOR,
	AM_SQL_GET_BEGUN,
	AM_SQL_GET_ORIGIN,
	AM_SQL_ADD_ORIGIN,
	AM_SQL_SET_REMOTE,
	AM_SQL_FORGET_REMOTE,
	AM_SQL_LEAVE_REMOTE,
	AM_SQL_FIND_REMOTE,
	AM_SQL_REMOTE_OF,
	AM_SQL_COUNT
};

struct am_catalog_row { /* a folder as it is held in memory */
	struct am_catalog_folder public;
	bool dirty;
};

struct am_catalog {
	sqlite3 *db;
	sqlite3_stmt *kept[AM_SQL_COUNT];
	char *path;
	bool writable, in_transaction, pinned;
	bool broken;  /* SQLite says so */
	bool filling; /* without a journal, and marked */
	bool afloat;  /* in memory: no file of it anywhere */
	bool seq_known;
	uint64_t seq;
	struct am_prefix *prefix; /* hashes of an empty one being filled */
	struct am_keys *keys;

	bool folders_known;
	bool early;         /* a placement came before its folder: count anew */
	GPtrArray *folders; /* struct am_catalog_row, by id */
	GHashTable *folders_by_path;
	GHashTable *folders_by_id;

	uint64_t origin_accession; /* whose origin is kept; 0: none */
	int64_t origin;

	uint64_t last_message, last_size; /* the message added last */
	struct am_items *scratch;
};

/* Says what SQLite said; the kind follows its code. */
int am_catalog_fail(struct am_catalog *c, enum am_status status,
                    struct am_error *err);
/* A kept statement, reset and without bindings. */
AM_MUST_USE int am_catalog_stmt(struct am_catalog *c, enum am_catalog_sql sql,
                                sqlite3_stmt **out, struct am_error *err);
/* One that is not kept. */
AM_MUST_USE int am_catalog_prepare(struct am_catalog *c, const char *sql,
                                   sqlite3_stmt **out, struct am_error *err);
/* AM_OK: a row; AM_END: done, and the statement reset. */
AM_MUST_USE int am_catalog_step(struct am_catalog *c, sqlite3_stmt *stmt,
                                struct am_error *err);
/* A statement without rows, to its end. */
AM_MUST_USE int am_catalog_run(struct am_catalog *c, sqlite3_stmt *stmt,
                               struct am_error *err);
AM_MUST_USE int am_catalog_exec(struct am_catalog *c, const char *sql,
                                struct am_error *err);
/* The mark that makes the next one to open it make it anew: while it is there,
 * what the file holds need not make sense. */
AM_MUST_USE bool am_catalog_mark(struct am_catalog *c);
void am_catalog_unmark(struct am_catalog *c);
/* Without a journal until the next commit: each page is written but once, and
 * there is no way back.  Stays as it is where that cannot be. */
void am_catalog_fill_begin(struct am_catalog *c);
/* Hashes are found through memory meanwhile. */
void am_catalog_fill_lookup(struct am_catalog *c);
AM_MUST_USE int am_catalog_fill_end(struct am_catalog *c, struct am_error *err);
AM_MUST_USE int am_catalog_meta_get(struct am_catalog *c, const char *name,
                                    int64_t *out, struct am_error *err);
AM_MUST_USE int am_catalog_meta_put(struct am_catalog *c, const char *name,
                                    int64_t value, struct am_error *err);

/* migrate.c: make the tables, or see whether we know those that are there. */
AM_MUST_USE int am_migrate_create(struct am_catalog *c, struct am_error *err);
AM_MUST_USE int am_migrate_check(struct am_catalog *c, struct am_error *err);

/* catalog_folder.c */
AM_MUST_USE int am_catalog_folder_row(struct am_catalog *c, uint64_t id,
                                      struct am_catalog_row **out,
                                      struct am_error *err);
/* Counts and highest UIDs of all folders from their placements. */
AM_MUST_USE int am_catalog_recount(struct am_catalog *c, struct am_error *err);
AM_MUST_USE int am_catalog_folder_flush(struct am_catalog *c,
                                        struct am_error *err);
void am_catalog_folder_forget(struct am_catalog *c);

/* The first 8 bytes of a hash as a number that sorts as the hash does. */
uint64_t am_catalog_key(const uint8_t hash[AM_SHA256_LEN]);
/* A number made of a Message-ID. */
uint64_t am_catalog_mid(const char *message_id);

static inline const char *am_catalog_text(sqlite3_stmt *stmt, int column)
{
	return (const char *)sqlite3_column_text(stmt, column);
}

#endif
