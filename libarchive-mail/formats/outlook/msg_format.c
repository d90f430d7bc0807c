/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Outlook's message files in the list of formats. */
#include "formats/outlook/msg.h"

#include "formats/mail_head.h"
#include "outlook/tnef/tnef.h"

#include <string.h>

#define AM_MSG_NAME_TEMPLATE \
	"{date:%Y%m%d-%H%M%S}_{from}_{subject:60}_{id8}.msg"

const struct am_option am_msg_options[] = {
	{"codepage", "NUMBER",
         "Windows' number of the character set of 8-bit text where nothing in "
         "the file says it: 932 Japanese, 1251 Cyrillic …",
         "1252"},
	{"properties", "yes|no",
         "take the MAPI properties of each item along, for targets that keep "
         "them",
         "yes"},
	{"leave", "nothing|others",
         "reading a tree: pass over without a word what is no .msg", "nothing"},
	AM_FILES_SINK_OPTIONS(AM_MSG_NAME_TEMPLATE, "first"),
	{NULL, NULL, NULL, NULL},
};

static const char about[] =
	"Outlook's .msg: one item a file, and templates (.oft); one, or a tree "
	"of directories, which are folders.  A winmail.dat (TNEF) that was "
	"saved is read as one; where it has no sender or date, none is made "
	"up.\n"
	"The item is mapped as one of a PST is (mailark formats pst): "
	"transport "
	"headers, bodies, attachments, messages in messages; clear-signed mail "
	"as it was signed; contacts, appointments and all other classes.  "
	"8-bit "
	"text is in the code page that the item names, else in that of its "
	"writer's locale, else in codepage=.  OLE objects come as compound "
	"files, documents of Word and Excel as such; a picture or file in an "
	"object stands behind it.  A damaged file is read as far as it goes, "
	"and what is lost is "
	"told.\n"
	"Written, each mail is an item for Outlook, Unicode, with its header, "
	"bodies, recipients, attachments and messages in messages; flags, "
	"categories and dates as Outlook has them.  A property of ours holds "
	"what is needed to give the very same mail back, as long as nobody "
	"has changed the item.  Files are named as .eml files are; more than "
	"2 GiB makes a file of a kind that Outlook may not open.";

static int probe_directory(const struct am_probe *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_entries; i++) {
		const struct am_probe_entry *e = &p->entries[i];
		if (!e->is_directory)
			n += am_mail_head_msg_name(e->name) && e->head &&
			     am_mail_head_msg(e->head, e->head_len);
		else
			for (const char *const *in = e->inside; in && *in; in++)
				n += am_mail_head_msg_name(*in);
	}
	return n ? 20 : 0;
}

/* Word and Excel write compound files, too; a message's first stream mostly
 * shows in its first sectors. */
static int msg_probe(const struct am_probe *p)
{
	static const char own[] = "_\0_\0s\0u\0b\0s\0t\0g\0001\0.\0000\0_";

	if (p->is_directory)
		return probe_directory(p);
	if (p->packed || !am_mail_head_msg(p->head, p->head_len))
		return 0;
	if (am_mail_head_msg_name(p->name))
		return 64;
	if (am_tnef_sniff(p->head, p->head_len))
		return 48;
	return memmem(p->head, p->head_len, own, sizeof(own) - 1) ? 48 : 0;
}

const struct am_format am_format_msg = {
	.name = "msg",
	.title = "Outlook message files (.msg, winmail.dat), trees of them",
	.keeps = AM_KEEPS_BYTES | AM_KEEPS_FOLDERS | AM_KEEPS_EMPTY_FOLDERS |
                 AM_KEEPS_FLAGS | AM_KEEPS_KEYWORDS | AM_KEEPS_LABELS |
                 AM_KEEPS_RECEIVED | AM_KEEPS_SENDER | AM_KEEPS_PROPS,
	.options = am_msg_options,
	.suffixes = ".msg .oft .tnef",
	.about = about,
	.reads = "Outlook's `.msg` and `.oft`, a `winmail.dat`: one, trees",
	.writes = "files by template, trees",
	.kept = "bytes, folders, flags, categories, labels, received "
		"date, sender, MAPI properties; Outlook's own mail is "
		"composed as from a PST",
	.probe = msg_probe,
	.open_source = am_msg_source_open,
	.open_sink = am_msg_sink_open,
};
