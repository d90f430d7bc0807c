/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_EXTRACT_STATUS_H
#define AM_EXTRACT_STATUS_H

#include "base/compiler.h"

/*
 * What became of an attachment whose text was looked for.  The numbers are in
 * the cache and between the processes: never renumber.
 */
enum am_extract_status {
	AM_EXTRACT_NONE = 0, /* holds no text by its nature: a picture, say */
	AM_EXTRACT_OK = 1,
	AM_EXTRACT_EMPTY = 2,     /* read, and not a word in it: a scan */
	AM_EXTRACT_TRUNCATED = 3, /* the beginning of a very long text */
	AM_EXTRACT_ENCRYPTED = 4,
	AM_EXTRACT_UNSUPPORTED = 5, /* a kind of document we cannot read */
	AM_EXTRACT_SKIPPED = 6,     /* nobody was there to read it */
	/* The failures. */
	AM_EXTRACT_DAMAGED = 7,
	AM_EXTRACT_TIMEOUT = 8,
	AM_EXTRACT_CRASH = 9,
	AM_EXTRACT_MEMORY = 10,
	AM_EXTRACT_TOO_LARGE = 11 /* the file, or what came out of it */
};
#define AM_EXTRACT_N_STATUS 12

/* "ok", "too-large"; NULL for a number that is none. */
const char *am_extract_name(unsigned status);
/* Is it one of the failures? */
bool am_extract_failed(unsigned status);
/* A status, or "failed" for any of the failures. */
bool am_extract_is_name(const char *name);

#endif
