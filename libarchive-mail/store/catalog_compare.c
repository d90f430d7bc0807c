/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two catalogs side by side, row by row in the order of their keys.
 */
#include "store/catalog_impl.h"

#include <string.h>

#define MAX_TOLD 20 /* differences of one table that are put in words */

/* What is compared, and how many columns in front are the key.  Not `meta`:
 * that it stands at the log's last commit was seen before. */
static const struct table {
	const char *name, *sql;
	int key;
} tables[] = {
	{"block", "SELECT id, pos FROM block ORDER BY id", 1},
	{"blob", "SELECT hash, size, pos FROM blob ORDER BY hash", 1},
	{"folder",
         "SELECT id, path, depth, role, subscribed, uidvalidity, uidnext,"
         " messages, unseen, bytes FROM folder ORDER BY id",
         1},
	{"message",
         "SELECT id, size, hash, hash_lf, eol, content, dropped, recipe,"
         " message_id, thread, hop, sender, rcpt, cc, subject, date, zone,"
         " n_attachments FROM message ORDER BY id",
         1},
	{"placement",
         "SELECT id, message, folder, uid, seq, flags, gone, words, accession,"
         " meta FROM placement ORDER BY id",
         1},
	{"cursor",
         "SELECT source, folder, value FROM cursor ORDER BY source, folder", 2},
	{"remote",
         "SELECT o.name, r.folder, r.uidvalidity, r.uid, r.placement, r.gone"
         " FROM remote r JOIN origin o ON o.id = r.origin"
         " ORDER BY o.name, r.folder, r.uidvalidity, r.uid",
         4},
	{"accession", "SELECT n, id, state, json FROM accession ORDER BY n", 1},
};

struct comparison {
	struct am_catalog *a, *b;
	am_difference_fn *fn;
	void *user;
	uint64_t count;
	unsigned told;
};

/* Order of two values of one column, as SQLite orders them. */
static int order(sqlite3_stmt *a, sqlite3_stmt *b, int column)
{
	int ta = sqlite3_column_type(a, column);
	int tb = sqlite3_column_type(b, column);

	if (ta == SQLITE_NULL || tb == SQLITE_NULL)
		return (ta != SQLITE_NULL) - (tb != SQLITE_NULL);
	if (ta == SQLITE_INTEGER && tb == SQLITE_INTEGER) {
		int64_t x = sqlite3_column_int64(a, column);
		int64_t y = sqlite3_column_int64(b, column);
		return (x > y) - (x < y);
	}
	const void *x = sqlite3_column_blob(a, column);
	const void *y = sqlite3_column_blob(b, column);
	int nx = sqlite3_column_bytes(a, column);
	int ny = sqlite3_column_bytes(b, column);
	int least = nx < ny ? nx : ny;
	int r = least ? memcmp(x, y, (size_t)least) : 0;
	return r ? r : (nx > ny) - (nx < ny);
}

static void tell(struct comparison *c, const struct table *table,
                 sqlite3_stmt *row, const char *what)
{
	char text[160];

	c->count++;
	if (!c->fn || c->told++ >= MAX_TOLD)
		return;
	if (sqlite3_column_type(row, 0) == SQLITE_INTEGER)
		g_snprintf(text, sizeof text, "%s %lld: %s", table->name,
		           (long long)sqlite3_column_int64(row, 0), what);
	else
		g_snprintf(text, sizeof text, "a %s: %s", table->name, what);
	c->fn(c->user, text);
}

static void compare_rows(struct comparison *c, const struct table *table,
                         sqlite3_stmt *a, sqlite3_stmt *b)
{
	for (int i = table->key; i < sqlite3_column_count(a); i++) {
		if (!order(a, b, i))
			continue;
		tell(c, table, a, sqlite3_column_name(a, i));
		return;
	}
}

static int compare_tables(struct comparison *c, const struct table *table,
                          sqlite3_stmt *a, sqlite3_stmt *b,
                          struct am_error *err)
{
	int ra = am_catalog_step(c->a, a, err);
	int rb = ra < 0 ? ra : am_catalog_step(c->b, b, err);

