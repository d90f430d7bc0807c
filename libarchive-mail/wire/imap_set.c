/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/imap.h"

#include <glib.h>

#include <string.h>

/*
 * Ranges, ascending, apart by at least one number.  A change that does not
 * extend the last range waits in a list of changes of one kind, and whoever
 * looks next brings them in: by one sort and one merge when they are many, so
 * that no order of input is worse than a sort.
 *
 * What moves then is not what the caller sees, so looking is const; the set
 * is for one thread all the same.
 */
struct range {
	uint32_t first, last;
};

struct ranges {
	struct range *at;
	size_t n, room;
};

struct body {
	struct ranges have;
	struct ranges waiting;
	bool removing; /* what the waiting ones do */
};

struct am_imap_set {
	struct body *body;
};

/* Up to here each is brought in by itself. */
enum { FEW = 4, MANY_WAITING = 1 << 20 };

struct am_imap_set *am_imap_set_new(void)
{
	struct am_imap_set *set = g_new0(struct am_imap_set, 1);

	set->body = g_new0(struct body, 1);
	return set;
}

void am_imap_set_free(struct am_imap_set **set)
{
	struct am_imap_set *s = *set;

	*set = NULL;
	if (!s)
		return;
	g_free(s->body->have.at);
	g_free(s->body->waiting.at);
	g_free(s->body);
	g_free(s);
}

static void reserve(struct ranges *r, size_t n)
{
	if (n <= r->room)
		return;
	r->room = MAX(n, r->room ? r->room * 2 : 8);
	r->at = g_renew(struct range, r->at, r->room);
}

/* Behind the last, or one with it; first is not below the last's first. */
static void append(struct ranges *r, uint32_t first, uint32_t last)
{
	struct range *end = r->n ? &r->at[r->n - 1] : NULL;

	if (end && (uint64_t)first <= (uint64_t)end->last + 1) {
		end->last = MAX(end->last, last);
		return;
	}
	reserve(r, r->n + 1);
	r->at[r->n++] = (struct range){first, last};
}

