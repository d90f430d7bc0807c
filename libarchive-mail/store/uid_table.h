/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_STORE_UID_TABLE_H
#define AM_STORE_UID_TABLE_H

#include "base/error.h"

/*
 * The UIDs of mailboxes that only show messages of others: a flag, a search.
 * Their UIDs are no part of the archive, so they are kept in a small database
 * beside the catalog (virtual.sqlite).  Without it all get new ones, under a
 * new UIDVALIDITY.  Any thread may call, and other processes at the same time.
 */
struct am_uid_table;

/* dir: the archive's cache; where nothing can be written it is in memory. */
struct am_uid_table *am_uid_table_open(const char *dir, uint64_t archive);
void am_uid_table_close(struct am_uid_table **table);

/*
 * The mailbox of this name now holds these messages, ascending.  Those that it
 * did not hold until now get UIDs greater than all it ever gave, also when they
 * were in it once before.  uids: room for n.
 */
AM_MUST_USE int am_uid_table_follow(struct am_uid_table *table,
                                    const char *name, const int64_t *messages,
                                    size_t n, uint32_t *uids,
                                    uint32_t *uidvalidity, uint32_t *uidnext,
                                    struct am_error *err);

#endif
