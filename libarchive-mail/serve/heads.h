/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_SERVE_HEADS_H
#define AM_SERVE_HEADS_H

#include "store/head_table.h"

struct am_arena;
struct am_blob;
struct am_cancel;
struct am_house;
struct am_limits;
struct am_scan;
struct am_vault;

/*
 * What SEARCH TEXT looks at besides bodies: all header fields of a message and
 * of its parts, decoded, as one text without regard to case.
 */
AM_MUST_USE int am_heads_read(char **out, const struct am_blob *raw,
                              const struct am_scan *scan,
                              const struct am_limits *limits,
                              struct am_arena *arena, struct am_error *err);

/* That of all messages is kept (head_table.h), and what the house's index does
 * not keep of their bodies, by whoever has time for it, before it is asked for;
 * until then they are read.  So are the fields that are asked for by name. */
AM_MUST_USE int am_vault_heads_update(struct am_vault *vault,
                                      const struct am_house *house,
                                      const struct am_cancel *cancel,
                                      struct am_error *err);
/* For a search among so many messages.  AM_END: these are read sooner than all
 * that is kept is looked through. */
AM_MUST_USE int am_vault_heads_find(struct am_vault *vault, const char *folded,
                                    size_t among, struct am_heads *out,
                                    struct am_error *err);
/* Which of these fields hold it, that are in the catalog whole. */
enum am_field_number {
	AM_FIELD_FROM,
	AM_FIELD_TO,
	AM_FIELD_CC,
	AM_FIELD_SUBJECT
};
/* The table's number of a field: so many times the message's, and the field's.
 */
#define AM_FIELD_NUMBERS 8
AM_MUST_USE int am_vault_field_find(struct am_vault *vault, const char *folded,
                                    struct am_heads *out, struct am_error *err);
/* As am_heads_ask(). */
int am_field_ask(const struct am_heads *heads, int64_t message,
                 enum am_field_number number);
/* The same: in whose body it may be although the index does not say so. */
AM_MUST_USE int am_vault_unkept_find(struct am_vault *vault, const char *folded,
                                     size_t among, struct am_heads *out,
                                     struct am_error *err);

#endif
