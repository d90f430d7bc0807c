/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/deliver.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/file.h"
#include "formats/mbox/dates.h"
#include "formats/mbox/eudora.h"
#include "formats/mbox/recipe.h"
#include "formats/mbox/remark.h"
#include "formats/mbox/sidecar.h"
#include "formats/mbox/trim.h"
#include "mime/body_hash.h"
#include "model/ctx.h"
#include "model/message.h"

#include <glib.h>

#include <string.h>

/* The stored message on its way to raw bytes. */
struct work {
	struct am_mbox_mailbox *box;
	struct am_mbox_scan *scan;
	struct am_mbox_cut *cut;
	struct am_mbox_state state;
	uint64_t len; /* of the stored message, trimmed */
	enum am_mbox_quote undo;
	struct am_mbox_gap *gaps;  /* all that is left out, in order */
	struct am_mbox_gap few[8]; /* room for them in nearly all mail */
	size_t n_gaps;
	size_t n_unquoted;
	bool proved; /* a signature says that `undo` is right */
};

static void note(const struct work *w, enum am_note_level level,
                 const char *code, const char *what)
{
	am_mbox_remark(w->scan->ctx, w->box, level, code, w->box->n_cuts,
	               w->cut->line, what);
}

/* Which quoting is to be undone in this message. */
static void choose_quoting(struct work *w)
{
	struct am_mbox_dialect *d = &w->box->dialect;
	if (w->state.marked && w->state.mark.quote_told) {
		w->undo = w->state.mark.quote;
		return;
	}
	/* Evidence that comes after the sample. */
	bool guessed = d->quote == AM_MBOX_QUOTE_RD && !d->sure;
	if (guessed && w->cut->n_quoted && !d->far)
		am_mbox_dialect_look_far(d, w->scan->window.file, w->scan->ctx);
	if (guessed && !d->sure && w->cut->deepest > 1) {
		d->sure = true;
		d->name = "mboxrd";
	}
	if (guessed && d->sure)
		am_mbox_remark_dialect(w->scan->ctx, w->box);
	w->undo = d->quote;
}

static bool undone(const struct work *w, const struct am_mbox_quoted *q)
{
	if (q->depth > AM_MBOX_QUOTE_MAX || q->at >= w->len)
		return false;
	if (w->undo == AM_MBOX_QUOTE_BACKUP)
		return q->at != 0;
	return w->undo == AM_MBOX_QUOTE_RD ||
	       (w->undo == AM_MBOX_QUOTE_O && q->depth == 1);
}

/* Does quoting the raw bytes again give exactly these? */
static bool regular(const struct work *w)
{
	return !w->cut->n_plain && !w->cut->quoted_lost;
}

static void add_gap(struct work *w, const struct am_mbox_gap *gap)
{
	/* A group's own lines are never quoted, so gaps do not overlap. */
	w->gaps[w->n_gaps++] = *gap;
}

/* Merge the storage fields and the '>'s, in order. */
static void collect_gaps(struct work *w, bool quotes)
{
	static const uint8_t mark = '>';
	size_t i = 0, k = 0;
	w->n_gaps = 0;
	w->n_unquoted = 0;
	while (i < w->state.n_gaps || (quotes && k < w->cut->n_quoted)) {
		const struct am_mbox_gap *field =
			i < w->state.n_gaps ? &w->state.gaps[i] : NULL;
		const struct am_mbox_quoted *q = quotes && k < w->cut->n_quoted
		                                         ? &w->cut->quoted[k]
		                                         : NULL;
		if (field && (!q || field->at <= q->at)) {
			while (quotes && k < w->cut->n_quoted &&
			       /* NOLINTNEXTLINE(*NullDereference) k < n */
			       w->cut->quoted[k].at < field->at + field->len)
				k++;
			add_gap(w, field);
			i++;
			continue;
		}
		k++;
		if (undone(w, q)) {
			struct am_mbox_gap one = {q->at, 1, &mark};
			add_gap(w, &one);
			w->n_unquoted++;
		}
	}
}

