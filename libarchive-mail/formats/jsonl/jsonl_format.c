/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/boxes/boxes.h"
#include "formats/jsonl/jsonl.h"

#include <string.h>

const struct am_option am_jsonl_options[] = {
	{"raw", "yes|no",
         "writing: the bytes of each message, in base64, so that it can be "
         "read back",
         "yes"},
	{"headers", "yes|no",
         "writing: every header field, decoded and as it is", "yes"},
	{"text", "yes|no", "writing: what the message says, as text", "yes"},
	{NULL, NULL, NULL, NULL},
};

static const char about[] =
	"One JSON object a line, for programs: header fields decoded and raw, "
	"addresses, dates with where they come from, flags, keywords, labels, "
	"folder, origin, sizes, SHA-256, the text, attachments with their "
	"hashes, and the message itself in base64.  mailark-jsonl(5) describes "
	"every member.  Folders have lines of their own.\n"
	"With the bytes (raw=yes) it is read back as it was, also compressed "
	"(.jsonl.gz, .zst …), also where it lies among other mailboxes in a "
	"tree or a zip.  raw=no makes a third of it, which cannot be "
	"read back.\n"
	"A file that is there is added to: only what it does not have yet.  "
	"Flags that changed are not followed.";

static int probe(const struct am_probe *p)
{
	if (p->is_directory)
		return am_boxes_probe(&am_box_jsonl, p);
	return am_jsonl_sniff(p->head, p->head_len) ? 80 : 0;
}

/* Nothing can be read back without the bytes. */
static uint32_t keeps_with(const struct am_location *where)
{
	const char *raw = am_location_option(where, am_jsonl_options, "raw");

	return am_format_jsonl.keeps &
	       (strcmp(raw, "no") != 0 ? UINT32_MAX
	                               : ~(uint32_t)AM_KEEPS_BYTES);
}

const struct am_format am_format_jsonl = {
	.name = "jsonl",
	.title = "JSON Lines: an object a message, for programs",
	.keeps = AM_KEEPS_BYTES | AM_KEEPS_FOLDERS | AM_KEEPS_EMPTY_FOLDERS |
                 AM_KEEPS_FLAGS | AM_KEEPS_KEYWORDS | AM_KEEPS_LABELS |
                 AM_KEEPS_RECEIVED | AM_KEEPS_SENDER | AM_KEEPS_PROPS,
	.keeps_with = keeps_with,
	.options = am_jsonl_options,
	.suffixes = ".jsonl .ndjson",
	.about = about,
	.reads = "what was written here with the messages' bytes in it, "
		 "compressed or not",
	.writes = "an object a message: header, addresses, dates, flags, "
		  "text, attachments, and (raw=yes) the bytes",
	.kept = "everything",
	.probe = probe,
	.open_source = am_jsonl_source_open,
	.open_sink = am_jsonl_sink_open,
};
