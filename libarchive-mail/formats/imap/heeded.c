/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/imap/heeded.h"

#include "formats/imap/fetch_line.h"

#include <string.h>

enum {
	FIRST = 20,        /* so many are read back */
	DUE = 200,         /* so many wait at most, where flags are forgotten */
	WAIT_MOST = 10000, /* and before that is known */
	SET_TEXT = 6000,
	TRIES_MOST = 3,
	SYSTEM = AM_SEEN | AM_ANSWERED | AM_FLAGGED | AM_DELETED | AM_DRAFT
};

struct one {
	struct am_imap_target *target;
	uint32_t uidvalidity, uid;
	uint32_t flags, has; /* enum am_flag: given, and read back */
	int64_t date, got;
	bool dated, answered, got_date;
};

struct am_imap_heeded {
	struct am_imap_account *account;
	struct am_imap_link *link;
	GArray *all;  /* struct one, oldest first */
	bool known;   /* the first were read back, */
	bool forgets; /* and flags of theirs were not there */
	unsigned lost;
	uint64_t refused; /* whose flags could not be set */
	uint64_t beyond;  /* that were too many to wait */
};

struct am_imap_heeded *am_imap_heeded_new(struct am_imap_account *account,
                                          struct am_imap_link *link)
{
	struct am_imap_heeded *h = g_new0(struct am_imap_heeded, 1);

	h->account = account;
	h->link = link;
	h->all = g_array_new(FALSE, FALSE, sizeof(struct one));
	return h;
}

void am_imap_heeded_free(struct am_imap_heeded **heeded)
{
	struct am_imap_heeded *h = *heeded;

	*heeded = NULL;
	if (!h)
		return;
	g_array_unref(h->all);
	g_free(h);
}

/* Those of the system's that went with it: the mailbox holds them. */
static uint32_t flags_given(const struct am_imap_item *it)
{
	uint32_t flags = 0;
	unsigned lost;

	if (!(it->meta->flags & SYSTEM))
		return 0;
	char *text = am_imap_target_flags(it->target, it->meta, false, it->bare,
	                                  &lost);
	for (uint32_t bit = 1; bit <= SYSTEM; bit <<= 1)
		if (it->meta->flags & bit & SYSTEM &&
		    strstr(text, am_imap_flag_word(bit)))
			flags |= bit;
	g_free(text);
	return flags;
}

void am_imap_heeded_add(struct am_imap_heeded *h, const struct am_imap_item *it,
                        uint32_t uid)
{
	if (!uid || (h->known && !h->forgets))
		return;
	struct one one = {
		.target = it->target,
		.uidvalidity = it->target->uidvalidity,
		.uid = uid,
		.flags = flags_given(it),
		.date = it->meta->received.sec,
		.dated = it->meta->received.known && !it->undated,
	};
	if (h->all->len >= WAIT_MOST)
		h->beyond += one.flags != 0;
	else if (one.flags || (one.dated && !h->known))
		g_array_append_val(h->all, one);
}

static struct one *at(struct am_imap_heeded *h, guint i)
{
	return &g_array_index(h->all, struct one, i);
}

/* ---- reading back ---- */

static int take(struct am_imap_command *cmd, const struct am_imap_line *line,
                struct am_error *err)
{
	struct am_imap_heeded *h = cmd->user;
	struct am_imap_fetch f;
	struct am_imap_flag flag;
	struct am_when when;

	(void)err;
	if (!am_imap_fetch_read(&f, line) || !f.uid)
		return AM_END;
	const struct am_imap_value *flags = am_imap_fetch_item(&f, "FLAGS");
	const struct am_imap_value *v = am_imap_fetch_item(&f, "INTERNALDATE");
	const char *date = v ? am_imap_text(v) : NULL;
	for (guint i = 0; i < h->all->len && i < FIRST; i++) {
		struct one *o = at(h, i);
		if (o->uid != f.uid || o->target != at(h, 0)->target)
			continue;
		for (size_t k = 0;
		     flags && flags->type == AM_IMAP_LIST && k < flags->n_items;
		     k++)
			if (am_imap_flag_read(&flags->items[k], &flag))
				o->has |= flag.bit;
		o->answered |= flags && flags->type == AM_IMAP_LIST;
		if (date && am_imap_date_parse(date, v->len, &when)) {
			o->got = when.sec;
			o->got_date = true;
		}
		return AM_OK;
	}
	return AM_END;
}

static int open_target(struct am_imap_heeded *h, const struct one *o,
                       struct am_imap_session **out, struct am_error *err)
{
	int r = am_imap_link_session(h->link, out, err);

	if (!r)
		r = am_imap_session_select(*out, o->target->name, true, err);
	if (!r && am_imap_session_mailbox(*out)->uidvalidity != o->uidvalidity)
		r = am_fail(err, AM_FAILED, AM_E_PROTOCOL, "numbered anew");
	return r;
}

static void tell_date(struct am_imap_heeded *h, const struct one *o)
{
	struct am_when sent = {.sec = o->date, .known = true};
	struct am_when got = {.sec = o->got, .known = true};
	char a[AM_TIME_ROOM], b[AM_TIME_ROOM];

	am_time_iso(&sent, a);
	am_time_iso(&got, b);
	am_ctx_note(h->account->ctx, AM_NOTE_LOSS, "imap.dates",
	            o->target->folder, NULL,
	            "%.80s does not keep the date a message was received: of "
	            "%s it made %s",
	            h->account->host, a, b);
}

