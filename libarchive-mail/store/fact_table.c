/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two tables, a row a message in each; messages never change, so neither do
 * rows.  What is asked of a whole mailbox at once stands in the narrow one too:
 * the rows of the other are a page each.
 */
#include "store/fact_table.h"

#include "base/arena.h"

#include <glib.h>
#include <sqlite3.h>

#include <string.h>

#define VERSION 5 /* of what the columns hold */

struct am_fact_table {
	GMutex lock;
	sqlite3 *db;
	sqlite3_stmt *get, *size, *span, *put, *put_brief;
	bool open; /* a transaction */
};

static bool run(struct am_fact_table *f, const char *sql)
{
	return sqlite3_exec(f->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static bool prepare(struct am_fact_table *f, const char *sql,
                    sqlite3_stmt **out)
{
	return sqlite3_prepare_v3(f->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
	                          out, NULL) == SQLITE_OK;
}

static int take_version(void *user, int n, char **values, char **names)
{
	(void)n;
	(void)names;
	*(uint64_t *)user =
		g_ascii_strtoull(values[0] ? values[0] : "", NULL, 10);
	return 0;
}

/* Of another archive, or an earlier time: made anew. */
static bool set_up(struct am_fact_table *f, uint64_t archive)
{
	uint64_t wanted = (archive << 8 | VERSION) >> 1, is = 0;
	char sql[120];

	(void)sqlite3_exec(f->db, "SELECT of FROM fact_of", take_version, &is,
	                   NULL);
	if (is != wanted) {
		g_snprintf(sql, sizeof sql,
		           "INSERT INTO fact_of VALUES(%" PRIu64 ")", wanted);
		if (!run(f, "DROP TABLE IF EXISTS fact;"
		            "DROP TABLE IF EXISTS fact_of;"
		            "DROP TABLE IF EXISTS brief;"
		            "CREATE TABLE fact_of(of INTEGER);"
		            "CREATE TABLE brief(message INTEGER PRIMARY KEY,"
		            " size INTEGER NOT NULL, refs TEXT);"
		            "CREATE TABLE fact(message INTEGER PRIMARY KEY,"
		            " size INTEGER NOT NULL, envelope BLOB,"
		            " structure BLOB, refs TEXT, fields BLOB)") ||
		    !run(f, sql))
			return false;
	}
	return prepare(f,
	               "SELECT size, envelope, structure, refs, fields FROM "
	               "fact"
	               " WHERE message = ?1",
	               &f->get) &&
	       prepare(f, "SELECT size FROM brief WHERE message = ?1",
	               &f->size) &&
	       prepare(f,
	               "SELECT message, size, refs FROM brief WHERE message "
	               "BETWEEN ?1 AND ?2 ORDER BY message",
	               &f->span) &&
	       prepare(f, "INSERT OR REPLACE INTO brief VALUES(?1, ?2, ?3)",
	               &f->put_brief) &&
	       prepare(f,
	               "INSERT OR REPLACE INTO fact VALUES(?1, ?2, ?3, ?4, ?5, "
	               "?6)",
	               &f->put);
}

static void shut(struct am_fact_table *f)
{
	sqlite3_finalize(f->get);
	sqlite3_finalize(f->size);
	sqlite3_finalize(f->span);
	sqlite3_finalize(f->put);
	sqlite3_finalize(f->put_brief);
	f->get = f->size = f->span = f->put = f->put_brief = NULL;
	sqlite3_close(f->db);
	f->db = NULL;
}

struct am_fact_table *am_fact_table_open(const char *dir, uint64_t archive)
{
	struct am_fact_table *f = g_new0(struct am_fact_table, 1);
	char *path = g_build_filename(dir, "imap.sqlite", NULL);

	g_mutex_init(&f->lock);
	bool good = sqlite3_open(path, &f->db) == SQLITE_OK &&
	            sqlite3_busy_timeout(f->db, 2000) == SQLITE_OK &&
	            run(f, "PRAGMA journal_mode=WAL;"
	                   "PRAGMA synchronous=OFF") &&
	            set_up(f, archive);
	if (!good) {
		shut(f);
		good = sqlite3_open(":memory:", &f->db) == SQLITE_OK &&
		       set_up(f, archive);
	}
	if (!good)
		shut(f);
	g_free(path);
	return f;
}

static void end_transaction(struct am_fact_table *f)
{
	if (f->open)
		(void)run(f, "COMMIT");
	f->open = false;
}

/* Until the next tick: each on its own, reads spend half their time on locks.
 */
static void begin_transaction(struct am_fact_table *f)
{
	if (!f->open)
		f->open = run(f, "BEGIN");
}

void am_fact_table_close(struct am_fact_table **facts)
{
	struct am_fact_table *f = *facts;

	*facts = NULL;
	if (!f)
		return;
	if (f->db)
		end_transaction(f);
	shut(f);
	g_mutex_clear(&f->lock);
	g_free(f);
}

void am_fact_table_tick(struct am_fact_table *f)
{
	g_mutex_lock(&f->lock);
	if (f->db)
		end_transaction(f);
	g_mutex_unlock(&f->lock);
}

static const char *text_at(sqlite3_stmt *s, int column, struct am_arena *arena,
                           size_t *len)
{
	const void *data = sqlite3_column_blob(s, column);

	*len = (size_t)sqlite3_column_bytes(s, column);
	return am_arena_strndup(arena, data ? data : "", *len);
}

bool am_fact_table_find(struct am_fact_table *f, int64_t message,
                        struct am_arena *arena, struct am_fact *out)
{
	size_t len;

	bool there = false;

	g_mutex_lock(&f->lock);
	sqlite3_stmt *s = arena ? f->get : f->size;
	if (f->db) {
		begin_transaction(f);
		sqlite3_bind_int64(s, 1, message);
		there = sqlite3_step(s) == SQLITE_ROW;
		if (there)
			out->size = (uint64_t)sqlite3_column_int64(s, 0);
		if (there && arena) {
			out->envelope =
				text_at(s, 1, arena, &out->envelope_len);
			out->structure =
				text_at(s, 2, arena, &out->structure_len);
			out->references = text_at(s, 3, arena, &len);
			out->fields = text_at(s, 4, arena, &out->fields_len);
		}
		sqlite3_reset(s);
	}
	g_mutex_unlock(&f->lock);
	return there;
}

void am_fact_table_each(struct am_fact_table *f, int64_t first, int64_t last,
                        am_brief_fn *fn, void *user)
{
	g_mutex_lock(&f->lock);
	if (f->db) {
		begin_transaction(f);
		sqlite3_bind_int64(f->span, 1, first);
		sqlite3_bind_int64(f->span, 2, last);
		while (sqlite3_step(f->span) == SQLITE_ROW) {
			const char *refs =
				(const char *)sqlite3_column_text(f->span, 2);
			fn(user, sqlite3_column_int64(f->span, 0),
			   (uint64_t)sqlite3_column_int64(f->span, 1),
			   refs ? refs : "");
		}
		sqlite3_reset(f->span);
	}
	g_mutex_unlock(&f->lock);
}

static void put_brief(struct am_fact_table *f, int64_t message,
                      const struct am_fact *fact)
{
	sqlite3_stmt *s = f->put_brief;

	sqlite3_bind_int64(s, 1, message);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)fact->size);
	sqlite3_bind_text(s, 3, fact->references, -1, SQLITE_STATIC);
	(void)sqlite3_step(s);
	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
}

void am_fact_table_keep(struct am_fact_table *f, int64_t message,
                        const struct am_fact *fact)
{
	g_mutex_lock(&f->lock);
	if (f->db) {
		begin_transaction(f);
		sqlite3_bind_int64(f->put, 1, message);
		sqlite3_bind_int64(f->put, 2, (sqlite3_int64)fact->size);
		sqlite3_bind_blob64(f->put, 3, fact->envelope,
		                    fact->envelope_len, SQLITE_STATIC);
		sqlite3_bind_blob64(f->put, 4, fact->structure,
		                    fact->structure_len, SQLITE_STATIC);
		sqlite3_bind_text(f->put, 5, fact->references, -1,
		                  SQLITE_STATIC);
		sqlite3_bind_blob64(f->put, 6, fact->fields, fact->fields_len,
		                    SQLITE_STATIC);
		bool put = sqlite3_step(f->put) == SQLITE_DONE;
		sqlite3_reset(f->put);
		sqlite3_clear_bindings(f->put);
		if (put)
			put_brief(f, message, fact);
		else /* others wrote meanwhile: see it, and go on */
			end_transaction(f);
	}
	g_mutex_unlock(&f->lock);
}
