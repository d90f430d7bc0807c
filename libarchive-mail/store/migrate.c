/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which catalogs we can work with.  A catalog lists features by name, each
 * with the operations that must know it: "r" reading, "w" writing, "rw" both.
 * So a later version may add what an older one can still read, and an older
 * one refuses by name what it cannot, instead of guessing from a number.
 */
#include "store/catalog_impl.h"

#include "store/schema.sql.h"

#include <string.h>

#define APPLICATION_ID 0x6d41524b /* "mARK" */

static const char *const known_features[] = {"catalog-4"};
/* Of versions before: made anew from the log, as if it were not there. */
static const char *const old_features[] = {"catalog-1", "catalog-2",
                                           "catalog-3"};

int am_migrate_create(struct am_catalog *c, struct am_error *err)
{
	char pragma[64];

	g_snprintf(pragma, sizeof pragma, "PRAGMA application_id = %d",
	           APPLICATION_ID);
	int r = am_catalog_exec(c, pragma, err);
	if (!r)
		r = am_catalog_exec(c, AM_SCHEMA_TABLES, err);
	if (!r)
		r = am_catalog_exec(c,
		                    "INSERT INTO feature(name, scope)"
		                    " VALUES('catalog-4', 'rw')",
		                    err);
	return r;
}

static int number(struct am_catalog *c, const char *sql, int64_t *out,
                  struct am_error *err)
{
	sqlite3_stmt *s;

	*out = 0;
	int r = am_catalog_prepare(c, sql, &s, err);
	if (r)
		return r;
	r = am_catalog_step(c, s, err);
	if (!r)
		*out = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return r < 0 ? r : AM_OK;
}

static bool is_among(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

static int check_features(struct am_catalog *c, sqlite3_stmt *s,
                          struct am_error *err)
{
	size_t n = 0;
	int r;

	while ((r = am_catalog_step(c, s, err)) == AM_OK) {
		const char *name = am_catalog_text(s, 0);
		const char *scope = am_catalog_text(s, 1);
		if (!name || !scope)
			return am_fail(err, AM_FAILED, AM_E_CORRUPT,
			               "%s: a feature without a name", c->path);
		if (is_among(old_features, AM_COUNT(old_features), name))
			return am_fail(err, AM_FAILED, AM_E_CORRUPT,
			               "%s: of an earlier version", c->path);
		bool known = is_among(known_features, AM_COUNT(known_features),
		                      name);
		bool read = strchr(scope, 'r') != NULL;
		bool write = strchr(scope, 'w') != NULL && c->writable;
		n += known;
		if (known || (!read && !write))
			continue;
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		               "%s: %s it needs the feature \"%s\", which this "
		               "version does not know",
		               c->path, read ? "reading" : "writing", name);
	}
	if (r < 0)
		return r;
	if (!n)
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "%s: not a catalog of ours", c->path);
	return AM_OK;
}

int am_migrate_check(struct am_catalog *c, struct am_error *err)
{
	int64_t tables, id;
	sqlite3_stmt *s = NULL;

	int r = number(c, "SELECT count(*) FROM sqlite_master", &tables, err);
	if (r)
		return r;
	if (!tables)
		return AM_END;
	r = number(c, "PRAGMA application_id", &id, err);
	if (r)
		return r;
	if (id != APPLICATION_ID)
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "%s: not a catalog of ours", c->path);
	r = am_catalog_prepare(
		c, "SELECT name, scope FROM feature ORDER BY name", &s, err);
	if (!r)
		r = check_features(c, s, err);
	sqlite3_finalize(s);
	return r;
}
