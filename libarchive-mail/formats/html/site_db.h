/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_HTML_SITE_DB_H
#define AM_FORMATS_HTML_SITE_DB_H

#include "base/error.h"

#include <sqlite3.h>

/*
 * What the lists of a site are made of, in SQLite: a row a message, which
 * conversation it belongs to, and the words for the search (FTS5).  It lies in
 * the site, so that a later run adds what is new; readers do not need it.
 */
#define AM_SITE_DB ".mailark-site.db"

struct am_site_db;

struct am_site_row {
	int64_t id;
	char page[17];
	int64_t folder;
	int64_t date;                 /* INT64_MIN: none */
	const char *sender, *subject; /* never NULL */
	uint32_t flags;
	uint32_t n_files;
	uint64_t size;
	const char *mid, *parent; /* or NULL */
	int64_t thread;
	uint64_t nav_at; /* where in its page there is room for links */
};

/* *search: is there a full text?  false when SQLite has no FTS5. */
AM_MUST_USE int am_site_db_open(struct am_site_db **out, const char *path,
                                bool *search, struct am_error *err);
void am_site_db_close(struct am_site_db **db);

AM_MUST_USE int am_site_db_folder(struct am_site_db *db, const char *path,
                                  int64_t *id, struct am_error *err);
AM_MUST_USE int am_site_db_has(struct am_site_db *db, const char *page,
                               bool *out, struct am_error *err);
/* The same of what earlier runs committed; any thread. */
bool am_site_db_had(struct am_site_db *db, const char *page);
/* references: of the header, oldest first; words NULL: no search. */
AM_MUST_USE int am_site_db_add(struct am_site_db *db, struct am_site_row *row,
                               const char *const *references,
                               size_t n_references, const char *words,
                               struct am_error *err);
/* Messages came since the lists were written. */
AM_MUST_USE int am_site_db_dirty(struct am_site_db *db, bool *out,
                                 struct am_error *err);
AM_MUST_USE int am_site_db_clean(struct am_site_db *db, struct am_error *err);
AM_MUST_USE int am_site_db_commit(struct am_site_db *db, struct am_error *err);

/* Asking it: finalize with sqlite3_finalize().  sql stands for every row after
 * am_site_db_step(), which gives AM_END behind the last. */
AM_MUST_USE int am_site_db_ask(struct am_site_db *db, sqlite3_stmt **out,
                               const char *sql, struct am_error *err);
AM_MUST_USE int am_site_db_step(struct am_site_db *db, sqlite3_stmt *stmt,
                                struct am_error *err);
/* One number; 0 when there is none. */
AM_MUST_USE int am_site_db_number(struct am_site_db *db, const char *sql,
                                  int64_t *out, struct am_error *err);
/* The columns every list shows, and what they are in a row. */
#define AM_SITE_COLUMNS                                                     \
	"msg.id, page, folder, date, sender, subject, flags, files, size, " \
	"mid, parent, thread, nav_at"
void am_site_db_row(sqlite3_stmt *stmt, struct am_site_row *out);

#endif
