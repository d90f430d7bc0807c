/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How many messages a folder says it has, against how many it names.  What is
 * counted to the end and never named is mail that may be there, so it is a
 * failure; what somebody else took away meanwhile is none.  So numbers only go
 * down with what went, and before anything is said to lack the mailbox is
 * opened anew, what was not named is asked for again, and it is counted once
 * more.
 */
#include "formats/imap/sync.h"

#include <string.h>

enum { TRIES_MOST = 3 };

void am_imap_sync_counts(struct am_imap_sync *y,
                         const struct am_imap_mailbox *m)
{
	y->exists = m->exists;
	y->expunged = m->expunged;
	y->counted = MAX(y->counted, m->exists + m->expunged);
	/* STATUS was before all of it. */
	y->box->messages -= MIN(m->expunged, y->box->messages);
}

void am_imap_sync_leave(struct am_imap_sync *y)
{
	struct am_imap_session *s = am_imap_link_now(y->control->link);
	const struct am_imap_mailbox *m = s ? am_imap_session_mailbox(s) : NULL;
	struct am_imap_box *box = y->box;

	if (!m || !m->name || strcmp(m->name, box->name) != 0)
		return;
	/* Others came since, so EXISTS alone would not tell.  It is another
	 * session where there are fewer than were seen. */
	uint64_t went = m->expunged < y->expunged ? m->expunged
	                                          : m->expunged - y->expunged;
	y->expunged = m->expunged;
	y->counted = MAX(y->counted, m->exists + m->expunged);
	y->exists -= MIN(went, y->exists);
	y->exists = MIN(y->exists, m->exists);
	box->messages -= MIN(went, box->messages);
}

uint64_t am_imap_sync_short(const struct am_imap_sync *y)
{
	uint64_t named = y->told + y->already;
	uint64_t counted = MAX(y->exists, y->box->told ? y->box->messages : 0);

	return counted > named ? counted - named : 0;
}

static int status(struct am_imap_session *s, struct am_imap_box *box,
                  struct am_error *err)
{
	GPtrArray *one = g_ptr_array_new();

	g_ptr_array_add(one, box);
	int r = am_imap_mailboxes_status(s, one, err);
	g_ptr_array_unref(one);
	return r;
}

/* Where STATUS counts more than EXISTS does.  What came since the first time is
 * for the next run. */
static int ask_status(struct am_imap_sync *y, struct am_imap_session *s,
                      struct am_error *err)
{
	struct am_imap_box *box = y->box;
	uint64_t before = box->messages;

	if (!box->told || before <= y->exists)
		return AM_OK;
	box->told = false;
	int r = status(s, box, err);
	/* Who does not say so again has not said it. */
	if (r && r != AM_FAILED)
		box->messages = before;
	else
		box->messages =
			box->told ? MIN(box->messages, before) : y->exists;
	box->told = true;
	return r;
}

/* With `how`; a connection that is lost is had again. */
static int ask(struct am_imap_sync *y,
               int (*how)(struct am_imap_sync *y, struct am_imap_session *s,
                          struct am_error *err),
               struct am_error *err)
{
	struct am_imap_session *s;
	unsigned tries = 0;
	int r;

	do {
		r = am_imap_control_open(y->control, y->box, &s, err);
		if (!r)
			r = how(y, s, err);
		if (r == AM_RETRY)
			r = am_imap_link_judge(y->control->link, r, NULL, err);
	} while (r == AM_RETRY && ++tries < TRIES_MOST);
	/* Who does not count again has counted. */
	return r == AM_FAILED || r == AM_RETRY ? AM_OK : r;
}

static int open_anew(struct am_imap_sync *y, struct am_imap_session *s,
                     struct am_error *err)
{
	am_imap_session_doubt(s);
	int r = am_imap_session_select(s, y->box->name, false, err);
	if (r)
		return r;
	am_imap_sync_counts(y, am_imap_session_mailbox(s));
	return ask_status(y, s, err);
}

int am_imap_sync_count_anew(struct am_imap_sync *y, struct am_error *err)
{
	return ask(y, open_anew, err);
}

static int see_what_went(struct am_imap_sync *y, struct am_imap_session *s,
                         struct am_error *err)
{
	int r = am_imap_session_say(s, "NOOP", err, "NOOP");

	am_imap_sync_leave(y);
	return r && r != AM_FAILED ? r : ask_status(y, s, err);
}

int am_imap_sync_count_last(struct am_imap_sync *y, struct am_error *err)
{
	uint64_t named = y->told + y->already;
	int r = AM_OK;

	if (am_imap_sync_short(y))
		r = ask(y, see_what_went, err);
	y->lacking = am_imap_sync_short(y);
	if (named > y->counted)
		am_ctx_note(y->control->account->ctx, AM_NOTE_WARN,
		            "imap.exists", y->box->folder, NULL,
		            "the server counts %" PRIu64
		            " messages in this folder, and names %" PRIu64,
		            y->counted, named);
	return r;
}

void am_imap_sync_refused(struct am_imap_sync *y)
{
	struct am_imap_box *box = y->box;
	struct am_imap_session *s;
	struct am_error ignored;

	if (!box->told) {
		int r = am_imap_control_open(y->control, NULL, &s, &ignored);
		if (!r)
			r = status(s, box, &ignored);
		/* Who asks next is told of a line that is gone. */
		if (r)
			(void)!am_imap_link_judge(y->control->link, r, NULL,
			                          &ignored);
	}
	if (!box->told || !box->messages)
		return;
	bool same = y->remembered && y->before.uidvalidity == box->uidvalidity;
	uint64_t known = same ? y->before.exists : 0;
	/* That it was refused is a failure, whatever is known of it. */
	y->already = MIN(known, box->messages - 1);
	y->lacking = box->messages - y->already;
}
