/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/pst/context.h"

#include "base/arena.h"
#include "base/bytes.h"

#include <glib.h>

/* A table while it is read. */
struct table {
	struct am_pst_ndb *ndb;
	am_pst_bid sub;
	struct am_pst_heap heap;
	struct am_pst_tc_info info;
	struct am_pst_tc_column *columns;
	uint64_t held, most;  /* bytes of values */
	struct am_arena *own; /* for one row; NULL: the caller's for all */
};

static int fail_table(const struct table *t, const char *what,
                      struct am_error *err)
{
	return am_fail(err, AM_FAILED, AM_E_FORMAT,
	               "table of block 0x%" PRIx64 ": %s", t->heap.data.bid,
	               what);
}

static void close_table(struct table *t)
{
	g_free(t->columns);
	t->columns = NULL;
	am_arena_free(&t->own);
	am_pst_heap_close(&t->heap);
}

static int open_table(struct table *t, struct am_pst_ndb *ndb, am_pst_bid data,
                      am_pst_bid sub, struct am_error *err)
{
	const uint8_t *bytes = NULL;
	size_t len = 0;

	*t = (struct table){.ndb = ndb, .sub = sub};
	int r = am_pst_heap_open(&t->heap, ndb, data, err);
	if (r)
		return r;
	if (t->heap.header.client != AM_PST_HEAP_TC)
		r = fail_table(t, "it is none", err);
	if (!r)
		r = am_pst_heap_get(&t->heap, t->heap.header.root, &bytes, &len,
		                    err);
	if (!r && len < AM_PST_TC_INFO)
		r = fail_table(t, "without a head", err);
	if (!r) {
		am_pst_tc_info_decode(&t->info, bytes);
		if (t->info.type != AM_PST_HEAP_TC ||
		    len < AM_PST_TC_INFO + (size_t)t->info.n_columns *
		                                   AM_PST_TC_COLUMN)
			r = fail_table(t, "its head is cut off", err);
	}
	if (!r) {
		t->columns = g_new(struct am_pst_tc_column, t->info.n_columns);
		for (unsigned i = 0; i < t->info.n_columns; i++)
			am_pst_tc_column_decode(&t->columns[i],
			                        bytes + AM_PST_TC_INFO +
			                                i * AM_PST_TC_COLUMN);
	}
	if (r)
		close_table(t);
	return r;
}

/* The data of a row index entry is the row's number: 4 bytes, in ANSI 2. */
static unsigned index_entry(const struct am_pst_ndb *ndb)
{
	return am_pst_ndb_geometry(ndb)->wide ? 4 : 2;
}

static int take_id(void *user, const uint8_t *record, struct am_error *err)
{
	struct am_cursor c = am_cursor(record, 4);
	uint32_t id = am_get_le32(&c);

	(void)err;
	g_array_append_val((GArray *)user, id);
	return AM_OK;
}

int am_pst_tc_ids(struct am_pst_ndb *ndb, am_pst_bid data, uint32_t **out,
                  size_t *n, struct am_error *err)
{
	struct table t;
	int r = open_table(&t, ndb, data, 0, err);

	if (r)
		return r;
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	r = am_pst_bth_each(&t.heap, t.info.row_index, 4, index_entry(ndb),
	                    take_id, ids, err);
	*n = ids->len;
	*out = (uint32_t *)(void *)g_array_free(ids, r != 0);
	close_table(&t);
	return r;
}

/* A cell that holds its value: what a column of that type has. */
static bool is_inline(unsigned type)
{
	switch (type) {
	case AM_MAPI_I2:
	case AM_MAPI_I4:
	case AM_MAPI_R4:
	case AM_MAPI_R8:
	case AM_MAPI_CURRENCY:
	case AM_MAPI_APPTIME:
	case AM_MAPI_ERROR:
	case AM_MAPI_BOOL:
	case AM_MAPI_I8:
	case AM_MAPI_TIME:
		return true;
	default:
		return false;
	}
}

static int read_row(struct table *t, const uint8_t *row,
                    struct am_mapi_props *to, struct am_error *err)
{
	const uint8_t *there = row + t->info.ends[2]; /* which cells exist */

