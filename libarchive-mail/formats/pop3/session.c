/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A POP3 connection from its greeting to its QUIT.
 */
#include "formats/pop3/session.h"

#include "base/reader.h"

#include <glib.h>

#include <stdarg.h>
#include <string.h>

enum {
	TICK_MS = 100,
	PAUSE_MS = 1000,
	PAUSE_MOST_MS = 30 * 1000,
	LATER = 15, /* times the time of the first try */
	CAPA_LINES = 200
};

int am_pop3_put(struct am_pop3_session *s, struct am_error *err,
                const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	char *line = g_strdup_vprintf(fmt, args);
	va_end(args);
	int r = am_conn_write(s->conn, line, strlen(line), err);
	if (!r)
		r = am_conn_write(s->conn, "\r\n", 2, err);
	explicit_bzero(line, strlen(line)); /* PASS goes this way too */
	g_free(line);
	return r;
}

int am_pop3_flush(struct am_pop3_session *s, struct am_error *err)
{
	return am_conn_flush(s->conn, err);
}

int am_pop3_answer(struct am_pop3_session *s, struct am_pop3_status *out,
                   struct am_error *err)
{
	am_conn_next(s->conn);
	return am_pop3_status_read(am_conn_in(s->conn), out, s->room,
	                           sizeof s->room, err);
}

/* Servers without response codes say it in words, if at all. */
static bool sounds_busy(const char *text)
{
	static const char *const words[] = {"lock", "in use", "busy",
	                                    "try again", "temporar"};
	char *low = g_ascii_strdown(text, -1);
	bool found = false;

	for (size_t i = 0; i < AM_COUNT(words) && !found; i++)
		found = strstr(low, words[i]) != NULL;
	g_free(low);
	return found;
}

int am_pop3_refusal(const struct am_pop3_status *status, const char *what,
                    struct am_error *err)
{
	static const struct {
		const char *code, *words;
		enum am_kind kind;
	} codes[] = {
		{"IN-USE", "another program has the mailbox open", AM_E_BUSY},
		{"LOGIN-DELAY",
	         "the server wants a longer pause between "
	         "logins",
	         AM_E_BUSY},
		{"SYS/TEMP", "the server has trouble that should pass",
	         AM_E_BUSY},
		{"SYS/PERM",
	         "the server has trouble that its operators must "
	         "mend",
	         AM_E_UNSUPPORTED},
		{"AUTH", "name or password are not right", AM_E_AUTH},
	};
	const char *text = status->text ? status->text : "";

	for (size_t i = 0; status->code && i < AM_COUNT(codes); i++)
		if (!g_ascii_strcasecmp(status->code, codes[i].code))
			return am_fail(err, AM_FAILED, codes[i].kind,
			               "%s refused: %s%s%.100s%s", what,
			               codes[i].words, *text ? " (" : "", text,
			               *text ? ")" : "");
	return am_fail(err, AM_FAILED,
	               sounds_busy(text) ? AM_E_BUSY : AM_E_PROTOCOL,
	               "%s refused: %.140s", what,
	               *text ? text : "the server does not say why");
}

/* ---- CAPA ---- */
static void take_capability(struct am_pop3_session *s, const char *line,
                            size_t len)
{
	char *text = g_ascii_strup(line, (gssize)len);

	g_strstrip(text);
	if (!strcmp(text, "PIPELINING"))
		s->pipelining = true;
	else if (!strcmp(text, "USER"))
		s->user = true;
	else if (!strcmp(text, "STLS"))
		s->stls = true;
	else if (g_str_has_prefix(text, "SASL ") && !s->mechanisms)
		s->mechanisms = g_strdup(text + 5);
	else if (g_str_has_prefix(text, "LOGIN-DELAY "))
		s->login_delay = (unsigned)MIN(
			g_ascii_strtoull(text + 12, NULL, 10), 86400);
	g_free(text);
}

/* Forgets what was told before: under TLS, and again after login. */
static int read_capa(struct am_pop3_session *s, struct am_error *err)
{
	struct am_pop3_status status = {0};
	const char *line;
	size_t len;

	s->has_capa = s->pipelining = s->user = s->stls = false;
	s->login_delay = 0;
	g_free(s->mechanisms);
	s->mechanisms = NULL;
	int r = am_pop3_put(s, err, "CAPA");
	if (!r)
		r = am_pop3_flush(s, err);
	if (!r)
		r = am_pop3_answer(s, &status, err);
	if (r || !status.ok)
		return r;
	s->has_capa = true;
	for (unsigned n = 0;; n++) {
		r = am_pop3_line(am_conn_in(s->conn), &line, &len, err);
		if (r)
			break;
		if (n == CAPA_LINES)
			return am_fail(err, AM_FATAL, AM_E_PROTOCOL,
			               "CAPA has no end");
		take_capability(s, line, len);
	}
	return r == AM_END ? AM_OK : r;
}

/* ---- opening ---- */
/* "+OK … <1896.697170952@dbc.mtview.ca.us>": APOP's challenge.  Not a
 * well-formed id, no APOP: CVE-2007-1558 made use of laxness here. */
