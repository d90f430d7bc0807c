/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two tables: the mailboxes, and a row a message that is in one.  What is asked
 * for is held against the rows; both are in the order of messages.
 *
 * A UID that was told must not come to mean another message, so a change is on
 * disk before it is told (synchronous=FULL).
 */
#include "store/uid_table.h"

#include "store/cache_db.h"

#include <glib.h>

#include <time.h>

#define VERSION 1 /* of what the tables hold */

struct am_uid_table {
	GMutex lock;
	sqlite3 *db;
	sqlite3_stmt *box, *new_box, *next, *rows, *add, *drop;
};

static const struct am_cache_db_kind kind = {
	.file = "virtual.sqlite",
	.of = "uid_of",
	.version = VERSION,
	.busy_ms = 10000,
	.pragmas = "PRAGMA journal_mode=WAL;"
		   "PRAGMA synchronous=FULL",
	.schema = "DROP TABLE IF EXISTS uid;"
		  "DROP TABLE IF EXISTS box;"
		  "CREATE TABLE box(id INTEGER PRIMARY KEY,"
		  " name TEXT NOT NULL UNIQUE, uidvalidity INTEGER NOT NULL,"
		  " uidnext INTEGER NOT NULL);"
		  "CREATE TABLE uid(box INTEGER, message INTEGER,"
		  " uid INTEGER NOT NULL, PRIMARY KEY(box, message))"
		  " WITHOUT ROWID",
};

/* The statements of a table, for whoever opens or closes it. */
#define STATEMENTS(t)                                                        \
	{                                                                    \
		{"SELECT id, uidvalidity, uidnext FROM box WHERE name = ?1", \
		 &(t)->box},                                                 \
			{"INSERT INTO box(name, uidvalidity, uidnext)"       \
		         " VALUES(?1, ?2, 1)",                               \
		         &(t)->new_box},                                     \
			{"UPDATE box SET uidnext = ?2 WHERE id = ?1",        \
		         &(t)->next},                                        \
			{"SELECT message, uid FROM uid WHERE box = ?1"       \
		         " ORDER BY message",                                \
		         &(t)->rows},                                        \
			{"INSERT INTO uid VALUES(?1, ?2, ?3)", &(t)->add},   \
			{"DELETE FROM uid WHERE box = ?1 AND message = ?2",  \
		         &(t)->drop},                                        \
	}

struct am_uid_table *am_uid_table_open(const char *dir, uint64_t archive)
{
	struct am_uid_table *t = g_new0(struct am_uid_table, 1);
	const struct am_cache_db_statement all[] = STATEMENTS(t);

	g_mutex_init(&t->lock);
	t->db = am_cache_db_open(&kind, dir, archive, all, AM_COUNT(all));
	return t;
}

void am_uid_table_close(struct am_uid_table **table)
{
	struct am_uid_table *t = *table;

	*table = NULL;
	if (!t)
		return;
	const struct am_cache_db_statement all[] = STATEMENTS(t);
	am_cache_db_close(&t->db, all, AM_COUNT(all));
	g_mutex_clear(&t->lock);
	g_free(t);
}

/* ---- following ---- */

struct follow {
	struct am_uid_table *t;
	sqlite3_int64 box;
	uint32_t uidvalidity;
	uint64_t uidnext;
	bool changed;
};

static bool step(sqlite3_stmt *s)
{
	bool good = sqlite3_step(s) == SQLITE_DONE;

	sqlite3_reset(s);
	return good;
}

static bool find_box(struct follow *f, const char *name)
{
	sqlite3_stmt *s = f->t->box;

	sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
	bool there = sqlite3_step(s) == SQLITE_ROW;
	if (there) {
		f->box = sqlite3_column_int64(s, 0);
		f->uidvalidity = (uint32_t)sqlite3_column_int64(s, 1);
		f->uidnext = (uint64_t)sqlite3_column_int64(s, 2);
	}
	sqlite3_reset(s);
	if (there)
		return true;
	s = f->t->new_box;
	f->uidvalidity = (uint32_t)time(NULL);
	f->uidnext = 1;
	f->changed = true;
	sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 2, f->uidvalidity);
	bool good = step(s);
	f->box = sqlite3_last_insert_rowid(f->t->db);
	return good;
}

/* Those that are gone into `gone`; UIDs of those that stayed into uids. */
static bool hold_against(struct follow *f, const int64_t *messages, size_t n,
                         uint32_t *uids, GArray *gone)
{
	sqlite3_stmt *s = f->t->rows;
	size_t i = 0;
	int r;

	sqlite3_bind_int64(s, 1, f->box);
	while ((r = sqlite3_step(s)) == SQLITE_ROW) {
		int64_t message = sqlite3_column_int64(s, 0);
		while (i < n && messages[i] < message)
			uids[i++] = 0;
		if (i < n && messages[i] == message)
			uids[i++] = (uint32_t)sqlite3_column_int64(s, 1);
		else
			g_array_append_val(gone, message);
	}
	while (i < n)
		uids[i++] = 0;
	sqlite3_reset(s);
	return r == SQLITE_DONE;
}

static bool change(struct follow *f, const int64_t *messages, size_t n,
                   uint32_t *uids, const GArray *gone)
{
	sqlite3_stmt *drop = f->t->drop, *add = f->t->add, *next = f->t->next;
	uint64_t before = f->uidnext;
	bool good = true;

	for (guint i = 0; i < gone->len && good; i++) {
		sqlite3_bind_int64(drop, 1, f->box);
		sqlite3_bind_int64(drop, 2, g_array_index(gone, int64_t, i));
		good = step(drop);
	}
	for (size_t i = 0; i < n && good; i++) {
		if (uids[i])
			continue;
		good = f->uidnext < UINT32_MAX;
		uids[i] = (uint32_t)f->uidnext++;
		sqlite3_bind_int64(add, 1, f->box);
		sqlite3_bind_int64(add, 2, messages[i]);
		sqlite3_bind_int64(add, 3, uids[i]);
		good = good && step(add);
	}
	if (good && f->uidnext != before) {
		sqlite3_bind_int64(next, 1, f->box);
		sqlite3_bind_int64(next, 2, (sqlite3_int64)f->uidnext);
		good = step(next);
	}
	f->changed |= gone->len || f->uidnext != before;
	return good;
}

int am_uid_table_follow(struct am_uid_table *t, const char *name,
                        const int64_t *messages, size_t n, uint32_t *uids,
                        uint32_t *uidvalidity, uint32_t *uidnext,
                        struct am_error *err)
{
	struct follow f = {.t = t};
	GArray *gone = g_array_new(FALSE, FALSE, sizeof(int64_t));
	int r = AM_OK;

	g_mutex_lock(&t->lock);
	bool good = t->db && am_cache_db_run(t->db, "BEGIN IMMEDIATE");
	bool begun = good;
	good = good && find_box(&f, name) &&
	       hold_against(&f, messages, n, uids, gone) &&
	       change(&f, messages, n, uids, gone) &&
	       am_cache_db_run(t->db, f.changed ? "COMMIT" : "ROLLBACK");
	if (!good) {
		r = am_fail(err, AM_FAILED, AM_E_IO, "virtual.sqlite: %s",
		            t->db ? sqlite3_errmsg(t->db) : "cannot be opened");
		if (begun)
			(void)am_cache_db_run(t->db, "ROLLBACK");
	}
	g_mutex_unlock(&t->lock);
	*uidvalidity = f.uidvalidity;
	*uidnext = (uint32_t)f.uidnext;
	g_array_free(gone, TRUE);
	return r;
}
