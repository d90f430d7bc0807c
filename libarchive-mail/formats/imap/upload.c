/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/imap/upload_impl.h"

#include "base/blob.h"
#include "formats/imap/mend.h"

#include <string.h>

/* Of one command, and of all that are under way. */
enum {
	BATCH_MESSAGES = 50,
	BATCH_BYTES = 1 << 20,
	WINDOW_COMMANDS = 32,
	WINDOW_BYTES = 4 << 20
};

/* ---- flights ---- */

void am_imap_flight_free(void *data)
{
	struct am_imap_flight *f = data;

	if (!f)
		return;
	g_ptr_array_free(f->items, TRUE);
	g_array_free(f->uids, TRUE);
	g_free(f);
}

/* "[APPENDUID 7 5:8]" (RFC 4315), in the order sent. */
static void take_uids(struct am_imap_command *cmd,
                      const struct am_imap_line *line)
{
	struct am_imap_flight *f = cmd->user;
	struct am_imap_set *set = am_imap_set_new();
	uint64_t uidvalidity;

	const char *text =
		line->n_code > 2 && am_imap_is(line->code, "APPENDUID")
			? am_imap_text(&line->code[2])
			: NULL;
	if (text && am_imap_number(&line->code[1], &uidvalidity) &&
	    uidvalidity == f->target->uidvalidity &&
	    !am_imap_set_parse(set, text, line->code[2].len, 0, NULL) &&
	    am_imap_set_count(set) == f->items->len)
		for (size_t i = 0; i < am_imap_set_ranges(set); i++) {
			uint32_t first, last;
			am_imap_set_range(set, i, &first, &last);
			for (uint64_t uid = first; uid <= last; uid++) {
				uint32_t one = (uint32_t)uid;
				g_array_append_val(f->uids, one);
			}
		}
	am_imap_set_free(&set);
}

struct am_imap_flight *am_imap_flight_new(struct am_imap_target *target)
{
	struct am_imap_flight *f = g_new0(struct am_imap_flight, 1);

	f->target = target;
	f->items = g_ptr_array_new_with_free_func(am_imap_item_free);
	f->uids = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	f->cmd.tagged = take_uids;
	f->cmd.user = f;
	return f;
}

struct am_imap_upload *am_imap_upload_new(struct am_imap_account *account,
                                          struct am_imap_link *link,
                                          struct am_imap_targets *targets,
                                          struct am_sink *sink, bool repair)
{
	struct am_imap_upload *u = g_new0(struct am_imap_upload, 1);

	u->account = account;
	u->link = link;
	u->targets = targets;
	u->proof = am_imap_proof_new(link, targets);
	u->kept = am_imap_kept_new(account, link, targets);
	u->heeded = am_imap_heeded_new(account, link);
	u->sink = sink;
	u->repair = repair;
	g_queue_init(&u->sent);
	g_queue_init(&u->again);
	return u;
}

void am_imap_upload_free(struct am_imap_upload **upload)
{
	struct am_imap_upload *u = *upload;

	*upload = NULL;
	if (!u)
		return;
	/* The session points at commands that are under way. */
	if (u->sent.length || am_imap_kept_is_under_way(u->kept))
		am_imap_link_drop(u->link);
	am_imap_flight_free(u->open);
	g_queue_clear_full(&u->sent, am_imap_flight_free);
	g_queue_clear_full(&u->again, am_imap_item_free);
	am_imap_proof_free(&u->proof);
	am_imap_kept_free(&u->kept);
	am_imap_heeded_free(&u->heeded);
	g_free(u);
}

/* ---- ends ---- */

/* It is there. */
static void tell(struct am_imap_upload *u, struct am_imap_item *it)
{
	am_imap_item_tell(it, u->account->ctx);
	u->poison = u->full = 0;
	am_imap_link_progress(u->link);
}

void am_imap_upload_placed(struct am_imap_upload *u,
                           const struct am_imap_item *it, uint32_t uid)
{
	if (!it->copy)
		am_imap_target_tell(it->target, u->sink, it->meta->folder,
		                    it->meta->uidvalidity, it->meta->uid, uid);
}