static void take_stamp(struct am_pop3_session *s, const char *text)
{
	const char *from = text ? strchr(text, '<') : NULL;
	const char *to = from ? strchr(from, '>') : NULL;
	const char *at = to ? memchr(from, '@', (size_t)(to - from)) : NULL;

	if (!at || at == from + 1 || at + 1 == to)
		return;
	for (const char *p = from; p < to; p++)
		if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7F)
			return;
	s->stamp = g_strndup(from, (gsize)(to + 1 - from));
}

static int read_greeting(struct am_pop3_session *s, struct am_error *err)
{
	struct am_pop3_status status = {0};

	int r = am_pop3_answer(s, &status, err);
	if (r)
		return r;
	if (!status.ok)
		return am_pop3_refusal(&status, "the connection was", err);
	take_stamp(s, status.text);
	return AM_OK;
}

/* Never on without it: who leaves STLS out of the list may be between us and
 * the server. */
static int start_tls(struct am_pop3_session *s, struct am_error *err)
{
	struct am_pop3_status status = {0};

	int r = am_pop3_put(s, err, "STLS");
	if (!r)
		r = am_pop3_flush(s, err);
	if (!r)
		r = am_pop3_answer(s, &status, err);
	if (r)
		return r;
	if (!status.ok)
		return am_fail(
			err, AM_FATAL, AM_E_AUTH,
			"the server does not start TLS (STLS refused: "
			"%.80s): pop3s:// is TLS from the start, tls=off "
			"goes without",
			status.text ? status.text : "");
	return am_conn_starttls(s->conn, err);
}

static int open_once(struct am_pop3_session *s, bool again,
                     struct am_error *err)
{
	struct am_server_login *login = s->login;

	s->refused = s->vague = false;
	g_clear_pointer(&s->stamp, g_free);
	int r = am_server_login_connect(login, 0, &s->conn, err);
	if (!r)
		r = read_greeting(s, err);
	if (!r && login->tls == AM_TLS_STARTTLS)
		r = start_tls(s, err);
	if (!r)
		r = read_capa(s, err);
	if (!r)
		r = am_pop3_login(s, again, err);
	/* What is offered may be another thing now (RFC 2449 section 5). */
	if (!r)
		r = read_capa(s, err);
	if (r)
		am_conn_close(&s->conn);
	return r;
}

static int pause_for(struct am_pop3_session *s, uint64_t ms,
                     struct am_error *err)
{
	for (; ms; ms -= MIN(ms, TICK_MS)) {
		if (am_ctx_cancelled(s->login->ctx))
			return am_ctx_fail_cancelled(err);
		g_usleep(MIN(ms, TICK_MS) * 1000);
	}
	return AM_OK;
}

/* Whether the same may be tried again, and after how long. */
static bool worth_waiting(const struct am_pop3_session *s, int r, bool first,
                          const struct am_error *why, uint64_t waited,
                          uint64_t *pause)
{
	uint64_t patience = s->login->stall_ms * (first ? UINT64_C(1) : LATER);

	if (r == AM_FATAL || (r == AM_RETRY && first) ||
	    (r == AM_FAILED && why->kind != AM_E_BUSY))
		return false;
	/* A pause that was announced is waited out at once or not at all. */
	if (why->kind == AM_E_BUSY && s->login_delay)
		*pause = MAX(*pause, s->login_delay * UINT64_C(1000));
	return waited + *pause <= patience;
}

int am_pop3_session_open(struct am_pop3_session **out,
                         struct am_server_login *login, bool first,
                         struct am_error *err)
{
	struct am_pop3_session *s = g_new0(struct am_pop3_session, 1);
	struct am_error why = {0};
	uint64_t waited = 0, pause = MIN(PAUSE_MS, login->stall_ms / 4);
	struct am_error refusal = {0};
	bool again = false;
	int r;

	*out = NULL;
	s->login = login;
	while ((r = open_once(s, again, &why))) {
		if (s->call_again) {
			s->call_again = false;
			continue;
		}
		/* No other password to try: what the server said of the one
		 * there was is the story. */
		if (again && !s->refused && why.kind == AM_E_AUTH)
			why = refusal;
		again = r == AM_FAILED && s->refused;
		if (again) {
			refusal = why;
			continue; /* login() ends this */
		}
		if (!worth_waiting(s, r, first, &why, waited, &pause))
			break;
		waited += pause;
		r = pause_for(s, pause, &why);
		if (r)
			break;
		pause = MIN(pause * 2, PAUSE_MOST_MS);
	}
	if (!r) {
		*out = s;
		return AM_OK;
	}
	(void)am_pop3_session_close(&s, false, NULL);
	if (err)
		*err = why;
	return am_wrap(err, AM_FATAL, "%s", login->host);
}

int am_pop3_session_close(struct am_pop3_session **session, bool quit,
                          struct am_error *err)
{
	struct am_pop3_session *s = *session;
	struct am_pop3_status status = {0};
	int r = AM_OK;

	*session = NULL;
	if (!s)
		return AM_OK;
	if (quit && s->conn) {
		r = am_pop3_put(s, err, "QUIT");
		if (!r)
			r = am_pop3_flush(s, err);
		if (!r)
			r = am_pop3_answer(s, &status, err);
		if (!r && !status.ok)
			r = am_pop3_refusal(&status, "QUIT was", err);
	}
	am_conn_close(&s->conn);
	g_free(s->mechanisms);
	g_free(s->stamp);
	explicit_bzero(s->room, sizeof s->room);
	g_free(s);
	return r;
}
