/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A session's life: lines in, commands run, answers out.
 *
 * What is said gathers in s->out and goes to the connection in larger pieces;
 * everything is sent when no further command waits, so that a client that sends
 * fifty at once is answered in few packets.
 */
#include "serve/session_impl.h"

#include "base/blob.h"
#include "base/reader.h"
#include "model/ctx.h"
#include "serve/notify.h"
#include "serve/pop3.h"
#include "serve/text.h"
#include "wire/conn.h"

#include <stdarg.h>
#include <string.h>

enum {
	OUT_TURN = 32 * 1024,
	LINE_NEW = 8 * 1024, /* before login */
	LITERAL_NEW = 4096,
	BAD_MOST = 50,
	BODY_MEMORY = 256 * 1024
};

/* ---- saying ---- */

void am_say(struct am_session *s, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	g_string_append_vprintf(s->out, fmt, args);
	va_end(args);
}

void am_put_number(GString *out, uint64_t number)
{
	char digits[20];
	size_t at = sizeof digits;

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	g_string_append_len(out, digits + at, (gssize)(sizeof digits - at));
}

static void send_out(struct am_session *s)
{
	if (!s->dead)
		s->dead =
			am_conn_write(s->conn, s->out->str, s->out->len, NULL);
	g_string_truncate(s->out, 0);
}

void am_say_turn(struct am_session *s)
{
	if (s->out->len >= OUT_TURN)
		send_out(s);
}

void am_say_flush(struct am_session *s)
{
	send_out(s);
	if (!s->dead)
		s->dead = am_conn_flush(s->conn, NULL);
}

void am_say_bytes(struct am_session *s, const void *data, size_t len)
{
	if (len < OUT_TURN / 2) {
		g_string_append_len(s->out, data, (gssize)len);
		am_say_turn(s);
		return;
	}
	send_out(s);
	if (!s->dead)
		s->dead = am_conn_write(s->conn, data, len, NULL);
}

static void answer(struct am_session *s, const char *word, const char *fmt,
                   va_list args)
{
	g_string_assign(s->answer, word);
	g_string_append_c(s->answer, ' ');
	g_string_append_vprintf(s->answer, fmt, args);
	for (char *p = s->answer->str; *p; p++)
		if ((uint8_t)*p < 0x20 || (uint8_t)*p >= 0x7F)
			*p = '?';
}

void am_ok(struct am_session *s, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	answer(s, "OK", fmt, args);
	va_end(args);
}

void am_no(struct am_session *s, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	answer(s, "NO", fmt, args);
	va_end(args);
}

void am_bad(struct am_session *s, const char *fmt, ...)
{
	va_list args;

	s->bad_commands++;
	va_start(args, fmt);
	answer(s, "BAD", fmt, args);
	va_end(args);
}

void am_no_error(struct am_session *s, const struct am_error *err)
{
	const char *code = "SERVERBUG";

	switch (err->kind) {
	case AM_E_BUSY:
		code = "INUSE";
		break;
	case AM_E_IO:
	case AM_E_MEMORY:
	case AM_E_CANCELLED:
		code = "UNAVAILABLE";
		break;
	case AM_E_LIMIT:
		code = "LIMIT";
		break;
	case AM_E_ARGUMENT:
		code = "CANNOT";
		break;
	case AM_E_UNSUPPORTED:
		code = "READ-ONLY";
		break;
	case AM_E_NOTFOUND:
		code = "NONEXISTENT";
		break;
	case AM_E_CORRUPT:
		code = "CORRUPTION";
		break;
	default:
		break;
	}
	am_no(s, "[%s] %s", code, err->text);
}

/* ---- lines that are no commands ---- */

int am_session_continue(struct am_session *s, const char *text)
{
	am_say(s, "+ %s\r\n", text);
	am_say_flush(s);
	return s->dead;
}

int am_session_line(struct am_session *s, char **out)
{
	const uint8_t *data;
	size_t len;

	*out = NULL;
	am_conn_next(s->conn);
	int r = am_reader_line(am_conn_in(s->conn), LINE_NEW, &data, &len,
	                       NULL);
	if (r) {
		s->dead = r == AM_END ? AM_RETRY : r;
		return s->dead;
	}
	while (len && (data[len - 1] == '\n' || data[len - 1] == '\r'))
		len--;
	*out = g_strndup((const char *)data, len);
	return AM_OK;
}

/* ---- literals ---- */

static int go_ahead(void *user, struct am_error *err)
{
	struct am_session *s = user;

	if (am_session_continue(s, "go on"))
		return am_fail(err, AM_RETRY, AM_E_IO, "the client is gone");
	return AM_OK;
}