	while (ra >= 0 && rb >= 0 && !(ra == AM_END && rb == AM_END)) {
		int way = 0;
		if (ra == AM_END || rb == AM_END)
			way = ra == AM_END ? 1 : -1;
		for (int i = 0; i < table->key && !way; i++)
			way = order(a, b, i);
		if (way < 0)
			tell(c, table, a, "only here");
		else if (way > 0)
			tell(c, table, b, "missing");
		else
			compare_rows(c, table, a, b);
		if (way <= 0)
			ra = am_catalog_step(c->a, a, err);
		if (way >= 0 && ra >= 0)
			rb = am_catalog_step(c->b, b, err);
	}
	return ra < 0 ? ra : rb < 0 ? rb : AM_OK;
}

/* What the tables do not show: pages of their indexes, by which mail is found
 * and known again.  A mark makes whoever writes next make the catalog anew. */
static int check_pages(struct comparison *c, struct am_error *err)
{
	sqlite3_stmt *s = NULL;
	uint64_t before = c->count;
	int r = am_catalog_prepare(c->a, "PRAGMA integrity_check(20)", &s, err);

	while (!r && !(r = am_catalog_step(c->a, s, err))) {
		const char *text = (const char *)sqlite3_column_text(s, 0);
		if (!text || !strcmp(text, "ok"))
			continue;
		c->count++;
		if (c->fn)
			c->fn(c->user, text);
	}
	sqlite3_finalize(s);
	if (c->count != before)
		(void)!am_catalog_mark(c->a);
	return r == AM_END ? AM_OK : r;
}

static void tell_keys(struct comparison *c, const char *what)
{
	c->count++;
	if (c->fn)
		c->fn(c->user, what);
	(void)!am_catalog_mark(c->a);
}

/* How they lie in runs depends on the commits; what they say must not. */
static int compare_keys(struct comparison *c, struct am_error *err)
{
	static const char *const names[AM_KEYS_COUNT] = {
		[AM_KEYS_FORM] = "the keys of LF forms",
		[AM_KEYS_RAW] = "the keys of raw bytes",
		[AM_KEYS_MID] = "the keys of Message-IDs",
		[AM_KEYS_PLACES] = "the keys of messages",
		[AM_KEYS_FOLDER] = "the keys of folders",
		[AM_KEYS_SEQ] = "the keys of the sequence",
	};
	struct am_keys_sum a[AM_KEYS_COUNT], b[AM_KEYS_COUNT];
	struct am_error why = {0};

	int r = am_keys_sums(c->a, a, &why);
	if (r && why.kind == AM_E_CORRUPT) {
		tell_keys(c, why.text);
		return AM_OK;
	}
	if (r && err)
		*err = why;
	if (!r)
		r = am_keys_sums(c->b, b, err);
	for (size_t i = 0; i < AM_KEYS_COUNT && !r; i++)
		if (a[i].n != b[i].n || a[i].sum != b[i].sum)
			tell_keys(c, names[i]);
	return r;
}

int am_catalog_compare(struct am_catalog *a, struct am_catalog *b,
                       am_difference_fn *fn, void *user, uint64_t *differences,
                       struct am_error *err)
{
	struct comparison c = {.a = a, .b = b, .fn = fn, .user = user};
	int r = check_pages(&c, err);

	if (!r)
		r = compare_keys(&c, err);
	for (size_t i = 0; i < AM_COUNT(tables) && !r; i++) {
		sqlite3_stmt *x = NULL, *y = NULL;
		c.told = 0;
		r = am_catalog_prepare(a, tables[i].sql, &x, err);
		if (!r)
			r = am_catalog_prepare(b, tables[i].sql, &y, err);
		if (!r)
			r = compare_tables(&c, &tables[i], x, y, err);
		sqlite3_finalize(x);
		sqlite3_finalize(y);
	}
	*differences = c.count;
	return r;
}
