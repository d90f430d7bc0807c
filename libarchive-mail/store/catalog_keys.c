/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keys are gathered, sorted and put down in runs: see catalog_keys.h.
 */
#include "store/catalog_keys_impl.h"

enum {
	ENTRY = AM_KEYS_ENTRY,
	PAGE = AM_KEYS_PAGE,
	HALF = AM_KEYS_HALF,
	/* How many wait in memory.  While an empty catalog is filled nobody
	 * looks among hashes, else each look goes through them all. */
	WAIT_FILLING = 64 * 1024,
	WAIT = 4 * 1024
};

struct am_keys *am_keys_new(void)
{
	struct am_keys *k = g_new0(struct am_keys, 1);

	for (size_t i = 0; i < AM_KEYS_COUNT; i++)
		k->waiting[i] =
			g_array_new(FALSE, FALSE, sizeof(struct am_keys_entry));
	return k;
}

void am_keys_free(struct am_keys **keys)
{
	if (!*keys)
		return;
	for (size_t i = 0; i < AM_KEYS_COUNT; i++)
		g_array_free((*keys)->waiting[i], TRUE);
	g_free(*keys);
	*keys = NULL;
}

void am_keys_forget(struct am_keys *keys)
{
	for (size_t i = 0; i < AM_KEYS_COUNT; i++)
		g_array_set_size(keys->waiting[i], 0);
}

/* ---- entries ---- */

/* Byte by byte from the last: quicker than comparing, where keys are hashes.
 * Ids are in order as they come, but for a log that is strange. */
static void sort(struct am_keys_entry *entries, size_t n)
{
	bool sorted = true, by_id = false;

	for (size_t i = 1; i < n; i++) {
		sorted &= !am_keys_is_before(&entries[i], &entries[i - 1]);
		by_id |= entries[i].id < entries[i - 1].id;
	}
	if (sorted)
		return;
	struct am_keys_entry *from = entries,
			     *to = g_new(struct am_keys_entry, n);
	struct am_keys_entry *other = to;

	for (unsigned pass = by_id ? 0 : HALF; pass < 2 * HALF; pass++) {
		unsigned shift = pass % HALF * 8;
		size_t at[256] = {0}, sum = 0;
		for (size_t i = 0; i < n; i++) {
			uint64_t v = pass < HALF ? from[i].id : from[i].key;
			at[v >> shift & 255]++;
		}
		for (size_t i = 0; i < 256; i++) {
			size_t count = at[i];
			at[i] = sum;
			sum += count;
		}
		for (size_t i = 0; i < n; i++) {
			uint64_t v = pass < HALF ? from[i].id : from[i].key;
			to[at[v >> shift & 255]++] = from[i];
		}
		struct am_keys_entry *swap = from;
		from = to;
		to = swap;
	}
	if (from != entries)
		memcpy(entries, from, n * sizeof *entries);
	g_free(other);
}

/* ---- writing a run ---- */

struct run {
	struct am_catalog *catalog;
	enum am_keys_kind kind;
	int64_t run, n;
	size_t used;
	uint8_t page[PAGE], last[ENTRY];
};

static int put_page(struct run *run, struct am_error *err)
{
	sqlite3_stmt *s;

	if (!run->used)
		return AM_OK;
	int r = am_catalog_stmt(run->catalog, AM_SQL_ADD_KEYS, &s, err);
	if (r)
		return r;
	sqlite3_bind_int(s, 1, (int)run->kind);
	sqlite3_bind_int64(s, 2, run->run);
	sqlite3_bind_blob(s, 3, run->page, ENTRY, SQLITE_STATIC);
	sqlite3_bind_blob(s, 4, run->page, (int)run->used, SQLITE_STATIC);
	r = am_catalog_run(run->catalog, s, err);
	sqlite3_clear_bindings(s);
	run->used = 0;
	return r;
}

static int add_to_run(struct run *run, const uint8_t entry[ENTRY],
                      struct am_error *err)
{
	/* Said twice, by a log that is strange, is said once. */
	if (run->n && !memcmp(run->last, entry, ENTRY))
		return AM_OK;
	memcpy(run->last, entry, ENTRY);
	memcpy(run->page + run->used, entry, ENTRY);
	run->used += ENTRY;
	run->n++;
	return run->used == PAGE ? put_page(run, err) : AM_OK;
}

