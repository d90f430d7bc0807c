/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Asking which mailboxes there are.  LIST-EXTENDED is offered by servers on
 * which it does not work (Strato: nothing; Proton and others: BAD), so what it
 * does not give is asked for in the old way.
 */
#include "formats/imap/mailboxes.h"

#include <string.h>

static int take(struct am_imap_command *cmd, const struct am_imap_line *line,
                struct am_error *err)
{
	(void)err;
	return am_imap_listing_line(cmd->user, line);
}

static const char *status_items(const struct am_imap_session *s)
{
	return am_imap_session_has(s, "CONDSTORE") ||
	                       am_imap_session_has(s, "QRESYNC")
	               ? "(MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ)"
	               : "(MESSAGES UIDNEXT UIDVALIDITY)";
}

static int list_extended(struct am_imap_listing *l, bool numbers,
                         struct am_error *err)
{
	struct am_imap_session *s = l->session;
	struct am_imap_command cmd = {.untagged = take, .user = l};
	struct am_imap_out *out = am_imap_session_out(s);

	am_imap_put(out, "LIST \"\" \"*\" RETURN (SUBSCRIBED CHILDREN%s",
	            am_imap_session_has(s, "SPECIAL-USE") ? " SPECIAL-USE"
	                                                  : "");
	if (numbers && am_imap_session_has(s, "LIST-STATUS"))
		am_imap_put(out, " STATUS %s", status_items(s));
	am_imap_put(out, ")");
	int r = am_imap_session_run(s, &cmd, "LIST", err);
	l->subscriptions = !r;
	return r;
}

static int list_plain(struct am_imap_listing *l, struct am_error *err)
{
	struct am_imap_session *s = l->session;
	struct am_imap_command list = {.untagged = take, .user = l};
	struct am_imap_command lsub = {.untagged = take, .user = l};

	am_imap_put(am_imap_session_out(s), "LIST \"\" \"*\"");
	int r = am_imap_session_send(s, &list, err);
	am_imap_put(am_imap_session_out(s), "LSUB \"\" \"*\"");
	if (!r)
		r = am_imap_session_send(s, &lsub, err);
	else
		am_imap_out_clear(am_imap_session_out(s));
	if (!r)
		r = am_imap_session_wait(s, &list, "LIST", err);
	if (!r) {
		r = am_imap_session_wait(s, &lsub, "LSUB", err);
		l->subscriptions = !r;
		return r == AM_FAILED ? AM_OK : r;
	}
	if (r == AM_FAILED) {
		struct am_error ignored;
		int again = am_imap_session_wait(s, &lsub, "LSUB", &ignored);
		if (again && again != AM_FAILED)
			r = again;
	}
	return r;
}

static void listing_clear(struct am_imap_listing *l)
{
	if (l->by_name)
		g_hash_table_destroy(l->by_name);
	if (l->boxes)
		g_ptr_array_unref(l->boxes);
	if (l->roles)
		g_ptr_array_unref(l->roles);
	g_free(l->prefix);
	*l = (struct am_imap_listing){.session = l->session};
}

static void listing_new(struct am_imap_listing *l, struct am_imap_session *s)
{
	*l = (struct am_imap_listing){
		.session = s,
		.boxes = g_ptr_array_new_with_free_func(am_imap_box_free),
		.roles = g_ptr_array_new(),
		.by_name = g_hash_table_new(g_str_hash, g_str_equal)};
}

struct own {
	char **prefix, *separator;
};

/* "* NAMESPACE (("INBOX." ".")) NIL NIL": the first personal one. */
static int take_namespace(struct am_imap_command *cmd,
                          const struct am_imap_line *line, struct am_error *err)
{
	const struct own *to = cmd->user;

	(void)err;
	if (line->n_values < 2 || !am_imap_is(&line->values[0], "NAMESPACE"))
		return AM_END;
	const struct am_imap_value *own = &line->values[1];
	if (own->type != AM_IMAP_LIST || !own->n_items ||
	    own->items[0].type != AM_IMAP_LIST || own->items[0].n_items < 2)
		return AM_OK;
	const char *prefix = am_imap_text(&own->items[0].items[0]);
	const char *separator = am_imap_text(&own->items[0].items[1]);
	if (prefix) {
		g_free(*to->prefix);
		*to->prefix = g_strdup(prefix);
	}
	if (separator && *separator)
		*to->separator = *separator;
	return AM_OK;
}

