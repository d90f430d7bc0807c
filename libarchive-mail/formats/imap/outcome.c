/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What becomes of messages that did not come.  Each is asked for again with the
 * others that were left out, then looked for, then asked for alone, then alone
 * on a new connection; only then is it given up, and by name.  A batch that is
 * refused is halved until the one that spoils it stands alone.  When the
 * connection breaks, the first message not answered yet is the suspect.
 */
#include "formats/imap/fetch_impl.h"

#include "formats/imap/fetch_line.h"

#include <string.h>

enum {
	LOSSES_MOST = 3,
	/* So many given up in a row: the server does not give this mail, and
	 * asking four times for each only makes it close. */
	FAILURES_MOST = 50,
	REOPENED_MOST = 3,
	OPENINGS_MOST = 3, /* of a folder that is in use */
	/* So many in a row that end the connection may be the messages' fault;
	 * beyond that it is the server's, and the pauses grow. */
	POISON_MOST = 10,
};

static void fail_want(struct am_imap_carrier *c, struct am_imap_want *w,
                      enum am_kind kind, const char *why)
{
	struct am_error err;

	(void)am_fail(&err, AM_FAILED, kind, "%s", why);
	am_imap_fetcher_settled(c->fetcher, w, NULL, &err);
}

/* Without those that came, and those nobody wants any more. */
static void compact(struct am_imap_carrier *c, struct am_imap_batch *b)
{
	struct am_imap_fetcher *f = c->fetcher;
	guint n = 0;

	b->bytes = 0;
	for (guint i = 0; i < b->wants->len; i++) {
		struct am_imap_want *w = b->wants->pdata[i];
		if (!w)
			continue;
		pthread_mutex_lock(&f->lock);
		bool taken = w->taken;
		pthread_mutex_unlock(&f->lock);
		if (taken) {
			fail_want(c, w, AM_E_NOTFOUND, "skipped");
			continue;
		}
		b->wants->pdata[n++] = w;
		b->bytes += w->size == AM_SIZE_UNKNOWN ? GUESS_BYTES : w->size;
	}
	g_ptr_array_set_size(b->wants, (int)n);
	b->hint = 0;
}

static void fail_all(struct am_imap_carrier *c, struct am_imap_batch *b,
                     enum am_kind kind, const char *why)
{
	for (guint i = 0; i < b->wants->len; i++) {
		struct am_imap_want *w = b->wants->pdata[i];
		fail_want(c, w, kind,
		          why ? why
		          : w->lack
		                  ? w->lack
		                  : "the server leaves it out of its answers");
	}
	g_ptr_array_set_size(b->wants, 0);
	am_imap_batch_free(b);
}

/* Wants from `first` on, as a batch of their own. */
static struct am_imap_batch *cut(struct am_imap_batch *b, guint first)
{
	struct am_imap_batch *rest = am_imap_batch_new(b->box, b->kind);

	rest->uidvalidity = b->uidvalidity;
	rest->tries = b->tries;
	for (guint i = first; i < b->wants->len; i++) {
		struct am_imap_want *w = b->wants->pdata[i];
		b->bytes -= w->size == AM_SIZE_UNKNOWN ? GUESS_BYTES : w->size;
		am_imap_batch_add(rest, w);
	}
	g_ptr_array_set_size(b->wants, (int)first);
	return rest;
}

static void again(struct am_imap_carrier *c, struct am_imap_batch *b)
{
	am_imap_fetcher_queue(c->fetcher, b, true);
}

static void after_loss(struct am_imap_carrier *c, struct am_imap_batch *b,
                       bool due)
{
	struct am_imap_want *suspect = b->wants->pdata[0];

	if (!due || b->kind == AM_IMAP_VERIFY) {
		again(c, b);
		return;
	}
	bool shy =
		suspect->size != AM_SIZE_UNKNOWN && suspect->size >= SHY_BYTES;
	if ((++suspect->losses >= 2 || shy) && b->wants->len > 1)
		again(c, cut(b, 1));
	/* In pieces, what came before the next loss is not in vain. */
	if (shy) {
		suspect->losses = 0;
		b->kind = AM_IMAP_LARGE;
	}
	/* The last try is on a connection that carried nothing before it: it
	 * may be the line that breaks after so many bytes. */
	b->fresh = suspect->losses == LOSSES_MOST - 1;
	if (suspect->losses < LOSSES_MOST) {
		again(c, b);
		return;
	}
	if (b->wants->len > 1)
		again(c, cut(b, 1));
	fail_all(c, b, AM_E_IO,
	         "the connection is lost each time it is asked for");
	pthread_mutex_lock(&c->fetcher->lock);
	bool poison = c->fetcher->failures < POISON_MOST;
	pthread_mutex_unlock(&c->fetcher->lock);
	/* It is out of the way. */
	if (poison)
		am_imap_link_progress(c->link);
}

