/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/html/site_db.h"

#include <glib.h>

#include <string.h>

#define MAX_REFERENCES 100

enum statement {
	FOLDER_GET,
	FOLDER_ADD,
	HAS,
	ADD,
	MID_GET,
	MID_ADD,
	MERGE_MIDS,
	MERGE_MESSAGES,
	WORDS,
	DIRTY,
	N_STATEMENTS
};

static const char *const sql[N_STATEMENTS] = {
	[FOLDER_GET] = "SELECT id FROM folder WHERE path=?1",
	[FOLDER_ADD] = "INSERT INTO folder(path) VALUES(?1)",
	[HAS] = "SELECT 1 FROM msg WHERE page=?1",
	[ADD] = ("INSERT INTO msg(page, folder, date, sender, subject, flags, "
                 "files, size, mid, parent, thread, nav_at) "
                 "VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)"),
	[MID_GET] = "SELECT thread FROM mid WHERE mid=?1",
	[MID_ADD] = "INSERT OR IGNORE INTO mid(mid, thread) VALUES(?1,?2)",
	[MERGE_MIDS] = "UPDATE mid SET thread=?1 WHERE thread=?2",
	[MERGE_MESSAGES] = "UPDATE msg SET thread=?1 WHERE thread=?2",
	[WORDS] = "INSERT INTO words(rowid, text) VALUES(?1,?2)",
	[DIRTY] = "INSERT OR REPLACE INTO meta(key, value) VALUES('dirty',1)",
};

static const char schema[] =
	"PRAGMA journal_mode=WAL;"
	"PRAGMA synchronous=NORMAL;"
	"CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value);"
	"CREATE TABLE IF NOT EXISTS folder(id INTEGER PRIMARY KEY,"
	" path TEXT NOT NULL UNIQUE);"
	"CREATE TABLE IF NOT EXISTS msg(id INTEGER PRIMARY KEY,"
	" page TEXT NOT NULL UNIQUE, folder INT NOT NULL, date INT,"
	" sender TEXT, subject TEXT, flags INT, files INT, size INT,"
	" mid TEXT, parent TEXT, thread INT NOT NULL, nav_at INT);"
	"CREATE INDEX IF NOT EXISTS msg_folder ON msg(folder, date DESC, id);"
	"CREATE INDEX IF NOT EXISTS msg_thread ON msg(thread, date, id);"
	"CREATE INDEX IF NOT EXISTS msg_date ON msg(date DESC, id);"
	"CREATE TABLE IF NOT EXISTS mid(mid TEXT PRIMARY KEY,"
	" thread INT NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS mid_thread ON mid(thread);";
static const char search_schema[] =
	"CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(text, content='',"
	" detail=none, tokenize='unicode61 remove_diacritics 2');"
	"CREATE VIRTUAL TABLE IF NOT EXISTS vocabulary"
	" USING fts5vocab(words, 'instance');";

struct am_site_db {
	/* For the workers: a connection of its own, one of them at a time. */
	sqlite3 *earlier;
	sqlite3_stmt *had;
	GMutex mutex;
	sqlite3 *db;
	sqlite3_stmt *kept[N_STATEMENTS];
	bool dirty, in_transaction;
};

static int fail(struct am_site_db *d, struct am_error *err)
{
	return am_fail(err, AM_FATAL, AM_E_IO, AM_SITE_DB ": %s",
	               sqlite3_errmsg(d->db));
}

static int exec(struct am_site_db *d, const char *text, struct am_error *err)
{
	return sqlite3_exec(d->db, text, NULL, NULL, NULL) ? fail(d, err)
	                                                   : AM_OK;
}

int am_site_db_open(struct am_site_db **out, const char *path, bool *search,
                    struct am_error *err)
{
	struct am_site_db *d = g_new0(struct am_site_db, 1);
	int r = AM_OK;

	if (sqlite3_open_v2(path, &d->db,
	                    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
	                            SQLITE_OPEN_NOMUTEX,
	                    NULL))
		r = fail(d, err);
	if (!r)
		r = exec(d, schema, err);
	if (!r && *search &&
	    sqlite3_exec(d->db, search_schema, NULL, NULL, NULL))
		*search = false;
	for (int i = 0; !r && i < N_STATEMENTS; i++)
		if ((i != WORDS || *search) &&
		    sqlite3_prepare_v3(d->db, sql[i], -1,
		                       SQLITE_PREPARE_PERSISTENT, &d->kept[i],
		                       NULL))
			r = fail(d, err);
	g_mutex_init(&d->mutex);
	/* Without it all is made that may be there, and thrown away again. */
	if (!r &&
	    !sqlite3_open_v2(path, &d->earlier,
	                     SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL))
		(void)sqlite3_prepare_v3(d->earlier, sql[HAS], -1,
		                         SQLITE_PREPARE_PERSISTENT, &d->had,
		                         NULL);
	if (r)
		am_site_db_close(&d);
	*out = d;
	return r;
}