/* The first range that ends at n or behind. */
static size_t find(const struct ranges *r, uint64_t n)
{
	size_t low = 0, high = r->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (r->at[mid].last < n)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Put `n` ranges in the place of those from i up to j. */
static void splice(struct ranges *r, size_t i, size_t j,
                   const struct range *with, size_t n)
{
	reserve(r, r->n - (j - i) + n);
	memmove(r->at + i + n, r->at + j, (r->n - j) * sizeof *r->at);
	if (n)
		memcpy(r->at + i, with, n * sizeof *with);
	r->n = r->n - (j - i) + n;
}

static void add_one(struct ranges *r, struct range add)
{
	/* Also those that only touch it. */
	size_t i = find(r, (uint64_t)add.first - 1);
	size_t j = i;

	while (j < r->n && r->at[j].first <= (uint64_t)add.last + 1) {
		add.first = MIN(add.first, r->at[j].first);
		add.last = MAX(add.last, r->at[j].last);
		j++;
	}
	splice(r, i, j, &add, 1);
}

static void remove_one(struct ranges *r, struct range gone)
{
	size_t i = find(r, gone.first);
	size_t j = i;
	struct range left[2];
	size_t n = 0;

	while (j < r->n && r->at[j].first <= gone.last)
		j++;
	if (i == j)
		return;
	if (r->at[i].first < gone.first)
		left[n++] = (struct range){r->at[i].first, gone.first - 1};
	if (r->at[j - 1].last > gone.last)
		left[n++] = (struct range){gone.last + 1, r->at[j - 1].last};
	splice(r, i, j, left, n);
}

static void merge_in(struct ranges *have, const struct ranges *add)
{
	struct ranges all = {.n = 0};
	size_t i = 0, j = 0;

	reserve(&all, have->n + add->n);
	while (i < have->n || j < add->n) {
		bool mine =
			j == add->n ||
			(i < have->n && have->at[i].first < add->at[j].first);
		struct range next = mine ? have->at[i++] : add->at[j++];
		append(&all, next.first, next.last);
	}
	g_free(have->at);
	*have = all;
}

static void take_out(struct ranges *have, const struct ranges *gone)
{
	struct ranges all = {.n = 0};
	size_t j = 0;

	reserve(&all, have->n + gone->n);
	for (size_t i = 0; i < have->n; i++) {
		uint64_t from = have->at[i].first;
		uint64_t to = have->at[i].last;
		while (j < gone->n && gone->at[j].last < from)
			j++;
		/* One that is gone may reach into the next range too. */
		for (size_t k = j; k < gone->n && gone->at[k].first <= to;
		     k++) {
			if (gone->at[k].first > from)
				append(&all, (uint32_t)from,
				       gone->at[k].first - 1);
			from = (uint64_t)gone->at[k].last + 1;
			j = k;
		}
		if (from <= to)
			append(&all, (uint32_t)from, (uint32_t)to);
	}
	g_free(have->at);
	*have = all;
}

static int by_first(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

static void sort(struct ranges *r)
{
	size_t n = r->n;

	qsort(r->at, n, sizeof *r->at, by_first);
	r->n = 0;
	for (size_t i = 0; i < n; i++)
		append(r, r->at[i].first, r->at[i].last);
}

/* Bring in what waits. */
static const struct ranges *settled(const struct am_imap_set *set)
{
	struct body *b = set->body;

	if (b->waiting.n <= FEW) {
		for (size_t i = 0; i < b->waiting.n; i++) {
			if (b->removing)
				remove_one(&b->have, b->waiting.at[i]);
			else
				add_one(&b->have, b->waiting.at[i]);
		}
	} else {
		sort(&b->waiting);
		if (b->removing)
			take_out(&b->have, &b->waiting);
		else
			merge_in(&b->have, &b->waiting);
	}
	b->waiting.n = 0;
	return &b->have;
}

static void wait_for(struct am_imap_set *set, uint32_t first, uint32_t last,
                     bool removing)
{
	struct body *b = set->body;

	if (b->waiting.n && b->removing != removing)
		(void)settled(set);
	/* Repeating itself must not grow without bound. */
	if (b->waiting.n >= MANY_WAITING && b->waiting.n > b->have.n)
		(void)settled(set);
	b->removing = removing;
	reserve(&b->waiting, b->waiting.n + 1);
	b->waiting.at[b->waiting.n++] = (struct range){first, last};
}

void am_imap_set_add(struct am_imap_set *set, uint32_t first, uint32_t last)
{
	struct body *b = set->body;

	if (first > last) {
		uint32_t swap = first;
		first = last;
		last = swap;
	}
	assert(first);
	if (!b->waiting.n &&
	    (!b->have.n || first >= b->have.at[b->have.n - 1].first))
		append(&b->have, first, last);
	else
		wait_for(set, first, last, false);
}

void am_imap_set_remove(struct am_imap_set *set, uint32_t first, uint32_t last)
{
	assert(first && first <= last);
	wait_for(set, first, last, true);
}

void am_imap_set_add_all(struct am_imap_set *set, const struct am_imap_set *of)
{
	if (set == of)
		return;
	const struct ranges *more = settled(of);
	(void)settled(set);
	merge_in(&set->body->have, more);
}

void am_imap_set_remove_all(struct am_imap_set *set,
                            const struct am_imap_set *of)
{
	const struct ranges *gone = settled(of);

	(void)settled(set);
	if (set == of)
		set->body->have.n = 0;
	else
		take_out(&set->body->have, gone);
}

bool am_imap_set_has(const struct am_imap_set *set, uint32_t n)
{
	const struct ranges *r = settled(set);
	size_t i = find(r, n);

	return i < r->n && r->at[i].first <= n;
}

uint64_t am_imap_set_count(const struct am_imap_set *set)
{
	const struct ranges *r = settled(set);
	uint64_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += (uint64_t)r->at[i].last - r->at[i].first + 1;
	return n;
}

size_t am_imap_set_ranges(const struct am_imap_set *set)
{
	return settled(set)->n;
}

void am_imap_set_range(const struct am_imap_set *set, size_t i, uint32_t *first,
                       uint32_t *last)
{
	const struct ranges *r = settled(set);

	assert(i < r->n);
	*first = r->at[i].first;
	*last = r->at[i].last;
}
