/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Items ([MS-PST] 2.4.5, 2.4.6): a property context with subnodes for what is
 * large, for the recipients, and for each attachment, which may have an item in
 * it again.
 */
#include "outlook/pst_write/writer_impl.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/bytes.h"
#include "outlook/mapi/tags.h"

#include <string.h>

enum {
	DEPTH_MAX = 64,
	TYPE_OBJECT = 9, /* the node of an OLE object, as Outlook has it */
	TAG_SIZE = 0x0e080003,
	TAG_ATTACH_SIZE = 0x0e200003,
	TAG_ATTACH_DATA = 0x37010102,
	TAG_ATTACH_OBJECT = 0x3701000d,
	TAG_ATTACH_METHOD = 0x37050003,
	TAG_RENDERING = 0x370b0003
};

static const uint32_t attachment_columns[] = {TAG_ATTACH_SIZE, 0x3704001f,
                                              TAG_ATTACH_METHOD, TAG_RENDERING};

struct am_pst_attachment_row {
	am_pst_nid nid;
	struct am_pst_field cells[AM_COUNT(attachment_columns)]; /* tag 0: no */
};

static struct am_pst_level *level_at(struct am_pst_writer *w, unsigned depth)
{
	while (w->levels->len <= depth) {
		struct am_pst_level *level = g_new0(struct am_pst_level, 1);
		am_pst_bag_init(&level->item);
		am_pst_bag_init(&level->attachment);
		level->rows = g_array_new(FALSE, FALSE,
		                          sizeof(struct am_pst_attachment_row));
		g_ptr_array_add(w->levels, level);
	}
	return w->levels->pdata[depth];
}

void am_pst_level_free(void *p)
{
	struct am_pst_level *level = p;

	am_pst_bag_free(&level->item);
	am_pst_bag_free(&level->attachment);
	g_array_free(level->rows, TRUE);
	g_free(level);
}

/* ---- tables ---- */

/* The table has a column for whatever any of them has. */
static int collect_columns(struct am_pst_writer *w,
                           const struct am_mapi_item *item,
                           struct am_error *err)
{
	int r = AM_OK;

	w->recipients = w->columns[AM_PST_TABLE_RECIPIENTS];
	for (size_t i = 0; !r && i < item->n_recipients; i++) {
		r = am_pst_writer_take(w, &w->row, &item->recipients[i], err);
		for (guint k = 0; !r && k < w->row.fields->len; k++) {
			uint32_t tag = g_array_index(w->row.fields,
			                             struct am_pst_field, k)
			                       .tag;
			if (!am_pst_columns_add(&w->recipients, tag))
				am_pst_writer_left(w, tag, "too many columns");
		}
	}
	return r;
}

static int put_recipients(struct am_pst_writer *w,
                          const struct am_mapi_item *item,
                          struct am_pst_bag *bag, struct am_error *err)
{
	am_pst_bid data, sub;
	uint64_t size;

	if (!item->n_recipients)
		return AM_OK;
	w->in_recipient = true;
	int r = collect_columns(w, item, err);
	w->quiet = true; /* it has been told */
	if (!r)
		r = am_pst_tc_begin(&w->context, &w->recipients, err);
	for (size_t i = 0; !r && i < item->n_recipients; i++) {
		r = am_pst_writer_take(w, &w->row, &item->recipients[i], err);
		if (!r)
			r = am_pst_tc_row(&w->context, (uint32_t)i + 1, &w->row,
			                  err);
	}
	w->in_recipient = w->quiet = false;
	if (!r)
		r = am_pst_tc_end(&w->context, &data, &sub, &size, err);
	if (r)
		return r;
	am_pst_bag_sub(bag, AM_PST_NID_RECIPIENTS, data, sub);
	bag->below += size;
	return AM_OK;
}

static int put_attachment_table(struct am_pst_writer *w,
                                struct am_pst_level *level,
                                struct am_error *err)
{
	am_pst_bid data, sub;
	uint64_t size;

	if (!level->rows->len)
		return AM_OK;
	int r = am_pst_tc_begin(&w->context,
	                        &w->columns[AM_PST_TABLE_ATTACHMENTS], err);
	for (guint i = 0; !r && i < level->rows->len; i++) {
		const struct am_pst_attachment_row *row = &g_array_index(
			level->rows, struct am_pst_attachment_row, i);
		am_pst_bag_reset(&w->row);
		for (unsigned k = 0; k < AM_COUNT(row->cells); k++)
			if (row->cells[k].tag)
				g_array_append_val(w->row.fields,
				                   row->cells[k]);
		r = am_pst_tc_row(&w->context, row->nid, &w->row, err);
	}
	if (!r)
		r = am_pst_tc_end(&w->context, &data, &sub, &size, err);
	if (r)
		return r;
	am_pst_bag_sub(&level->item, AM_PST_NID_ATTACHMENTS, data, sub);
	level->item.below += size;
	return AM_OK;
}

/* ---- attachments ---- */

/* A subnode, and the value that names it. */
static void add_object(struct am_pst_writer *w, struct am_pst_bag *bag,
                       const struct am_pst_sl_entry *where, uint64_t size)
{
	uint8_t *object = am_arena_alloc(w->arena, 8);
	uint32_t short_size = (uint32_t)MIN(size, INT32_MAX);

	am_put_le32(object, where->nid);
	am_put_le32(object + 4, short_size);
	am_pst_bag_bytes(bag, TAG_ATTACH_OBJECT, object, 8);
	g_array_index(bag->fields, struct am_pst_field, bag->fields->len - 1)
		.value = short_size;
	am_pst_bag_sub(bag, where->nid, where->data, where->sub);
	bag->below += size;
}

