/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/imap/look.h"

#include "formats/imap/fetch_line.h"
#include "formats/imap/fingerprint.h"
#include "formats/imap/limit.h"

#include <glib.h>

#include <string.h>

enum {
	PIECE = 500,
	SET_TEXT = 900,
	ROOM = 100000,
	LOSSES_MOST = 3,  /* of the connection, with one message first */
	REFUSALS_MOST = 5 /* of single messages in a row */
};

#define HEADER_ITEMS                                \
	"(UID RFC822.SIZE BODY.PEEK[HEADER.FIELDS " \
	"(" AM_IMAP_FINGERPRINT_FIELDS ")])"
#define BLIND_ITEMS "(UID RFC822.SIZE INTERNALDATE)"

enum stage {
	RANGE,  /* all from `from` on in one go */
	LIST,   /* which there are */
	PIECES, /* those of them that lack */
	BLIND,  /* size and date of those that will not come */
	OVER
};

struct am_imap_look {
	struct am_imap_present *found;
	struct am_imap_alike *alike;      /* or NULL */
	struct am_imap_other_ids *others; /* or NULL */
	struct am_imap_set *ask;          /* RANGE, LIST: what is to be asked */
	struct am_imap_set *seen;         /* answered */
	struct am_imap_set *left;         /* PIECES: there, and not answered */
	struct am_imap_set *blind;        /* not to be had */
	struct am_imap_set *piece;        /* being asked for */
	struct am_imap_limit limit;
	enum stage stage;
	uint32_t from, highest, suspect;
	uint64_t n_blind, told;
	unsigned losses, refusals;
	uint64_t n_seen, n_listed, most; /* so many there can be at all */
	bool wait;                       /* it was refused for a while only */
	uint64_t width;
};

struct am_imap_look *am_imap_look_new(uint32_t from,
                                      struct am_imap_alike *alike,
                                      struct am_imap_other_ids *others)
{
	struct am_imap_look *l = g_new0(struct am_imap_look, 1);

	l->from = MAX(from, 1);
	l->alike = alike;
	l->others = others;
	l->found = am_imap_present_new();
	l->ask = am_imap_set_new();
	l->seen = am_imap_set_new();
	l->left = am_imap_set_new();
	l->blind = am_imap_set_new();
	l->piece = am_imap_set_new();
	l->width = PIECE;
	am_imap_set_add(l->ask, l->from, UINT32_MAX);
	return l;
}

void am_imap_look_free(struct am_imap_look **look)
{
	struct am_imap_look *l = *look;

	*look = NULL;
	if (!l)
		return;
	am_imap_present_free(&l->found);
	am_imap_set_free(&l->ask);
	am_imap_set_free(&l->seen);
	am_imap_set_free(&l->left);
	am_imap_set_free(&l->blind);
	am_imap_set_free(&l->piece);
	g_free(l);
}

const struct am_imap_present *am_imap_look_found(const struct am_imap_look *l)
{
	return l->found;
}

uint32_t am_imap_look_next(const struct am_imap_look *l)
{
	return MAX(l->from, l->highest + (l->highest < UINT32_MAX));
}

uint64_t am_imap_look_blind(const struct am_imap_look *l)
{
	return l->n_blind;
}

bool am_imap_look_progressed(struct am_imap_look *l)
{
	uint64_t now = am_imap_set_count(l->seen) + l->n_blind +
	               am_imap_set_count(l->blind);
	bool more = now > l->told;

	l->told = now;
	return more;
}

/* ---- answers ---- */

static uint64_t size_of(const struct am_imap_fetch *f)
{
	const struct am_imap_value *v = am_imap_fetch_item(f, "RFC822.SIZE");
	uint64_t size = 0;

	return v && am_imap_number(v, &size) ? size : 0;
}

/* One that counts: "n:*" gives the last one even when it is older, and others
 * are told twice. */
static bool counts(struct am_imap_look *l, const struct am_imap_fetch *f)
{
	if (f->uid < l->from || am_imap_set_has(l->seen, f->uid) ||
	    l->n_seen >= l->most)
		return false;
	l->n_seen++;
	am_imap_set_add(l->seen, f->uid, f->uid);
	am_imap_set_remove(l->left, f->uid, f->uid);
	l->highest = MAX(l->highest, f->uid);
	return true;
}