/* The recipe as a prop; AM_E_LIMIT when it would be too long. */
static int add_recipe(struct work *w, struct am_message *msg,
                      struct am_error *err)
{
	uint8_t *recipe = NULL;
	size_t len = 0;
	bool by_rule = w->n_unquoted && regular(w);
	const struct am_mbox_gap *gaps = w->gaps;
	size_t n = w->n_gaps;
	if (by_rule) {
		gaps = w->state.gaps;
		n = w->state.n_gaps;
	}
	int r = am_mbox_recipe_encode(&recipe, &len,
	                              by_rule ? w->undo : AM_MBOX_QUOTE_NONE,
	                              w->box->dialect.eol, gaps, n, err);
	if (r)
		return r;
	if (recipe)
		am_message_add_prop(msg, "mbox.recipe", recipe, len);
	g_free(recipe);
	return AM_OK;
}

/* The message less the gaps; g_free(). */
static uint8_t *without_gaps(const struct work *w, size_t *out_len)
{
	const uint8_t *from = w->cut->data;
	uint64_t len = w->len, at = 0;
	for (size_t i = 0; i < w->n_gaps; i++)
		len -= w->gaps[i].len;
	uint8_t *raw = g_malloc((size_t)len + 1), *to = raw;
	for (size_t i = 0; i < w->n_gaps; i++) {
		size_t n = (size_t)(w->gaps[i].at - at);
		memcpy(to, from + at, n);
		to += n;
		at = w->gaps[i].at + w->gaps[i].len;
	}
	memcpy(to, from + at, (size_t)(w->len - at));
	*out_len = (size_t)len;
	return raw;
}

static int raw_in_memory(struct work *w, struct am_message *msg,
                         struct am_error *err)
{
	size_t len;
	if (!w->n_gaps) {
		msg->size = w->len;
		return am_blob_copy(&msg->raw, w->cut->data, (size_t)w->len,
		                    err);
	}
	uint8_t *raw = without_gaps(w, &len);
	msg->size = len;
	return am_blob_take(&msg->raw, raw, len, err);
}

/*
 * Whose '>' is it?  Where the mail was signed, the hash of its body knows: of
 * the ways to read the quoted lines, the one under which it holds is right,
 * whatever the rest of the file is like.
 */
static void prove_quoting(struct work *w)
{
	const enum am_mbox_quote guess = w->undo;
	const enum am_mbox_quote ways[] = {guess, AM_MBOX_QUOTE_RD,
	                                   AM_MBOX_QUOTE_O, AM_MBOX_QUOTE_NONE};
	if (!w->cut->n_quoted || w->cut->quoted_lost || !w->cut->data ||
	    (w->state.marked && w->state.mark.quote_told))
		return;
	for (size_t i = 0; i < AM_COUNT(ways); i++) {
		if (i && ways[i] == guess)
			continue;
		size_t len;
		w->undo = ways[i];
		collect_gaps(w, true);
		uint8_t *raw = without_gaps(w, &len);
		enum am_body_hash hash = am_body_hash_check(raw, len);
		g_free(raw);
		w->proved = hash == AM_BODY_HASH_RIGHT;
		if (w->proved && i)
			note(w, AM_NOTE_INFO, "mbox.quoting-proved",
			     "quoted unlike the rest, as its signature tells");
		if (w->proved)
			return;
		if (hash == AM_BODY_HASH_NONE)
			break;
	}
	w->undo = guess;
}

/* Copy [from, to) of the stored message into a spool. */
static int spool_range(struct am_spool *to, struct work *w,
                       const struct am_blob *stored, uint64_t from,
                       uint64_t end, uint8_t *buf, size_t room,
                       struct am_error *err)
{
	int r = AM_OK;
	while (from < end && !r) {
		size_t want = (size_t)MIN(end - from, room), got = want;
		if (am_ctx_cancelled(w->scan->ctx))
			return am_ctx_fail_cancelled(err);
		if (stored)
			r = am_blob_read(stored, from, buf, want, &got, err);
		else
			r = am_file_read_all(w->scan->window.file,
			                     w->cut->start + from, buf, want,
			                     err);
		if (!r && got < want)
			r = am_fail(err, AM_FAILED, AM_E_IO,
			            "spooled message is too short");
		if (!r)
			r = am_spool_write(to, buf, want, err);
		from += want;
	}
	return r;
}

