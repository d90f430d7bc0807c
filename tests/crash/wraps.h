/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_CRASH_WRAPS_H
#define AM_TESTS_CRASH_WRAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The calls that change files, each a step that can be made to go wrong: the
 * linker puts these in front of write, pwrite, pwritev, fdatasync, fsync,
 * rename and ftruncate in all code of ours (SQLite's own calls go by).
 */
enum wrap_mode {
	WRAP_COUNT,     /* only count */
	WRAP_DIE,       /* _exit() before step n */
	WRAP_DIE_AFTER, /* _exit() behind it */
	WRAP_DIE_SHORT, /* write half of it, then _exit() */
	WRAP_ENOSPC,    /* this step and all writing after it fail */
	WRAP_EIO,       /* this step alone fails */
	WRAP_SHORT      /* half of it is written, and that is said: no fault */
};
#define WRAP_EXIT 77

struct wraps {
	enum wrap_mode mode;
	unsigned at;    /* step, from 1 */
	unsigned steps; /* so far */
	unsigned hits;  /* times that something was made to go wrong */
	/* Of the file written last, up to where it was synced: what lies behind
	 * may be lost with the power. */
	uint64_t synced;
};
/* In memory shared with children. */
extern struct wraps *wraps;

void wraps_init(void);
void wraps_arm(enum wrap_mode mode, unsigned at);

#endif