static int take_header(struct am_imap_command *cmd,
                       const struct am_imap_line *line, struct am_error *err)
{
	struct am_imap_look *l = cmd->user;
	struct am_imap_fetch f;

	(void)err;
	if (!am_imap_fetch_read(&f, line) || !f.uid)
		return AM_END;
	const struct am_imap_value *v = am_imap_fetch_header(&f);
	/* Flags changed by somebody: not an answer to us. */
	if (!v)
		return AM_END;
	am_imap_limit_see(&l->limit, f.uid);
	if (!counts(l, &f))
		return AM_END;
	/* NIL: it has none. */
	const char *text = am_imap_text(v);
	bool weak;
	uint64_t fingerprint =
		am_imap_fingerprint(text ? text : "", text ? (size_t)v->len : 0,
	                            size_of(&f), &weak);
	am_imap_present_add(l->found, fingerprint, f.uid);
	if (weak && l->alike)
		am_imap_alike_add(l->alike, f.uid, size_of(&f), fingerprint);
	uint64_t nameless =
		text && l->others
			? am_imap_fingerprint_nameless(text, (size_t)v->len)
			: 0;
	if (nameless)
		am_imap_other_ids_add(l->others, f.uid, size_of(&f),
		                      fingerprint, nameless);
	return AM_OK;
}

static int take_uid(struct am_imap_command *cmd,
                    const struct am_imap_line *line, struct am_error *err)
{
	struct am_imap_look *l = cmd->user;
	struct am_imap_fetch f;

	(void)err;
	if (!am_imap_fetch_read(&f, line) || !f.uid)
		return AM_END;
	am_imap_limit_see(&l->limit, f.uid);
	if (f.uid < l->from || am_imap_set_has(l->seen, f.uid))
		return AM_OK;
	if (am_imap_set_has(l->left, f.uid) || l->n_listed >= l->most)
		return AM_END;
	l->n_listed++;
	am_imap_set_add(l->left, f.uid, f.uid);
	return AM_OK;
}

static int take_blind(struct am_imap_command *cmd,
                      const struct am_imap_line *line, struct am_error *err)
{
	struct am_imap_look *l = cmd->user;
	const struct am_imap_value *v;
	struct am_when when = {0};
	struct am_imap_fetch f;

	(void)err;
	if (!am_imap_fetch_read(&f, line) || !am_imap_set_has(l->blind, f.uid))
		return AM_END;
	am_imap_limit_see(&l->limit, f.uid);
	v = am_imap_fetch_item(&f, "INTERNALDATE");
	const char *text = v ? am_imap_text(v) : NULL;
	if (!text || !am_imap_date_parse(text, (size_t)v->len, &when) ||
	    !when.known)
		return AM_OK;
	am_imap_set_remove(l->blind, f.uid, f.uid);
	l->n_blind++;
	am_imap_present_add(l->found,
	                    am_imap_fingerprint_blind(size_of(&f), when.sec),
	                    f.uid);
	return AM_OK;
}

/* ---- questions ---- */

/* The first of the set, as far as they fit a line. */
static int ask(struct am_imap_session *s, const struct am_imap_set *set,
               const char *items, struct am_imap_command *cmd,
               struct am_error *err)
{
	char text[SET_TEXT + 64];
	uint32_t first, last;
	size_t next = 0;

	am_imap_set_range(set, 0, &first, &last);
	am_imap_out_clear(am_imap_session_out(s));
	if (last == UINT32_MAX)
		am_imap_put(am_imap_session_out(s),
		            "UID FETCH %" PRIu32 ":* %s", first, items);
	else if (am_imap_set_print(set, &next, text, sizeof text))
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT, "nothing to ask");
	else
		am_imap_put(am_imap_session_out(s), "UID FETCH %s %s", text,
		            items);
	return am_imap_session_run(s, cmd, "looking what is there", err);
}

/* All that `ask` covers, however many answers that takes.  AM_END: a server
 * that limits them, and where it stopped nobody knows. */
