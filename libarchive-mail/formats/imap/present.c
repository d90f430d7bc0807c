/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/imap/present.h"

#include <glib.h>

struct am_imap_present {
	GHashTable *counts; /* fingerprint -> how many */
};

struct am_imap_present *am_imap_present_new(void)
{
	struct am_imap_present *p = g_new(struct am_imap_present, 1);

	p->counts = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
	                                  NULL);
	return p;
}

void am_imap_present_free(struct am_imap_present **present)
{
	struct am_imap_present *p = *present;

	*present = NULL;
	if (!p)
		return;
	g_hash_table_destroy(p->counts);
	g_free(p);
}

static unsigned count_of(const struct am_imap_present *p, uint64_t fingerprint)
{
	return GPOINTER_TO_UINT(g_hash_table_lookup(p->counts, &fingerprint));
}

static void set_count(struct am_imap_present *p, uint64_t fingerprint,
                      unsigned n)
{
	if (n)
		g_hash_table_replace(
			p->counts, g_memdup2(&fingerprint, sizeof fingerprint),
			GUINT_TO_POINTER(n));
	else
		g_hash_table_remove(p->counts, &fingerprint);
}

void am_imap_present_add(struct am_imap_present *p, uint64_t fingerprint)
{
	set_count(p, fingerprint, count_of(p, fingerprint) + 1);
}

bool am_imap_present_take(struct am_imap_present *p, uint64_t fingerprint)
{
	unsigned n = count_of(p, fingerprint);

	if (n)
		set_count(p, fingerprint, n - 1);
	return n > 0;
}

bool am_imap_present_is_empty(const struct am_imap_present *p)
{
	return !g_hash_table_size(p->counts);
}

void am_imap_present_add_all(struct am_imap_present *to,
                             const struct am_imap_present *from)
{
	GHashTableIter it;
	gpointer key, n;

	g_hash_table_iter_init(&it, from->counts);
	while (g_hash_table_iter_next(&it, &key, &n)) {
		uint64_t fingerprint = *(const uint64_t *)key;
		set_count(to, fingerprint,
		          count_of(to, fingerprint) + GPOINTER_TO_UINT(n));
	}
}