void am_site_db_close(struct am_site_db **db)
{
	struct am_site_db *d = *db;

	*db = NULL;
	if (!d)
		return;
	for (int i = 0; i < N_STATEMENTS; i++)
		sqlite3_finalize(d->kept[i]);
	sqlite3_finalize(d->had);
	sqlite3_close_v2(d->earlier);
	g_mutex_clear(&d->mutex);
	/* What was not committed is not there. */
	sqlite3_close_v2(d->db);
	g_free(d);
}

static void bind_text(sqlite3_stmt *s, int at, const char *text)
{
	sqlite3_bind_text(s, at, text, -1, SQLITE_STATIC);
}

static int begin(struct am_site_db *d, struct am_error *err)
{
	if (d->in_transaction)
		return AM_OK;
	d->in_transaction = true;
	return exec(d, "BEGIN", err);
}

/* One row at most: its first column, AM_END without one. */
static int run(struct am_site_db *d, sqlite3_stmt *s, int64_t *out,
               struct am_error *err)
{
	int step = sqlite3_step(s);

	if (step == SQLITE_ROW && out)
		*out = sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	if (step == SQLITE_ROW)
		return AM_OK;
	return step == SQLITE_DONE ? AM_END : fail(d, err);
}

int am_site_db_folder(struct am_site_db *d, const char *path, int64_t *id,
                      struct am_error *err)
{
	int r = begin(d, err);

	if (r)
		return r;
	bind_text(d->kept[FOLDER_GET], 1, path);
	r = run(d, d->kept[FOLDER_GET], id, err);
	if (r != AM_END)
		return r;
	bind_text(d->kept[FOLDER_ADD], 1, path);
	r = run(d, d->kept[FOLDER_ADD], NULL, err);
	*id = sqlite3_last_insert_rowid(d->db);
	if (r == AM_END)
		r = run(d, d->kept[DIRTY], NULL, err);
	return r == AM_END ? AM_OK : r;
}

int am_site_db_has(struct am_site_db *d, const char *page, bool *out,
                   struct am_error *err)
{
	bind_text(d->kept[HAS], 1, page);
	int r = run(d, d->kept[HAS], NULL, err);
	*out = r == AM_OK;
	return r == AM_END ? AM_OK : r;
}

bool am_site_db_had(struct am_site_db *d, const char *page)
{
	bool had;

	g_mutex_lock(&d->mutex);
	bind_text(d->had, 1, page);
	had = sqlite3_step(d->had) == SQLITE_ROW;
	sqlite3_reset(d->had);
	g_mutex_unlock(&d->mutex);
	return had;
}

/* ---- conversations ----------------------------------------------------------
 * Every id that a message has or names belongs to one; a message that names ids
 * of several joins them.  A conversation is called after one of its messages.
 */

static int thread_of(struct am_site_db *d, const char *mid, int64_t *thread,
                     struct am_error *err)
{
	bind_text(d->kept[MID_GET], 1, mid);
	return run(d, d->kept[MID_GET], thread, err);
}

static int join(struct am_site_db *d, int64_t to, int64_t from,
                struct am_error *err)
{
	for (int i = MERGE_MIDS; i <= MERGE_MESSAGES; i++) {
		sqlite3_bind_int64(d->kept[i], 1, to);
		sqlite3_bind_int64(d->kept[i], 2, from);
		int r = run(d, d->kept[i], NULL, err);
		if (r != AM_END)
			return r;
	}
	return AM_OK;
}

static int own(struct am_site_db *d, const char *mid, int64_t thread,
               struct am_error *err)
{
	bind_text(d->kept[MID_ADD], 1, mid);
	sqlite3_bind_int64(d->kept[MID_ADD], 2, thread);
	int r = run(d, d->kept[MID_ADD], NULL, err);
	return r == AM_END ? AM_OK : r;
}

static int find_thread(struct am_site_db *d, struct am_site_row *row,
                       const char *const *ids, size_t n, struct am_error *err)
{
	int r = AM_OK;

	row->thread = 0;
	for (size_t i = 0; !r && i < n; i++) {
		int64_t other = 0;
		r = thread_of(d, ids[i], &other, err);
		if (r == AM_END) {
			r = AM_OK;
			continue;
		}
		if (!r && row->thread && other != row->thread)
			r = join(d, row->thread, other, err);
		else if (!r)
			row->thread = other;
	}
	return r;
}

