/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Items ([MS-PST] 2.4.5, 2.4.6): a property context with subnodes for what is
 * large, for the recipients, and for each attachment, which may have an item in
 * it again.
 */
#include "outlook/pst/writer_impl.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "model/ctx.h"
#include "outlook/mapi/tags.h"

#include <string.h>

enum {
	DEPTH_MAX = 64,
	/* Values that also stand in tables are held in memory. */
	LISTED_MAX = 16 << 20,
	TAG_CLASS = 0x001a001f,
	TAG_SUBMIT_TIME = 0x00390040,
	TAG_DELIVERY_TIME = 0x0e060040,
	TAG_FLAGS = 0x0e070003,
	TAG_SIZE = 0x0e080003,
	TAG_ATTACH_SIZE = 0x0e200003,
	TAG_CREATED = 0x30070040,
	TAG_MODIFIED = 0x30080040,
	TAG_SEARCH_KEY = 0x300b0102,
	TAG_ATTACH_DATA = 0x37010102,
	TAG_ATTACH_OBJECT = 0x3701000d,
	TAG_ATTACH_METHOD = 0x37050003,
	TAG_RENDERING = 0x370b0003,
	FLAG_HAS_ATTACHMENT = 0x10,
	FLAG_ASSOCIATED = 0x40
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

/* ---- properties ---- */

/* What a container computes for itself, or what is about the container the item
 * came from. */
static bool is_computed(unsigned id)
{
	static const uint16_t ids[] = {0x0e08, 0x0e09, 0x0e1b, 0x0e20, 0x0e21,
	                               0x0e30, 0x0e33, 0x0e34, 0x0e38, 0x0e3c,
	                               0x0e3d, 0x0ff9, 0x0ffb, 0x0fff, 0x3701,
	                               0x65c6, 0x67f1, 0x67f2, 0x67f3};

	for (unsigned i = 0; i < AM_COUNT(ids); i++)
		if (ids[i] == id)
			return true;
	return false;
}

static void note_left(struct am_pst_writer *w, uint32_t tag, const char *why)
{
	if (w->quiet)
		return;
	am_ctx_note(w->ctx, AM_NOTE_LOSS, "pst.property-left", NULL, NULL,
	            "property %08" PRIx32 " is left out: %s", tag, why);
}

static bool is_variable(unsigned type)
{
	return type == AM_MAPI_STRING || type == AM_MAPI_STRING8 ||
	       type == AM_MAPI_BINARY ||
	       (type & AM_MAPI_MULTI && type != AM_MAPI_MULTI);
}

static bool is_listed(const struct am_pst_writer *w, uint32_t tag)
{
	static const enum am_pst_table tables[] = {AM_PST_TABLE_CONTENTS,
	                                           AM_PST_TABLE_ASSOCIATED,
	                                           AM_PST_TABLE_ATTACHMENTS};

	for (unsigned i = 0; i < AM_COUNT(tables); i++) {
		const struct am_pst_columns *c = &w->columns[tables[i]];
		for (unsigned k = 0; k < c->n; k++)
			if (c->list[k].tag == tag)
				return true;
	}
	return false;
}

/* A blob that is small, or that a table will have too, becomes bytes. */
static int take_blob(struct am_pst_writer *w, struct am_pst_field *field,
                     const struct am_blob *blob, struct am_error *err)
{
	uint64_t size = am_blob_size(blob);
	const uint8_t *bytes = am_blob_bytes(blob);
	bool listed = is_listed(w, field->tag);
	size_t got = 0;

	field->len = size;
	if (bytes && size <= AM_PST_DATA_MAX) {
		field->data = bytes;
		return AM_OK;
	}
	if (listed && size > LISTED_MAX)
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		               "property 0x%04" PRIx32 " has %" PRIu64
		               " bytes, which a table cannot hold",
		               field->tag >> 16, size);
	if (size > AM_PST_ALLOC_MAX && !listed) {
		field->blob = blob;
		return AM_OK;
	}
	uint8_t *copy = am_arena_alloc(w->arena, (size_t)size + 1);
	field->data = copy;
	int r = am_blob_read(blob, 0, copy, (size_t)size, &got, err);
	if (!r && got != size)
		r = am_fail(err, AM_FAILED, AM_E_IO,
		            "a value of %" PRIu64 " bytes ended after %zu",
		            size, got);
	return r ? AM_FAILED : AM_OK;
}

