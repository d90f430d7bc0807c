/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/pst_write/context_out.h"

#include "base/bytes.h"
#include "outlook/mapi/props.h"

#include <string.h>

enum { TYPE_LTP = 0x1f, LEAF_MAX = AM_PST_ALLOC_MAX / AM_PST_PC_RECORD };

size_t am_pst_inline_pc(unsigned type)
{
	size_t len = am_mapi_fixed_size(type);

	return len <= 4 ? len : 0;
}

size_t am_pst_inline_tc(unsigned type)
{
	size_t len = am_mapi_fixed_size(type);

	return len <= 8 ? len : 0;
}

/* ---- bags ---- */

void am_pst_bag_init(struct am_pst_bag *bag)
{
	bag->fields = g_array_new(FALSE, FALSE, sizeof(struct am_pst_field));
	bag->subs = g_array_new(FALSE, FALSE, sizeof(struct am_pst_sl_entry));
	bag->below = 0;
}

void am_pst_bag_free(struct am_pst_bag *bag)
{
	g_array_free(bag->fields, TRUE);
	g_array_free(bag->subs, TRUE);
}

void am_pst_bag_reset(struct am_pst_bag *bag)
{
	g_array_set_size(bag->fields, 0);
	g_array_set_size(bag->subs, 0);
	bag->below = 0;
}

/* Either way of sorting is stable: of two with one id the first stays the
 * first. */
static int by_id(const void *a, const void *b)
{
	uint32_t x = ((const struct am_pst_field *)a)->tag >> 16;
	uint32_t y = ((const struct am_pst_field *)b)->tag >> 16;

	return x < y ? -1 : x > y;
}

void am_pst_bag_sort(struct am_pst_bag *bag)
{
	enum { FEW = 64 };
	struct am_pst_field *list =
		(struct am_pst_field *)(void *)bag->fields->data;

	/* They are a few, and almost in order, as they come. */
	if (bag->fields->len > FEW) {
		g_array_sort(bag->fields, by_id);
		return;
	}
	for (guint i = 1; i < bag->fields->len; i++) {
		struct am_pst_field one = list[i];
		guint at = i;
		for (; at && by_id(&list[at - 1], &one) > 0; at--)
			list[at] = list[at - 1];
		if (at < i)
			list[at] = one;
	}
}

const struct am_pst_field *am_pst_bag_find(const struct am_pst_bag *bag,
                                           uint32_t tag)
{
	const struct am_pst_field *list =
		(const struct am_pst_field *)(void *)bag->fields->data;
	size_t low = 0, high = bag->fields->len;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (list[mid].tag < tag)
			low = mid + 1;
		else
			high = mid;
	}
	return low < bag->fields->len && list[low].tag == tag ? &list[low]
	                                                      : NULL;
}

void am_pst_bag_set(struct am_pst_bag *bag, uint32_t tag, uint64_t value)
{
	for (guint i = 0; i < bag->fields->len; i++) {
		struct am_pst_field *f =
			&g_array_index(bag->fields, struct am_pst_field, i);
		if (f->tag == tag)
			f->value = value;
	}
}

void am_pst_bag_sub(struct am_pst_bag *bag, am_pst_nid nid, am_pst_bid data,
                    am_pst_bid sub)
{
	const struct am_pst_sl_entry entry = {nid, data, sub};

	g_array_append_val(bag->subs, entry);
}

void am_pst_bag_bytes(struct am_pst_bag *bag, uint32_t tag, const void *data,
                      size_t len)
{
	const struct am_pst_field field = {
		.tag = tag, .data = data, .len = len};

	g_array_append_val(bag->fields, field);
}

void am_pst_bag_number(struct am_pst_bag *bag, uint32_t tag, uint64_t value)
{
	const struct am_pst_field field = {.tag = tag, .value = value};

	g_array_append_val(bag->fields, field);
}

uint64_t am_pst_bag_values(const struct am_pst_bag *bag)
{
	uint64_t total = 0;

	for (guint i = 0; i < bag->fields->len; i++) {
		const struct am_pst_field *f =
			&g_array_index(bag->fields, struct am_pst_field, i);
		unsigned type = f->tag & 0xffff;
		/* Of an object it is what the object has. */
		total += type == AM_MAPI_OBJECT     ? f->value
		         : am_mapi_fixed_size(type) ? am_mapi_fixed_size(type)
		                                    : f->len;
	}
	return total;
}

/* ---- property contexts ---- */

static int settle(struct am_pst_context_out *c, struct am_pst_bag *bag,
                  struct am_pst_field *f, struct am_error *err)
{
	int r;

	if (f->len > AM_PST_DATA_MAX)
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		               "property 0x%04" PRIx32 " has %" PRIu64
		               " bytes: a PST holds up to %" PRIu64,
		               f->tag >> 16, f->len, AM_PST_DATA_MAX);
	if (f->blob)
		r = am_pst_out_blob(c->out, f->blob, &f->bid, err);
	else
		r = am_pst_out_data(c->out, f->data, (size_t)f->len, &f->bid,
		                    err);
	if (!r)
		r = am_pst_out_nid(c->out, TYPE_LTP, &f->nid, err);
	if (r)
		return r;
	am_pst_bag_sub(bag, f->nid, f->bid, 0);
	bag->below += f->len;
	return AM_OK;
}

