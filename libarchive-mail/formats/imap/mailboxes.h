/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_MAILBOXES_H
#define AM_FORMATS_IMAP_MAILBOXES_H

#include "formats/imap/session.h"
#include "model/folder.h"

#include <glib.h>

/*
 * What mailboxes there are: LIST, with roles, subscriptions and numbers in the
 * same command where the server can (RFC 5258, RFC 5819, RFC 6154), else with
 * LSUB beside it.  The wire name is kept for commands; the folder is what
 * people see, told apart where two names look the same.
 */
struct am_imap_box {
	char *name; /* wire form, NUL-terminated */
	const struct am_folder *folder;
	char separator; /* 0: none */
	bool selectable, subscribed, unsubscribed, all, trash, junk;
	/* What STATUS said, if it did. */
	bool told, told_modseq;
	bool again; /* it was refused: once more, behind all others */
	uint32_t uidvalidity, uidnext;
	uint64_t messages, highestmodseq;
};

/* GPtrArray of struct am_imap_box, in the server's order, INBOX first; free
 * with g_ptr_array_unref(). `numbers`: STATUS too, where it costs nothing. */
AM_MUST_USE int am_imap_mailboxes_list(struct am_imap_session *s, bool numbers,
                                       GPtrArray **out, struct am_error *err);
/*
 * What the names of one's own mailboxes begin with: NAMESPACE (RFC 2342), the
 * first personal one, "INBOX." on some; g_free() it.  *prefix and *separator
 * stay as they are where the server does not say.  In folders it is left out:
 * "INBOX.Sent" there is the folder "Sent".
 */
AM_MUST_USE int am_imap_mailboxes_prefix(struct am_imap_session *s,
                                         char **prefix, char *separator,
                                         struct am_error *err);
/* STATUS for those that were not told of, all under way at once. */
AM_MUST_USE int am_imap_mailboxes_status(struct am_imap_session *s,
                                         const GPtrArray *boxes,
                                         struct am_error *err);

/* The inside: what LIST, LSUB and STATUS lines say, by wire name. */
struct am_imap_listing {
	struct am_imap_session *session;
	GPtrArray *boxes;
	GHashTable *by_name; /* wire name -> box */
	GPtrArray *roles;    /* of each: the RFC 6154 attribute, or "" */
	bool any_role;
	char *prefix;        /* of the names of one's own, or NULL */
	uint64_t beyond;     /* names past the limit */
	bool subscriptions;  /* which are subscribed was told, */
	bool any_subscribed; /* and some are */
};
int am_imap_listing_line(struct am_imap_listing *l,
                         const struct am_imap_line *line);
/* Folders, roles, collisions, order. */
AM_MUST_USE int am_imap_listing_name(struct am_imap_listing *l,
                                     struct am_error *err);
void am_imap_box_free(void *box);

#endif
