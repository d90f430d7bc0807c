/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables, [MS-PST] 2.3.4, and their rows beside what these are about. */
#include "outlook/pst_check/check_impl.h"

#include "base/bytes.h"
#include "outlook/mapi/tags.h"
#include "outlook/pst_write/columns.h"

#include <string.h>

enum { TYPE_HIERARCHY = 0xd, TYPE_CONTENTS = 0xe, TYPE_ASSOCIATED = 0xf };

struct index {
	struct am_pst_checker *c;
	am_pst_nid nid;
	GArray *ids; /* uint32_t, by number of row; 0: none */
	uint32_t last, n;
	bool any, wrong;
};

static int take_id(void *user, const uint8_t *record, struct am_error *err)
{
	struct index *index = user;
	struct am_cursor c = am_cursor(record, 8);
	uint32_t id = am_get_le32(&c), number = am_get_le32(&c);

	(void)err;
	index->wrong |= index->any && id <= index->last;
	index->any = true;
	index->last = id;
	index->n++;
	/* Rows are no more than their index; one beyond is a wrong one. */
	if (number >= 1u << 24 ||
	    (uint64_t)number > 2ull * index->n + (1 << 20)) {
		index->wrong = true;
		return AM_OK;
	}
	if (number >= index->ids->len)
		g_array_set_size(index->ids, number + 1);
	index->wrong |= g_array_index(index->ids, uint32_t, number) != 0;
	g_array_index(index->ids, uint32_t, number) = id;
	return AM_OK;
}

static void check_columns(struct am_pst_checker *c, am_pst_nid nid,
                          const uint8_t *bytes,
                          const struct am_pst_tc_info *info)
{
	uint8_t bits[32] = {0};
	uint32_t last = 0;
	bool sorted = true, twice = false, outside = false;

	for (unsigned i = 0; i < info->n_columns; i++) {
		struct am_pst_tc_column col;
		am_pst_tc_column_decode(&col, bytes + AM_PST_TC_INFO +
		                                      i * AM_PST_TC_COLUMN);
		unsigned group = col.width >= 4 ? 0 : col.width == 2 ? 1 : 2;
		unsigned from = group ? info->ends[group - 1] : 0;
		sorted &= !i || col.tag > last;
		last = col.tag;
		twice |= bits[col.bit / 8] & 1u << col.bit % 8;
		bits[col.bit / 8] |= (uint8_t)(1u << col.bit % 8);
		outside |= col.at < from ||
		           col.at + col.width > info->ends[group] ||
		           col.bit >= info->n_columns ||
		           (col.tag == AM_PST_ROW_ID && (col.at || col.bit)) ||
		           (col.tag == AM_PST_ROW_VERSION &&
		            (col.at != 4 || col.bit != 1));
	}
	if (!sorted)
		am_pst_finding(c, nid, "table", "its columns are not in order");
	if (twice || outside)
		am_pst_finding(c, nid, "table",
		               "a column does not lie where it should");
	if (info->ends[0] > info->ends[1] || info->ends[1] > info->ends[2] ||
	    info->ends[3] != info->ends[2] + (info->n_columns + 7) / 8)
		am_pst_finding(c, nid, "table",
		               "its cells end at %u, %u, %u, %u", info->ends[0],
		               info->ends[1], info->ends[2], info->ends[3]);
}

/* A folder's tables have these at the least, by the whole tag. */
static void check_required(struct am_pst_checker *c, am_pst_nid nid,
                           const uint32_t *tags, unsigned n)
{
	struct am_pst_columns *must = g_new(struct am_pst_columns, 1);
	unsigned type = nid & 0x1f, k = 0;

	must->n = 0;
	if (type >= TYPE_HIERARCHY && type <= TYPE_ASSOCIATED)
		am_pst_columns_of(
			type == TYPE_HIERARCHY    ? AM_PST_TABLE_HIERARCHY
			: type == TYPE_ASSOCIATED ? AM_PST_TABLE_ASSOCIATED
						  : AM_PST_TABLE_CONTENTS,
			must);
	for (unsigned i = 0; i < must->n; i++) {
		while (k < n && tags[k] < must->list[i].tag)
			k++;
		if (k == n || tags[k] != must->list[i].tag)
			am_pst_finding(c, nid, "table",
			               "it lacks column %08" PRIx32,
			               must->list[i].tag);
	}
	g_free(must);
}

