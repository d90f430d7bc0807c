/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SQLite at arm's length: statements are prepared once and kept, and what it
 * says becomes our words.
 */
#include "store/catalog_impl.h"

#include "base/file.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char *const texts[AM_SQL_COUNT] = {
	[AM_SQL_BEGIN] = "BEGIN IMMEDIATE",
	[AM_SQL_COMMIT] = "COMMIT",
	[AM_SQL_ROLLBACK] = "ROLLBACK",
	[AM_SQL_META_GET] = "SELECT value FROM meta WHERE name = ?1",
	[AM_SQL_META_PUT] =
		"INSERT OR REPLACE INTO meta(name, value) VALUES(?1, ?2)",
	[AM_SQL_ADD_BLOCK] =
		"INSERT OR REPLACE INTO block(id, pos) VALUES(?1, ?2)",
	[AM_SQL_ADD_BLOB] = "INSERT OR REPLACE INTO blob(hash, size, pos)"
			    " VALUES(?1, ?2, ?3)",
	[AM_SQL_ADD_MESSAGE] =
		"INSERT OR REPLACE INTO message(id, size, hash, hash_lf, eol,"
		" content, dropped, recipe, message_id, thread, hop, sender,"
		" rcpt, cc, subject, date, zone, n_attachments)"
		" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
		" ?13, ?14, ?15, ?16, ?17, ?18)",
	[AM_SQL_ADD_PLACEMENT] =
		"INSERT OR REPLACE INTO placement(id, message, folder, uid,"
		" seq, flags, gone, words, accession, meta)"
		" VALUES(?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, ?8, ?9)",
	[AM_SQL_SET_PLACEMENT] =
		"UPDATE placement SET folder = ?2, uid = ?3, seq = ?4,"
		" flags = ?5, gone = ?6, words = ?7, meta = ?8 WHERE id = ?1",
	[AM_SQL_PUT_FOLDER] =
		"INSERT OR REPLACE INTO folder(id, path, depth, role,"
		" subscribed, uidvalidity, uidnext, messages, unseen, bytes)"
		" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
	[AM_SQL_ADD_CURSOR] =
		"INSERT OR REPLACE INTO cursor(source, folder, value)"
		" VALUES(?1, ?2, ?3)",
	[AM_SQL_ADD_ACCESSION] =
		"INSERT INTO accession(id, state, json) VALUES(?1, ?2, ?3)",
	[AM_SQL_GET_BLOCK] = "SELECT pos FROM block WHERE id = ?1",
	[AM_SQL_GET_BLOB] = "SELECT pos FROM blob WHERE hash = ?1",
	[AM_SQL_GET_HASHES] =
		"SELECT hash, coalesce(hash_lf, hash), eol, content,"
		" dropped FROM message WHERE id = ?1",
	[AM_SQL_GET_SIZE] = "SELECT size FROM message WHERE id = ?1",
	[AM_SQL_GET_MESSAGE] =
		"SELECT size, hash, hash_lf, eol, content, recipe, message_id,"
		" thread, hop, sender, rcpt, cc, subject, date, zone,"
		" n_attachments, dropped FROM message WHERE id = ?1",
	[AM_SQL_EACH_HEAD] =
		"SELECT id, sender, rcpt, cc, subject, message_id, date, zone"
		" FROM message WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
	[AM_SQL_GET_THREAD] =
		"SELECT message_id, thread, hop FROM message WHERE id = ?1",
	/* Or what the last page is when more is on it. */
	[AM_SQL_ADD_KEYS] =
		"INSERT OR REPLACE INTO keys(kind, run, first, data)"
		" VALUES(?1, ?2, ?3, ?4)",
	[AM_SQL_ADD_RUN] = "INSERT OR REPLACE INTO run(kind, run, n)"
			   " VALUES(?1, ?2, ?3)",
	[AM_SQL_LAST_RUNS] = "SELECT run, n FROM run WHERE kind = ?1"
			     " ORDER BY run DESC LIMIT 2",
	[AM_SQL_LAST_PAGE] = "SELECT data FROM keys WHERE kind = ?1"
			     " AND run = ?2 ORDER BY first DESC LIMIT 1",
	[AM_SQL_DROP_KEYS] = "DELETE FROM keys WHERE kind = ?1 AND run = ?2",
	[AM_SQL_DROP_RUN] = "DELETE FROM run WHERE kind = ?1 AND run = ?2",
	/* In each run from the page that may hold the first of them. */
	[AM_SQL_FIND_KEYS] =
		"SELECT k.data FROM run r CROSS JOIN keys k"
		" WHERE r.kind = ?1 AND k.kind = ?1 AND k.run = r.run"
		" AND k.first >= coalesce((SELECT max(first) FROM keys"
		" WHERE kind = ?1 AND run = r.run AND first <= ?2), x'')"
		" AND k.first <= ?3 ORDER BY r.run, k.first",
	[AM_SQL_GET_PLACEMENT] =
		"SELECT id, message, folder, uid, seq, flags, gone, words,"
		" accession, meta FROM placement WHERE id = ?1",
	[AM_SQL_GET_SEQ] =
		"SELECT seq, message, gone FROM placement WHERE id = ?1",
	[AM_SQL_GET_CURSOR] =
		"SELECT value FROM cursor WHERE source = ?1 AND folder = ?2",
	[AM_SQL_GET_BEGUN] =
		"SELECT json FROM accession WHERE id = ?1 AND state = 0",
	[AM_SQL_GET_ORIGIN] = "SELECT id FROM origin WHERE name = ?1",
	[AM_SQL_ADD_ORIGIN] = "INSERT INTO origin(name) VALUES(?1)",
	[AM_SQL_SET_REMOTE] =
		"INSERT OR REPLACE INTO remote(origin, folder, uidvalidity,"
		" uid, placement, gone) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
	[AM_SQL_FORGET_REMOTE] =
		"DELETE FROM remote WHERE placement = ?1 AND origin = ?2",
	[AM_SQL_LEAVE_REMOTE] = "UPDATE remote SET gone = 1"
				" WHERE placement = ?1 AND origin = ?2",
	[AM_SQL_FIND_REMOTE] =
		"SELECT placement, folder, uidvalidity, uid, gone FROM remote"
		" WHERE origin = ?1 AND folder = ?2 AND uidvalidity = ?3"
		" AND uid = ?4",
	[AM_SQL_REMOTE_OF] =
		"SELECT placement, folder, uidvalidity, uid, gone FROM remote"
		" WHERE placement = ?1 AND origin = ?2",
};

