/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_STORE_CACHE_DB_H
#define AM_STORE_CACHE_DB_H

#include "base/compiler.h"

#include <sqlite3.h>

/*
 * A small database in an archive's cache, of what was worked out and can be
 * again: of another archive, of an earlier layout, or where it is no
 * database any more, it is made anew, and where nothing can be written it is in
 * memory.  Whoever has it locks it.
 */
struct am_cache_db_kind {
	const char *file;
	const char *of; /* the table that says of which archive and layout */
	unsigned version;
	int busy_ms;
	const char *pragmas;
	const char *schema; /* all other tables: dropped if there, and made */
};
struct am_cache_db_statement {
	const char *sql;
	sqlite3_stmt **out;
};

/* With its statements prepared; NULL, and they too: there is none. */
sqlite3 *am_cache_db_open(const struct am_cache_db_kind *kind, const char *dir,
                          uint64_t archive,
                          const struct am_cache_db_statement *statements,
                          size_t n);
/* The last thing that failed did because the file is damaged. */
bool am_cache_db_is_damaged(sqlite3 *db);
/* What lies there of one, closed. */
void am_cache_db_remove(const char *path);
void am_cache_db_close(sqlite3 **db,
                       const struct am_cache_db_statement *statements,
                       size_t n);
bool am_cache_db_run(sqlite3 *db, const char *sql);
bool am_cache_db_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **out);

#endif
