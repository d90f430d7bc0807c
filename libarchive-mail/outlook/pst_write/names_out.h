/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_PST_WRITE_NAMES_OUT_H
#define AM_OUTLOOK_PST_WRITE_NAMES_OUT_H

#include "outlook/pst_write/context_out.h"

struct am_arena;
struct am_mapi_name;

/*
 * The named properties of a store that is written ([MS-PST] 2.4.7): each name
 * gets the next id when it is first met.  "Keywords" is there from the start,
 * so that no stream of the map is ever empty.
 */
struct am_pst_names_out {
	struct am_arena *arena;
	GHashTable *ids; /* struct am_mapi_name: id */
	GByteArray *guids, *entries, *strings;
	GArray *hashes; /* of what is in its buckets */
};

enum { AM_PST_BUCKETS = 251 };

void am_pst_names_out_init(struct am_pst_names_out *names);
void am_pst_names_out_clear(struct am_pst_names_out *names);
/* 0: there are no more ids. */
unsigned am_pst_names_out_id(struct am_pst_names_out *names,
                             const struct am_mapi_name *name);
/* No less than the map's node will take in the file. */
uint64_t am_pst_names_out_size(const struct am_pst_names_out *names);
AM_MUST_USE int am_pst_names_out_put(struct am_pst_names_out *names,
                                     struct am_pst_context_out *c,
                                     am_pst_bid *data, am_pst_bid *sub,
                                     struct am_error *err);

#endif
