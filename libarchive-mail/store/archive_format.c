/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The archive in the table of formats.
 */
#include "store/archive_impl.h"

#include <string.h>

static const char first_words[] = "mailark archive, format";

const struct am_option am_archive_options[] = {
	{"codec", "zstd|zlib|stored",
         "how mail is compressed from now on; a new archive begins with zstd",
         NULL},
	{"level", "N", "1 (quick) to 9 (zlib) or 22 (zstd); 3 is zstd's own",
         NULL},
	{"segment", "SIZE",
         "a new archive is a folder of files of this size, such as 1G", NULL},
	{"expunged", "yes|no", "also give what was deleted in the archive",
         "no"},
	{NULL, NULL, NULL, NULL},
};

static bool begins_so(const uint8_t *head, size_t len)
{
	return head && len >= sizeof first_words - 1 &&
	       !memcmp(head, first_words, sizeof first_words - 1);
}

static int probe(const struct am_probe *p)
{
	int bits = (int)(sizeof first_words - 1) * 8;

	if (!p->is_directory)
		return !p->packed && begins_so(p->head, p->head_len) ? bits : 0;
	for (size_t i = 0; i < p->n_entries; i++) {
		const struct am_probe_entry *e = &p->entries[i];
		size_t len = e->name ? strlen(e->name) : 0;
		if (len == 10 && !strcmp(e->name + 6, ".seg") &&
		    begins_so(e->head, e->head_len))
			return bits;
	}
	return 0;
}

const struct am_format am_format_archive = {
	.name = "archive",
	.title = "mailark archive: one file, or a folder of segments",
	.keeps = AM_KEEPS_BYTES | AM_KEEPS_FOLDERS | AM_KEEPS_EMPTY_FOLDERS |
                 AM_KEEPS_FLAGS | AM_KEEPS_KEYWORDS | AM_KEEPS_LABELS |
                 AM_KEEPS_RECEIVED | AM_KEEPS_SENDER | AM_KEEPS_PROPS,
	.options = am_archive_options,
	.suffixes = ".mailark",
	.about =
		"Keeps everything: the exact bytes of each message (stored "
		"once, attachments once), folders, flags, keywords, labels, "
		"every candidate for the received date, and who brought it in. "
		"Append-only, checksummed, readable without this program. The "
		"folder NAME.mailark.cache beside it holds what can be made "
		"again from it at any time.",
	.kept = "everything",
	.probe = probe,
	.open_source = am_archive_open_source,
	.open_sink = am_archive_open_sink,
};
