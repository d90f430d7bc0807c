/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IMAP in the list of formats.
 */
#include "formats/imap/imap.h"

#include "formats/imap/sink.h"
#include "formats/server_login.h"

const struct am_option am_imap_options[] = {
	AM_SERVER_LOGIN_OPTIONS,
	{"connections", "1..4", "at the same time", "2"},
	{"folders", "PATTERN;…", "only these folders, and what is below them",
         NULL},
	{"skip", "PATTERN;…", "not these folders", NULL},
	{"subscribed", "YES/NO", "only folders that are subscribed", "no"},
	{"compress", "auto|on|off",
         "COMPRESS=DEFLATE; auto: where the line is slower than deflate",
         "auto"},
	{"id", "YES/NO", "say \"mailark\" to servers that ask who we are",
         "yes"},
	{"select", "auto|examine|select",
         "how folders are opened for reading; auto: examine, but with "
         "Courier select",
         "auto"},
	{"rate", "BYTES", "a second and connection, at most", NULL},
	{"budget", "BYTES/day",
         "stop for today after so much (Gmail: 2500M/day)", NULL},
	AM_IMAP_SINK_OPTIONS,
	{NULL, NULL, NULL, NULL},
};

static const char about[] =
	"All folders of an account, with flags, keywords, the received date "
	"and, where the server has them, Gmail's labels and object ids.  A "
	"folder behind the host takes only that one and those below it; as a "
	"target, it is where all goes, folders as folders below it.  "
	"A prefix of all names (INBOX.) is no part of them.  "
	"Where a server refuses characters of a folder's name (Dovecot's "
	"Maildir the dot), '_' stands for them there, and that is told.  "
	"Folders made on a target are subscribed as they are at the source, "
	"and the received date goes along with its zone; many servers (Dovecot "
	"in all its formats, Cyrus) give the same instant back in their own.  "
	"imap:// starts TLS or stops; imaps:// is TLS from the start.  Into an "
	"archive, a later run fetches only what is new and notes what changed "
	"or went; nothing is deleted, on either side, and no message is marked "
	"as read.";

const struct am_format am_format_imap = {
	.name = "imap",
	.title = "An account on an IMAP server (imaps://user@host)",
	.keeps = AM_KEEPS_BYTES | AM_KEEPS_FOLDERS | AM_KEEPS_EMPTY_FOLDERS |
                 AM_KEEPS_FLAGS | AM_KEEPS_KEYWORDS | AM_KEEPS_RECEIVED,
	.remote = true,
	.options = am_imap_options,
	.about = about,
	.reads = "an account on a server: `imaps://user@host`, or a "
		 "folder of it: `…/Folder`; later runs take only what "
		 "is new",
	.kept = "bytes, folders, flags, keywords, received date; "
		"Gmail's labels and object ids on the way in",
	.open_source = am_imap_source_open,
	.open_sink = am_imap_open_sink,
};
