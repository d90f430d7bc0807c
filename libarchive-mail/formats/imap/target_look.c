/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a mailbox of the target holds: SELECT, and then what is there from the
 * UID on where we looked last.
 */
#include "formats/imap/target_impl.h"

/* How long nothing has to come, and how often that is waited for. */
enum { CALM_MS = 700, CALM_MOST = 60 };

static bool take(struct am_imap_present *present,
                 const struct am_imap_marks *marks, uint32_t *uid)
{
	return am_imap_present_take(present, marks->fingerprint, uid) ||
	       (marks->blind &&
	        am_imap_present_take(present, marks->blind, uid));
}

bool am_imap_target_take(struct am_imap_target *t,
                         const struct am_imap_marks *marks, uint32_t *uid)
{
	if (!take(t->present, marks, uid))
		return false;
	g_array_append_val(t->spoken, *marks);
	return true;
}

void am_imap_target_tell(const struct am_imap_target *t,
                         const struct am_sink *sink,
                         const struct am_folder *folder, uint32_t uidvalidity,
                         uint32_t uid, uint32_t there)
{
	const struct am_placed placed = {
		.folder = folder,
		.uidvalidity = uidvalidity,
		.uid = uid,
		.box = t->name,
		.box_uidvalidity = t->uidvalidity,
		.box_uid = there,
	};

	if (uid && there && sink->placed)
		sink->placed(sink->late_user, &placed);
}

void am_imap_target_sent(struct am_imap_target *t,
                         const struct am_imap_marks *marks)
{
	g_array_append_val(t->acked, *marks);
}

bool am_imap_target_is_empty(const struct am_imap_target *t)
{
	return am_imap_present_is_empty(t->present);
}

static void take_all(struct am_imap_target *t, const GArray *all)
{
	for (guint i = 0; i < all->len; i++)
		(void)take(t->present,
		           &g_array_index(all, struct am_imap_marks, i), NULL);
}

/* What was seen is ours to go by. */
static void take_over(struct am_imap_targets *ts, struct am_imap_target *t,
                      bool anew)
{
	uint64_t blind = am_imap_look_blind(t->look);

	am_imap_present_add_all(t->present, am_imap_look_found(t->look));
	if (anew)
		take_all(t, t->spoken);
	take_all(t, t->acked);
	g_array_append_vals(t->spoken, t->acked->data, t->acked->len);
	g_array_set_size(t->acked, 0);
	t->seen = am_imap_look_next(t->look);
	if (anew || !t->looks)
		t->kept_from = t->seen;
	if (blind)
		am_ctx_note(ts->account->ctx, AM_NOTE_WARN, "imap.blind",
		            t->folder, NULL,
		            "the server does not show %" PRIu64
		            " of the messages that are there: one like them "
		            "may be sent once more",
		            blind);
	am_imap_look_free(&t->look);
}

static int read_all(struct am_imap_targets *ts, struct am_imap_target *t,
                    struct am_imap_session *s, struct am_error *err)
{
	const struct am_imap_mailbox *box = am_imap_session_mailbox(s);
	bool anew = t->uidvalidity && box->uidvalidity != t->uidvalidity;

	am_imap_target_permanent(t, box->permanent_flags);
	/* Numbered anew under our hands: look at everything. */
	if (anew) {
		am_imap_present_free(&t->present);
		t->present = am_imap_present_new();
		t->seen = 0;
		t->held = 0;
	}
	/* A look goes on with the numbers it began with. */
	if (anew || (t->look && t->looking != box->uidvalidity)) {
		am_imap_look_free(&t->look);
		am_imap_alike_free(&t->alike);
		t->alike = am_imap_alike_new();
		am_imap_other_ids_free(&t->others);
		t->others = am_imap_other_ids_new();
	}
	if (!t->look)
		t->look = am_imap_look_new(t->seen, t->looks ? NULL : t->alike,
		                           t->looks ? NULL : t->others);
	t->looking = box->uidvalidity;
	int r = am_imap_look_on(t->look, s, t->held, err);
	if (am_imap_look_progressed(t->look))
		am_imap_link_progress(ts->link);
	if (r)
		return r;
	take_over(ts, t, anew);
	t->uidvalidity = box->uidvalidity;
	t->held = box->exists;
	t->looks++;
	t->ready = true;
	return AM_OK;
}

int am_imap_target_look(struct am_imap_targets *ts, struct am_imap_target *t,
                        struct am_error *err)
{
	struct am_imap_command cmd = {0};
	struct am_imap_session *s;
	bool sent;

	int r = am_imap_link_session(ts->link, &s, err);
	if (r)
		return r;
	r = am_imap_session_select_send(s, &cmd, t->name, true, &sent, err);
	if (!r && sent)
		r = am_imap_session_wait(s, &cmd, "opening the folder", err);
	if (!r) {
		r = read_all(ts, t, s, err);
		cmd.reply.trouble = r == AM_FAILED && err->kind == AM_E_BUSY
		                            ? AM_IMAP_UNAVAILABLE
		                            : AM_IMAP_REFUSED;
	}
	return am_imap_targets_judge(ts, r, &cmd.reply, err);
}

