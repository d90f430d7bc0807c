/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/imap/present.h"

#include <glib.h>

/* All of one fingerprint; mostly there is one. */
struct some {
	uint64_t fingerprint; /* the key in the table */
	uint32_t n, room;
	uint32_t uids[];
};

struct am_imap_present {
	GHashTable *all;
};

struct am_imap_present *am_imap_present_new(void)
{
	struct am_imap_present *p = g_new(struct am_imap_present, 1);

	p->all = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL,
	                               g_free);
	return p;
}

void am_imap_present_free(struct am_imap_present **present)
{
	struct am_imap_present *p = *present;

	*present = NULL;
	if (!p)
		return;
	g_hash_table_destroy(p->all);
	g_free(p);
}

static struct some *some_new(uint64_t fingerprint, uint32_t room)
{
	struct some *s = g_malloc(sizeof *s + room * sizeof s->uids[0]);

	*s = (struct some){.fingerprint = fingerprint, .room = room};
	return s;
}

void am_imap_present_add(struct am_imap_present *p, uint64_t fingerprint,
                         uint32_t uid)
{
	struct some *s = g_hash_table_lookup(p->all, &fingerprint);

	if (!s || s->n == s->room) {
		struct some *more = some_new(fingerprint, s ? s->n * 2 : 1);
		for (uint32_t i = 0; s && i < s->n; i++)
			more->uids[more->n++] = s->uids[i];
		s = more;
		g_hash_table_replace(p->all, &s->fingerprint, s);
	}
	s->uids[s->n++] = uid;
}

bool am_imap_present_take(struct am_imap_present *p, uint64_t fingerprint,
                          uint32_t *uid)
{
	struct some *s = g_hash_table_lookup(p->all, &fingerprint);

	if (!s)
		return false;
	if (uid)
		*uid = s->uids[s->n - 1];
	if (!--s->n)
		g_hash_table_remove(p->all, &fingerprint);
	return true;
}

bool am_imap_present_has(const struct am_imap_present *p, uint64_t fingerprint)
{
	return g_hash_table_contains(p->all, &fingerprint);
}

bool am_imap_present_is_empty(const struct am_imap_present *p)
{
	return !g_hash_table_size(p->all);
}

void am_imap_present_add_all(struct am_imap_present *to,
                             const struct am_imap_present *from)
{
	GHashTableIter it;
	gpointer value;

	g_hash_table_iter_init(&it, from->all);
	while (g_hash_table_iter_next(&it, NULL, &value)) {
		const struct some *s = value;
		for (uint32_t i = 0; i < s->n; i++)
			am_imap_present_add(to, s->fingerprint, s->uids[i]);
	}
}
