/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_EXTRACT_PARTS_H
#define AM_EXTRACT_PARTS_H

#include "base/error.h"
#include "extract/cache.h"

struct am_arena;
struct am_blob;
struct am_scan;

/*
 * The parts of a mail whose text mime/text.h does not give, and that may hold
 * some: files attached, in messages attached as well.
 */
struct am_extract_part {
	const char *section, *type;
	const char *name; /* NULL: nameless */
	struct am_extract_key key;
	/* Its bytes; NULL: they were not wanted.  The callback's only. */
	struct am_blob *blob;
	bool too_large; /* there is neither key nor blob */
};
typedef int am_extract_part_fn(void *user, const struct am_extract_part *part,
                               struct am_error *err);

/* Strings live in the arena.  A part that cannot be decoded is passed over; a
 * status of fn's other than AM_OK ends it and is handed back. */
AM_MUST_USE int am_extract_parts(const struct am_blob *raw,
                                 const struct am_scan *scan,
                                 struct am_arena *arena, am_extract_part_fn *fn,
                                 void *user, struct am_error *err);
/* Is there a part that may be given?  Looks at types alone. */
bool am_extract_parts_any(const struct am_scan *scan);

#endif
