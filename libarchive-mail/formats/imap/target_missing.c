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
static int look(struct am_imap_targets *ts, struct am_imap_target *t,
                struct am_box *box, uint32_t *uids, size_t *n,
                struct am_error *err)
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
	bool anew = m && now.uidvalidity != box->uidvalidity;
	if (m && !anew && !only_grew(box, &now)) {
		r = am_imap_look_uids(s, there, err);
		if (!r)
			keep_missing(there, uids, n);
	} else if (m && !anew) {
		*n = 0;
	}
	am_imap_set_free(&there);
	if (!r)
		take_numbers(box, &now);
	if (anew && !r)
		return AM_END;
	return am_imap_targets_judge(ts, r, &cmd.reply, err);
}

int am_imap_targets_missing(struct am_imap_targets *ts, struct am_box *box,
                            uint32_t *uids, size_t *n, struct am_error *err)
{
	int r = am_imap_targets_list(ts, err);

	if (r)
		return r;
	struct am_imap_target *t = find(ts, box->name);
	/* The mailbox is gone, and all of them with it. */
	if (!t || !t->there)
		return AM_OK;
	if (t->told && t->box.uidvalidity == box->uidvalidity &&
	    only_grew(box, &t->box)) {
		take_numbers(box, &t->box);
		*n = 0;
		return AM_OK;
	}
	do {
		r = look(ts, t, box, uids, n, err);
	} while (r == AM_RETRY);
	return r;
}
