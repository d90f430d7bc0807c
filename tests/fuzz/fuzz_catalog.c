/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A catalog whose rows somebody made up: the database is sound, what stands in
 * it is the input's.  All of it is read in every way there is.
 *
 *   row: table (1 byte) | flags (1) | length (1) | so many bytes of values
 */
#include "base/arena.h"
#include "base/file.h"
#include "model/folder.h"
#include "store/catalog.h"
#include "store/catalog_keys.h"

#include <glib.h>
#include <sqlite3.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static char *dir;
static sqlite3 *db;

static void must(int r)
{
	if (r)
		abort();
}

static void begin(void)
{
	struct am_catalog *c = NULL;

	dir = g_strdup_printf("%s/fuzz-catalog-%ld", g_get_tmp_dir(),
	                      (long)getpid());
	must(am_remove_tree(dir, NULL));
	must(am_catalog_open(&c, dir, true, NULL));
	am_catalog_close(&c);
	char *path = g_build_filename(dir, "catalog.sqlite", NULL);
	must(sqlite3_open(path, &db));
	must(sqlite3_exec(db, "PRAGMA synchronous = OFF", NULL, NULL, NULL));
	g_free(path);
}

static const struct {
	const char *sql;
	int n; /* values */
} tables[] = {
	{"INSERT OR REPLACE INTO folder VALUES(?,?,?,?,?,?,?,?,?,?)", 10},
	{"INSERT OR REPLACE INTO message VALUES"
         "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
         18},
	{"INSERT OR REPLACE INTO placement VALUES(?,?,?,?,?,?,?,?,?,?)", 10},
	{"INSERT OR REPLACE INTO blob VALUES(?,?,?)", 3},
	{"INSERT OR REPLACE INTO accession VALUES(?,?,?,?)", 4},
	{"INSERT OR REPLACE INTO meta VALUES(?,?)", 2},
	{"INSERT OR REPLACE INTO run VALUES(?,?,?)", 3},
	{"INSERT OR REPLACE INTO keys VALUES(?,?,?,?)", 4},
};

/* Small numbers first, so that rows find each other; then what is left, as
 * text or bytes in turn. */
static void add_row(unsigned table, unsigned flags, const uint8_t *data,
                    size_t len)
{
	sqlite3_stmt *s;

	must(sqlite3_prepare_v2(db, tables[table].sql, -1, &s, NULL));
	for (int i = 1; i <= tables[table].n; i++) {
		uint8_t kind = len ? *data++ : 1;
		len -= len > 0;
		size_t n = MIN(len, (size_t)kind >> 2);
		if ((kind & 3) == 0) {
			sqlite3_bind_int64(s, i, kind >> 2);
			continue;
		}
		if ((kind & 3) == 1 && flags & 1)
			sqlite3_bind_int64(s, i, INT64_MIN >> (kind >> 2 & 63));
		else if ((kind & 3) == 1)
			sqlite3_bind_int64(s, i, 1);
		else if ((kind & 3) == 2)
			sqlite3_bind_blob(s, i, data, (int)n, SQLITE_STATIC);
		else
			sqlite3_bind_text(s, i, (const char *)data, (int)n,
			                  SQLITE_STATIC);
		if (kind & 2) {
			data += n;
			len -= n;
		}
	}
	(void)sqlite3_step(s);
	sqlite3_finalize(s);
}

static void write_rows(const uint8_t *data, size_t len)
{
	must(sqlite3_exec(db,
	                  "BEGIN; DELETE FROM folder; DELETE FROM message;"
	                  "DELETE FROM placement; DELETE FROM blob;"
	                  "DELETE FROM accession; DELETE FROM meta;"
	                  "DELETE FROM run; DELETE FROM keys",
	                  NULL, NULL, NULL));
	while (len >= 3) {
		size_t n = MIN(data[2], len - 3);
		add_row(data[0] % G_N_ELEMENTS(tables), data[1], data + 3, n);
		data += 3 + n;
		len -= 3 + n;
	}
	must(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL));
}

static int on_accession(void *user, const struct am_item_accession *a,
                        struct am_error *err)
{
	(void)err;
	*(size_t *)user += a->json ? strlen(a->json) : 0;
	return AM_OK;
}

