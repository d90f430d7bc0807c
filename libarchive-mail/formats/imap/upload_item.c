/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/imap/upload_item.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/reader.h"
#include "formats/imap/fingerprint.h"
#include "formats/imap/mend.h"

/* RFC 7888 §5: what LITERAL- lets through. */
enum { LITERAL_MINUS_MOST = 4096 };

void am_imap_item_free(void *data)
{
	struct am_imap_item *it = data;

	am_message_free(&it->meta);
	am_blob_unref(&it->raw);
	am_blob_unref(&it->mended);
	am_blob_unref(&it->most);
	g_free(it->changed);
	g_free(it);
}

static void take_print(struct am_imap_item *it, const struct am_imap_print *p)
{
	it->marks = am_imap_print_marks(p, it->meta);
	it->size = p->size;
	it->bare_head = p->bare;
	it->nul = p->nul;
	it->lone_cr = p->lone_cr;
}

int am_imap_item_new(struct am_imap_item **out,
                     const struct am_imap_parcel *parcel, struct am_error *err)
{
	struct am_imap_item *it = g_new0(struct am_imap_item, 1);
	int r = am_message_new(&it->meta, parcel->msg->folder, err);

	if (r) {
		g_free(it);
		return r;
	}
	am_message_copy_meta(it->meta, parcel->msg);
	it->meta->origin =
		am_arena_strdup(it->meta->arena, parcel->msg->origin);
	it->raw = am_blob_ref(parcel->msg->raw);
	it->target = parcel->target;
	take_print(it, parcel->print);
	it->labels = parcel->labels;
	it->copy = parcel->copy;
	*out = it;
	return AM_OK;
}

/* ---- sending ---- */

static const struct am_blob *bytes_of(const struct am_imap_item *it)
{
	return it->mended ? it->mended : it->raw;
}

void am_imap_item_head(struct am_imap_session *s, struct am_imap_item *it,
                       bool *waits)
{
	struct am_imap_out *out = am_imap_session_out(s);
	char date[40];
	char *flags = am_imap_target_flags(it->target, it->meta, it->labels,
	                                   it->bare, &it->lost);

	am_imap_put(out, " %s", flags);
	g_free(flags);
	if (it->meta->received.known && !it->undated) {
		am_imap_date_print(&it->meta->received, date);
		am_imap_put(out, " \"%s\"", date);
	}
	bool plus = out->literal_plus ||
	            (out->literal_minus && it->size <= LITERAL_MINUS_MOST);
	am_imap_put(out, " {%" PRIu64 "%s}\r\n", it->size, plus ? "+" : "");
	*waits = !plus;
}

int am_imap_item_body(struct am_imap_session *s, const struct am_imap_item *it,
                      struct am_error *err)
{
	struct am_reader *in = NULL;
	const uint8_t *data;
	uint64_t sent = 0;
	size_t len;

	int r = am_blob_open(bytes_of(it), &in, err);
	if (!r)
		r = am_reader_crlf(&in, in, err);
	while (!r) {
		r = am_reader_peek(in, 1, &data, &len, err);
		if (r)
			break;
		len = (size_t)MIN(len, it->size - sent);
		if (!len)
			break;
		r = am_imap_session_write(s, data, len, err);
		am_reader_skip(in, len);
		sent += len;
	}
	am_reader_close(&in);
	if (r == AM_RETRY || r == AM_FATAL)
		return r;
	if (r == AM_END && sent == it->size)
		return AM_OK;
	/* Fewer than were announced: only a new connection helps. */
	return r == AM_OK ? AM_OK
	                  : am_fail(err, AM_FATAL, AM_E_IO,
	                            "%.100s changed while it was sent",
	                            it->meta->origin ? it->meta->origin : "");
}

/* ---- what to try next ---- */

/* Has flags that some servers choke on: what `bare` leaves out. */
static bool is_odd(const struct am_imap_item *it)
{
	return it->meta->n_keywords || (it->meta->flags & ~31u) ||
	       (it->meta->flags & AM_DELETED) ||
	       (it->labels && it->meta->n_labels);
}

