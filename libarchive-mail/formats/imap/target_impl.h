/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_TARGET_IMPL_H
#define AM_FORMATS_IMAP_TARGET_IMPL_H

#include "formats/imap/target.h"

/* The inside of target.h: target.c has the names and makes mailboxes,
 * target_look.c reads what they hold, target_missing.c what they hold no more,
 * target_flags.c what they can hold. */
struct am_imap_targets {
	struct am_imap_account *account;
	struct am_imap_link *link;
	GPtrArray *all;        /* struct am_imap_target */
	GHashTable *by_name;   /* wire name -> target */
	GHashTable *by_folder; /* several may be one mailbox */
	GHashTable *renamed;   /* path in the source -> target, or NULL */
	unsigned busy;         /* refusals in a row that were to pass */
	bool listed, utf8;
	char separator;
	char *prefix;   /* of the personal namespace, wire form, or "" */
	uint32_t roles; /* bits of roles that some mailbox has */
};

/* What is on the server, asked once. */
AM_MUST_USE int am_imap_targets_list(struct am_imap_targets *targets,
                                     struct am_error *err);
/* A refusal that passes is waited out: the same again, but not for ever. */
AM_MUST_USE int am_imap_targets_judge(struct am_imap_targets *targets,
                                      int status,
                                      const struct am_imap_reply *reply,
                                      struct am_error *err);
/* PERMANENTFLAGS of the mailbox, or NULL. */
void am_imap_target_permanent(struct am_imap_target *target, const char *flags);

#endif
