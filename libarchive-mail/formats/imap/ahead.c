/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/imap/ahead.h"

#include "formats/imap/fetch_line.h"
#include "model/memory.h"

#include <string.h>

enum {
	BOXES = 16,     /* under way at once */
	SMALL = 2000,   /* messages of one */
	TOGETHER = 2000 /* of all */
};

struct one {
	const struct am_imap_box *box;
	struct am_imap_session *session;
	struct am_imap_command select, fetch;
	struct am_imap_mailbox mailbox; /* numbers only */
	bool opened;                    /* EXAMINE came to a good end */
	uint32_t last;                  /* UIDs 1 … last were asked for */
	GPtrArray *messages;
	int status; /* AM_OK: they are to be had */
};

struct am_imap_ahead {
	GPtrArray *all; /* of struct one * */
	bool under_way;
	uint64_t opening; /* of the link, in which it is */
};

static void free_message(gpointer msg)
{
	struct am_message *m = msg;

	am_message_free(&m);
}

static void free_one(gpointer data)
{
	struct one *o = data;

	g_ptr_array_unref(o->messages);
	g_free(o);
}

struct am_imap_ahead *am_imap_ahead_new(void)
{
	struct am_imap_ahead *a = g_new0(struct am_imap_ahead, 1);

	a->all = g_ptr_array_new_with_free_func(free_one);
	return a;
}

void am_imap_ahead_free(struct am_imap_ahead **ahead)
{
	struct am_imap_ahead *a = *ahead;

	*ahead = NULL;
	if (!a)
		return;
	g_ptr_array_unref(a->all);
	g_free(a);
}

static struct one *find(const struct am_imap_ahead *a,
                        const struct am_imap_box *box)
{
	for (guint i = 0; i < a->all->len; i++)
		if (((struct one *)a->all->pdata[i])->box == box)
			return a->all->pdata[i];
	return NULL;
}

/* ---- what comes ---- */

static void take_opened(struct am_imap_command *cmd,
                        const struct am_imap_line *line)
{
	struct one *o = cmd->user;

	(void)line;
	if (cmd->reply.end != AM_IMAP_END_OK)
		return;
	o->mailbox = *am_imap_session_mailbox(o->session);
	o->mailbox.name = o->mailbox.permanent_flags = NULL;
	o->opened = true;
}

/* What went since EXAMINE is not missing. */
static void take_count(struct am_imap_command *cmd,
                       const struct am_imap_line *line)
{
	struct one *o = cmd->user;
	const struct am_imap_mailbox *m = am_imap_session_mailbox(o->session);

	(void)line;
	if (m->name && !strcmp(m->name, o->box->name)) {
		o->mailbox.exists = MIN(o->mailbox.exists, m->exists);
		o->mailbox.expunged = m->expunged;
	}
}

/* Only while its own mailbox is the open one: all carry the same UIDs. */
static int take_message(struct am_imap_command *cmd,
                        const struct am_imap_line *line, struct am_error *err)
{
	struct one *o = cmd->user;
	const char *name = am_imap_session_mailbox(o->session)->name;
	struct am_message *msg = NULL;
	struct am_imap_fetch f;

	if (!o->opened || !name || strcmp(name, o->box->name) != 0 ||
	    !am_imap_fetch_read(&f, line) || !f.uid || f.uid > o->last)
		return AM_END;
	/* Told in parts, or more than was told of: somebody is not to be
	 * believed. */
	if (!am_imap_fetch_item(&f, "FLAGS") ||
	    o->messages->len >= SMALL + SMALL / 2) {
		o->status = AM_FAILED;
		return AM_OK;
	}
	int r = am_imap_meta_message(&f, o->box->folder,
	                             o->mailbox.uidvalidity
	                                     ? o->mailbox.uidvalidity
	                                     : o->box->uidvalidity,
	                             o->session, &msg, err);
	if (!r)
		g_ptr_array_add(o->messages, msg);
	return r;
}

/* ---- asking ---- */

static bool is_small(const struct am_imap_box *box)
{
	return box->told && box->messages && box->messages <= SMALL &&
	       box->uidnext > 1;
}

/* Nothing was ever taken from it. */
static int is_new(struct am_imap_control *control, struct am_memory *memory,
                  const struct am_imap_box *box, bool *yes,
                  struct am_error *err)
{
	char *text = NULL;
	int r = AM_END;

	if (memory)
		r = memory->ops->cursor(memory, control->account->identity,
		                        box->folder, &text, err);
	*yes = r == AM_END || (!r && !text);
	g_free(text);
	return r == AM_END ? AM_OK : r;
}

static int send(struct one *o, struct am_error *err)
{
	struct am_imap_session *s = o->session;
	bool sent;

	o->select = (struct am_imap_command){.tagged = take_opened, .user = o};
	o->fetch = (struct am_imap_command){
		.untagged = take_message, .tagged = take_count, .user = o};
	int r = am_imap_session_select_send(s, &o->select, o->box->name, false,
	                                    &sent, err);
	if (r)
		return r;
	if (!sent) {
		/* It is the open one: no EXAMINE, no news of it. */
		o->status = AM_FAILED;
		return AM_OK;
	}
	char *items = am_imap_meta_items(s, o->box->told_modseq);
	if (o->last > 1)
		am_imap_put(am_imap_session_out(s),
		            "UID FETCH 1:%" PRIu32 " %s", o->last, items);
	else
		am_imap_put(am_imap_session_out(s), "UID FETCH 1 %s", items);
	g_free(items);
	return am_imap_session_send(s, &o->fetch, err);
}