/* The last runs of a kind, newest first: how many of two there are. */
static int last_runs(struct am_catalog *c, enum am_keys_kind kind,
                     int64_t run[2], int64_t n[2], int *got,
                     struct am_error *err)
{
	sqlite3_stmt *s;
	int r = am_catalog_stmt(c, AM_SQL_LAST_RUNS, &s, err);

	*got = 0;
	if (r)
		return r;
	sqlite3_bind_int(s, 1, (int)kind);
	while (*got < 2 && (r = am_catalog_step(c, s, err)) == AM_OK) {
		run[*got] = sqlite3_column_int64(s, 0);
		n[(*got)++] = sqlite3_column_int64(s, 1);
	}
	sqlite3_reset(s);
	return r < 0 ? r : AM_OK;
}

static int begin_run(struct run *run, struct am_catalog *c,
                     enum am_keys_kind kind, struct am_error *err)
{
	int64_t last[2], n[2];
	int got;

	run->catalog = c;
	run->kind = kind;
	run->n = 0;
	run->used = 0;
	int r = last_runs(c, kind, last, n, &got, err);
	run->run = got ? last[0] + 1 : 1;
	return r;
}

/* The last run once more, if all that is to come goes behind what it holds; its
 * last page is filled up.  AM_END: a new run it is. */
static int go_on(struct run *run, const uint8_t first[ENTRY],
                 struct am_error *err)
{
	int64_t last[2], n[2];
	sqlite3_stmt *s;
	int got;

	int r = last_runs(run->catalog, run->kind, last, n, &got, err);
	if (r || !got)
		return r ? r : AM_END;
	r = am_catalog_stmt(run->catalog, AM_SQL_LAST_PAGE, &s, err);
	if (r)
		return r;
	sqlite3_bind_int(s, 1, (int)run->kind);
	sqlite3_bind_int64(s, 2, last[0]);
	r = am_catalog_step(run->catalog, s, err);
	if (r)
		return r;
	const uint8_t *data = sqlite3_column_blob(s, 0);
	size_t len = (size_t)sqlite3_column_bytes(s, 0);
	if (!len || len % ENTRY || len > PAGE) {
		r = am_keys_fail_order(run->catalog, err);
	} else if (memcmp(data + len - ENTRY, first, ENTRY) > 0) {
		r = AM_END;
	} else {
		run->run = last[0];
		run->n = n[0];
		memcpy(run->last, data + len - ENTRY, ENTRY);
		if (len < PAGE) {
			memcpy(run->page, data, len);
			run->used = len;
		}
	}
	sqlite3_reset(s);
	return r;
}

static int end_run(struct run *run, struct am_error *err)
{
	sqlite3_stmt *s;
	int r = put_page(run, err);

	if (!r)
		r = am_catalog_stmt(run->catalog, AM_SQL_ADD_RUN, &s, err);
	if (r)
		return r;
	sqlite3_bind_int(s, 1, (int)run->kind);
	sqlite3_bind_int64(s, 2, run->run);
	sqlite3_bind_int64(s, 3, run->n);
	return am_catalog_run(run->catalog, s, err);
}

/* ---- two runs become one ---- */

struct merged { /* one of the two */
	sqlite3_stmt *pages;
	const uint8_t *at, *end;
};

/* More of it, when a page is used up; at == end behind the last. */
static int more(struct am_catalog *c, struct merged *m, struct am_error *err)
{
	if (m->at != m->end)
		return AM_OK;
	int r = am_catalog_step(c, m->pages, err);
	if (r)
		return r < 0 ? r : AM_OK;
	m->at = sqlite3_column_blob(m->pages, 0);
	m->end = m->at + sqlite3_column_bytes(m->pages, 0) / ENTRY * ENTRY;
	return m->at != m->end ? AM_OK : am_keys_fail_order(c, err);
}