struct info {
	struct am_pst_tc_info info;
	uint32_t tags[AM_PST_COLUMNS_MAX];
};

struct rows {
	struct am_pst_checker *c;
	am_pst_nid nid;
	const GArray *ids;
	uint32_t n;
	bool wrong;
	const struct info *info;
	void (*one)(void *user, const struct am_pst_check_row *row);
	void *user;
};

static int take_row(void *user, struct am_mapi_props *cells,
                    struct am_error *err)
{
	struct rows *rows = user;
	struct am_pst_check_row row = {0, cells, rows->info->tags,
	                               rows->info->info.n_columns};
	int64_t id = 0;

	if (!am_pst_charge(rows->c, rows->nid, cells->held))
		return am_fail(err, AM_FAILED, AM_E_LIMIT,
		               "more in its rows than can be");
	if (rows->n < rows->ids->len)
		row.id = g_array_index(rows->ids, uint32_t, rows->n);
	if (!am_mapi_int(cells, AM_PST_ROW_ID >> 16, &id) ||
	    (uint32_t)id != row.id || !row.id)
		rows->wrong = true;
	rows->n++;
	if (rows->one && row.id)
		rows->one(rows->user, &row);
	return AM_OK;
}

/* The rows have the length that the index asks for. */
static void check_matrix(struct am_pst_checker *c, am_pst_nid nid,
                         am_pst_bid sub, const struct am_pst_tc_info *info,
                         uint32_t n)
{
	struct am_pst_sl_entry entry;
	uint64_t total = 0, want;
	unsigned per = info->ends[3] ? 8176u / info->ends[3] : 0;

	if (!(info->rows & 0x1f) || !per ||
	    am_pst_sub_find(c->ndb, sub, info->rows, &entry, NULL) ||
	    !am_pst_check_data(c, nid, entry.data, &total))
		return;
	want = n ? (uint64_t)(n - 1) / per * 8176 +
	                       ((n - 1) % per + 1) * (uint64_t)info->ends[3]
	         : 0;
	if (total < want)
		am_pst_finding(c, nid, "table",
		               "its rows have %" PRIu64 " bytes of %" PRIu64,
		               total, want);
}

static int open_info(struct am_pst_checker *c, am_pst_nid nid,
                     struct am_pst_heap *heap, struct info *out,
                     struct am_error *err)
{
	struct am_pst_tc_info *info = &out->info;
	const uint8_t *bytes;
	size_t len;
	int r = am_pst_heap_get(heap, heap->header.root, &bytes, &len, err);

	if (!r && len < AM_PST_TC_INFO)
		r = am_fail(err, AM_FAILED, AM_E_FORMAT, "it has no head");
	if (r)
		return r;
	am_pst_tc_info_decode(info, bytes);
	if (len != AM_PST_TC_INFO + (size_t)info->n_columns * AM_PST_TC_COLUMN)
		return am_fail(err, AM_FAILED, AM_E_FORMAT,
		               "its head is cut off");
	check_columns(c, nid, bytes, info);
	for (unsigned i = 0; i < info->n_columns; i++) {
		struct am_pst_tc_column col;
		am_pst_tc_column_decode(&col, bytes + AM_PST_TC_INFO +
		                                      i * AM_PST_TC_COLUMN);
		out->tags[i] = col.tag;
	}
	check_required(c, nid, out->tags, info->n_columns);
	return AM_OK;
}

