/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_EVIDENCE_H
#define AM_FORMATS_MBOX_EVIDENCE_H

#include "formats/mbox/boundary.h"
#include "formats/mbox/quoting.h"

struct am_ctx;
struct am_mbox_mailbox;

/*
 * What the messages say of the file's quoting while they go by.  The sample
 * decides how to begin; but two mailboxes may have been joined, or a dozen
 * mails that brought their own '>' stand first.  So where a dozen later ones,
 * or the signatures of three, say something else, that holds from there on, and
 * a warning says from where.  What the user told stands, and is only warned of.
 */
struct am_mbox_evidence {
	uint32_t leaves; /* the last mails that tell: a bit set for each that
	                  * leaves "From " unquoted, the latest lowest */
	unsigned n_lines;
	unsigned n_proved; /* signatures in a row for … */
	enum am_mbox_quote proved;
	bool told; /* the user, of it */
};

/* The next message, before its quoting is chosen. */
void am_mbox_evidence_lines(struct am_mbox_mailbox *box,
                            const struct am_mbox_cut *cut, struct am_ctx *ctx);
/* A signature says that this is how it was quoted. */
void am_mbox_evidence_proved(struct am_mbox_mailbox *box,
                             const struct am_mbox_cut *cut,
                             enum am_mbox_quote quote, struct am_ctx *ctx);

#endif
