/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of commands, what the server says it can, and the small ones.
 */
#include "serve/commands.h"

#include "serve/text.h"
#include "wire/conn.h"

#include <string.h>

/* ---- what we can ---- */

static bool may_login_plainly(const struct am_session *s)
{
	return am_conn_is_tls(s->conn) || s->opts.loopback ||
	       s->house->insecure_login;
}

void am_put_capabilities(struct am_session *s)
{
	GString *out = s->out;

	g_string_append(
		out,
		"CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ID ENABLE "
		"NAMESPACE CHILDREN UNSELECT UIDPLUS");
	if (s->stage == AM_STAGE_NEW) {
		if (s->house->tls && !am_conn_is_tls(s->conn))
			g_string_append(out, " STARTTLS");
		if (may_login_plainly(s))
			g_string_append(out, " AUTH=PLAIN AUTH=LOGIN");
		else
			g_string_append(out, " LOGINDISABLED");
		if (am_conn_is_tls(s->conn))
			g_string_append(out, " AUTH=SCRAM-SHA-256-PLUS");
		g_string_append(out, " AUTH=SCRAM-SHA-256");
		return;
	}
	g_string_append(
		out, " IDLE MOVE MULTIAPPEND SPECIAL-USE "
		     "CREATE-SPECIAL-USE LIST-EXTENDED LIST-STATUS "
		     "STATUS=SIZE CONDSTORE QRESYNC BINARY "
		     "UTF8=ACCEPT OBJECTID ESEARCH SEARCHRES WITHIN PARTIAL "
		     "SORT SORT=DISPLAY ESORT THREAD=REFERENCES "
		     "THREAD=ORDEREDSUBJECT PREVIEW REPLACE UIDONLY SAVEDATE "
		     "ACL RIGHTS=kxte LIST-MYRIGHTS INPROGRESS NOTIFY");
	am_say(s, " APPENDLIMIT=%" PRIu64, am_append_limit(s));
	if (s->house->message_limit)
		am_say(s, " MESSAGELIMIT=%" PRIu32, s->house->message_limit);
	if (s->house->rank)
		g_string_append(out, " SEARCH=FUZZY");
	if (!s->compressed)
		g_string_append(out, " COMPRESS=DEFLATE");
}

void am_say_greeting(struct am_session *s)
{
	g_string_append(s->out, "* OK [");
	am_put_capabilities(s);
	am_say(s, "] %s is ready\r\n", s->house->name);
}

static AM_COMMAND(capability)
{
	(void)args;
	(void)n;
	(void)uid;
	g_string_append(s->out, "* ");
	am_put_capabilities(s);
	g_string_append(s->out, "\r\n");
	am_ok(s, "that is all");
}

/* ---- the small ones ---- */

static AM_COMMAND(noop)
{
	(void)args;
	(void)n;
	(void)uid;
	am_ok(s, "done");
}

static AM_COMMAND(logout)
{
	(void)args;
	(void)n;
	(void)uid;
	am_box_close(s);
	s->stage = s->stage == AM_STAGE_BOX ? AM_STAGE_IN : s->stage;
	am_say(s, "* BYE until next time\r\n");
	am_ok(s, "logged out");
	s->over = true;
}

/* NIL, or up to 30 pairs of a name and a value (RFC 2971 §3.3). */
static bool is_id(const struct am_imap_value *v)
{
	if (v->type != AM_IMAP_LIST)
		return v->type == AM_IMAP_NIL;
	for (size_t i = 0; i < v->n_items; i++) {
		const struct am_imap_value *item = &v->items[i];
		bool may_be_nil = i % 2;
		if (item->type != AM_IMAP_STRING &&
		    item->type != AM_IMAP_LITERAL &&
		    !(may_be_nil && item->type == AM_IMAP_NIL))
			return false;
	}
	return v->n_items % 2 == 0 && v->n_items <= 60;
}

static AM_COMMAND(id)
{
	(void)uid;
	if (n != 1 || !is_id(&args[0])) {
		am_bad(s, "ID takes NIL or a list of names and values");
		return;
	}
	am_say(s,
	       "* ID (\"name\" \"%s\" \"version\" \"%s\" \"support-url\" "
	       "NIL)\r\n",
	       s->house->name, s->house->version);
	am_ok(s, "pleased to meet you");
}

static AM_COMMAND(enable)
{
	bool good = n > 0;

	(void)uid;
	for (size_t i = 0; i < n; i++)
		good &= args[i].type == AM_IMAP_ATOM;
	if (!good) {
		am_bad(s, "ENABLE takes names of extensions");
		return;
	}
	GString *on = g_string_new("");
	for (size_t i = 0; i < n; i++) {
		if (am_imap_is(&args[i], "CONDSTORE")) {
			am_enable_condstore(s);
			g_string_append(on, " CONDSTORE");
		} else if (am_imap_is(&args[i], "QRESYNC")) {
			am_enable_condstore(s);
			s->qresync = true;
			g_string_append(on, " QRESYNC");
		} else if (am_imap_is(&args[i], "IMAP4rev2")) {
			s->rev2 = true;
			g_string_append(on, " IMAP4rev2");
		} else if (am_imap_is(&args[i], "UIDONLY")) {
			s->uidonly = true;
			g_string_append(on, " UIDONLY");
		} else if (am_imap_is(&args[i], "UTF8=ACCEPT")) {
			s->utf8 = true;
			g_string_append(on, " UTF8=ACCEPT");
		}
	}
	am_say(s, "* ENABLED%s\r\n", on->str);
	am_ok(s, "so be it");
	g_string_free(on, TRUE);
}

