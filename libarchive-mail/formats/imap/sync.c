/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/imap/sync.h"

#include "formats/imap/ahead.h"
#include "formats/imap/fetch_line.h"

#include <string.h>

enum { GAPS_MOST = 200 };

/* ---- what to do ---- */

/* Nothing moved since: the numbers of STATUS say so, MODSEQ among them (a flag
 * changes neither UIDNEXT nor the count). */
static bool same_numbers(const struct am_imap_sync *y)
{
	const struct am_imap_box *box = y->box;
	const struct am_imap_state *b = &y->before;

	return y->remembered && b->complete && b->modseq && !b->lacking &&
	       box->told && box->told_modseq &&
	       box->uidvalidity == b->uidvalidity &&
	       box->uidnext == b->uidnext && box->messages == b->exists &&
	       box->highestmodseq == b->modseq;
}

static int load_stored(struct am_imap_sync *y, struct am_error *err)
{
	return y->stored.now
	               ? AM_OK
	               : am_imap_stored_load(&y->stored, y->memory,
	                                     y->control->account->identity,
	                                     y->box->folder, y->now.uidvalidity,
	                                     err);
}

static int remember(struct am_imap_sync *y, struct am_error *err)
{
	char *text = NULL;

	if (!y->memory)
		return AM_OK;
	int r = y->memory->ops->cursor(y->memory, y->control->account->identity,
	                               y->box->folder, &text, err);
	if (!r)
		y->remembered = am_imap_state_read(&y->before, text);
	g_free(text);
	return r == AM_END ? AM_OK : r;
}

/* UIDNEXT where the server did not tell it (Courier): "*" is the last one. */
static int take_highest(struct am_imap_command *cmd,
                        const struct am_imap_line *line, struct am_error *err)
{
	uint32_t *highest = cmd->user;
	struct am_imap_fetch f;

	(void)err;
	if (!am_imap_fetch_read(&f, line) || !f.uid)
		return AM_END;
	*highest = MAX(*highest, f.uid);
	return AM_OK;
}

static int open_box(struct am_imap_sync *y, struct am_error *err)
{
	struct am_imap_box *box = y->box;
	struct am_imap_control *control = y->control;
	struct am_imap_session *s = NULL;
	uint32_t highest = 0;

	int r = am_imap_ahead_look(control->ahead, control, y->memory,
	                           control->boxes, control->at, err);
	if (r)
		return r;
	const struct am_imap_mailbox *m =
		am_imap_ahead_mailbox(control->ahead, box);
	if (!m) {
		r = am_imap_control_open(control, box, &s, err);
		if (r)
			return r;
		m = am_imap_session_mailbox(s);
	}
	box->uidvalidity = m->uidvalidity ? m->uidvalidity : box->uidvalidity;
	box->uidnext = MAX(m->uidnext, box->uidnext);
	am_imap_sync_counts(y, m);
	if (s && !box->uidnext && y->exists) {
		struct am_imap_command cmd = {.untagged = take_highest,
		                              .user = &highest};
		am_imap_put(am_imap_session_out(s), "UID FETCH * (UID)");
		r = am_imap_session_run(s, &cmd, "FETCH", err);
		r = am_imap_link_judge(y->control->link, r, &cmd.reply, err);
		if (r == AM_FATAL)
			return r;
		/* Whoever says nothing gets asked for all there could be. */
		box->uidnext = highest && highest < UINT32_MAX ? highest + 1
		                                               : UINT32_MAX;
	}
	y->now = (struct am_imap_state){.uidvalidity = box->uidvalidity,
	                                .uidnext = MAX(box->uidnext, 1)};
	if (!m->no_modseq)
		y->now.modseq = m->highestmodseq;
	y->resumable = box->uidvalidity && !m->uid_not_sticky;
	return AM_OK;
}

/* The messages to be told: those from `low` on, and those in `missing`. */
static void begin_walk(struct am_imap_sync *y, uint32_t low,
                       struct am_imap_set *uids)
{
	uint64_t expected = y->exists > y->already ? y->exists - y->already : 0;

	if (low < y->now.uidnext)
		am_imap_set_add(uids, low, y->now.uidnext - 1);
	y->walk = am_imap_walk_new(y->control, y->box, uids, expected, false);
	am_imap_ahead_give(y->control->ahead, y->box, y->walk);
}

static void count_known(struct am_imap_sync *y, uint32_t low)
{
	y->known_below = low;
	y->already = am_imap_stored_below(&y->stored, low);
}

static int begin_next_run(struct am_imap_sync *y, struct am_error *err)
{
	struct am_imap_set *uids = am_imap_set_new();
	const struct am_imap_state *b = &y->before;
	uint32_t low = b->uidnext;
	int r = AM_OK;

	if (!y->remembered || b->uidvalidity != y->now.uidvalidity) {
		begin_walk(y, 1, uids);
		return AM_OK;
	}
	/* What was counted and not named may be shown by now, somewhere. */
	bool lacks = b->lacking ||
	             am_imap_stored_below(&y->stored, low) != b->exists;
	if (!lacks && b->modseq && y->now.modseq) {
		if (b->modseq != y->now.modseq && low > 1)
			r = am_imap_changes_since(y, err);
		if (r == AM_FAILED)
			r = am_imap_changes_compare(y, low, uids, err);
	} else {
		r = am_imap_changes_compare(y, low, uids, err);
	}
	if (r) {
		am_imap_set_free(&uids);
		return r;
	}
	count_known(y, low);
	begin_walk(y, low, uids);
	return AM_OK;
}

