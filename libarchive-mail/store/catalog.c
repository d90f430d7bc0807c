/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The catalog's life: open, transactions, the commit it stands at.
 */
#include "store/catalog_impl.h"

#include "base/bytes.h"
#include "base/file.h"
#include "store/prefix.h"
#include "store/schema.sql.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME   "catalog.sqlite"
#define COMMIT_SIZE (8 * 14 + AM_SHA256_LEN)

/*
 * 8 KiB pages and a cache of 8 MiB measured best for their memory; the log is
 * the truth, so a checkpoint may wait for 64 MiB and NORMAL is safe enough.
 */
static const char *const writer_pragmas =
	"PRAGMA page_size = 8192; PRAGMA journal_mode = WAL;"
	"PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 8000;"
	"PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -8192;"
	"PRAGMA temp_store = FILE; PRAGMA foreign_keys = OFF";
/* While a new one is filled under its mark, nothing in it need be safe: what is
 * synced is all of it at once, on the way to the journal (fill_end).  Rows are
 * only added at the end, so the cache matters little. */
static const char *const filler_pragmas =
	"PRAGMA page_size = 8192; PRAGMA journal_mode = OFF;"
	"PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 8000;"
	"PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -2048;"
	"PRAGMA temp_store = FILE; PRAGMA foreign_keys = OFF";
static const char *const reader_pragmas =
	"PRAGMA cache_size = -8192; PRAGMA query_only = 1";

/* Nothing of it goes to a file, not even what is being sorted. */
static const char *const afloat_pragmas =
	"PRAGMA page_size = 8192; PRAGMA journal_mode = MEMORY;"
	"PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = OFF";

/* SQLite counts what it allocates, under a lock, for whoever asks: nobody does.
 * Where it is in use already this changes nothing. */
static void forgo_statistics(void)
{
	static gsize done;

	if (g_once_init_enter(&done)) {
		sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
		g_once_init_leave(&done, 1);
	}
}

static int connect_to(struct am_catalog *c, bool frozen, struct am_error *err)
{
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI;
	char *uri = NULL;

	forgo_statistics();
	flags |= c->writable ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
	                     : SQLITE_OPEN_READONLY;
	if (frozen) {
		char *escaped = g_uri_escape_string(c->path, "/", FALSE);
		uri = g_strdup_printf("file:%s?immutable=1", escaped);
		g_free(escaped);
	}
	/* A path may begin with "file:"; "./" in front keeps it a path. */
	char *plain =
		g_strdup_printf("%s%s", *c->path == '/' ? "" : "./", c->path);
	int code = sqlite3_open_v2(c->afloat ? ":memory:"
	                           : uri     ? uri
	                                     : plain,
	                           &c->db, flags, NULL);
	g_free(plain);
	g_free(uri);
	if (!c->db)
		return am_fail(err, AM_FAILED, AM_E_MEMORY, "%s: no memory",
		               c->path);
	if (code != SQLITE_OK)
		return am_catalog_fail(c, AM_FAILED, err);
	sqlite3_extended_result_codes(c->db, 1);
	sqlite3_busy_timeout(c->db, AM_CATALOG_WAIT_MS);
	int r = am_catalog_exec(c,
	                        c->afloat     ? afloat_pragmas
	                        : c->filling  ? filler_pragmas
	                        : c->writable ? writer_pragmas
	                                      : reader_pragmas,
	                        err);
	return r ? AM_FAILED : AM_OK;
}

static int create(struct am_catalog *c, struct am_error *err)
{
	int r = am_catalog_begin(c, err);
	if (!r)
		r = am_migrate_create(c, err);
	if (!r)
		r = am_catalog_exec(c, "COMMIT", err);
	if (r)
		am_catalog_rollback(c);
	c->in_transaction = false;
	return r;
}

