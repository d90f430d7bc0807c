/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Linear probing.  The home of an entry is found from its 32-bit tag, so that
 * growing needs nothing but the slots themselves.  Cut by the tag's first bits
 * into shards that grow one at a time and by a quarter: a single table would
 * stand there twice while it doubles, 25 MB at a million messages.
 */
#include "store/prefix.h"

#include <glib.h>

#define SHARD_BITS 6
#define SHARDS     (1u << SHARD_BITS)
#define FIRST_ROOM 64u

struct slot {
	uint32_t tag, id; /* id 0: empty */
};

struct shard {
	struct slot *slots;
	uint32_t room, count;
};

struct am_prefix {
	struct shard shards[SHARDS];
	size_t count;
};

struct am_prefix *am_prefix_new(void)
{
	struct am_prefix *p = g_new0(struct am_prefix, 1);

	for (size_t i = 0; i < SHARDS; i++) {
		p->shards[i].room = FIRST_ROOM;
		p->shards[i].slots = g_new0(struct slot, FIRST_ROOM);
	}
	return p;
}

void am_prefix_free(struct am_prefix **prefix)
{
	if (!*prefix)
		return;
	for (size_t i = 0; i < SHARDS; i++)
		g_free((*prefix)->shards[i].slots);
	g_free(*prefix);
	*prefix = NULL;
}

static uint32_t tag_of(uint64_t key)
{
	return (uint32_t)(key >> 32);
}

static uint32_t shard_of(uint32_t tag)
{
	return tag >> (32 - SHARD_BITS);
}

/* The rest of the tag, as a fraction of the room. */
static uint32_t home_of(uint32_t tag, uint32_t room)
{
	return (uint32_t)(((uint64_t)(tag << SHARD_BITS) * room) >> 32);
}

static void insert(struct slot *slots, uint32_t room, struct slot entry)
{
	uint32_t at = home_of(entry.tag, room);

	while (slots[at].id)
		at = at + 1 < room ? at + 1 : 0;
	slots[at] = entry;
}

static void grow(struct shard *s)
{
	uint32_t room = s->room + s->room / 4;
	struct slot *slots = g_new0(struct slot, room);

	for (uint32_t i = 0; i < s->room; i++)
		if (s->slots[i].id)
			insert(slots, room, s->slots[i]);
	g_free(s->slots);
	s->slots = slots;
	s->room = room;
}

bool am_prefix_add(struct am_prefix *p, uint64_t key, uint64_t id)
{
	struct shard *s = &p->shards[shard_of(tag_of(key))];

	if (p->count >= AM_PREFIX_MAX || id > UINT32_MAX)
		return false;
	/* Four fifths full at most; hashes spread well enough for that. */
	if (((uint64_t)s->count + 1) * 5 > (uint64_t)s->room * 4)
		grow(s);
	insert(s->slots, s->room,
	       (struct slot){.tag = tag_of(key), .id = (uint32_t)id});
	s->count++;
	p->count++;
	return true;
}

size_t am_prefix_count(const struct am_prefix *p)
{
	return p->count;
}

uint64_t am_prefix_next(const struct am_prefix *p, uint64_t key, size_t *at)
{
	const struct shard *s = &p->shards[shard_of(tag_of(key))];
	size_t home = home_of(tag_of(key), s->room);

	/* *at counts the probes done so far. */
	for (;;) {
		const struct slot *slot = &s->slots[(home + *at) % s->room];
		++*at;
		if (!slot->id)
			return 0;
		if (slot->tag == tag_of(key))
			return slot->id;
	}
}
