/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Outlook's data files in the list of formats.
 */
#include "formats/outlook/pst.h"

#include <string.h>

const struct am_option am_pst_options[] = {
	{"deleted", "yes|no",
         "also what lies in the file but in no folder's list, and what is "
         "whole in its free space (folder Recovered)",
         "no"},
	{"associated", "yes|no",
         "also hidden items: views, rules, settings of folders", "no"},
	{"codepage", "NUMBER|guess",
         "Windows' number of the character set of old (ANSI) files that do "
         "not say it: 932 Japanese, 1251 Cyrillic …; guessed by the names of "
         "their folders, else 1252",
         "guess"},
	{"properties", "yes|no",
         "take the MAPI properties of each item along, for targets that keep "
         "them",
         "yes"},
	{"leave", "nothing|others",
         "reading a tree: no word of folders that cannot be looked into",
         "nothing"},
	{"max-size", "SIZE",
         "writing: a file that would be larger is finished and NAME-2.pst "
         "begun; above 1900M, up to 50G, is experimental: no Outlook has been "
         "seen to open it",
         "1900M"},
	{"name", "TEXT", "writing: what Outlook calls the file; else its name",
         NULL},
	{"verify", "yes|no",
         "writing: look over what was written as a stranger would, and read "
         "every mail back",
         "no"},
	{NULL, NULL, NULL, NULL},
};

static const char about[] =
	"Outlook's .pst and .ost are read: ANSI, Unicode, and the OST of "
	"Outlook 2013 on; obscured either way; a password does not matter.  "
	".pst (Unicode) is written.\n"
	"Reading: mail is not kept as mail there, so each message is composed "
	"anew, the same from run to run: the transport headers as they came "
	"but for those that describe the MIME structure, or a header made from "
	"properties (X-Mailark-Synthesized says so); text, HTML and rich "
	"text; attachments; messages in messages.  Clear-signed mail comes "
	"back as it was signed.  Contacts and lists of them become vCard, "
	"appointments, meetings, tasks and the journal iCalendar (a series "
	"with its rule, time zone and exceptions), every class but mail, "
	"contacts and appointments gets a JSON part of all its "
	"properties: no item is left out for what it is.  Read, answered, "
	"forwarded, flagged and draft become flags, categories keywords, the "
	"delivery time the received date; the properties of each item go "
	"along (properties=no leaves them).\n"
	"Folders are those below the top of what Outlook shows; others, "
	"beside it, come when there is something in them.  Search folders are "
	"views and have nothing of their own.  What a damaged file has lost is "
	"told with node and offset, and the rest is read: where its trees are "
	"damaged or cut off, the whole file is looked through for what their "
	"leaves name.\n"
	"A folder of files is read too, below it as well, and among mail of "
	"other kinds: each is a folder of its name.  One that is packed (gzip, "
	"bzip2, xz, zstd …) is unpacked into the directory for temporary "
	"files.\n"
	"Writing: each mail becomes an item as Outlook has them, with header, "
	"people, text, HTML in its own charset, attachments, OLE objects, "
	"messages in messages; signed and encrypted mail and reports as what "
	"they are to "
	"Outlook; flags; keywords and labels as categories.  A property that "
	"Outlook carries along and does not look at says how the mail comes "
	"back byte for byte, and what flags, keywords, labels, dates and "
	"properties it had: mail to PST to mail loses nothing.  What is "
	"changed in Outlook wins: of an item whose subject, text or "
	"attachments are others now a mail is composed, with a note.  Requests "
	"for receipts stay in the header, so that nobody's archive answers old "
	"mail.  An attachment that is more than a PST holds (2 GiB, or what "
	"max-size leaves) is laid beside it, in the directory NAME.pst-files, "
	"with a note; a text in its place names it, and reading the PST where "
	"it lies puts both together again.\n"
	"A target is never written into: NAME.pst is whole when the run ends, "
	"also when it is stopped with Ctrl-C (killed, it leaves no PST), and a "
	"further run puts what is not there yet, folder by folder, into "
	"NAME-2.pst, and so on; so does a file that is full.  Reading NAME.pst "
	"reads that file alone: name all of them.  A PST that mailark did not "
	"write is left alone.  No Outlook was at hand; what its repair tool is "
	"known to look at is held by verify=yes.";

/* Behind the magic: who made it, "SM", "SO" or "AB". */
static int bits_of(const uint8_t *head, size_t len)
{
	if (len < 10 || memcmp(head, "!BDN", 4) != 0)
		return 0;
	return head[8] == 'S' || head[8] == 'A' ? 48 : 32;
}

static int pst_probe(const struct am_probe *p)
{
	if (!p->is_directory)
		return p->packed && (!strcmp(p->packed, "zip") ||
		                     !strcmp(p->packed, "tar"))
		               ? 0
		               : bits_of(p->head, p->head_len);
	for (size_t i = 0; i < p->n_entries; i++)
		if (p->entries[i].head &&
		    bits_of(p->entries[i].head, p->entries[i].head_len))
			return 16;
	return 0;
}

const struct am_format am_format_pst = {
	.name = "pst",
	.title = "Outlook data files (.pst, .ost; .pst is written)",
	.keeps = AM_KEEPS_BYTES | AM_KEEPS_FOLDERS | AM_KEEPS_EMPTY_FOLDERS |
                 AM_KEEPS_FLAGS | AM_KEEPS_KEYWORDS | AM_KEEPS_LABELS |
                 AM_KEEPS_RECEIVED | AM_KEEPS_SENDER | AM_KEEPS_PROPS,
	.options = am_pst_options,
	.suffixes = ".pst .ost",
	.about = about,
	.reads = "Outlook's `.pst` and `.ost`: ANSI, Unicode, 4 KiB "
		 "pages; both ciphers; damaged ones as far as they go",
	.writes = "`.pst` (Unicode)",
	.kept = "everything that was put in: bytes, folders, flags, "
		"keywords, labels, dates, sender, properties; of "
		"Outlook's own files folders, flags, categories, "
		"dates and properties, the mail is composed anew, "
		"signed mail byte for byte",
	.probe = pst_probe,
	.open_source = am_pst_source_open,
	.open_sink = am_pst_sink_open,
	.target_size = am_pst_target_size,
};
