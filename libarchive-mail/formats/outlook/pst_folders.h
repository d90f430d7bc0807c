/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_OUTLOOK_PST_FOLDERS_H
#define AM_FORMATS_OUTLOOK_PST_FOLDERS_H

#include "formats/outlook/pst_tree.h"
#include "model/folder.h"
#include "outlook/pst/store.h"

/* Written by us, or without a message. */
bool am_pst_is_ours(const struct am_pst_store *store);

/*
 * The folders of a store as those of a source, by the same numbers, standing in
 * `within`; NULL for one that is not given: a root, or what is outside of what
 * people see and has nothing in it that is asked for.  Two of one name become
 * two.  Unref each, g_free() the list; also after a failure.
 */
AM_MUST_USE int am_pst_folders_make(const struct am_folder ***out,
                                    struct am_pst_store *store,
                                    const struct am_pst_settings *set,
                                    char *const *within, struct am_error *err);

/* One more, called so unless one of them is. */
AM_MUST_USE int am_pst_folders_spare(const struct am_folder **out,
                                     const struct am_folder *const *folders,
                                     size_t n, char *const *within,
                                     const char *name, struct am_error *err);

#endif
