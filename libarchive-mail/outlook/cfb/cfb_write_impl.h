/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_CFB_CFB_WRITE_IMPL_H
#define AM_OUTLOOK_CFB_CFB_WRITE_IMPL_H

#include "outlook/cfb/cfb_write.h"

#include <glib.h>

/* An entry: a storage, or a stream of one of three kinds. */
struct am_cfb_node {
	uint16_t name[AM_CFB_NAME];
	uint16_t name_len;
	uint8_t type;
	bool red;
	uint32_t in, left, right, child;
	uint32_t start; /* sector, or mini sector */
	uint64_t size;
	const uint8_t *clsid;
	const uint8_t *data;
	struct am_blob *blob;
	struct am_cfb *from;
	uint32_t stream;
};

/* What lies where, in sectors from the front:
 * DIFAT, FAT, directory, mini FAT, mini stream, the other streams. */
struct am_cfb_plan {
	unsigned shift;
	uint32_t n_difat, n_fat, n_dir, n_mini_fat, n_mini_stream, n_streams;
	uint32_t fat, dir, mini_fat, mini_stream, streams, total;
	uint32_t n_mini; /* mini sectors */
};

struct am_cfb_write {
	struct am_arena *arena;
	GArray *nodes; /* struct am_cfb_node */
};

static inline struct am_cfb_node *am_cfb_node(const struct am_cfb_write *w,
                                              uint32_t i)
{
	return &g_array_index(w->nodes, struct am_cfb_node, i);
}

static inline bool am_cfb_node_is_mini(const struct am_cfb_node *node)
{
	return node->type == AM_CFB_STREAM && node->size < AM_CFB_MINI_CUTOFF;
}

/* Hang each storage's entries in a tree. */
void am_cfb_write_trees(struct am_cfb_write *w);

#endif