static int
ask_all(struct am_imap_look *l, struct am_imap_session *s, const char *items,
        int (*take)(struct am_imap_command *cmd,
                    const struct am_imap_line *line, struct am_error *err),
        struct am_error *err)
{
	for (;;) {
		struct am_imap_command cmd = {.untagged = take, .user = l};
		l->limit = (struct am_imap_limit){0};
		int r = ask(s, l->ask, items, &cmd, err);
		l->wait = cmd.reply.trouble == AM_IMAP_WAIT;
		if (r && r != AM_FAILED)
			return r;
		switch (am_imap_limit_rest(&l->limit, &cmd.reply, l->ask)) {
		case AM_IMAP_LIMIT_NONE:
			return r;
		case AM_IMAP_LIMIT_DONE:
			return AM_OK;
		case AM_IMAP_LIMIT_STUCK:
			return AM_END;
		case AM_IMAP_LIMIT_REST:
			break;
		}
	}
}

/* Everything in one go; whatever comes of it, what came counts. */
static int look_at_range(struct am_imap_look *l, struct am_imap_session *s,
                         uint64_t known, struct am_error *err)
{
	uint64_t exists = am_imap_session_mailbox(s)->exists;
	int r = ask_all(l, s, HEADER_ITEMS, take_header, err);

	if (r == AM_FATAL || (r == AM_FAILED && l->wait))
		return r;
	l->stage = !r && known + am_imap_set_count(l->seen) >= exists ? OVER
	                                                              : LIST;
	am_imap_set_remove(l->ask, 1, UINT32_MAX);
	am_imap_set_add(l->ask, l->from, UINT32_MAX);
	return r == AM_RETRY ? r : AM_OK;
}

static int look_for_all(struct am_imap_look *l, struct am_imap_session *s,
                        struct am_error *err)
{
	int r = ask_all(l, s, "(UID)", take_uid, err);

	if (r == AM_END)
		r = am_fail(err, AM_FAILED, AM_E_PROTOCOL,
		            "the server does not say which messages there are");
	if (r)
		return r;
	/* What went meanwhile is not missed. */
	am_imap_set_remove_all(l->left, l->seen);
	uint32_t limit = am_imap_session_limit(s);
	l->width = limit ? MIN(limit, PIECE) : PIECE;
	l->stage = PIECES;
	return AM_OK;
}

/* The first `width` of what is left. */
static void cut_piece(struct am_imap_look *l)
{
	uint64_t room = l->width;
	size_t text = 0;

	am_imap_set_remove(l->piece, 1, UINT32_MAX);
	for (size_t i = 0;
	     room && text + 24 < SET_TEXT && i < am_imap_set_ranges(l->left);
	     i++) {
		uint32_t first, last;
		am_imap_set_range(l->left, i, &first, &last);
		if ((uint64_t)last - first >= room)
			last = (uint32_t)(first + room - 1);
		room -= (uint64_t)last - first + 1;
		text += 22;
		am_imap_set_add(l->piece, first, last);
	}
}

/* This one will not come. */
static void give_up(struct am_imap_look *l, uint32_t uid)
{
	am_imap_set_remove(l->left, uid, uid);
	am_imap_set_add(l->blind, uid, uid);
	l->highest = MAX(l->highest, uid);
	l->width = PIECE;
}

/* The connection went: the first one that was not answered is the suspect, and
 * asked for alone if that happens again. */
static void after_loss(struct am_imap_look *l)
{
	uint32_t first, last;

	if (!am_imap_set_ranges(l->left))
		return;
	am_imap_set_range(l->left, 0, &first, &last);
	l->losses = first == l->suspect ? l->losses + 1 : 1;
	l->suspect = first;
	if (l->losses >= LOSSES_MOST)
		give_up(l, first);
	else
		l->width = l->losses > 1 ? 1 : PIECE;
}

