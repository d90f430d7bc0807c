/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_CHECKPOINT_H
#define AM_FORMATS_MBOX_CHECKPOINT_H

#include "formats/mbox/dialect.h"

struct am_memory;

/*
 * Going on in the middle of a large mbox where a run was broken off.
 *
 * Every so often the source says, as a cursor (model/source.h), where it is; a
 * target that remembers that with what it stored lets the next run begin there,
 * if the file is the same: its size and time, and the bytes around that place.
 * At its end it says that there is nothing to go on with, so a run that came to
 * its end is followed by one that reads everything.
 *
 *   "OFFSET MESSAGES CUTS SIZE MTIME QUOTE SURE FAR SHA-256"
 *
 * Only of plain files, and not where the first message tells of all others
 * (X-IMAPbase).
 */
struct am_mbox_checkpoint {
	char *identity; /* NULL: none are made */
	uint64_t step;  /* from one to the next */
	uint64_t size;
	int64_t mtime; /* nanoseconds */
	/* Where to go on; 0: at the start. */
	uint64_t at, messages, cuts;
	enum am_mbox_quote quote;
	bool sure, far;
	uint64_t last; /* where the last was */
	char *text;    /* to be told next, or NULL */
	bool told;     /* one was: the end is to be told as well */
};

/* What path is: no checkpoints of a file that is not larger than a step, or one
 * that is packed; none with step 0. */
void am_mbox_checkpoint_init(struct am_mbox_checkpoint *c, const char *path,
                             uint64_t step);
void am_mbox_checkpoint_clear(struct am_mbox_checkpoint *c);
AM_MUST_USE int am_mbox_checkpoint_resume(struct am_mbox_checkpoint *c,
                                          struct am_memory *memory,
                                          struct am_error *err);
/* The file is open: is it the one?  Else it is read from the start. */
bool am_mbox_checkpoint_holds(struct am_mbox_checkpoint *c,
                              const struct am_file *file);
/* All before offset was given: so many messages, and so many were cut out.
 * Makes text when it is time for it. */
void am_mbox_checkpoint_reach(struct am_mbox_checkpoint *c,
                              const struct am_file *file,
                              const struct am_mbox_dialect *dialect,
                              uint64_t offset, uint64_t messages,
                              uint64_t cuts);
/* Makes text when there is something to take back. */
void am_mbox_checkpoint_end(struct am_mbox_checkpoint *c);

#endif