	for (unsigned i = 0; i < t->info.n_columns; i++) {
		const struct am_pst_tc_column *col = &t->columns[i];
		if ((size_t)col->at + col->width > t->info.ends[3] ||
		    (size_t)t->info.ends[2] + col->bit / 8 >= t->info.ends[3])
			return fail_table(t, "a column outside of its row",
			                  err);
		if (!(there[col->bit / 8] & 0x80 >> col->bit % 8))
			continue;
		if (is_inline(col->tag & 0xffff)) {
			struct am_mapi_prop prop = {
				.tag = col->tag,
				.len = col->width,
				.size = col->width,
				.data = (const uint8_t *)am_arena_strndup(
					to->arena, (const char *)row + col->at,
					col->width)};
			am_mapi_props_add(to, &prop);
			continue;
		}
		struct am_cursor c = am_cursor(row + col->at, col->width);
		uint32_t value = am_get_le32(&c);
		struct am_error why = {0};
		if (c.bad ||
		    am_pst_value(&t->heap, t->sub, col->tag, value, to, &why))
			am_pst_ndb_damage(t->ndb, "pst.property",
			                  "column %08" PRIx32
			                  " of the table of block 0x%" PRIx64
			                  " cannot be read: %s",
			                  col->tag, t->heap.data.bid,
			                  c.bad ? "too narrow" : why.text);
	}
	am_mapi_props_sort(to);
	t->held += to->held;
	return t->held > t->most
	               ? fail_table(t, "more in its rows than can be", err)
	               : AM_OK;
}

/* One run of rows, back to back; what is left over is padding. */
static int read_rows(struct table *t, const uint8_t *bytes, size_t len,
                     size_t *left, struct am_arena *arena,
                     int (*one)(void *user, struct am_mapi_props *row,
                                struct am_error *err),
                     void *user, struct am_error *err)
{
	size_t size = t->info.ends[3];
	int r = AM_OK;

	for (; !r && *left && len >= size; len -= size, bytes += size) {
		struct am_mapi_props row;
		if (t->own)
			am_arena_reset(t->own);
		am_mapi_props_init(&row, t->own ? t->own : arena);
		--*left;
		r = read_row(t, bytes, &row, err);
		if (!r)
			r = one(user, &row, err);
	}
	return r;
}

int am_pst_tc_each(struct am_pst_ndb *ndb, am_pst_bid data, am_pst_bid sub,
                   struct am_arena *arena,
                   int (*one)(void *user, struct am_mapi_props *row,
                              struct am_error *err),
                   void *user, struct am_error *err)
{
	struct am_pst_data rows = {0};
	struct am_pst_sl_entry entry;
	const uint8_t *bytes;
	struct table t;
	size_t len, left;
	int r = open_table(&t, ndb, data, sub, err);

	if (r)
		return r;
	/* What is not kept is not more than the file has, or a value is named
	 * over and over. */
	t.most = AM_PST_TABLE_MAX;
	if (!arena) {
		t.own = am_arena_new();
		t.most += 16 * am_pst_ndb_file_size(ndb);
	}
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	r = am_pst_bth_each(&t.heap, t.info.row_index, 4, index_entry(ndb),
	                    take_id, ids, err);
	left = ids->len;
	g_array_free(ids, TRUE);
	if (!r && t.info.ends[3] < 4)
		r = fail_table(&t, "rows of no length", err);
	if (!r && !(t.info.rows & 0x1f)) {
		uint8_t *copy = NULL;
		r = am_pst_heap_get(&t.heap, t.info.rows, &bytes, &len, err);
		if (!r) {
			copy = g_memdup2(bytes, len);
			r = read_rows(&t, copy, len, &left, arena, one, user,
			              err);
		}
		g_free(copy);
	} else if (!r) {
		r = am_pst_sub_find(ndb, sub, t.info.rows, &entry, err);
		if (!r)
			r = am_pst_data_open(&rows, ndb, entry.data, err);
		for (size_t i = 0; !r && i < rows.n_blocks; i++) {
			struct am_pst_block *block = NULL;
			r = am_pst_data_block(&rows, i, &block, err);
			if (!r)
				r = read_rows(&t, block->bytes, block->len,
				              &left, arena, one, user, err);
			am_pst_block_unref(&block);
		}
		am_pst_data_close(&rows);
	}
	close_table(&t);
	return r;
}
