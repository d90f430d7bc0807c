/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MODEL_FOLDER_H
#define AM_MODEL_FOLDER_H

#include "model/message.h"

/*
 * Making, comparing and printing folders (struct am_folder in message.h).
 * Counted with atomics, so any thread may ref and unref.
 */

/* Parts are copied.  AM_E_ARGUMENT when a part is empty or holds a NUL. */
AM_MUST_USE int am_folder_new(struct am_folder **out, const char *const *parts,
                              size_t depth, enum am_role role,
                              struct am_error *err);
const struct am_folder *am_folder_ref(const struct am_folder *folder);
void am_folder_unref(const struct am_folder **folder); /* becomes NULL */

bool am_folder_equal(const struct am_folder *a, const struct am_folder *b);
uint64_t am_folder_hash(const struct am_folder *folder); /* of the parts */

/*
 * For people and for --folder GLOB: parts joined by '/', a '/' or '\\' inside
 * a part escaped with '\\'; the root is "".  g_free() it.
 */
char *am_folder_print(const struct am_folder *folder);
/* fnmatch(3) of that text, case-insensitively; a pattern without wildcards
 * also matches everything below it. */
bool am_folder_matches(const struct am_folder *folder, const char *glob);

/* "inbox", "sent" … or NULL for none. */
const char *am_role_name(enum am_role role);
/* The role a folder name has in the languages mail comes in ("Gesendet",
 * "Corbeille", "[Gmail]/All Mail"): a guess, only for sources without better.
 */
enum am_role am_role_guess(const char *name);

#endif