void am_imap_upload_done(struct am_imap_upload *u,
                         const struct am_imap_flight *f)
{
	const struct am_imap_session *s = am_imap_link_now(u->link);

	for (guint i = 0; i < f->items->len; i++) {
		struct am_imap_item *it = f->items->pdata[i];
		am_imap_target_sent(it->target, &it->marks);
		if (s && !am_imap_session_has(s, "UIDPLUS"))
			am_imap_proof_add(u->proof, it);
		uint32_t uid = f->uids->len > i
		                       ? g_array_index(f->uids, uint32_t, i)
		                       : 0;
		am_imap_kept_add(u->kept, it, uid);
		am_imap_heeded_add(u->heeded, it, uid);
		am_imap_upload_placed(u, it, uid);
		tell(u, it);
	}
}

/* A further copy of a message that is there is a note. */
static void tell_late(void *user, const struct am_late *what, bool copy,
                      const struct am_error *err)
{
	struct am_imap_upload *u = user;

	if (!copy && u->sink->late)
		u->sink->late(u->sink->late_user, what, err);
	else
		am_ctx_note_error(u->account->ctx, "imap.copy-refused",
		                  what->folder, what->origin, err);
}

/* For good. */
void am_imap_upload_refuse(struct am_imap_upload *u, struct am_imap_item *it,
                           const struct am_error *err)
{
	const struct am_late late = {
		.folder = it->meta->folder,
		.origin = it->meta->origin,
		.bytes = am_blob_size(it->raw),
		.uidvalidity = it->meta->uidvalidity,
		.uid = it->meta->uid,
	};

	tell_late(u, &late, it->copy, err);
	am_imap_item_free(it);
}

void am_imap_upload_again(struct am_imap_upload *u, struct am_imap_flight *f)
{
	while (f->items->len) {
		struct am_imap_item *it = g_ptr_array_steal_index(f->items, 0);
		/* One that ended the connection alone is settled first: in
		 * turns with others the pauses would only grow. */
		if (it->losses)
			g_queue_push_head(&u->again, it);
		else
			g_queue_push_tail(&u->again, it);
	}
}

/* ---- sending ---- */

/* GNU imap4d loses what is appended to the mailbox that is selected: it writes
 * what it knows of it over what came.  Servers with UIDPLUS know better, and
 * are spared the round trip. */
static int stand_back(struct am_imap_session *s, struct am_error *err)
{
	return am_imap_session_has(s, "UIDPLUS")
	               ? AM_OK
	               : am_imap_session_unselect(s, err);
}

/* One command with all items of the flight.  AM_FAILED: it ended before all was
 * sent, cmd.reply says how. */
int am_imap_upload_send(struct am_imap_upload *u, struct am_imap_session *s,
                        struct am_imap_flight *f, struct am_error *err)
{
	struct am_imap_out *out = am_imap_session_out(s);
	bool waits = false;

	int r = am_imap_account_rest(u->account, err);
	if (!r)
		r = stand_back(s, err);
	if (r)
		return r;
	am_imap_out_clear(out);
	am_imap_put(out, "APPEND ");
	r = am_imap_put_string(out, f->target->name, strlen(f->target->name),
	                       err);
	for (guint i = 0; i < f->items->len && !r; i++) {
		struct am_imap_item *it = g_ptr_array_index(f->items, i);
		am_imap_item_head(s, it, &waits);
		if (!i) {
			r = am_imap_session_begin(s, &f->cmd, err);
		} else {
			r = am_imap_session_write(s, out->data, out->len, err);
			am_imap_out_clear(out);
		}
		if (!r && waits)
			r = am_imap_session_go_ahead(s, &f->cmd, "APPEND", err);
		if (!r)
			r = am_imap_item_body(s, it, err);
	}
	if (!r)
		return am_imap_session_end(s, err);
	/* An OK before everything was sent, or no command at all: nothing of
	 * it is there. */
	if (r == AM_FAILED && f->cmd.reply.end != AM_IMAP_END_NO) {
		f->cmd.reply.end = AM_IMAP_END_BAD;
		f->cmd.reply.trouble = AM_IMAP_REFUSED;
	}
	return r;
}

/* ---- answers ---- */

/* Commands that were answered, oldest first, leave. */
static void collect(struct am_imap_upload *u)
{
	struct am_imap_flight *f;

	while ((f = g_queue_peek_head(&u->sent)) &&
	       f->cmd.reply.end != AM_IMAP_UNDER_WAY &&
	       f->cmd.reply.end != AM_IMAP_END_LOST) {
		(void)g_queue_pop_head(&u->sent);
		u->bytes -= f->bytes;
		if (f->cmd.reply.end == AM_IMAP_END_OK)
			am_imap_upload_done(u, f);
		else
			am_imap_upload_again(u, f);
		am_imap_flight_free(f);
	}
}

