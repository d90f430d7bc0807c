/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Commands out, lines in.
 */
#include "formats/imap/session_impl.h"

#include <glib.h>

#include <stdarg.h>
#include <string.h>

/* Lines in a row that belong to no command: a server that floods.  One command
 * may well give a million lines, but those are taken. */
enum { USELESS_MOST = 200000, USELESS_MIB = 128 };

/* Lines without a command that ends: more than any mailbox has messages. */
enum { LINES_MOST = 8000000 };

struct am_imap_out *am_imap_session_out(struct am_imap_session *s)
{
	return &s->out;
}

size_t am_imap_session_pending(const struct am_imap_session *s)
{
	return s->pending;
}

static void forget(struct am_imap_session *s, struct am_imap_command *cmd)
{
	struct am_imap_command **at = &s->head, *before = NULL;

	while (*at && *at != cmd) {
		before = *at;
		at = &(*at)->next;
	}
	if (!*at)
		return;
	*at = cmd->next;
	if (s->tail == cmd)
		s->tail = before;
	cmd->next = NULL;
	s->pending--;
}

/* Everything under way ends with the connection. */
static int lose(struct am_imap_session *s, int status, struct am_error *err)
{
	while (s->head) {
		struct am_imap_command *cmd = s->head;
		forget(s, cmd);
		cmd->reply = (struct am_imap_reply){.end = AM_IMAP_END_LOST};
		if (s->bye) {
			cmd->reply = s->last;
			cmd->reply.end = AM_IMAP_END_LOST;
		}
	}
	if (s->bye && status == AM_RETRY) {
		const char *text = *s->last.text ? s->last.text : "goodbye";
		return am_fail(err, AM_RETRY, AM_E_IO,
		               "%.80s ended the connection: %s",
		               s->account->host, text);
	}
	return am_wrap(err, status, "%.80s", s->account->host);
}

/* Every network word gets its host in front, once. */
static int net(struct am_imap_session *s, int r, struct am_error *err)
{
	return r ? lose(s, r, err) : AM_OK;
}

static uint64_t came_in(const struct am_imap_session *s)
{
	struct am_conn_stats stats;

	am_conn_stats(s->conn, &stats);
	return stats.plain_in;
}

/* A line that nobody took. */
static void useless(struct am_imap_session *s)
{
	if (!s->useless++)
		s->useless_from = came_in(s);
}

static bool floods(const struct am_imap_session *s)
{
	return s->useless > USELESS_MOST || s->lines > LINES_MOST ||
	       (s->useless > 1 &&
	        (came_in(s) - s->useless_from) >> 20 >= USELESS_MIB);
}

/* ---- out ---- */

int am_imap_session_begin(struct am_imap_session *s,
                          struct am_imap_command *cmd, struct am_error *err)
{
	struct am_imap_out *out = &s->out;
	size_t at = 0;

	g_snprintf(cmd->tag, sizeof cmd->tag, "%s%" PRIu64, s->prefix,
	           ++s->sent);
	cmd->reply = (struct am_imap_reply){.end = AM_IMAP_UNDER_WAY};
	cmd->next = NULL;
	if (s->tail)
		s->tail->next = cmd;
	else
		s->head = cmd;
	s->tail = cmd;
	s->pending++;
	am_imap_session_mailbox_turn(s);
	s->go_ahead = false;
	if (s->bye)
		return lose(s, AM_RETRY, err);
	int r = am_conn_write(s->conn, cmd->tag, strlen(cmd->tag), err);
	if (!r)
		r = am_conn_write(s->conn, " ", 1, err);
	for (size_t i = 0; !r && i < out->n_waits; i++) {
		r = am_conn_write(s->conn, out->data + at, out->waits[i] - at,
		                  err);
		at = out->waits[i];
		if (r)
			break;
		r = am_imap_session_go_ahead(s, cmd, "a literal", err);
		if (r) {
			am_imap_out_clear(out);
			return r;
		}
	}
	if (!r)
		r = am_conn_write(s->conn, out->data + at, out->len - at, err);
	am_imap_out_clear(out);
	return net(s, r, err);
}

