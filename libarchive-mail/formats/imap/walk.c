/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/imap/walk.h"

#include "formats/imap/fetch_line.h"
#include "formats/imap/limit.h"

#include <string.h>

enum {
	AIM = 2000, /* messages in a window */
	/* What comes beyond is given back and asked for again: some folders
	 * are dense in one place. */
	KEEP = 6000,
	SET_TEXT = 900,
	REFUSALS_MOST = 5, /* of single messages in a row */
	ANSWERS_MOST = 8,  /* to one window, where the server limits them */
};

struct am_imap_walk {
	struct am_imap_control *control;
	const struct am_imap_box *box;
	struct am_imap_set *left, *now; /* not asked; being asked */
	struct am_imap_set *rest;       /* of `now`: not answered yet */
	uint64_t expected, width, aim;
	bool flags_only;
	bool paged; /* the first `aim` messages of the window were asked for */
	struct am_imap_limit limit;
	unsigned answers;
	unsigned refusals, lost;
	GPtrArray *messages; /* of the window, ascending */
	GPtrArray *parts;    /* lines of theirs without FLAGS */
	guint at;
	uint32_t dropped; /* the lowest that was too many; 0: none */
	struct am_imap_command cmd;
};

static void unref_message(gpointer msg)
{
	struct am_message *m = msg;

	am_message_free(&m);
}

struct am_imap_walk *am_imap_walk_new(struct am_imap_control *control,
                                      const struct am_imap_box *box,
                                      struct am_imap_set *uids,
                                      uint64_t expected, bool flags_only)
{
	struct am_imap_walk *w = g_new0(struct am_imap_walk, 1);
	uint64_t n = am_imap_set_count(uids);

	w->control = control;
	w->box = box;
	w->left = uids;
	w->now = am_imap_set_new();
	w->rest = am_imap_set_new();
	w->expected = expected;
	w->flags_only = flags_only;
	w->aim = AIM;
	w->width = expected > AIM ? n / expected * AIM : n;
	w->width = MAX(w->width, AIM);
	w->messages = g_ptr_array_new_with_free_func(unref_message);
	w->parts = g_ptr_array_new_with_free_func(unref_message);
	return w;
}

static int by_uid(const void *a, const void *b)
{
	const struct am_message *const *x = a, *const *y = b;

	return ((*x)->uid > (*y)->uid) - ((*x)->uid < (*y)->uid);
}

static struct am_message *find(const GPtrArray *m, uint32_t uid)
{
	guint low = 0, high = m->len;

