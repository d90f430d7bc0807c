/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/eml/eml.h"
#include "formats/mailbag/mailbag.h"

#include <glib.h>

#include <string.h>
#include <sys/stat.h>

const struct am_option am_mailbag_options[] = {
	{"id", "TEXT",
         "writing: the bag's External-Identifier; one it has, or a new UUID",
         NULL},
	{"durable", "yes|no|each",
         "on disk: at each commit, whenever the system likes, or file by file",
         "yes"},
	{NULL, NULL, NULL, NULL},
};

static const char about[] =
	"A package for archives: a Mailbag (Mailbag Specification 1.0), which "
	"is "
	"a BagIt 1.0 bag (RFC 8493).  Messages are data/eml/FOLDER/ID.eml, "
	"byte for byte; beside each, ID.eml.json holds its flags, labels, "
	"dates "
	"and provenance (mailark-jsonl(5)).  mailbag.csv lists them, "
	"premis.xml "
	"logs what was done (PREMIS 3), and manifests with SHA-256 and SHA-512 "
	"are made of the payload as it is read back from the disk.  Cells of "
	"mailbag.csv are what the headers say, as its specification wants it, "
	"also where a spreadsheet would take them for formulas.\n"
	"Any program that knows BagIt checks it; sha256sum -c "
	"manifest-sha256.txt does.\n"
	"Another run adds what is new, and the tag files are made anew; a run "
	"that was broken off leaves a bag that is not valid until the next one "
	"has ended.  Bags of other programs are read where they have "
	"data/eml.";

static bool has(const char *const *names, const char *name)
{
	for (; names && *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

static int probe(const struct am_probe *p)
{
	bool bag = false, mail = false;

	for (size_t i = 0; p->is_directory && i < p->n_entries; i++) {
		const struct am_probe_entry *e = &p->entries[i];
		bag |= !e->is_directory && !strcmp(e->name, "bagit.txt");
		mail |= e->is_directory && !strcmp(e->name, "data") &&
		        has(e->inside, "eml");
	}
	return bag && mail ? 90 : 0;
}

static int open_source(struct am_source **out, const struct am_location *where,
                       struct am_ctx *ctx, struct am_error *err)
{
	char *payload = g_build_filename(where->path, AM_MAILBAG_PAYLOAD, NULL);
	struct am_location inside = {.path = payload};
	struct stat st;
	int r = am_location_check(where, am_mailbag_options, "mailbag", err);

	if (!r && (stat(payload, &st) || !S_ISDIR(st.st_mode)))
		r = am_fail(err, AM_FATAL, AM_E_UNSUPPORTED,
		            "%s has no " AM_MAILBAG_PAYLOAD
		            ": name the directory below data/ that holds the "
		            "mail",
		            where->path);
	if (!r)
		r = am_eml_source_open(out, &inside, ctx, err);
	g_free(payload);
	return r;
}

const struct am_format am_format_mailbag = {
	.name = "mailbag",
	.title = "Mailbag: a BagIt package of messages, for archives",
	.keeps = AM_KEEPS_BYTES | AM_KEEPS_FOLDERS | AM_KEEPS_EMPTY_FOLDERS |
                 AM_KEEPS_FLAGS | AM_KEEPS_KEYWORDS | AM_KEEPS_LABELS |
                 AM_KEEPS_RECEIVED | AM_KEEPS_SENDER | AM_KEEPS_PROPS,
	.options = am_mailbag_options,
	.suffixes = ".mailbag",
	.about = about,
	.reads = "bags with `data/eml`",
	.writes = "BagIt 1.0 with SHA-256 and SHA-512, `mailbag.csv`, a PREMIS "
		  "event log",
	.kept = "everything",
	.probe = probe,
	.open_source = open_source,
	.open_sink = am_mailbag_sink_open,
};