/* These bytes instead, NULL: those that were put.  Takes them. */
static bool use(struct am_imap_item *it, struct am_blob *bytes,
                struct am_error *err)
{
	struct am_imap_print p;

	am_blob_unref(&it->mended);
	it->mended = bytes;
	if (am_imap_print_of(bytes_of(it), &p, err))
		return false;
	take_print(it, &p);
	return true;
}

/* As the step has it; AM_END: that changes nothing. */
static int mend_to(struct am_imap_item *it, unsigned step, struct am_ctx *ctx,
                   struct am_error *err)
{
	struct am_blob *mended = NULL;
	char *changed = NULL;

	it->step = step;
	int r = am_imap_mend(it->raw, step, ctx, &mended, &changed, err);
	if (r)
		return r;
	g_free(it->changed);
	it->changed = changed;
	return use(it, mended, err) ? AM_OK : AM_FAILED;
}

/* One change of the bytes more. */
static bool mend_more(struct am_imap_item *it, struct am_ctx *ctx, bool repair,
                      struct am_error *err)
{
	int r = AM_END;

	while (repair && r == AM_END && it->step < AM_IMAP_MEND_MOST)
		r = mend_to(it, it->step + 1, ctx, err);
	return !r;
}

bool am_imap_item_ahead(struct am_imap_item *it, unsigned step,
                        struct am_ctx *ctx, struct am_error *err)
{
	it->ahead = mend_to(it, step, ctx, err) == AM_OK;
	return it->ahead;
}

/*
 * First its bytes, step by step; where that did not help, they are as
 * they were, and what stands beside them goes; at last everything.
 */
bool am_imap_item_next(struct am_imap_item *it, struct am_ctx *ctx, bool repair,
                       struct am_error *err)
{
	bool odd = is_odd(it), dated = it->meta->received.known;

	if (it->stage == WHOLE && mend_more(it, ctx, repair, err))
		return true;
	if (it->stage == WHOLE && it->mended)
		it->most = am_blob_ref(it->mended);
	while (it->stage < LEAST) {
		it->stage++;
		it->bare = odd && it->stage != UNDATED;
		it->undated = dated && it->stage != BARE;
		bool more = it->stage == BARE      ? odd
		            : it->stage == UNDATED ? dated
		            : it->most             ? odd || dated
		                                   : odd && dated;
		if (!more)
			continue;
		return use(it,
		           it->stage == LEAST && it->most
		                   ? am_blob_ref(it->most)
		                   : NULL,
		           err);
	}
	return false;
}

/* ---- what became of it ---- */

void am_imap_item_tell(const struct am_imap_item *it, struct am_ctx *ctx)
{
	if (it->lost && !it->bare)
		am_ctx_note(ctx, AM_NOTE_LOSS, "imap.keywords",
		            it->meta->folder, it->meta->origin,
		            "%u flags or keywords that the mailbox cannot hold",
		            it->lost);
	if (it->mended)
		am_ctx_note(ctx, AM_NOTE_LOSS, "imap.mended", it->meta->folder,
		            it->meta->origin, "%s: %s",
		            it->ahead ? "sent with changes, as this server "
		                        "garbles 8-bit header text"
		                      : "the server took it only with changes",
		            it->changed);
	if (it->nul || it->lone_cr || it->garbled)
		am_ctx_note(ctx, AM_NOTE_LOSS, "imap.odd-bytes",
		            it->meta->folder, it->meta->origin,
		            "the server took it, but may give other bytes "
		            "back for its %s",
		            it->garbled ? "8-bit header text"
		            : it->nul   ? "NUL bytes"
		                        : "CRs without LF");
	if (it->bare || it->undated)
		am_ctx_note(ctx, AM_NOTE_LOSS, "imap.mended", it->meta->folder,
		            it->meta->origin,
		            "the server took it only without its %s",
		            !it->undated ? "keywords"
		            : it->bare   ? "keywords and date"
		                         : "date");
}
