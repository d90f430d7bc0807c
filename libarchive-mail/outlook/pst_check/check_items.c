/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Items and their attachments: [MS-PST] 2.4.5 and 2.4.6. */
#include "outlook/pst_check/check_impl.h"

#include "base/bytes.h"
#include "outlook/mapi/tags.h"
#include "outlook/pst_write/context_out.h"

enum {
	DEPTH_MAX = 80,
	NID_ATTACHMENTS = 0x671,
	NID_RECIPIENTS = 0x692,
	TYPE_MESSAGE = 4,
	TYPE_ATTACHMENT = 5,
	ID_SIZE = 0x0e08,
	ID_ATTACH_SIZE = 0x0e20,
	ID_SEARCH_KEY = 0x300b,
	FLAG_HAS_ATTACHMENT = 0x10,
	BAG_ITEM = 0,
	BAG_ATTACHMENT = 1
};

static int add_leaf(struct am_pst_checker *c, am_pst_bid bid, bool may_list,
                    GArray *to, struct am_error *err)
{
	struct am_pst_block *block = NULL;
	struct am_pst_list_head head;

	if (!am_pst_charge(c, 0, 8192))
		return am_fail(err, AM_FAILED, AM_E_LIMIT,
		               "subnodes without end");
	int r = am_pst_ndb_block(c->ndb, bid, &block, err);
	if (r)
		return r;
	am_pst_list_head_decode(c->g, &head,
	                        block->len >= 8
	                                ? block->bytes
	                                : (const uint8_t *)"\0\0\0\0\0\0\0");
	size_t size = head.level ? c->g->si_entry : c->g->sl_entry;
	if (block->len < 8 || head.type != 2 || head.level > may_list ||
	    c->g->sl_header + head.n * size != block->len)
		r = am_fail(err, AM_FAILED, AM_E_FORMAT,
		            "block 0x%" PRIx64 " is no list of subnodes", bid);
	for (unsigned i = 0; !r && i < head.n; i++) {
		const uint8_t *at = block->bytes + c->g->sl_header + i * size;
		struct am_pst_sl_entry sl;
		struct am_pst_si_entry si;
		if (!head.level) {
			am_pst_sl_entry_decode(c->g, &sl, at);
			g_array_append_val(to, sl);
			continue;
		}
		guint from = to->len;
		am_pst_si_entry_decode(c->g, &si, at);
		r = add_leaf(c, si.child, false, to, err);
		if (!r &&
		    (to->len == from ||
		     g_array_index(to, struct am_pst_sl_entry, from).nid !=
		             si.nid))
			r = am_fail(err, AM_FAILED, AM_E_FORMAT,
			            "block 0x%" PRIx64
			            " does not begin with 0x%x",
			            si.child, si.nid);
	}
	am_pst_block_unref(&block);
	return r;
}

GArray *am_pst_check_subs(struct am_pst_checker *c, am_pst_nid nid,
                          am_pst_bid sub)
{
	GArray *list =
		g_array_new(FALSE, FALSE, sizeof(struct am_pst_sl_entry));
	struct am_error err = {0};

	if (sub && add_leaf(c, sub, true, list, &err))
		am_pst_finding(c, nid, "subnodes", "%s", err.text);
	for (guint i = 1; i < list->len; i++)
		if (g_array_index(list, struct am_pst_sl_entry, i).nid <=
		    g_array_index(list, struct am_pst_sl_entry, i - 1).nid) {
			am_pst_finding(c, nid, "subnodes",
			               "the subnodes of block 0x%" PRIx64
			               " are not in order",
			               sub);
			break;
		}
	return list;
}

/* Bytes of a node's data and of all in it. */
static uint64_t size_of(struct am_pst_checker *c, am_pst_nid nid,
                        am_pst_bid data, am_pst_bid sub, unsigned depth)
{
	GArray *subs = am_pst_check_subs(c, nid, sub);
	uint64_t total = 0, more;

	if (data)
		am_pst_check_data(c, nid, data, &total);
	if (depth > 2 * DEPTH_MAX && subs->len) {
		am_pst_finding(c, nid, "subnodes",
		               "nodes within nodes without end");
		g_array_set_size(subs, 0);
	}
	for (guint i = 0; i < subs->len && c->budget; i++) {
		const struct am_pst_sl_entry *e =
			&g_array_index(subs, struct am_pst_sl_entry, i);
		more = size_of(c, nid, e->data, e->sub, depth + 1);
		total += more;
	}
	g_array_free(subs, TRUE);
	return total;
}

/* How many bytes the values have; of those that are not in memory too. */
static uint64_t values_of(const struct am_mapi_props *bag)
{
	uint64_t total = 0;

	for (size_t i = 0; i < bag->n; i++) {
		const struct am_mapi_prop *p = &bag->list[i];
		struct am_cursor c = am_cursor(p->data, p->data ? p->len : 0);
		if (am_mapi_type_of(p) != AM_MAPI_OBJECT) {
			total += p->data ? p->len : p->size;
			continue;
		}
		(void)am_get_le32(&c);
		total += am_get_le32(&c);
	}
	return MIN(total, INT32_MAX);
}

struct attachments {
	struct am_pst_checker *c;
	am_pst_nid nid;
	const GArray *subs;
	uint32_t found;
};

/* They are in order, or that has been told. */
static const struct am_pst_sl_entry *find_sub(const GArray *subs,
                                              am_pst_nid nid)
{
	const struct am_pst_sl_entry *list =
		(const struct am_pst_sl_entry *)(void *)subs->data;
	size_t low = 0, high = subs->len;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (list[mid].nid < nid)
			low = mid + 1;
		else
			high = mid;
	}
	return low < subs->len && list[low].nid == nid ? &list[low] : NULL;
}

