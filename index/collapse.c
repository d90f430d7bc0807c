/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/collapse.h"

#include "index/result_impl.h"

#include <glib.h>

#include <string.h>

/*
 * Groups by union and find over the matching messages, numbered in the order
 * of the columns.
 *
 * Two mails that agree in six of eight samples disagree in two at most, so of
 * the four pairs of samples two at least agree as a whole: looking up each
 * pair in a table finds all of them, and nearly nobody else.
 */

#define AGREE 6
#define PAIRS (AM_NEAR_HASHES / 2)
/* Mails with the same pair that are no copies of each other, before we give up
 * to look for more. */
#define TRIES 16

struct am_collapse {
	size_t n;
	GArray *ids;    /* uint32_t; ascending within a shard, as shards do */
	GArray *leader; /* uint32_t: of union and find */
	uint32_t *size; /* of the group, at its leader */
	uint64_t groups;
};

static uint32_t *leaders(const struct am_collapse *c)
{
	return (uint32_t *)(void *)c->leader->data;
}

static uint32_t find(uint32_t *leader, uint32_t i)
{
	while (leader[i] != i) {
		leader[i] = leader[leader[i]];
		i = leader[i];
	}
	return i;
}

static void join(struct am_collapse *c, uint32_t a, uint32_t b)
{
	uint32_t *leader = leaders(c);

	a = find(leader, a);
	b = find(leader, b);
	/* The earlier leads: no tree grows deep, thanks to find(). */
	leader[MAX(a, b)] = MIN(a, b);
}

/* Open addressing; entry + 1, 0: free. */
struct table {
	uint32_t *slots;
	size_t mask;
};

static void table_new(struct table *t, size_t n)
{
	size_t size = 64;

	while (size < 2 * n)
		size *= 2;
	t->slots = g_new0(uint32_t, size);
	t->mask = size - 1;
}

static size_t slot_of(const struct table *t, uint64_t key)
{
	key *= UINT64_C(0x9e3779b97f4a7c15);
	return (size_t)(key >> 32) & t->mask;
}

static void join_exact(struct am_collapse *c, const uint64_t *exact)
{
	struct table t;

	table_new(&t, c->n);
	for (uint32_t i = 0; i < c->n; i++) {
		size_t s = slot_of(&t, exact[i] ^ exact[i] >> 32);
		while (t.slots[s] && exact[t.slots[s] - 1] != exact[i])
			s = (s + 1) & t.mask;
		if (t.slots[s])
			join(c, t.slots[s] - 1, i);
		else
			t.slots[s] = i + 1;
	}
	g_free(t.slots);
}

struct samples {
	uint16_t near[AM_NEAR_HASHES];
};

static unsigned agreement(const struct samples *a, const struct samples *b)
{
	unsigned n = 0;

	for (size_t i = 0; i < AM_NEAR_HASHES; i++)
		n += a->near[i] == b->near[i];
	return n;
}

static uint32_t pair_of(const struct samples *s, unsigned pair)
{
	return (uint32_t)s->near[2 * pair] << 16 | s->near[2 * pair + 1];
}

static bool has_samples(const struct samples *s)
{
	static const struct samples none;

	return memcmp(s, &none, sizeof(none)) != 0;
}

static void join_pair(struct am_collapse *c, const struct samples *near,
                      unsigned pair, struct table *t)
{
	memset(t->slots, 0, (t->mask + 1) * sizeof(*t->slots));
	for (uint32_t i = 0; i < c->n; i++) {
		uint32_t key = pair_of(&near[i], pair);
		unsigned tries = 0;
		if (!has_samples(&near[i]))
			continue;
		size_t s = slot_of(t, key);
		for (; t->slots[s] && tries < TRIES; s = (s + 1) & t->mask) {
			uint32_t other = t->slots[s] - 1;
			if (pair_of(&near[other], pair) != key)
				continue;
			if (agreement(&near[other], &near[i]) >= AGREE) {
				join(c, other, i);
				break;
			}
			tries++;
		}
		if (!t->slots[s])
			t->slots[s] = i + 1;
	}
}

static void join_near(struct am_collapse *c, const struct samples *near)
{
	struct table t;

	table_new(&t, c->n);
	for (unsigned pair = 0; pair < PAIRS; pair++)
		join_pair(c, near, pair, &t);
	g_free(t.slots);
}

static int read_columns(struct am_collapse *c, const struct am_result *result,
                        GArray *exact, GArray *near, struct am_error *err)
{
	struct am_steps *s = g_new(struct am_steps, 1);
	uint64_t *values = g_new(uint64_t, AM_STEP);
	struct samples *samples = g_new(struct samples, AM_STEP);
	int r;

	am_steps_begin(s, result->index, result);
	while (!(r = am_steps_next(s, err))) {
		r = am_steps_read(s, AM_COLUMN_EXACT, values, err);
		if (!r && near)
			r = am_steps_read(s, AM_COLUMN_NEAR, samples, err);
		if (r)
			break;
		for (size_t i = 0; i < s->n_rows; i++) {
			g_array_append_val(c->ids, s->ids[s->rows[i]]);
			g_array_append_val(exact, values[s->rows[i]]);
			if (near)
				g_array_append_val(near, samples[s->rows[i]]);
		}
	}
	g_free(samples);
	g_free(values);
	g_free(s);
	return r == AM_END ? AM_OK : r;
}

int am_collapse_find(struct am_collapse **out, const struct am_result *result,
                     enum am_collapse_by by, struct am_error *err)
{
	struct am_collapse *c = g_new0(struct am_collapse, 1);
	GArray *exact = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	GArray *near =
		by == AM_COLLAPSE_NEAR
			? g_array_new(FALSE, FALSE, sizeof(struct samples))
			: NULL;

	*out = NULL;
	c->ids = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	c->leader = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	int r = read_columns(c, result, exact, near, err);
	if (r) {
		am_collapse_free(&c);
	} else {
		c->n = c->ids->len;
		for (uint32_t i = 0; i < c->n; i++)
			g_array_append_val(c->leader, i);
		join_exact(c, (const void *)exact->data);
		if (near)
			join_near(c, (const void *)near->data);
		c->size = g_new0(uint32_t, c->n + 1);
		for (uint32_t i = 0; i < c->n; i++)
			c->groups += !c->size[find(leaders(c), i)]++;
	}
	g_array_unref(exact);
	if (near)
		g_array_unref(near);
	*out = c;
	return r;
}

void am_collapse_free(struct am_collapse **collapse)
{
	struct am_collapse *c = *collapse;

	if (!c)
		return;
	g_array_unref(c->ids);
	g_array_unref(c->leader);
	g_free(c->size);
	g_free(c);
	*collapse = NULL;
}

uint64_t am_collapse_hidden(const struct am_collapse *c)
{
	return c->n - c->groups;
}

bool am_collapse_group(const struct am_collapse *c, int64_t id, uint32_t *group,
                       uint32_t *size)
{
	const uint32_t *ids = (const uint32_t *)(const void *)c->ids->data;
	size_t low = 0, high = c->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (ids[middle] < id)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == c->n || ids[low] != id)
		return false;
	*group = find(leaders(c), (uint32_t)low);
	*size = c->size[*group];
	return true;
}