/* Which of them arrived is seen in the mailbox. */
static int reconcile(struct am_imap_upload *u, struct am_imap_flight *f,
                     struct am_error *err)
{
	int r;

	r = am_imap_target_calm(u->targets, f->target, err);
	if (r == AM_FAILED && err->kind == AM_E_NOTFOUND) {
		/* Gone, with whatever arrived: made again by who sends. */
		f->target->ready = false;
		am_imap_upload_again(u, f);
		return AM_OK;
	}
	if (r)
		return r == AM_FAILED ? AM_FATAL : r;
	for (guint i = f->items->len; i > 0; i--) {
		struct am_imap_item *it = g_ptr_array_index(f->items, i - 1);
		uint32_t uid;
		if (!am_imap_target_take(f->target, &it->marks, &uid))
			continue;
		am_imap_upload_placed(u, it, uid);
		tell(u, it);
		g_ptr_array_remove_index(f->items, i - 1);
	}
	am_imap_upload_again(u, f);
	return AM_OK;
}

/* The connection is gone: everything that was not answered is in doubt. */
static int recover(struct am_imap_upload *u, struct am_error *err)
{
	struct am_imap_flight *f;
	int r = AM_OK;

	collect(u);
	while (!r && (f = g_queue_pop_head(&u->sent))) {
		u->bytes -= f->bytes;
		if (f->cmd.reply.end == AM_IMAP_END_OK) {
			am_imap_upload_done(u, f);
		} else {
			r = reconcile(u, f, err);
		}
		am_imap_flight_free(f);
	}
	return r;
}

/* After any status of the session: AM_OK go on (all that was under way is
 * settled or waits in `again`), else the end. */
int am_imap_upload_judge(struct am_imap_upload *u, int status,
                         struct am_error *err)
{
	const struct am_imap_flight *f = g_queue_peek_head(&u->sent);
	const struct am_imap_reply *bye =
		f && f->cmd.reply.end == AM_IMAP_END_LOST ? &f->cmd.reply
							  : NULL;

	/* A goodbye may say why. */
	if (status == AM_RETRY && bye && bye->trouble == AM_IMAP_SPENT)
		return AM_FATAL;
	int r = am_imap_link_judge(u->link, status, bye, err);
	if (r == AM_RETRY)
		return recover(u, err);
	return r;
}

/* Read answers until no more than so much is under way. */
static int drain(struct am_imap_upload *u, guint commands, uint64_t bytes,
                 struct am_error *err)
{
	for (;;) {
		collect(u);
		struct am_imap_session *s = am_imap_link_now(u->link);
		if (u->sent.length <= commands && u->bytes <= bytes)
			return AM_OK;
		int r = s ? am_imap_session_step(s, err)
		          : am_fail(err, AM_RETRY, AM_E_IO,
		                    "the connection was lost");
		if (r)
			r = am_imap_upload_judge(u, r, err);
		if (r)
			return r;
	}
}

/* ---- the door ---- */

static int send_open(struct am_imap_upload *u, struct am_error *err)
{
	struct am_imap_flight *f = u->open;
	struct am_imap_session *s;

	if (!f)
		return AM_OK;
	u->open = NULL;
	int r = am_imap_link_session(u->link, &s, err);
	if (r) {
		am_imap_upload_again(u, f);
		am_imap_flight_free(f);
		return r;
	}
	r = am_imap_upload_send(u, s, f, err);
	g_queue_push_tail(&u->sent, f);
	u->bytes += f->bytes;
	/* It ended early: with the others' answers it is looked at. */
	if (r == AM_FAILED)
		r = AM_OK;
	return r ? am_imap_upload_judge(u, r, err) : AM_OK;
}

/* Cyrus writes 'X' for each 8-bit byte of a header and says nothing of it. */
static bool garbles(struct am_imap_session *s)
{
	return !am_imap_session_utf8(s) &&
	       (am_imap_session_has(s, "X-CREATEDMODSEQ") ||
	        am_imap_session_has(s, "X-REPLICATION") ||
	        am_imap_session_has(s, "ANNOTATE-EXPERIMENT-1"));
}

