/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What became of messages the target has: RFC 7162 where the server knows it,
 * else by comparing.
 */
#include "formats/imap/fetch_line.h"
#include "formats/imap/limit.h"
#include "formats/imap/sync.h"

void am_imap_sync_change(struct am_imap_sync *y, enum am_news kind,
                         uint32_t uidvalidity, uint32_t uid,
                         const struct am_message *flags)
{
	struct am_change change = {.kind = kind,
	                           .folder = y->box->folder,
	                           .uidvalidity = uidvalidity,
	                           .uid = uid};

	if (flags) {
		change.flags = flags->flags;
		change.keywords = flags->keywords;
		change.n_keywords = flags->n_keywords;
		change.labels = flags->labels;
		change.n_labels = flags->n_labels;
		change.new_uid = flags->uid;
		change.new_uidvalidity = flags->uidvalidity;
	}
	g_queue_push_tail(&y->changes, am_change_copy(&change));
}

/* A server that left it out for a while shows it again: it has its number, as
 * one that was numbered anew has. */
static void came_back(struct am_imap_sync *y, struct am_imap_stored_one *one)
{
	const struct am_message same = {.uid = one->uid,
	                                .uidvalidity = y->now.uidvalidity};

	if (!one->gone)
		return;
	one->gone = false;
	am_imap_sync_change(y, AM_NEWS_UID, y->now.uidvalidity, one->uid,
	                    &same);
}

void am_imap_changes_flags(struct am_imap_sync *y,
                           struct am_imap_stored_one *one,
                           const struct am_message *msg)
{
	uint32_t words = am_imap_stored_words(msg->keywords, msg->n_keywords,
	                                      msg->labels, msg->n_labels);

	came_back(y, one);
	if (one->flags == msg->flags && one->words == words)
		return;
	one->flags = msg->flags;
	one->words = words;
	am_imap_sync_change(y, AM_NEWS_FLAGS, y->now.uidvalidity, one->uid,
	                    msg);
}

static void went(struct am_imap_sync *y, struct am_imap_stored_one *one)
{
	if (one->gone)
		return;
	one->gone = true;
	am_imap_sync_change(y, AM_NEWS_GONE, y->now.uidvalidity, one->uid,
	                    NULL);
}

/* ---- CHANGEDSINCE ---- */

static void vanished(struct am_imap_sync *y, const struct am_imap_value *v)
{
	struct am_imap_set *uids = am_imap_set_new();
	const char *text = am_imap_text(v);
	GArray *now = y->stored.now;

	if (text && !am_imap_set_parse(uids, text, v->len, 0, NULL))
		for (guint i = 0; i < now->len; i++) {
			struct am_imap_stored_one *one = &g_array_index(
				now, struct am_imap_stored_one, i);
			if (am_imap_set_has(uids, one->uid))
				went(y, one);
		}
	am_imap_set_free(&uids);
}

struct since {
	struct am_imap_sync *sync;
	struct am_imap_limit limit;
};

static int take_change(struct am_imap_command *cmd,
                       const struct am_imap_line *line, struct am_error *err)
{
	struct since *since = cmd->user;
	struct am_imap_sync *y = since->sync;
	struct am_message *msg = NULL;
	struct am_imap_fetch f;

	/* VANISHED (EARLIER) 1:3,7 */
	if (line->n_values > 1 && am_imap_is(&line->values[0], "VANISHED")) {
		vanished(y, &line->values[line->n_values - 1]);
		return AM_OK;
	}
	if (!am_imap_fetch_read(&f, line) || !f.uid ||
	    !am_imap_fetch_item(&f, "FLAGS"))
		return AM_END;
	am_imap_limit_see(&since->limit, f.uid);
	struct am_imap_stored_one *one = am_imap_stored_find(&y->stored, f.uid);
	if (!one)
		return AM_OK;
	int r = am_message_new(&msg, y->box->folder, err);
	if (r)
		return r;
	am_imap_meta_flags(
		msg, &f,
		am_imap_session_utf8(am_imap_link_now(y->control->link)));
	am_imap_changes_flags(y, one, msg);
	am_message_free(&msg);
	return AM_OK;
}