int am_imap_session_write(struct am_imap_session *s, const void *data,
                          size_t len, struct am_error *err)
{
	return net(s, am_conn_write(s->conn, data, len, err), err);
}

int am_imap_session_end(struct am_imap_session *s, struct am_error *err)
{
	return net(s, am_conn_write(s->conn, "\r\n", 2, err), err);
}

int am_imap_session_go_ahead(struct am_imap_session *s,
                             struct am_imap_command *cmd, const char *what,
                             struct am_error *err)
{
	int r = net(s, am_conn_flush(s->conn, err), err);

	s->go_ahead = false;
	while (!r && !s->go_ahead && cmd->reply.end == AM_IMAP_UNDER_WAY)
		r = am_imap_session_step(s, err);
	if (r || s->go_ahead)
		return r;
	r = am_imap_reply_status(&cmd->reply, s->account->host, what, err);
	/* An OK where a go-ahead was due is no better. */
	return r ? r
	         : am_fail(err, AM_FAILED, AM_E_PROTOCOL,
	                   "%.80s: %s ended before it was sent",
	                   s->account->host, what);
}

int am_imap_session_send(struct am_imap_session *s, struct am_imap_command *cmd,
                         struct am_error *err)
{
	int r = am_imap_account_rest(s->account, err);

	if (r) {
		am_imap_out_clear(&s->out);
		return r;
	}
	r = am_imap_session_begin(s, cmd, err);
	return r ? r : am_imap_session_end(s, err);
}

/* ---- in ---- */

void am_imap_session_on_literal(struct am_imap_session *s,
                                int (*take)(void *user,
                                            const struct am_imap_place *place,
                                            struct am_reader *bytes,
                                            struct am_error *err),
                                void *user)
{
	s->take_literal = take;
	s->literal_user = user;
}

int am_imap_session_literal(void *user, const struct am_imap_place *place,
                            struct am_reader *bytes, struct am_error *err)
{
	struct am_imap_session *s = user;

	int r = s->take_literal
	                ? s->take_literal(s->literal_user, place, bytes, err)
	                : AM_END;
	s->ours |= r == AM_FATAL;
	return r;
}

static void note_alert(struct am_imap_session *s,
                       const struct am_imap_line *line)
{
	char text[200];

	if (!line->n_code || !am_imap_is(line->code, "ALERT"))
		return;
	am_imap_reply_clean(line->human, text, sizeof text);
	am_ctx_note(s->account->ctx, AM_NOTE_INFO, "imap.alert", NULL, NULL,
	            "%s says: %s", s->account->host, text);
}

/* What any line may say besides: response codes. */
static void read_code(struct am_imap_session *s,
                      const struct am_imap_line *line)
{
	if (!line->n_code)
		return;
	if (am_imap_is(line->code, "CAPABILITY"))
		am_imap_session_take_caps(s, line->code + 1, line->n_code - 1);
	note_alert(s, line);
}

static void read_tagged(struct am_imap_session *s,
                        const struct am_imap_line *line)
{
	struct am_imap_command *cmd = s->head;

	while (cmd && strcmp(cmd->tag, line->tag) != 0)
		cmd = cmd->next;
	if (!cmd) {
		useless(s);
		return;
	}
	s->useless = 0;
	s->lines = 0;
	read_code(s, line);
	(void)am_imap_session_mailbox_line(s, line);
	forget(s, cmd);
	am_imap_reply_read(&cmd->reply, line);
	if (s->said.limited && !cmd->reply.limited) {
		cmd->reply.limited = true;
		cmd->reply.limit_uid = s->said.limit_uid;
	}
	s->said = (struct am_imap_reply){0};
	am_imap_session_mailbox_ended(s, cmd);
	if (cmd->tagged)
		cmd->tagged(cmd, line);
	am_imap_session_mailbox_turn(s);
}

