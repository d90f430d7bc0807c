/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A run that was killed leaves behind what it had sent: the system goes on
 * sending it and the server filing it, in all mailboxes, for seconds.  Whoever
 * looked too early would send it once more.
 */
#include "formats/imap/mailboxes.h"
#include "formats/imap/target_impl.h"

enum { EVERY_MS = 1000, SAME_ENOUGH = 3, LOOKS_MOST = 120 };

static GPtrArray *boxes_of(const struct am_imap_targets *ts)
{
	GPtrArray *boxes = g_ptr_array_new_with_free_func(am_imap_box_free);

	for (guint i = 0; i < ts->all->len; i++) {
		const struct am_imap_target *t = ts->all->pdata[i];
		if (!t->there)
			continue;
		struct am_imap_box *box = g_new0(struct am_imap_box, 1);
		box->name = g_strdup(t->name);
		box->selectable = true;
		g_ptr_array_add(boxes, box);
	}
	return boxes;
}

/* A number that is another when mail came in anywhere. */
static int sum_up(struct am_imap_targets *ts, uint64_t *sum,
                  struct am_error *err)
{
	struct am_imap_session *s;
	int r;

	do {
		GPtrArray *boxes = boxes_of(ts);
		r = am_imap_link_session(ts->link, &s, err);
		if (!r)
			r = am_imap_mailboxes_status(s, boxes, err);
		*sum = 0;
		for (guint i = 0; i < boxes->len; i++) {
			const struct am_imap_box *box = boxes->pdata[i];
			*sum += box->messages + box->uidnext;
		}
		g_ptr_array_unref(boxes);
		r = am_imap_link_judge(ts->link, r, NULL, err);
	} while (r == AM_RETRY);
	/* Who does not say is as calm as it gets. */
	return r == AM_FAILED ? AM_OK : r;
}

int am_imap_targets_calm(struct am_imap_targets *ts, struct am_error *err)
{
	uint64_t before = 0, now = 0;
	unsigned same = 0;

	int r = am_imap_targets_list(ts, err);
	if (!r)
		r = sum_up(ts, &before, err);
	for (unsigned i = 0; !r && same < SAME_ENOUGH && i < LOOKS_MOST; i++) {
		r = am_imap_account_sleep(ts->account, EVERY_MS, err);
		if (!r)
			r = sum_up(ts, &now, err);
		same = now == before ? same + 1 : 0;
		before = now;
	}
	/* What was looked at may have changed since, the open one too. */
	struct am_imap_session *s = am_imap_link_now(ts->link);
	if (s)
		am_imap_session_doubt(s);
	for (guint i = 0; i < ts->all->len; i++) {
		struct am_imap_target *t = ts->all->pdata[i];
		t->ready = false;
	}
	return r;
}
