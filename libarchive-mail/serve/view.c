/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A session's view of its mailbox: the snapshot it was told of last.  What it
 * has to be told is the difference to the newest one.
 *
 * Where numbers must not change (FETCH, STORE, SEARCH: RFC 9051 §7.5.1) and
 * something is gone, all of it waits for the next command; only what a STORE
 * owes is told at once.
 */
#include "serve/session_impl.h"

#include "model/message.h"

#include <string.h>

void am_put_flags(GString *out, const struct am_row *row)
{
	const char *words = am_imap_flag_word(row->flags);

	g_string_append_c(out, '(');
	g_string_append(out, words);
	for (const char *const *k = row->keywords; *k; k++) {
		if (out->str[out->len - 1] != '(')
			g_string_append_c(out, ' ');
		g_string_append(out, *k);
	}
	g_string_append_c(out, ')');
}

void am_enable_condstore(struct am_session *s)
{
	if (s->condstore)
		return;
	s->condstore = true;
	if (s->snap && s->snap->highest)
		am_say(s, "* OK [HIGHESTMODSEQ %" PRIu64 "] from now on\r\n",
		       s->snap->highest);
}

/* ---- what a row has to say ---- */

void am_say_fetch(struct am_session *s, size_t number, uint32_t uid)
{
	g_string_append(s->out, "* ");
	am_put_number(s->out, s->uidonly ? uid : number);
	g_string_append(s->out, s->uidonly ? " UIDFETCH (" : " FETCH (");
}

void am_put_row(struct am_session *s, const struct am_row *row, bool flags,
                bool modseq)
{
	if (!s->uidonly)
		am_say(s, "UID %" PRIu32 " ", row->uid);
	if (flags) {
		g_string_append(s->out, "FLAGS ");
		am_put_flags(s->out, row);
	}
	if (modseq)
		am_say(s, "%sMODSEQ (%" PRIu64 ")", flags ? " " : "",
		       row->modseq);
}

static void tell_row(struct am_session *s, size_t number,
                     const struct am_row *row, bool flags)
{
	bool modseq = s->condstore && s->snap->highest;

	if (!flags && !modseq)
		return;
	am_say_fetch(s, number, row->uid);
	am_put_row(s, row, flags, modseq);
	g_string_append(s->out, ")\r\n");
	am_say_turn(s);
}

static int compare_uids(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static bool owes(const struct am_session *s, uint32_t uid)
{
	return s->own && s->own->len &&
	       bsearch(&uid, s->own->data, s->own->len, sizeof uid,
	               compare_uids);
}

/* What the command owes alone, as the newest snapshot has it. */
static void tell_own(struct am_session *s, const struct am_snap *now)
{
	for (size_t i = 0; i < s->snap->n && s->own; i++) {
		uint32_t uid = s->snap->rows[i].uid;
		const struct am_row *row =
			owes(s, uid) ? am_snap_row(now, uid) : NULL;
		if (row)
			tell_row(s, i + 1, row, !s->own_silent);
	}
}

/* ---- the difference ---- */

static void tell_gone(struct am_session *s, const struct am_snap *old,
                      const struct am_snap *now)
{
	struct am_imap_set *gone = am_imap_set_new();
	size_t told = 0;

	for (size_t i = 0, k = 0; i < old->n; i++) {
		while (k < now->n && now->rows[k].uid < old->rows[i].uid)
			k++;
		if (k < now->n && now->rows[k].uid == old->rows[i].uid)
			continue;
		if (s->qresync || s->uidonly)
			am_imap_set_add(gone, old->rows[i].uid,
			                old->rows[i].uid);
		else
			am_say(s, "* %zu EXPUNGE\r\n", i + 1 - told);
		told++;
		am_say_turn(s);
	}
	if (am_imap_set_ranges(gone)) {
		g_string_append(s->out, "* VANISHED ");
		am_put_set(s->out, gone);
		g_string_append(s->out, "\r\n");
	}
	am_imap_set_free(&gone);
}

static size_t count_gone(const struct am_snap *old, const struct am_snap *now)
{
	size_t n = 0;

	for (size_t i = 0, k = 0; i < old->n; i++) {
		while (k < now->n && now->rows[k].uid < old->rows[i].uid)
			k++;
		n += k >= now->n || now->rows[k].uid != old->rows[i].uid;
	}
	return n;
}

static void tell_rows(struct am_session *s, const struct am_snap *old,
                      const struct am_snap *now)
{
	for (size_t i = 0, k = 0; k < now->n; k++) {
		const struct am_row *row = &now->rows[k];
		while (i < old->n && old->rows[i].uid < row->uid)
			i++;
		bool known = i < old->n && old->rows[i].uid == row->uid;
		if (!known)
			continue; /* new ones are fetched anyway */
		if (owes(s, row->uid))
			tell_row(s, k + 1, row, !s->own_silent);
		else if (old->rows[i].modseq != row->modseq)
			tell_row(s, k + 1, row, true);
	}
}

static void drop_own(struct am_session *s)
{
	if (s->own)
		g_array_free(s->own, TRUE);
	s->own = NULL;
	s->own_silent = false;
}

void am_view_sync(struct am_session *s, bool numbers_stay)
{
	struct am_snap *now = NULL;

	if (!s->snap)
		return;
	if (am_vault_snap(s->vault, s->snap->box, &now, NULL))
		now = am_snap_ref(s->snap);
	if (s->own)
		g_array_sort(s->own, compare_uids);
	if (now->version == s->snap->version) {
		tell_own(s, now);
	} else {
		size_t gone = count_gone(s->snap, now);
		if (gone && numbers_stay) {
			tell_own(s, now);
		} else {
			if (gone)
				tell_gone(s, s->snap, now);
			if (now->n != s->snap->n - gone)
				am_say(s, "* %zu EXISTS\r\n", now->n);
			tell_rows(s, s->snap, now);
			am_snap_unref(&s->snap);
			s->snap = am_snap_ref(now);
		}
	}
	drop_own(s);
	am_snap_unref(&now);
}
