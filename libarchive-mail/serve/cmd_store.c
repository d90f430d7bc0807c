/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * STORE, EXPUNGE, COPY and MOVE: lists of placements, handed to the vault's
 * writer as one piece.
 */
#include "serve/commands.h"

#include "base/arena.h"
#include "base/blob.h"
#include "model/folder.h"
#include "serve/limit.h"
#include "serve/virtual.h"
#include "store/archive.h"
#include "store/archive_edit.h"

#include <string.h>

enum { KEYWORDS_MOST = 100 };

/* The rows of a set, as they are in the session's view. */
static GArray *rows_of(struct am_session *s, const struct am_imap_set *uids)
{
	GArray *rows = g_array_new(FALSE, FALSE, sizeof(struct am_row));

	for (size_t k = 0; k < am_imap_set_ranges(uids); k++) {
		uint32_t first, last;
		am_imap_set_range(uids, k, &first, &last);
		for (size_t i = am_snap_from(s->snap, first);
		     i < s->snap->n && s->snap->rows[i].uid <= last; i++)
			g_array_append_val(rows, s->snap->rows[i]);
	}
	return rows;
}

/* ---- STORE ---- */

struct storing {
	struct am_flags_change change;
	GArray *rows;
	struct am_imap_set *modified; /* UIDs that were left alone */
	const char **words;
};

/* In `flags`: bits and keywords. */
static bool read_flags(struct storing *st, const struct am_imap_value *v,
                       size_t n)
{
	const struct am_imap_value *items = v;
	size_t n_items = n;
	struct am_imap_flag flag;

	if (n == 1 && v->type == AM_IMAP_LIST) {
		items = v->items;
		n_items = v->n_items;
	}
	if (n_items > KEYWORDS_MOST)
		return false;
	st->words = g_new0(const char *, n_items + 1);
	st->change.keywords = st->words;
	for (size_t i = 0; i < n_items; i++) {
		if (!am_arg_flag(&items[i], &flag))
			return false;
		st->change.flags |= flag.bit;
		if (flag.keyword)
			st->words[st->change.n_keywords++] = flag.keyword;
	}
	return true;
}

/* "+FLAGS.SILENT" */
static bool read_how(struct am_session *s, struct storing *st,
                     const struct am_imap_value *v)
{
	const char *word = am_imap_text(v);

	if (!word || v->type != AM_IMAP_ATOM)
		return false;
	st->change.how = AM_FLAGS_SET;
	if (*word == '+' || *word == '-')
		st->change.how = *word++ == '+' ? AM_FLAGS_ADD : AM_FLAGS_TAKE;
	s->own_silent = !g_ascii_strcasecmp(word, "FLAGS.SILENT");
	return s->own_silent || !g_ascii_strcasecmp(word, "FLAGS");
}

static int do_store(void *user, struct am_archive_edit *edit,
                    struct am_error *err)
{
	struct storing *st = user;

	for (guint i = 0; i < st->rows->len; i++) {
		const struct am_row *row =
			&g_array_index(st->rows, struct am_row, i);
		int r = am_archive_edit_flags(edit, row->placement, &st->change,
		                              err);
		if (r < 0)
			return r;
		if (r == AM_END && st->change.guarded)
			am_imap_set_add(st->modified, row->uid, row->uid);
	}
	return AM_OK;
}

/* (UNCHANGEDSINCE n) */
static bool read_guard(struct am_session *s, struct storing *st,
                       const struct am_imap_value *v)
{
	if (v->n_items != 2 || !am_imap_is(&v->items[0], "UNCHANGEDSINCE") ||
	    !s->snap->highest ||
	    !am_imap_number(&v->items[1], &st->change.not_beyond))
		return false;
	st->change.guarded = true;
	am_enable_condstore(s);
	return true;
}

