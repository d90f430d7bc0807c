/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAILDIR_LIST_H
#define AM_FORMATS_MAILDIR_LIST_H

#include "base/error.h"

struct am_ctx;

/*
 * The files of one Maildir, held compactly: one run of bytes with all names
 * and 24 bytes for each, so that a folder of a million costs about 90 MB while
 * it is read, and no stat(2) at all.
 *
 * First read, then told the UIDs in any order, then sorted for giving: by UID
 * where there is one, those without behind, by the number the name begins
 * with, then by name.
 */
struct am_maildir_list;

struct am_maildir_entry {
	const char *subdir; /* "cur" or "new" */
	const char *name;
	size_t base_len;
	uint32_t uid;
};

/* path is relative to dir_fd.  A Maildir without new/ or cur/ is fine.  After
 * AM_FAILED *out is there too, with what could be read. */
AM_MUST_USE int am_maildir_list_read(struct am_maildir_list **out, int dir_fd,
                                     const char *path, struct am_ctx *ctx,
                                     struct am_error *err);
void am_maildir_list_free(struct am_maildir_list **list);

size_t am_maildir_list_count(const struct am_maildir_list *list);
/* Before the final sort only. */
void am_maildir_list_set_uid(struct am_maildir_list *list, const char *base,
                             size_t base_len, uint32_t uid);
void am_maildir_list_sort(struct am_maildir_list *list);
/* In sorted order; names are the list's. */
struct am_maildir_entry am_maildir_list_get(const struct am_maildir_list *list,
                                            size_t i);
/* By base name, before the final sort only; false when there is none. */
bool am_maildir_list_find(const struct am_maildir_list *list, const char *base,
                          size_t base_len, struct am_maildir_entry *out);

#endif