static bool is_marked(const struct am_catalog *c)
{
	char *mark = g_strconcat(c->path, AM_CATALOG_BROKEN, NULL);
	bool marked = !access(mark, F_OK);

	g_free(mark);
	return marked;
}

bool am_catalog_is_broken(const struct am_catalog *c)
{
	return c->broken;
}

static int open_at(struct am_catalog **out, const char *dir, bool writable,
                   bool frozen, struct am_error *err)
{
	struct am_catalog *c = g_new0(struct am_catalog, 1);
	int r = AM_OK;

	*out = NULL;
	c->writable = writable;
	c->path = g_build_filename(dir, FILE_NAME, NULL);
	c->scratch = am_items_new();
	c->keys = am_keys_new();
	if (writable)
		r = am_make_dirs(dir, err);
	else if (access(c->path, F_OK))
		r = am_fail_sys(err, AM_FAILED, "%s", c->path);
	if (!r && is_marked(c))
		r = am_fail(err, AM_FAILED, AM_E_CORRUPT, "%s: damaged",
		            c->path);
	if (!r)
		r = connect_to(c, frozen, err);
	if (!r)
		r = am_migrate_check(c, err);
	if (r == AM_END)
		r = writable ? create(c, err)
		             : am_fail(err, AM_FAILED, AM_E_NOTFOUND,
		                       "%s: empty", c->path);
	if (r)
		am_catalog_close(&c);
	*out = c;
	return r;
}

int am_catalog_open(struct am_catalog **out, const char *dir, bool writable,
                    struct am_error *err)
{
	return open_at(out, dir, writable, false, err);
}

int am_catalog_open_new(struct am_catalog **out, const char *dir,
                        struct am_error *err)
{
	struct am_catalog *c = g_new0(struct am_catalog, 1);

	*out = NULL;
	c->writable = true;
	c->path = g_build_filename(dir, FILE_NAME, NULL);
	c->scratch = am_items_new();
	c->keys = am_keys_new();
	int r = am_make_dirs(dir, err);
	if (!r && (!access(c->path, F_OK) || is_marked(c)))
		r = am_fail(err, AM_FAILED, AM_E_EXISTS, "%s: exists already",
		            c->path);
	if (!r && !am_catalog_mark(c))
		r = am_fail(err, AM_FAILED, AM_E_IO, "%s: cannot be marked",
		            c->path);
	c->filling = !r;
	if (!r)
		r = connect_to(c, false, err);
	if (!r)
		r = create(c, err);
	if (!r)
		am_catalog_fill_lookup(c);
	if (r)
		am_catalog_close(&c);
	*out = c;
	return r;
}

int am_catalog_open_memory(struct am_catalog **out, struct am_error *err)
{
	struct am_catalog *c = g_new0(struct am_catalog, 1);

	*out = NULL;
	c->writable = c->afloat = true;
	c->path = g_strdup("the catalog in memory");
	c->scratch = am_items_new();
	c->keys = am_keys_new();
	int r = connect_to(c, false, err);
	if (!r)
		r = create(c, err);
	if (r)
		am_catalog_close(&c);
	*out = c;
	return r;
}

int am_catalog_open_frozen(struct am_catalog **out, const char *dir,
                           struct am_error *err)
{
	return open_at(out, dir, false, true, err);
}

void am_catalog_close(struct am_catalog **catalog)
{
	struct am_catalog *c = *catalog;

	if (!c)
		return;
	am_catalog_rollback(c);
	am_catalog_unpin(c);
	for (size_t i = 0; i < AM_SQL_COUNT; i++)
		sqlite3_finalize(c->kept[i]);
	sqlite3_close_v2(c->db);
	am_catalog_folder_forget(c);
	am_prefix_free(&c->prefix);
	am_keys_free(&c->keys);
	am_items_free(&c->scratch);
	if (c->filling) {
		/* It never came to a commit, so there is nothing in it. */
		char *dir = g_path_get_dirname(c->path);
		(void)!am_catalog_wipe(dir, NULL);
		g_free(dir);
	}
	g_free(c->path);
	g_free(c);
	*catalog = NULL;
}

