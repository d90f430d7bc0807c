/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/mapi/item_reading.h"

#include "base/arena.h"
#include "base/blob.h"
#include "outlook/mapi/name_table.h"
#include "outlook/mapi/tags.h"

#include <glib.h>

struct am_mapi_item_reading {
	struct am_mapi_container container;
	struct am_mapi_names *names;
	struct am_mapi_name_table *table;
};

static struct am_mapi_item_reading *
reading_of(const struct am_mapi_container *in)
{
	return AM_CONTAINER(in, struct am_mapi_item_reading, container);
}

static const struct am_mapi_item *item_at(const uint64_t place[2])
{
	return (const struct am_mapi_item *)(uintptr_t)place[0];
}

/* Sorted, and names have their ids. */
static void copy_bag(const struct am_mapi_item_reading *r,
                     const struct am_mapi_props *from, struct am_arena *arena,
                     struct am_mapi_props *to)
{
	am_mapi_props_init(to, arena);
	if (from->codepage)
		to->codepage = from->codepage;
	for (size_t i = 0; i < from->n; i++) {
		struct am_mapi_prop p = from->list[i];
		if (p.name)
			p.tag = (p.tag & 0xffff) |
			        (uint32_t)am_mapi_name_table_id(r->table,
			                                        p.name)
			                << 16;
		if (p.tag >> 16)
			am_mapi_props_add(to, &p);
	}
	am_mapi_props_sort(to);
}

static void open_item(struct am_mapi_item_reading *r,
                      const struct am_mapi_item *item, uint32_t id,
                      struct am_arena *arena, struct am_mapi_message *out)
{
	*out = (struct am_mapi_message){
		.in = &r->container, .id = id, .place = {(uintptr_t)item, 0}};
	copy_bag(r, &item->props, arena, &out->props);
}

static int recipients(const struct am_mapi_message *msg, struct am_arena *arena,
                      struct am_mapi_props **out, size_t *n,
                      struct am_error *err)
{
	const struct am_mapi_item *item = item_at(msg->place);

	(void)err;
	*n = item->n_recipients;
	*out = am_arena_alloc(arena, *n * sizeof(**out) + 1);
	for (size_t i = 0; i < *n; i++)
		copy_bag(reading_of(msg->in), &item->recipients[i], arena,
		         &(*out)[i]);
	return AM_OK;
}

static int attachments(const struct am_mapi_message *msg,
                       struct am_arena *arena, struct am_mapi_enclosure **out,
                       size_t *n, struct am_error *err)
{
	const struct am_mapi_item *item = item_at(msg->place);

	(void)err;
	*n = item->n_attachments;
	*out = am_arena_alloc(arena, *n * sizeof(**out) + 1);
	for (size_t i = 0; i < *n; i++) {
		const struct am_mapi_attachment *att = &item->attachments[i];
		struct am_mapi_enclosure *to = &(*out)[i];
		int64_t method = AM_ATTACH_BY_VALUE;
		const struct am_mapi_prop data = {
			.tag = (uint32_t)AM_PR_ATTACH_DATA << 16 |
		               AM_MAPI_BINARY,
			.blob = att->data,
			.size = att->data ? am_blob_size(att->data) : 0};
		copy_bag(reading_of(msg->in), &att->props, arena, &to->props);
		if (att->data) {
			am_mapi_props_add(&to->props, &data);
			am_mapi_props_sort(&to->props);
		}
		(void)am_mapi_int(&to->props, AM_PR_ATTACH_METHOD, &method);
		to->id = to->message_id = (uint32_t)i;
		to->method = att->item ? AM_ATTACH_EMBEDDED : (int)method;
		to->has_message = att->item != NULL;
		to->place[0] = (uintptr_t)att->item;
	}
	return AM_OK;
}

static int embedded(struct am_mapi_container *in,
                    const struct am_mapi_enclosure *att, struct am_arena *arena,
                    struct am_mapi_message *out, struct am_error *err)
{
	(void)err;
	open_item(reading_of(in), item_at(att->place), att->message_id, arena,
	          out);
	return AM_OK;
}

/* All values are here, or blobs. */
static int value(struct am_mapi_container *in, const struct am_mapi_prop *prop,
                 struct am_reader **out, struct am_error *err)
{
	(void)in;
	(void)out;
	return am_fail(err, AM_FAILED, AM_E_FORMAT,
	               "property 0x%08" PRIx32 " has no value", prop->tag);
}

/* Names are needed before the first property is looked for by one. */
static void name_all(struct am_mapi_item_reading *r,
                     const struct am_mapi_props *props)
{
	for (size_t i = 0; i < props->n; i++)
		if (props->list[i].name)
			(void)am_mapi_name_table_id(r->table,
			                            props->list[i].name);
}

static void name_items(struct am_mapi_item_reading *r,
                       const struct am_mapi_item *item)
{
	GPtrArray *queue = g_ptr_array_new();

	g_ptr_array_add(queue, (void *)(uintptr_t)item);
	for (guint i = 0; i < queue->len; i++) {
		const struct am_mapi_item *one = queue->pdata[i];
		name_all(r, &one->props);
		for (size_t k = 0; k < one->n_recipients; k++)
			name_all(r, &one->recipients[k]);
		for (size_t k = 0; k < one->n_attachments; k++) {
			name_all(r, &one->attachments[k].props);
			if (one->attachments[k].item)
				g_ptr_array_add(queue,
				                one->attachments[k].item);
		}
	}
	g_ptr_array_free(queue, TRUE);
}

struct am_mapi_item_reading *
am_mapi_item_reading_new(const struct am_mapi_item *item, const char *format,
                         uint64_t size, struct am_arena *arena,
                         struct am_mapi_message *out)
{
	static const struct am_mapi_container_ops ops = {
		.recipients = recipients,
		.attachments = attachments,
		.embedded = embedded,
		.value = value};
	struct am_mapi_item_reading *r = g_new0(struct am_mapi_item_reading, 1);

	r->table = am_mapi_name_table_new();
	name_items(r, item);
	r->names = am_mapi_name_table_names(r->table);
	r->container = (struct am_mapi_container){
		.ops = &ops, .format = format, .names = r->names, .size = size};
	open_item(r, item, 0, arena, out);
	return r;
}

void am_mapi_item_reading_free(struct am_mapi_item_reading **handle)
{
	struct am_mapi_item_reading *r = *handle;

	*handle = NULL;
	if (!r)
		return;
	am_mapi_names_free(&r->names);
	am_mapi_name_table_free(&r->table);
	g_free(r);
}
