/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/imap/watch.h"

#include "base/reader.h"

#include <glib.h>

/* RFC 2177: servers may give up after half an hour. */
enum { IDLE_MOST_MS = 25 * 60 * 1000, SLICE_MS = 500 };

/* What tells of a change; "* OK Still here" does not. */
static int take_word(struct am_imap_command *cmd,
                     const struct am_imap_line *line, struct am_error *err)
{
	static const char *const first[] = {"STATUS", "LIST", "VANISHED"};
	static const char *const second[] = {"EXISTS", "EXPUNGE", "FETCH"};
	bool *changed = cmd->user;

	(void)err;
	for (size_t i = 0; line->n_values && i < AM_COUNT(first); i++)
		if (am_imap_is(&line->values[0], first[i]))
			*changed = true;
	for (size_t i = 0; line->n_values > 1 && i < AM_COUNT(second); i++)
		if (am_imap_is(&line->values[1], second[i]))
			*changed = true;
	return *changed ? AM_OK : AM_END;
}

/* Read what comes until something changed or the time is over. */
static int listen(struct am_imap_session *s, struct am_imap_command *idle,
                  int64_t until, const bool *changed, struct am_error *err)
{
	struct am_conn *conn = am_imap_session_conn(s);
	struct am_ctx *ctx = am_imap_session_account(s)->ctx;

	while (!*changed && idle->reply.end == AM_IMAP_UNDER_WAY) {
		int64_t left = (until - g_get_monotonic_time()) / 1000;
		if (left <= 0)
			return AM_OK;
		if (am_ctx_cancelled(ctx))
			return am_ctx_fail_cancelled(err);
		int r = AM_OK;
		if (!am_reader_ready(am_conn_in(conn)))
			r = am_conn_wait(conn, (unsigned)MIN(left, SLICE_MS),
			                 err);
		if (!r)
			r = am_imap_session_step(s, err);
		if (r && r != AM_END)
			return r;
	}
	return AM_OK;
}

static int idle(struct am_imap_session *s, int64_t until, bool *changed,
                struct am_error *err)
{
	struct am_imap_command cmd = {.untagged = take_word, .user = changed};

	am_imap_put(am_imap_session_out(s), "IDLE");
	int r = am_imap_session_begin(s, &cmd, err);
	if (!r)
		r = am_imap_session_end(s, err);
	if (!r)
		r = am_imap_session_go_ahead(s, &cmd, "IDLE", err);
	if (!r)
		r = listen(s, &cmd, until, changed, err);
	if (!r && cmd.reply.end == AM_IMAP_UNDER_WAY)
		r = am_imap_session_write(s, "DONE\r\n", 6, err);
	int ended = am_imap_session_wait(s, &cmd, "IDLE", err);
	return r ? r : ended;
}

static int begin(struct am_imap_session *s, bool *can_idle,
                 struct am_error *err)
{
	int r = AM_OK;

	*can_idle = am_imap_session_has(s, "IDLE");
	if (!*can_idle)
		return AM_OK;
	if (am_imap_session_has(s, "NOTIFY")) {
		r = am_imap_session_say(
			s, "NOTIFY", err,
			"NOTIFY SET (personal (MessageNew MessageExpunge "
			"FlagChange))");
		if (r == AM_FAILED)
			am_imap_session_distrust(s, "NOTIFY");
		if (r && r != AM_FAILED)
			return r;
	}
	r = am_imap_session_select(s, "INBOX", false, err);
	if (r == AM_FAILED) {
		*can_idle = false;
		r = AM_OK;
	}
	return r;
}

int am_imap_watch(struct am_imap_link *link, unsigned ms, struct am_error *err)
{
	int64_t until =
		g_get_monotonic_time() + (int64_t)MIN(ms, IDLE_MOST_MS) * 1000;
	struct am_imap_session *s;
	bool changed = false, can_idle = false;

	int r = am_imap_link_session(link, &s, err);
	if (r)
		return r;
	r = begin(s, &can_idle, err);
	if (!r && can_idle)
		r = idle(s, until, &changed, err);
	else if (!r)
		r = am_imap_account_sleep(am_imap_session_account(s), ms, err);
	if (r == AM_RETRY) {
		r = am_imap_link_judge(link, r, NULL, err);
		return r == AM_RETRY ? AM_OK : r;
	}
	if (r == AM_FAILED)
		r = AM_FATAL;
	return r ? r : changed ? AM_OK : AM_END;
}
