/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * APPEND, also of several messages at once (RFC 3502): all of them or none.
 * Their bytes were streamed to blobs while the line was read.
 */
#include "serve/commands.h"

#include "base/blob.h"
#include "model/folder.h"
#include "store/archive_edit.h"

#include <string.h>

enum { KEYWORD_MOST = 200 };

struct appending {
	GPtrArray *messages; /* struct am_message */
	GPtrArray *splits;
	struct am_imap_set *uids;
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
		if (v->items[i].type != AM_IMAP_ATOM ||
		    !am_imap_flag_read(&v->items[i], &flag) ||
		    (flag.keyword && (*flag.keyword == '\\' ||
		                      strlen(flag.keyword) > KEYWORD_MOST)))
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

/* The mailbox may only now have come to be: what it is called is looked up. */
static void say_appended(struct am_session *s, const char *name,
                         const struct appending *a)
{
	const struct am_mailbox *box;
	struct am_mailboxes *boxes;
	struct am_vault *v;
	GString *set = g_string_new("");

	am_put_set(set, a->uids);
	if (am_find_box(s, name, &v, &boxes, &box)) {
		am_ok(s, "[APPENDUID %" PRIu32 " %s] it is in the archive",
		      box->uidvalidity, set->str);
		am_boxes_unref(&boxes);
	} else {
		am_ok(s, "it is in the archive");
	}
	g_string_free(set, TRUE);
}

static void append(struct am_session *s, am_args args, size_t n,
                   const char *name, const struct am_mailbox *box,
                   struct am_vault *v)
{
	struct appending a = {
		.messages = g_ptr_array_new_with_free_func(free_message),
		.splits = g_ptr_array_new_with_free_func(free_split),
		.uids = am_imap_set_new()};
	struct am_error err = {0};
	size_t at = 1;
	bool good = true;
	int r = AM_OK;

	while (good && at < n)
		good = read_one(s, args, n, &at, box->folder, &a);
	if (!good || !a.messages->len) {
		am_bad(s, "APPEND takes a mailbox, flags, a date and a message "
		          "as a literal");
	} else {
		for (guint i = 0; i < a.messages->len; i++)
			if (!((struct am_message *)a.messages->pdata[i])->size)
				r = am_fail(&err, AM_FAILED, AM_E_ARGUMENT,
				            "an empty message");
		if (!r)
			r = prepare(s, &a, &err);
		if (!r)
			r = am_vault_edit(v, do_append, &a, &err);
		if (r)
			am_no_error(s, &err);
		else
			say_appended(s, name, &a);
	}
	g_ptr_array_free(a.messages, TRUE);
	g_ptr_array_free(a.splits, TRUE);
	am_imap_set_free(&a.uids);
}

AM_COMMAND(append)
{
	const struct am_mailbox *box;
	struct am_mailboxes *boxes;
	struct am_vault *v;

	(void)uid;
	if (n < 2) {
		am_bad(s, "APPEND takes a mailbox and a message");
		return;
	}
	char *name = am_arg_name(s, &args[0]);
	if (!name)
		return;
	if (!am_find_box(s, name, &v, &boxes, &box)) {
		am_no(s, "[TRYCREATE] no such mailbox");
	} else {
		if (am_is_real(s, box) && am_may_write(s, v))
			append(s, args, n, name, box, v);
		am_boxes_unref(&boxes);
	}
	g_free(name);
}
