/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking keys up in their runs, and summing them up. */
#include "store/catalog_keys_impl.h"

enum { HALF = AM_KEYS_HALF, ENTRY = AM_KEYS_ENTRY };

struct range {
	struct am_keys_entry low, high;
	am_keys_fn *fn;
	void *user;
};

static int find_waiting(const struct am_catalog *c, enum am_keys_kind kind,
                        const struct range *range, struct am_error *err)
{
	const GArray *waiting = c->keys->waiting[kind];
	int r = AM_OK;

	for (guint i = 0; i < waiting->len && !r; i++) {
		const struct am_keys_entry *e =
			&g_array_index(waiting, struct am_keys_entry, i);
		if (!am_keys_is_before(e, &range->low) &&
		    !am_keys_is_before(&range->high, e))
			r = range->fn(range->user, e->key, e->id, err);
	}
	return r;
}

static int find_on_page(const uint8_t *page, size_t n, const uint8_t *low,
                        const uint8_t *high, const struct range *range,
                        struct am_error *err)
{
	size_t first = 0, end = n;
	int r = AM_OK;

	while (first < end) {
		size_t middle = first + (end - first) / 2;
		if (memcmp(page + middle * ENTRY, low, ENTRY) < 0)
			first = middle + 1;
		else
			end = middle;
	}
	for (; first < n && !r; first++) {
		const uint8_t *at = page + first * ENTRY;
		if (memcmp(at, high, ENTRY) > 0)
			break;
		/* On a damaged page. */
		if (memcmp(at, low, ENTRY) < 0)
			continue;
		r = range->fn(range->user, am_keys_get_half(at),
		              am_keys_get_half(at + HALF), err);
	}
	return r;
}

static int find(struct am_catalog *c, enum am_keys_kind kind,
                const struct range *range, struct am_error *err)
{
	uint8_t low[ENTRY], high[ENTRY];
	bool more = true;
	sqlite3_stmt *s;
	int r = am_catalog_stmt(c, AM_SQL_FIND_KEYS, &s, err);

	if (r)
		return r;
	am_keys_put_entry(low, &range->low);
	am_keys_put_entry(high, &range->high);
	sqlite3_bind_int(s, 1, (int)kind);
	sqlite3_bind_blob(s, 2, low, ENTRY, SQLITE_STATIC);
	sqlite3_bind_blob(s, 3, high, ENTRY, SQLITE_STATIC);
	while (more && !(r = am_catalog_step(c, s, err))) {
		r = find_on_page(sqlite3_column_blob(s, 0),
		                 (size_t)sqlite3_column_bytes(s, 0) / ENTRY,
		                 low, high, range, err);
		more = !r;
	}
	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	if (more && r == AM_END)
		r = find_waiting(c, kind, range, err);
	return r < 0 ? r : AM_OK;
}

int am_keys_find(struct am_catalog *c, enum am_keys_kind kind, uint64_t low,
                 uint64_t high, am_keys_fn *fn, void *user,
                 struct am_error *err)
{
	const struct range range = {{MIN(low, AM_KEYS_MOST), 0},
	                            {MIN(high, AM_KEYS_MOST), AM_KEYS_MOST},
	                            fn,
	                            user};

	return find(c, kind, &range, err);
}

static int take_as_there(void *user, uint64_t key, uint64_t id,
                         struct am_error *err)
{
	(void)key;
	(void)id;
	(void)err;
	*(bool *)user = true;
	return AM_END;
}

int am_keys_has(struct am_catalog *c, enum am_keys_kind kind, uint64_t key,
                uint64_t id, bool *out, struct am_error *err)
{
	const struct range range = {{key, id}, {key, id}, take_as_there, out};

	*out = false;
	return find(c, kind, &range, err);
}

/* ---- comparing ---- */

static uint64_t mix(const uint8_t *entry)
{
	uint64_t h =
		am_keys_get_half(entry) << 24 ^ am_keys_get_half(entry + HALF);

	h = (h ^ h >> 31) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 29;
}

int am_keys_sums(struct am_catalog *c, struct am_keys_sum out[AM_KEYS_COUNT],
                 struct am_error *err)
{
	uint8_t last[ENTRY];
	int64_t run = -1;
	int kind = -1;
	sqlite3_stmt *s = NULL;

	memset(out, 0, AM_KEYS_COUNT * sizeof *out);
	int r = am_catalog_prepare(c,
	                           "SELECT k.kind, k.run, k.first, k.data"
	                           " FROM run r JOIN keys k ON k.kind = r.kind"
	                           " AND k.run = r.run ORDER BY 1, 2, 3",
	                           &s, err);
	while (!r && !(r = am_catalog_step(c, s, err))) {
		const uint8_t *data = sqlite3_column_blob(s, 3);
		size_t len = (size_t)sqlite3_column_bytes(s, 3);
		bool good = len && len % ENTRY == 0 &&
		            sqlite3_column_bytes(s, 2) == ENTRY &&
		            !memcmp(sqlite3_column_blob(s, 2), data, ENTRY);
		if (sqlite3_column_int(s, 0) != kind ||
		    sqlite3_column_int64(s, 1) != run)
			memset(last, 0, sizeof last);
		kind = sqlite3_column_int(s, 0);
		run = sqlite3_column_int64(s, 1);
		good = good && kind >= 0 && kind < AM_KEYS_COUNT;
		for (size_t at = 0; good && at < len; at += ENTRY) {
			good = memcmp(last, data + at, ENTRY) < 0;
			memcpy(last, data + at, ENTRY);
			out[kind].n++;
			out[kind].sum += mix(data + at);
		}
		if (!good)
			r = am_keys_fail_order(c, err);
	}
	sqlite3_finalize(s);
	return r == AM_END ? AM_OK : r < 0 ? AM_FAILED : r;
}
