/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_AHEAD_H
#define AM_FORMATS_IMAP_AHEAD_H

#include "formats/imap/walk.h"

/*
 * Folders of no great size that nothing is known of yet: EXAMINE and the FETCH
 * of all that is in it, of a dozen of them in one round trip, and while bodies
 * of the one before are still coming.  Whatever goes wrong with one is
 * forgotten, and the folder is then read like any other.
 */
struct am_imap_ahead;

struct am_imap_ahead *am_imap_ahead_new(void);
void am_imap_ahead_free(struct am_imap_ahead **ahead);

/*
 * Asks for boxes[at] and those behind it that the memory knows nothing of,
 * unless that was done before; does not wait.  AM_FATAL or AM_OK, as all here.
 */
AM_MUST_USE int am_imap_ahead_start(struct am_imap_ahead *ahead,
                                    struct am_imap_control *control,
                                    struct am_memory *memory,
                                    const GPtrArray *boxes, guint at,
                                    struct am_error *err);
/* Nothing of it is under way any more. */
AM_MUST_USE int am_imap_ahead_finish(struct am_imap_ahead *ahead,
                                     struct am_imap_control *control,
                                     struct am_error *err);
/* Both, before boxes[at] is opened. */
AM_MUST_USE int am_imap_ahead_look(struct am_imap_ahead *ahead,
                                   struct am_imap_control *control,
                                   struct am_memory *memory,
                                   const GPtrArray *boxes, guint at,
                                   struct am_error *err);
/* What EXAMINE said of it, or NULL. */
const struct am_imap_mailbox *
am_imap_ahead_mailbox(const struct am_imap_ahead *ahead,
                      const struct am_imap_box *box);
/* What is there goes to the walk; the box is then known no more. */
void am_imap_ahead_give(struct am_imap_ahead *ahead,
                        const struct am_imap_box *box,
                        struct am_imap_walk *walk);

#endif
