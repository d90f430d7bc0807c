/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Linear probing.  The home of an entry is the top of its 32-bit tag, so that
 * growing needs nothing but the slots themselves.
 */
#include "store/prefix.h"

#include <glib.h>

#define FIRST_BITS 12

struct slot {
	uint32_t tag, id; /* id 0: empty */
};

struct am_prefix {
	struct slot *slots;
	unsigned bits;
	size_t count;
};

struct am_prefix *am_prefix_new(void)
{
	struct am_prefix *p = g_new0(struct am_prefix, 1);

	p->bits = FIRST_BITS;
	p->slots = g_new0(struct slot, (size_t)1 << FIRST_BITS);
	return p;
}

void am_prefix_free(struct am_prefix **prefix)
{
	if (!*prefix)
		return;
	g_free((*prefix)->slots);
	g_free(*prefix);
	*prefix = NULL;
}

static uint32_t tag_of(uint64_t key)
{
	return (uint32_t)(key >> 32);
}

static size_t home_of(uint32_t tag, unsigned bits)
{
	return tag >> (32 - bits);
}

static void insert(struct slot *slots, unsigned bits, struct slot entry)
{
	size_t mask = ((size_t)1 << bits) - 1;
	size_t at = home_of(entry.tag, bits);

	while (slots[at].id)
		at = (at + 1) & mask;
	slots[at] = entry;
}

static void grow(struct am_prefix *p)
{
	unsigned bits = p->bits + 1;
	struct slot *slots = g_new0(struct slot, (size_t)1 << bits);

	for (size_t i = 0; i < (size_t)1 << p->bits; i++)
		if (p->slots[i].id)
			insert(slots, bits, p->slots[i]);
	g_free(p->slots);
	p->slots = slots;
	p->bits = bits;
}

bool am_prefix_add(struct am_prefix *p, uint64_t key, uint64_t id)
{
	if (p->count >= AM_PREFIX_MAX || id > UINT32_MAX)
		return false;
	/* Four fifths full at most; hashes spread well enough for that. */
	if ((p->count + 1) * 5 > ((size_t)4 << p->bits))
		grow(p);
	insert(p->slots, p->bits,
	       (struct slot){.tag = tag_of(key), .id = (uint32_t)id});
	p->count++;
	return true;
}

size_t am_prefix_count(const struct am_prefix *p)
{
	return p->count;
}

uint64_t am_prefix_next(const struct am_prefix *p, uint64_t key, size_t *at)
{
	size_t mask = ((size_t)1 << p->bits) - 1;
	size_t home = home_of(tag_of(key), p->bits);

	/* *at counts the probes done so far. */
	for (;;) {
		const struct slot *s = &p->slots[(home + *at) & mask];
		++*at;
		if (!s->id)
			return 0;
		if (s->tag == tag_of(key))
			return s->id;
	}
}