/* Those left alone, in the numbers they were asked for by. */
static void say_modified(struct am_session *s, struct storing *st, bool uid)
{
	struct am_imap_set *named = am_imap_set_new();
	GString *text = g_string_new("");

	for (size_t i = 0; i < s->snap->n; i++) {
		uint32_t u = s->snap->rows[i].uid;
		if (am_imap_set_has(st->modified, u))
			am_imap_set_add(named, uid ? u : (uint32_t)i + 1,
			                uid ? u : (uint32_t)i + 1);
	}
	am_put_set(text, named);
	am_ok(s, "[MODIFIED %s] some had changed before", text->str);
	g_string_free(text, TRUE);
	am_imap_set_free(&named);
}

static void owe(struct am_session *s, const GArray *uids,
                const struct am_imap_set *modified)
{
	s->own = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	for (guint i = 0; i < uids->len; i++) {
		uint32_t u = g_array_index(uids, uint32_t, i);
		if (!am_imap_set_has(modified, u))
			g_array_append_val(s->own, u);
	}
}

static GArray *uids_of(const GArray *rows)
{
	GArray *uids = g_array_new(FALSE, FALSE, sizeof(uint32_t));

	for (guint i = 0; i < rows->len; i++)
		g_array_append_val(uids,
		                   g_array_index(rows, struct am_row, i).uid);
	return uids;
}

AM_COMMAND(store)
{
	struct storing st = {.change = {.shown = am_imap_keyword_ok}};
	struct am_error err = {0};
	size_t at = 1;

	if (n >= 2 && args[1].type == AM_IMAP_LIST) {
		if (!read_guard(s, &st, &args[1])) {
			am_bad(s, "UNCHANGEDSINCE and a number were expected");
			return;
		}
		at = 2;
	}
	if (n < at + 2 || !read_how(s, &st, &args[at]) ||
	    !read_flags(&st, &args[at + 1], n - at - 1)) {
		am_bad(s, "STORE takes messages, FLAGS and a list of them");
		s->own_silent = false;
		g_free(st.words);
		return;
	}
	struct am_imap_set *uids =
		am_may_change(s) ? am_arg_uids(s, &args[0], uid) : NULL;
	if (!uids) {
		g_free(st.words);
		return;
	}
	st.rows = rows_of(s, uids);
	uint32_t lowest = am_limit_cut(s, st.rows);
	st.modified = am_imap_set_new();
	GArray *named = uids_of(st.rows);
	if (s->snap->box < 0 && (st.change.flags & AM_DELETED)) {
		am_no(s, "[CANNOT] it is deleted where it lies, not here");
	} else if ((s->snap->box < 0 &&
	            am_virtual_spread(s->vault, st.rows, &err)) ||
	           (st.rows->len &&
	            am_vault_edit(s->vault, do_store, &st, &err))) {
		am_no_error(s, &err);
	} else {
		owe(s, named, st.modified);
		if (am_imap_set_ranges(st.modified))
			say_modified(s, &st, uid);
		else
			am_ok(s, "done");
		am_limit_tell(s, lowest);
	}
	am_imap_set_free(&uids);
	am_imap_set_free(&st.modified);
	g_array_free(named, TRUE);
	g_array_free(st.rows, TRUE);
	g_free(st.words);
}

/* ---- EXPUNGE ---- */

static int do_expunge(void *user, struct am_archive_edit *edit,
                      struct am_error *err)
{
	const GArray *rows = user;
	int r = AM_OK;

	for (guint i = 0; i < rows->len && r >= 0; i++)
		r = am_archive_edit_expunge(
			edit, g_array_index(rows, struct am_row, i).placement,
			err);
	return r < 0 ? r : AM_OK;
}

