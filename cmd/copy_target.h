/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_COPY_TARGET_H
#define MAILARK_COPY_TARGET_H

#include "base/error.h"

struct am_known;
struct am_place;
struct am_sink;
struct am_source;
struct am_state;
struct am_tally;
struct session;

/* Is anything there to be read already? */
bool copy_target_exists(const struct am_place *target);
/* AM_FAILED when the target is the source, or lies in it, or holds it. */
AM_MUST_USE int copy_target_apart(const struct am_place *source,
                                  const struct am_place *target,
                                  struct am_error *err);
/*
 * The target's memory of a server, for a sink that has none: beside a path, or
 * in the user's state folder for a URL.  *out NULL where none is needed.
 * `trusted`: the last run ended well and the target is as it was left, so that
 * it need not be read.
 */
AM_MUST_USE int copy_target_state(struct session *s,
                                  const struct am_place *target,
                                  const struct am_source *src,
                                  struct am_sink *sink, struct am_state **out,
                                  bool *trusted, struct am_error *err);
/* What a folder shows of itself; *out stays NULL for a file or a server. */
AM_MUST_USE int copy_target_tally(struct session *s,
                                  const struct am_place *target,
                                  struct am_tally **out, struct am_error *err);
/* Of a target that is one file; 0 otherwise. */
uint64_t copy_target_size(const struct am_place *target);
/* What the target holds, for sinks that do not know it themselves; and whether
 * that is what the state (or NULL) remembers of it, where that is in doubt.
 * What is, and is of this source, counts as spoken for. */
AM_MUST_USE int copy_target_known(struct session *s,
                                  const struct am_place *target,
                                  const struct am_source *src,
                                  const struct am_sink *sink,
                                  struct am_state *state, struct am_known **out,
                                  struct am_error *err);

#endif
