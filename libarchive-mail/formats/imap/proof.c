/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/imap/proof.h"

#include "base/blob.h"

#include <string.h>

enum { WAITING_MOST = 500 };

/* What is known of one, to name it. */
struct waiting {
	struct am_imap_target *target;
	const struct am_folder *folder;
	char *origin;
	uint64_t bytes;
	struct am_imap_marks marks;
	uint32_t uidvalidity, uid;
	unsigned looks; /* the target's, when it was sent */
	bool copy;
};

struct am_imap_proof {
	struct am_imap_link *link;
	struct am_imap_targets *targets;
	GPtrArray *all; /* struct waiting, oldest first */
};

static void waiting_free(void *data)
{
	struct waiting *w = data;

	am_folder_unref(&w->folder);
	g_free(w->origin);
	g_free(w);
}

struct am_imap_proof *am_imap_proof_new(struct am_imap_link *link,
                                        struct am_imap_targets *targets)
{
	struct am_imap_proof *p = g_new0(struct am_imap_proof, 1);

	p->link = link;
	p->targets = targets;
	p->all = g_ptr_array_new_with_free_func(waiting_free);
	return p;
}

void am_imap_proof_free(struct am_imap_proof **proof)
{
	struct am_imap_proof *p = *proof;

	*proof = NULL;
	if (!p)
		return;
	g_ptr_array_free(p->all, TRUE);
	g_free(p);
}

void am_imap_proof_add(struct am_imap_proof *p, const struct am_imap_item *it)
{
	struct waiting *w = g_new0(struct waiting, 1);

	w->target = it->target;
	w->folder = am_folder_ref(it->meta->folder);
	w->origin = g_strdup(it->meta->origin);
	w->bytes = am_blob_size(it->raw);
	w->marks = it->marks;
	w->uidvalidity = it->meta->uidvalidity;
	w->uid = it->meta->uid;
	w->looks = it->target->looks;
	w->copy = it->copy;
	g_ptr_array_add(p->all, w);
}

bool am_imap_proof_is_due(const struct am_imap_proof *p)
{
	return p->all->len >= WAITING_MOST;
}

/* ---- counting ---- */

struct count {
	uint64_t messages;
	bool told;
};

/* {"STATUS", name, (MESSAGES 3)} */
static int take_status(struct am_imap_command *cmd,
                       const struct am_imap_line *line, struct am_error *err)
{
	struct count *count = cmd->user;

	(void)err;
	if (line->n_values < 3 || !am_imap_is(&line->values[0], "STATUS") ||
	    line->values[2].type != AM_IMAP_LIST)
		return AM_END;
	const struct am_imap_value *list = &line->values[2];
	for (size_t i = 0; i + 1 < list->n_items; i += 2)
		if (am_imap_is(&list->items[i], "MESSAGES"))
			count->told = am_imap_number(&list->items[i + 1],
			                             &count->messages);
	return AM_OK;
}

static int count_once(struct am_imap_proof *p, const char *name,
                      struct count *out, struct am_error *err)
{
	struct am_imap_command cmd = {.untagged = take_status, .user = out};
	struct am_imap_session *s;

	int r = am_imap_link_session(p->link, &s, err);
	if (r)
		return r;
	am_imap_out_clear(am_imap_session_out(s));
	am_imap_put(am_imap_session_out(s), "STATUS ");
	r = am_imap_put_string(am_imap_session_out(s), name, strlen(name), err);
	am_imap_put(am_imap_session_out(s), " (MESSAGES)");
	if (!r)
		r = am_imap_session_run(s, &cmd, "STATUS", err);
	return am_imap_link_judge(p->link, r, &cmd.reply, err);
}

static int count(struct am_imap_proof *p, const char *name, struct count *out,
                 struct am_error *err)
{
	int r;

	do {
		*out = (struct count){0};
		r = count_once(p, name, out, err);
	} while (r == AM_RETRY);
	return r == AM_FAILED ? AM_OK : r;
}

/* ---- which are missing ---- */

/* What the mailbox holds, without those that are to be proven. */
static int look(struct am_imap_proof *p, struct am_imap_target *t,
                unsigned waiting, struct am_error *err)
{
	int r;

	g_array_set_size(t->acked, t->acked->len - MIN(waiting, t->acked->len));
	/* Not as this connection may still see it. */
	am_imap_link_drop(p->link);
	do {
		r = am_imap_target_look(p->targets, t, err);
	} while (r == AM_RETRY);
	/* The mailbox is gone, and they with it. */
	return r == AM_FAILED ? AM_OK : r;
}

/* Those of one mailbox, that lacks `lacking` of them. */
static int settle_some(struct am_imap_proof *p, GPtrArray *some,
                       uint64_t lacking,
                       void (*missing)(void *user, const struct am_late *what,
                                       bool copy, const struct am_error *),
                       void *user, struct am_error *err)
{
	const struct waiting *first = g_ptr_array_index(some, 0);
	struct am_error why;

	int r = look(p, first->target, some->len, err);
	if (r)
		return r;
	(void)am_fail(&why, AM_FAILED, AM_E_IO,
	              "the server said that it took it, and it is not there");
	for (guint i = 0; i < some->len; i++) {
		const struct waiting *w = g_ptr_array_index(some, i);
		const struct am_late late = {
			.folder = w->folder,
			.origin = w->origin,
			.bytes = w->bytes,
			.uidvalidity = w->uidvalidity,
			.uid = w->uid,
		};
		if (am_imap_target_take(w->target, &w->marks, NULL) || !lacking)
			continue;
		lacking--;
		missing(user, &late, w->copy, &why);
	}
	return AM_OK;
}

/* Takes those of the first one's mailbox out.  What was sent before somebody
 * looked was counted then. */
static GPtrArray *take_some(struct am_imap_proof *p)
{
	const struct waiting *first = g_ptr_array_index(p->all, 0);
	struct am_imap_target *t = first->target;
	GPtrArray *some = g_ptr_array_new_with_free_func(waiting_free);
	GPtrArray *rest = g_ptr_array_new_with_free_func(waiting_free);

	while (p->all->len) {
		struct waiting *w = g_ptr_array_steal_index(
			p->all, 0); /* a few hundred at most */
		if (w->target != t)
			g_ptr_array_add(rest, w);
		else if (w->looks == t->looks)
			g_ptr_array_add(some, w);
		else
			waiting_free(w);
	}
	g_ptr_array_free(p->all, TRUE);
	p->all = rest;
	return some;
}

int am_imap_proof_settle(struct am_imap_proof *p,
                         void (*missing)(void *user, const struct am_late *what,
                                         bool copy, const struct am_error *),
                         void *user, struct am_error *err)
{
	int r = AM_OK;

	while (!r && p->all->len) {
		const struct waiting *w = g_ptr_array_index(p->all, 0);
		struct am_imap_target *t = w->target;
		GPtrArray *some = take_some(p);
		struct count now = {0};
		uint64_t wanted = t->held + some->len;
		if (some->len)
			r = count(p, t->name, &now, err);
		if (!r && now.told && now.messages < wanted)
			r = settle_some(p, some, wanted - now.messages, missing,
			                user, err);
		else
			t->held = now.told ? now.messages : wanted;
		g_ptr_array_free(some, TRUE);
	}
	return r;
}
