/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/maildir/maildir.h"

#include <string.h>

const struct am_option am_maildir_options[] = {
	{"layout", "auto|++|fs",
         "how folders lie: Maildir++ (.A.B) or nested directories (A/B)",
         "auto"},
	{"durable", "yes|no|each",
         "on disk: at each commit, whenever the system likes, or file by file",
         "yes"},
	{"labels", "folders|keywords|first",
         "further labels of a message become hard links in further folders, "
         "keywords, or nothing",
         "folders"},
	{"eol", "keep|lf|crlf", "line ends: as they came, or made alike",
         "keep"},
	{NULL, NULL, NULL, NULL},
};

static const char about[] =
	"Reads Maildir, Maildir++ and trees of them, with the flags in the "
	"file "
	"names, the keywords, UIDs and subscriptions of Dovecot and Courier, "
	"and files compressed by Dovecot.  The received date is the file's "
	"time "
	"or the time in its name, whichever the Received: header bears out.\n"
	"Writes bytes exactly as they came, the received date into file time "
	"and name, keywords (26 a folder) as Dovecot does.  Labels become "
	"hard links in further folders unless told otherwise.  Envelope "
	"senders and properties of "
	"other formats are left behind.";

static bool has_name(const char *const *names, const char *name)
{
	for (; names && *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

/* cur/, new/ and tmp/ side by side are no accident; two of them hardly.  The
 * same one level down speaks for a tree of Maildirs. */
static int bid(int cur, int new, int tmp)
{
	switch (cur + new + tmp) {
	case 3:
		return 48;
	case 2:
		return cur ? 40 : 0;
	default:
		return cur ? 20 : 0;
	}
}

static int maildir_probe(const struct am_probe *probe)
{
	int cur = 0, new = 0, tmp = 0, best = 0;

	if (!probe->is_directory)
		return 0;
	for (size_t i = 0; i < probe->n_entries; i++) {
		const struct am_probe_entry *e = &probe->entries[i];
		int below;

		if (!e->is_directory)
			continue;
		cur |= !strcmp(e->name, "cur");
		new |= !strcmp(e->name, "new");
		tmp |= !strcmp(e->name, "tmp");
		below = bid(has_name(e->inside, "cur"),
		            has_name(e->inside, "new"),
		            has_name(e->inside, "tmp"));
		if (below > best)
			best = below;
	}
	cur = bid(cur, new, tmp);
	if (cur >= best)
		return cur;
	return best > 4 ? best - 4 : 0;
}

const struct am_format am_format_maildir = {
	.name = "maildir",
	.title = "Maildir and Maildir++ (one file a message)",
	.keeps = AM_KEEPS_BYTES | AM_KEEPS_FOLDERS | AM_KEEPS_EMPTY_FOLDERS |
                 AM_KEEPS_FLAGS | AM_KEEPS_KEYWORDS | AM_KEEPS_RECEIVED,
	.options = am_maildir_options,
	.about = about,
	.reads = "Maildir++, nested; Dovecot and Courier keywords",
	.writes = "both",
	.kept = "bytes, folders, flags, keywords, received date",
	.probe = maildir_probe,
	.open_source = am_maildir_source_open,
	.open_sink = am_maildir_sink_open,
};
