/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The door of outlook/mapi/reading.h to the messages of a store. */
#include "outlook/pst/reading.h"

#include "base/arena.h"
#include "base/reader.h"
#include "outlook/pst/store_impl.h"

#include <string.h>

static struct am_pst_store *store_of(const struct am_mapi_container *in)
{
	return AM_CONTAINER(in, struct am_pst_store, container);
}

static struct am_pst_message message_of(const struct am_mapi_message *msg)
{
	return (struct am_pst_message){.nid = msg->id,
	                               .data = msg->place[0],
	                               .sub = msg->place[1],
	                               .props = msg->props};
}

static int recipients(const struct am_mapi_message *msg, struct am_arena *arena,
                      struct am_mapi_props **out, size_t *n,
                      struct am_error *err)
{
	const struct am_pst_message own = message_of(msg);

	return am_pst_message_recipients(store_of(msg->in), &own, arena, out, n,
	                                 err);
}

static int attachments(const struct am_mapi_message *msg,
                       struct am_arena *arena, struct am_mapi_enclosure **out,
                       size_t *n, struct am_error *err)
{
	const struct am_pst_message own = message_of(msg);
	struct am_pst_attachment *list = NULL;
	int r = am_pst_message_attachments(store_of(msg->in), &own, arena,
	                                   &list, n, err);

	*out = NULL;
	if (r || !*n)
		return r;
	*out = am_arena_alloc(arena, *n * sizeof(**out));
	for (size_t i = 0; i < *n; i++)
		(*out)[i] = (struct am_mapi_enclosure){
			.id = list[i].nid,
			.method = list[i].method,
			.props = list[i].props,
			.has_message = list[i].has_message,
			.message_id = list[i].message.nid,
			.place = {list[i].message.data, list[i].message.sub},
			.why = list[i].why};
	return AM_OK;
}

static int embedded(struct am_mapi_container *in,
                    const struct am_mapi_enclosure *att, struct am_arena *arena,
                    struct am_mapi_message *out, struct am_error *err)
{
	const struct am_pst_sl_entry where = {att->message_id, att->place[0],
	                                      att->place[1]};
	struct am_pst_message msg;
	int r = am_pst_message_read_at(store_of(in), &where, arena, &msg, err);

	if (!r)
		am_pst_reading(store_of(in), &msg, out);
	return r;
}

/* ---- a value, block by block ---- */

struct blocks {
	struct am_pst_data data;
	size_t next; /* block */
	struct am_pst_block *block;
	size_t at; /* in it */
};

static int fill(void *self, uint8_t *buf, size_t room, size_t *got,
                struct am_error *err)
{
	struct blocks *b = self;

	*got = 0;
	while (!b->block || b->at == b->block->len) {
		am_pst_block_unref(&b->block);
		if (b->next == b->data.n_blocks)
			return AM_END;
		int r = am_pst_data_block(&b->data, b->next++, &b->block, err);
		if (r)
			return r;
		b->at = 0;
	}
	*got = b->block->len - b->at < room ? b->block->len - b->at : room;
	memcpy(buf, b->block->bytes + b->at, *got);
	b->at += *got;
	return AM_OK;
}

static void close_blocks(void *self)
{
	struct blocks *b = self;

	am_pst_block_unref(&b->block);
	am_pst_data_close(&b->data);
	g_free(b);
}

static int value(struct am_mapi_container *in, const struct am_mapi_prop *prop,
                 struct am_reader **out, struct am_error *err)
{
	static const struct am_reader_ops ops = {.fill = fill,
	                                         .close = close_blocks};
	struct blocks *b = g_new0(struct blocks, 1);
	int r = am_pst_data_open(&b->data, store_of(in)->ndb, prop->store, err);

	if (r) {
		g_free(b);
		return r;
	}
	return am_reader_new(out, &ops, b, err);
}

void am_pst_reading(struct am_pst_store *store,
                    const struct am_pst_message *msg,
                    struct am_mapi_message *out)
{
	static const struct am_mapi_container_ops ops = {
		.recipients = recipients,
		.attachments = attachments,
		.embedded = embedded,
		.value = value};

	/* Once: others may be copying the store (am_pst_store_again()). */
	if (!store->container.ops)
		store->container = (struct am_mapi_container){
			.ops = &ops,
			.format = "pst",
			.names = store->names,
			.size = am_pst_ndb_file_size(store->ndb),
			.beside = store->beside};
	*out = (struct am_mapi_message){.in = &store->container,
	                                .id = msg->nid,
	                                .place = {msg->data, msg->sub},
	                                .props = msg->props};
}