AM_COMMAND(expunge)
{
	struct am_imap_set *uids = NULL;
	struct am_snap *now = NULL;
	struct am_error err = {0};

	if (n != (uid ? 1 : 0)) {
		am_bad(s, uid ? "UID EXPUNGE takes messages"
		              : "EXPUNGE takes nothing");
		return;
	}
	if (!am_may_take(s))
		return;
	if (uid) {
		uids = am_arg_uids(s, &args[0], true);
		if (!uids)
			return;
	}
	/* \Deleted as it is now, not as it was last told. */
	if (am_vault_snap(s->vault, s->snap->box, &now, &err)) {
		am_no_error(s, &err);
		am_imap_set_free(&uids);
		return;
	}
	GArray *rows = g_array_new(FALSE, FALSE, sizeof(struct am_row));
	for (size_t i = 0; i < now->n; i++)
		if ((now->rows[i].flags & AM_DELETED) &&
		    (!uids || am_imap_set_has(uids, now->rows[i].uid)))
			g_array_append_val(rows, now->rows[i]);
	uint32_t lowest = uid ? am_limit_cut(s, rows) : 0;
	if (rows->len && am_vault_edit(s->vault, do_expunge, rows, &err)) {
		am_no_error(s, &err);
	} else if (s->condstore) {
		am_snap_unref(&now);
		if (!am_vault_snap(s->vault, s->snap->box, &now, NULL))
			am_ok(s, "[HIGHESTMODSEQ %" PRIu64 "] done",
			      now->highest);
	} else {
		am_ok(s, "done");
	}
	am_limit_tell(s, lowest);
	g_array_free(rows, TRUE);
	am_snap_unref(&now);
	am_imap_set_free(&uids);
}

/* ---- COPY and MOVE ---- */

struct copying {
	GArray *rows;
	int64_t folder;
	bool move;
	struct am_imap_set *from, *to; /* UIDs */
	GArray *uids;                  /* uint32_t, in order */
};

static int do_copy(void *user, struct am_archive_edit *edit,
                   struct am_error *err)
{
	struct copying *c = user;

	for (guint i = 0; i < c->rows->len; i++) {
		const struct am_row *row =
			&g_array_index(c->rows, struct am_row, i);
		uint32_t uid;
		int r = c->move ? am_archive_edit_move(edit, row->placement,
		                                       c->folder, &uid, err)
		                : am_archive_edit_copy(edit, row->placement,
		                                       c->folder, &uid, err);
		if (r < 0)
			return r;
		if (r == AM_END)
			continue; /* it went meanwhile */
		am_imap_set_add(c->from, row->uid, row->uid);
		am_imap_set_add(c->to, uid, uid);
	}
	return AM_OK;
}

/* Into another archive it goes as a message of its own. */
struct carrying {
	GPtrArray *messages; /* struct am_message */
	GPtrArray *splits;
	struct am_imap_set *to;
};

static int do_carry(void *user, struct am_archive_edit *edit,
                    struct am_error *err)
{
	struct carrying *c = user;

	for (guint i = 0; i < c->messages->len; i++) {
		uint32_t uid;
		int r = am_archive_edit_add(edit, c->messages->pdata[i],
		                            c->splits->pdata[i], &uid, err);
		if (r)
			return r;
		am_imap_set_add(c->to, uid, uid);
	}
	return AM_OK;
}

static void free_message(void *data)
{
	struct am_message *msg = data;

	am_message_free(&msg);
}

static void free_split(void *data)
{
	struct am_split *split = data;

	am_archive_edit_unprepare(&split);
}

static int make_carried(struct am_session *s, const struct am_row *row,
                        const struct am_folder *folder, struct carrying *c,
                        struct am_error *err)
{
	struct am_message *msg = NULL;
	struct am_archive *archive;
	struct am_split *split;

	int r = am_message_new(&msg, folder, err);
	if (!r)
		r = am_vault_lend(s->vault, &archive, err);
	if (r) {
		am_message_free(&msg);
		return r;
	}
	r = am_archive_load(archive, row->message, &msg->raw, err);
	am_vault_give_back(s->vault, &archive);
	msg->flags = row->flags;
	for (const char *const *k = row->keywords; *k; k++)
		am_message_add_keyword(msg, *k);
	if (row->dated) {
		msg->received =
			(struct am_when){row->received, row->zone, true};
		am_message_add_date(msg, "imap", &msg->received);
		msg->received_from = "imap";
	}
	msg->origin = "";
	if (!r)
		r = am_archive_edit_prepare(&split, msg, s->house->ctx, err);
	if (r) {
		am_message_free(&msg);
		return r;
	}
	g_ptr_array_add(c->messages, msg);
	g_ptr_array_add(c->splits, split);
	return AM_OK;
}

