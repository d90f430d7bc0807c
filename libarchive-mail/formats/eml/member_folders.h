/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_EML_MEMBER_FOLDERS_H
#define AM_FORMATS_EML_MEMBER_FOLDERS_H

#include "base/error.h"

struct am_folder;

/*
 * The folders of a container's members: a directory as stored is one.
 * "a/../b/c.eml" lies in a/b: names only ever become parts, so there is nowhere
 * to climb to.
 */
struct am_member_folders;

struct am_member_folders *am_member_folders_new(void);
void am_member_folders_free(struct am_member_folders **folders);
/*
 * The folder of a member, which lives as long as the list.  named: the parts it
 * is known to have instead (NULL: of its directory).  box: it is a mailbox
 * itself, whose name without its ending is the last part.  *fresh: asked for
 * the first time.
 */
AM_MUST_USE int am_member_folders_get(struct am_member_folders *folders,
                                      const char *member, char **named,
                                      bool box, const struct am_folder **out,
                                      bool *fresh, struct am_error *err);

#endif
