/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an earlier run brought and somebody took away since.  As long as every
 * UID that was given out since is there too, nothing went: then the numbers of
 * LIST-STATUS or SELECT are enough, and no message is asked for.
 */
#include "formats/imap/target_impl.h"

#include <string.h>

static struct am_imap_target *find(const struct am_imap_targets *ts,
                                   const char *name)
{
	return g_hash_table_lookup(ts->by_name,
	                           g_ascii_strcasecmp(name, "INBOX") ? name
	                                                             : "INBOX");
}

/* Nothing went between the two.  Where nothing is known of it, it began empty:
 * then nothing ever went. */
static bool only_grew(const struct am_box *then, const struct am_box *now)
{
	uint32_t next = MAX(then->uidnext, 1);

	return now->uidnext >= next && now->messages >= then->messages &&
	       now->messages - then->messages == now->uidnext - next;
}

static void keep_missing(const struct am_imap_set *there, uint32_t *uids,
                         size_t *n)
{
	size_t left = 0;

	for (size_t i = 0; i < *n; i++)
		if (!am_imap_set_has(there, uids[i]))
			uids[left++] = uids[i];
	*n = left;
}

static void take_numbers(struct am_box *box, const struct am_box *now)
{
	box->uidvalidity = now->uidvalidity;
	box->uidnext = now->uidnext;
	box->messages = now->messages;
}

/* All of it: opened, and its UIDs read where the numbers do not do. */
static int look(struct am_imap_targets *ts, const struct am_imap_target *t,
                struct am_missing *what, struct am_error *err)
{
	struct am_imap_set *there = am_imap_set_new();
	struct am_imap_command cmd = {0};
	struct am_imap_session *s;
	bool sent;

	int r = am_imap_link_session(ts->link, &s, err);
	if (!r)
		r = am_imap_session_select_send(s, &cmd, t->name, true, &sent,
		                                err);
	if (!r && sent)
		r = am_imap_session_wait(s, &cmd, "opening the folder", err);
	const struct am_imap_mailbox *m = r ? NULL : am_imap_session_mailbox(s);
	struct am_box now = {0};
	if (m)
		now = (struct am_box){.uidvalidity = m->uidvalidity,
		                      .uidnext = m->uidnext,
		                      .messages = m->exists};
	bool anew = m && now.uidvalidity != what->box->uidvalidity;
	if (m && !anew && !only_grew(what->box, &now)) {
		r = am_imap_look_uids(s, there, err);
		if (!r)
			keep_missing(there, what->uids, &what->n);
	} else if (m && !anew) {
		what->n = 0;
	}
	am_imap_set_free(&there);
	if (!r)
		take_numbers(what->box, &now);
	if (anew && !r)
		return AM_END;
	return am_imap_targets_judge(ts, r, &cmd.reply, err);
}

static int look_until(struct am_imap_targets *ts,
                      const struct am_imap_target *t, struct am_missing *what,
                      struct am_error *err)
{
	int r;

	do {
		r = look(ts, t, what, err);
	} while (r == AM_RETRY);
	return r;
}

/* ---- renamed there ----
 *
 * A mailbox that is not there under its name may have another: one that is
 * nobody else's, was numbered under the same UIDVALIDITY and has every UID that
 * is known.  Where mailboxes that are not ours share one this proves nothing.
 */

static bool is_known(const struct am_missing *what, const char *name)
{
	for (size_t i = 0; i < what->n_all; i++)
		if (what->all[i] && what->all[i] != what->box &&
		    !strcmp(what->all[i]->name, name))
			return true;
	return false;
}

/* Without LIST-STATUS each is opened. */
static int find_uidvalidity(struct am_imap_targets *ts,
                            struct am_imap_target *t, struct am_error *err)
{
	struct am_imap_session *s;
	int r;

	do {
		r = am_imap_link_session(ts->link, &s, err);
		if (!r)
			r = am_imap_session_select(s, t->name, true, err);
		if (!r)
			t->box.uidvalidity =
				am_imap_session_mailbox(s)->uidvalidity;
		r = am_imap_targets_judge(ts, r, NULL, err);
	} while (r == AM_RETRY);
	return r;
}

/* The only one it can be by its UIDVALIDITY; *out NULL: there is none. */
static int candidate(struct am_imap_targets *ts, const struct am_missing *what,
                     struct am_imap_target **out, struct am_error *err)
{
	guint found = 0;

	*out = NULL;
	for (guint i = 0; what->path && i < ts->all->len; i++) {
		struct am_imap_target *t = ts->all->pdata[i];
		if (!t->there || is_known(what, t->name))
			continue;
		int r = t->told || t->box.uidvalidity
		                ? AM_OK
		                : find_uidvalidity(ts, t, err);
		if (r == AM_FATAL)
			return r;
		if (t->box.uidvalidity == what->box->uidvalidity && !found++)
			*out = t;
	}
	if (found > 1)
		*out = NULL;
	return AM_OK;
}

/* From now on the folder is that mailbox. */
static void follow(struct am_imap_targets *ts, struct am_imap_target *t,
                   const char *path)
{
	if (!ts->renamed)
		ts->renamed = g_hash_table_new_full(g_str_hash, g_str_equal,
		                                    g_free, NULL);
	g_hash_table_replace(ts->renamed, g_strdup(path), t);
}

static int find_renamed(struct am_imap_targets *ts, struct am_missing *what,
                        struct am_error *err)
{
	struct am_box then = *what->box;
	struct am_imap_target *t;
	size_t n = what->n;

	int r = candidate(ts, what, &t, err);
	if (r || !t)
		return r;
	uint32_t *uids = g_memdup2(what->uids, n * sizeof *uids);
	/* Whatever it grew by: each UID is asked for. */
	what->box->messages = UINT64_MAX;
	r = look_until(ts, t, what, err);
	if (!r && !what->n) {
		char *shown = am_folder_print(t->folder);
		am_ctx_note(ts->account->ctx, AM_NOTE_WARN, "imap.renamed",
		            NULL, *what->path ? what->path : "INBOX",
		            "somebody renamed it on the server to \"%s\": it "
		            "is gone on with there",
		            shown);
		g_free(shown);
		follow(ts, t, what->path);
		g_free((char *)what->box->name);
		what->box->name = g_strdup(t->name);
		what->box->renamed = true;
	} else {
		*what->box = then;
		what->n = n;
		memcpy(what->uids, uids, n * sizeof *uids);
	}
	g_free(uids);
	return r == AM_FATAL ? r : AM_OK;
}

int am_imap_targets_missing(struct am_imap_targets *ts, struct am_missing *what,
                            struct am_error *err)
{
	int r = am_imap_targets_list(ts, err);

	if (r)
		return r;
	struct am_imap_target *t = find(ts, what->box->name);
	/* The mailbox is gone, and all of them with it. */
	if (!t || !t->there)
		return find_renamed(ts, what, err);
	if (what->box->renamed && what->path)
		follow(ts, t, what->path);
	if (t->told && t->box.uidvalidity == what->box->uidvalidity &&
	    only_grew(what->box, &t->box)) {
		take_numbers(what->box, &t->box);
		what->n = 0;
		return AM_OK;
	}
	return look_until(ts, t, what, err);
}
