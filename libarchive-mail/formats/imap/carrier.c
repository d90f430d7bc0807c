/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One connection that carries bodies.  Batches are taken from the queue in
 * order; several are under way, so that the line is never idle for a round
 * trip, also where the next is of another mailbox.  A body counts only while
 * the mailbox of its batch is the open one: see am_imap_session_select_send().
 */
#include "formats/imap/fetch_impl.h"

#include "base/blob.h"
#include "base/reader.h"

#include <string.h>

enum {
	/* Measured over this much at a time, until so many in a row were slow:
	 * one hiccup of the line or the machine is no reason to compress, and
	 * one good moment none not to.  While it may be slow little is under
	 * way, because it has to be waited for. */
	MEASURE_BYTES = 1 << 20,
	SLOW_WINDOWS = 2,
	/* Later it is rather the server that is slow for a while. */
	MOST_WINDOWS = 8,
	/* Deflate takes in about so much: a line that is faster is not made
	 * faster by it, and costs the server ten times the work. */
	SLOW_BYTES_PER_S = 4 << 20,
};

static void unref_blob(gpointer blob)
{
	struct am_blob *b = blob;

	am_blob_unref(&b);
}

void am_imap_carrier_init(struct am_imap_carrier *c, struct am_imap_fetcher *f,
                          struct am_imap_link *link)
{
	*c = (struct am_imap_carrier){.fetcher = f, .link = link};
	c->blobs = g_ptr_array_new_with_free_func(unref_blob);
}

void am_imap_carrier_clear(struct am_imap_carrier *c)
{
	for (struct am_imap_batch *b = c->first, *next; b; b = next) {
		next = b->next;
		am_imap_batch_free(b);
	}
	c->first = NULL;
	g_clear_pointer(&c->blobs, g_ptr_array_unref);
	g_clear_pointer(&c->piece, g_free);
}

/* ---- what is under way ---- */

static void append(struct am_imap_carrier *c, struct am_imap_batch *b)
{
	b->next = NULL;
	b->carrier = c;
	if (c->last)
		c->last->next = b;
	else
		c->first = b;
	c->last = b;
	c->n_flight++;
	c->flight_bytes += b->bytes;
}

static struct am_imap_batch *shift(struct am_imap_carrier *c)
{
	struct am_imap_batch *b = c->first;

	c->first = b->next;
	if (!c->first)
		c->last = NULL;
	c->n_flight--;
	c->flight_bytes -= b->bytes;
	b->next = NULL;
	return b;
}

/* The connection is gone: all of it is asked for again, in order.  Only the
 * oldest was being answered. */
static int lost(struct am_imap_carrier *c, struct am_error *err)
{
	struct am_imap_batch *all = NULL;
	int r = am_imap_link_judge(c->link, AM_RETRY,
	                           c->first ? &c->first->fetch.reply : NULL,
	                           err);

	/* Backwards, each to the front. */
	while (c->first) {
		struct am_imap_batch *b = shift(c);
		b->next = all;
		all = b;
	}
	while (all) {
		struct am_imap_batch *b = all;
		all = b->next;
		int after = am_imap_outcome(c, b, AM_RETRY, !all, err);
		if (after)
			r = after;
	}
	return r == AM_RETRY ? AM_OK : r;
}

/* Status of the session: lost, or worse. */
static int ended(struct am_imap_carrier *c, int status, struct am_error *err)
{
	if (status == AM_RETRY)
		return lost(c, err);
	/* What was under way is not ours any more, but for its wants; the
	 * session, which may be whole, must not answer to it. */
	am_imap_link_drop(c->link);
	while (c->first) {
		struct am_imap_batch *b = shift(c);
		am_imap_fetcher_queue(c->fetcher, b, true);
	}
	return status;
}

/* ---- sending ---- */

int am_imap_carrier_select(struct am_imap_carrier *c,
                           struct am_imap_batch *batch,
                           struct am_imap_session **out, struct am_error *err)
{
	int r = am_imap_link_session(c->link, out, err);

	if (r)
		return r;
	if (c->prepared != am_imap_link_openings(c->link)) {
		c->prepared = am_imap_link_openings(c->link);
		c->measures = c->fetcher->account->compress ==
		                      AM_IMAP_COMPRESS_AUTO &&
		              am_imap_session_has(*out, "COMPRESS=DEFLATE");
		c->slow_bytes = 0;
		c->slow_us = 0;
		c->n_slow = c->n_windows = 0;
		c->wide = false;
		am_imap_session_on_literal(*out, am_imap_body_literal, c);
	}
	batch->select = (struct am_imap_command){0};
	return am_imap_session_select_send(*out, &batch->select,
	                                   batch->box->name, false,
	                                   &batch->selecting, err);
}

