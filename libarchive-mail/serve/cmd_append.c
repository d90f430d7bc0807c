/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * APPEND, also of several messages at once (RFC 3502): all of them or none; and
 * REPLACE (RFC 8508), one message, whose predecessor goes in the same commit.
 * Their bytes were streamed to blobs while the line was read.
 */
#include "serve/commands.h"
#include "serve/limit.h"

#include "base/blob.h"
#include "model/folder.h"
#include "store/archive_edit.h"

#include <string.h>

struct appending {
	GPtrArray *messages; /* struct am_message */
	GPtrArray *splits;
	struct am_imap_set *uids;
	const struct am_row *replaced; /* NULL: nothing */
};

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

static bool read_flags(struct am_message *msg, const struct am_imap_value *v)
{
	struct am_imap_flag flag;

	for (size_t i = 0; i < v->n_items; i++) {
		if (!am_arg_flag(&v->items[i], &flag))
			return false;
		msg->flags |= flag.bit;
		if (flag.keyword)
			am_message_add_keyword(msg, flag.keyword);
	}
	return true;
}

/* A literal, or UTF8 (literal) of RFC 6855.  The blob of that number. */
static const struct am_imap_value *body_of(am_args args, size_t n, size_t *at)
{
	if (*at < n && args[*at].type == AM_IMAP_STREAMED)
		return &args[(*at)++];
	if (*at + 1 < n && am_imap_is(&args[*at], "UTF8") &&
	    args[*at + 1].type == AM_IMAP_LIST && args[*at + 1].n_items == 1 &&
	    args[*at + 1].items[0].type == AM_IMAP_STREAMED) {
		*at += 2;
		return &args[*at - 1].items[0];
	}
	return NULL;
}

/* [(flags)] [date] literal; false: that is none. */
static bool read_one(struct am_session *s, am_args args, size_t n, size_t *at,
                     const struct am_folder *folder, struct appending *a)
{
	struct am_message *msg;
	struct am_when when = {.sec = am_time_now(), .known = true};

	if (am_message_new(&msg, folder, NULL))
		return false;
	g_ptr_array_add(a->messages, msg);
	if (*at < n && args[*at].type == AM_IMAP_LIST)
		if (!read_flags(msg, &args[(*at)++]))
			return false;
	if (*at < n && args[*at].type == AM_IMAP_STRING) {
		if (!am_imap_date_parse(args[*at].text, (size_t)args[*at].len,
		                        &when))
			return false;
		(*at)++;
	}
	const struct am_imap_value *body = body_of(args, n, at);
	guint i = a->messages->len - 1;
	if (!body || i >= s->bodies->len)
		return false;
	msg->raw = am_blob_ref(s->bodies->pdata[i]);
	msg->size = am_blob_size(msg->raw);
	msg->received = when;
	am_message_add_date(msg, "imap", &when);
	msg->received_from = "imap";
	msg->origin = "";
	return true;
}

static int prepare(struct am_session *s, struct appending *a,
                   struct am_error *err)
{
	int r = AM_OK;

	for (guint i = 0; i < a->messages->len && !r; i++) {
		struct am_split *split;
		r = am_archive_edit_prepare(&split, a->messages->pdata[i],
		                            s->house->ctx, err);
		if (!r)
			g_ptr_array_add(a->splits, split);
	}
	return r;
}

/* AM_E_NOTFOUND: somebody else took it away, so nothing is put in its place. */
static int do_expunge(void *user, struct am_archive_edit *edit,
                      struct am_error *err)
{
	const struct appending *a = user;
	int r = am_archive_edit_expunge(edit, a->replaced->placement, err);

	return r == AM_END ? am_fail(err, AM_FAILED, AM_E_ARGUMENT,
	                             "that message is gone")
	                   : r;
}

static int do_append(void *user, struct am_archive_edit *edit,
                     struct am_error *err)
{
	struct appending *a = user;
	int r = AM_OK;

	for (guint i = 0; i < a->messages->len && !r; i++) {
		uint32_t uid;
		r = am_archive_edit_add(edit, a->messages->pdata[i],
		                        a->splits->pdata[i], &uid, err);
		if (!r)
			am_imap_set_add(a->uids, uid, uid);
	}
	return r;
}

/* In one archive it is one change: what cannot be done whole is taken back,
 * with all of this turn. */
static int do_replace(void *user, struct am_archive_edit *edit,
                      struct am_error *err)
{
	int r = do_expunge(user, edit, err);

	if (r)
		return r;
	return do_append(user, edit, err) ? AM_FATAL : AM_OK;
}