static int put_embedded(struct am_pst_writer *w,
                        const struct am_mapi_item *item, unsigned depth,
                        struct am_pst_bag *bag, struct am_error *err)
{
	struct am_pst_sl_entry where;
	uint64_t size;
	int r = am_pst_writer_item(w, item, depth + 1, false, &where, &size,
	                           err);

	if (r)
		return r;
	add_object(w, bag, &where, size);
	return AM_OK;
}

/* An OLE object: a compound file that is the data of a subnode. */
static int put_ole(struct am_pst_writer *w, const struct am_blob *data,
                   struct am_pst_bag *bag, struct am_error *err)
{
	struct am_pst_sl_entry where = {0};
	int r = am_pst_out_blob(&w->out, data, &where.data, err);

	if (!r)
		r = am_pst_out_nid(&w->out, TYPE_OBJECT, &where.nid, err);
	if (!r)
		add_object(w, bag, &where, am_blob_size(data));
	return r;
}

static bool is_ole(const struct am_mapi_attachment *att)
{
	int64_t method = 0;

	return am_mapi_int(&att->props, AM_PR_ATTACH_METHOD, &method) &&
	       method == AM_ATTACH_OLE && am_blob_size(att->data) > 0;
}

static int put_data(struct am_pst_writer *w,
                    const struct am_mapi_attachment *att, unsigned depth,
                    struct am_pst_bag *bag, struct am_error *err)
{
	struct am_pst_field field = {.tag = TAG_ATTACH_DATA};

	if (att->item)
		return put_embedded(w, att->item, depth, bag, err);
	if (!att->data)
		return AM_OK;
	if (is_ole(att))
		return put_ole(w, att->data, bag, err);
	int r = am_pst_writer_blob(w, &field, att->data, err);
	if (!r)
		g_array_append_val(bag->fields, field);
	return r;
}

static int put_attachment(struct am_pst_writer *w, unsigned depth,
                          const struct am_mapi_attachment *att,
                          struct am_error *err)
{
	struct am_pst_level *level = level_at(w, depth);
	struct am_pst_bag *bag = &level->attachment;
	struct am_pst_attachment_row row = {0};
	am_pst_bid data, sub;
	int r = am_pst_out_nid(&w->out, AM_PST_TYPE_ATTACHMENT, &row.nid, err);

	if (!r)
		r = am_pst_writer_take(w, bag, &att->props, err);
	if (r)
		return r;
	am_pst_writer_default(bag, TAG_ATTACH_METHOD,
	                      att->item   ? AM_ATTACH_EMBEDDED
	                      : att->data ? AM_ATTACH_BY_VALUE
	                                  : AM_ATTACH_NONE);
	am_pst_writer_default(bag, TAG_RENDERING, UINT32_MAX);
	r = put_data(w, att, depth, bag, err);
	if (r)
		return r;
	am_pst_bag_number(bag, TAG_ATTACH_SIZE, 0);
	am_pst_bag_sort(bag);
	am_pst_bag_set(bag, TAG_ATTACH_SIZE,
	               MIN(am_pst_bag_values(bag), INT32_MAX));
	r = am_pst_pc_settle(&w->context, bag, err);
	uint64_t size = am_pst_pc_size(bag) + bag->below;
	if (!r)
		r = am_pst_pc_put(&w->context, bag, &data, &sub, err);
	if (r)
		return r;
	am_pst_bag_sub(&level->item, row.nid, data, sub);
	level->item.below += size;
	for (unsigned i = 0; i < AM_COUNT(attachment_columns); i++) {
		const struct am_pst_field *f =
			am_pst_bag_find(bag, attachment_columns[i]);
		if (f)
			row.cells[i] = *f;
	}
	g_array_append_val(level->rows, row);
	return AM_OK;
}

int am_pst_writer_item(struct am_pst_writer *w, const struct am_mapi_item *item,
                       unsigned depth, bool associated,
                       struct am_pst_sl_entry *where, uint64_t *size,
                       struct am_error *err)
{
	struct am_pst_level *level = level_at(w, depth);
	struct am_pst_bag *bag = &level->item;

	if (depth > DEPTH_MAX)
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		               "items within items, more than %d deep",
		               DEPTH_MAX);
	g_array_set_size(level->rows, 0);
	int r = am_pst_out_nid(&w->out,
	                       associated ? AM_PST_TYPE_ASSOCIATED
	                                  : AM_PST_TYPE_MESSAGE,
	                       &where->nid, err);
	if (!r)
		r = am_pst_writer_take(w, bag, &item->props, err);
	for (size_t i = 0; !r && i < item->n_attachments; i++)
		r = put_attachment(w, depth, &item->attachments[i], err);
	if (!r)
		r = put_recipients(w, item, bag, err);
	if (!r)
		r = put_attachment_table(w, level, err);
	if (!r)
		r = am_pst_pc_settle(&w->context, bag, err);
	if (r)
		return r;
	am_pst_writer_complete(w, bag, associated, item->n_attachments != 0);
	am_pst_bag_number(bag, TAG_SIZE, 0);
	am_pst_bag_sort(bag);
	*size = am_pst_pc_size(bag) + bag->below;
	am_pst_bag_set(bag, TAG_SIZE, MIN(*size, INT32_MAX));
	return am_pst_pc_put(&w->context, bag, &where->data, &where->sub, err);
}
