/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/attachments/attachments.h"
#include "formats/mail_facts.h"

#include <glib.h>

#include <fnmatch.h>
#include <string.h>

const struct am_option am_attachments_options[] = {
	{"types", "TYPE:TYPE…",
         "which files: endings (pdf), MIME types (image/*); all", NULL},
	{"name", "TEMPLATE",
         "file names, of {stem} {ending} {date} {received} {from} {to} "
         "{subject} {message-id} {folder} {id8} {n} {size}, with :N "
         "characters or :%Y…",
         "{date:%Y%m%d}_{stem}_{id8}{ending}"},
	{"folders", "yes|no", "a directory for each folder", "yes"},
	{"dedup", "yes|no", "the same bytes are one file", "yes"},
	{"inline", "yes|no", "pictures that the text shows, too", "no"},
	{"profile", "windows|posix|portable",
         "names that Windows takes, that Unix takes, or of ASCII alone",
         "windows"},
	{"durable", "yes|no|each",
         "on disk: at each commit, whenever the system likes, or file by file",
         "yes"},
	{NULL, NULL, NULL, NULL},
};

static const char about[] =
	"A directory of the files that came with mail, decoded, and a table "
	"index.csv: a row for each attachment of each message, with the file, "
	"its SHA-256, and date, sender, subject and folder of the mail.  The "
	"same bytes are one file, however many mails carry them; attached "
	"messages are .eml files, and the files in them are there as well.\n"
	"types=pdf:docx:image/* takes these alone.  id8 is of the file's "
	"bytes, "
	"so names stay the same from run to run.\n"
	"A second run adds what is new.  Messages without a file that is "
	"wanted "
	"count as stored, each time: nothing of them was to be kept.";

bool am_attachments_wanted(const char *types, const struct am_mail_file *file)
{
	const char *name = file->info.name ? file->info.name : "";
	const char *dot = strrchr(name, '.');
	const char *ending =
		dot ? dot + 1 : am_mail_file_ending(file->info.type) + 1;
	bool wanted = false;

	if (!types || !*types)
		return true;
	char **words = g_strsplit(types, ":", -1);
	for (char **w = words; *w && !wanted; w++) {
		const char *word = **w == '.' ? *w + 1 : *w;
		if (strchr(word, '/'))
			wanted = file->info.type &&
			         !fnmatch(word, file->info.type, FNM_CASEFOLD);
		else
			wanted = !g_ascii_strcasecmp(word, ending);
	}
	g_strfreev(words);
	return wanted;
}

const struct am_format am_format_attachments = {
	.name = "attachments",
	.title = "Attached files alone, and a table of where they came from",
	.options = am_attachments_options,
	.about = about,
	.writes = "files by template and type, each once, and `index.csv`",
	.kept = "attached files; nothing is read back",
	.open_sink = am_attachments_sink_open,
};
