/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_BROWSE_PATH_H
#define MAILARK_BROWSE_PATH_H

#include "base/compiler.h"

/* Paths as they are typed where no shell reads them. */

/* "~/x" as the home folder's x, all else as it is; g_free() it. */
char *path_expand(const char *typed);
/* As much further as there is one way to go on: "in" -> "inbox/" where nothing
 * else begins so; g_free() it. */
char *path_complete(const char *typed);

#endif
