/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages that did not go through with the others, one by one and with care:
 * mended in steps, waited for, or given up by name.
 */
#include "formats/imap/upload_impl.h"

#include <string.h>

enum {
	BUSY_TRIES = 4,
	LOSSES_MOST = 2, /* of the connection, with one message alone */
	POISON_MOST = 3, /* such messages in a row */
	FULL_MOST = 10,  /* large messages in a row that found no room */
	SMALL = 8 << 10  /* where this finds none, nothing does */
};

/* It ends the connection each time, and may not end the rest of the run. */
static int poisonous(struct am_imap_upload *u, struct am_imap_item *it,
                     struct am_error *err)
{
	(void)am_fail(err, AM_FAILED, AM_E_IO,
	              "%.80s: the connection is lost each time it is sent",
	              u->account->host);
	am_imap_upload_refuse(u, it, err);
	if (++u->poison >= POISON_MOST)
		return AM_FATAL;
	am_imap_link_progress(u->link);
	return AM_OK;
}

/* The mailbox is not there any more. */
static int make_again(struct am_imap_upload *u, struct am_imap_target *t,
                      struct am_error *err)
{
	int r;

	t->there = false;
	do {
		r = am_imap_target_create(u->targets, t, err);
	} while (r == AM_RETRY);
	return r == AM_FAILED ? AM_OK : r;
}

/* Refused, and the session is good: settled, or in `again`. */
static int after_refusal(struct am_imap_upload *u, struct am_imap_item *it,
                         const struct am_imap_reply *reply,
                         struct am_error *err)
{
	bool busy = reply->trouble == AM_IMAP_UNAVAILABLE ||
	            reply->trouble == AM_IMAP_IN_USE;
	bool missing = reply->trouble == AM_IMAP_MISSING;
	struct am_error why = *err;
	int r = AM_OK;

	if ((busy || missing) && it->busy < BUSY_TRIES) {
		it->busy++;
		if (missing)
			r = make_again(u, it->target, err);
		else
			r = am_imap_account_sleep(u->account, 200u << it->busy,
			                          err);
		if (r)
			am_imap_upload_refuse(u, it, err);
		else
			g_queue_push_head(&u->again, it);
		return r;
	}
	/* Waited for as long as anybody can. */
	if (reply->trouble == AM_IMAP_WAIT) {
		am_imap_upload_refuse(u, it, err);
		return AM_FATAL;
	}
	/* No change of the message helps with these. */
	if (missing || reply->trouble == AM_IMAP_DENIED ||
	    !strcmp(reply->code, "TOOBIG") ||
	    !am_imap_item_next(it, u->account->ctx, u->repair, err)) {
		am_imap_upload_refuse(u, it, &why);
		return AM_OK;
	}
	/* As changed it may be there from an earlier run; the size alone does
	 * not say so. */
	uint32_t uid;
	if (!it->bare_head &&
	    am_imap_target_take(it->target, &it->marks, &uid)) {
		am_imap_upload_placed(u, it, uid);
		am_imap_item_free(it);
	} else {
		g_queue_push_head(&u->again, it);
	}
	return AM_OK;
}

/* Sends one and waits; AM_OK when it is settled one way or the other, or is to
 * be done again. */
static int send_one(struct am_imap_upload *u, struct am_imap_item *it,
                    struct am_error *err)
{
	struct am_imap_session *s;
	struct am_imap_reply reply;

	if (it->losses >= LOSSES_MOST)
		return poisonous(u, it, err);
	struct am_imap_flight *f = am_imap_flight_new(it->target);
	g_ptr_array_add(f->items, it);
	f->bytes = it->size;
	int r = am_imap_link_session(u->link, &s, err);
	if (r) {
		am_imap_upload_again(u, f);
		am_imap_flight_free(f);
		return r;
	}
	r = am_imap_upload_send(u, s, f, err);
	if (!r)
		r = am_imap_session_wait(s, &f->cmd, "APPEND", err);
	reply = f->cmd.reply;
	if (r == AM_RETRY || (r == AM_FATAL && reply.end == AM_IMAP_END_LOST)) {
		it->losses++;
		g_queue_push_tail(&u->sent, f);
		u->bytes += f->bytes;
		return am_imap_upload_judge(
			u, r, err); /* it comes again, if it must */
	}
	/* The session must not point at the command any more. */
	if (r == AM_FATAL)
		am_imap_link_drop(u->link);
	if (!r)
		am_imap_upload_done(u, f);
	else
		it = g_ptr_array_steal_index(f->items, 0);
	am_imap_flight_free(f);
	if (!r)
		return AM_OK;
	/* A smaller one may find room yet. */
	if (r == AM_FAILED && reply.trouble == AM_IMAP_SPENT &&
	    it->size > SMALL && ++u->full < FULL_MOST) {
		am_imap_upload_refuse(u, it, err);
		return AM_OK;
	}
	r = am_imap_link_judge(u->link, r, &reply, err);
	if (r == AM_FATAL) {
		am_imap_upload_refuse(u, it, err);
		return r;
	}
	if (r == AM_FAILED)
		return after_refusal(u, it, &reply, err);
	g_queue_push_head(&u->again, it);
	return AM_OK;
}

int am_imap_upload_work_off(struct am_imap_upload *u, struct am_error *err)
{
	struct am_imap_item *it;

	while ((it = g_queue_pop_head(&u->again))) {
		int r = send_one(u, it, err);
		if (r)
			return r;
	}
	return AM_OK;
}