int am_site_db_add(struct am_site_db *d, struct am_site_row *row,
                   const char *const *references, size_t n_references,
                   const char *words, struct am_error *err)
{
	const char *ids[MAX_REFERENCES + 2];
	sqlite3_stmt *s = d->kept[ADD];
	size_t n = 0;
	int r = begin(d, err);

	/* Of very many the last are the near ones. */
	if (n_references > MAX_REFERENCES) {
		references += n_references - MAX_REFERENCES;
		n_references = MAX_REFERENCES;
	}
	for (size_t i = 0; i < n_references; i++)
		ids[n++] = references[i];
	if (row->parent)
		ids[n++] = row->parent;
	if (row->mid)
		ids[n++] = row->mid;
	if (!r)
		r = find_thread(d, row, ids, n, err);
	if (r)
		return r;
	bind_text(s, 1, row->page);
	sqlite3_bind_int64(s, 2, row->folder);
	if (row->date != INT64_MIN)
		sqlite3_bind_int64(s, 3, row->date);
	bind_text(s, 4, row->sender);
	bind_text(s, 5, row->subject);
	sqlite3_bind_int64(s, 6, row->flags);
	sqlite3_bind_int64(s, 7, row->n_files);
	sqlite3_bind_int64(s, 8, (int64_t)row->size);
	bind_text(s, 9, row->mid);
	bind_text(s, 10, row->parent);
	sqlite3_bind_int64(s, 11, row->thread);
	sqlite3_bind_int64(s, 12, (int64_t)row->nav_at);
	r = run(d, s, NULL, err);
	if (r != AM_END)
		return r;
	row->id = sqlite3_last_insert_rowid(d->db);
	r = AM_OK;
	if (!row->thread) {
		row->thread = row->id;
		r = join(d, row->id, 0, err);
	}
	for (size_t i = 0; !r && i < n; i++)
		r = own(d, ids[i], row->thread, err);
	if (!r && words && d->kept[WORDS]) {
		sqlite3_bind_int64(d->kept[WORDS], 1, row->id);
		bind_text(d->kept[WORDS], 2, words);
		r = run(d, d->kept[WORDS], NULL, err);
		r = r == AM_END ? AM_OK : r;
	}
	if (!r && !d->dirty) {
		d->dirty = true;
		r = run(d, d->kept[DIRTY], NULL, err);
		r = r == AM_END ? AM_OK : r;
	}
	return r;
}

int am_site_db_dirty(struct am_site_db *d, bool *out, struct am_error *err)
{
	int64_t n = 0;
	int r = am_site_db_number(d, "SELECT value FROM meta WHERE key='dirty'",
	                          &n, err);

	*out = n != 0;
	return r;
}

int am_site_db_clean(struct am_site_db *d, struct am_error *err)
{
	int r = begin(d, err);

	d->dirty = false;
	return r ? r : exec(d, "DELETE FROM meta WHERE key='dirty'", err);
}

int am_site_db_commit(struct am_site_db *d, struct am_error *err)
{
	if (!d->in_transaction)
		return AM_OK;
	d->in_transaction = false;
	return exec(d, "COMMIT", err);
}

int am_site_db_ask(struct am_site_db *d, sqlite3_stmt **out, const char *text,
                   struct am_error *err)
{
	*out = NULL;
	return sqlite3_prepare_v2(d->db, text, -1, out, NULL) ? fail(d, err)
	                                                      : AM_OK;
}

int am_site_db_step(struct am_site_db *d, sqlite3_stmt *stmt,
                    struct am_error *err)
{
	int step = sqlite3_step(stmt);

	if (step == SQLITE_ROW)
		return AM_OK;
	return step == SQLITE_DONE ? AM_END : fail(d, err);
}

int am_site_db_number(struct am_site_db *d, const char *text, int64_t *out,
                      struct am_error *err)
{
	sqlite3_stmt *s;
	int r = am_site_db_ask(d, &s, text, err);

	*out = 0;
	if (!r)
		r = am_site_db_step(d, s, err);
	if (!r)
		*out = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return r == AM_END ? AM_OK : r;
}

static const char *text_at(sqlite3_stmt *s, int column)
{
	return (const char *)sqlite3_column_text(s, column);
}

void am_site_db_row(sqlite3_stmt *s, struct am_site_row *out)
{
	const char *sender = text_at(s, 4), *subject = text_at(s, 5);

	*out = (struct am_site_row){
		.id = sqlite3_column_int64(s, 0),
		.folder = sqlite3_column_int64(s, 2),
		.date = sqlite3_column_type(s, 3) == SQLITE_NULL
	                        ? INT64_MIN
	                        : sqlite3_column_int64(s, 3),
		.sender = sender ? sender : "",
		.subject = subject ? subject : "",
		.flags = (uint32_t)sqlite3_column_int64(s, 6),
		.n_files = (uint32_t)sqlite3_column_int64(s, 7),
		.size = (uint64_t)sqlite3_column_int64(s, 8),
		.mid = text_at(s, 9),
		.parent = text_at(s, 10),
		.thread = sqlite3_column_int64(s, 11),
		.nav_at = (uint64_t)sqlite3_column_int64(s, 12),
	};
	g_strlcpy(out->page, text_at(s, 1), sizeof(out->page));
}
