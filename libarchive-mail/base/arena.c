/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/arena.h"

#include "base/compiler.h"

#include <glib.h>

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/*
 * A list of chunks, newest first; requests are cut from the newest, and each is
 * larger than the one before.  The first holds the arena itself, and what
 * travels beside an ordinary message: one malloc, of a size the allocator has
 * at hand, for thousands of messages may wait for their bytes at once.
 */
struct chunk {
	struct chunk *next;
	size_t used, size; /* of data */
	alignas(max_align_t) uint8_t data[];
};

struct am_arena {
	struct chunk *chunks; /* one of them holds the arena itself */
};

enum {
	FIRST_CHUNK = 1024, /* the malloc, header included */
	GROWTH = 4,
	LAST_CHUNK = 16 * 1024, /* from here on all are the same */
	/* From here on a request gets a chunk of its own, else it would throw
	 * away what is left of the current one. */
	LARGE = 2048,
	ALIGN = alignof(max_align_t)
};

static struct chunk *new_chunk(size_t data_size)
{
	g_assert(data_size <= SIZE_MAX - sizeof(struct chunk));
	struct chunk *c = g_malloc(sizeof *c + data_size);
	c->next = NULL;
	c->used = 0;
	c->size = data_size;
	return c;
}

static size_t round_up(size_t size)
{
	g_assert(size <= SIZE_MAX - ALIGN);
	return (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

struct am_arena *am_arena_new(void)
{
	struct chunk *c = new_chunk(FIRST_CHUNK - sizeof *c);
	struct am_arena *arena = (void *)c->data;

	c->used = round_up(sizeof *arena);
	arena->chunks = c;
	return arena;
}

void am_arena_free(struct am_arena **arena)
{
	if (!*arena)
		return;
	struct chunk *c = (*arena)->chunks;
	*arena = NULL;
	while (c) {
		struct chunk *next = c->next;
		g_free(c);
		c = next;
	}
}

void am_arena_reset(struct am_arena *arena)
{
	/* The arena lies at the beginning of its chunk's data. */
	struct chunk *own = AM_CONTAINER(arena, struct chunk, data);
	struct chunk *c = arena->chunks;

	while (c) {
		struct chunk *next = c->next;
		if (c != own)
			g_free(c);
		c = next;
	}
	own->next = NULL;
	own->used = round_up(sizeof *arena);
	arena->chunks = own;
}

/* Room, not zeroed. */
static void *take(struct am_arena *arena, size_t size)
{
	size_t need = round_up(size ? size : 1);
	struct chunk *c = arena->chunks;

	if (need > c->size - c->used && need >= LARGE) {
		/* Behind the newest, which goes on serving small ones. */
		struct chunk *own = new_chunk(need);
		own->used = need;
		own->next = c->next;
		c->next = own;
		return own->data;
	}
	if (need > c->size - c->used) {
		size_t whole = (c->size + sizeof *c) * GROWTH;
		c = new_chunk((whole < LAST_CHUNK ? whole : LAST_CHUNK) -
		              sizeof *c);
		c->next = arena->chunks;
		arena->chunks = c;
	}
	void *p = c->data + c->used;
	c->used += need;
	return p;
}

void *am_arena_room(struct am_arena *arena, size_t size)
{
	return take(arena, size);
}

void *am_arena_alloc(struct am_arena *arena, size_t size)
{
	void *p = take(arena, size);

	memset(p, 0, size);
	return p;
}

char *am_arena_strndup(struct am_arena *arena, const char *s, size_t len)
{
	g_assert(len < SIZE_MAX);
	char *p = take(arena, len + 1);

	if (len)
		memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

char *am_arena_strdup(struct am_arena *arena, const char *s)
{
	return s ? am_arena_strndup(arena, s, strlen(s)) : NULL;
}

char *am_arena_printf(struct am_arena *arena, const char *fmt, ...)
{
	char buf[256];
	va_list args;

	va_start(args, fmt);
	int n = vsnprintf(buf, sizeof buf, fmt, args);
	va_end(args);
	g_assert(n >= 0);
	if ((size_t)n < sizeof buf)
		return am_arena_strndup(arena, buf, (size_t)n);

	char *p = take(arena, (size_t)n + 1);
	va_start(args, fmt);
	(void)vsnprintf(p, (size_t)n + 1, fmt, args);
	va_end(args);
	return p;
}
