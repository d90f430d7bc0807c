/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SORT (RFC 5256), with DISPLAYFROM and DISPLAYTO (5957) and ESORT (5267). */
#include "serve/commands.h"

#include "serve/limit.h"
#include "serve/search.h"
#include "serve/search_return.h"
#include "serve/traits.h"

#include <string.h>

enum key {
	ARRIVAL,
	CC,
	DATE,
	DISPLAYFROM,
	DISPLAYTO,
	FROM,
	RELEVANCY, /* RFC 6203 */
	SIZE,
	SUBJECT,
	TO,
	N_KEYS
};
static const char *const names[N_KEYS] = {
	"ARRIVAL", "CC",        "DATE", "DISPLAYFROM", "DISPLAYTO",
	"FROM",    "RELEVANCY", "SIZE", "SUBJECT",     "TO"};

enum { KEYS_MOST = 32 };

struct keys {
	struct {
		enum key key;
		bool reverse;
	} keys[KEYS_MOST];
	size_t n;
	unsigned needs;
	bool relevancy;
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
			k->needs |= AM_TRAITS_FACTS;
		else if (key == RELEVANCY)
			k->relevancy = true;
		else if (key != ARRIVAL)
			k->needs |= AM_TRAITS_HEAD;
	}
	return k->n && !reverse;
}

/* What is sorted. */
struct item {
	uint64_t first; /* the first key as far as a number holds it */
	uint32_t row;
	const struct am_trait *trait;
	const struct am_row *of;
	uint8_t score; /* of SORT (RELEVANCY) */
};

static bool is_number(enum key key)
{
	return key == ARRIVAL || key == DATE || key == SIZE || key == RELEVANCY;
}

/* So that the smaller one comes first. */
static uint64_t number_of(enum key key, const struct item *i)
{
	int64_t arrival = i->of->dated ? i->of->received : 0;

	if (key == SIZE)
		return i->trait->size;
	if (key == RELEVANCY) /* the best first */
		return UINT8_MAX - i->score;
	if (key == DATE && i->trait->dated)
		arrival = i->trait->sent;
	return (uint64_t)arrival ^ (uint64_t)1 << 63;
}

static const char *text_of(enum key key, const struct am_trait *t)
{
	switch (key) {
	case CC:
		return t->cc->mailbox;
	case DISPLAYFROM:
		return t->from->display;
	case DISPLAYTO:
		return t->to->display;
	case FROM:
		return t->from->mailbox;
	case TO:
		return t->to->mailbox;
	default:
		return t->subject->base;
	}
}

/* A number, or the first eight bytes of a text. */
static uint64_t beginning(enum key key, const struct item *i)
{
	uint64_t bytes = 0;

	if (is_number(key))
		return number_of(key, i);
	const char *text = text_of(key, i->trait);
	for (unsigned n = 0; n < 8; n++) {
		bytes = bytes << 8 | (uint8_t)*text;
		text += *text != 0;
	}
	return bytes;
}

static int by_key(enum key key, const struct item *a, const struct item *b)
{
	if (!is_number(key)) {
		const char *x = text_of(key, a->trait);
		const char *y = text_of(key, b->trait);
		return x == y ? 0 : strcmp(x, y);
	}
	uint64_t x = number_of(key, a), y = number_of(key, b);
	return (x > y) - (x < y);
}

static gint compare(gconstpointer a, gconstpointer b, gpointer user)
{
	const struct item *x = a, *y = b;
	const struct keys *k = user;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	for (size_t i = is_number(k->keys[0].key); i < k->n; i++) {
		int c = by_key(k->keys[i].key, x, y);
		if (c)
			return k->keys[i].reverse ? -c : c;
	}
	return (x->row > y->row) - (x->row < y->row);
}

/* scores: of each row, or NULL; they change places with them. */
static void sort_rows(struct am_session *s, GArray *rows, struct keys *k,
                      const struct am_traits *traits, GArray *scores)
{
	struct item *all = g_new(struct item, rows->len + 1);

	for (guint i = 0; i < rows->len; i++) {
		uint32_t row = g_array_index(rows, uint32_t, i);
		all[i] = (struct item){
			.row = row,
			.trait = &traits->rows[row],
			.of = &s->snap->rows[row],
			.score = scores ? g_array_index(scores, uint8_t, i) : 0,
		};
		all[i].first = beginning(k->keys[0].key, &all[i]);
		if (k->keys[0].reverse)
			all[i].first = ~all[i].first;
	}
	g_qsort_with_data(all, (gint)rows->len, sizeof *all, compare, k);
	for (guint i = 0; i < rows->len; i++) {
		g_array_index(rows, uint32_t, i) = all[i].row;
		if (scores)
			g_array_index(scores, uint8_t, i) = all[i].score;
	}
	g_free(all);
}

static void answer(struct am_session *s, const struct am_search_return *r,
                   struct am_search *search, struct keys *k, bool uid)
{
	GArray *rows = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	struct am_traits *traits = NULL;
	struct am_error err = {0};
	uint64_t highest;

	if ((am_search_lowest(s, search) && am_limit_refuses(s, s->snap->n)) ||
	    !am_search_run(s, search, rows, &highest))
		goto out;
	if (am_vault_traits(s->vault, s->snap, k->needs, &traits, &err)) {
		am_no_error(s, &err);
		goto out;
	}
	GArray *scores = am_search_scores(search);
	sort_rows(s, rows, k, traits, scores);
	am_search_answer(s, r, "SORT", (uint32_t *)(void *)rows->data,
	                 rows->len, uid, true,
	                 am_search_asks_modseq(search) ? highest : 0, scores);
	am_ok(s, "that is all");
out:
	am_traits_unref(&traits);
	g_array_free(rows, TRUE);
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
	if (search && (k.relevancy || r.relevancy) &&
	    !am_search_is_fuzzy(search))
		am_bad(s, "RELEVANCY of a search that is not FUZZY");
	else if (search)
		answer(s, &r, search, &k, uid);
	am_search_free(&search);
}
