/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_SERVE_COMMANDS_H
#define AM_SERVE_COMMANDS_H

#include "serve/session_impl.h"

/* One function a command; which file has which is told there. */
#define AM_COMMAND(name)                                                 \
	void am_cmd_##name(struct am_session *s, am_args args, size_t n, \
	                   bool uid)

/* cmd_login.c */
AM_COMMAND(login);
AM_COMMAND(authenticate);
AM_COMMAND(starttls);
AM_COMMAND(compress);
/* cmd_list.c */
AM_COMMAND(list);
AM_COMMAND(lsub);
AM_COMMAND(xlist);
/* cmd_box.c */
AM_COMMAND(status);
AM_COMMAND(create);
AM_COMMAND(delete);
AM_COMMAND(rename);
AM_COMMAND(subscribe);
AM_COMMAND(unsubscribe);
/* cmd_select.c */
AM_COMMAND(select);
AM_COMMAND(examine);
AM_COMMAND(close);
AM_COMMAND(unselect);
/* fetch.c */
AM_COMMAND(fetch);
/* cmd_store.c */
AM_COMMAND(store);
AM_COMMAND(expunge);
AM_COMMAND(copy);
AM_COMMAND(move);
/* cmd_append.c */
AM_COMMAND(append);
AM_COMMAND(replace);
/* cmd_search.c, cmd_sort.c, cmd_thread.c */
AM_COMMAND(search);
AM_COMMAND(sort);
AM_COMMAND(thread);

/* cmd_notify.c */
AM_COMMAND(notify);
/* cmd_acl.c */
AM_COMMAND(myrights);
AM_COMMAND(getacl);
AM_COMMAND(setacl);
AM_COMMAND(deleteacl);
AM_COMMAND(listrights);

/* cmd_acl.c: a MYRIGHTS line. */
void am_rights_line(struct am_session *s, struct am_vault *v,
                    const struct am_mailbox *box);
/* cmd_box.c: a STATUS line with these items; false: BAD or NO was said. */
bool am_status_line(struct am_session *s, struct am_vault *v,
                    const struct am_mailbox *box,
                    const struct am_imap_value *items, size_t n);
/* … and whether they are items at all. */
bool am_status_items_ok(const struct am_imap_value *items, size_t n);

#endif