static int on_blob(void *user, const uint8_t hash[AM_SHA256_LEN], uint64_t size,
                   uint64_t pos, struct am_error *err)
{
	(void)pos;
	(void)err;
	*(size_t *)user += hash[AM_SHA256_LEN - 1] + (size_t)(size & 1);
	return AM_OK;
}

static void read_messages(struct am_catalog *c, struct am_arena *arena,
                          size_t *sum)
{
	uint64_t *ids = NULL;
	size_t n = 0;

	for (int order = 0; order < 2; order++) {
		g_clear_pointer(&ids, g_free);
		if (am_catalog_ids(c, (enum am_catalog_order)order, &ids, &n,
		                   NULL))
			return;
	}
	for (size_t i = 0; i < n; i++) {
		struct am_catalog_message m;
		struct am_catalog_match match;
		uint64_t size, pair[2];
		size_t found;
		if (am_catalog_message(c, ids[i], arena, &m, NULL))
			continue;
		*sum += m.subject ? strlen(m.subject) : 0;
		(void)!am_catalog_thread(c, &m, arena, NULL);
		*sum += m.thread ? strlen(m.thread) : 0;
		*sum += m.item.hash[0];
		(void)am_catalog_size(c, ids[i], &size, NULL);
		(void)am_catalog_match(c, m.item.hash, m.item.hash, &match,
		                       NULL);
		(void)am_catalog_find_hash(c, "00ab", pair, &found, NULL);
	}
	g_free(ids);
}

static void read_places(struct am_catalog *c, struct am_arena *arena,
                        size_t *sum)
{
	for (int by = AM_CATALOG_ALL; by <= AM_CATALOG_OF_MESSAGE; by++) {
		struct am_catalog_places *places = NULL;
		struct am_catalog_place p;
		if (am_catalog_places_open(&places, c, (enum am_catalog_by)by,
		                           1, NULL))
			continue;
		while (!am_catalog_places_next(places, &p, NULL)) {
			struct am_item_placement item;
			if (am_catalog_meta(&p, arena, &item, NULL))
				continue;
			for (size_t i = 0; i < item.meta->n_keywords; i++)
				*sum += strlen(item.meta->keywords[i]);
			*sum += item.meta->origin ? strlen(item.meta->origin)
			                          : 0;
		}
		am_catalog_places_close(&places);
	}
}

static void read_folders(struct am_catalog *c, size_t *sum)
{
	struct am_catalog_folder *const *folders;
	size_t n;

	if (am_catalog_folders(c, &folders, &n, NULL))
		return;
	for (size_t i = 0; i < n; i++) {
		struct am_catalog_folder *again = NULL;
		char *name = am_folder_print(folders[i]->folder);
		*sum += strlen(name);
		g_free(name);
		if (am_catalog_folder_at(c, folders[i]->folder, &again, NULL) ||
		    !again)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct am_catalog *c = NULL, *same = NULL;
	struct am_catalog_counts counts;
	struct am_catalog_change changes[8];
	struct am_commit commit;
	uint64_t id;
	size_t got, sum = 0;

	if (!db)
		begin();
	write_rows(data, len);
	if (am_catalog_open(&c, dir, false, NULL))
		return 0;
	struct am_arena *arena = am_arena_new();
	(void)am_catalog_position(c, &id, &commit, NULL);
	read_folders(c, &sum);
	read_messages(c, arena, &sum);
	read_places(c, arena, &sum);
	(void)am_catalog_counts(c, &counts, NULL);
	(void)am_catalog_changes(c, 0, changes, G_N_ELEMENTS(changes), &got,
	                         NULL);
	(void)am_catalog_accessions(c, on_accession, &sum, NULL);
	(void)am_catalog_blobs(c, on_blob, &sum, NULL);
	if (!am_catalog_open(&same, dir, false, NULL)) {
		struct am_keys_sum sums[AM_KEYS_COUNT];
		uint64_t differences = 0;
		/* Keys out of order are told of even so. */
		if (!am_catalog_compare(c, same, NULL, NULL, &differences,
		                        NULL) &&
		    differences && !am_keys_sums(same, sums, NULL))
			abort();
	}
	am_catalog_close(&same);
	am_catalog_close(&c);
	am_arena_free(&arena);
	if (sum == SIZE_MAX)
		abort();
	/* What was found broken is marked; the next input is another one. */
	char *mark = g_build_filename(dir, "catalog.sqlite.broken", NULL);
	(void)unlink(mark);
	g_free(mark);
	return 0;
}