static void note_place(struct am_imap_command *cmd,
                       const struct am_imap_line *line)
{
	struct am_imap_batch *b = cmd->user;

	(void)line;
	b->in_place = am_imap_body_in_place(b);
	b->renumbered = b->in_place && am_imap_body_renumbered(b);
}

/* "UID FETCH 1:5,7 (UID BODY.PEEK[])". */
static int send_fetch(struct am_imap_session *s, struct am_imap_batch *b,
                      struct am_error *err)
{
	struct am_imap_set *set = am_imap_set_new();
	char text[SET_ROOM + 64];
	size_t next = 0;

	for (guint i = 0; i < b->wants->len; i++) {
		const struct am_imap_want *w = b->wants->pdata[i];
		am_imap_set_add(set, w->uid, w->uid);
	}
	int r = am_imap_set_print(set, &next, text, sizeof text);
	am_imap_set_free(&set);
	/* What did not fit is left out, and asked for again. */
	if (r)
		return am_fail(err, AM_FATAL, AM_E_ARGUMENT, "nothing to ask");
	b->fetch = (struct am_imap_command){
		.untagged = b->kind == AM_IMAP_VERIFY ? am_imap_body_verify
	                                              : am_imap_body_line,
		.tagged = note_place,
		.user = b};
	am_imap_put(am_imap_session_out(s), "UID FETCH %s %s", text,
	            b->kind == AM_IMAP_VERIFY ? "(UID)" : "(UID BODY.PEEK[])");
	return am_imap_session_send(s, &b->fetch, err);
}

static int issue(struct am_imap_carrier *c, struct am_imap_batch *b,
                 struct am_error *err)
{
	struct am_imap_session *s;

	if (b->fresh && am_imap_link_now(c->link)) {
		am_imap_link_drop(c->link);
		am_imap_link_progress(c->link); /* dropped on purpose */
	}
	if (b->kind == AM_IMAP_LARGE) {
		int large = am_imap_large(c, b, err);
		if (large)
			am_imap_link_drop(c->link);
		return large;
	}
	append(c, b);
	int r = am_imap_carrier_select(c, b, &s, err);
	if (!r)
		r = send_fetch(s, b, err);
	return r ? ended(c, r, err) : AM_OK;
}

/* With the lock held. */
static bool may_issue(const struct am_imap_carrier *c,
                      const struct am_imap_batch *b)
{
	const struct am_imap_fetcher *f = c->fetcher;

	if (c->first) {
		uint64_t most =
			c->measures && !c->wide ? BATCH_BYTES : FLIGHT_BYTES;
		if (c->n_flight >= FLIGHT_BATCHES ||
		    c->flight_bytes + b->bytes > most)
			return false;
		if (b->kind == AM_IMAP_LARGE || b->fresh || c->first->fresh)
			return false;
	}
	return f->held + b->bytes <= WINDOW_BYTES || !f->held ||
	       (f->waiting && !f->waiting->sent);
}

static struct am_imap_batch *take_batch(struct am_imap_carrier *c)
{
	struct am_imap_fetcher *f = c->fetcher;
	struct am_imap_batch *b = f->queue;

	if (!b || c->holding || !may_issue(c, b))
		return NULL;
	f->queue = b->next;
	if (!f->queue)
		f->queue_last = NULL;
	b->next = NULL;
	for (guint i = 0; i < b->wants->len; i++) {
		struct am_imap_want *w = b->wants->pdata[i];
		w->sent = true;
		w->counted = w->size == AM_SIZE_UNKNOWN ? GUESS_BYTES : w->size;
		f->held += w->counted;
	}
	return b;
}

/* ---- compressing a slow line ---- */

/* One line of the server's.  What came first after silence was a round trip
 * late, and says nothing of how wide the line is. */
static int listen(struct am_imap_carrier *c, struct am_imap_session *s,
                  struct am_error *err)
{
	struct am_conn_stats before, after;

	if (!c->measures)
		return am_imap_session_step(s, err);
	am_conn_stats(am_imap_session_conn(s), &before);
	int r = am_imap_session_step(s, err);
	if (r)
		return r;
	am_conn_stats(am_imap_session_conn(s), &after);
	if (c->warm) {
		c->slow_bytes += after.plain_in - before.plain_in;
		c->slow_us += after.waited_us - before.waited_us;
	}
	c->warm |= after.plain_in - before.plain_in > 0;
	if (c->slow_bytes < MEASURE_BYTES)
		return AM_OK;
	/* Slower than deflate would be, and nearly all of it spent waiting. */
	c->wide =
		c->slow_us / 1000 <= c->slow_bytes / (SLOW_BYTES_PER_S / 1000);
	c->n_slow = c->wide ? 0 : c->n_slow + 1;
	c->slow_bytes = c->slow_us = 0;
	c->measures = c->n_slow < SLOW_WINDOWS && ++c->n_windows < MOST_WINDOWS;
	if (c->n_slow == SLOW_WINDOWS)
		am_imap_fetcher_found_slow(c->fetcher);
	return AM_OK;
}

