/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/evidence.h"

#include "formats/mbox/deliver.h"
#include "model/ctx.h"

enum {
	ENOUGH = 12, /* mails that tell, as in the sample */
	MOST = 9,    /* of these that leave "From " as it is: nobody quotes */
	SIGNED = 3
};

static void change(struct am_mbox_mailbox *box, const struct am_mbox_cut *cut,
                   enum am_mbox_quote quote, const char *why,
                   struct am_ctx *ctx)
{
	struct am_mbox_dialect *d = &box->dialect;
	struct am_mbox_evidence *e = &box->evidence;

	e->n_lines = e->n_proved = 0;
	if (d->told && e->told)
		return;
	e->told = true;
	am_ctx_note(ctx, AM_NOTE_WARN, "mbox.quoting-changes", box->folder,
	            box->name,
	            "%s: lines with \">From \" are %s from message %" PRIu64
	            " at offset %" PRIu64 " on%s",
	            why,
	            quote == AM_MBOX_QUOTE_NONE ? "the mail's own" : "quoted",
	            box->n_cuts, cut->line,
	            d->told ? "; read as told, all the same"
	                    : ", so they are read so; before it they were not");
	if (d->told)
		return;
	d->quote = quote;
	d->sure = false;
	d->far = true;
	d->name = quote == AM_MBOX_QUOTE_NONE ? "unquoted" : "mboxo or mboxrd";
}

void am_mbox_evidence_lines(struct am_mbox_mailbox *box,
                            const struct am_mbox_cut *cut, struct am_ctx *ctx)
{
	struct am_mbox_evidence *e = &box->evidence;
	const struct am_mbox_dialect *d = &box->dialect;
	bool leaves = cut->n_plain_blank != 0;

	if (!leaves && !cut->n_quoted)
		return;
	/* Of others, Content-Length or the names of fields tell. */
	if (d->lengths || d->mmdf || d->quote == AM_MBOX_QUOTE_BACKUP)
		return;
	e->leaves = e->leaves << 1 | (leaves ? 1u : 0);
	if (++e->n_lines < ENOUGH)
		return;
	int n = __builtin_popcount(e->leaves & ((1u << ENOUGH) - 1));
	if (d->quote != AM_MBOX_QUOTE_NONE && n >= MOST)
		change(box, cut, AM_MBOX_QUOTE_NONE,
		       "others stand there as they are", ctx);
	else if (d->quote == AM_MBOX_QUOTE_NONE && !n)
		change(box, cut, AM_MBOX_QUOTE_RD, "none stands there as it is",
		       ctx);
}

void am_mbox_evidence_proved(struct am_mbox_mailbox *box,
                             const struct am_mbox_cut *cut,
                             enum am_mbox_quote quote, struct am_ctx *ctx)
{
	struct am_mbox_evidence *e = &box->evidence;

	if (quote != e->proved || quote == box->dialect.quote)
		e->n_proved = 0;
	e->proved = quote;
	if (quote != box->dialect.quote && ++e->n_proved >= SIGNED)
		change(box, cut, quote, "signatures say so", ctx);
}
