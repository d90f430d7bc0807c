/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/pst/context.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "outlook/mapi/tags.h"

#include <glib.h>

#include <string.h>

/* How many bytes a value has that stands in the record itself; 0: elsewhere. */
static size_t inline_size(unsigned type)
{
	switch (type) {
	case AM_MAPI_I2:
		return 2;
	case AM_MAPI_BOOL:
		return 1;
	case AM_MAPI_I4:
	case AM_MAPI_R4:
	case AM_MAPI_ERROR:
		return 4;
	default:
		return 0;
	}
}

/* Bodies and files: half of one is better than none, so what cannot be read
 * whole is left to whoever wants it piece by piece. */
static bool is_streamed(uint32_t tag)
{
	unsigned id = tag >> 16;

	return id == AM_PR_BODY || id == AM_PR_HTML ||
	       id == AM_PR_RTF_COMPRESSED || id == AM_PR_ATTACH_DATA;
}

/* The data of a subnode: small ones now. */
static int subnode_value(struct am_pst_heap *heap, am_pst_bid sub, uint32_t nid,
                         struct am_mapi_prop *prop, struct am_arena *arena,
                         struct am_error *err)
{
	struct am_pst_sl_entry entry;
	struct am_pst_data data = {0};
	int r = am_pst_sub_find(heap->data.ndb, sub, nid, &entry, err);

	if (!r)
		r = am_pst_data_open(&data, heap->data.ndb, entry.data, err);
	if (!r && data.total <= AM_PST_VALUE_NOW) {
		uint8_t *bytes = NULL;
		r = am_pst_data_all(&data, AM_PST_VALUE_NOW, &bytes, &prop->len,
		                    err);
		if (r && is_streamed(prop->tag)) {
			prop->store = entry.data;
			prop->len = 0;
			r = AM_OK;
		} else if (!r)
			prop->data = (const uint8_t *)am_arena_strndup(
				arena, (const char *)bytes, prop->len);
		prop->size = prop->data ? prop->len : data.total;
		g_free(bytes);
	} else if (!r) {
		prop->store = entry.data;
		prop->size = data.total;
	}
	am_pst_data_close(&data);
	return r;
}

int am_pst_value(struct am_pst_heap *heap, am_pst_bid sub, uint32_t tag,
                 uint32_t value, struct am_mapi_props *to, struct am_error *err)
{
	struct am_mapi_prop prop = {.tag = tag};
	const uint8_t *bytes = NULL;
	int r;

	if (to->held > AM_PST_BAG_MAX)
		return am_fail(err, AM_FAILED, AM_E_LIMIT,
		               "more than %d MiB of properties",
		               AM_PST_BAG_MAX >> 20);
	if (value & 0x1f) {
		r = subnode_value(heap, sub, value, &prop, to->arena, err);
	} else {
		r = am_pst_heap_get(heap, value, &bytes, &prop.len, err);
		if (!r)
			prop.data = (const uint8_t *)am_arena_strndup(
				to->arena, (const char *)bytes, prop.len);
		prop.size = prop.len;
	}
	if (!r)
		am_mapi_props_add(to, &prop);
	return r;
}

/* Records, to be followed when the tree has been walked: both use the heap. */
struct records {
	size_t n, room;
	struct am_pst_pc_record *list, first[100];
};

static int take_record(void *user, const uint8_t *record, struct am_error *err)
{
	struct records *r = user;

	(void)err;
	if (r->n == r->room) {
		bool own = r->list != r->first;
		r->room *= 2;
		r->list = g_renew(struct am_pst_pc_record, own ? r->list : NULL,
		                  r->room);
		if (!own)
			memcpy(r->list, r->first, sizeof(r->first));
	}
	am_pst_pc_record_decode(&r->list[r->n++], record);
	return AM_OK;
}

static int add_record(struct am_pst_heap *heap, am_pst_bid sub,
                      const struct am_pst_pc_record *record,
                      struct am_mapi_props *out, struct am_error *err)
{
	uint32_t tag = (uint32_t)record->id << 16 | record->type;
	size_t len = inline_size(record->type);

	if (!len)
		return am_pst_value(heap, sub, tag, record->value, out, err);
	uint8_t bytes[4];
	am_put_le32(bytes, record->value);
	struct am_mapi_prop prop = {
		.tag = tag,
		.len = len,
		.size = len,
		.data = (const uint8_t *)am_arena_strndup(
			out->arena, (const char *)bytes, len)};
	am_mapi_props_add(out, &prop);
	return AM_OK;
}

int am_pst_pc_read(struct am_pst_ndb *ndb, am_pst_bid data, am_pst_bid sub,
                   struct am_mapi_props *out, unsigned *n_bad,
                   struct am_error *err)
{
	struct am_pst_heap heap = {0};
	int r = am_pst_heap_open(&heap, ndb, data, err);

	if (r)
		return r;
	struct records records;
	records.n = 0;
	records.room = AM_COUNT(records.first);
	records.list = records.first;
	if (heap.header.client != AM_PST_HEAP_PC)
		r = am_fail(err, AM_FAILED, AM_E_FORMAT,
		            "block 0x%" PRIx64 " holds no properties (%02x)",
		            data, heap.header.client);
	if (!r)
		r = am_pst_bth_each(&heap, heap.header.root, 2, 6, take_record,
		                    &records, err);
	for (size_t i = 0; !r && i < records.n; i++) {
		const struct am_pst_pc_record *record = &records.list[i];
		struct am_error why = {0};
		if (!add_record(&heap, sub, record, out, &why))
			continue;
		am_pst_ndb_damage(ndb, "pst.property",
		                  "property 0x%04x of block 0x%" PRIx64
		                  " cannot be read: %s",
		                  record->id, data, why.text);
		if (n_bad)
			++*n_bad;
	}
	am_mapi_props_sort(out);
	if (records.list != records.first)
		g_free(records.list);
	am_pst_heap_close(&heap);
	return r;
}