	while (low < high) {
		guint mid = low + (high - low) / 2;
		struct am_message *msg = m->pdata[mid];
		if (msg->uid == uid)
			return msg;
		if (msg->uid < uid)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* In order, each once, without what has to be asked for again.  Of several
 * lines for one message the last has its flags, and all of them the rest: some
 * servers tell it in two, others tell of flags that change in between. */
static void tidy(struct am_imap_walk *w)
{
	GPtrArray *m = w->messages;
	guint kept = 0;

	g_ptr_array_sort(m, by_uid);
	for (guint i = 0; i < m->len; i++) {
		struct am_message *msg = g_steal_pointer(&m->pdata[i]);
		struct am_message *last = kept ? m->pdata[kept - 1] : NULL;
		if (w->dropped && msg->uid >= w->dropped) {
			am_message_free(&msg);
		} else if (last && last->uid == msg->uid) {
			am_imap_meta_fill(msg, last);
			am_message_free(&last);
			m->pdata[kept - 1] = msg;
		} else {
			m->pdata[kept++] = msg;
		}
	}
	g_ptr_array_set_size(m, (gint)kept);
	for (guint i = 0; i < w->parts->len; i++) {
		const struct am_message *part = w->parts->pdata[i];
		struct am_message *msg = find(m, part->uid);
		if (msg)
			am_imap_meta_fill(msg, part);
	}
	g_ptr_array_set_size(w->parts, 0);
}

void am_imap_walk_known(struct am_imap_walk *w, GPtrArray *messages,
                        uint32_t last)
{
	uint32_t first = 0, end = 0;

	if (am_imap_set_ranges(w->left))
		am_imap_set_range(w->left, 0, &first, &end);
	if (first != 1 || end < last || w->flags_only)
		return;
	am_imap_set_remove(w->left, 1, last);
	g_ptr_array_set_size(w->messages, 0);
	for (guint i = 0; i < messages->len; i++)
		g_ptr_array_add(w->messages,
		                g_steal_pointer(&messages->pdata[i]));
	g_ptr_array_set_free_func(messages, NULL);
	w->at = 0;
	tidy(w);
}

void am_imap_walk_free(struct am_imap_walk **walk)
{
	struct am_imap_walk *w = *walk;

	*walk = NULL;
	if (!w)
		return;
	am_imap_set_free(&w->left);
	am_imap_set_free(&w->now);
	am_imap_set_free(&w->rest);
	g_ptr_array_unref(w->messages);
	g_ptr_array_unref(w->parts);
	g_free(w);
}

/* The next `width` numbers, or all, as far as they fit a line. */
static void cut_window(struct am_imap_walk *w)
{
	uint64_t room = w->paged ? UINT64_MAX : w->width;
	size_t text = 0;

	am_imap_set_remove(w->now, 1, UINT32_MAX);
	while (room && text + 24 < SET_TEXT && am_imap_set_ranges(w->left)) {
		uint32_t first, last;
		am_imap_set_range(w->left, 0, &first, &last);
		if ((uint64_t)last - first >= room)
			last = (uint32_t)(first + room - 1);
		room -= (uint64_t)last - first + 1;
		text += 22;
		am_imap_set_add(w->now, first, last);
		am_imap_set_remove(w->left, first, last);
	}
	am_imap_set_remove(w->rest, 1, UINT32_MAX);
	am_imap_set_add_all(w->rest, w->now);
	g_ptr_array_set_size(w->messages, 0);
	g_ptr_array_set_size(w->parts, 0);
	w->at = 0;
	w->dropped = 0;
	w->answers = 0;
}

/* What the server can do decides how the window is cut. */
static int plan(struct am_imap_walk *w, struct am_error *err)
{
	struct am_imap_session *s;

	int r = am_imap_control_open(w->control, w->box, &s, err);
	if (r)
		return r;
	uint32_t limit = am_imap_session_limit(s);
	uint64_t aim = limit ? MIN(limit, AIM) : AIM;
	if (aim < w->aim)
		w->width = MAX(w->width / w->aim * aim, aim);
	w->aim = aim;
	w->paged = am_imap_session_has(s, "PARTIAL") &&
	           am_imap_set_count(w->left) > aim;
	return AM_OK;
}

static int take_line(struct am_imap_command *cmd,
                     const struct am_imap_line *line, struct am_error *err)
{
	struct am_imap_walk *w = cmd->user;
	struct am_message *msg = NULL;
	struct am_imap_fetch f;

	if (!am_imap_fetch_read(&f, line))
		return AM_END;
	/* "n:*" gives the last one even when it is below n; others answer
	 * what nobody asked. */
	bool flags = am_imap_fetch_item(&f, "FLAGS");
	if (!f.uid || !am_imap_set_has(w->now, f.uid) ||
	    (!flags && (w->flags_only || w->parts->len >= KEEP)))
		return AM_END;
	am_imap_limit_see(&w->limit, f.uid);
	if (flags && w->messages->len >= KEEP) {
		if (!w->dropped || f.uid < w->dropped)
			w->dropped = f.uid;
		return AM_OK;
	}
	int r = am_imap_meta_message(&f, w->box->folder, w->box->uidvalidity,
	                             am_imap_link_now(w->control->link), &msg,
	                             err);
	if (!r)
		g_ptr_array_add(flags ? w->messages : w->parts, msg);
	return r;
}

/* What of the window was not given goes back. */
static void give_back(struct am_imap_walk *w)
{
	if (!w->dropped)
		return;
	if (w->dropped > 1)
		am_imap_set_remove(w->now, 1, w->dropped - 1);
	am_imap_set_add_all(w->left, w->now);
	w->dropped = 0;
}

/* As wide as it takes for `aim` messages, going by this window. */
static void adapt(struct am_imap_walk *w)
{
	uint64_t asked = am_imap_set_count(w->now);
	uint64_t got = w->messages->len;
	uint64_t next = got ? asked * w->aim / got : asked * 8;

	if (next > w->width * 8)
		next = w->width * 8;
	w->width = MIN(MAX(next, 1), UINT32_MAX);
}

static int ask(struct am_imap_walk *w, struct am_error *err)
{
	struct am_imap_session *s;
	char text[SET_TEXT + 64];
	size_t next = 0;

	int r = am_imap_control_open(w->control, w->box, &s, err);
	if (r)
		return r;
	const struct am_imap_mailbox *m = am_imap_session_mailbox(s);
	if (m->uidvalidity && w->box->uidvalidity &&
	    m->uidvalidity != w->box->uidvalidity)
		return am_fail(err, AM_END, AM_E_PROTOCOL,
		               "numbered anew while it was being read");
	r = am_imap_set_print(w->rest, &next, text, sizeof text);
	if (r)
		return am_fail(err, AM_END, AM_E_ARGUMENT, "nothing to ask");
	w->limit = (struct am_imap_limit){0};
	w->cmd = (struct am_imap_command){.untagged = take_line, .user = w};
	char *items =
		w->flags_only
			? g_strdup(am_imap_session_has(s, "X-GM-EXT-1")
	                                   ? "(UID FLAGS X-GM-LABELS)"
	                                   : "(UID FLAGS)")
			: am_imap_meta_items(
				  s,
				  am_imap_session_mailbox(s)->highestmodseq &&
					  !am_imap_session_mailbox(s)
						   ->no_modseq);
	am_imap_put(am_imap_session_out(s), "UID FETCH %s %s", text, items);
	if (w->paged)
		am_imap_put(am_imap_session_out(s), " (PARTIAL 1:%" PRIu64 ")",
		            w->aim);
	g_free(items);
	r = am_imap_session_run(s, &w->cmd, "FETCH", err);
	return r ? am_imap_link_judge(w->control->link, r, &w->cmd.reply, err)
	         : AM_OK;
}

/* The window was too wide: all of it once more, in smaller ones. */
static int narrow(struct am_imap_walk *w)
{
	w->width = MAX(am_imap_set_count(w->now) / 4, 1);
	am_imap_set_add_all(w->left, w->now);
	w->at = w->messages->len;
	return AM_RETRY;
}

/* Pages are offered and not given: windows, then. */
static int do_without_pages(struct am_imap_walk *w)
{
	struct am_imap_session *s = am_imap_link_now(w->control->link);

	if (s)
		am_imap_session_distrust(s, "PARTIAL");
	am_imap_set_add_all(w->left, w->now);
	w->at = w->messages->len;
	return AM_RETRY;
}

/* A refused window is made narrower, until one message stands alone.  What
 * came before the refusal is kept, and only that is not asked for again. */
static int refused(struct am_imap_walk *w, uint32_t *uid, struct am_error *err)
{
	uint32_t last;

	if (w->paged)
		return do_without_pages(w);
	am_imap_set_range(w->now, 0, uid, &last);
	if (w->messages->len) {
		for (guint i = 0; i < w->messages->len; i++) {
			const struct am_message *m = w->messages->pdata[i];
			am_imap_set_remove(w->now, m->uid, m->uid);
		}
		am_imap_set_add_all(w->left, w->now);
		w->dropped = 0;
		w->width = MAX(am_imap_set_count(w->now) / 4, 1);
		return AM_OK;
	}
	if (am_imap_set_count(w->now) > 1)
		return narrow(w);
	if (++w->refusals >= REFUSALS_MOST) {
		*uid = 0;
		am_imap_set_remove(w->left, 1, UINT32_MAX);
	}
	return am_fail(err, AM_FAILED, err->kind, "%s", err->text);
}

/* Ask for the window until it is answered; AM_RETRY: once more from the start,
 * in another way. */
static int ask_window(struct am_imap_walk *w, struct am_error *err)
{
	for (;;) {
		int r = ask(w, err);
		if (r == AM_RETRY && ++w->lost < 20)
			continue;
		if (r == AM_RETRY)
			return AM_FATAL;
		if (r != AM_OK && r != AM_FAILED)
			return r;
		switch (am_imap_limit_rest(&w->limit, &w->cmd.reply, w->rest)) {
		case AM_IMAP_LIMIT_NONE:
			return r;
		case AM_IMAP_LIMIT_DONE:
			return AM_OK;
		case AM_IMAP_LIMIT_STUCK:
			if (w->paged)
				return do_without_pages(w);
			return am_imap_set_count(w->now) > 1 ? narrow(w) : r;
		case AM_IMAP_LIMIT_REST:
			/* More than is kept, or crumb by crumb. */
			if (++w->answers >= ANSWERS_MOST || w->dropped)
				return narrow(w);
			break;
		}
	}
}

/* A window of messages that are there, or what became of it; AM_RETRY: the next
 * one. */
static int take_window(struct am_imap_walk *w, uint32_t *uid,
                       struct am_error *err)
{
	int r = plan(w, err);

	cut_window(w);
	if (!r)
		r = ask_window(w, err);
	if (r == AM_RETRY)
		return r;
	if (r == AM_END) {
		*uid = 0;
		am_imap_set_remove(w->left, 1, UINT32_MAX);
		w->at = w->messages->len;
		return AM_FAILED;
	}
	tidy(w);
	w->at = w->messages->len;
	if (r == AM_FAILED) {
		struct am_error why = *err;
		r = refused(w, uid, err);
		if (r == AM_FAILED)
			*err = why;
		am_imap_set_remove(w->now, 1, UINT32_MAX);
	}
	if (r)
		return r;
	w->refusals = 0;
	w->lost = 0;
	am_imap_link_progress(w->control->link);
	/* Of a page nobody knows whether it is the last one, till one is
	 * empty: a line may have been damaged. */
	const struct am_message *last =
		w->messages->len ? w->messages->pdata[w->messages->len - 1]
				 : NULL;
	if (w->paged && !w->dropped && last && last->uid < UINT32_MAX)
		w->dropped = last->uid + 1;
	else if (!w->paged && am_imap_set_ranges(w->now))
		adapt(w);
	give_back(w);
	w->at = 0;
	return w->messages->len ? AM_OK : AM_RETRY;
}

static int fill(struct am_imap_walk *w, uint32_t *uid, struct am_error *err)
{
	int r = AM_RETRY;

	while (r == AM_RETRY) {
		*uid = 0;
		if (!am_imap_set_ranges(w->left))
			return AM_END;
		r = take_window(w, uid, err);
	}
	return r;
}

int am_imap_walk_next(struct am_imap_walk *w, struct am_message **out,
                      uint32_t *uid, struct am_error *err)
{
	*out = NULL;
	*uid = 0;
	if (w->at >= w->messages->len) {
		g_ptr_array_set_size(w->messages, 0);
		int r = fill(w, uid, err);
		if (r)
			return r;
	}
	*out = g_steal_pointer(&w->messages->pdata[w->at++]);
	*uid = (*out)->uid;
	return AM_OK;
}

bool am_imap_walk_all_asked(const struct am_imap_walk *w)
{
	return !am_imap_set_ranges(w->left);
}

uint32_t am_imap_walk_done_below(const struct am_imap_walk *w)
{
	uint32_t first, last;

	if (w->at < w->messages->len || !am_imap_set_ranges(w->left))
		return 0;
	am_imap_set_range(w->left, 0, &first, &last);
	return first;
}
