/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/eml/eml.h"

#include "base/unpack.h"
#include "formats/mail_head.h"
#include "formats/name_template.h"

#include <glib.h>

#include <string.h>

const struct am_option am_eml_options[] = {
	{"files", "all|eml",
         "reading a tree: all that looks like mail, or *.eml alone", "all"},
	{"leave", "nothing|mailboxes",
         "reading a tree: leave Maildirs and mboxes in it to others",
         "nothing"},
	AM_FILES_SINK_OPTIONS(AM_NAME_TEMPLATE_DEFAULT, "folders"),
	{"sidecar", "yes|no",
         "beside each x.eml an x.eml.json with flags, keywords, labels, dates "
         "and all else that has no place in it",
         "no"},
	{NULL, NULL, NULL, NULL},
};

static const char about[] =
	"One message, a tree of directories of messages, or a zip or tar "
	"(.gz .zst .xz) of them; written so as well, by the target's name: "
	"x.eml, dir/, x.zip, x.tar.zst.  Files compressed one by one "
	"(x.eml.gz) are read too.  Mailboxes in a zip or tar, such as "
	"those of Google's Takeout, are read where they lie, one message "
	"after the other, in folders of their names, with flags and labels as "
	"in an mbox; Maildirs in one with flags, keywords and folders.\n"
	"Where no format is named, zips and tars within a tree or in one "
	"another are read in their places, each a folder of its name, and so "
	"are .msg, .pst and .olm files, Apple Mail's .emlx and the mailboxes "
	"of older programs in them (unpacked into the directory for temporary "
	"files, one at a time).  With eml: none of these is read; zips and "
	"Outlook's files count as failed, by their names.\n"
	"A backup of Got Your Back is such a tree; the labels in its list "
	"come along.\n"
	"The bytes of each message are kept exactly, and the folders; where a "
	"directory cannot be called like its folder, a file mailark-folder "
	"in it holds the true name.  Flags, keywords, envelope senders and "
	"properties have no place in an .eml.  The received date becomes the "
	"file's time; read back, the Received: header goes before it.\n"
	"With sidecar=yes a file x.eml.json lies beside each x.eml and holds "
	"all of that (mailark-jsonl(5)), labels too, which then make no "
	"further links; it is found and read again with its message, in a "
	"tree, a zip or a tar.";

/* Local header of a zip's first member, header of a tar's: its name. */
static bool first_member_is_eml(const struct am_probe *p)
{
	const uint8_t *h = p->head;
	char name[101] = "";
	size_t len = 0;

	if (p->head_len >= 30 && !memcmp(h, "PK\3\4", 4)) {
		len = (size_t)(h[26] | h[27] << 8);
		if (len > 100 || 30 + len > p->head_len)
			return false;
		memcpy(name, h + 30, len);
	} else if (p->head_len >= 512 && !memcmp(h + 257, "ustar", 5)) {
		memcpy(name, h, 100);
	}
	return am_mail_head_eml_name(name);
}

static int probe_directory(const struct am_probe *p)
{
	size_t n_named = 0, n_mail = 0, n_files = 0, n_packed = 0;

	for (size_t i = 0; i < p->n_entries; i++) {
		const struct am_probe_entry *e = &p->entries[i];

		if (e->is_directory) {
			for (const char *const *in = e->inside; in && *in; in++)
				n_named += am_mail_head_eml_name(*in);
			continue;
		}
		n_files++;
		if (am_mail_head_eml_name(e->name))
			n_named++;
		else if (e->head && am_mail_head_bits(e->head, e->head_len) >=
		                            AM_MAIL_HEAD_ENOUGH)
			n_mail++;
		else if (e->head &&
		         (am_mail_head_container_name(e->name) ||
		          am_mail_head_olm_name(e->name)) &&
		         am_container_sniff(e->head, e->head_len))
			n_packed++;
	}
	if (n_named)
		return 24;
	/* Files that are mails, without a name that says so. */
	if (n_mail && n_mail * 2 >= n_files)
		return 10;
	/* A few mails among other things; zips and tars, such as the parts of
	 * a Takeout, that may have some. */
	return n_mail || n_packed ? 4 : 0;
}

static int eml_probe(const struct am_probe *p)
{
	int bits;

	if (p->is_directory)
		return probe_directory(p);
	if (p->packed &&
	    (!strcmp(p->packed, "zip") || !strcmp(p->packed, "tar")))
		return first_member_is_eml(p) ? 28 : 6;
	if (first_member_is_eml(p))
		return 28;
	bits = am_mail_head_bits(p->head, p->head_len);
	if (am_mail_head_eml_name(p->name))
		return bits + 14;
	/* "From " in front: more likely an mbox. */
	if (p->head_len >= 5 && !memcmp(p->head, "From ", 5))
		return bits / 2;
	return bits;
}

static int open_sink(struct am_sink **out, const struct am_location *where,
                     struct am_ctx *ctx, struct am_error *err)
{
	return am_files_sink_open(out, where, &am_eml_kind, am_eml_options, ctx,
	                          err);
}

/* All that travels beside the bytes. */
static uint32_t keeps_with(const struct am_location *where)
{
	bool sidecar = false;

	if (am_location_switch(where, am_eml_options, "sidecar", &sidecar,
	                       NULL) ||
	    !sidecar)
		return am_format_eml.keeps;
	return am_format_eml.keeps | AM_KEEPS_FLAGS | AM_KEEPS_KEYWORDS |
	       AM_KEEPS_LABELS | AM_KEEPS_RECEIVED | AM_KEEPS_SENDER |
	       AM_KEEPS_PROPS;
}

const struct am_format am_format_eml = {
	.name = "eml",
	.title = "Single messages: .eml files, trees, zips and tars of them",
	.keeps = AM_KEEPS_BYTES | AM_KEEPS_FOLDERS | AM_KEEPS_EMPTY_FOLDERS,
	.keeps_with = keeps_with,
	.options = am_eml_options,
	.suffixes = ".eml .zip .tar .tar.gz .tgz .tar.zst .tar.xz",
	.about = about,
	.reads = "files, trees, zip, tar (and mboxes, .msg, .pst, "
		 ".olm, .emlx, .dbx …, zips in these)",
	.writes = "files by template, trees, zip, tar",
	.kept = "bytes, folders; with sidecar=yes everything",
	.probe = eml_probe,
	.open_source = am_eml_source_open,
	.open_sink = open_sink,
};