static enum am_kind kind_of(int code)
{
	switch (code & 0xFF) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_ERROR: /* "no such table": not ours, then */
	case SQLITE_MISMATCH:
	case SQLITE_CONSTRAINT:
		return AM_E_CORRUPT;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return AM_E_BUSY;
	case SQLITE_NOMEM:
		return AM_E_MEMORY;
	default:
		return AM_E_IO;
	}
}

bool am_catalog_mark(struct am_catalog *c)
{
	if (c->afloat)
		return false;
	char *mark = g_strconcat(c->path, AM_CATALOG_BROKEN, NULL);
	int fd = open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

	if (fd >= 0)
		close(fd);
	bool ok = fd >= 0 && !am_sync_parent(mark, NULL);
	g_free(mark);
	return ok;
}

void am_catalog_unmark(struct am_catalog *c)
{
	char *mark = g_strconcat(c->path, AM_CATALOG_BROKEN, NULL);

	unlink(mark);
	g_free(mark);
}

int am_catalog_fail(struct am_catalog *c, enum am_status status,
                    struct am_error *err)
{
	int r = am_fail(err, status, kind_of(sqlite3_extended_errcode(c->db)),
	                "%s: %s", c->path, sqlite3_errmsg(c->db));
	if (err)
		err->sys = sqlite3_system_errno(c->db);
	int code = sqlite3_errcode(c->db);
	if ((code == SQLITE_CORRUPT || code == SQLITE_NOTADB) && !c->broken) {
		/* Wherever the damage sits. */
		c->broken = true;
		if (am_catalog_mark(c) && err)
			am_fail(err, status, err->kind,
			        "%s; the next run makes it anew", err->text);
	}
	return r;
}

int am_catalog_prepare(struct am_catalog *c, const char *sql,
                       sqlite3_stmt **out, struct am_error *err)
{
	if (sqlite3_prepare_v2(c->db, sql, -1, out, NULL) != SQLITE_OK)
		return am_catalog_fail(c, AM_FAILED, err);
	return AM_OK;
}

int am_catalog_stmt(struct am_catalog *c, enum am_catalog_sql sql,
                    sqlite3_stmt **out, struct am_error *err)
{
	sqlite3_stmt **kept = &c->kept[sql];

	if (!*kept &&
	    sqlite3_prepare_v3(c->db, texts[sql], -1, SQLITE_PREPARE_PERSISTENT,
	                       kept, NULL) != SQLITE_OK)
		return am_catalog_fail(c, AM_FAILED, err);
	sqlite3_reset(*kept);
	sqlite3_clear_bindings(*kept);
	*out = *kept;
	return AM_OK;
}

int am_catalog_step(struct am_catalog *c, sqlite3_stmt *stmt,
                    struct am_error *err)
{
	int code = sqlite3_step(stmt);

	if (code == SQLITE_ROW)
		return AM_OK;
	if (code == SQLITE_DONE) {
		sqlite3_reset(stmt);
		return AM_END;
	}
	int r = am_catalog_fail(c, AM_FAILED, err);
	sqlite3_reset(stmt);
	return r;
}

int am_catalog_run(struct am_catalog *c, sqlite3_stmt *stmt,
                   struct am_error *err)
{
	int r;

	while ((r = am_catalog_step(c, stmt, err)) == AM_OK)
		;
	/* A write that failed leaves a transaction that cannot go on. */
	return r == AM_END ? AM_OK : AM_FATAL;
}

int am_catalog_exec(struct am_catalog *c, const char *sql, struct am_error *err)
{
	if (sqlite3_exec(c->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return am_catalog_fail(c, AM_FATAL, err);
	return AM_OK;
}

int am_catalog_meta_get(struct am_catalog *c, const char *name, int64_t *out,
                        struct am_error *err)
{
	sqlite3_stmt *s;

	*out = 0;
	int r = am_catalog_stmt(c, AM_SQL_META_GET, &s, err);
	if (r)
		return r;
	sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
	r = am_catalog_step(c, s, err);
	if (!r)
		*out = sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	return r < 0 ? r : AM_OK;
}

int am_catalog_meta_put(struct am_catalog *c, const char *name, int64_t value,
                        struct am_error *err)
{
	sqlite3_stmt *s;
	int r = am_catalog_stmt(c, AM_SQL_META_PUT, &s, err);

	if (r)
		return r;
	sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 2, value);
	return am_catalog_run(c, s, err);
}
