/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAILDIR_COURIER_H
#define AM_FORMATS_MAILDIR_COURIER_H

#include "base/compiler.h"

/*
 * Courier's keywords of one folder, by base name of the message, from
 * courierimapkeywords/.  NULL when the folder has none.
 */
struct am_maildir_courier;
struct am_maildir_courier *am_maildir_courier_read(int root_fd,
                                                   const char *dir);
void am_maildir_courier_free(struct am_maildir_courier **courier);
/* NULL-terminated, or NULL; the object's. */
const char *const *
am_maildir_courier_get(const struct am_maildir_courier *courier,
                       const char *base, size_t base_len);

#endif
