/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/idset.h"

#include <glib.h>

#define PAGE_BITS 9

struct page {
	uint64_t number; /* the table's key */
	uint8_t bits[(1u << PAGE_BITS) / 8];
};

struct am_idset {
	GHashTable *pages;
	struct page *last; /* the one that was used last */
	uint64_t count;
};

struct am_idset *am_idset_new(void)
{
	struct am_idset *set = g_new0(struct am_idset, 1);

	set->pages = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL,
	                                   g_free);
	return set;
}

void am_idset_free(struct am_idset **set)
{
	if (!*set)
		return;
	g_hash_table_destroy((*set)->pages);
	g_free(*set);
	*set = NULL;
}

static struct page *find(const struct am_idset *set, uint64_t id)
{
	uint64_t number = id >> PAGE_BITS;

	if (set->last && set->last->number == number)
		return set->last;
	return g_hash_table_lookup(set->pages, &number);
}

void am_idset_add(struct am_idset *set, uint64_t id)
{
	struct page *page = find(set, id);
	unsigned bit = (unsigned)(id & ((1u << PAGE_BITS) - 1));

	if (!page) {
		page = g_new0(struct page, 1);
		page->number = id >> PAGE_BITS;
		g_hash_table_insert(set->pages, &page->number, page);
	}
	set->last = page;
	uint8_t mask = (uint8_t)(1u << bit % 8);
	set->count += !(page->bits[bit / 8] & mask);
	page->bits[bit / 8] = (uint8_t)(page->bits[bit / 8] | mask);
}

bool am_idset_has(const struct am_idset *set, uint64_t id)
{
	const struct page *page = find(set, id);
	unsigned bit = (unsigned)(id & ((1u << PAGE_BITS) - 1));

	return page && (page->bits[bit / 8] >> bit % 8 & 1);
}

uint64_t am_idset_count(const struct am_idset *set)
{
	return set->count;
}
