/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/boundary.h"
#include "formats/mbox/mbox.h"
#include "formats/mbox/names.h"
#include "formats/mbox/source.h"

#include <glib.h>

#include <string.h>

const struct am_option am_mbox_options[] = {
	{"dialect", "auto|mboxrd|mboxo|mboxcl|mboxcl2|mmdf",
         "how From_ lines are quoted; auto looks (from), is mboxrd (to)",
         "auto"},
	{"include-deleted", NULL,
         "from: also what Mozilla had deleted but not yet compacted", "yes"},
	{"from-tz", "UTC|local|+0100|Area/City",
         "from: the zone of separator dates that name none", "UTC"},
	{"leave", "nothing|maildirs|mail",
         "from a tree: leave to others Maildirs, or also single mails",
         "nothing"},
	{"rebuild", NULL,
         "from Eudora: give its mails as they were, with the files it "
         "detached",
         "yes"},
	{"attachments", "DIR",
         "from: where such files lie (else beside the mailbox, as Eudora has "
         "them)",
         NULL},
	{"name", "NAME",
         "from a pipe: what the mailbox is called (else stdin, or the pipe's)",
         NULL},
	{"checkpoint", "BYTES",
         "from a file: say where it is so often, to go on there after a break",
         "67108864"},
	{"split-at", "OFFSET:OFFSET…",
         "from: a message begins at these From_ lines, whatever they look like",
         NULL},
	{"join-at", "OFFSET:OFFSET…",
         "from: no message begins at these From_ lines", NULL},
	{"crlf", NULL, "to: end the lines that are added with CR LF", "no"},
	{"state", "headers|none",
         "to: keep flags and keywords in Status, X-Status, X-Keywords",
         "headers"},
	{"labels", "keywords|folders|first",
         "to: labels into the header, a copy into each label's folder, or "
         "dropped",
         "keywords"},
	{"as-imported", NULL,
         "to: the very bytes of the mbox it came from, where they are known",
         "no"},
	{"tree", NULL, "to: a directory, one file per folder", "no"},
	{NULL, NULL, NULL, NULL},
};

/* Names that a Maildir, or an archive of ours, would have. */
static bool maildir(const struct am_probe *probe)
{
	int n = 0;
	for (size_t i = 0; i < probe->n_entries; i++) {
		const struct am_probe_entry *e = &probe->entries[i];
		if (e->is_directory &&
		    (!strcmp(e->name, "cur") || !strcmp(e->name, "new") ||
		     !strcmp(e->name, "tmp")))
			n++;
	}
	return n == 3;
}

/* A directory's own directories: do their names speak of mailboxes? */
static bool holds_mailboxes(const struct am_probe_entry *e)
{
	if (g_str_has_suffix(e->name, ".sbd"))
		return true;
	for (size_t i = 0; e->inside && e->inside[i]; i++) {
		const char *name = e->inside[i];
		if (am_mbox_name_typical(name) ||
		    g_str_has_suffix(name, ".sbd") ||
		    g_str_has_suffix(name, ".msf"))
			return true;
		if (!strcmp(name, "mbox") && am_mbox_name_typical(e->name))
			return true;
	}
	return false;
}

static int probe_directory(const struct am_probe *probe)
{
	size_t mailboxes = 0, late = 0, others = 0, below = 0;
	if (maildir(probe))
		return 0;
	for (size_t i = 0; i < probe->n_entries; i++) {
		const struct am_probe_entry *e = &probe->entries[i];
		if (e->is_directory) {
			below += holds_mailboxes(e);
			continue;
		}
		if (am_mbox_name_ignored(e->name) || !e->size || !e->head)
			continue;
		int fits = am_mbox_head_fits(e->head, e->head_len,
		                             e->size <= e->head_len);
		mailboxes += fits == 2;
		/* Cut out of a larger one; and no zip with one in it. */
		late += fits == 1 && !memchr(e->head, 0, e->head_len);
		if (fits != 2 && e->name[0] != '.')
			others++; /* who knows what programs hide */
	}
	if (!mailboxes)
		return below && !others ? 12 : late ? 8 : 0;
	return mailboxes > others ? 40 : mailboxes * 4 > others ? 24 : 8;
}

static int probe(const struct am_probe *probe)
{
	if (probe->is_directory)
		return probe_directory(probe);
	if (probe->packed &&
	    (!strcmp(probe->packed, "zip") || !strcmp(probe->packed, "tar")))
		return 0;
	int bits = 0;
	switch (am_mbox_head_fits(probe->head, probe->head_len,
	                          !probe->packed &&
	                                  probe->size <= probe->head_len)) {
	case 2:
		bits = 44;
		break;
	case 1:
		bits = 20;
		break;
	default:
		break;
	}
	/* An empty file named like a mailbox is an empty mailbox. */
	if (!probe->size && am_mbox_name_typical(probe->name))
		bits = 8;
	return bits;
}