static int open_target(struct am_imap_targets *ts,
                       const struct am_imap_target *t,
                       struct am_imap_session **out, struct am_error *err)
{
	int r = am_imap_link_session(ts->link, out, err);

	if (!r)
		r = am_imap_session_select(*out, t->name, true, err);
	if (!r && am_imap_session_mailbox(*out)->uidvalidity != t->uidvalidity)
		r = am_fail(err, AM_FAILED, AM_E_PROTOCOL, "numbered anew");
	return r;
}

/* One that nobody has spoken for. */
static bool find_alike(struct am_imap_target *t, const struct am_blob *bytes,
                       const struct am_imap_print *print, uint32_t *uid,
                       bool *grown)
{
	struct am_imap_marks marks = {0};
	size_t at = 0;

	while (am_imap_alike_find(t->alike, bytes, print, &at,
	                          &marks.fingerprint))
		if (am_imap_target_take(t, &marks, uid)) {
			*grown = marks.fingerprint != print->fingerprint;
			return true;
		}
	return false;
}

int am_imap_target_take_alike(struct am_imap_targets *ts,
                              struct am_imap_target *t,
                              const struct am_message *msg,
                              const struct am_blob *bytes,
                              const struct am_imap_print *print, bool *taken,
                              uint32_t *uid, struct am_error *err)
{
	struct am_imap_session *s;
	bool grown = false;
	int r = AM_OK;

	*taken = false;
	while (!r && am_imap_alike_lacks(t->alike, print->size)) {
		r = open_target(ts, t, &s, err);
		if (!r)
			r = am_imap_alike_fetch(t->alike, s, print->size, err);
	}
	/* Of what it cannot compare it says nothing. */
	if (r && r != AM_FAILED)
		return am_imap_targets_judge(ts, r, NULL, err);
	*taken = find_alike(t, bytes, print, uid, &grown);
	if (*taken && grown)
		am_ctx_note(ts->account->ctx, AM_NOTE_INFO, "imap.alike",
		            msg->folder, msg->origin,
		            "there already, with lines in its header that the "
		            "server put there");
	return AM_OK;
}

bool am_imap_target_may_be_other(const struct am_imap_target *t,
                                 const struct am_imap_print *print)
{
	uint64_t fingerprint;
	uint32_t uid;
	size_t at = 0;

	return print->nameless &&
	       am_imap_other_ids_find(t->others, print->nameless, print->size,
	                              &at, &uid, &fingerprint);
}

int am_imap_target_take_other(struct am_imap_targets *ts,
                              struct am_imap_target *t,
                              const struct am_message *msg,
                              const struct am_imap_print *print, bool *taken,
                              uint32_t *uid, struct am_error *err)
{
	struct am_imap_marks marks = {0};
	struct am_imap_session *s;
	bool same = false;
	int r = AM_OK;

	*taken = false;
	for (size_t at = 0;
	     !r && !*taken &&
	     am_imap_other_ids_find(t->others, print->nameless, print->size,
	                            &at, uid, &marks.fingerprint);) {
		/* It is another's, or was taken before. */
		if (marks.fingerprint == print->fingerprint ||
		    !am_imap_present_has(t->present, marks.fingerprint))
			continue;
		r = open_target(ts, t, &s, err);
		if (!r)
			r = am_imap_other_ids_same(s, *uid, msg->raw, &same,
			                           err);
		if (!r && same)
			*taken = am_imap_target_take(t, &marks, uid);
	}
	if (*taken)
		am_ctx_note(ts->account->ctx, AM_NOTE_INFO, "imap.other-id",
		            msg->folder, msg->origin,
		            "there already, with a Message-ID that the server "
		            "gave it");
	/* Of what it cannot compare it says nothing. */
	return r && r != AM_FAILED ? am_imap_targets_judge(ts, r, NULL, err)
	                           : AM_OK;
}

/* Whether mail came into the mailbox within so long. */
static int grows(struct am_imap_targets *ts, bool *out, struct am_error *err)
{
	struct am_imap_command cmd = {0};
	struct am_imap_session *s;

	int r = am_imap_link_session(ts->link, &s, err);
	if (r)
		return r;
	uint64_t before = am_imap_session_mailbox(s)->exists;
	r = am_imap_account_sleep(ts->account, CALM_MS, err);
	if (r)
		return r;
	am_imap_put(am_imap_session_out(s), "NOOP");
	r = am_imap_session_run(s, &cmd, "NOOP", err);
	*out = am_imap_session_mailbox(s)->exists != before;
	/* A server that does not do even this is as calm as it gets. */
	return r == AM_FAILED ? AM_OK
	                      : am_imap_targets_judge(ts, r, &cmd.reply, err);
}

int am_imap_target_calm(struct am_imap_targets *ts, struct am_imap_target *t,
                        struct am_error *err)
{
	bool grew = true;
	int r = AM_OK;

	for (unsigned i = 0; grew && i < CALM_MOST; i++) {
		do {
			r = am_imap_target_look(ts, t, err);
		} while (r == AM_RETRY);
		if (r || t->seen <= 1)
			return r;
		do {
			r = grows(ts, &grew, err);
		} while (r == AM_RETRY);
		if (r)
			return r;
	}
	return r;
}
