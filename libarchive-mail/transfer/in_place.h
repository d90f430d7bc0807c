/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TRANSFER_IN_PLACE_H
#define AM_TRANSFER_IN_PLACE_H

#include "model/source.h"

struct am_in_place;

/*
 * A source seen through what an archive of mail in place has of it already:
 *
 *   - a message alone in its file is known by the file's size and time, one of
 *     a Maildir by its name, flags and size; neither is read again
 *   - a file of many messages that is as it was is left out, by its size and
 *     time; an mbox that only grew is read from its last message on
 *   - everything else is read, and the archive finds out what is the same
 *
 * What is left out counts as a duplicate.  A file whose time is that of this
 * very moment is read again the next time: it may be written to still.
 */

/* single: the location is one file; again: nothing is left out.  First the
 * source that looks, then what is opened with its ctx, which it takes. */
struct am_source *am_in_place_source_new(struct am_in_place *place, bool single,
                                         bool again, struct am_ctx *ctx);
struct am_ctx *am_in_place_source_ctx(struct am_source *src);
/* After the sink's begin(): is it a file that is as it was?  Then there is
 * nothing to open. */
bool am_in_place_source_same(struct am_source *src);
void am_in_place_source_over(struct am_source *src, struct am_source *inner);

#endif
