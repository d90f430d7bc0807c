/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "serve/pop3.h"

#include "base/blob.h"
#include "serve/facts.h"
#include "serve/login.h"
#include "store/archive_edit.h"
#include "wire/conn.h"

#include <string.h>

enum { PIECE = 64 * 1024, BAD_MOST = 50 };

struct am_pop3 {
	char *user;    /* of USER, until PASS */
	bool *deleted; /* one a message */
};

void am_pop3_free(struct am_pop3 **pop3)
{
	struct am_pop3 *p = *pop3;

	*pop3 = NULL;
	if (!p)
		return;
	g_free(p->user);
	g_free(p->deleted);
	g_free(p);
}

static void err(struct am_session *s, const char *text)
{
	am_say(s, "-ERR %s\r\n", text);
}

static void nonsense(struct am_session *s)
{
	s->bad_commands++;
	err(s, "no such command, or not now");
}

void am_pop3_greet(struct am_session *s)
{
	s->pop3 = g_new0(struct am_pop3, 1);
	am_say(s, "+OK %s is ready\r\n", s->house->name);
}

/* ---- logging in ---- */

static void capa(struct am_session *s)
{
	bool tls = am_conn_is_tls(s->conn);

	am_say(s, "+OK\r\nTOP\r\nUIDL\r\nPIPELINING\r\nRESP-CODES\r\n"
	          "AUTH-RESP-CODE\r\n");
	if (s->stage == AM_STAGE_NEW && s->house->tls && !tls)
		am_say(s, "STLS\r\n");
	/* RFC 2449 §6: these are told after login, too. */
	if (am_login_is_private(s))
		am_say(s, "USER\r\n");
	am_say(s, "SASL%s SCRAM-SHA-256%s\r\n",
	       am_login_is_private(s) ? " PLAIN LOGIN" : "",
	       tls ? " SCRAM-SHA-256-PLUS" : "");
	am_say(s, "IMPLEMENTATION %s\r\n.\r\n", s->house->name);
}

static void open_inbox(struct am_session *s)
{
	struct am_vault *v = s->house->vaults[0];
	struct am_mailboxes *boxes = am_vault_boxes(v);
	const struct am_mailbox *box = am_boxes_find(boxes, "INBOX");

	s->vault = v;
	if (!box || am_vault_snap(v, box->id, &s->snap, NULL)) {
		err(s, "[SYS/TEMP] INBOX cannot be opened");
		s->over = true;
	} else {
		s->stage = AM_STAGE_BOX;
		s->pop3->deleted = g_new0(bool, s->snap->n + 1);
		am_say(s, "+OK %zu messages\r\n", s->snap->n);
	}
	am_boxes_unref(&boxes);
}

static void answer_login(struct am_session *s, enum am_login how)
{
	switch (how) {
	case AM_LOGIN_GOOD:
		open_inbox(s);
		break;
	case AM_LOGIN_MANY:
		err(s, "[SYS/TEMP] too many connections of this user");
		break;
	case AM_LOGIN_BAD:
		err(s, "[AUTH] the name or the password is wrong");
		break;
	case AM_LOGIN_UNKNOWN:
		err(s, "not that way");
		break;
	case AM_LOGIN_GAVE_UP:
		err(s, "given up");
		break;
	case AM_LOGIN_GARBLED:
		err(s, "no base64");
		break;
	}
}

static void pass(struct am_session *s, const char *password)
{
	if (!s->pop3->user)
		err(s, "USER first");
	else
		answer_login(s, am_login_password(s, s->pop3->user, password));
	g_clear_pointer(&s->pop3->user, g_free);
}

static void auth(struct am_session *s, const char *args)
{
	char **words = g_strsplit(args, " ", 2);
	enum am_login how = words[0] ? am_login_sasl(s, words[0], words[1])
	                             : AM_LOGIN_UNKNOWN;

	g_strfreev(words);
	if (!s->dead)
		answer_login(s, how);
}

static void stls(struct am_session *s)
{
	if (!s->house->tls || am_conn_is_tls(s->conn)) {
		err(s, "not here");
		return;
	}
	am_say(s, "+OK begin\r\n");
	am_say_flush(s);
	if (!s->dead)
		s->dead = am_conn_starttls_accept(s->conn, s->house->tls, NULL);
	g_clear_pointer(&s->pop3->user, g_free);
}

