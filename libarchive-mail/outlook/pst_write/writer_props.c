/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Properties of an item on their way into a bag: what a PST cannot hold is left
 * out and told, and what each item must have is there.
 */
#include "outlook/pst_write/writer_impl.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "model/ctx.h"
#include "outlook/mapi/item.h"
#include "outlook/mapi/tags.h"

#include <string.h>

enum {
	/* Values that also stand in tables are held in memory. */
	LISTED_MAX = 16 << 20,
	TAG_CLASS = 0x001a001f,
	TAG_SUBMIT_TIME = 0x00390040,
	TAG_DELIVERY_TIME = 0x0e060040,
	TAG_FLAGS = 0x0e070003,
	TAG_CREATED = 0x30070040,
	TAG_MODIFIED = 0x30080040,
	TAG_SEARCH_KEY = 0x300b0102,
	FLAG_HAS_ATTACHMENT = 0x10,
	FLAG_ASSOCIATED = 0x40
};

/* What a container computes for itself, or what is about the container the item
 * came from. */
static bool is_computed(unsigned id)
{
	switch (id) {
	case 0x0e08:
	case 0x0e09:
	case 0x0e1b:
	case 0x0e20:
	case 0x0e21:
	case 0x0e30:
	case 0x0e33:
	case 0x0e34:
	case 0x0e38:
	case 0x0e3c:
	case 0x0e3d:
	case 0x0ff9:
	case 0x0ffb:
	case 0x0fff:
	case 0x3701:
	case 0x65c6:
	case 0x67f1:
	case 0x67f2:
	case 0x67f3:
		return true;
	default:
		return false;
	}
}

void am_pst_writer_left(struct am_pst_writer *w, uint32_t tag, const char *why)
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
int am_pst_writer_blob(struct am_pst_writer *w, struct am_pst_field *field,
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
			am_pst_writer_left(w, *tag,
			                   "there are no more named ids");
		return id != 0;
	}
	if (!w->in_recipient && is_computed(id))
		return false;
	if (!id || id >= 0x8000) {
		am_pst_writer_left(w, *tag, "an id that needs a name has none");
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

/* Into the bag, which has room for it. */
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
		am_pst_writer_left(w, field.tag,
		                   "of a type that cannot be written");
		return AM_OK;
	}
	if (prop->blob)
		r = am_pst_writer_blob(w, &field, prop->blob, err);
	else if (!prop->data)
		field.data = (const uint8_t *)"";
	if (r)
		return r;
	if (!prop->blob && !prop->data && prop->size) {
		am_pst_writer_left(w, field.tag, "its value is not there");
		return AM_OK;
	}
	if (fixed && field.len != fixed) {
		am_pst_writer_left(w, field.tag, "of a wrong length");
		return AM_OK;
	}
	if (type == AM_MAPI_STRING8 && prop->data)
		widen(w, &field, props, prop);
	if (am_pst_inline_tc(type) && field.data)
		field.value = number_of(field.data, fixed);
	if (type == AM_MAPI_BOOL)
		field.value = field.value != 0;
	g_array_index(bag->fields, struct am_pst_field, bag->fields->len++) =
		field;
	return AM_OK;
}

int am_pst_writer_take(struct am_pst_writer *w, struct am_pst_bag *bag,
                       const struct am_mapi_props *props, struct am_error *err)
{
	guint kept = 0;
	int r = AM_OK;

	am_pst_bag_reset(bag);
	g_array_set_size(bag->fields, (guint)props->n);
	g_array_set_size(bag->fields, 0);
	/* Those with a name have the highest ids: behind the others they are in
	 * order already. */
	for (int named = 0; named < 2; named++)
		for (size_t i = 0; !r && i < props->n; i++)
			if (!props->list[i].name == !named)
				r = take_prop(w, bag, props, &props->list[i],
				              err);
	am_pst_bag_sort(bag);
	for (guint i = 0; !r && i < bag->fields->len; i++) {
		struct am_pst_field *list =
			(struct am_pst_field *)(void *)bag->fields->data;
		if (kept && list[kept - 1].tag >> 16 == list[i].tag >> 16)
			am_pst_writer_left(w, list[i].tag,
			                   "its id is there already");
		else if (kept++ < i)
			list[kept - 1] = list[i];
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
void am_pst_writer_default(struct am_pst_bag *bag, uint32_t tag, uint64_t value)
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
	enum { LOOK_AT = 256 };
	uint8_t *key, number[8];

	if (find_id(bag, TAG_SEARCH_KEY >> 16))
		return;
	key = am_arena_alloc(w->arena, AM_SHA256_LEN);
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

void am_pst_writer_complete(struct am_pst_writer *w, struct am_pst_bag *bag,
                            bool associated, bool attachments)
{
	static const uint8_t note[] = "I\0P\0M\0.\0N\0o\0t\0e";
	uint64_t when = time_of(bag);

	if (!find_id(bag, TAG_CLASS >> 16))
		am_pst_bag_bytes(bag, TAG_CLASS, note, sizeof(note));
	am_pst_writer_default(bag, TAG_FLAGS, 0);
	set_flags(bag, associated, attachments);
	am_pst_writer_default(bag, TAG_CREATED, when);
	am_pst_writer_default(bag, TAG_MODIFIED, when);
	put_search_key(w, bag);
}