/* Numbered anew, and not all of it looked at yet. */
static bool is_renumbered(const struct am_imap_sync *y)
{
	return y->stored.old->len &&
	       !(y->remembered && y->before.complete &&
	         y->before.uidvalidity == y->now.uidvalidity);
}

int am_imap_sync_begin(struct am_imap_sync *y, struct am_error *err)
{
	g_queue_init(&y->changes);
	g_queue_init(&y->ahead);
	int r = remember(y, err);
	if (r)
		return r;
	if (same_numbers(y)) {
		y->now = y->before;
		y->exists = y->before.exists;
		r = y->before.checked ? AM_OK : load_stored(y, err);
		if (r)
			return r;
		if (y->before.checked ||
		    am_imap_stored_below(&y->stored, y->now.uidnext) ==
		            y->exists) {
			y->now.checked = true;
			y->resumable = y->whole = y->unchanged = true;
			y->already = y->exists;
			return AM_OK;
		}
		am_imap_stored_clear(&y->stored);
	}
	/* Nothing in it retires or advances anything: it may lie. */
	if (y->box->told && !y->box->messages && !y->before.exists) {
		y->unchanged = true;
		return AM_OK;
	}
	r = open_box(y, err);
	if (!r)
		r = load_stored(y, err);
	if (r)
		return r;
	y->whole = true;
	if (y->resumable && y->stored.now->len && !is_renumbered(y))
		return begin_next_run(y, err);
	bool goes_on = y->remembered &&
	               y->before.uidvalidity == y->now.uidvalidity &&
	               y->stored.now->len;
	uint32_t low = goes_on ? y->before.uidnext : 1;
	count_known(y, low);
	begin_walk(y, low, am_imap_set_new());
	return AM_OK;
}

/* ---- what there is ---- */

static int next_of_walk(struct am_imap_sync *y, struct am_message **out,
                        uint32_t *uid, struct am_error *err)
{
	return y->stored.old->len && is_renumbered(y)
	               ? am_imap_renumber_next(y, out, uid, err)
	               : am_imap_walk_next(y->walk, out, uid, err);
}

static void walk_anew(struct am_imap_sync *y, struct am_imap_set *uids,
                      uint64_t expected)
{
	am_imap_walk_free(&y->walk);
	y->walk = am_imap_walk_new(y->control, y->box, uids, expected, false);
	y->ahead_status = AM_OK;
	y->recount = true;
}

/* It is in `already`, whether it is listed or not. */
static bool is_known(const struct am_imap_sync *y,
                     const struct am_imap_stored_one *one)
{
	return !one->gone && one->uid < y->known_below;
}

/* A message that was left out of what the server listed is asked for once more
 * in the same run: all numbers but those that were told or are known. */
static int look_again(struct am_imap_sync *y, struct am_error *err)
{
	struct am_imap_set *uids;
	GArray *now = y->stored.now;

	y->relooked = true;
	int r = am_imap_sync_count_anew(y, err);
	if (r || !am_imap_sync_short(y))
		return r ? r : AM_END;
	uids = am_imap_set_new();
	am_imap_set_add(uids, 1, UINT32_MAX);
	if (y->told_uids)
		am_imap_set_remove_all(uids, y->told_uids);
	for (guint i = 0; i < now->len; i++) {
		const struct am_imap_stored_one *one =
			&g_array_index(now, struct am_imap_stored_one, i);
		if (is_known(y, one))
			am_imap_set_remove(uids, one->uid, one->uid);
	}
	uint64_t expected = am_imap_sync_short(y);
	/* Between so many there is not one line to be asked but thousands. */
	if (am_imap_set_ranges(uids) > GAPS_MOST) {
		am_imap_set_add(uids, 1, UINT32_MAX);
		expected = y->exists;
	}
	walk_anew(y, uids, expected);
	return AM_OK;
}

static bool is_named(const struct am_imap_sync *y,
                     const struct am_imap_stored_one *one, uint32_t uid)
{
	return (one && is_known(y, one)) ||
	       (y->told_uids && am_imap_set_has(y->told_uids, uid));
}

/* More is known than the folder counts: something went, and nobody said
 * which. */
static int find_gone(struct am_imap_sync *y, struct am_error *err)
{
	uint32_t low = y->before.uidnext;

	if (y->told + y->already <= y->exists || y->compared ||
	    !y->stored.now->len || !y->remembered ||
	    y->before.uidvalidity != y->now.uidvalidity)
		return AM_OK;
	uint64_t known = am_imap_stored_below(&y->stored, low);
	int r = am_imap_changes_compare(y, low, NULL, err);
	y->already -= known - am_imap_stored_below(&y->stored, low);
	return r;
}

