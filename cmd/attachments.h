/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_ATTACHMENTS_H
#define MAILARK_ATTACHMENTS_H

#include "mime/scan.h"

struct session;

/*
 * Write every attachment of a message into a folder, decoded.  Names come from
 * strangers: they lose their folders and whatever a file system or a shell
 * might stumble over, and nothing that is there is ever overwritten.
 */
AM_MUST_USE int attachments_save(struct session *s, const struct am_blob *raw,
                                 const struct am_scan *scan, const char *dir,
                                 struct am_error *err);
/*
 * One of them.  `to` is a folder (it is there, or ends in '/' and is made), in
 * which the file gets a safe name of its own; or the path of a new file: what
 * is there is not overwritten.  *path says where it went; g_free() it.
 */
AM_MUST_USE int attachments_save_part(const struct am_blob *raw,
                                      const struct am_scan *scan, size_t part,
                                      const char *to, char **path,
                                      uint64_t *size, struct am_error *err);
/* The name such a file gets; g_free() it. */
char *attachments_safe_name(const char *name, const char *type);

#endif