/* ---- messages ---- */

/* The row of a number that is there; false: -ERR was said. */
static bool find(struct am_session *s, const char *text, size_t *row)
{
	guint64 n;

	if (!g_ascii_string_to_unsigned(text, 10, 1, s->snap->n, &n, NULL) ||
	    s->pop3->deleted[n - 1]) {
		err(s, "no such message");
		return false;
	}
	*row = (size_t)n - 1;
	return true;
}

static uint64_t size_of(struct am_session *s, size_t row)
{
	uint64_t size = 0;

	(void)!am_fact_size(s->vault, s->snap->rows[row].message, &size, NULL);
	return size;
}

static void stat_box(struct am_session *s)
{
	uint64_t sum = 0;
	size_t n = 0;

	for (size_t i = 0; i < s->snap->n; i++)
		if (!s->pop3->deleted[i]) {
			sum += size_of(s, i);
			n++;
		}
	am_say(s, "+OK %zu %" PRIu64 "\r\n", n, sum);
}

static void say_one(struct am_session *s, size_t row, bool uidl)
{
	if (uidl)
		am_say(s, "%zu F%08" PRIx32 "-%" PRIu32 "\r\n", row + 1,
		       s->snap->uidvalidity, s->snap->rows[row].uid);
	else
		am_say(s, "%zu %" PRIu64 "\r\n", row + 1, size_of(s, row));
}

static void list(struct am_session *s, const char *args, bool uidl)
{
	size_t row;

	if (*args) {
		if (find(s, args, &row)) {
			am_say(s, "+OK ");
			say_one(s, row, uidl);
		}
		return;
	}
	am_say(s, "+OK\r\n");
	for (size_t i = 0; i < s->snap->n; i++) {
		if (!s->pop3->deleted[i])
			say_one(s, i, uidl);
		am_say_turn(s);
	}
	am_say(s, ".\r\n");
}

/* Lines of a body so far, dots doubled at their beginnings. */
struct stuffing {
	struct am_session *s;
	bool begins, header;
	uint64_t lines, most; /* of the body, for TOP */
	bool empty;           /* nothing on this line yet */
};

/* False: enough. */
static bool stuff(struct stuffing *st, const uint8_t *data, size_t len)
{
	const uint8_t *at = data, *end = data + len;

	while (at < end) {
		if (st->begins && !st->header && st->lines >= st->most)
			return false;
		if (st->begins && *at == '.')
			am_say_bytes(st->s, ".", 1);
		if (st->begins)
			st->empty = true;
		const uint8_t *lf = memchr(at, '\n', (size_t)(end - at));
		const uint8_t *next = lf ? lf + 1 : end;
		for (const uint8_t *p = at; p < next && st->empty; p++)
			st->empty = *p == '\r' || *p == '\n';
		am_say_bytes(st->s, at, (size_t)(next - at));
		st->begins = lf != NULL;
		if (lf && !st->header)
			st->lines++;
		if (lf && st->header && st->empty)
			st->header = false;
		at = next;
	}
	return true;
}

static void send_message(struct am_session *s, size_t row, uint64_t lines)
{
	struct stuffing st = {.s = s,
	                      .begins = true,
	                      .header = true,
	                      .most = lines,
	                      .empty = true};
	struct am_blob *blob;
	struct am_error why = {0};

	if (am_vault_message(s->vault, s->snap->rows[row].message, &blob,
	                     &why)) {
		am_say(s, "-ERR [SYS/PERM] %s\r\n", why.text);
		return;
	}
	uint64_t size = am_blob_size(blob);
	uint8_t *buf = g_malloc(PIECE);
	am_say(s, "+OK %" PRIu64 " octets\r\n", size);
	for (uint64_t at = 0; at < size && !s->dead;) {
		size_t got;
		if (am_blob_read(blob, at, buf, PIECE, &got, NULL) || !got) {
			s->dead = AM_FATAL; /* what was promised */
			break;
		}
		if (!stuff(&st, buf, got))
			break;
		at += got;
	}
	am_say(s, "%s.\r\n", st.begins ? "" : "\r\n");
	am_say_turn(s);
	g_free(buf);
	am_blob_unref(&blob);
}

