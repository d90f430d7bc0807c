/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/imap/link.h"

#include <glib.h>

#include <pthread.h>

enum { TRIES_MOST = 7, WAITS_MOST = 30, FIRST_WAIT_MS = 250 };

struct am_imap_link {
	struct am_imap_account *account;
	pthread_mutex_t lock; /* over the pointer, for interrupt() */
	struct am_imap_session *session;
	unsigned tries; /* opened or lost in a row, without progress */
	unsigned waits; /* pauses in a row */
	uint64_t openings;
	char why[200]; /* it was lost last, or could not be had */
};

struct am_imap_link *am_imap_link_new(struct am_imap_account *account)
{
	struct am_imap_link *link = g_new0(struct am_imap_link, 1);

	link->account = account;
	pthread_mutex_init(&link->lock, NULL);
	return link;
}

/* 0.25 s, 1 s, 4 s … at most a minute, a quarter of it drawn by lot. */
static uint64_t back_off(unsigned tries)
{
	uint64_t ms = FIRST_WAIT_MS;

	for (unsigned i = 1; i < tries && ms < 60000; i++)
		ms *= 4;
	ms = MIN(ms, 60000);
	return ms - ms / 4 + (uint64_t)g_random_int_range(0, (int)ms / 4 + 1);
}

static void keep_why(struct am_imap_link *link, const struct am_error *err)
{
	if (err)
		g_strlcpy(link->why, err->text, sizeof link->why);
}

/* Before the next try, so long that a server which is down comes up again. */
static int stay_away(struct am_imap_link *link, struct am_error *err)
{
	uint64_t ms = back_off(link->tries);

	(void)am_imap_account_tell(link->account, ms, "imap.waiting",
	                           *link->why ? link->why : "no connection");
	return am_imap_account_sleep(link->account, ms, err);
}

static void set_session(struct am_imap_link *link, struct am_imap_session *s)
{
	pthread_mutex_lock(&link->lock);
	link->session = s;
	pthread_mutex_unlock(&link->lock);
}

static void close_session(struct am_imap_link *link, bool polite)
{
	struct am_imap_session *s = link->session;

	set_session(link, NULL);
	am_imap_session_close(&s, polite);
}

void am_imap_link_free(struct am_imap_link **link, bool polite)
{
	struct am_imap_link *l = *link;

	*link = NULL;
	if (!l)
		return;
	close_session(l, polite);
	pthread_mutex_destroy(&l->lock);
	g_free(l);
}

int am_imap_link_session(struct am_imap_link *link,
                         struct am_imap_session **out, struct am_error *err)
{
	struct am_imap_session *s = NULL;
	int r = AM_OK;

	while (!link->session) {
		/* A host that was never reached is most likely misspelled;
		 * one that is busy may have a place in a moment. */
		unsigned most = link->openings || (r && err->kind == AM_E_BUSY)
		                        ? TRIES_MOST
		                        : 2;
		if (link->tries >= most)
			return r ? AM_FATAL
			         : am_fail(err, AM_FATAL, AM_E_IO,
			                   "%.80s: the connection was lost %u "
			                   "times in a row",
			                   link->account->host, link->tries);
		if (link->tries && stay_away(link, err))
			return AM_FATAL;
		r = am_imap_session_open(&s, link->account, err);
		if (r && r != AM_RETRY)
			return AM_FATAL;
		if (r) {
			link->tries++;
			keep_why(link, err);
			continue;
		}
		link->openings++;
		set_session(link, s);
	}
	*out = link->session;
	return AM_OK;
}

struct am_imap_session *am_imap_link_now(struct am_imap_link *link)
{
	return link->session;
}

void am_imap_link_drop(struct am_imap_link *link)
{
	if (!link->session)
		return;
	close_session(link, false);
	link->tries++;
}

void am_imap_link_progress(struct am_imap_link *link)
{
	link->tries = 0;
	link->waits = 0;
}

void am_imap_link_interrupt(struct am_imap_link *link)
{
	pthread_mutex_lock(&link->lock);
	if (link->session)
		am_conn_interrupt(am_imap_session_conn(link->session));
	pthread_mutex_unlock(&link->lock);
}

int am_imap_link_judge(struct am_imap_link *link, int status,
                       const struct am_imap_reply *reply, struct am_error *err)
{
	if (status == AM_RETRY && am_imap_account_stopped(link->account)) {
		am_imap_link_drop(link);
		return am_ctx_fail_cancelled(err);
	}
	if (status == AM_RETRY) {
		am_ctx_note(link->account->ctx, AM_NOTE_INFO,
		            "imap.connection-lost", NULL, NULL, "%s",
		            err->text);
		keep_why(link, err);
		/* A goodbye may say how long to stay away. */
		if (reply && reply->trouble == AM_IMAP_WAIT) {
			uint64_t ms = reply->wait_ms ? reply->wait_ms : 10000;
			(void)am_imap_account_tell(link->account, ms,
			                           "imap.throttled", link->why);
			am_imap_account_pause(link->account, ms);
		}
		am_imap_link_drop(link);
		return AM_RETRY;
	}
	if (status != AM_FAILED || !reply)
		return status;
	if (reply->trouble == AM_IMAP_SPENT)
		return AM_FATAL;
	if (reply->trouble != AM_IMAP_WAIT || link->waits >= WAITS_MOST)
		return status;
	link->waits++;
	uint64_t ms =
		reply->wait_ms ? reply->wait_ms : back_off(link->waits + 1);
	if (!am_imap_account_tell(link->account, ms, "imap.throttled",
	                          err->text))
		am_ctx_note(link->account->ctx, AM_NOTE_INFO, "imap.throttled",
		            NULL, NULL, "%s; waiting %" PRIu64 " s", err->text,
		            (ms + 999) / 1000);
	am_imap_account_pause(link->account, ms);
	int r = am_imap_account_rest(link->account, err);
	return r ? r : AM_RETRY;
}

uint64_t am_imap_link_openings(const struct am_imap_link *link)
{
	return link->openings;
}
