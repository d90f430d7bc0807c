/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAILDIR_UIDS_H
#define AM_FORMATS_MAILDIR_UIDS_H

#include "base/compiler.h"

struct am_maildir_list;

/*
 * Tell the list its UIDs, from dovecot-uidlist (versions 1 and 3) or
 * courierimapuiddb.  Returns the UIDVALIDITY, 0 when there is none.
 */
uint32_t am_maildir_uids_read(struct am_maildir_list *list, int root_fd,
                              const char *dir);

#endif