/* One by one, so that only one is in memory at a time. */
static int carry(struct am_session *s, struct am_vault *to,
                 const struct am_folder *folder, struct copying *c,
                 struct am_error *err)
{
	int r = AM_OK;

	for (guint i = 0; i < c->rows->len && !r; i++) {
		const struct am_row *row =
			&g_array_index(c->rows, struct am_row, i);
		struct carrying one = {
			.messages =
				g_ptr_array_new_with_free_func(free_message),
			.splits = g_ptr_array_new_with_free_func(free_split),
			.to = c->to};
		r = make_carried(s, row, folder, &one, err);
		if (!r)
			r = am_vault_edit(to, do_carry, &one, err);
		if (!r)
			am_imap_set_add(c->from, row->uid, row->uid);
		g_ptr_array_free(one.messages, TRUE);
		g_ptr_array_free(one.splits, TRUE);
	}
	if (!r && c->move)
		r = am_vault_edit(s->vault, do_expunge, c->rows, err);
	return r;
}

static void say_copied(struct am_session *s, const struct am_mailbox *box,
                       struct copying *c)
{
	GString *code = g_string_new("");

	if (am_imap_set_ranges(c->from)) {
		g_string_append_printf(code, "[COPYUID %" PRIu32 " ",
		                       box->uidvalidity);
		am_put_set(code, c->from);
		g_string_append_c(code, ' ');
		am_put_set(code, c->to);
		g_string_append(code, "]");
	}
	if (c->move) {
		if (code->len)
			am_say(s, "* OK %s moved\r\n", code->str);
		am_ok(s, "done");
	} else {
		am_ok(s, "%s%sdone", code->str, code->len ? " " : "");
	}
	g_string_free(code, TRUE);
}

static void copy_to(struct am_session *s, const struct am_imap_set *uids,
                    const char *name, bool move)
{
	struct copying c = {.move = move};
	const struct am_mailbox *box;
	struct am_mailboxes *boxes;
	struct am_vault *v;
	struct am_error err = {0};
	uint32_t lowest = 0;
	int r = AM_OK;

	if (!am_find_box(s, name, &v, &boxes, &box)) {
		am_no(s, "[TRYCREATE] no such mailbox");
		return;
	}
	if (!am_is_real(s, box) || !am_may_write(s, v)) {
		am_boxes_unref(&boxes);
		return;
	}
	if (am_make_inbox(v, &boxes, &box, &err)) {
		am_no_error(s, &err);
		am_boxes_unref(&boxes);
		return;
	}
	c.rows = rows_of(s, uids);
	if (move)
		lowest = am_limit_cut(s, c.rows);
	c.folder = box->id;
	c.from = am_imap_set_new();
	c.to = am_imap_set_new();
	bool refused = am_limit_refuses(s, c.rows->len);
	if (c.rows->len && !refused)
		r = v == s->vault ? am_vault_edit(v, do_copy, &c, &err)
		                  : carry(s, v, box->folder, &c, &err);
	if (r)
		am_no_error(s, &err);
	else if (!refused)
		say_copied(s, box, &c);
	am_limit_tell(s, lowest);
	am_imap_set_free(&c.from);
	am_imap_set_free(&c.to);
	g_array_free(c.rows, TRUE);
	am_boxes_unref(&boxes);
}

static void copy_or_move(struct am_session *s, am_args args, size_t n, bool uid,
                         bool move)
{
	if (n != 2) {
		am_bad(s, "messages and a mailbox were expected");
		return;
	}
	if (move && !am_may_take(s))
		return;
	char *name = am_arg_name(s, &args[1]);
	struct am_imap_set *uids = name ? am_arg_uids(s, &args[0], uid) : NULL;
	if (uids)
		copy_to(s, uids, name, move);
	am_imap_set_free(&uids);
	g_free(name);
}

AM_COMMAND(copy)
{
	copy_or_move(s, args, n, uid, false);
}

AM_COMMAND(move)
{
	copy_or_move(s, args, n, uid, true);
}
