/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SELECT and EXAMINE, with what a client that comes back missed (RFC 7162), and
 * the ways to leave a mailbox.
 */
#include "serve/commands.h"

#include "store/archive_edit.h"

#include <string.h>

void am_box_close(struct am_session *s)
{
	if (s->watching)
		am_vault_unwatch(s->vault, &s->watch);
	s->watching = false;
	am_snap_unref(&s->snap);
	am_imap_set_free(&s->saved);
	g_clear_pointer(&s->box, g_free);
	s->vault = NULL;
	if (s->stage == AM_STAGE_BOX)
		s->stage = AM_STAGE_IN;
}

/* ---- QRESYNC ---- */

struct resync {
	bool wanted;
	uint64_t uidvalidity, modseq;
	struct am_imap_set *known; /* NULL: all */
};

/* A set of numbers, without "*" (§7: known-uids). */
static bool read_known(const struct am_imap_value *v, struct am_imap_set *out)
{
	return v->type == AM_IMAP_ATOM &&
	       !am_imap_set_parse(out, v->text, (size_t)v->len, 0, NULL);
}

/* (numbers UIDs): who forgot what was expunged could guess by it; we never do.
 */
static bool is_match(const struct am_imap_value *v)
{
	struct am_imap_set *numbers = am_imap_set_new();
	struct am_imap_set *uids = am_imap_set_new();
	bool good = v->type == AM_IMAP_LIST && v->n_items == 2 &&
	            read_known(&v->items[0], numbers) &&
	            read_known(&v->items[1], uids) &&
	            am_imap_set_count(numbers) == am_imap_set_count(uids);

	am_imap_set_free(&numbers);
	am_imap_set_free(&uids);
	return good;
}

static bool read_resync(const struct am_session *s,
                        const struct am_imap_value *v, struct resync *q)
{
	const struct am_imap_value *i = v->items;
	size_t at = 2;

	if (v->type != AM_IMAP_LIST || v->n_items < 2 ||
	    !am_imap_number(&i[0], &q->uidvalidity) ||
	    !am_imap_number(&i[1], &q->modseq) || !q->uidvalidity)
		return false;
	q->wanted = true;
	if (at < v->n_items && i[at].type == AM_IMAP_ATOM) {
		q->known = am_imap_set_new();
		if (!read_known(&i[at++], q->known))
			return false;
	}
	/* RFC 9586 §3: no numbers since UIDONLY. */
	if (at < v->n_items && (s->uidonly || !is_match(&i[at++])))
		return false;
	return at == v->n_items;
}

/* (CONDSTORE) or (QRESYNC (…)) */
static bool read_params(struct am_session *s, const struct am_imap_value *v,
                        struct resync *q)
{
	if (v->type != AM_IMAP_LIST)
		return false;
	for (size_t i = 0; i < v->n_items; i++) {
		if (am_imap_is(&v->items[i], "CONDSTORE"))
			s->condstore = true;
		else if (am_imap_is(&v->items[i], "QRESYNC") && s->qresync &&
		         i + 1 < v->n_items &&
		         read_resync(s, &v->items[i + 1], q))
			i++;
		else
			return false;
	}
	return true;
}

/* UIDs that were there once and are not now, of those the client knows. */
static void tell_vanished(struct am_session *s, const struct resync *q)
{
	const struct am_snap *snap = s->snap;
	struct am_imap_set *gone = am_imap_set_new();

	if (q->known)
		am_imap_set_add_all(gone, q->known);
	else if (snap->uidnext > 1)
		am_imap_set_add(gone, 1, snap->uidnext - 1);
	if (snap->uidnext)
		am_imap_set_remove(gone, snap->uidnext, UINT32_MAX);
	for (size_t i = 0; i < snap->n; i++)
		am_imap_set_remove(gone, snap->rows[i].uid, snap->rows[i].uid);
	for (size_t i = 0; i < snap->n_gone; i++)
		if (snap->gone[i].modseq <= q->modseq)
			am_imap_set_remove(gone, snap->gone[i].uid,
			                   snap->gone[i].uid);
	if (am_imap_set_ranges(gone)) {
		g_string_append(s->out, "* VANISHED (EARLIER) ");
		am_put_set(s->out, gone);
		g_string_append(s->out, "\r\n");
	}
	am_imap_set_free(&gone);
}

static void tell_missed(struct am_session *s, const struct resync *q)
{
	const struct am_snap *snap = s->snap;

	if (q->uidvalidity != snap->uidvalidity || !snap->highest)
		return;
	tell_vanished(s, q);
	for (size_t i = 0; i < snap->n; i++) {
		const struct am_row *row = &snap->rows[i];
		if (row->modseq <= q->modseq ||
		    (q->known && !am_imap_set_has(q->known, row->uid)))
			continue;
		am_say_fetch(s, i + 1, row->uid);
		am_put_row(s, row, true, true);
		am_say(s, ")\r\n");
		am_say_turn(s);
	}
}

/* ---- SELECT ---- */

/* Keywords that are in use, for the list of flags. */
static void put_keywords(struct am_session *s)
{
	GHashTable *seen = g_hash_table_new(NULL, NULL);
	GHashTable *words = g_hash_table_new(g_str_hash, g_str_equal);

	for (size_t i = 0; i < s->snap->n; i++) {
		const char *const *set = s->snap->rows[i].keywords;
		if (!*set || !g_hash_table_add(seen, (void *)(uintptr_t)set))
			continue;
		for (; *set && g_hash_table_size(words) < 200; set++)
			if (g_hash_table_add(words, (void *)(uintptr_t)*set))
				am_say(s, " %s", *set);
	}
	g_hash_table_destroy(seen);
	g_hash_table_destroy(words);
}

