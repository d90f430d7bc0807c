/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_SERVE_FACTS_H
#define AM_SERVE_FACTS_H

#include "store/fact_table.h"

struct am_vault;

/* What IMAP asks of a message, kept once it was worked out: fact_table.h. */

/* Strings live in the arena. */
AM_MUST_USE int am_fact_of(struct am_vault *vault, int64_t message,
                           struct am_arena *arena, struct am_fact *out,
                           struct am_error *err);
AM_MUST_USE int am_fact_size(struct am_vault *vault, int64_t message,
                             uint64_t *out, struct am_error *err);

#endif
