/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_SOURCE_IMPL_H
#define AM_FORMATS_MBOX_SOURCE_IMPL_H

#include "formats/mbox/checkpoint.h"
#include "formats/mbox/deliver.h"
#include "formats/mbox/settings.h"
#include "model/source.h"

#include <glib.h>

struct am_gyb;

/* What source.c, which goes from message to message, and source_file.c, which
 * opens one file, share. */
struct am_mbox_source {
	struct am_source base;
	struct am_mbox_tree *tree; /* NULL: a single file */
	char *single;              /* its path until it is opened */
	bool stream;               /* a pipe: it comes by once */
	struct am_mbox_settings set;
	struct am_mbox_checkpoint checkpoint; /* of a single file */
	GHashTable *folders;                  /* printed names that are taken */

	/* The file that is open. */
	bool open;
	char *name;
	struct am_mbox_scan scan;
	struct am_mbox_mailbox box;
	const struct am_folder *folder;
	struct am_message *held;
	/* Files that Eudora had taken out of mails: those put back, and those
	 * that the tree was found to hold. */
	GHashTable *put_back, *detached;
	bool numbered;           /* the next file: see tree.h */
	struct am_gyb *gyb;      /* of a tree: labels of mails in it */
	struct am_message *lone; /* a file that is a mail, not a mailbox */
	struct am_parcel found;  /* a file that is others' to read */
	GByteArray *before;      /* what the next message has before it */
	GByteArray *after;       /* what the held one has behind it */
	bool lost;               /* that was too much */
	bool silent;             /* its folder has been announced */
	uint64_t n_messages;

	const struct am_folder *root; /* of what is said of all of it */
	char *origin;                 /* of the last failure */
};

/* Open a file as the mailbox it is.  AM_END: it is none, or not to be read; a
 * mail of its own is s->lone then, what others read s->found. */
AM_MUST_USE int am_mbox_source_file_open(struct am_mbox_source *s,
                                         const char *path, const char *relative,
                                         const char *const *parts,
                                         size_t n_parts, struct am_error *err);
/* The same of a pipe, or of "-", which is standard input: it comes by once. */
AM_MUST_USE int am_mbox_source_stream_open(struct am_mbox_source *s,
                                           const char *path,
                                           struct am_error *err);
void am_mbox_source_file_close(struct am_mbox_source *s);
/* What is before this offset is known.  The first message of all is read
 * nevertheless: it may say what keywords mean. */
AM_MUST_USE int am_mbox_source_file_go(struct am_mbox_source *s,
                                       uint64_t offset, struct am_error *err);
/* The file that was opened goes on where the run before was broken off: how
 * many messages come before that place. */
uint64_t am_mbox_source_file_go_on(struct am_mbox_source *s);

#endif