int am_imap_mailboxes_prefix(struct am_imap_session *s, char **prefix,
                             char *separator, struct am_error *err)
{
	struct own to = {prefix, separator};
	struct am_imap_command cmd = {.untagged = take_namespace, .user = &to};

	if (!am_imap_session_has(s, "NAMESPACE") ||
	    am_imap_account_fears_namespace(am_imap_session_account(s), false))
		return AM_OK;
	am_imap_put(am_imap_session_out(s), "NAMESPACE");
	int r = am_imap_session_run(s, &cmd, "NAMESPACE", err);
	if (r == AM_RETRY)
		(void)am_imap_account_fears_namespace(
			am_imap_session_account(s), true);
	return r == AM_FAILED ? AM_OK : r;
}

/* Only where there are such names is it worth asking. */
static bool some_below_inbox(const struct am_imap_listing *l)
{
	for (guint i = 0; i < l->boxes->len; i++) {
		const struct am_imap_box *box = l->boxes->pdata[i];
		if (box->separator &&
		    !g_ascii_strncasecmp(box->name, "INBOX", 5) &&
		    box->name[5] == box->separator)
			return true;
	}
	return false;
}

int am_imap_mailboxes_list(struct am_imap_session *s, bool numbers,
                           GPtrArray **out, struct am_error *err)
{
	struct am_imap_listing l;
	int r = AM_FAILED;

	*out = NULL;
	listing_new(&l, s);
	if (am_imap_session_has(s, "LIST-EXTENDED") ||
	    am_imap_session_has(s, "IMAP4REV2")) {
		r = list_extended(&l, numbers, err);
		if (r == AM_FAILED || (!r && !l.boxes->len)) {
			am_imap_session_distrust(s, "LIST-EXTENDED");
			am_imap_session_distrust(s, "LIST-STATUS");
			listing_clear(&l);
			listing_new(&l, s);
			r = AM_FAILED;
		}
	}
	if (r == AM_FAILED)
		r = list_plain(&l, err);
	if (!r && some_below_inbox(&l)) {
		char separator = 0;
		r = am_imap_mailboxes_prefix(s, &l.prefix, &separator, err);
	}
	if (!r)
		r = am_imap_listing_name(&l, err);
	if (!r)
		*out = g_steal_pointer(&l.boxes);
	listing_clear(&l);
	return r;
}

/* So many under way at once: two ends do not write at each other for ever. */
enum { STATUS_AT_ONCE = 200 };

static int status_send(struct am_imap_session *s, struct am_imap_command *cmd,
                       const struct am_imap_box *box, struct am_error *err)
{
	struct am_imap_out *out = am_imap_session_out(s);

	am_imap_put(out, "STATUS ");
	int r = am_imap_put_string(out, box->name, strlen(box->name), err);
	am_imap_put(out, " %s", status_items(s));
	if (!r)
		return am_imap_session_send(s, cmd, err);
	am_imap_out_clear(out);
	return r;
}

int am_imap_mailboxes_status(struct am_imap_session *s, const GPtrArray *boxes,
                             struct am_error *err)
{
	struct am_imap_command *cmds =
		g_new0(struct am_imap_command, STATUS_AT_ONCE);
	struct am_imap_listing l;
	guint sent = 0, ended = 0;
	int r = AM_OK;

	listing_new(&l, s);
	for (guint i = 0; i < boxes->len; i++) {
		struct am_imap_box *box = boxes->pdata[i];
		bool inbox = !g_ascii_strcasecmp(box->name, "INBOX");
		g_hash_table_insert(
			l.by_name, inbox ? (gpointer) "INBOX" : box->name, box);
	}
	while (!r && ended < boxes->len) {
		if (sent < boxes->len && sent - ended < STATUS_AT_ONCE) {
			struct am_imap_box *box = boxes->pdata[sent];
			struct am_imap_command *cmd =
				&cmds[sent++ % STATUS_AT_ONCE];
			*cmd = (struct am_imap_command){.untagged = take,
			                                .user = &l};
			cmd->reply.end = AM_IMAP_END_OK;
			if (!box->told && box->selectable)
				r = status_send(s, cmd, box, err);
			continue;
		}
		/* One that is refused is found out when it is opened. */
		r = am_imap_session_wait(s, &cmds[ended++ % STATUS_AT_ONCE],
		                         "STATUS", err);
		if (r == AM_FAILED)
			r = AM_OK;
	}
	/* A session that broke off points at none of them any more. */
	listing_clear(&l);
	g_free(cmds);
	return r;
}