/* Stored bytes (a blob, or the file) less the gaps. */
static int spool_without_gaps(struct work *w, const struct am_blob *stored,
                              struct am_blob **out, struct am_error *err)
{
	const size_t room = 256 * 1024;
	struct am_spool *spool = NULL;
	uint8_t *buf = g_malloc(room);
	uint64_t at = 0;
	int r = am_spool_open(&spool, w->scan->spool_memory, w->scan->tmpdir,
	                      err);
	for (size_t i = 0; i < w->n_gaps && !r; i++) {
		r = spool_range(spool, w, stored, at, w->gaps[i].at, buf, room,
		                err);
		at = w->gaps[i].at + w->gaps[i].len;
	}
	if (!r)
		r = spool_range(spool, w, stored, at, w->len, buf, room, err);
	if (!r)
		r = am_spool_seal(&spool, out, err);
	am_spool_drop(&spool);
	g_free(buf);
	return r;
}

static int raw_large(struct work *w, struct am_message *msg,
                     struct am_error *err)
{
	struct am_mbox_cut *cut = w->cut;
	struct am_blob *stored = NULL;
	int r = AM_OK;
	if (!cut->spool) {
		r = w->n_gaps ? spool_without_gaps(w, NULL, &msg->raw, err)
		              : am_blob_slice(&msg->raw, w->scan->window.file,
		                              cut->start, w->len, err);
		goto out;
	}
	/* The last bytes are still in the window: what is trimmed off the end
	 * is mostly there, and only a larger hole needs a second copy. */
	uint64_t end = cut->start + w->len;
	if (end > cut->spooled)
		r = am_spool_write(
			cut->spool,
			am_mbox_window_at(&w->scan->window, cut->spooled),
			(size_t)(end - cut->spooled), err);
	if (!r)
		r = am_spool_seal(&cut->spool, &stored, err);
	if (r)
		goto out;
	if (w->n_gaps || end < cut->spooled) {
		r = spool_without_gaps(w, stored, &msg->raw, err);
	} else {
		msg->raw = stored;
		stored = NULL;
	}
out:
	am_blob_unref(&stored);
	if (!r)
		msg->size = am_blob_size(msg->raw);
	return r;
}

static void describe(struct work *w, struct am_message *msg)
{
	const struct am_mbox_from *from = &w->cut->from;
	am_mbox_dates_add(msg, w->box, w->cut);
	am_mbox_from_keep(msg, w->cut->sep, w->cut->sep_len);
	if (from->kind == AM_MBOX_FROM_TAKEOUT && from->sender_len > 4)
		am_message_add_prop(msg, "gmail.message-id", from->sender,
		                    from->sender_len - 4);
	am_mbox_state_apply(&w->state, w->cut, &w->box->imap, msg);
	if (w->box->sidecar)
		am_mbox_sidecar_apply(w->box->sidecar, w->cut->line, from, msg);
	msg->exactness = !w->n_unquoted ? AM_EXACT : AM_GUESSED;
	if (w->n_unquoted && w->proved)
		msg->exactness = AM_UNQUOTED;
	if (w->n_unquoted && (w->state.marked && w->state.mark.quote_told
	                              ? w->undo == AM_MBOX_QUOTE_RD
	                              : w->box->dialect.sure))
		msg->exactness = AM_UNQUOTED;
}

static int make(struct work *w, struct am_message *msg, struct am_error *err)
{
	collect_gaps(w, !w->cut->quoted_lost);
	int r = add_recipe(w, msg, err);
	if (r && err && err->kind == AM_E_LIMIT) {
		note(w, AM_NOTE_WARN, "mbox.recipe-too-long",
		     "kept as stored, with its quoting");
		collect_gaps(w, false);
		r = add_recipe(w, msg, err);
		if (r && err->kind == AM_E_LIMIT) {
			w->state.n_gaps = 0;
			collect_gaps(w, false);
			r = add_recipe(w, msg, err);
		}
	} else if (w->cut->quoted_lost) {
		note(w, AM_NOTE_WARN, "mbox.recipe-too-long",
		     "kept as stored, with its quoting");
	}
	if (r)
		return r;
	r = w->cut->data ? raw_in_memory(w, msg, err) : raw_large(w, msg, err);
	if (!r)
		describe(w, msg);
	return r;
}

