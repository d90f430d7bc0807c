/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_STORE_CATALOG_H
#define AM_STORE_CATALOG_H

#include "store/items.h"
#include "store/log.h"

struct am_overview;

/*
 * The catalog: one SQLite database that answers quickly what the log knows.
 * WAL, one writer; everything in it can be made again from the log.  It holds
 * the commit it reflects; SQLite's transactions follow the log's commits.
 */
struct am_catalog;

AM_MUST_USE int am_catalog_open(struct am_catalog **out, const char *dir,
                                bool writable, struct am_error *err);
void am_catalog_close(struct am_catalog **catalog);
/* The commit it stands at; AM_END when it is empty; archive_id to compare. */
AM_MUST_USE int am_catalog_position(struct am_catalog *catalog,
                                    uint64_t *archive_id,
                                    struct am_commit *out,
                                    struct am_error *err);
AM_MUST_USE int am_catalog_begin(struct am_catalog *catalog,
                                 struct am_error *err);
AM_MUST_USE int am_catalog_end(struct am_catalog *catalog, uint64_t archive_id,
                               const struct am_commit *commit,
                               struct am_error *err);
void am_catalog_rollback(struct am_catalog *catalog);

AM_MUST_USE int am_catalog_add_block(struct am_catalog *catalog, uint64_t block,
                                     uint64_t pos, struct am_error *err);
AM_MUST_USE int am_catalog_add_blob(struct am_catalog *catalog,
                                    const uint8_t hash[AM_SHA256_LEN],
                                    uint64_t size, uint64_t pos,
                                    struct am_error *err);
AM_MUST_USE int am_catalog_add_folder(struct am_catalog *catalog,
                                      const struct am_item_folder *folder,
                                      struct am_error *err);
AM_MUST_USE int am_catalog_add_message(struct am_catalog *catalog,
                                       const struct am_item_message *message,
                                       const struct am_overview *overview,
                                       struct am_error *err);
AM_MUST_USE int am_catalog_add_placement(
	struct am_catalog *catalog, const struct am_item_placement *placement,
	uint64_t seq, struct am_error *err);
AM_MUST_USE int am_catalog_add_change(struct am_catalog *catalog,
                                      const struct am_item_change *change,
                                      uint64_t seq, struct am_error *err);

#endif