static AM_COMMAND(namespace)
{
	(void)args;
	(void)n;
	(void)uid;
	am_say(s, "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n");
	am_ok(s, "done");
}

static AM_COMMAND(check)
{
	(void)args;
	(void)n;
	(void)uid;
	am_ok(s, "all is on disk");
}

static AM_COMMAND(idle)
{
	(void)args;
	(void)n;
	(void)uid;
	s->idle_tag = g_strdup(s->tag);
	am_say(s, "+ idling\r\n");
	am_view_sync(s, false);
	am_say_turn(s);
	s->answered = true;
}

/* ---- the table ---- */

enum {
	NEW = AM_STAGE_NEW,
	IN = AM_STAGE_IN | AM_STAGE_BOX,
	BOX = AM_STAGE_BOX,
	ANY = AM_STAGE_ANY,
	BY_NUMBER = AM_TAKES_UID | AM_NUMBERS
};

static const struct am_command commands[] = {
	{"APPEND", IN, am_cmd_append, 0},
	{"AUTHENTICATE", NEW, am_cmd_authenticate, 0},
	{"CAPABILITY", ANY, am_cmd_capability, AM_ALONE},
	{"CHECK", BOX, am_cmd_check, AM_ALONE},
	{"CLOSE", BOX, am_cmd_close, AM_ALONE},
	{"COMPRESS", IN, am_cmd_compress, 0},
	{"COPY", BOX, am_cmd_copy, BY_NUMBER},
	{"CREATE", IN, am_cmd_create, 0},
	{"DELETE", IN, am_cmd_delete, 0},
	{"DELETEACL", IN, am_cmd_deleteacl, 0},
	{"ENABLE", IN, am_cmd_enable, 0},
	{"EXAMINE", IN, am_cmd_examine, 0},
	{"EXPUNGE", BOX, am_cmd_expunge, AM_TAKES_UID},
	{"FETCH", BOX, am_cmd_fetch, BY_NUMBER | AM_KEEPS_NUMBERS},
	{"GETACL", IN, am_cmd_getacl, 0},
	{"ID", ANY, am_cmd_id, 0},
	{"IDLE", IN, am_cmd_idle, AM_ALONE},
	{"LIST", IN, am_cmd_list, 0},
	{"LISTRIGHTS", IN, am_cmd_listrights, 0},
	{"LOGIN", NEW, am_cmd_login, 0},
	{"LOGOUT", ANY, am_cmd_logout, AM_ALONE},
	{"LSUB", IN, am_cmd_lsub, 0},
	{"MOVE", BOX, am_cmd_move, BY_NUMBER},
	{"MYRIGHTS", IN, am_cmd_myrights, 0},
	{"NAMESPACE", IN, am_cmd_namespace, AM_ALONE},
	{"NOOP", ANY, am_cmd_noop, AM_ALONE},
	{"NOTIFY", IN, am_cmd_notify, 0},
	{"RENAME", IN, am_cmd_rename, 0},
	{"REPLACE", BOX, am_cmd_replace, BY_NUMBER},
	{"SEARCH", BOX, am_cmd_search, BY_NUMBER | AM_KEEPS_NUMBERS},
	{"SELECT", IN, am_cmd_select, 0},
	{"SETACL", IN, am_cmd_setacl, 0},
	{"SORT", BOX, am_cmd_sort, BY_NUMBER | AM_KEEPS_NUMBERS},
	{"STARTTLS", NEW, am_cmd_starttls, AM_ALONE},
	{"STATUS", IN, am_cmd_status, 0},
	{"STORE", BOX, am_cmd_store, BY_NUMBER | AM_KEEPS_NUMBERS},
	{"SUBSCRIBE", IN, am_cmd_subscribe, 0},
	{"THREAD", BOX, am_cmd_thread, BY_NUMBER | AM_KEEPS_NUMBERS},
	{"UNSELECT", BOX, am_cmd_unselect, AM_ALONE},
	{"UNSUBSCRIBE", IN, am_cmd_unsubscribe, 0},
};

const struct am_command *am_command_find(const struct am_imap_value *name)
{
	for (size_t i = 0; i < AM_COUNT(commands); i++)
		if (name->type == AM_IMAP_ATOM &&
		    am_imap_is(name, commands[i].name))
			return &commands[i];
	return NULL;
}