static int read_untagged(struct am_imap_session *s,
                         const struct am_imap_line *line, struct am_error *err)
{
	const struct am_imap_value *word = line->n_values ? line->values : NULL;
	bool known = am_imap_session_mailbox_line(s, line);

	read_code(s, line);
	am_imap_reply_limit(&s->said, line);
	if (word && am_imap_is(word, "BYE")) {
		/* The first one is what it is; some repeat it for ever. */
		if (!s->bye)
			am_imap_reply_read(&s->last, line);
		s->bye = true;
		known = true;
	} else if (word && am_imap_is(word, "NO")) {
		am_imap_reply_read(&s->last, line);
	} else if (word && am_imap_is(word, "CAPABILITY")) {
		am_imap_session_take_caps(s, word + 1, line->n_values - 1);
	}
	for (struct am_imap_command *cmd = s->head; cmd; cmd = cmd->next) {
		int r = cmd->untagged ? cmd->untagged(cmd, line, err) : AM_END;
		if (r == AM_OK)
			known = true;
		if (r == AM_OK)
			break;
		if (r != AM_END)
			return r;
	}
	if (known)
		s->useless = 0;
	else
		useless(s);
	return AM_OK;
}

int am_imap_session_step(struct am_imap_session *s, struct am_error *err)
{
	struct am_imap_line line = {0};

	int r = am_conn_flush(s->conn, err);
	am_conn_next(s->conn);
	if (!r)
		r = am_imap_parser_line(s->parser, &line, err);
	if (r == AM_END)
		r = am_fail(err, AM_RETRY, AM_E_IO,
		            "the server closed the connection");
	if (r == AM_FAILED) {
		/* One line beyond the walls, skipped: whoever waits for it
		 * will miss it. */
		if (++s->useless <= 1000)
			return AM_OK;
		r = AM_RETRY;
	}
	/* A line cut off ends the parser, but a new connection may do. */
	if (r == AM_FATAL && !s->ours &&
	    (!err || err->kind == AM_E_IO || err->kind == AM_E_PROTOCOL ||
	     err->kind == AM_E_LIMIT))
		r = AM_RETRY;
	if (r)
		return lose(s, r, err);
	if (!strcmp(line.tag, "+")) {
		s->go_ahead = true;
		g_strlcpy(s->challenge, line.human ? line.human : "",
		          sizeof s->challenge);
	} else if (!strcmp(line.tag, "*")) {
		s->lines++;
		r = read_untagged(s, &line, err);
	} else {
		read_tagged(s, &line);
	}
	if (!r && s->bye && s->pending)
		r = am_fail(err, AM_RETRY, AM_E_IO, "BYE");
	if (!r && floods(s))
		r = am_fail(err, AM_FATAL, AM_E_PROTOCOL,
		            "sends lines without end that answer nothing");
	return r ? lose(s, r, err) : AM_OK;
}

int am_imap_session_wait(struct am_imap_session *s, struct am_imap_command *cmd,
                         const char *what, struct am_error *err)
{
	int r = AM_OK;

	while (!r && cmd->reply.end == AM_IMAP_UNDER_WAY)
		r = am_imap_session_step(s, err);
	forget(s, cmd);
	return r ? r
	         : am_imap_reply_status(&cmd->reply, s->account->host, what,
	                                err);
}

int am_imap_session_run(struct am_imap_session *s, struct am_imap_command *cmd,
                        const char *what, struct am_error *err)
{
	int r = am_imap_session_send(s, cmd, err);

	if (!r)
		return am_imap_session_wait(s, cmd, what, err);
	forget(s, cmd);
	return r;
}

int am_imap_session_say(struct am_imap_session *s, const char *what,
                        struct am_error *err, const char *fmt, ...)
{
	struct am_imap_command cmd = {0};
	va_list args;

	va_start(args, fmt);
	char *text = g_strdup_vprintf(fmt, args);
	va_end(args);
	am_imap_put(&s->out, "%s", text);
	g_free(text);
	return am_imap_session_run(s, &cmd, what, err);
}