bool am_pst_check_table(struct am_pst_checker *c, am_pst_nid nid,
                        am_pst_bid data, am_pst_bid sub,
                        void (*one)(void *user,
                                    const struct am_pst_check_row *row),
                        void *user, uint32_t *n_rows)
{
	struct index index = {.c = c, .nid = nid};
	struct info info = {.info = {0}};
	struct am_pst_heap heap = {0};
	struct am_error err = {0};

	*n_rows = 0;
	if (!am_pst_check_heap(c, nid, data, AM_PST_HEAP_TC))
		return false;
	index.ids = g_array_new(FALSE, TRUE, sizeof(uint32_t));
	int r = am_pst_heap_open(&heap, c->ndb, data, &err);
	if (!r)
		r = open_info(c, nid, &heap, &info, &err);
	if (!r)
		r = am_pst_bth_each(&heap, info.info.row_index, 4, 4, take_id,
		                    &index, &err);
	am_pst_heap_close(&heap);
	struct rows rows = {.c = c,
	                    .nid = nid,
	                    .ids = index.ids,
	                    .info = &info,
	                    .one = one,
	                    .user = user};
	if (!r) {
		check_matrix(c, nid, sub, &info.info, index.n);
		r = am_pst_tc_each(c->ndb, data, sub, NULL, take_row, &rows,
		                   &err);
	}
	if (r)
		am_pst_finding(c, nid, "table", "%s", err.text);
	else if (index.wrong || index.ids->len != index.n)
		am_pst_finding(c, nid, "table",
		               "the index of its rows is not in order");
	else if (rows.wrong || rows.n != index.n)
		am_pst_finding(c, nid, "table",
		               "its %" PRIu32 " rows are not what the index of "
		               "%" PRIu32 " says",
		               rows.n, index.n);
	*n_rows = rows.n;
	g_array_free(index.ids, TRUE);
	return !r;
}

/* ---- parity ---- */

/* Columns whose cells are the table's own affair. */
static bool is_row_only(uint32_t tag)
{
	switch (tag) {
	case 0x0e170003: /* status */
	case 0x0e300102: /* and the marks of replication */
	case 0x0e330014:
	case 0x0e340102:
	case 0x0e380003:
	case 0x30130102:
	case AM_PST_ROW_ID:
	case AM_PST_ROW_VERSION:
		return true;
	default:
		return false;
	}
}

static bool same(const struct am_mapi_prop *x, const struct am_mapi_prop *y)
{
	if (x->data && y->data)
		return x->len == y->len && !memcmp(x->data, y->data, x->len);
	return !x->data == !y->data && x->size == y->size;
}

void am_pst_check_parity(struct am_pst_checker *c, am_pst_nid table,
                         const struct am_pst_check_row *row,
                         const struct am_mapi_props *bag)
{
	for (size_t i = 0; i < row->cells->n; i++) {
		const struct am_mapi_prop *cell = &row->cells->list[i];
		const struct am_mapi_prop *prop =
			am_mapi_find(bag, cell->tag >> 16);
		bool there = prop && prop->tag == cell->tag;
		if (!there && is_row_only(cell->tag))
			continue;
		if (!there)
			am_pst_finding(c, table, "row",
			               "row 0x%" PRIx32 " has %08" PRIx32
			               ", which its node has not",
			               row->id, cell->tag);
		else if (!same(cell, prop))
			am_pst_finding(c, table, "row",
			               "row 0x%" PRIx32
			               " has another %08" PRIx32
			               " than its node",
			               row->id, cell->tag);
	}
	for (unsigned i = 0; i < row->n_columns; i++) {
		uint32_t tag = row->columns[i];
		const struct am_mapi_prop *cell =
			am_mapi_find(row->cells, tag >> 16);
		const struct am_mapi_prop *prop = am_mapi_find(bag, tag >> 16);
		if (prop && prop->tag == tag && (!cell || cell->tag != tag))
			am_pst_finding(c, table, "row",
			               "row 0x%" PRIx32 " lacks %08" PRIx32
			               ", which its node has",
			               row->id, tag);
	}
}