/* false: not to be written, and why not if that is worth a word. */
static bool tag_of(struct am_pst_writer *w, const struct am_mapi_prop *prop,
                   uint32_t *tag)
{
	unsigned id = prop->tag >> 16, type = prop->tag & 0xffff;

	*tag = prop->tag;
	if (prop->name) {
		id = am_pst_names_out_id(&w->names, prop->name);
		*tag = (uint32_t)id << 16 | type;
		if (!id)
			note_left(w, *tag, "there are no more named ids");
		return id != 0;
	}
	if (!w->in_recipient && is_computed(id))
		return false;
	if (!id || id >= 0x8000) {
		note_left(w, *tag, "an id that needs a name has none");
		return false;
	}
	return true;
}

static uint64_t number_of(const uint8_t *data, size_t len)
{
	uint64_t value = 0;

	for (size_t i = 0; i < len && i < 8; i++)
		value |= (uint64_t)data[i] << 8 * i;
	return value;
}

/* 8-bit text becomes Unicode, as Outlook has it in such files, where its
 * tables ask for that. */
static void widen(struct am_pst_writer *w, struct am_pst_field *field,
                  const struct am_mapi_props *props,
                  const struct am_mapi_prop *prop)
{
	struct am_mapi_props own = *props;
	size_t len;

	own.arena = w->arena;
	const char *text = am_mapi_prop_text(&own, prop);
	if (!text)
		return;
	field->data = am_mapi_utf16_of(w->arena, text, strlen(text), &len);
	field->len = len;
	field->tag = (field->tag & 0xffff0000) | AM_MAPI_STRING;
}

static int take_prop(struct am_pst_writer *w, struct am_pst_bag *bag,
                     const struct am_mapi_props *props,
                     const struct am_mapi_prop *prop, struct am_error *err)
{
	unsigned type = prop->tag & 0xffff;
	size_t fixed = am_mapi_fixed_size(type);
	struct am_pst_field field = {.data = prop->data, .len = prop->len};
	int r = AM_OK;

	if (!tag_of(w, prop, &field.tag))
		return AM_OK;
	if (!fixed && !is_variable(type)) {
		note_left(w, field.tag, "of a type that cannot be written");
		return AM_OK;
	}
	if (prop->blob)
		r = take_blob(w, &field, prop->blob, err);
	else if (!prop->data)
		field.data = (const uint8_t *)"";
	if (r)
		return r;
	if (!prop->blob && !prop->data && prop->size) {
		note_left(w, field.tag, "its value is not there");
		return AM_OK;
	}
	if (fixed && field.len != fixed) {
		note_left(w, field.tag, "of a wrong length");
		return AM_OK;
	}
	if (type == AM_MAPI_STRING8 && prop->data)
		widen(w, &field, props, prop);
	if (am_pst_inline_tc(type) && field.data)
		field.value = number_of(field.data, fixed);
	if (type == AM_MAPI_BOOL)
		field.value = field.value != 0;
	g_array_append_val(bag->fields, field);
	return AM_OK;
}

static int take_props(struct am_pst_writer *w, struct am_pst_bag *bag,
                      const struct am_mapi_props *props, struct am_error *err)
{
	guint kept = 0;
	int r = AM_OK;

	am_pst_bag_reset(bag);
	for (size_t i = 0; !r && i < props->n; i++)
		r = take_prop(w, bag, props, &props->list[i], err);
	am_pst_bag_sort(bag);
	for (guint i = 0; !r && i < bag->fields->len; i++) {
		struct am_pst_field *list =
			(struct am_pst_field *)(void *)bag->fields->data;
		if (kept && list[kept - 1].tag >> 16 == list[i].tag >> 16)
			note_left(w, list[i].tag, "its id is there already");
		else
			list[kept++] = list[i];
	}
	g_array_set_size(bag->fields, kept);
	return r;
}

static const struct am_pst_field *find_id(const struct am_pst_bag *bag,
                                          unsigned id)
{
	for (guint i = 0; i < bag->fields->len; i++) {
		const struct am_pst_field *f =
			&g_array_index(bag->fields, struct am_pst_field, i);
		if (f->tag >> 16 == id)
			return f;
	}
	return NULL;
}

/* One that must be there. */
static void put_default(struct am_pst_bag *bag, uint32_t tag, uint64_t value)
{
	if (!find_id(bag, tag >> 16))
		am_pst_bag_number(bag, tag, value);
}

/* The first of these that there is; never "now", for the same items are to make
 * the same file. */
static uint64_t time_of(const struct am_pst_bag *bag)
{
	static const uint32_t tags[] = {TAG_DELIVERY_TIME, TAG_SUBMIT_TIME,
	                                TAG_CREATED, TAG_MODIFIED};
	const uint64_t epoch = UINT64_C(116444736000000000); /* 1970 */

	for (unsigned i = 0; i < AM_COUNT(tags); i++) {
		const struct am_pst_field *f = find_id(bag, tags[i] >> 16);
		if (f && f->tag == tags[i])
			return f->value;
	}
	return epoch;
}