int am_pst_pc_settle(struct am_pst_context_out *c, struct am_pst_bag *bag,
                     struct am_error *err)
{
	int r = AM_OK;

	for (guint i = 0; !r && i < bag->fields->len; i++) {
		struct am_pst_field *f =
			&g_array_index(bag->fields, struct am_pst_field, i);
		if (!f->nid && (f->blob || f->len > AM_PST_ALLOC_MAX))
			r = settle(c, bag, f, err);
	}
	return r;
}

/* Bytes the field takes from the heap. */
static size_t heap_len(const struct am_pst_field *f)
{
	unsigned type = f->tag & 0xffff;

	if (f->nid || am_pst_inline_pc(type))
		return 0;
	return am_pst_inline_tc(type) ? am_pst_inline_tc(type) : (size_t)f->len;
}

/* The allocations that am_pst_pc_put() makes, in its order. */
uint64_t am_pst_pc_size(const struct am_pst_bag *bag)
{
	size_t n = bag->fields->len, up = (n + LEAF_MAX - 1) / LEAF_MAX;
	const size_t size = 2 + 4, per = AM_PST_ALLOC_MAX / size;
	struct am_pst_heap_size heap;

	am_pst_heap_size_begin(&heap);
	am_pst_heap_size_add(&heap, AM_PST_BTH_HEADER);
	if (n <= LEAF_MAX)
		am_pst_heap_size_add(&heap, n * AM_PST_PC_RECORD);
	for (size_t i = 0; i < n; i++) {
		am_pst_heap_size_add(
			&heap, heap_len(&g_array_index(
				       bag->fields, struct am_pst_field, i)));
		if (i && i % LEAF_MAX == 0)
			am_pst_heap_size_add(&heap,
			                     LEAF_MAX * AM_PST_PC_RECORD);
	}
	if (n > LEAF_MAX)
		am_pst_heap_size_add(&heap, (n - (up - 1) * LEAF_MAX) *
		                                    AM_PST_PC_RECORD);
	while (up > 1) {
		size_t level = up;
		up = (level + per - 1) / per;
		for (size_t at = 0; at < level; at += per)
			am_pst_heap_size_add(&heap,
			                     MIN(per, level - at) * size);
	}
	return am_pst_heap_size_end(&heap);
}

/* What stands in the record. */
static int put_value(struct am_pst_context_out *c, const struct am_pst_field *f,
                     uint32_t *value, struct am_error *err)
{
	uint8_t bytes[8];

	*value = f->nid ? f->nid : (uint32_t)f->value;
	if (f->nid || am_pst_inline_pc(f->tag & 0xffff))
		return AM_OK;
	am_put_le64(bytes, f->value);
	return am_pst_heap_out_add(
		&c->heap, am_pst_inline_tc(f->tag & 0xffff) ? bytes : f->data,
		heap_len(f), value, err);
}

int am_pst_pc_put(struct am_pst_context_out *c, struct am_pst_bag *bag,
                  am_pst_bid *data, am_pst_bid *sub, struct am_error *err)
{
	size_t n = bag->fields->len;
	struct am_pst_bth_header tree = {AM_PST_HEAP_BTH, 2, 6, 0, 0};
	uint32_t head, leaf = 0;

	am_pst_heap_out_begin(&c->heap, AM_PST_HEAP_PC);
	int r = am_pst_heap_out_add(&c->heap, NULL, AM_PST_BTH_HEADER, &head,
	                            err);
	/* Behind the header comes the leaf, as Outlook has it, if one will
	 * do. */
	if (!r && n <= LEAF_MAX)
		r = am_pst_heap_out_add(&c->heap, NULL, n * AM_PST_PC_RECORD,
		                        &leaf, err);
	else
		am_pst_bth_out_begin(&c->bth, &c->heap, 2, 6);
	for (size_t i = 0; !r && i < n; i++) {
		const struct am_pst_field *f =
			&g_array_index(bag->fields, struct am_pst_field, i);
		struct am_pst_pc_record record = {(uint16_t)(f->tag >> 16),
		                                  (uint16_t)f->tag, 0};
		uint8_t bytes[AM_PST_PC_RECORD];
		r = put_value(c, f, &record.value, err);
		am_pst_pc_record_encode(&record, bytes);
		if (!r && leaf)
			memcpy(am_pst_heap_out_at(&c->heap, leaf) +
			               i * sizeof(bytes),
			       bytes, sizeof(bytes));
		else if (!r)
			r = am_pst_bth_out_add(&c->bth, bytes, err);
	}
	if (!r && n > LEAF_MAX)
		r = am_pst_bth_out_end(&c->bth, head, err);
	else if (!r) {
		tree.root = leaf;
		am_pst_bth_header_encode(&tree,
		                         am_pst_heap_out_at(&c->heap, head));
	}
	if (!r)
		r = am_pst_heap_out_end(&c->heap, head, data, err);
	return r ? r : am_pst_out_subs(c->out, bag->subs, sub, err);
}