/* The header fields carry state, the props of an import all that was there. */
static uint32_t keeps_with(const struct am_location *where)
{
	uint32_t keeps = am_format_mbox.keeps;
	bool as_imported = false;
	const char *state = am_location_option(where, am_mbox_options, "state");
	const char *labels =
		am_location_option(where, am_mbox_options, "labels");
	if (!am_location_switch(where, am_mbox_options, "as-imported",
	                        &as_imported, NULL) &&
	    as_imported)
		keeps |= AM_KEEPS_PROPS;
	if (state && !strcmp(state, "none"))
		keeps &= ~(uint32_t)(AM_KEEPS_FLAGS | AM_KEEPS_KEYWORDS |
		                     AM_KEEPS_LABELS);
	if (labels && strcmp(labels, "keywords") != 0)
		keeps &= ~(uint32_t)AM_KEEPS_LABELS;
	return keeps;
}

const struct am_format am_format_mbox = {
	.name = "mbox",
	.title = "Unix mbox (mboxrd, mboxo, mboxcl, mboxcl2), file or tree",
	.keeps = AM_KEEPS_BYTES | AM_KEEPS_FOLDERS | AM_KEEPS_EMPTY_FOLDERS |
                 AM_KEEPS_FLAGS | AM_KEEPS_KEYWORDS | AM_KEEPS_LABELS |
                 AM_KEEPS_RECEIVED | AM_KEEPS_SENDER,
	.options = am_mbox_options,
	.streams = true,
	.keeps_with = keeps_with,
	.suffixes = ".mbox .mbx .mboxrd",
	.about =
		"One file holds many messages, each behind a \"From \" line.\n"
		"Read: every dialect, MMDF too, decided per file on a sample; "
		"the note\n"
		"mbox.dialect says what was seen. Thunderbird's, Takeout's,\n"
		"mutt's, pine's and Dovecot's own header fields become flags,\n"
		"keywords and labels and leave the bytes.\n"
		"What lies beside it is read too: imap-backup's .imap, "
		"Eudora's\n"
		".toc, the metadata.xml of Google Vault, prefs.js of a "
		"Mozilla\n"
		"profile for the names of accounts.\n"
		"What Eudora took apart is put together again: its text of "
		"its\n"
		"type, the files that lie in Attach, Embedded (Attachments "
		"Folder,\n"
		"Parts Folder) as attachments; class synthesised, and "
		"as-imported\n"
		"gives what the mailbox held. A file that is not found is "
		"told, the\n"
		"mail counts as incomplete, and the line that names it stays.\n"
		"What Mozilla had deleted and not compacted comes along, "
		"marked\n"
		"as deleted. Whose '>' a quoted line has is told by the "
		"signature\n"
		"of a signed mail (DKIM, ARC), else guessed from the file.\n"
		"mbox:- is standard input, and a pipe is read as well, packed "
		"or\n"
		"not, in constant memory. It comes by once: its first 4 MiB "
		"say how\n"
		"it is quoted, and a run that was broken off does not go on "
		"but\n"
		"reads it again, and then stores what is new.\n"
		"Written: mboxrd. Folders survive in a tree (target with a\n"
		"final slash, or option tree); one file holds one folder.\n"
		"Flags, keywords and labels are written as header fields that\n"
		"end with X-Mailark, which reading takes out again, so the\n"
		"bytes come back as they were; other programs see the fields.\n"
		"state=none writes none and loses flags. The time of receipt "
		"is\n"
		"kept to the second, its zone is not. UIDs are not kept.",
	.reads = "mboxo, mboxrd, mboxcl, mboxcl2, Thunderbird, "
		 "Takeout, Vault, Pine, Evolution, Eudora "
		 "(detached attachments are put back), "
		 "imap-backup, readpst …; single files, trees, "
		 "Thunderbird profiles, KMail's; gzip, bzip2, xz, zstd; "
		 "standard input and pipes",
	.writes = "mboxrd (default), mboxo, mboxcl, mboxcl2, "
		  "as-imported",
	.kept = "bytes, folders, flags, keywords, labels, received "
		"date, sender",
	.probe = probe,
	.open_source = am_mbox_source_open,
	.open_sink = am_mbox_sink_open,
};
