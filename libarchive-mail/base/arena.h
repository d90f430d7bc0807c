/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_BASE_ARENA_H
#define AM_BASE_ARENA_H

#include "base/compiler.h"

/*
 * A bump allocator: many small things that live and die together, such as all
 * that travels beside one message.  One free for all of them.
 *
 * Running out of memory aborts, as GLib's own allocator does: what goes into
 * an arena is bounded by am_limits before it is asked for.  One thread at a
 * time; handing over what owns the arena hands over the arena.
 */
struct am_arena;

struct am_arena *am_arena_new(void);
void am_arena_free(struct am_arena **arena); /* *arena becomes NULL */
/* As new: all that was taken from it is gone. */
void am_arena_reset(struct am_arena *arena);

/* Zeroed, aligned for any type; valid until the arena is freed. */
void *am_arena_alloc(struct am_arena *arena, size_t size);
/* The same with whatever lies there: of what is written to at once. */
void *am_arena_room(struct am_arena *arena, size_t size);
/* A copy of len bytes with a NUL behind them. */
char *am_arena_strndup(struct am_arena *arena, const char *s, size_t len);
char *am_arena_strdup(struct am_arena *arena, const char *s); /* NULL: NULL */
char *am_arena_printf(struct am_arena *arena, const char *fmt, ...)
	AM_PRINTF(2, 3);

#endif