static void top(struct am_session *s, const char *args)
{
	char **words = g_strsplit(args, " ", 3);
	guint64 lines;
	size_t row;

	if (g_strv_length(words) != 2 ||
	    !g_ascii_string_to_unsigned(words[1], 10, 0, G_MAXUINT32, &lines,
	                                NULL))
		err(s, "TOP takes a message and a number of lines");
	else if (find(s, words[0], &row))
		send_message(s, row, lines);
	g_strfreev(words);
}

static void dele(struct am_session *s, const char *args)
{
	size_t row;

	if (s->user_read_only || am_vault_read_only(s->vault)) {
		err(s, "nothing can be changed here");
	} else if (find(s, args, &row)) {
		s->pop3->deleted[row] = true;
		am_say(s, "+OK\r\n");
	}
}

static int expunge(void *user, struct am_archive_edit *edit,
                   struct am_error *why)
{
	struct am_session *s = user;
	int r = AM_OK;

	for (size_t i = 0; i < s->snap->n && r >= 0; i++)
		if (s->pop3->deleted[i])
			r = am_archive_edit_expunge(
				edit, s->snap->rows[i].placement, why);
	return r < 0 ? r : AM_OK;
}

static void quit(struct am_session *s)
{
	struct am_error why = {0};
	bool any = false;

	for (size_t i = 0; s->snap && i < s->snap->n && !any; i++)
		any = s->pop3->deleted[i];
	if (any && am_vault_edit(s->vault, expunge, s, &why))
		am_say(s, "-ERR [SYS/TEMP] nothing was deleted: %s\r\n",
		       why.text);
	else
		am_say(s, "+OK until next time\r\n");
	s->over = true;
}

/* ---- lines ---- */

static void in_mailbox(struct am_session *s, const char *verb, const char *args)
{
	size_t row;

	if (!strcmp(verb, "STAT")) {
		stat_box(s);
	} else if (!strcmp(verb, "LIST")) {
		list(s, args, false);
	} else if (!strcmp(verb, "UIDL")) {
		list(s, args, true);
	} else if (!strcmp(verb, "RETR")) {
		if (find(s, args, &row))
			send_message(s, row, UINT64_MAX);
	} else if (!strcmp(verb, "TOP")) {
		top(s, args);
	} else if (!strcmp(verb, "DELE")) {
		dele(s, args);
	} else if (!strcmp(verb, "RSET")) {
		memset(s->pop3->deleted, 0, s->snap->n);
		am_say(s, "+OK\r\n");
	} else if (!strcmp(verb, "NOOP")) {
		am_say(s, "+OK\r\n");
	} else {
		nonsense(s);
	}
}

static void before_login(struct am_session *s, const char *verb,
                         const char *args)
{
	bool plain = !strcmp(verb, "USER") || !strcmp(verb, "PASS");

	if (plain && !am_login_is_private(s)) {
		err(s, "not without TLS");
	} else if (!strcmp(verb, "USER")) {
		g_free(s->pop3->user);
		s->pop3->user = g_strdup(args);
		am_say(s, "+OK\r\n");
	} else if (!strcmp(verb, "PASS")) {
		pass(s, args);
	} else if (!strcmp(verb, "AUTH")) {
		auth(s, args);
	} else if (!strcmp(verb, "STLS")) {
		stls(s);
	} else {
		nonsense(s);
	}
}

void am_pop3_command(struct am_session *s)
{
	unsigned before = s->bad_commands;
	char *line;

	if (am_session_line(s, &line))
		return;
	char *args = strchr(line, ' ');
	char *verb =
		args ? g_strndup(line, (gsize)(args - line)) : g_strdup(line);
	char *upper = g_ascii_strup(verb, -1);
	args = args ? args + 1 : line + strlen(line);
	if (!strcmp(upper, "CAPA"))
		capa(s);
	else if (!strcmp(upper, "QUIT"))
		quit(s);
	else if (s->stage == AM_STAGE_NEW)
		before_login(s, upper, args);
	else
		in_mailbox(s, upper, args);
	am_say_turn(s);
	memset(line, 0, strlen(line)); /* it may have been a password */
	g_free(verb);
	g_free(upper);
	g_free(line);
	if (s->bad_commands == before)
		s->bad_commands = 0;
	if (s->bad_commands > BAD_MOST)
		s->over = true;
}