static int apply(struct am_session *s, struct am_vault *v, struct appending *a,
                 struct am_error *err)
{
	if (!a->replaced)
		return am_vault_edit(v, do_append, a, err);
	if (v == s->vault)
		return am_vault_edit(v, do_replace, a, err);
	int r = am_vault_edit(v, do_append, a, err);
	return r ? r : am_vault_edit(s->vault, do_expunge, a, err);
}

/* The mailbox may only now have come to be: what it is called is looked up. */
static void say_appended(struct am_session *s, const char *name,
                         const struct appending *a)
{
	static const char done[] = "it is in the archive";
	const struct am_mailbox *box;
	struct am_mailboxes *boxes;
	struct am_vault *v;
	GString *set = g_string_new("");

	am_put_set(set, a->uids);
	bool there = am_find_box(s, name, &v, &boxes, &box);
	uint32_t uidvalidity = there ? box->uidvalidity : 0;
	if (there)
		am_boxes_unref(&boxes);
	/* RFC 8508 §3.3: before the EXPUNGE, so not in the tagged line. */
	if (there && a->replaced)
		am_say(s, "* OK [APPENDUID %" PRIu32 " %s] %s\r\n", uidvalidity,
		       set->str, done);
	if (there && !a->replaced)
		am_ok(s, "[APPENDUID %" PRIu32 " %s] %s", uidvalidity, set->str,
		      done);
	else
		am_ok(s, "%s", done);
	g_string_free(set, TRUE);
}

static void append(struct am_session *s, am_args args, size_t n,
                   const char *name, const struct am_mailbox *box,
                   struct am_vault *v, const struct am_row *replaced)
{
	struct appending a = {
		.messages = g_ptr_array_new_with_free_func(free_message),
		.splits = g_ptr_array_new_with_free_func(free_split),
		.uids = am_imap_set_new(),
		.replaced = replaced};
	struct am_error err = {0};
	size_t at = 0;
	bool good = true;
	int r = AM_OK;

	while (good && at < n)
		good = read_one(s, args, n, &at, box->folder, &a);
	if (!good || !a.messages->len || (replaced && a.messages->len != 1)) {
		am_bad(s, "a mailbox, flags, a date and a message as a literal "
		          "were expected");
	} else if (!am_limit_refuses(s, a.messages->len)) {
		for (guint i = 0; i < a.messages->len; i++)
			if (!((struct am_message *)a.messages->pdata[i])->size)
				r = am_fail(&err, AM_FAILED, AM_E_ARGUMENT,
				            "an empty message");
		if (!r)
			r = prepare(s, &a, &err);
		if (!r)
			r = apply(s, v, &a, &err);
		if (r)
			am_no_error(s, &err);
		else
			say_appended(s, name, &a);
	}
	g_ptr_array_free(a.messages, TRUE);
	g_ptr_array_free(a.splits, TRUE);
	am_imap_set_free(&a.uids);
}

/* args: from the mailbox on. */
static void append_to(struct am_session *s, am_args args, size_t n,
                      const struct am_row *replaced)
{
	const struct am_mailbox *box;
	struct am_mailboxes *boxes;
	struct am_vault *v;

	char *name = am_arg_name(s, &args[0]);
	if (!name)
		return;
	if (!am_find_box(s, name, &v, &boxes, &box)) {
		am_no(s, "[TRYCREATE] no such mailbox");
	} else {
		if (am_is_real(s, box) && am_may_write(s, v))
			append(s, args + 1, n - 1, name, box, v, replaced);
		am_boxes_unref(&boxes);
	}
	g_free(name);
}

AM_COMMAND(append)
{
	(void)uid;
	if (n < 2)
		am_bad(s, "APPEND takes a mailbox and a message");
	else
		append_to(s, args, n, NULL);
}

AM_COMMAND(replace)
{
	uint32_t first = 0, last = 0;

	if (n < 3) {
		am_bad(s, "REPLACE takes a message, a mailbox and a message");
		return;
	}
	struct am_imap_set *uids = am_arg_uids(s, &args[0], uid);
	if (!uids)
		return;
	if (am_imap_set_ranges(uids) == 1)
		am_imap_set_range(uids, 0, &first, &last);
	const struct am_row *row = am_snap_row(s->snap, first);
	if (am_imap_set_ranges(uids) > 1 || first != last)
		am_bad(s, "one message was expected");
	else if (!row)
		am_no(s, "there is no such message");
	else if (am_may_take(s))
		append_to(s, args + 1, n - 1, row);
	am_imap_set_free(&uids);
}
