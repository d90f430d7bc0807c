/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAILDIR_PATH_H
#define AM_FORMATS_MAILDIR_PATH_H

#include "base/compiler.h"

struct am_arena;
struct am_folder;

enum am_maildir_layout {
	AM_MAILDIR_AUTO,
	AM_MAILDIR_PLUSPLUS, /* root is INBOX; .A.B is A/B */
	AM_MAILDIR_FS        /* root is INBOX; A/B is A/B */
};

/*
 * Folders and the directories they lie in.  A part is spelled in modified
 * UTF-7; what the layout gives a meaning to is escaped as Dovecot's
 * listescape does it: "a.b" is "a\2eb".
 */

/*
 * The directory of a folder, relative to the root, "" for the root itself
 * (INBOX and the folder of depth 0); g_free() it.  *exact is false when the
 * name had to be cut: the true one then belongs in AM_FOLDER_FILE.
 */
char *am_maildir_path_encode(const struct am_folder *folder,
                             enum am_maildir_layout layout, bool *exact);
/* One part as in a name of Maildir++, and in Dovecot's subscriptions. */
char *am_maildir_path_encode_part(const char *part);
/* One part of a directory name as UTF-8; never empty for a part that is not.
 * Names that are not modified UTF-7 are taken as they are. */
char *am_maildir_path_decode(struct am_arena *arena, const char *part);

/* "++", "fs" or "auto"; false for other words. */
bool am_maildir_path_layout(const char *word, enum am_maildir_layout *out);

#endif
