/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_SETTINGS_H
#define AM_FORMATS_MBOX_SETTINGS_H

#include "formats/mbox/dialect.h"

struct am_location;

/* What `--from mbox,…` says, read and checked; clear() frees what it holds. */
struct am_mbox_settings {
	enum am_mbox_flavour flavour;
	char *from_tz;     /* NULL: UTC */
	bool rebuild;      /* what Eudora has taken apart */
	char *attachments; /* where its files are; NULL: beside the mailbox */
	char *name;        /* of what comes by a pipe; NULL: the pipe's */
	bool include_deleted;
	bool leave_maildirs; /* of a tree: another source reads them, ... */
	bool leave_mail;     /* ... and what is no mailbox */
	/* Byte offsets of lines that are separators, or are none, whatever the
	 * rules say of them. */
	size_t n_split, n_join;
	uint64_t checkpoint; /* 0: none */
	uint64_t *split, *join;
};

AM_MUST_USE int am_mbox_settings_read(struct am_mbox_settings *out,
                                      const struct am_location *where,
                                      struct am_error *err);
void am_mbox_settings_clear(struct am_mbox_settings *settings);

#endif