static size_t first_unseen(const struct am_snap *snap)
{
	for (size_t i = 0; i < snap->n; i++)
		if (!(snap->rows[i].flags & AM_SEEN))
			return i + 1;
	return 0;
}

#define KEPT  "\\Answered \\Flagged \\Seen \\Draft $Forwarded $Junk"
#define FLAGS "\\Deleted " KEPT

static void tell_box(struct am_session *s)
{
	const struct am_snap *snap = s->snap;
	size_t unseen = first_unseen(snap);

	am_say(s, "* FLAGS (" FLAGS);
	put_keywords(s);
	am_say(s, ")\r\n* %zu EXISTS\r\n", snap->n);
	if (!s->rev2)
		am_say(s, "* 0 RECENT\r\n");
	if (unseen && !s->rev2 && !s->uidonly)
		am_say(s, "* OK [UNSEEN %zu] the first\r\n", unseen);
	if (s->read_only) {
		am_say(s, "* OK [PERMANENTFLAGS ()] none can be changed\r\n");
	} else {
		/* Nothing can be taken out of a virtual one. */
		am_say(s, "* OK [PERMANENTFLAGS (%s",
		       snap->box < 0 ? KEPT : FLAGS);
		put_keywords(s);
		am_say(s, " \\*)] all are kept\r\n");
	}
	if (s->rev2) {
		am_say(s, "* LIST () \"/\" ");
		am_put_name(s, s->out, s->box);
		am_say(s, "\r\n");
	}
	am_say(s,
	       "* OK [UIDVALIDITY %" PRIu32 "] for good\r\n"
	       "* OK [UIDNEXT %" PRIu32 "] the next\r\n",
	       snap->uidvalidity, snap->uidnext);
	if (snap->highest)
		am_say(s, "* OK [HIGHESTMODSEQ %" PRIu64 "] so far\r\n",
		       snap->highest);
	else
		am_say(s, "* OK [NOMODSEQ] it has none\r\n");
	am_say(s, "* OK [MAILBOXID (F%08" PRIx32 "-%" PRId64 ")] for good\r\n",
	       snap->uidvalidity, snap->box);
	am_say_turn(s);
}

static void select_box(struct am_session *s, am_args args, size_t n,
                       bool examine)
{
	struct resync q = {.wanted = false};
	const struct am_mailbox *box;
	struct am_mailboxes *boxes;
	struct am_vault *v;
	struct am_error err = {0};

	if (!n || n > 2 || (n == 2 && !read_params(s, &args[1], &q))) {
		am_bad(s, "a mailbox was expected");
		am_imap_set_free(&q.known);
		return;
	}
	char *name = am_arg_name(s, &args[0]);
	if (!name)
		goto out;
	if (s->stage == AM_STAGE_BOX) {
		am_say(s, "* OK [CLOSED] the other one\r\n");
		am_box_close(s);
	}
	if (!am_find_box(s, name, &v, &boxes, &box))
		goto out;
	/* Who sits in an INBOX must hear of the first mail in it. */
	if (!examine && !s->user_read_only && !am_vault_read_only(v))
		(void)!am_make_inbox(v, &boxes, &box, NULL);
	s->vault = v;
	s->watch.box = box->id;
	am_vault_watch(v, &s->watch);
	s->watching = true;
	if (am_vault_snap(v, box->id, &s->snap, &err)) {
		am_no_error(s, &err);
		am_box_close(s);
	} else {
		s->stage = AM_STAGE_BOX;
		s->box = g_strdup(box->name);
		s->read_only =
			examine || s->user_read_only || am_vault_read_only(v);
		if (q.wanted)
			am_enable_condstore(s);
		tell_box(s);
		if (q.wanted)
			tell_missed(s, &q);
		am_ok(s, "[READ-%s] here it is",
		      s->read_only ? "ONLY" : "WRITE");
	}
	am_boxes_unref(&boxes);
out:
	am_imap_set_free(&q.known);
	g_free(name);
}

AM_COMMAND(select)
{
	(void)uid;
	select_box(s, args, n, false);
}

AM_COMMAND(examine)
{
	(void)uid;
	select_box(s, args, n, true);
}

/* ---- leaving ---- */

static int expunge_deleted(void *user, struct am_archive_edit *edit,
                           struct am_error *err)
{
	const struct am_snap *snap = user;
	int r = AM_OK;

	for (size_t i = 0; i < snap->n && r >= 0; i++)
		if (snap->rows[i].flags & AM_DELETED)
			r = am_archive_edit_expunge(
				edit, snap->rows[i].placement, err);
	return r < 0 ? r : AM_OK;
}

AM_COMMAND(close)
{
	struct am_snap *now = NULL;
	struct am_error err = {0};
	bool any = false;

	(void)args;
	(void)n;
	(void)uid;
	if (!s->read_only && s->snap->box >= 0 &&
	    !am_vault_snap(s->vault, s->snap->box, &now, NULL)) {
		for (size_t i = 0; i < now->n && !any; i++)
			any = now->rows[i].flags & AM_DELETED;
		if (any &&
		    am_vault_edit(s->vault, expunge_deleted, now, &err)) {
			am_no_error(s, &err);
			am_snap_unref(&now);
			return;
		}
		am_snap_unref(&now);
	}
	am_box_close(s);
	am_ok(s, "closed");
}

AM_COMMAND(unselect)
{
	(void)args;
	(void)n;
	(void)uid;
	am_box_close(s);
	am_ok(s, "done");
}