/* How many values stand before its messages: the mailbox may be a literal. */
static bool takes_message(const struct am_imap_value *line, size_t n,
                          size_t *before)
{
	bool uid = n && am_imap_is(line, "UID");

	line += uid;
	n -= uid;
	*before = uid;
	if (n && am_imap_is(line, "APPEND"))
		*before += 2;
	else if (n && am_imap_is(line, "REPLACE"))
		*before += 3;
	else
		return false;
	return true;
}

uint64_t am_append_limit(const struct am_session *s)
{
	uint64_t limit = s->house->append_limit;

	return limit && limit < UINT32_MAX ? limit : UINT32_MAX;
}

/* The message of an APPEND or REPLACE goes to a blob; all else is a value. */
static int literal(void *user, const struct am_imap_place *place,
                   struct am_reader *bytes, struct am_error *err)
{
	struct am_session *s = user;
	struct am_spool *spool = NULL;
	struct am_blob *blob = NULL;
	const uint8_t *data;
	size_t len, before;

	if (!takes_message(place->line, place->n_line, &before) ||
	    place->n_line < before || s->stage == AM_STAGE_NEW)
		return AM_END;
	if (place->len > am_append_limit(s))
		return am_fail(err, AM_FAILED, AM_E_LIMIT,
		               "larger than this server takes");
	int r = am_spool_open(&spool, BODY_MEMORY, am_ctx_tmpdir(s->house->ctx),
	                      err);
	while (!r && !(r = am_reader_peek(bytes, 1, &data, &len, err))) {
		r = am_spool_write(spool, data, len, err);
		am_reader_skip(bytes, len);
	}
	if (r == AM_END)
		r = am_spool_seal(&spool, &blob, err);
	am_spool_drop(&spool);
	if (!r)
		g_ptr_array_add(s->bodies, blob);
	return r;
}

static int make_parser(struct am_session *s)
{
	const struct am_imap_hooks hooks = {
		.literal = literal, .go_ahead = go_ahead, .user = s};
	struct am_imap_limits limits = {0};

	if (s->parser)
		return AM_OK;
	if (s->stage == AM_STAGE_NEW)
		limits = (struct am_imap_limits){.line = LINE_NEW,
		                                 .literal = LITERAL_NEW,
		                                 .values = 200,
		                                 .depth = 4};
	else
		limits.line = 512 * 1024; /* long sets of UIDs */
	return am_imap_parser_new(&s->parser, am_conn_in(s->conn),
	                          AM_IMAP_SERVER, &hooks, &limits, NULL);
}

/* ---- commands ---- */

static void unref_blob(void *data)
{
	struct am_blob *blob = data;

	am_blob_unref(&blob);
}

static void finish(struct am_session *s, const struct am_command *c, bool uid)
{
	if (s->answered)
		return;
	if (s->stage == AM_STAGE_BOX)
		am_view_sync(s, c && (c->how & AM_KEEPS_NUMBERS) && !uid);
	if (!s->answer->len)
		am_ok(s, "done");
	am_say(s, "%s %s\r\n", s->tag, s->answer->str);
	am_say_turn(s);
}

static void dispatch(struct am_session *s, const struct am_imap_line *line)
{
	am_args v = line->values;
	size_t n = line->n_values;
	const struct am_command *c = NULL;
	bool uid = false;

	if (n > 1 && am_imap_is(&v[0], "UID")) {
		uid = true;
		v++;
		n--;
	}
	if (n)
		c = am_command_find(&v[0]);
	if (c && uid && !(c->how & AM_TAKES_UID))
		c = NULL;
	if (!c)
		am_bad(s, "no such command");
	else if (line->damage)
		am_bad(s, "%s", line->damage);
	else if (s->uidonly && !uid && (c->how & AM_NUMBERS))
		am_bad(s, "[UIDREQUIRED] no numbers since UIDONLY");
	else if (!(c->stages & s->stage))
		am_bad(s, "%s",
		       s->stage == AM_STAGE_NEW ? "log in first"
		       : s->stage == AM_STAGE_IN && c->stages == AM_STAGE_BOX
		               ? "select a mailbox first"
		               : "not now");
	else if (n > 1 && (c->how & AM_ALONE))
		am_bad(s, "%s takes nothing", c->name);
	else
		c->run(s, v + 1, n - 1, uid);
	finish(s, c, uid);
}

static void begin(struct am_session *s, const char *tag)
{
	s->tag = *tag ? tag : "*";
	s->answered = false;
	g_string_truncate(s->answer, 0);
}

/* IDLE ends with a line of its own. */
static void end_idle(struct am_session *s)
{
	char *line;

	if (am_session_line(s, &line))
		return;
	begin(s, s->idle_tag);
	if (g_ascii_strcasecmp(line, "DONE"))
		am_bad(s, "DONE was expected");
	else
		am_ok(s, "that was IDLE");
	finish(s, NULL, false);
	g_clear_pointer(&s->idle_tag, g_free);
	g_free(line);
}