/* Those that are still there, one by one; the rest vanished, which happens. */
static void after_verify(struct am_imap_carrier *c, struct am_imap_batch *b,
                         bool refused)
{
	for (guint i = b->wants->len; i-- > 0;) {
		struct am_imap_want *w = b->wants->pdata[i];
		if (!w->there && !refused) {
			fail_want(c, w, AM_E_NOTFOUND,
			          "deleted on the server meanwhile");
			continue;
		}
		struct am_imap_batch *one =
			am_imap_batch_new(b->box, AM_IMAP_BODIES);
		one->uidvalidity = b->uidvalidity;
		one->tries = 2;
		w->there = false;
		am_imap_batch_add(one, w);
		again(c, one);
	}
	g_ptr_array_set_size(b->wants, 0);
	am_imap_batch_free(b);
}

static void after_lack(struct am_imap_carrier *c, struct am_imap_batch *b,
                       const char *refusal)
{
	struct am_imap_fetcher *f = c->fetcher;

	pthread_mutex_lock(&f->lock);
	bool hopeless = f->failures >= FAILURES_MOST;
	bool reopen = f->reopened < REOPENED_MOST;
	f->reopened += b->tries == 2 && reopen && !hopeless;
	pthread_mutex_unlock(&f->lock);
	if (hopeless) {
		fail_all(c, b, AM_E_PROTOCOL, refusal);
		return;
	}
	if (refusal && b->wants->len > 1) {
		again(c, cut(b, b->wants->len / 2));
		again(c, b);
		return;
	}
	switch (b->tries++) {
	case 0:
		again(c, b);
		return;
	case 1:
		b->kind = AM_IMAP_VERIFY;
		again(c, b);
		return;
	case 2:
		b->fresh = true;
		if (!reopen)
			break;
		again(c, b);
		return;
	default:
		break;
	}
	fail_all(c, b, AM_E_PROTOCOL, refusal);
}

/* As many as the server felt like (RFC 9738), whatever it calls it; `came` of
 * them did.  That is no refusal as long as it gets fewer. */
static void after_limit(struct am_imap_carrier *c, struct am_imap_batch *b,
                        guint came)
{
	if (!came)
		again(c, cut(b, b->wants->len / 2));
	again(c, b);
}

/* The mailbox could not be opened, so the FETCH behind it says nothing. */
static int after_select(struct am_imap_carrier *c, struct am_imap_batch *b,
                        struct am_error *err)
{
	const struct am_imap_reply *reply = &b->select.reply;
	int r = am_imap_reply_status(reply, c->fetcher->account->host,
	                             "opening the folder", err);

	r = am_imap_link_judge(c->link, r, reply, err);
	if (r == AM_FATAL) {
		again(c, b);
		return r;
	}
	bool passing = reply->trouble == AM_IMAP_UNAVAILABLE ||
	               reply->trouble == AM_IMAP_IN_USE;
	if (r == AM_FAILED && (!passing || ++b->tries >= OPENINGS_MOST)) {
		fail_all(c, b, err->kind, err->text);
		return AM_OK;
	}
	r = passing ? am_imap_account_sleep(c->fetcher->account, 1000, err)
	            : AM_OK;
	again(c, b);
	return r;
}

int am_imap_outcome(struct am_imap_carrier *c, struct am_imap_batch *b,
                    int status, bool due, struct am_error *err)
{
	const char *host = c->fetcher->account->host;
	struct am_imap_reply *reply = &b->fetch.reply;
	bool verify = b->kind == AM_IMAP_VERIFY;
	guint asked = b->wants->len;

	b->fresh = false;
	compact(c, b);
	guint left = b->wants->len;
	if (!b->wants->len) {
		am_imap_batch_free(b);
		return AM_OK;
	}
	if (status || reply->end == AM_IMAP_END_LOST) {
		after_loss(c, b, due);
		return AM_OK;
	}
	if (b->selecting && b->select.reply.end != AM_IMAP_END_OK)
		return after_select(c, b, err);
	if (!b->in_place) {
		again(c, b);
		return AM_OK;
	}
	if (b->renumbered) {
		fail_all(c, b, AM_E_PROTOCOL,
		         "the folder was numbered anew meanwhile");
		return AM_OK;
	}
	int r = am_imap_reply_status(reply, host, "FETCH", err);
	if (r)
		r = am_imap_link_judge(c->link, r, reply, err);
	if (r == AM_RETRY || r == AM_FATAL) {
		again(c, b);
		return r == AM_FATAL ? r : AM_OK;
	}
	if (!verify && reply->limited && (left < asked || left > 1))
		after_limit(c, b, asked - left);
	else if (verify)
		after_verify(c, b, r != AM_OK || reply->limited);
	else
		after_lack(c, b, r ? err->text : NULL);
	return AM_OK;
}
