/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Outlook for Mac's archives in the list of formats. */
#include "formats/outlook/olm.h"

#include <glib.h>

#include <string.h>

const struct am_option am_olm_options[] = {
	{"properties", "yes|no",
         "take the properties of each item along, for targets that keep them",
         "yes"},
	{NULL, NULL, NULL, NULL},
};

static const char about[] =
	"The .olm that Outlook for Mac exports: a zip of XML.  Read only.\n"
	"Each item is composed anew, the same from run to run, as those of a "
	"PST are (mailark formats pst): mail with its addresses, dates, "
	"bodies, attachments and categories; contacts become vCard, "
	"appointments iCalendar (a series as its first event); tasks, notes, "
	"groups and whatever else there is keep their text and get a JSON "
	"part of all their fields.  Read, flagged and draft become flags; "
	"whether mail was answered or forwarded an .olm does not say.\n"
	"Folders are those of the account, or of \"On My Computer\", whose "
	"name is left out.  Attachments that no item names are counted.  An "
	"archive that is cut off or has lost its list is read from the front "
	"as far as it goes.";

/* Name of the zip's first member. */
static bool begins_like_one(const struct am_probe *p)
{
	static const char *const names[] = {"Categories.xml", "Local/",
	                                    "Accounts/"};
	const uint8_t *h = p->head;
	size_t len;

	if (p->head_len < 30 || memcmp(h, "PK\3\4", 4) != 0)
		return false;
	len = (size_t)(h[26] | h[27] << 8);
	if (30 + len > p->head_len)
		return false;
	for (size_t i = 0; i < AM_COUNT(names); i++)
		if (len >= strlen(names[i]) &&
		    !memcmp(h + 30, names[i], strlen(names[i])))
			return true;
	return false;
}

static int olm_probe(const struct am_probe *p)
{
	size_t len = strlen(p->name);
	bool named = len > 4 && !g_ascii_strcasecmp(p->name + len - 4, ".olm");

	if (p->is_directory || (p->packed && strcmp(p->packed, "zip") != 0) ||
	    p->head_len < 4 || memcmp(p->head, "PK\3\4", 4) != 0)
		return 0;
	return (named ? 40 : 0) + (begins_like_one(p) ? 20 : 0);
}

const struct am_format am_format_olm = {
	.name = "olm",
	.title = "Outlook for Mac archives (.olm)",
	.keeps = AM_KEEPS_FOLDERS | AM_KEEPS_EMPTY_FOLDERS | AM_KEEPS_FLAGS |
                 AM_KEEPS_KEYWORDS | AM_KEEPS_RECEIVED | AM_KEEPS_PROPS,
	.options = am_olm_options,
	.suffixes = ".olm",
	.about = about,
	.reads = "Outlook for Mac's archives",
	.kept = "folders, flags, categories, received date; mail "
		"composed as from a PST, contacts, appointments, "
		"tasks, notes",
	.probe = olm_probe,
	.open_source = am_olm_source_open,
};
