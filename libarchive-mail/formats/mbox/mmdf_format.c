/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MMDF under its own name: the mbox source and sink, told so. */
#include "formats/mbox/mbox.h"
#include "formats/mbox/mmdf.h"
#include "formats/mbox/source.h"

#include <glib.h>

static const struct am_option options[] = {
	{"from-tz", "UTC|local|+0100|Area/City",
         "from: the zone of From_ dates that name none", "UTC"},
	{"crlf", NULL, "to: end the lines that are added with CR LF", "no"},
	{"state", "headers|none",
         "to: keep flags and keywords in Status, X-Status, X-Keywords",
         "headers"},
	{"labels", "keywords|folders|first",
         "to: labels into the header, a copy into each label's folder, or "
         "dropped",
         "keywords"},
	{"as-imported", NULL,
         "to: the very bytes of the mailbox it came from, where they are known",
         "no"},
	{"tree", NULL, "to: a directory, one file per folder", "no"},
	{NULL, NULL, NULL, NULL},
};

static const char about[] =
	"One file holds many messages, each between two lines of four bytes "
	"1.\n"
	"Nothing is quoted.  Read and written with what mutt and others put "
	"there as in an mbox: a From_ line with sender and date, Status and "
	"its kin; without any of these too.\n"
	"A message that itself has such a line cannot be kept: it fails, by "
	"name.  In everything else it is as mbox; in a tree of mailboxes "
	"both kinds are read.";

/* Told which it is, mbox knows the rest. */
static char **with_dialect(const struct am_location *where)
{
	GPtrArray *list = g_ptr_array_new();

	for (const char *const *o = where->options; o && *o; o++)
		g_ptr_array_add(list, g_strdup(*o));
	g_ptr_array_add(list, g_strdup("dialect=mmdf"));
	g_ptr_array_add(list, NULL);
	return (char **)(void *)g_ptr_array_free(list, FALSE);
}

static int probe(const struct am_probe *p)
{
	if (p->is_directory || !am_mbox_mmdf_head(p->head, p->head_len))
		return 0;
	return 48; /* more than the mbox family as a whole */
}

static int open_source(struct am_source **out, const struct am_location *where,
                       struct am_ctx *ctx, struct am_error *err)
{
	int r = am_location_check(where, options, "mmdf", err);
	if (r)
		return r;
	char **own = with_dialect(where);
	struct am_location told = *where;
	told.options = (const char *const *)own;
	r = am_mbox_source_open(out, &told, ctx, err);
	g_strfreev(own);
	return r;
}

static int open_sink(struct am_sink **out, const struct am_location *where,
                     struct am_ctx *ctx, struct am_error *err)
{
	int r = am_location_check(where, options, "mmdf", err);
	if (r)
		return r;
	char **own = with_dialect(where);
	struct am_location told = *where;
	told.options = (const char *const *)own;
	r = am_mbox_sink_open(out, &told, ctx, err);
	g_strfreev(own);
	return r;
}

static uint32_t keeps_with(const struct am_location *where)
{
	return am_format_mbox.keeps_with(where);
}

const struct am_format am_format_mmdf = {
	.name = "mmdf",
	.title = "MMDF mailboxes, file or tree",
	.keeps = AM_KEEPS_BYTES | AM_KEEPS_FOLDERS | AM_KEEPS_EMPTY_FOLDERS |
                 AM_KEEPS_FLAGS | AM_KEEPS_KEYWORDS | AM_KEEPS_LABELS |
                 AM_KEEPS_RECEIVED | AM_KEEPS_SENDER,
	.options = options,
	.streams = true,
	.keeps_with = keeps_with,
	.suffixes = ".mmdf",
	.about = about,
	.reads = "MMDF mailboxes, with From_ lines and Status or "
		 "without",
	.writes = "the same",
	.kept = "as mbox",
	.probe = probe,
	.open_source = open_source,
	.open_sink = open_sink,
};
