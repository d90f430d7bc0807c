/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_FOLDER_GLOBS_H
#define MAILARK_FOLDER_GLOBS_H

#include "cmd/opt.h"
#include "model/folder.h"

struct session;

/*
 * --folder GLOB …: one that no folder is called like is most likely mistyped,
 * and silence would look like an empty folder.
 */

/* Does one fit?  Remembers which do. */
bool folder_globs_fit(const struct opt_list *globs,
                      const struct am_folder *folder);
/* Name those that have fitted nothing. */
void folder_globs_tell(struct session *s, const struct opt_list *globs);

#endif
