/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "serve/snap.h"

#include <glib.h>

struct am_snap *am_snap_new(void)
{
	struct am_snap *snap = g_new0(struct am_snap, 1);

	snap->refs = 1;
	return snap;
}

struct am_snap *am_snap_ref(struct am_snap *snap)
{
	g_atomic_int_inc(&snap->refs);
	return snap;
}

void am_snap_unref(struct am_snap **snap)
{
	struct am_snap *s = *snap;

	*snap = NULL;
	if (!s || !g_atomic_int_dec_and_test(&s->refs))
		return;
	g_free(s->rows);
	g_free(s->gone);
	g_free(s->messages);
	g_free(s);
}

size_t am_snap_from(const struct am_snap *snap, uint32_t uid)
{
	size_t low = 0, high = snap->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (snap->rows[middle].uid < uid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const uint32_t *am_snap_messages(struct am_snap *snap)
{
	uint32_t *all = g_atomic_pointer_get(&snap->messages);

	if (all)
		return all;
	all = g_new(uint32_t, snap->n + 1);
	for (size_t i = 0; i < snap->n; i++) {
		int64_t message = snap->rows[i].message;
		all[i] = message < 0 || message > UINT32_MAX
		                 ? UINT32_MAX
		                 : (uint32_t)message;
	}
	/* Who is second takes the first one's. */
	if (!g_atomic_pointer_compare_and_exchange(&snap->messages, NULL, all))
		g_clear_pointer(&all, g_free);
	return all ? all : g_atomic_pointer_get(&snap->messages);
}

const struct am_row *am_snap_row(const struct am_snap *snap, uint32_t uid)
{
	size_t i = am_snap_from(snap, uid);

	return i < snap->n && snap->rows[i].uid == uid ? &snap->rows[i] : NULL;
}

bool am_snap_gone_since(const struct am_snap *snap, uint32_t uid,
                        uint64_t modseq)
{
	size_t low = 0, high = snap->n_gone;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (snap->gone[middle].uid < uid)
			low = middle + 1;
		else
			high = middle;
	}
	/* Of what was moved away nobody knows when: say so once too often. */
	if (low == snap->n_gone || snap->gone[low].uid != uid)
		return true;
	return snap->gone[low].modseq > modseq;
}