/* One line; the connection's failures end up in s->dead. */
static void one_command(struct am_session *s)
{
	struct am_error err = {0};
	struct am_imap_line line;
	size_t before;

	if (s->idle_tag) {
		end_idle(s);
		return;
	}
	s->dead = make_parser(s);
	if (s->dead)
		return;
	am_conn_next(s->conn);
	int r = am_imap_parser_line(s->parser, &line, &err);
	if (r == AM_END || r == AM_RETRY || r == AM_FATAL) {
		s->dead = r;
	} else {
		begin(s, line.tag);
		if (!r) {
			dispatch(s, &line);
		} else if (err.kind == AM_E_LIMIT &&
		           takes_message(line.values, line.n_values, &before)) {
			am_no(s, "[TOOBIG] %s", err.text);
			finish(s, NULL, false);
		} else {
			if (err.kind == AM_E_LIMIT)
				am_bad(s, "[LIMIT] %s", err.text);
			else
				am_no_error(s, &err);
			finish(s, NULL, false);
		}
	}
	if (!g_str_has_prefix(s->answer->str, "BAD"))
		s->bad_commands = 0;
	g_ptr_array_set_size(s->bodies, 0);
	s->tag = "*";
	if (s->bad_commands > BAD_MOST && !s->over && !s->dead) {
		am_say(s, "* BYE too many commands that are none\r\n");
		s->over = true;
	}
}

/* ---- life ---- */

static void changed(void *user)
{
	struct am_session *s = user;

	s->opts.poke(s->opts.user);
}

struct am_session *am_session_new(const struct am_session_opts *opts)
{
	struct am_session *s = g_new0(struct am_session, 1);

	s->opts = *opts;
	s->house = opts->house;
	s->conn = opts->conn;
	s->peer = g_strdup(opts->peer);
	s->stage = AM_STAGE_NEW;
	s->tag = "*";
	s->out = g_string_new("");
	s->answer = g_string_new("");
	s->bodies = g_ptr_array_new_with_free_func(unref_blob);
	s->watch = (struct am_watch){changed, s, 0};
	return s;
}

void am_session_free(struct am_session **session)
{
	struct am_session *s = *session;

	*session = NULL;
	if (!s)
		return;
	am_box_close(s);
	am_notify_end(s);
	am_imap_parser_free(&s->parser);
	am_pop3_free(&s->pop3);
	am_conn_close(&s->conn);
	g_string_free(s->out, TRUE);
	g_string_free(s->answer, TRUE);
	g_ptr_array_free(s->bodies, TRUE);
	g_free(s->idle_tag);
	g_free(s->user);
	g_free(s->peer);
	g_free(s);
}

/* What a parked session does not need. */
static void shrink(struct am_session *s)
{
	am_imap_parser_free(&s->parser);
	if (s->out->allocated_len > 1024) {
		g_string_free(s->out, TRUE);
		s->out = g_string_new("");
	}
}

enum am_session_state am_session_run(struct am_session *s)
{
	int r = AM_OK;

	if (!s->greeted) {
		s->greeted = true;
		if (s->opts.pop3)
			am_pop3_greet(s);
		else
			am_say_greeting(s);
		am_say_flush(s);
	}
	if (s->idle_tag && !s->dead)
		am_view_sync(s, false);
	if (!s->dead)
		am_notify_sync(s);
	if ((s->idle_tag || s->notify) && !s->dead)
		am_say_flush(s);
	while (!s->over && !s->dead) {
		r = am_conn_wait(s->conn, 0, NULL);
		if (r == AM_END) { /* nothing waits: what was said goes out */
			am_say_flush(s);
			if (!s->dead)
				r = am_conn_wait(s->conn, 0, NULL);
		}
		if (r || s->dead)
			break;
		if (s->pop3)
			am_pop3_command(s);
		else
			one_command(s);
	}
	if (r < 0)
		s->dead = r;
	if (s->over || s->dead) {
		if (!s->dead)
			am_say_flush(s);
		return AM_SESSION_OVER;
	}
	shrink(s);
	return AM_SESSION_PARK;
}

void am_session_bye(struct am_session *s, const char *why)
{
	if (s->dead || s->over)
		return;
	/* POP3 has no word for it. */
	if (!s->opts.pop3)
		am_say(s, "* BYE %s\r\n", why);
	am_say_flush(s);
	s->over = true;
}

bool am_session_logged_in(const struct am_session *s)
{
	return s->stage != AM_STAGE_NEW;
}

bool am_session_idles(const struct am_session *s)
{
	return s->idle_tag;
}
