/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two tables, a row a message in each; messages never change, so neither do
 * rows.  What is asked of a whole mailbox at once stands in the narrow one too:
 * the rows of the other are a page each.
 */
#include "store/fact_table.h"

#include "base/arena.h"
#include "store/cache_db.h"

#include <glib.h>

#include <string.h>

#define VERSION 5 /* of what the columns hold */

struct am_fact_table {
	GMutex lock;
	sqlite3 *db;
	sqlite3_stmt *get, *size, *span, *put, *put_brief;
	bool open; /* a transaction */
};

static const struct am_cache_db_kind kind = {
	.file = "imap.sqlite",
	.of = "fact_of",
	.version = VERSION,
	.busy_ms = 2000,
	.pragmas = "PRAGMA journal_mode=WAL;"
		   "PRAGMA synchronous=OFF",
	.schema = "DROP TABLE IF EXISTS fact;"
		  "DROP TABLE IF EXISTS brief;"
		  "CREATE TABLE brief(message INTEGER PRIMARY KEY,"
		  " size INTEGER NOT NULL, refs TEXT);"
		  "CREATE TABLE fact(message INTEGER PRIMARY KEY,"
		  " size INTEGER NOT NULL, envelope BLOB,"
		  " structure BLOB, refs TEXT, fields BLOB)",
};

/* The statements of a table, for whoever opens or closes it. */
#define STATEMENTS(f)                                                       \
	{                                                                   \
		{"SELECT size, envelope, structure, refs, fields FROM fact" \
		 " WHERE message = ?1",                                     \
		 &(f)->get},                                                \
			{"SELECT size FROM brief WHERE message = ?1",       \
		         &(f)->size},                                       \
			{"SELECT message, size, refs FROM brief"            \
		         " WHERE message BETWEEN ?1 AND ?2"                 \
		         " ORDER BY message",                               \
		         &(f)->span},                                       \
			{"INSERT OR REPLACE INTO fact"                      \
		         " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",                 \
		         &(f)->put},                                        \
			{"INSERT OR REPLACE INTO brief VALUES(?1, ?2, ?3)", \
		         &(f)->put_brief},                                  \
	}

struct am_fact_table *am_fact_table_open(const char *dir, uint64_t archive)
{
	struct am_fact_table *f = g_new0(struct am_fact_table, 1);
	const struct am_cache_db_statement all[] = STATEMENTS(f);

	g_mutex_init(&f->lock);
	f->db = am_cache_db_open(&kind, dir, archive, all, AM_COUNT(all));
	return f;
}

static void end_transaction(struct am_fact_table *f)
{
	if (f->open)
		(void)am_cache_db_run(f->db, "COMMIT");
	f->open = false;
}

/* Until the next tick: each on its own, reads spend half their time on locks.
 */
static void begin_transaction(struct am_fact_table *f)
{
	if (!f->open)
		f->open = am_cache_db_run(f->db, "BEGIN");
}

void am_fact_table_close(struct am_fact_table **facts)
{
	struct am_fact_table *f = *facts;

	*facts = NULL;
	if (!f)
		return;
	if (f->db)
		end_transaction(f);
	const struct am_cache_db_statement all[] = STATEMENTS(f);
	am_cache_db_close(&f->db, all, AM_COUNT(all));
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
