/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/eaxs/eaxs.h"

const struct am_option am_eaxs_options[] = {
	{"account", "ADDRESS", "the address whose account it is", NULL},
	{"id", "URI", "the GlobalId of the account; a new UUID", NULL},
	{NULL, NULL, NULL, NULL},
};

static const char about[] =
	"One XML file for an account, by the schema of the State Archives of "
	"North Carolina and the Smithsonian (EAXS, the namespace of "
	"tomes-eaxs): folders in folders, messages with their fields as they "
	"stand and decoded, flags, bodies and attached files and messages; "
	"beside it NAME.premis.xml logs what was done (PREMIS 3).\n"
	"Text is in UTF-8, all else in base64.  The hash of a message is the "
	"SHA-256 of its bytes as they came, without the separator line that "
	"the schema's remark speaks of.  Keywords, labels and the time of "
	"receipt have no place in it; for getting mail back there is "
	"mailbag.\n"
	"It is written anew each time, and is there only when it is whole.  A "
	"message that is being written is in memory with its attachments.";

const struct am_format am_format_eaxs = {
	.name = "eaxs",
	.title = "EAXS: an account as XML, for archives",
	.options = am_eaxs_options,
	.suffixes = ".eaxs .eaxs.xml",
	.about = about,
	.writes = "one XML file, and a PREMIS event log",
	.kept = "for archives; nothing is read back",
	.open_sink = am_eaxs_sink_open,
};
