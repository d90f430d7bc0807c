/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SORT (RFC 5256), with DISPLAYFROM and DISPLAYTO (5957) and ESORT (5267). */
#include "serve/commands.h"

#include "base/arena.h"
#include "serve/order.h"
#include "serve/search.h"
#include "serve/search_return.h"

#include <stdlib.h>
#include <string.h>

enum key {
	ARRIVAL,
	CC,
	DATE,
	DISPLAYFROM,
	DISPLAYTO,
	FROM,
	SIZE,
	SUBJECT,
	TO,
	N_KEYS
};
static const char *const names[N_KEYS] = {"ARRIVAL",     "CC",        "DATE",
                                          "DISPLAYFROM", "DISPLAYTO", "FROM",
                                          "SIZE",        "SUBJECT",   "TO"};

enum { KEYS_MOST = 32 };

struct keys {
	struct {
		enum key key;
		bool reverse;
	} keys[KEYS_MOST];
	size_t n;
	unsigned needs;
};

static bool read_keys(struct keys *k, const struct am_imap_value *v)
{
	bool reverse = false;

	if (v->type != AM_IMAP_LIST)
		return false;
	for (size_t i = 0; i < v->n_items; i++) {
		if (am_imap_is(&v->items[i], "REVERSE")) {
			if (reverse)
				return false;
			reverse = true;
			continue;
		}
		unsigned key = 0;
		while (key < N_KEYS && !am_imap_is(&v->items[i], names[key]))
			key++;
		if (key == N_KEYS || k->n == KEYS_MOST)
			return false;
		k->keys[k->n].key = (enum key)key;
		k->keys[k->n++].reverse = reverse;
		reverse = false;
		if (key == SIZE)
			k->needs |= AM_ORDER_FACTS;
		else if (key != ARRIVAL)
			k->needs |= AM_ORDER_CATALOG;
	}
	return k->n && !reverse;
}

static int numbers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int by_key(enum key key, const struct am_order *a,
                  const struct am_order *b)
{
	switch (key) {
	case ARRIVAL:
		return numbers(a->arrival, b->arrival);
	case CC:
		return strcmp(a->cc, b->cc);
	case DATE:
		return numbers(a->sent, b->sent);
	case DISPLAYFROM:
		return strcmp(a->display_from, b->display_from);
	case DISPLAYTO:
		return strcmp(a->display_to, b->display_to);
	case FROM:
		return strcmp(a->from, b->from);
	case SIZE:
		return numbers((int64_t)a->size, (int64_t)b->size);
	case SUBJECT:
		return strcmp(a->subject, b->subject);
	case TO:
		return strcmp(a->to, b->to);
	case N_KEYS:
		break;
	}
	return 0;
}

static gint compare(gconstpointer a, gconstpointer b, gpointer user)
{
	const struct am_order *x = a, *y = b;
	const struct keys *k = user;

	for (size_t i = 0; i < k->n; i++) {
		int c = by_key(k->keys[i].key, x, y);
		if (c)
			return k->keys[i].reverse ? -c : c;
	}
	return (x->uid > y->uid) - (x->uid < y->uid);
}

static void answer(struct am_session *s, const struct am_search_return *r,
                   struct am_search *search, struct keys *k, bool uid)
{
	GArray *uids = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	struct am_arena *arena = am_arena_new();
	struct am_order *all = NULL;
	struct am_error err = {0};
	uint64_t highest;

	if (!am_search_run(s, search, uids, &highest))
		goto out;
	if (am_order_read(s, uids, k->needs, arena, &all, &err)) {
		am_no_error(s, &err);
		goto out;
	}
	g_qsort_with_data(all, (gint)uids->len, sizeof *all, compare, k);
	for (guint i = 0; i < uids->len; i++)
		g_array_index(uids, uint32_t, i) = all[i].uid;
	am_search_answer(s, r, "SORT", (uint32_t *)(void *)uids->data,
	                 uids->len, uid, true,
	                 am_search_asks_modseq(search) ? highest : 0);
	am_ok(s, "that is all");
out:
	g_free(all);
	am_arena_free(&arena);
	g_array_free(uids, TRUE);
}

AM_COMMAND(sort)
{
	struct am_search_return r = {.all = true};
	struct keys k = {.n = 0};
	size_t at = 0;

	if (n > 1 && am_imap_is(&args[0], "RETURN")) {
		if (!am_search_return_read(&r, &args[1])) {
			am_bad(s, "that is nothing to return");
			return;
		}
		at = 2;
	}
	if (n < at + 3 || !read_keys(&k, &args[at]) ||
	    !am_imap_text(&args[at + 1])) {
		am_bad(s, "SORT takes keys, a charset and what to search for");
		return;
	}
	struct am_search *search = am_search_parse(s, args + at + 2, n - at - 2,
	                                           am_imap_text(&args[at + 1]));
	if (search)
		answer(s, &r, search, &k, uid);
	am_search_free(&search);
}
