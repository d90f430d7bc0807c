/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Of a million rows few meet a search for a text, and of nearly all of the
 * others an index or a table says so: these are passed over without a look at
 * the row.
 */
#include "serve/search_impl.h"

#include <string.h>

struct set {
	uint64_t *may; /* a bit for each number that may meet it */
	size_t n;      /* numbers; all others may */
	int64_t times, plus;
};

struct am_sift {
	const uint32_t *messages;
	GArray *sets;
};

static void clear_set(void *set)
{
	g_free(((struct set *)set)->may);
}

/* What has it, or is not known. */
static void add_heads(uint64_t *may, size_t words, const struct am_heads *h)
{
	for (size_t i = 0; i < words; i++)
		may[i] |= i < h->n ? h->has[i] | ~h->known[i] : UINT64_MAX;
}

/* Only messages the index knows are in the set. */
static void add_found(uint64_t *may, size_t n, const struct am_found *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->ids[i] >= 0 && (uint64_t)f->ids[i] < n)
			may[f->ids[i] / 64] |= UINT64_C(1) << (f->ids[i] % 64);
}

static void add_text(struct am_sift *sift, const struct am_crit *c)
{
	struct set s = {.times = 1};

	if (c->fuzzy || c->found.last < 0 || c->found.last >= UINT32_MAX ||
	    !c->unkept.n)
		return;
	s.n = MIN((size_t)c->found.last + 1, c->unkept.n * 64);
	size_t words = (s.n + 63) / 64;
	s.may = g_new0(uint64_t, words);
	add_found(s.may, s.n, &c->found);
	add_heads(s.may, words, &c->unkept);
	if (c->kind == AM_CRIT_TEXT)
		add_heads(s.may, words, &c->heads);
	g_array_append_val(sift->sets, s);
}

static void add_field(struct am_sift *sift, const struct am_crit *c)
{
	struct set s = {.n = c->heads.n * 64,
	                .times = AM_FIELD_NUMBERS,
	                .plus = (int64_t)c->field};

	s.may = g_new0(uint64_t, c->heads.n + 1);
	add_heads(s.may, c->heads.n, &c->heads);
	g_array_append_val(sift->sets, s);
}

/* What all that is found must meet. */
static void add(struct am_sift *sift, const struct am_crit *c)
{
	if (c->kind == AM_CRIT_AND)
		for (guint i = 0; i < c->children->len; i++)
			add(sift, c->children->pdata[i]);
	else if (c->by_field)
		add_field(sift, c);
	else if (c->asked &&
	         (c->kind == AM_CRIT_BODY || c->kind == AM_CRIT_TEXT))
		add_text(sift, c);
}

struct am_sift *am_sift_new(const struct am_crit *root, struct am_snap *snap)
{
	struct am_sift *sift = g_new0(struct am_sift, 1);

	sift->sets = g_array_new(FALSE, FALSE, sizeof(struct set));
	g_array_set_clear_func(sift->sets, clear_set);
	add(sift, root);
	if (sift->sets->len)
		sift->messages = am_snap_messages(snap);
	return sift;
}

void am_sift_free(struct am_sift **sift)
{
	if (*sift)
		g_array_free((*sift)->sets, TRUE);
	g_free(*sift);
	*sift = NULL;
}

size_t am_sift_next(const struct am_sift *sift, size_t from, size_t end)
{
	for (; from < end; from++) {
		bool may = true;
		for (guint k = 0; k < sift->sets->len && may; k++) {
			const struct set *s =
				&g_array_index(sift->sets, struct set, k);
			uint64_t number =
				(uint64_t)(sift->messages[from] * s->times +
			                   s->plus);
			may = sift->messages[from] == UINT32_MAX ||
			      number >= s->n ||
			      s->may[number / 64] >> (number % 64) & 1;
		}
		if (may)
			return from;
	}
	return end;
}