/* Where the folder counts more: UIDNEXT may be older than the last message, or
 * something was left out.  AM_OK: there is more to walk; AM_END. */
static int extend(struct am_imap_sync *y, struct am_error *err)
{
	struct am_imap_set *uids;

	if (!y->whole)
		return AM_END;
	am_imap_sync_leave(y);
	int r = find_gone(y, err);
	if (r)
		return r;
	if (!am_imap_sync_short(y))
		return AM_END;
	if (y->recount || y->now.uidnext == UINT32_MAX)
		return y->relooked ? AM_END : look_again(y, err);
	uids = am_imap_set_new();
	am_imap_set_add(uids, y->now.uidnext, UINT32_MAX);
	walk_anew(y, uids, 0);
	return AM_OK;
}

void am_imap_sync_named(struct am_imap_sync *y, uint32_t uid)
{
	if (!y->told_uids)
		y->told_uids = am_imap_set_new();
	am_imap_set_add(y->told_uids, uid, uid);
}

static void note_told(struct am_imap_sync *y, uint32_t uid)
{
	y->told++;
	am_imap_sync_named(y, uid);
}

int am_imap_sync_next(struct am_imap_sync *y, struct am_message **out,
                      uint32_t *uid, struct am_error *err)
{
	*out = NULL;
	*uid = 0;
	if (!y->walk)
		return AM_END;
	for (;;) {
		int r = next_of_walk(y, out, uid, err);
		if (r == AM_END) {
			r = extend(y, err);
			if (!r)
				continue;
			return r;
		}
		if (r == AM_FAILED && !*uid)
			y->whole = false;
		else if (r == AM_FAILED)
			note_told(y, *uid);
		if (r)
			return r;
		if (*uid >= y->now.uidnext && *uid < UINT32_MAX)
			y->now.uidnext = *uid + 1;
		struct am_imap_stored_one *one =
			am_imap_stored_find(&y->stored, *uid);
		if (y->relooked && is_named(y, one, *uid)) {
			am_message_free(out);
			continue;
		}
		if (!one) {
			note_told(y, *uid);
			return AM_OK;
		}
		y->already++;
		am_imap_sync_named(y, *uid);
		am_imap_changes_flags(y, one, *out);
		am_message_free(out);
	}
}

/* ---- the end of it ---- */

int am_imap_sync_finish(struct am_imap_sync *y, struct am_error *err)
{
	if (y->unchanged || !y->whole)
		return AM_OK;
	am_imap_sync_leave(y);
	if (y->by_date && y->exists)
		am_imap_renumber_finish(y);
	int r = am_imap_sync_count_last(y, err);
	if (r)
		return r;
	y->now.exists = y->told + y->already;
	y->now.lacking = y->lacking;
	y->now.complete = true;
	y->now.checked = !y->told && y->memory &&
	                 am_imap_stored_below(&y->stored, y->now.uidnext) ==
	                         y->now.exists;
	/* An empty folder that was full: see begin(). */
	if (!y->now.exists && y->before.exists &&
	    am_imap_stored_below(&y->stored, UINT32_MAX))
		y->whole = false;
	return AM_OK;
}

bool am_imap_sync_news(const struct am_imap_sync *y)
{
	const struct am_imap_state *a = &y->now, *b = &y->before;

	return y->resumable && y->whole && a->complete &&
	       !(y->remembered && a->uidvalidity == b->uidvalidity &&
	         a->uidnext == b->uidnext && a->modseq == b->modseq &&
	         a->exists == b->exists && a->lacking == b->lacking &&
	         a->complete == b->complete && a->checked == b->checked);
}

char *am_imap_sync_cursor(const struct am_imap_sync *y)
{
	if (am_imap_sync_news(y))
		return am_imap_state_print(&y->now);
	/* The same again carries the count of what was there already. */
	return y->remembered && !y->unchanged && y->already
	               ? am_imap_state_print(&y->before)
	               : NULL;
}

char *am_imap_sync_cursor_here(const struct am_imap_sync *y)
{
	struct am_imap_state here = y->now;
	uint32_t low =
		y->remembered && y->before.uidvalidity == y->now.uidvalidity
			? y->before.uidnext
			: 1;

	if (!y->resumable || !y->whole || !y->walk || y->ahead.length ||
	    y->recount)
		return NULL;
	here.uidnext = am_imap_walk_done_below(y->walk);
	if (here.uidnext <= low)
		return NULL;
	here.exists = y->told + y->already;
	return am_imap_state_print(&here);
}

void am_imap_sync_clear(struct am_imap_sync *y)
{
	struct am_change *change;
	struct am_message *msg;

	while ((change = g_queue_pop_head(&y->changes)))
		am_change_free(&change);
	while ((msg = g_queue_pop_head(&y->ahead)))
		am_message_free(&msg);
	am_imap_walk_free(&y->walk);
	am_imap_set_free(&y->told_uids);
	am_imap_stored_clear(&y->stored);
	g_clear_pointer(&y->by_date, g_hash_table_destroy);
}
