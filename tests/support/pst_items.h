/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_PST_ITEMS_H
#define AM_TESTS_PST_ITEMS_H

#include "outlook/mapi/item.h"
#include "outlook/pst/store.h"
#include "outlook/pst_write/writer.h"

/*
 * Made-up items for the PST writer's tests, and what has become of them: a
 * store that is read again must have of each all that was put in.  Whatever
 * fails in here fails the test.
 */

/* A mail as the mapping makes them, with a recipient and `body` bytes of text;
 * the same number gives the same mail. */
struct am_mapi_item *am_test_mapi_item(struct am_arena *arena, unsigned number,
                                       size_t body);
struct am_mapi_props *am_test_mapi_recipient(struct am_mapi_item *item,
                                             const char *name,
                                             const char *address);
/* A file of len bytes that differ by place and by seed. */
void am_test_mapi_attach(struct am_mapi_item *item, const char *name,
                         size_t len, unsigned seed);
struct am_blob *am_test_mapi_bytes(size_t len, unsigned seed);

/* A writer of "NAME" in the test's folder; notes of the writer fail. */
struct am_pst_writer *am_test_pst_writer(const char *name, uint64_t max_size);
am_pst_nid am_test_pst_subfolder(struct am_pst_writer *w, am_pst_nid parent,
                                 const char *name);
void am_test_pst_put(struct am_pst_writer *w, am_pst_nid folder,
                     const struct am_mapi_item *item);
/* Finishes; the file must be no larger than was said, and pass the check. */
void am_test_pst_written(struct am_pst_writer **w, const char *name);
/* All that is found in it; every finding is printed when `tell`. */
uint64_t am_test_pst_findings(const char *name, bool tell);

struct am_pst_store *am_test_pst_store(const char *name);
/* The ids of what a folder of that name has; g_free() them. */
am_pst_nid *am_test_pst_list(struct am_pst_store *store, const char *folder,
                             enum am_pst_which which, size_t *n);
/* The item of that id has all that `want` has. */
void am_test_pst_same(struct am_pst_store *store, am_pst_nid nid,
                      const struct am_mapi_item *want);

#endif