/* One answer to it; what the server did not come to stays in `asked`. */
static int ask_since(struct am_imap_sync *y, struct am_imap_set *asked,
                     enum am_imap_limit_verdict *verdict, struct am_error *err)
{
	struct since since = {.sync = y};
	struct am_imap_command cmd = {.untagged = take_change, .user = &since};
	struct am_imap_session *s;
	char text[64];
	size_t next = 0;

	*verdict = AM_IMAP_LIMIT_NONE;
	int r = am_imap_control_open(y->control, y->box, &s, err);
	if (r)
		return r;
	/* Cut at its ends only, so it is one range. */
	r = am_imap_set_print(asked, &next, text, sizeof text);
	if (r)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT, "nothing to ask");
	am_imap_put(am_imap_session_out(s),
	            "UID FETCH %s (UID FLAGS%s) (CHANGEDSINCE %" PRIu64 "%s)",
	            text,
	            am_imap_session_has(s, "X-GM-EXT-1") ? " X-GM-LABELS" : "",
	            y->before.modseq,
	            am_imap_session_qresync(s) ? " VANISHED" : "");
	r = am_imap_session_run(s, &cmd, "FETCH", err);
	*verdict = am_imap_limit_rest(&since.limit, &cmd.reply, asked);
	return am_imap_link_judge(y->control->link, r, &cmd.reply, err);
}

int am_imap_changes_since(struct am_imap_sync *y, struct am_error *err)
{
	struct am_imap_set *asked = am_imap_set_new();
	enum am_imap_limit_verdict verdict;
	bool more;
	int r;

	am_imap_set_add(asked, 1, y->before.uidnext - 1);
	do {
		r = ask_since(y, asked, &verdict, err);
		more = r == AM_RETRY || ((!r || r == AM_FAILED) &&
		                         verdict == AM_IMAP_LIMIT_REST);
	} while (more);
	/* Whoever stops in the middle and does not say where has not said what
	 * changed: then all is compared. */
	if (!r && verdict == AM_IMAP_LIMIT_STUCK)
		r = am_fail(err, AM_FAILED, AM_E_PROTOCOL,
		            "the server does not tell all changes");
	if (r == AM_FAILED && verdict == AM_IMAP_LIMIT_DONE)
		r = AM_OK;
	am_imap_set_free(&asked);
	return r;
}

/* ---- comparing ---- */

int am_imap_changes_compare(struct am_imap_sync *y, uint32_t below,
                            struct am_imap_set *missing, struct am_error *err)
{
	struct am_imap_set *all = am_imap_set_new();
	struct am_imap_set *there = am_imap_set_new();
	GArray *now = y->stored.now;
	uint32_t uid;
	int r;

	y->compared = true;
	if (below > 1)
		am_imap_set_add(all, 1, below - 1);
	struct am_imap_walk *walk =
		am_imap_walk_new(y->control, y->box, all, now->len, true);
	for (;;) {
		struct am_message *msg = NULL;
		r = am_imap_walk_next(walk, &msg, &uid, err);
		if (r)
			break;
		am_imap_set_add(there, uid, uid);
		struct am_imap_stored_one *one =
			am_imap_stored_find(&y->stored, uid);
		if (one)
			am_imap_changes_flags(y, one, msg);
		else if (missing)
			am_imap_set_add(missing, uid, uid);
		am_message_free(&msg);
	}
	am_imap_walk_free(&walk);
	/* An answer of nothing at all proves nothing (Proton Bridge while it
	 * syncs), nor does a refusal. */
	if (r == AM_END && am_imap_set_count(there))
		for (guint i = 0; i < now->len; i++) {
			struct am_imap_stored_one *one = &g_array_index(
				now, struct am_imap_stored_one, i);
			if (one->uid < below &&
			    !am_imap_set_has(there, one->uid))
				went(y, one);
		}
	am_imap_set_free(&there);
	return r == AM_END || r == AM_FAILED ? AM_OK : r;
}
