/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_STORE_PREFIX_H
#define AM_STORE_PREFIX_H

#include "base/compiler.h"

/*
 * "Which messages may have this hash?" from memory, for the first import into
 * an archive, while the catalog's index of hashes is not built yet (a random
 * key costs a B-tree far more than one sort at the end does).
 *
 * Open addressing, 8 bytes a slot: 32 bits of the hash and the message's id.
 * So it answers with candidates, to be compared in the catalog.
 */
struct am_prefix;

#define AM_PREFIX_MAX 2000000u /* entries; beyond, the index is the better */

struct am_prefix *am_prefix_new(void);
void am_prefix_free(struct am_prefix **prefix);
/* false when it is full or the id does not fit: time to build the index. */
bool am_prefix_add(struct am_prefix *prefix, uint64_t key, uint64_t id);
size_t am_prefix_count(const struct am_prefix *prefix);

/* Candidates for a key, one a call; *at is 0 the first time, 0 comes back
 * after the last. */
uint64_t am_prefix_next(const struct am_prefix *prefix, uint64_t key,
                        size_t *at);

#endif