/* ---- turning ---- */

/* Of what has come in already another body can be made. */
static bool more_is_here(const struct am_imap_carrier *c,
                         struct am_imap_session *s)
{
	const struct am_imap_batch *b = c->first;
	const struct am_imap_want *next =
		b->hint < b->wants->len ? b->wants->pdata[b->hint] : NULL;
	struct am_reader *in = am_conn_in(am_imap_session_conn(s));

	return next && next->size < am_reader_ready(in);
}

/* Both its commands: some server may answer the second one first. */
static bool is_answered(const struct am_imap_batch *b)
{
	return b->fetch.reply.end != AM_IMAP_UNDER_WAY &&
	       !(b->selecting && b->select.reply.end == AM_IMAP_UNDER_WAY);
}

static int finish_ended(struct am_imap_carrier *c, struct am_error *err)
{
	int r = AM_OK;

	while (!r && c->first && is_answered(c->first)) {
		struct am_imap_batch *b = shift(c);
		r = am_imap_outcome(c, b, AM_OK, true, err);
	}
	return r;
}

int am_imap_carrier_turn(struct am_imap_carrier *c, struct am_error *err)
{
	struct am_imap_fetcher *f = c->fetcher;
	struct am_imap_session *s = am_imap_link_now(c->link);
	struct am_imap_batch *b = NULL;
	bool wait = s && !am_imap_session_is_compressed(s) &&
	            am_imap_fetcher_is_slow(f);
	bool did = false;
	int r = AM_OK;

	/* Only between two commands. */
	if (wait && !c->first) {
		r = am_imap_session_compress(s, err);
		if (r)
			return ended(c, r, err);
		c->measures = false;
		wait = false;
	}
	while (!r && !wait) {
		pthread_mutex_lock(&f->lock);
		b = f->stop ? NULL : take_batch(c);
		pthread_mutex_unlock(&f->lock);
		if (!b)
			break;
		c->warm &= c->n_flight > 0;
		did = true;
		r = issue(c, b, err);
	}
	if (r || !c->first)
		return r || did ? r : AM_END;
	s = am_imap_link_now(c->link);
	g_ptr_array_set_size(c->blobs, 0);
	if (!more_is_here(c, s))
		am_imap_fetcher_tell(f);
	r = listen(c, s, err);
	return r ? ended(c, r, err) : finish_ended(c, err);
}

/* The thread of a connection that cannot be had ends; the rest go on, and when
 * none is left, the reader does it over its own. */
static void die(struct am_imap_carrier *c, const struct am_error *why)
{
	struct am_imap_fetcher *f = c->fetcher;
	bool hopeless = why->kind == AM_E_CANCELLED ||
	                why->kind == AM_E_LIMIT || why->kind == AM_E_MEMORY;

	pthread_mutex_lock(&f->lock);
	bool stop = f->stop;
	f->n_alive--;
	f->alone = !f->n_alive;
	pthread_cond_broadcast(&f->done);
	pthread_mutex_unlock(&f->lock);
	if (hopeless)
		am_imap_fetcher_die(f, why);
	else if (!stop)
		am_ctx_note(f->account->ctx, AM_NOTE_INFO,
		            "imap.connection-less", NULL, NULL,
		            "going on with a connection less: %s", why->text);
}

void *am_imap_carrier_main(void *carrier)
{
	struct am_imap_carrier *c = carrier;
	struct am_imap_fetcher *f = c->fetcher;
	struct am_error err = {0};
	int r = AM_OK;

	for (;;) {
		if (!c->first)
			am_imap_fetcher_tell(f);
		pthread_mutex_lock(&f->lock);
		while (!f->stop && !f->fatal && !c->first &&
		       (!f->queue || !may_issue(c, f->queue)))
			pthread_cond_wait(&f->work, &f->lock);
		bool stop = f->stop || f->fatal;
		pthread_mutex_unlock(&f->lock);
		if (stop)
			return NULL;
		r = am_imap_carrier_turn(c, &err);
		if (r < 0)
			break;
	}
	die(c, &err);
	return NULL;
}
