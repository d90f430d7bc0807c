/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/remark.h"

#include "formats/mbox/deliver.h"
#include "formats/mbox/trim.h"

void am_mbox_remark(struct am_ctx *ctx, const struct am_mbox_mailbox *box,
                    enum am_note_level level, const char *code, uint64_t number,
                    uint64_t offset, const char *text)
{
	am_ctx_note(ctx, level, code, box->folder, box->name,
	            "message %" PRIu64 " at offset %" PRIu64 ": %s", number,
	            offset, text);
}

void am_mbox_remark_doubt(struct am_ctx *ctx, const struct am_mbox_mailbox *box,
                          enum am_mbox_doubt doubt, uint64_t offset)
{
	if (doubt == AM_MBOX_DOUBT_LENGTH) {
		if (box->dialect.lengths)
			am_mbox_remark(ctx, box, AM_NOTE_WARN,
			               "mbox.content-length-wrong",
			               box->n_cuts + 1, offset,
			               "Content-Length leads to no separator");
		return;
	}
	am_ctx_note(ctx, AM_NOTE_WARN, "mbox.from-ambiguous", box->folder,
	            box->name, "From_ line at byte %" PRIu64 " taken for %s",
	            offset,
	            doubt == AM_MBOX_DOUBT_SPLIT ? "a separator" : "text");
}

void am_mbox_remark_dialect(struct am_ctx *ctx,
                            const struct am_mbox_mailbox *box)
{
	const struct am_mbox_dialect *d = &box->dialect;
	am_ctx_note(ctx, AM_NOTE_INFO, "mbox.dialect", box->folder, box->name,
	            "%s%s, %s lines%s%s%s%s%s", d->name,
	            d->sure ? "" : " (guessed)",
	            d->blank ? "empty" : "no empty",
	            d->eol == '\r' ? ", CR line ends" : "",
	            d->lengths ? ", Content-Length is the mailbox's" : "",
	            d->status ? ", Status is the mailbox's" : "",
	            d->evolution ? ", X-Evolution is the mailbox's" : "",
	            d->mozilla ? ", X-Mozilla-Status is the mailbox's" : "");
}

void am_mbox_remark_junk(struct am_ctx *ctx, const struct am_mbox_mailbox *box,
                         const struct am_mbox_scan *scan)
{
	uint64_t skip = scan->first;
	bool blank = scan->junk != NULL;
	for (uint64_t i = skip; blank && i < scan->junk_len; i++)
		blank = scan->junk[i] == '\n' || scan->junk[i] == '\r';
	if (scan->junk_len > skip && !blank)
		am_ctx_note(ctx, AM_NOTE_WARN, "mbox.leading-junk", box->folder,
		            box->name,
		            "%" PRIu64 " bytes before the first separator",
		            scan->junk_len - skip);
}

void am_mbox_remark_ending(struct am_ctx *ctx,
                           const struct am_mbox_mailbox *box,
                           const struct am_mbox_scan *scan)
{
	const struct am_mbox_cut *cut = &scan->cut;
	const char *text = am_mbox_cut_short(cut);
	enum am_note_level level = AM_NOTE_WARN;
	if (cut->at_end && scan->window.status < 0) {
		/* What is wrong with the file is told by itself. */
		text = "ends where the file cannot be read on";
		level = AM_NOTE_INFO;
	}
	if (text)
		am_mbox_remark(ctx, box, level, "mbox.truncated", box->n_cuts,
		               cut->line, text);
	else if (cut->at_end && cut->tail_len &&
	         cut->tail[cut->tail_len - 1] != scan->rules.eol &&
	         cut->tail[cut->tail_len - 1])
		/* Nothing tells whether it had one. */
		am_mbox_remark(ctx, box, AM_NOTE_INFO, "mbox.no-final-newline",
		               box->n_cuts, cut->line,
		               "the file ends within its last line, and so "
		               "does the message");
}

void am_mbox_remark_expunged(struct am_ctx *ctx,
                             const struct am_mbox_mailbox *box)
{
	if (box->n_expunged)
		am_ctx_note(ctx, AM_NOTE_WARN, "mbox.deleted", box->folder,
		            box->name,
		            "%" PRIu64 " deleted in Mozilla and not yet "
		            "compacted: %s",
		            box->n_expunged,
		            box->include_deleted
		                    ? "kept, marked as deleted"
		                    : "left out (include-deleted=no)");
}