static int check_limit(struct am_imap_upload *u, const struct am_imap_parcel *p,
                       struct am_error *err)
{
	struct am_imap_session *s;
	guint64 most;

	int r = am_imap_link_session(u->link, &s, err);
	if (r)
		return r;
	u->garbles = garbles(s);
	const char *limit = am_imap_session_cap(s, "APPENDLIMIT");
	if (!limit ||
	    !g_ascii_string_to_unsigned(limit, 10, 1, G_MAXUINT64, &most,
	                                NULL) ||
	    p->print->size <= most)
		return AM_OK;
	return am_fail(err, AM_FAILED, AM_E_LIMIT,
	               "%" PRIu64 " bytes: %.80s takes messages of up to "
	               "%" PRIu64 " only",
	               p->print->size, am_imap_session_host(s), (uint64_t)most);
}

static unsigned batch_most(struct am_imap_upload *u)
{
	struct am_imap_session *s = am_imap_link_now(u->link);

	return s && am_imap_session_has(s, "MULTIAPPEND") ? BATCH_MESSAGES : 1;
}

static int make_item(struct am_imap_upload *u, const struct am_imap_parcel *p,
                     struct am_imap_item **out, struct am_error *err)
{
	int r = am_imap_item_new(out, p, err);

	if (r || !p->print->header_8bit || !u->garbles)
		return r;
	(*out)->garbled = !u->repair ||
	                  !am_imap_item_ahead(*out, AM_IMAP_MEND_8BIT_HEADER,
	                                      u->account->ctx, err);
	return AM_OK;
}

int am_imap_upload_put(struct am_imap_upload *u, const struct am_imap_parcel *p,
                       struct am_error *err)
{
	struct am_imap_item *it;
	int r = check_limit(u, p, err);

	if (!r && am_imap_proof_is_due(u->proof))
		r = am_imap_upload_settle(u, false, err);
	if (!r && u->open &&
	    (u->open->target != p->target ||
	     u->open->items->len >= batch_most(u) ||
	     u->open->bytes + p->print->size > BATCH_BYTES))
		r = send_open(u, err);
	if (!r)
		r = drain(u, WINDOW_COMMANDS, WINDOW_BYTES, err);
	/* What was refused goes before new things: order, mostly. */
	if (!r && u->again.length) {
		r = drain(u, 0, 0, err);
		if (!r)
			r = am_imap_upload_work_off(u, err);
	}
	if (!r)
		r = make_item(u, p, &it, err);
	if (r)
		return r;
	if (!u->open)
		u->open = am_imap_flight_new(p->target);
	g_ptr_array_add(u->open->items, it);
	u->open->bytes += it->size;
	return AM_OK;
}

static void refuse_all(struct am_imap_upload *u, struct am_imap_flight *f,
                       const struct am_error *err)
{
	while (f->items->len)
		am_imap_upload_refuse(u, g_ptr_array_steal_index(f->items, 0),
		                      err);
	am_imap_flight_free(f);
}

void am_imap_upload_abandon(struct am_imap_upload *u,
                            const struct am_error *err)
{
	struct am_imap_flight *f = u->open;
	struct am_imap_item *it;

	u->open = NULL;
	if (f)
		refuse_all(u, f, err);
	/* The session points at commands that are under way. */
	if (u->sent.length || am_imap_kept_is_under_way(u->kept))
		am_imap_link_drop(u->link);
	collect(u);
	while ((f = g_queue_pop_head(&u->sent)))
		refuse_all(u, f, err);
	while ((it = g_queue_pop_head(&u->again)))
		am_imap_upload_refuse(u, it, err);
	u->bytes = 0;
}

int am_imap_upload_settle(struct am_imap_upload *u, bool last,
                          struct am_error *err)
{
	int r = send_open(u, err);

	while (!r && (u->sent.length || u->again.length)) {
		r = drain(u, 0, 0, err);
		if (!r)
			r = am_imap_upload_work_off(u, err);
	}
	if (!r)
		r = am_imap_proof_settle(u->proof, tell_late, u, err);
	if (!r)
		r = am_imap_kept_settle(u->kept, last, err);
	/* The kept's questions may be under way still. */
	if (!r && !am_imap_kept_is_under_way(u->kept))
		r = am_imap_heeded_settle(u->heeded, last, err);
	return r;
}