/* From what says which item it is, so that copies have the same. */
static void put_search_key(struct am_pst_writer *w, struct am_pst_bag *bag)
{
	static const uint16_t ids[] = {
		AM_PR_MESSAGE_ID, AM_PR_SUBMIT_TIME,    AM_PR_DELIVERY_TIME,
		AM_PR_SUBJECT,    AM_PR_SENDER_ADDRESS, AM_PR_DISPLAY_NAME,
		AM_PR_BODY};
	enum { LOOK_AT = 4096 };
	uint8_t *key = am_arena_alloc(w->arena, AM_SHA256_LEN), number[8];

	if (find_id(bag, TAG_SEARCH_KEY >> 16))
		return;
	for (unsigned i = 0; i < AM_COUNT(ids); i++) {
		const struct am_pst_field *f = find_id(bag, ids[i]);
		am_put_le64(number, f ? f->value ^ f->len ^ f->tag : 0);
		am_sha256_update(w->sha, number, sizeof(number));
		if (f && f->data)
			am_sha256_update(w->sha, f->data,
			                 (size_t)MIN(f->len, LOOK_AT));
	}
	am_sha256_final(w->sha, key);
	am_pst_bag_bytes(bag, TAG_SEARCH_KEY, key, 16);
}

static void set_flags(struct am_pst_bag *bag, bool associated, bool attachments)
{
	const struct am_pst_field *f = find_id(bag, AM_PR_MESSAGE_FLAGS);

	if (!f || f->tag != TAG_FLAGS)
		return;
	uint64_t flags =
		f->value & ~(uint64_t)(FLAG_HAS_ATTACHMENT | FLAG_ASSOCIATED);
	am_pst_bag_set(bag, TAG_FLAGS,
	               flags | (attachments ? FLAG_HAS_ATTACHMENT : 0) |
	                       (associated ? FLAG_ASSOCIATED : 0));
}

static void complete_item(struct am_pst_writer *w, struct am_pst_bag *bag,
                          bool associated, bool attachments)
{
	static const uint8_t note[] = "I\0P\0M\0.\0N\0o\0t\0e";
	uint64_t when = time_of(bag);

	if (!find_id(bag, TAG_CLASS >> 16))
		am_pst_bag_bytes(bag, TAG_CLASS, note, sizeof(note));
	put_default(bag, TAG_FLAGS, 0);
	set_flags(bag, associated, attachments);
	put_default(bag, TAG_CREATED, when);
	put_default(bag, TAG_MODIFIED, when);
	put_search_key(w, bag);
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
		r = take_props(w, &w->row, &item->recipients[i], err);
		for (guint k = 0; !r && k < w->row.fields->len; k++) {
			uint32_t tag = g_array_index(w->row.fields,
			                             struct am_pst_field, k)
			                       .tag;
			if (!am_pst_columns_add(&w->recipients, tag))
				note_left(w, tag, "too many columns");
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
		r = take_props(w, &w->row, &item->recipients[i], err);
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

/* An item: a subnode, and an object that names it. */
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
	uint8_t *object = am_arena_alloc(w->arena, 8);
	uint32_t short_size = (uint32_t)MIN(size, INT32_MAX);
	am_put_le32(object, where.nid);
	am_put_le32(object + 4, short_size);
	am_pst_bag_bytes(bag, TAG_ATTACH_OBJECT, object, 8);
	g_array_index(bag->fields, struct am_pst_field, bag->fields->len - 1)
		.value = short_size;
	am_pst_bag_sub(bag, where.nid, where.data, where.sub);
	bag->below += size;
	return AM_OK;
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
	int r = take_blob(w, &field, att->data, err);
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
		r = take_props(w, bag, &att->props, err);
	if (r)
		return r;
	put_default(bag, TAG_ATTACH_METHOD,
	            att->item   ? AM_ATTACH_EMBEDDED
	            : att->data ? AM_ATTACH_BY_VALUE
	                        : AM_ATTACH_NONE);
	put_default(bag, TAG_RENDERING, UINT32_MAX);
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
		r = take_props(w, bag, &item->props, err);
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
	complete_item(w, bag, associated, item->n_attachments != 0);
	am_pst_bag_number(bag, TAG_SIZE, 0);
	am_pst_bag_sort(bag);
	*size = am_pst_pc_size(bag) + bag->below;
	am_pst_bag_set(bag, TAG_SIZE, MIN(*size, INT32_MAX));
	return am_pst_pc_put(&w->context, bag, &where->data, &where->sub, err);
}