int am_catalog_wipe(const char *dir, struct am_error *err)
{
	/* The mark last: what is half removed is still marked. */
	static const char *const names[] = {FILE_NAME "-wal", FILE_NAME "-shm",
	                                    FILE_NAME "-journal", FILE_NAME,
	                                    FILE_NAME AM_CATALOG_BROKEN};
	int r = AM_OK;

	for (size_t i = 0; i < AM_COUNT(names) && !r; i++) {
		char *path = g_build_filename(dir, names[i], NULL);
		if (unlink(path) && errno != ENOENT)
			r = am_fail_sys(err, AM_FAILED, "%s", path);
		g_free(path);
	}
	return r;
}

int am_catalog_reset(struct am_catalog *c, struct am_error *err)
{
	static const char *const drop =
		"DROP TABLE IF EXISTS meta; DROP TABLE IF EXISTS feature;"
		"DROP TABLE IF EXISTS block; DROP TABLE IF EXISTS blob;"
		"DROP TABLE IF EXISTS folder; DROP TABLE IF EXISTS message;"
		"DROP TABLE IF EXISTS placement; DROP TABLE IF EXISTS cursor;"
		"DROP TABLE IF EXISTS remote; DROP TABLE IF EXISTS origin;"
		"DROP TABLE IF EXISTS accession;"
		"DROP TABLE IF EXISTS run; DROP TABLE IF EXISTS keys";
	assert(c->in_transaction);
	am_catalog_folder_forget(c);
	am_prefix_free(&c->prefix);
	am_keys_forget(c->keys);
	c->seq_known = false;
	c->last_message = 0;
	int r = am_catalog_exec(c, drop, err);
	return r ? r : am_migrate_create(c, err);
}

static void encode_commit(const struct am_commit *commit,
                          uint8_t out[COMMIT_SIZE])
{
	const uint64_t fields[14] = {commit->number,
	                             commit->since,
	                             commit->pos,
	                             commit->end,
	                             (uint64_t)commit->when,
	                             commit->messages,
	                             commit->placements,
	                             commit->folders,
	                             commit->blobs,
	                             commit->blocks,
	                             commit->max_message,
	                             commit->max_placement,
	                             commit->max_folder,
	                             commit->max_block};
	for (size_t i = 0; i < 14; i++)
		am_put_le64(out + 8 * i, fields[i]);
	memcpy(out + sizeof fields, commit->chain, AM_SHA256_LEN);
}

static void decode_commit(const void *data, struct am_commit *out)
{
	struct am_cursor in = am_cursor(data, COMMIT_SIZE);

	out->number = am_get_le64(&in);
	out->since = am_get_le64(&in);
	out->pos = am_get_le64(&in);
	out->end = am_get_le64(&in);
	out->when = (int64_t)am_get_le64(&in);
	out->messages = am_get_le64(&in);
	out->placements = am_get_le64(&in);
	out->folders = am_get_le64(&in);
	out->blobs = am_get_le64(&in);
	out->blocks = am_get_le64(&in);
	out->max_message = am_get_le64(&in);
	out->max_placement = am_get_le64(&in);
	out->max_folder = am_get_le64(&in);
	out->max_block = am_get_le64(&in);
	memcpy(out->chain, in.at, AM_SHA256_LEN);
}

int am_catalog_position(struct am_catalog *c, uint64_t *archive_id,
                        struct am_commit *out, struct am_error *err)
{
	sqlite3_stmt *s;
	int64_t id;

