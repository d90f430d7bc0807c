/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/cache_db.h"

#include <glib.h>
#include <glib/gstdio.h>

bool am_cache_db_run(sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

bool am_cache_db_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **out)
{
	return sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, out,
	                          NULL) == SQLITE_OK;
}

static int take_version(void *user, int n, char **values, char **names)
{
	(void)n;
	(void)names;
	*(uint64_t *)user =
		g_ascii_strtoull(values[0] ? values[0] : "", NULL, 10);
	return 0;
}

static bool is_of(sqlite3 *db, const struct am_cache_db_kind *kind,
                  uint64_t wanted)
{
	char *sql = g_strdup_printf("SELECT of FROM %s", kind->of);
	uint64_t is = 0;

	(void)sqlite3_exec(db, sql, take_version, &is, NULL);
	g_free(sql);
	return is == wanted;
}

/* Two programs may come upon an old one at the same time: the second finds what
 * the first has made. */
static bool make_tables(sqlite3 *db, const struct am_cache_db_kind *kind,
                        uint64_t archive)
{
	/* Positive, as SQLite has numbers; versions count from 1. */
	uint64_t wanted = (archive << 8) >> 1 | (kind->version - 1);

	if (is_of(db, kind, wanted))
		return true;
	if (!am_cache_db_run(db, "BEGIN IMMEDIATE"))
		return false;
	char *sql = g_strdup_printf("DROP TABLE IF EXISTS %s;"
	                            "CREATE TABLE %s(of INTEGER);"
	                            "INSERT INTO %s VALUES(%" PRIu64 ")",
	                            kind->of, kind->of, kind->of, wanted);
	bool good =
		is_of(db, kind, wanted) ||
		(am_cache_db_run(db, kind->schema) && am_cache_db_run(db, sql));
	g_free(sql);
	return am_cache_db_run(db, good ? "COMMIT" : "ROLLBACK") && good;
}

static bool set_up(sqlite3 *db, const struct am_cache_db_kind *kind,
                   uint64_t archive,
                   const struct am_cache_db_statement *statements, size_t n)
{
	bool good = make_tables(db, kind, archive);

	for (size_t i = 0; i < n && good; i++)
		good = am_cache_db_prepare(db, statements[i].sql,
		                           statements[i].out);
	return good;
}

bool am_cache_db_is_damaged(sqlite3 *db)
{
	int code = sqlite3_errcode(db) & 0xff;

	return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

void am_cache_db_remove(const char *path)
{
	static const char *const ends[] = {"", "-wal", "-shm"};

	for (size_t i = 0; i < AM_COUNT(ends); i++) {
		char *file = g_strconcat(path, ends[i], NULL);
		(void)g_unlink(file);
		g_free(file);
	}
}

/* *damaged: and it is no database. */
static sqlite3 *open_file(const struct am_cache_db_kind *kind, const char *path,
                          uint64_t archive,
                          const struct am_cache_db_statement *statements,
                          size_t n, bool *damaged)
{
	sqlite3 *db = NULL;

	if (sqlite3_open(path, &db) == SQLITE_OK &&
	    sqlite3_busy_timeout(db, kind->busy_ms) == SQLITE_OK &&
	    am_cache_db_run(db, kind->pragmas) &&
	    set_up(db, kind, archive, statements, n))
		return db;
	*damaged = am_cache_db_is_damaged(db);
	am_cache_db_close(&db, statements, n);
	return NULL;
}

sqlite3 *am_cache_db_open(const struct am_cache_db_kind *kind, const char *dir,
                          uint64_t archive,
                          const struct am_cache_db_statement *statements,
                          size_t n)
{
	char *path = g_build_filename(dir, kind->file, NULL);
	bool damaged = false;

	sqlite3 *db = open_file(kind, path, archive, statements, n, &damaged);
	if (!db && damaged) {
		am_cache_db_remove(path);
		db = open_file(kind, path, archive, statements, n, &damaged);
	}
	if (!db)
		db = open_file(kind, ":memory:", archive, statements, n,
		               &damaged);
	g_free(path);
	return db;
}

void am_cache_db_close(sqlite3 **db,
                       const struct am_cache_db_statement *statements, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		sqlite3_finalize(*statements[i].out);
		*statements[i].out = NULL;
	}
	sqlite3_close(*db);
	*db = NULL;
}
