/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_STATE_H
#define AM_INDEX_STATE_H

#include "base/error.h"

/*
 * What an index consists of: one small text file beside the shards.  Replacing
 * it is what makes a step of an update visible; whatever it does not name is
 * rubbish of a broken-off one.
 *
 *   mailark-index 7
 *   archive 1f3c...                whose messages these are
 *   seq 123456                     the archive's changes are known up to here
 *   last 99999                     message ids up to here are indexed
 *   shard 1 65536 65530            first id, last id, documents
 *   gone 17 20-29                  ids without a live placement
 *   crc 0a1b2c3d                   CRC-32 of everything above
 */
struct am_shard {
	uint32_t first, last, documents;
};

struct am_id_set {
	size_t n;
	uint32_t *ids; /* ascending; g_free() */
};

struct am_state {
	uint64_t archive, seq;
	uint32_t last;
	size_t n_shards;
	struct am_shard *shards; /* ascending */
	struct am_id_set gone;
};

#define AM_SHARDS_MAX 10000 /* that a state file may name */

/* AM_END: there is none.  AM_FAILED: AM_E_CORRUPT when it is damaged,
 * AM_E_UNSUPPORTED when a newer mailark made it. */
AM_MUST_USE int am_state_read(struct am_state *out, const char *dir,
                              struct am_error *err);
/* Whole or not at all. */
AM_MUST_USE int am_state_write(const struct am_state *state, const char *dir,
                               struct am_error *err);
void am_state_clear(struct am_state *state);
void am_state_copy(struct am_state *to, const struct am_state *from);

/* "DIR/s-1-65536.xdb"; g_free() it. */
char *am_shard_path(const char *dir, const struct am_shard *shard);
/* Removes every shard that the state does not name. */
AM_MUST_USE int am_state_sweep(const struct am_state *state, const char *dir,
                               struct am_error *err);

/* Ids of b that are gone go into a, those that are back leave it; both lists
 * ascending. */
void am_id_set_change(struct am_id_set *set, const uint32_t *add, size_t n_add,
                      const uint32_t *drop, size_t n_drop);
bool am_id_set_has(const struct am_id_set *set, uint32_t id);

#endif
