/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_WALK_H
#define AM_FORMATS_IMAP_WALK_H

#include "formats/imap/control.h"

/*
 * All messages of a folder whose UID is in a set, by what FETCH says of them,
 * never by SEARCH, whose answers are cut short by some servers.  In windows of
 * UIDs as wide as the folder is thin, so that a window holds some thousand
 * messages at most, or, where the server can (RFC 9394), in pages of so many;
 * ascending within each.
 */
struct am_imap_walk;

/* Takes `uids`.  `expected`: about how many there are.  `flags_only`: no more
 * than UID, FLAGS and labels is asked for. */
struct am_imap_walk *am_imap_walk_new(struct am_imap_control *control,
                                      const struct am_imap_box *box,
                                      struct am_imap_set *uids,
                                      uint64_t expected, bool flags_only);
/* What is there of UIDs 1 … last is known already: it is given and not asked
 * for, where all of them are wanted.  Takes the messages out of the array. */
void am_imap_walk_known(struct am_imap_walk *walk, GPtrArray *messages,
                        uint32_t last);
void am_imap_walk_free(struct am_imap_walk **walk);
/* AM_FAILED: one message (*uid) or all from there on (*uid 0) could not be
 * asked for; go on. */
AM_MUST_USE int am_imap_walk_next(struct am_imap_walk *walk,
                                  struct am_message **out, uint32_t *uid,
                                  struct am_error *err);
/* What is still to be given is here. */
bool am_imap_walk_all_asked(const struct am_imap_walk *walk);
/* Everything below it was given; 0: nothing is certain. */
uint32_t am_imap_walk_done_below(const struct am_imap_walk *walk);

#endif
