/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_TARGET_NAME_H
#define AM_FORMATS_IMAP_TARGET_NAME_H

#include "base/error.h"

struct am_folder;

/* Which characters a name may have, for servers that refuse some. */
enum am_imap_plain {
	AM_IMAP_NAME_ANY,
	AM_IMAP_NAME_PLAIN,  /* ASCII letters, digits and few more, as Cyrus */
	AM_IMAP_NAME_DOTLESS /* nor '.', which parts folders in Maildir++ */
};

/* How a server names its mailboxes. */
struct am_imap_naming {
	char separator;     /* 0: none, a flat list */
	const char *prefix; /* of the personal namespace, wire form, or "" */
	bool utf8;          /* else modified UTF-7 */
	enum am_imap_plain plain;
};

/* The mailbox name of a folder, g_free() it; *changed: '_' had to stand for
 * some characters.  NULL: none can be made. */
char *am_imap_target_name(const struct am_imap_naming *how,
                          const struct am_folder *folder, bool *changed,
                          struct am_error *err);
/* Where a folder comes to lie when the URL names one, `parts`: there, with its
 * own name behind; what lies there already stays, and the inbox is the folder
 * itself. */
AM_MUST_USE int am_imap_target_place(char *const *parts,
                                     const struct am_folder *folder,
                                     const struct am_folder **out,
                                     struct am_error *err);

#endif
