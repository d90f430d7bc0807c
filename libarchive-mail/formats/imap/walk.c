/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/imap/walk.h"

#include "formats/imap/fetch_line.h"

#include <string.h>

enum {
	AIM = 2000, /* messages in a window */
	/* What comes beyond is given back and asked for again: some folders
	 * are dense in one place. */
	KEEP = 6000,
	SET_TEXT = 900,
	REFUSALS_MOST = 5, /* of single messages in a row */
};

int am_imap_control_open(struct am_imap_control *control,
                         const struct am_imap_box *box,
                         struct am_imap_session **out, struct am_error *err)
{
	int r = am_imap_fetcher_settle(control->fetcher, err);
	unsigned tries = 0;

	while (!r) {
		r = am_imap_link_session(control->link, out, err);
		if (r || !box)
			break;
		r = am_imap_session_select(*out, box->name, false, err);
		if (r != AM_RETRY)
			break;
		r = am_imap_link_judge(control->link, r, NULL, err);
		if (r == AM_RETRY && ++tries < 5)
			r = AM_OK;
		else if (r == AM_RETRY)
			r = AM_FAILED;
	}
	return r;
}

struct am_imap_walk {
	struct am_imap_control *control;
	const struct am_imap_box *box;
	struct am_imap_set *left, *now; /* not asked; being asked */
	uint64_t expected, width;
	bool flags_only;
	unsigned refusals, lost;
	GPtrArray *messages; /* of the window, ascending */
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
	w->expected = expected;
	w->flags_only = flags_only;
	w->width = expected > AIM ? n / expected * AIM : n;
	w->width = MAX(w->width, AIM);
	w->messages = g_ptr_array_new_with_free_func(unref_message);
	return w;
}

void am_imap_walk_free(struct am_imap_walk **walk)
{
	struct am_imap_walk *w = *walk;

	*walk = NULL;
	if (!w)
		return;
	am_imap_set_free(&w->left);
	am_imap_set_free(&w->now);
	g_ptr_array_unref(w->messages);
	g_free(w);
}

/* The next `width` numbers, as far as they fit a line. */
static void cut_window(struct am_imap_walk *w)
{
	uint64_t room = w->width;
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
	if (!f.uid || !am_imap_set_has(w->now, f.uid) ||
	    !am_imap_fetch_item(&f, "FLAGS"))
		return AM_END;
	if (w->messages->len >= KEEP) {
		if (!w->dropped || f.uid < w->dropped)
			w->dropped = f.uid;
		return AM_OK;
	}
	int r = am_imap_meta_message(&f, w->box->folder, w->box->uidvalidity,
	                             am_imap_link_now(w->control->link), &msg,
	                             err);
	if (!r)
		g_ptr_array_add(w->messages, msg);
	return r;
}

static int by_uid(const void *a, const void *b)
{
	const struct am_message *const *x = a, *const *y = b;

	return ((*x)->uid > (*y)->uid) - ((*x)->uid < (*y)->uid);
}

/* In order, each once, without what has to be asked for again. */
static void tidy(struct am_imap_walk *w)
{
	GPtrArray *m = w->messages;
	uint32_t before = 0;

	g_ptr_array_sort(m, by_uid);
	for (guint i = 0; i < m->len;) {
		const struct am_message *msg = m->pdata[i];
		if (msg->uid == before ||
		    (w->dropped && msg->uid >= w->dropped)) {
			g_ptr_array_remove_index(m, i);
			continue;
		}
		before = msg->uid;
		i++;
	}
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

/* As wide as it takes for AIM messages, going by this window. */
static void adapt(struct am_imap_walk *w)
{
	uint64_t asked = am_imap_set_count(w->now);
	uint64_t got = w->messages->len;
	uint64_t next = got ? asked * AIM / got : asked * 8;

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
	r = am_imap_set_print(w->now, &next, text, sizeof text);
	if (r)
		return am_fail(err, AM_END, AM_E_ARGUMENT, "nothing to ask");
	g_ptr_array_set_size(w->messages, 0);
	w->at = 0;
	w->dropped = 0;
	w->cmd = (struct am_imap_command){.untagged = take_line, .user = w};
	char *items = w->flags_only
	                      ? g_strdup(am_imap_session_has(s, "X-GM-EXT-1")
	                                         ? "(UID FLAGS X-GM-LABELS)"
	                                         : "(UID FLAGS)")
	                      : am_imap_meta_items(s);
	am_imap_put(am_imap_session_out(s), "UID FETCH %s %s", text, items);
	g_free(items);
	r = am_imap_session_run(s, &w->cmd, "FETCH", err);
	return r ? am_imap_link_judge(w->control->link, r, &w->cmd.reply, err)
	         : AM_OK;
}

/* A refused window is made narrower, until one message stands alone. */
static int refused(struct am_imap_walk *w, uint32_t *uid, struct am_error *err)
{
	uint32_t last;

	am_imap_set_range(w->now, 0, uid, &last);
	if (w->messages->len) {
		/* RFC 9738 [MESSAGELIMIT]: as many as it felt like. */
		struct am_message *m = w->messages->pdata[w->messages->len - 1];
		w->dropped = m->uid < UINT32_MAX ? m->uid + 1 : 0;
		return AM_OK;
	}
	if (am_imap_set_count(w->now) > 1) {
		w->width = MAX(am_imap_set_count(w->now) / 4, 1);
		am_imap_set_add_all(w->left, w->now);
		return AM_RETRY;
	}
	if (++w->refusals >= REFUSALS_MOST) {
		*uid = 0;
		am_imap_set_remove(w->left, 1, UINT32_MAX);
	}
	return am_fail(err, AM_FAILED, err->kind, "%s", err->text);
}

static int fill(struct am_imap_walk *w, uint32_t *uid, struct am_error *err)
{
	int r = AM_OK;

	while (am_imap_set_ranges(w->left)) {
		cut_window(w);
		do
			r = ask(w, err);
		while (r == AM_RETRY && ++w->lost < 20);
		w->at = w->messages->len;
		if (r == AM_END) {
			*uid = 0;
			am_imap_set_remove(w->left, 1, UINT32_MAX);
			return AM_FAILED;
		}
		tidy(w);
		if (r == AM_FAILED) {
			struct am_error why = *err;
			r = refused(w, uid, err);
			if (r == AM_FAILED)
				*err = why;
			if (r == AM_RETRY)
				continue;
		}
		if (r)
			return r == AM_RETRY ? AM_FATAL : r;
		w->refusals = 0;
		w->lost = 0;
		am_imap_link_progress(w->control->link);
		adapt(w);
		give_back(w);
		w->at = 0;
		if (w->messages->len)
			return AM_OK;
	}
	return AM_END;
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

uint32_t am_imap_walk_done_below(const struct am_imap_walk *w)
{
	uint32_t first, last;

	if (w->at < w->messages->len || !am_imap_set_ranges(w->left))
		return 0;
	am_imap_set_range(w->left, 0, &first, &last);
	return first;
}
