/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two tables: the mailboxes, and a row a message that is in one.  What is asked
 * for is held against the rows; both are in the order of messages.
 *
 * A UID that was told must not come to mean another message, so a change is on
 * disk before it is told (synchronous=FULL).
 */
#include "store/uid_table.h"

#include <glib.h>
#include <sqlite3.h>

#include <time.h>

#define VERSION 1 /* of what the tables hold */

struct am_uid_table {
	GMutex lock;
	sqlite3 *db;
	sqlite3_stmt *box, *new_box, *next, *rows, *add, *drop;
};

static bool run(struct am_uid_table *t, const char *sql)
{
	return sqlite3_exec(t->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static bool prepare(struct am_uid_table *t, const char *sql, sqlite3_stmt **out)
{
	return sqlite3_prepare_v3(t->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
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

/* Of another archive: made anew. */
static bool make_tables(struct am_uid_table *t, uint64_t archive)
{
	uint64_t wanted = (archive << 8 | VERSION) >> 1, is = 0;
	char sql[120];

	(void)sqlite3_exec(t->db, "SELECT of FROM uid_of", take_version, &is,
	                   NULL);
	if (is == wanted)
		return true;
	g_snprintf(sql, sizeof sql, "INSERT INTO uid_of VALUES(%" PRIu64 ")",
	           wanted);
	return run(t,
	           "DROP TABLE IF EXISTS uid;"
	           "DROP TABLE IF EXISTS box;"
	           "DROP TABLE IF EXISTS uid_of;"
	           "CREATE TABLE uid_of(of INTEGER);"
	           "CREATE TABLE box(id INTEGER PRIMARY KEY,"
	           " name TEXT NOT NULL UNIQUE, uidvalidity INTEGER NOT NULL,"
	           " uidnext INTEGER NOT NULL);"
	           "CREATE TABLE uid(box INTEGER, message INTEGER,"
	           " uid INTEGER NOT NULL, PRIMARY KEY(box, message))"
	           " WITHOUT ROWID") &&
	       run(t, sql);
}

static bool set_up(struct am_uid_table *t, uint64_t archive)
{
	bool good = run(t, "BEGIN IMMEDIATE") && make_tables(t, archive) &&
	            run(t, "COMMIT");

	return good &&
	       prepare(t,
	               "SELECT id, uidvalidity, uidnext FROM box WHERE name = "
	               "?1",
	               &t->box) &&
	       prepare(t,
	               "INSERT INTO box(name, uidvalidity, uidnext)"
	               " VALUES(?1, ?2, 1)",
	               &t->new_box) &&
	       prepare(t, "UPDATE box SET uidnext = ?2 WHERE id = ?1",
	               &t->next) &&
	       prepare(t,
	               "SELECT message, uid FROM uid WHERE box = ?1"
	               " ORDER BY message",
	               &t->rows) &&
	       prepare(t, "INSERT INTO uid VALUES(?1, ?2, ?3)", &t->add) &&
	       prepare(t, "DELETE FROM uid WHERE box = ?1 AND message = ?2",
	               &t->drop);
}

static void shut(struct am_uid_table *t)
{
	sqlite3_stmt **const all[] = {&t->box,  &t->new_box, &t->next,
	                              &t->rows, &t->add,     &t->drop};

	for (size_t i = 0; i < AM_COUNT(all); i++) {
		sqlite3_finalize(*all[i]);
		*all[i] = NULL;
	}
	sqlite3_close(t->db);
	t->db = NULL;
}

struct am_uid_table *am_uid_table_open(const char *dir, uint64_t archive)
{
	struct am_uid_table *t = g_new0(struct am_uid_table, 1);
	char *path = g_build_filename(dir, "virtual.sqlite", NULL);

	g_mutex_init(&t->lock);
	bool good = sqlite3_open(path, &t->db) == SQLITE_OK &&
	            sqlite3_busy_timeout(t->db, 10000) == SQLITE_OK &&
	            run(t, "PRAGMA journal_mode=WAL;"
	                   "PRAGMA synchronous=FULL") &&
	            set_up(t, archive);
	if (!good) {
		shut(t);
		good = sqlite3_open(":memory:", &t->db) == SQLITE_OK &&
		       set_up(t, archive);
	}
	if (!good)
		shut(t);
	g_free(path);
	return t;
}

void am_uid_table_close(struct am_uid_table **table)
{
	struct am_uid_table *t = *table;

	*table = NULL;
	if (!t)
		return;
	shut(t);
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
	bool good = t->db && run(t, "BEGIN IMMEDIATE");
	bool begun = good;
	good = good && find_box(&f, name) &&
	       hold_against(&f, messages, n, uids, gone) &&
	       change(&f, messages, n, uids, gone) &&
	       run(t, f.changed ? "COMMIT" : "ROLLBACK");
	if (!good) {
		r = am_fail(err, AM_FAILED, AM_E_IO, "virtual.sqlite: %s",
		            t->db ? sqlite3_errmsg(t->db) : "cannot be opened");
		if (begun)
			(void)run(t, "ROLLBACK");
	}
	g_mutex_unlock(&t->lock);
	*uidvalidity = f.uidvalidity;
	*uidnext = (uint32_t)f.uidnext;
	g_array_free(gone, TRUE);
	return r;
}