static int choose(struct am_imap_ahead *a, struct am_imap_control *control,
                  struct am_memory *memory, const GPtrArray *boxes, guint at,
                  struct am_imap_session *s, struct am_error *err)
{
	uint32_t limit = am_imap_session_limit(s);
	uint64_t messages = 0;
	int r = AM_OK;

	for (guint i = at; !r && i < boxes->len && a->all->len < BOXES; i++) {
		const struct am_imap_box *box = boxes->pdata[i];
		bool yes = is_small(box) && (!limit || box->messages < limit) &&
		           messages + box->messages <= TOGETHER;
		if (yes)
			r = is_new(control, memory, box, &yes, err);
		/* The first is what it is all about. */
		if (!yes && i == at)
			break;
		if (r || !yes)
			continue;
		struct one *o = g_new0(struct one, 1);
		o->box = box;
		o->session = s;
		o->last = box->uidnext - 1;
		o->messages = g_ptr_array_new_with_free_func(free_message);
		g_ptr_array_add(a->all, o);
		messages += box->messages;
	}
	return r;
}

static bool is_good(const struct one *o)
{
	return o->opened && !o->status &&
	       o->fetch.reply.end == AM_IMAP_END_OK && !o->fetch.reply.limited;
}

/* What is under way goes with the connection. */
static int give_up(struct am_imap_ahead *a, struct am_imap_control *control,
                   int status, struct am_error *err)
{
	struct am_imap_session *s = am_imap_link_now(control->link);

	a->under_way = false;
	if (status != AM_RETRY && s && am_imap_session_pending(s))
		am_imap_link_drop(control->link);
	g_ptr_array_set_size(a->all, 0);
	status = am_imap_link_judge(control->link, status, NULL, err);
	return status == AM_FATAL ? status : AM_OK;
}

int am_imap_ahead_start(struct am_imap_ahead *a,
                        struct am_imap_control *control,
                        struct am_memory *memory, const GPtrArray *boxes,
                        guint at, struct am_error *err)
{
	struct am_imap_session *s = NULL;

	/* One that did not do is not asked for in this way again. */
	if (find(a, boxes->pdata[at]) || !is_small(boxes->pdata[at]))
		return AM_OK;
	int r = am_imap_control_open(control, NULL, &s, err);
	if (r)
		return r == AM_FATAL ? r : AM_OK;
	g_ptr_array_set_size(a->all, 0);
	r = choose(a, control, memory, boxes, at, s, err);
	a->under_way = !r && a->all->len;
	a->opening = am_imap_link_openings(control->link);
	for (guint i = 0; !r && i < a->all->len; i++)
		r = send(a->all->pdata[i], err);
	if (!r && a->under_way)
		r = am_conn_flush(am_imap_session_conn(s), err);
	return r ? give_up(a, control, r, err) : AM_OK;
}

int am_imap_ahead_finish(struct am_imap_ahead *a,
                         struct am_imap_control *control, struct am_error *err)
{
	struct am_imap_session *s = am_imap_link_now(control->link);
	int r = AM_OK;

	if (!a->under_way)
		return AM_OK;
	a->under_way = false;
	if (!s || am_imap_link_openings(control->link) != a->opening) {
		/* Lost meanwhile, in somebody else's hands. */
		g_ptr_array_set_size(a->all, 0);
		return AM_OK;
	}
	while (!r && am_imap_session_pending(s))
		r = am_imap_session_step(s, err);
	if (r)
		return give_up(a, control, r, err);
	for (guint i = 0; i < a->all->len; i++)
		if (is_good(a->all->pdata[i]))
			am_imap_link_progress(control->link);
	return AM_OK;
}

int am_imap_ahead_look(struct am_imap_ahead *a, struct am_imap_control *control,
                       struct am_memory *memory, const GPtrArray *boxes,
                       guint at, struct am_error *err)
{
	int r = am_imap_ahead_start(a, control, memory, boxes, at, err);

	if (!r)
		r = am_imap_fetcher_settle(control->fetcher, err);
	return r ? r : am_imap_ahead_finish(a, control, err);
}

/* ---- giving ---- */

const struct am_imap_mailbox *
am_imap_ahead_mailbox(const struct am_imap_ahead *a,
                      const struct am_imap_box *box)
{
	const struct one *o = find(a, box);

	return o && is_good(o) ? &o->mailbox : NULL;
}

void am_imap_ahead_give(struct am_imap_ahead *a, const struct am_imap_box *box,
                        struct am_imap_walk *walk)
{
	struct one *o = find(a, box);

	if (!o || !is_good(o))
		return;
	am_imap_walk_known(walk, o->messages, o->last);
	o->status = AM_FAILED; /* given */
}