static int open_merged(struct am_catalog *c, struct merged *m,
                       enum am_keys_kind kind, int64_t run,
                       struct am_error *err)
{
	*m = (struct merged){0};
	int r = am_catalog_prepare(c,
	                           "SELECT data FROM keys WHERE kind = ?1"
	                           " AND run = ?2 ORDER BY first",
	                           &m->pages, err);
	if (r)
		return r;
	sqlite3_bind_int(m->pages, 1, (int)kind);
	sqlite3_bind_int64(m->pages, 2, run);
	return more(c, m, err);
}

static int drop_run(struct am_catalog *c, enum am_keys_kind kind, int64_t run,
                    struct am_error *err)
{
	static const enum am_catalog_sql drops[] = {AM_SQL_DROP_KEYS,
	                                            AM_SQL_DROP_RUN};
	int r = AM_OK;

	for (size_t i = 0; i < AM_COUNT(drops) && !r; i++) {
		sqlite3_stmt *s;
		r = am_catalog_stmt(c, drops[i], &s, err);
		if (r)
			return r;
		sqlite3_bind_int(s, 1, (int)kind);
		sqlite3_bind_int64(s, 2, run);
		r = am_catalog_run(c, s, err);
	}
	return r;
}

static int merge(struct am_catalog *c, enum am_keys_kind kind,
                 const int64_t runs[2], struct am_error *err)
{
	struct merged two[2] = {{0}, {0}};
	struct run run;

	int r = begin_run(&run, c, kind, err);
	for (int i = 0; i < 2 && !r; i++)
		r = open_merged(c, &two[i], kind, runs[i], err);
	while (!r && (two[0].at != two[0].end || two[1].at != two[1].end)) {
		int i = two[0].at == two[0].end ? 1
		        : two[1].at == two[1].end
		                ? 0
		                : memcmp(two[0].at, two[1].at, ENTRY) > 0;
		r = add_to_run(&run, two[i].at, err);
		two[i].at += ENTRY;
		if (!r)
			r = more(c, &two[i], err);
	}
	for (int i = 0; i < 2; i++)
		sqlite3_finalize(two[i].pages);
	if (!r)
		r = end_run(&run, err);
	for (int i = 0; i < 2 && !r; i++)
		r = drop_run(c, kind, runs[i], err);
	return r;
}

static int settle(struct am_catalog *c, enum am_keys_kind kind,
                  struct am_error *err)
{
	int64_t runs[2], n[2];
	int got, r;

	while (!(r = last_runs(c, kind, runs, n, &got, err)) && got == 2 &&
	       n[0] >= n[1] / 2) {
		r = merge(c, kind, runs, err);
		if (r)
			return r;
	}
	return r;
}

/* ---- adding ---- */

static int put_down(struct am_catalog *c, enum am_keys_kind kind,
                    struct am_error *err)
{
	GArray *waiting = c->keys->waiting[kind];
	struct am_keys_entry *entries =
		(struct am_keys_entry *)(void *)waiting->data;
	uint8_t bytes[ENTRY];
	struct run run;

	if (!waiting->len)
		return AM_OK;
	sort(entries, waiting->len);
	int r = begin_run(&run, c, kind, err);
	if (!r) {
		am_keys_put_entry(bytes, &entries[0]);
		r = go_on(&run, bytes, err);
		r = r == AM_END ? AM_OK : r;
	}
	for (guint i = 0; i < waiting->len && !r; i++) {
		am_keys_put_entry(bytes, &entries[i]);
		r = add_to_run(&run, bytes, err);
	}
	if (!r)
		r = end_run(&run, err);
	g_array_set_size(waiting, 0);
	return r ? r : settle(c, kind, err);
}

int am_keys_add(struct am_catalog *c, enum am_keys_kind kind, uint64_t key,
                uint64_t id, struct am_error *err)
{
	GArray *waiting = c->keys->waiting[kind];
	struct am_keys_entry entry = {key, id};
	bool many = c->prefix && kind < AM_KEYS_PLACES;

	g_array_append_val(waiting, entry);
	return waiting->len < (many ? WAIT_FILLING : WAIT)
	               ? AM_OK
	               : put_down(c, kind, err);
}

int am_keys_flush(struct am_catalog *c, struct am_error *err)
{
	int r = AM_OK;

	for (int kind = 0; kind < AM_KEYS_COUNT && !r; kind++)
		r = put_down(c, (enum am_keys_kind)kind, err);
	return r;
}