/* The first of the first mailbox. */
static int read_back(struct am_imap_heeded *h, struct am_error *err)
{
	struct am_imap_command cmd = {.untagged = take, .user = h};
	struct am_imap_set *uids = am_imap_set_new();
	struct am_imap_session *s;
	char text[FIRST * 12];
	size_t next = 0;
	bool date_told = false;

	int r = open_target(h, at(h, 0), &s, err);
	for (guint i = 0; i < h->all->len && i < FIRST; i++)
		if (at(h, i)->target == at(h, 0)->target)
			am_imap_set_add(uids, at(h, i)->uid, at(h, i)->uid);
	if (!r)
		r = am_imap_set_print(uids, &next, text, sizeof text);
	am_imap_set_free(&uids);
	if (r)
		return r;
	am_imap_put(am_imap_session_out(s),
	            "UID FETCH %s (UID FLAGS INTERNALDATE)", text);
	r = am_imap_session_run(s, &cmd, "FETCH", err);
	for (guint i = 0; !r && i < h->all->len && i < FIRST; i++) {
		struct one *o = at(h, i);
		h->forgets |= o->answered && (o->flags & ~o->has);
		if (o->dated && o->got_date && o->date != o->got && !date_told)
			tell_date(h, o);
		date_told |= o->dated && o->got_date && o->date != o->got;
	}
	if (!r && h->forgets)
		am_ctx_note(h->account->ctx, AM_NOTE_INFO, "imap.flags-again",
		            NULL, NULL,
		            "%.80s forgets the flags a message comes with: "
		            "they are set once more",
		            h->account->host);
	return r;
}

/* ---- setting ---- */

/* All that lack the same as the first, in its mailbox; they are done then. */
static int store(struct am_imap_heeded *h, struct am_error *err)
{
	struct am_imap_set *uids = am_imap_set_new();
	const struct one first = *at(h, 0);
	uint32_t lacks = first.flags & ~first.has;
	struct am_imap_session *s;
	char text[SET_TEXT];
	size_t next = 0;
	int r = lacks ? open_target(h, &first, &s, err) : AM_OK;

	if (r && r != AM_FAILED) {
		am_imap_set_free(&uids);
		return r;
	}
	guint kept = 0;
	for (guint i = 0; i < h->all->len; i++) {
		const struct one *o = at(h, i);
		if (o->target == first.target &&
		    o->uidvalidity == first.uidvalidity &&
		    (o->flags & ~o->has) == lacks)
			am_imap_set_add(uids, o->uid, o->uid);
		else
			*at(h, kept++) = *o;
	}
	g_array_set_size(h->all, kept);
	while (!r && lacks &&
	       !am_imap_set_print(uids, &next, text, sizeof text)) {
		struct am_imap_out *out = am_imap_session_out(s);
		const char *gap = "";
		am_imap_put(out, "UID STORE %s +FLAGS.SILENT (", text);
		for (uint32_t bit = 1; bit <= SYSTEM; bit <<= 1)
			if (lacks & bit) {
				am_imap_put(out, "%s%s", gap,
				            am_imap_flag_word(bit));
				gap = " ";
			}
		am_imap_put(out, ")");
		struct am_imap_command cmd = {0};
		r = am_imap_session_run(s, &cmd, "STORE", err);
	}
	if (r)
		h->refused += am_imap_set_count(uids);
	am_imap_set_free(&uids);
	return r;
}

/* ---- the door ---- */

static int judge(struct am_imap_heeded *h, int r, struct am_error *err)
{
	if (r == AM_OK || r == AM_FAILED)
		return AM_OK;
	if (r == AM_RETRY && ++h->lost >= TRIES_MOST) {
		h->known = true;
		h->refused += h->forgets ? h->all->len : 0;
		g_array_set_size(h->all, 0);
	}
	r = am_imap_link_judge(h->link, r, NULL, err);
	return r == AM_RETRY ? AM_OK : r;
}

static void tell_refused(struct am_imap_heeded *h)
{
	h->refused += h->forgets ? h->beyond : 0;
	h->beyond = 0;
	if (!h->refused)
		return;
	am_ctx_note(h->account->ctx, AM_NOTE_LOSS, "imap.flags", NULL, NULL,
	            "%.80s forgot the flags of messages, and %" PRIu64
	            " of them could not be set afterwards",
	            h->account->host, h->refused);
	h->refused = 0;
}

int am_imap_heeded_settle(struct am_imap_heeded *h, bool all,
                          struct am_error *err)
{
	int r = AM_OK;

	while (!r && !h->known && h->all->len &&
	       (all || h->all->len >= FIRST)) {
		r = read_back(h, err);
		h->known = r == AM_OK || r == AM_FAILED;
		r = judge(h, r, err);
	}
	if (!r && h->known && !h->forgets)
		g_array_set_size(h->all, 0);
	while (!r && h->forgets && h->all->len && (all || h->all->len >= DUE))
		r = judge(h, store(h, err), err);
	if (!r && all)
		tell_refused(h);
	return r;
}
