/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_STORE_CATALOG_KEYS_IMPL_H
#define AM_STORE_CATALOG_KEYS_IMPL_H

#include "store/catalog_impl.h"
#include "store/catalog_keys.h"

#include <string.h>

/* What adding (catalog_keys.c) and finding (catalog_keys_find.c) share. */

enum {
	AM_KEYS_HALF = 5,                 /* bytes of a key or an id */
	AM_KEYS_ENTRY = 2 * AM_KEYS_HALF, /* on a page */
	AM_KEYS_PAGE =
		192 * AM_KEYS_ENTRY, /* four of them on one of SQLite's */
};
#define AM_KEYS_MOST \
	((UINT64_C(1) << 8 * AM_KEYS_HALF) - 1) /* of a key, or an id */

struct am_keys_entry {
	uint64_t key, id;
};

/* What is not put down yet. */
struct am_keys {
	GArray *waiting[AM_KEYS_COUNT]; /* struct am_keys_entry */
};

static inline void am_keys_put_half(uint8_t *to, uint64_t v)
{
	for (int i = AM_KEYS_HALF; i--; v >>= 8)
		to[i] = (uint8_t)v;
}

static inline void am_keys_put_entry(uint8_t to[AM_KEYS_ENTRY],
                                     const struct am_keys_entry *entry)
{
	am_keys_put_half(to, entry->key);
	am_keys_put_half(to + AM_KEYS_HALF, entry->id);
}

static inline uint64_t am_keys_get_half(const uint8_t *from)
{
	uint64_t v = 0;

	for (int i = 0; i < AM_KEYS_HALF; i++)
		v = v << 8 | from[i];
	return v;
}

static inline bool am_keys_is_before(const struct am_keys_entry *a,
                                     const struct am_keys_entry *b)
{
	return a->key < b->key || (a->key == b->key && a->id < b->id);
}

static inline int am_keys_fail_order(const struct am_catalog *c,
                                     struct am_error *err)
{
	return am_fail(err, AM_FATAL, AM_E_CORRUPT,
	               "%s: its keys are out of order", c->path);
}

#endif
