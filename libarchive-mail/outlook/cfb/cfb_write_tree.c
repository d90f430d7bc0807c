/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is to be in a compound file, and its trees: those of a storage in order,
 * the middle one on top, and so on down.  All leaves of such a tree are on two
 * levels; where the lower one is not full its entries are red, which makes it
 * a red-black tree ([MS-CFB] 2.6.4).
 */
#include "outlook/cfb/cfb_write_impl.h"

#include "base/arena.h"
#include "base/blob.h"
#include "outlook/cfb/cfb.h"

#include <string.h>

struct am_cfb_write *am_cfb_write_new(void)
{
	struct am_cfb_write *w = g_new0(struct am_cfb_write, 1);
	struct am_cfb_node root = {.type = AM_CFB_ROOT,
	                           .left = AM_CFB_NONE,
	                           .right = AM_CFB_NONE,
	                           .child = AM_CFB_NONE};
	static const char name[] = "Root Entry";

	w->arena = am_arena_new();
	w->nodes = g_array_new(FALSE, FALSE, sizeof(struct am_cfb_node));
	for (size_t i = 0; i < sizeof(name); i++)
		root.name[i] = (uint16_t)name[i];
	root.name_len = 2 * sizeof(name);
	g_array_append_val(w->nodes, root);
	return w;
}

void am_cfb_write_free(struct am_cfb_write **handle)
{
	struct am_cfb_write *w = *handle;

	*handle = NULL;
	if (!w)
		return;
	for (guint i = 0; i < w->nodes->len; i++)
		am_blob_unref(&am_cfb_node(w, i)->blob);
	g_array_free(w->nodes, TRUE);
	am_arena_free(&w->arena);
	g_free(w);
}

static struct am_cfb_node *add(struct am_cfb_write *w, uint32_t in,
                               const char *name, enum am_cfb_type type)
{
	struct am_cfb_node node = {.type = (uint8_t)type,
	                           .in = in,
	                           .left = AM_CFB_NONE,
	                           .right = AM_CFB_NONE,
	                           .child = AM_CFB_NONE};
	glong n = 0;
	gunichar2 *wide = g_utf8_to_utf16(name, -1, NULL, &n, NULL);

	if (n > AM_CFB_NAME - 1)
		n = AM_CFB_NAME - 1;
	for (glong i = 0; i < n; i++)
		node.name[i] = wide[i];
	node.name_len = (uint16_t)(2 * (n + 1));
	g_free(wide);
	g_array_append_val(w->nodes, node);
	return am_cfb_node(w, w->nodes->len - 1);
}

uint32_t am_cfb_write_storage(struct am_cfb_write *w, uint32_t in,
                              const char *name)
{
	(void)add(w, in, name, AM_CFB_STORAGE);
	return w->nodes->len - 1;
}

void am_cfb_write_class(struct am_cfb_write *w, uint32_t storage,
                        const uint8_t clsid[16])
{
	am_cfb_node(w, storage)->clsid = (const uint8_t *)am_arena_strndup(
		w->arena, (const char *)clsid, 16);
}

void am_cfb_write_bytes(struct am_cfb_write *w, uint32_t in, const char *name,
                        const void *data, size_t len)
{
	struct am_cfb_node *node = add(w, in, name, AM_CFB_STREAM);

	node->size = len;
	node->data = (const uint8_t *)am_arena_strndup(w->arena,
	                                               len ? data : "", len);
}

void am_cfb_write_blob(struct am_cfb_write *w, uint32_t in, const char *name,
                       struct am_blob *blob)
{
	struct am_cfb_node *node = add(w, in, name, AM_CFB_STREAM);

	node->size = am_blob_size(blob);
	node->blob = am_blob_ref(blob);
}

void am_cfb_write_stream(struct am_cfb_write *w, uint32_t in, const char *name,
                         struct am_cfb *from, uint32_t stream)
{
	struct am_cfb_node *node = add(w, in, name, AM_CFB_STREAM);

	node->size = am_cfb_entry(from, stream)->size;
	node->from = from;
	node->stream = stream;
}

void am_cfb_write_all_in(struct am_cfb_write *w, uint32_t in,
                         struct am_cfb *from, uint32_t storage)
{
	/* Storages that are still to be gone through: theirs, ours. */
	struct pair {
		uint32_t from, to;
	};
	GArray *queue = g_array_new(FALSE, FALSE, sizeof(struct pair));
	struct pair one = {storage, in};

	g_array_append_val(queue, one);
	for (guint k = 0; k < queue->len; k++) {
		one = g_array_index(queue, struct pair, k);
		const struct am_cfb_entry *e = am_cfb_entry(from, one.from);
		if (e->clsid)
			am_cfb_write_class(w, one.to, e->clsid);
		for (uint32_t i = 0; i < e->n_children; i++) {
			uint32_t child = am_cfb_child(from, one.from, i);
			const struct am_cfb_entry *c =
				am_cfb_entry(from, child);
			if (c->type == AM_CFB_STREAM) {
				am_cfb_write_stream(w, one.to, c->name, from,
				                    child);
				continue;
			}
			struct pair more = {child, am_cfb_write_storage(
							   w, one.to, c->name)};
			g_array_append_val(queue, more);
		}
	}
	g_array_free(queue, TRUE);
}

static int in_order(const void *a, const void *b, void *user)
{
	const struct am_cfb_write *w = user;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	const struct am_cfb_node *p = am_cfb_node(w, x), *q = am_cfb_node(w, y);

	if (p->in != q->in)
		return p->in < q->in ? -1 : 1;
	int order = am_cfb_compare(p->name, q->name);
	return order ? order : x < y ? -1 : x > y;
}

/* A range of a storage's entries that hangs at one place. */
struct range {
	uint32_t low, high; /* [low, high) */
	uint32_t *place;
	unsigned level;
};

static void hang(struct am_cfb_write *w, const uint32_t *list, uint32_t low,
                 uint32_t high, uint32_t *place)
{
	GArray *stack = g_array_new(FALSE, FALSE, sizeof(struct range));
	struct range at = {low, high, place, 0};
	unsigned full = 0; /* levels that are */

	while ((UINT64_C(2) << full) - 1 <= high - low)
		full++;
	g_array_append_val(stack, at);
	while (stack->len) {
		at = g_array_index(stack, struct range, stack->len - 1);
		g_array_set_size(stack, stack->len - 1);
		if (at.low == at.high)
			continue;
		uint32_t mid = at.low + (at.high - at.low) / 2;
		struct am_cfb_node *node = am_cfb_node(w, list[mid]);
		node->red = at.level >= full;
		*at.place = list[mid];
		struct range below[2] = {
			{at.low, mid, &node->left, at.level + 1},
			{mid + 1, at.high, &node->right, at.level + 1}};
		g_array_append_vals(stack, below, 2);
	}
	g_array_free(stack, TRUE);
}

void am_cfb_write_trees(struct am_cfb_write *w)
{
	uint32_t n = w->nodes->len;
	uint32_t *list = g_new(uint32_t, n);

	for (uint32_t i = 1; i < n; i++)
		list[i - 1] = i;
	g_qsort_with_data(list, (int)n - 1, sizeof(*list), in_order, w);
	for (uint32_t low = 0, high; low + 1 < n; low = high) {
		uint32_t in = am_cfb_node(w, list[low])->in;
		for (high = low; high + 1 < n; high++)
			if (am_cfb_node(w, list[high])->in != in)
				break;
		hang(w, list, low, high, &am_cfb_node(w, in)->child);
	}
	g_free(list);
}
