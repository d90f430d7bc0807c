/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_DIALECT_H
#define AM_FORMATS_MBOX_DIALECT_H

#include "formats/mbox/boundary.h"
#include "formats/mbox/quoting.h"

/*
 * What kind of mbox a file is.  Nothing in it says so; a sample of its first
 * megabytes is read and the majority decides, because a single message proves
 * nothing: a mail that came with a "Status: RO" of its sender looks like one
 * that pine has marked as read.
 */
struct am_mbox_dialect {
	const char *name; /* "mboxrd", "mboxo", "mboxcl2", "imap-backup" … */
	enum am_mbox_quote quote; /* to be undone */
	bool far;                 /* more than the sample has been looked at */
	bool sure;   /* that is told by evidence or by the user, not guessed */
	bool told;   /* by the user, or by the file's name */
	bool mmdf;   /* its cousin, see mmdf.h */
	bool blank;  /* an empty line stands before each separator */
	uint8_t eol; /* '\n', or '\r' */
	bool wide, patches, trust_length; /* see am_mbox_rules */
	/* Fields that belong to the mbox and not to its messages. */
	bool lengths;   /* Content-Length and Lines at the end of each header */
	bool status;    /* Status and its kin at the end */
	bool imap;      /* the first message holds X-IMAP or X-IMAPbase */
	bool evolution; /* X-Evolution at its very end */
	bool mozilla;   /* X-Mozilla-* at the top */
	bool rewritten; /* separators' dates are the day of an export */
	unsigned n_messages; /* in the sample */
};

/* Options as the user gives them, "auto" among them. */
enum am_mbox_flavour {
	AM_MBOX_AUTO,
	AM_MBOX_RD,
	AM_MBOX_O,
	AM_MBOX_CL,
	AM_MBOX_CL2,
	AM_MBOX_MMDF
};
bool am_mbox_flavour_parse(enum am_mbox_flavour *out, const char *name);

#define AM_MBOX_SAMPLE (4 * 1024 * 1024)
/* A look further ahead, when a line with a '>' comes and nothing told yet who
 * put it there. */
#define AM_MBOX_FAR (64 * 1024 * 1024)

/* name: the file's; ".mboxo" and its kind are evidence too. */
AM_MUST_USE int am_mbox_dialect_sample(struct am_mbox_dialect *out,
                                       struct am_file *file, const char *name,
                                       enum am_mbox_flavour told,
                                       struct am_ctx *ctx,
                                       struct am_error *err);

/* The same of its first bytes, where there is no more to be had; `more`: it
 * goes on behind them. */
AM_MUST_USE int am_mbox_dialect_sample_bytes(struct am_mbox_dialect *out,
                                             const void *data, size_t len,
                                             bool more, const char *name,
                                             enum am_mbox_flavour told,
                                             struct am_ctx *ctx,
                                             struct am_error *err);

/* The quoting again, of that many bytes. */
void am_mbox_dialect_look_far(struct am_mbox_dialect *dialect,
                              struct am_file *file, struct am_ctx *ctx);

/* Where the run of storage fields at the end of a header block begins: index
 * into its fields; n_fields when the last line is none. */
size_t am_mbox_tail_run(const struct am_mbox_header *header);

/* How a file of this dialect is cut; what the dialect does not say is 0. */
struct am_mbox_rules am_mbox_dialect_rules(const struct am_mbox_dialect *d);

#endif