/* AM_FAILED: it was refused once too often. */
static int after_answer(struct am_imap_look *l, int status, bool limited,
                        uint64_t before)
{
	uint64_t asked = am_imap_set_count(l->piece);
	uint64_t came = before - am_imap_set_count(l->left);
	uint32_t first, last;

	if (came) {
		l->refusals = 0;
		/* Of fewer the server may say more, but one by one is dear. */
		if (came < asked)
			l->width = MAX(asked / 2, 1);
		else if (!status)
			l->width = MIN(l->width * 2, PIECE);
		return AM_OK;
	}
	if (asked > 1 && (status || limited)) {
		l->width = MAX(asked / 4, 1);
		return AM_OK;
	}
	/* Left out, all of them, or refused alone. */
	for (size_t i = 0; i < am_imap_set_ranges(l->piece); i++) {
		am_imap_set_range(l->piece, i, &first, &last);
		for (uint64_t uid = first; uid <= last; uid++)
			give_up(l, (uint32_t)uid);
	}
	return status && ++l->refusals >= REFUSALS_MOST &&
	                       !am_imap_set_ranges(l->seen)
	               ? AM_FAILED
	               : AM_OK;
}

static int look_at_pieces(struct am_imap_look *l, struct am_imap_session *s,
                          struct am_error *err)
{
	uint64_t limit = am_imap_session_limit(s);
	int r = AM_OK;

	while (am_imap_set_ranges(l->left)) {
		struct am_imap_command cmd = {.untagged = take_header,
		                              .user = l};
		uint64_t before = am_imap_set_count(l->left);
		if (limit)
			l->width = MIN(l->width, limit);
		cut_piece(l);
		r = ask(s, l->piece, HEADER_ITEMS, &cmd, err);
		if (r == AM_RETRY)
			after_loss(l);
		if (r && r != AM_FAILED)
			return r;
		if (r && cmd.reply.trouble == AM_IMAP_WAIT)
			return r;
		if (after_answer(l, r, cmd.reply.limited, before))
			return r;
	}
	l->stage = BLIND;
	return AM_OK;
}

/* Nothing more can be had of them; a server that fails here too is not asked
 * again. */
static int look_at_blind(struct am_imap_look *l, struct am_imap_session *s,
                         struct am_error *err)
{
	struct am_imap_command cmd = {.untagged = take_blind, .user = l};
	int r = AM_OK;

	l->stage = OVER;
	if (!am_imap_set_ranges(l->blind))
		return AM_OK;
	r = ask(s, l->blind, BLIND_ITEMS, &cmd, err);
	l->n_blind += am_imap_set_count(l->blind);
	return r == AM_FAILED ? AM_OK : r;
}

int am_imap_look_on(struct am_imap_look *l, struct am_imap_session *s,
                    uint64_t known, struct am_error *err)
{
	const struct am_imap_mailbox *box = am_imap_session_mailbox(s);
	/* And what comes meanwhile. */
	l->most = box->exists + ROOM;
	bool none = !box->exists || (box->uidnext && box->uidnext <= l->from);
	int r = AM_OK;

	if (l->stage == RANGE && none)
		l->stage = OVER;
	while (!r && l->stage != OVER) {
		switch (l->stage) {
		case RANGE:
			r = look_at_range(l, s, known, err);
			break;
		case LIST:
			r = look_for_all(l, s, err);
			break;
		case PIECES:
			r = look_at_pieces(l, s, err);
			break;
		case BLIND:
			r = look_at_blind(l, s, err);
			break;
		case OVER:
			break;
		}
	}
	if (r)
		return r;
	/* A server that shows nothing at all is not sent to blindly. */
	if (l->n_blind && !am_imap_set_ranges(l->seen) &&
	    am_imap_present_is_empty(l->found))
		return am_fail(err, AM_FAILED, AM_E_PROTOCOL,
		               "the server shows nothing of what is there");
	l->highest = MAX(l->highest, box->uidnext ? box->uidnext - 1 : 0);
	return AM_OK;
}

int am_imap_look_uids(struct am_imap_session *s, struct am_imap_set *uids,
                      struct am_error *err)
{
	struct am_imap_look *l = am_imap_look_new(1, NULL, NULL);
	int r = AM_OK;

	l->most = am_imap_session_mailbox(s)->exists + ROOM;
	if (am_imap_session_mailbox(s)->exists)
		r = look_for_all(l, s, err);
	if (!r)
		am_imap_set_add_all(uids, l->left);
	am_imap_look_free(&l);
	return r;
}
