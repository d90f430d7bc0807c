/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/pst_write/context_out.h"

#include "base/bytes.h"

#include <string.h>

enum { TYPE_LTP = 0x1f, INDEX_KEY = 4, INDEX_ENTRY = 4 };

void am_pst_context_out_init(struct am_pst_context_out *c,
                             struct am_pst_out *out)
{
	*c = (struct am_pst_context_out){.out = out};
	am_pst_heap_out_init(&c->heap, out);
	am_pst_bth_out_init(&c->bth);
	c->list = g_new(struct am_pst_out_list, 1);
	c->subs = g_array_new(FALSE, FALSE, sizeof(struct am_pst_sl_entry));
}

void am_pst_context_out_clear(struct am_pst_context_out *c)
{
	am_pst_heap_out_clear(&c->heap);
	am_pst_bth_out_clear(&c->bth);
	g_free(c->list);
	g_array_free(c->subs, TRUE);
}

int am_pst_tc_begin(struct am_pst_context_out *c,
                    const struct am_pst_columns *columns, struct am_error *err)
{
	c->columns = columns;
	c->n_rows = 0;
	c->rows_len = 0;
	c->rows_total = c->below = 0;
	g_array_set_size(c->subs, 0);
	am_pst_out_list_begin(c->list);
	am_pst_heap_out_begin(&c->heap, AM_PST_HEAP_TC);
	am_pst_bth_out_begin(&c->bth, &c->heap, INDEX_KEY, INDEX_ENTRY);
	int r = am_pst_heap_out_add(&c->heap, NULL, AM_PST_BTH_HEADER, &c->head,
	                            err);
	if (!r)
		r = am_pst_heap_out_add(&c->heap, NULL,
		                        AM_PST_TC_INFO +
		                                columns->n * AM_PST_TC_COLUMN,
		                        &c->info, err);
	return r;
}

/* A block of rows, padded unless it is the last. */
static int put_rows(struct am_pst_context_out *c, size_t len,
                    struct am_error *err)
{
	struct am_pst_out_block block;
	int r = am_pst_out_block(c->out, len, false, &block, err);

	if (r)
		return r;
	memcpy(block.bytes, c->rows, c->rows_len);
	c->rows_len = 0;
	c->rows_total += len;
	r = am_pst_out_seal(c->out, &block, err);
	return r ? r
	         : am_pst_out_list_add(c->out, c->list, block.bid, len, err);
}

static int put_subnode(struct am_pst_context_out *c, am_pst_bid bid,
                       uint32_t *nid, struct am_error *err)
{
	struct am_pst_sl_entry entry = {0, bid, 0};
	int r = am_pst_out_nid(c->out, TYPE_LTP, &entry.nid, err);

	*nid = entry.nid;
	g_array_append_val(c->subs, entry);
	return r;
}

/* What stands in a cell for bytes that are elsewhere. */
static int put_bytes(struct am_pst_context_out *c, const struct am_pst_field *f,
                     uint32_t *where, struct am_error *err)
{
	am_pst_bid bid = 0;

	if (f->len <= AM_PST_ALLOC_MAX)
		return am_pst_heap_out_add(&c->heap, f->data, (size_t)f->len,
		                           where, err);
	int r = am_pst_out_data(c->out, f->data, (size_t)f->len, &bid, err);
	if (r)
		return r;
	c->below += f->len;
	return put_subnode(c, bid, where, err);
}

static void set_cell(uint8_t *row, const struct am_pst_columns *columns,
                     const struct am_pst_tc_column *column, uint64_t value)
{
	uint8_t bytes[8];

	am_put_le64(bytes, value);
	memcpy(row + column->at, bytes, column->width);
	row[columns->ends[2] + column->bit / 8] |=
		(uint8_t)(0x80 >> column->bit % 8);
}

int am_pst_tc_row(struct am_pst_context_out *c, uint32_t id,
                  const struct am_pst_bag *bag, struct am_error *err)
{
	const struct am_pst_columns *columns = c->columns;
	size_t size = columns->ends[3];
	uint8_t index[INDEX_KEY + INDEX_ENTRY];
	guint next = 0;
	int r = AM_OK;

	if (c->rows_len + size > AM_PST_BLOCK_MAX)
		r = put_rows(c, AM_PST_BLOCK_MAX, err);
	uint8_t *row = c->rows + c->rows_len;
	/* The rest of a block that is not the last is padding. */
	if (!c->rows_len)
		memset(c->rows, 0, sizeof(c->rows));
	for (unsigned i = 0; !r && i < columns->n; i++) {
		const struct am_pst_tc_column *column = &columns->list[i];
		const struct am_pst_field *f = NULL;
		uint32_t where = 0;
		while (next < bag->fields->len) {
			f = &g_array_index(bag->fields, struct am_pst_field,
			                   next);
			if (f->tag >= column->tag)
				break;
			next++;
		}
		if (column->tag == AM_PST_ROW_ID)
			set_cell(row, columns, column, id);
		else if (column->tag == AM_PST_ROW_VERSION)
			set_cell(row, columns, column, ++c->version);
		else if (!f || f->tag != column->tag)
			continue;
		else if (am_pst_inline_tc(f->tag & 0xffff))
			set_cell(row, columns, column, f->value);
		else {
			r = put_bytes(c, f, &where, err);
			if (!r)
				set_cell(row, columns, column, where);
		}
	}
	if (r)
		return r;
	c->rows_len += size;
	am_put_le32(index, id);
	am_put_le32(index + INDEX_KEY, c->n_rows++);
	return am_pst_bth_out_add(&c->bth, index, err);
}

int am_pst_tc_end(struct am_pst_context_out *c, am_pst_bid *data,
                  am_pst_bid *sub, uint64_t *size, struct am_error *err)
{
	const struct am_pst_columns *columns = c->columns;
	struct am_pst_tc_info info = {.type = AM_PST_HEAP_TC,
	                              .n_columns = (uint8_t)columns->n,
	                              .row_index = c->head};
	int r = am_pst_bth_out_end(&c->bth, c->head, err);

	if (!r && !c->rows_total && c->rows_len <= AM_PST_ALLOC_MAX)
		r = am_pst_heap_out_add(&c->heap, c->rows, c->rows_len,
		                        &info.rows, err);
	else if (!r) {
		am_pst_bid bid = 0;
		r = put_rows(c, c->rows_len, err);
		if (!r)
			r = am_pst_out_list_end(c->out, c->list, &bid, err);
		if (!r)
			r = put_subnode(c, bid, &info.rows, err);
	}
	if (r)
		return r;
	memcpy(info.ends, columns->ends, sizeof(info.ends));
	uint8_t *bytes = am_pst_heap_out_at(&c->heap, c->info);
	am_pst_tc_info_encode(&info, bytes);
	for (unsigned i = 0; i < columns->n; i++)
		am_pst_tc_column_encode(&columns->list[i],
		                        bytes + AM_PST_TC_INFO +
		                                i * AM_PST_TC_COLUMN);
	r = am_pst_heap_out_end(&c->heap, c->info, data, err);
	if (!r)
		r = am_pst_out_subs(c->out, c->subs, sub, err);
	*size = c->heap.total + c->rows_total + c->below;
	return r;
}