static void check_attachment_row(void *user, const struct am_pst_check_row *row)
{
	struct attachments *a = user;
	const struct am_pst_sl_entry *e = find_sub(a->subs, row->id);
	struct am_mapi_props bag;
	int64_t said;

	if (!e) {
		am_pst_finding(a->c, a->nid, "row",
		               "row 0x%" PRIx32 " is about no attachment",
		               row->id);
		return;
	}
	a->found++;
	if (!am_pst_check_bag(a->c, a->nid, e->data, e->sub, BAG_ATTACHMENT,
	                      &bag))
		return;
	am_pst_check_parity(a->c, a->nid, row, &bag);
	if (!am_mapi_int(&bag, ID_ATTACH_SIZE, &said))
		am_pst_finding(a->c, a->nid, "size",
		               "attachment 0x%" PRIx32 " has no size", row->id);
	else if ((uint64_t)said != values_of(&bag))
		am_pst_finding(a->c, a->nid, "size",
		               "attachment 0x%" PRIx32 " has %" PRIu64
		               " bytes, its size is %" PRIi64,
		               row->id, values_of(&bag), said);
}

static void check_item(struct am_pst_checker *c,
                       const struct am_pst_nbt_entry *node, unsigned depth);

/* Behind the tables, for this reads the bag of another item. */
static void check_embedded(struct am_pst_checker *c, am_pst_nid nid,
                           const struct am_pst_sl_entry *e, unsigned depth)
{
	struct am_mapi_props bag;
	const struct am_mapi_prop *object;

	if (!am_pst_check_bag(c, nid, e->data, e->sub, BAG_ATTACHMENT, &bag))
		return;
	object = am_mapi_find(&bag, AM_PR_ATTACH_DATA);
	if (!object || am_mapi_type_of(object) != AM_MAPI_OBJECT)
		return;
	struct am_cursor cur =
		am_cursor(object->data, object->data ? object->len : 0);
	am_pst_nid inner = am_get_le32(&cur);
	GArray *subs = am_pst_check_subs(c, nid, e->sub);
	const struct am_pst_sl_entry *found = find_sub(subs, inner);
	if (!found)
		am_pst_finding(c, nid, "attachment",
		               "attachment 0x%x names 0x%x, which is not in it",
		               e->nid, inner);
	else if ((inner & 0x1f) == TYPE_MESSAGE && c->budget) {
		const struct am_pst_nbt_entry node = {inner, nid, found->data,
		                                      found->sub};
		check_item(c, &node, depth + 1);
	}
	g_array_free(subs, TRUE);
}

static void check_attachments(struct am_pst_checker *c, am_pst_nid nid,
                              const GArray *subs, bool has, unsigned depth)
{
	const struct am_pst_sl_entry *table = find_sub(subs, NID_ATTACHMENTS);
	struct attachments a = {c, nid, subs, 0};
	uint32_t n = 0, there = 0;

	if (table)
		am_pst_check_table(c, nid, table->data, table->sub,
		                   check_attachment_row, &a, &n);
	if (has != (n != 0))
		am_pst_finding(c, nid, "flags",
		               "%" PRIu32 " attachments, and its flags say %s",
		               n, has ? "some" : "none");
	for (guint i = 0; i < subs->len; i++) {
		const struct am_pst_sl_entry *e =
			&g_array_index(subs, struct am_pst_sl_entry, i);
		if ((e->nid & 0x1f) != TYPE_ATTACHMENT)
			continue;
		there++;
		check_embedded(c, nid, e, depth);
	}
	if (there != a.found)
		am_pst_finding(c, nid, "attachment",
		               "%" PRIu32 " attachments, and %" PRIu32
		               " in its table",
		               there, a.found);
}

static void check_item(struct am_pst_checker *c,
                       const struct am_pst_nbt_entry *node, unsigned depth)
{
	struct am_mapi_props bag;
	int64_t size = -1, flags = 0;
	uint32_t n;

	c->result->items++;
	if (depth > DEPTH_MAX) {
		am_pst_finding(c, node->nid, "item",
		               "items within items without end");
		return;
	}
	uint64_t real =
		MIN(size_of(c, node->nid, node->data, node->sub, 0), INT32_MAX);
	if (!am_pst_check_bag(c, node->nid, node->data, node->sub, BAG_ITEM,
	                      &bag))
		return;
	if (!am_mapi_find(&bag, AM_PR_MESSAGE_CLASS) ||
	    !am_mapi_find(&bag, ID_SEARCH_KEY) ||
	    !am_mapi_find(&bag, AM_PR_CREATED) ||
	    !am_mapi_int(&bag, AM_PR_MESSAGE_FLAGS, &flags))
		am_pst_finding(c, node->nid, "item",
		               "it lacks its class, flags, search key or date");
	if (!am_mapi_int(&bag, ID_SIZE, &size) || (uint64_t)size != real)
		am_pst_finding(c, node->nid, "size",
		               "it has %" PRIu64 " bytes, its size is %" PRIi64,
		               real, size);
	GArray *subs = am_pst_check_subs(c, node->nid, node->sub);
	const struct am_pst_sl_entry *recipients =
		find_sub(subs, NID_RECIPIENTS);
	if (recipients)
		am_pst_check_table(c, node->nid, recipients->data,
		                   recipients->sub, NULL, NULL, &n);
	check_attachments(c, node->nid, subs, flags & FLAG_HAS_ATTACHMENT,
	                  depth);
	g_array_free(subs, TRUE);
}

void am_pst_check_message(struct am_pst_checker *c,
                          const struct am_pst_nbt_entry *node)
{
	check_item(c, node, 0);
}
