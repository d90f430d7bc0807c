/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/imap/link.h"

#include <glib.h>

#include <pthread.h>

enum {
	/* In a row: a host that was never reached is most likely misspelled;
	 * one that is busy or was reached before may be back in a moment; one
	 * that greets us and hangs up is there. */
	NEVER_REACHED_MOST = 2,
	UNREACHED_MOST = 7,
	HANGS_UP_MOST = 12,
	/* Lost without any progress, though we were let in each time. */
	LOST_MOST = 20,
	WAITS_MOST = 30,
	FIRST_WAIT_MS = 250,
	UNREACHED_WAIT_MS = 60000,
	HANGS_UP_WAIT_MS = 16000,
	LOST_WAIT_MS = 4000
};

struct am_imap_link {
	struct am_imap_account *account;
	pthread_mutex_t lock; /* over the pointer, for interrupt() */
	struct am_imap_session *session;
	unsigned lost;     /* in a row, without progress */
	unsigned unopened; /* in a row: we were not let in */
	bool greets;       /* the last time, though it did not let us in */
	unsigned waits;    /* pauses in a row */
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

/* 0.25 s, 1 s, 4 s …, a quarter of it drawn by lot. */
static uint64_t back_off(unsigned tries, uint64_t most)
{
	uint64_t ms = FIRST_WAIT_MS;

	for (unsigned i = 1; i < tries && ms < most; i++)
		ms *= 4;
	ms = MIN(ms, most);
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
	uint64_t ms = !link->unopened
	                      ? back_off(link->lost, LOST_WAIT_MS)
	                      : back_off(link->lost + link->unopened,
	                                 link->greets ? HANGS_UP_WAIT_MS
	                                              : UNREACHED_WAIT_MS);

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

static bool is_hopeless(const struct am_imap_link *link,
                        const struct am_error *err)
{
	unsigned most = link->greets ? HANGS_UP_MOST
	                : link->openings || (err && err->kind == AM_E_BUSY)
	                        ? UNREACHED_MOST
	                        : NEVER_REACHED_MOST;

	return link->lost >= LOST_MOST || link->unopened >= most;
}

static int open_session(struct am_imap_link *link, struct am_error *err)
{
	struct am_imap_session *s = NULL;
	unsigned before = am_imap_account_greetings(link->account);

	int r = am_imap_session_open(&s, link->account, err);
	link->greets = am_imap_account_greetings(link->account) != before;
	if (r && r != AM_RETRY)
		return AM_FATAL;
	if (r) {
		link->unopened++;
		keep_why(link, err);
		return r;
	}
	link->unopened = 0;
	link->openings++;
	set_session(link, s);
	return AM_OK;
}

int am_imap_link_session(struct am_imap_link *link,
                         struct am_imap_session **out, struct am_error *err)
{
	int r = AM_OK;

	while (!link->session) {
		if (is_hopeless(link, r ? err : NULL))
			return r ? AM_FATAL
			         : am_fail(err, AM_FATAL, AM_E_IO,
			                   "%.80s: the connection was lost %u "
			                   "times in a row",
			                   link->account->host,
			                   link->lost + link->unopened);
		if (link->lost + link->unopened && stay_away(link, err))
			return AM_FATAL;
		r = open_session(link, err);
		if (r == AM_FATAL)
			return r;
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
	link->lost++;
}

void am_imap_link_progress(struct am_imap_link *link)
{
	link->lost = 0;
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
	uint64_t ms = reply->wait_ms
	                      ? reply->wait_ms
	                      : back_off(link->waits + 1, UNREACHED_WAIT_MS);
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
