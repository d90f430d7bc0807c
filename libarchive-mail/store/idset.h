/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_STORE_IDSET_H
#define AM_STORE_IDSET_H

#include "base/compiler.h"

/*
 * A set of ids, which are mostly given out one by one: a bit each, in small
 * pages, so that a million cost a few hundred KiB and a damaged archive that
 * names absurd ids costs no more than it is long.
 */
struct am_idset;

struct am_idset *am_idset_new(void);
void am_idset_free(struct am_idset **set);
void am_idset_add(struct am_idset *set, uint64_t id);
bool am_idset_has(const struct am_idset *set, uint64_t id);
uint64_t am_idset_count(const struct am_idset *set);

#endif
