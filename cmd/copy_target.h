/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_COPY_TARGET_H
#define MAILARK_COPY_TARGET_H

#include "base/error.h"

struct am_known;
struct am_place;
struct session;

/* Is anything there to be read already? */
bool copy_target_exists(const struct am_place *target);
/* AM_FAILED when the target is the source, or lies in it, or holds it. */
AM_MUST_USE int copy_target_apart(const struct am_place *source,
                                  const struct am_place *target,
                                  struct am_error *err);
/* What the target holds, for sinks that do not know it themselves. */
AM_MUST_USE int copy_target_known(struct session *s,
                                  const struct am_place *target,
                                  struct am_known **out, struct am_error *err);

#endif