/* What Eudora has taken apart, put together again. */
static int rebuild(struct work *w, struct am_message *msg, struct am_error *err)
{
	struct am_mbox_eudora *e = w->box->eudora;
	struct am_mbox_eudora_did did;
	char *text = NULL;

	if (!e || (w->cut->from.kind != AM_MBOX_FROM_EUDORA &&
	           !am_mbox_eudora_told(e)))
		return AM_OK;
	int r = am_mbox_eudora_rebuild(e, msg, w->box->dialect.eol, &did,
	                               w->scan->ctx, err);
	if (did.missing) {
		msg->incomplete = true;
		text = g_strdup_printf(
			"%u of its files, \"%s\"%s, %s not found: the text "
			"names %s",
			did.missing, did.first, did.missing > 1 ? " …" : "",
			did.missing > 1 ? "are" : "is",
			did.missing > 1 ? "them" : "it");
		note(w, AM_NOTE_WARN, "mbox.attachment-missing", text);
	}
	if (did.too_much)
		note(w, AM_NOTE_WARN, "mbox.not-rebuilt",
		     "too large to be put together again: kept as stored");
	if (did.rebuilt) {
		g_free(text);
		text = g_strdup_printf("put together again%s",
		                       did.found ? ", with its files" : "");
		note(w, AM_NOTE_INFO, "mbox.rebuilt", text);
	}
	g_free(text);
	g_free(did.first);
	return r;
}

int am_mbox_deliver(struct am_message **out, uint64_t *after,
                    struct am_mbox_mailbox *box, struct am_mbox_scan *scan,
                    struct am_error *err)
{
	struct am_error local;
	struct work work = {.box = box, .scan = scan, .cut = &scan->cut};
	struct work *w = &work;
	struct am_mbox_cut *cut = &scan->cut;
	struct am_message *msg = NULL;
	int r = AM_OK;
	*out = NULL;
	if (!err)
		err = &local;
	am_mbox_state_find(&w->state, cut, &box->dialect, &box->imap,
	                   box->n_cuts == 0);
	box->n_cuts++;
	w->len = am_mbox_trim(scan, &box->dialect, &w->state);
	*after = cut->end - cut->start - w->len;
	box->n_expunged += w->state.expunged;
	if (w->state.pseudo) {
		note(w, AM_NOTE_INFO, "mbox.pseudo-message",
		     "the mailbox's own record left out");
		goto out;
	}
	if (w->state.expunged) {
		bool keep = box->include_deleted;
		note(w, AM_NOTE_INFO,
		     keep ? "mbox.deleted-kept" : "mbox.deleted-skipped",
		     keep ? "deleted, not compacted" : "deleted, left out");
		if (!keep)
			goto out;
	}
	if (cut->data && memchr(cut->data, 0, (size_t)w->len))
		note(w, AM_NOTE_WARN, "mbox.nul-bytes",
		     "holds NUL bytes, and keeps them");
	/* Gaps beyond what is left of the message are in what was trimmed. */
	while (w->state.n_gaps &&
	       w->state.gaps[w->state.n_gaps - 1].at +
	                       w->state.gaps[w->state.n_gaps - 1].len >
	               w->len)
		w->state.n_gaps--;
	if (!w->state.marked)
		am_mbox_evidence_lines(box, cut, scan->ctx);
	choose_quoting(w);
	size_t most = w->state.n_gaps + cut->n_quoted;
	w->gaps = most <= AM_COUNT(w->few) ? w->few
	                                   : g_new(struct am_mbox_gap, most);
	prove_quoting(w);
	if (w->proved)
		am_mbox_evidence_proved(box, cut, w->undo, scan->ctx);
	r = am_message_new(&msg, box->folder, err);
	if (r)
		goto out;
	msg->origin = am_arena_printf(msg->arena, "%s:%" PRIu64, box->name,
	                              cut->line);
	r = make(w, msg, err);
	if (!r)
		r = rebuild(w, msg, err);
	if (r)
		goto out;
	*out = msg;
	msg = NULL;
out:
	am_message_free(&msg);
	if (w->gaps != w->few)
		g_free(w->gaps);
	return r;
}