	*archive_id = 0;
	*out = (struct am_commit){0};
	int r = am_catalog_meta_get(c, "archive", &id, err);
	if (r)
		return r;
	r = am_catalog_stmt(c, AM_SQL_META_GET, &s, err);
	if (r)
		return r;
	sqlite3_bind_text(s, 1, "commit", -1, SQLITE_STATIC);
	r = am_catalog_step(c, s, err);
	if (!r && sqlite3_column_bytes(s, 0) != COMMIT_SIZE)
		r = am_fail(err, AM_FAILED, AM_E_CORRUPT,
		            "%s: its commit is not understood", c->path);
	if (!r) {
		decode_commit(sqlite3_column_blob(s, 0), out);
		*archive_id = (uint64_t)id;
	}
	sqlite3_reset(s);
	return r;
}

int am_catalog_begin(struct am_catalog *c, struct am_error *err)
{
	sqlite3_stmt *s;
	int r = am_catalog_stmt(c, AM_SQL_BEGIN, &s, err);

	if (!r)
		r = am_catalog_run(c, s, err);
	c->in_transaction = !r;
	return r;
}

static int put_commit(struct am_catalog *c, const struct am_commit *commit,
                      struct am_error *err)
{
	uint8_t bytes[COMMIT_SIZE];
	sqlite3_stmt *s;
	int r = am_catalog_stmt(c, AM_SQL_META_PUT, &s, err);

	if (r)
		return r;
	encode_commit(commit, bytes);
	sqlite3_bind_text(s, 1, "commit", -1, SQLITE_STATIC);
	sqlite3_bind_blob(s, 2, bytes, sizeof bytes, SQLITE_STATIC);
	r = am_catalog_run(c, s, err);
	sqlite3_clear_bindings(s);
	return r;
}

int am_catalog_end(struct am_catalog *c, uint64_t archive_id,
                   const struct am_commit *commit, struct am_error *err)
{
	sqlite3_stmt *s;

	assert(c->in_transaction);
	int r = c->early ? am_catalog_recount(c, err) : AM_OK;
	if (!r)
		r = am_catalog_folder_flush(c, err);
	if (!r)
		r = am_keys_flush(c, err);
	if (!r)
		r = put_commit(c, commit, err);
	if (!r)
		r = am_catalog_meta_put(c, "archive", (int64_t)archive_id, err);
	if (!r && c->seq_known)
		r = am_catalog_meta_put(c, "seq", (int64_t)c->seq, err);
	if (!r)
		r = am_catalog_stmt(c, AM_SQL_COMMIT, &s, err);
	if (!r)
		r = am_catalog_run(c, s, err);
	if (!r)
		c->in_transaction = false;
	if (!r && c->filling)
		r = am_catalog_fill_end(c, err);
	return r;
}

void am_catalog_rollback(struct am_catalog *c)
{
	if (!c->in_transaction)
		return;
	for (size_t i = 0; i < AM_SQL_COUNT; i++)
		sqlite3_reset(c->kept[i]);
	sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
	c->in_transaction = false;
	c->seq_known = false;
	c->last_message = 0;
	am_catalog_folder_forget(c);
	am_keys_forget(c->keys);
}

int am_catalog_pin(struct am_catalog *c, struct am_error *err)
{
	int64_t ignored;

	am_catalog_unpin(c);
	int r = am_catalog_exec(c, "BEGIN", err);
	if (r)
		return r;
	c->pinned = true;
	/* The moment is that of the first read. */
	r = am_catalog_meta_get(c, "archive", &ignored, err);
	am_catalog_folder_forget(c);
	c->seq_known = false;
	return r;
}

void am_catalog_unpin(struct am_catalog *c)
{
	if (c->pinned)
		sqlite3_exec(c->db, "COMMIT", NULL, NULL, NULL);
	c->pinned = false;
}

int am_catalog_seq(struct am_catalog *c, uint64_t *out, struct am_error *err)
{
	if (!c->seq_known) {
		int64_t seq;
		int r = am_catalog_meta_get(c, "seq", &seq, err);
		if (r)
			return r;
		c->seq = (uint64_t)seq;
		c->seq_known = true;
	}
	*out = c->seq;
	return AM_OK;
}
