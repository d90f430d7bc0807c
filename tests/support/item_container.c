/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support/item_container.h"

#include "base/arena.h"
#include "base/blob.h"
#include "outlook/mapi/tags.h"

static const struct am_mapi_item *item_of(const struct am_mapi_message *msg)
{
	return (const struct am_mapi_item *)(uintptr_t)msg->place[0];
}

struct am_mapi_message test_item_message(const struct am_mapi_item *item)
{
	return (struct am_mapi_message){.in = &test_item_container,
	                                .id = 1,
	                                .place = {(uintptr_t)item, 0},
	                                .props = item->props};
}

static int recipients(const struct am_mapi_message *msg, struct am_arena *arena,
                      struct am_mapi_props **out, size_t *n,
                      struct am_error *err)
{
	(void)arena;
	(void)err;
	*out = item_of(msg)->recipients;
	*n = item_of(msg)->n_recipients;
	return AM_OK;
}

static int attachments(const struct am_mapi_message *msg,
                       struct am_arena *arena, struct am_mapi_enclosure **out,
                       size_t *n, struct am_error *err)
{
	const struct am_mapi_item *item = item_of(msg);

	(void)err;
	*n = item->n_attachments;
	*out = am_arena_alloc(arena, *n * sizeof(**out) + 1);
	for (size_t i = 0; i < *n; i++) {
		const struct am_mapi_attachment *att = &item->attachments[i];
		struct am_mapi_enclosure *e = &(*out)[i];
		int64_t method = 0;
		e->id = (uint32_t)i;
		am_mapi_props_init(&e->props, arena);
		for (size_t k = 0; k < att->props.n; k++)
			am_mapi_props_add(&e->props, &att->props.list[k]);
		if (att->data) {
			const struct am_mapi_prop data = {
				.tag = (uint32_t)AM_PR_ATTACH_DATA << 16 |
			               AM_MAPI_BINARY,
				.blob = att->data,
				.size = am_blob_size(att->data)};
			am_mapi_props_add(&e->props, &data);
		}
		am_mapi_props_sort(&e->props);
		(void)am_mapi_int(&e->props, AM_PR_ATTACH_METHOD, &method);
		e->method = (int)method;
		e->has_message = att->item != NULL;
		e->place[0] = (uintptr_t)att->item;
	}
	return AM_OK;
}

static int embedded(struct am_mapi_container *in,
                    const struct am_mapi_enclosure *att, struct am_arena *arena,
                    struct am_mapi_message *out, struct am_error *err)
{
	(void)in;
	(void)arena;
	(void)err;
	*out = test_item_message(
		(const struct am_mapi_item *)(uintptr_t)att->place[0]);
	return AM_OK;
}

static const struct am_mapi_container_ops ops = {
	.recipients = recipients,
	.attachments = attachments,
	.embedded = embedded,
};

struct am_mapi_container test_item_container = {
	.ops = &ops, .format = "test", .size = (uint64_t)1 << 30};
