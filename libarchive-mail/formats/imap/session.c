/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From a socket to a session that takes commands: RFC 3501 §6.1, §6.2,
 * RFC 2971 (ID), RFC 5161 (ENABLE), RFC 4978 (COMPRESS).
 *
 * What a server offers before TLS or login is forgotten: it may have been
 * forged, and some say the whole of it only afterwards (iCloud's proxy mangles
 * even literals until CAPABILITY was asked for after the login).
 */
#include "formats/imap/session_impl.h"

#include <glib.h>

#include <string.h>

struct am_imap_account *am_imap_session_account(struct am_imap_session *s)
{
	return s->account;
}

struct am_conn *am_imap_session_conn(struct am_imap_session *s)
{
	return s->conn;
}

const char *am_imap_session_host(const struct am_imap_session *s)
{
	return s->account->host;
}

bool am_imap_session_utf8(const struct am_imap_session *s)
{
	return s->utf8;
}

bool am_imap_session_qresync(const struct am_imap_session *s)
{
	return s->qresync;
}

/* ---- what is offered ---- */

void am_imap_session_take_caps(struct am_imap_session *s,
                               const struct am_imap_value *values, size_t n)
{
	GString *all = g_string_new(" ");

	for (size_t i = 0; i < n; i++) {
		const char *word = am_imap_text(&values[i]);
		/* "LITERAL +" (SurgeMail). */
		if (word && *word == '+' && all->len > 1)
			g_string_truncate(all, all->len - 1);
		if (word)
			g_string_append_printf(all, "%s ", word);
	}
	for (char *c = all->str; *c; c++)
		*c = g_ascii_toupper(*c);
	g_free(s->caps);
	s->caps = g_string_free(all, FALSE);
	s->caps_new = true;
	s->out.literal_plus = am_imap_session_has(s, "LITERAL+");
	s->out.literal_minus = am_imap_session_has(s, "LITERAL-");
}

/* Behind its leading space, or NULL. */
static char *find_cap(const struct am_imap_session *s, const char *word)
{
	char *up = g_ascii_strup(word, -1);
	char *pattern = g_strdup_printf(" %s", up);
	char *at = s->caps ? strstr(s->caps, pattern) : NULL;

	g_free(pattern);
	g_free(up);
	return at ? at + 1 : NULL;
}

bool am_imap_session_has(const struct am_imap_session *s, const char *cap)
{
	char *word = g_strdup_printf("%s ", cap);
	bool has = find_cap(s, word);

	g_free(word);
	return has;
}

const char *am_imap_session_cap(const struct am_imap_session *s,
                                const char *name)
{
	static _Thread_local char value[64];
	char *word = g_strdup_printf("%s=", name);
	const char *at = find_cap(s, word);

	if (at) {
		at += strlen(word);
		size_t n = strcspn(at, " ");
		g_strlcpy(value, at, MIN(n + 1, sizeof value));
	}
	g_free(word);
	return at ? value : NULL;
}

uint32_t am_imap_session_limit(const struct am_imap_session *s)
{
	const char *text = am_imap_session_cap(s, "MESSAGELIMIT");
	uint64_t n = text ? g_ascii_strtoull(text, NULL, 10) : 0;

	return (uint32_t)MIN(n, UINT32_MAX);
}

void am_imap_session_distrust(struct am_imap_session *s, const char *cap)
{
	char *word = g_strdup_printf("%s ", cap);
	char *at = find_cap(s, word);

	if (at)
		*at = '!';
	g_free(word);
}

int am_imap_session_capability(struct am_imap_session *s, struct am_error *err)
{
	g_clear_pointer(&s->caps, g_free);
	int r = am_imap_session_say(s, "CAPABILITY", err, "CAPABILITY");
	if (!s->caps)
		s->caps = g_strdup(" ");
	/* A server that does not know its own mind still has mail. */
	return r == AM_FAILED ? AM_OK : r;
}

/* ---- opening ---- */

/* Courier makes up a new UIDVALIDITY for each EXAMINE of a mailbox that nobody
 * has selected yet. */
static bool examines(const struct am_imap_account *account, const char *hello)
{
	return account->open == AM_IMAP_OPEN_AUTO
	               ? !strstr(hello, "Courier-IMAP")
	               : account->open == AM_IMAP_OPEN_EXAMINE;
}

static int take_greeting(struct am_imap_session *s, bool *preauth,
                         struct am_error *err)
{
	const char *host = s->account->host;
	struct am_imap_line line = {0};
	struct am_imap_reply reply;

	int r = am_imap_parser_line(s->parser, &line, err);
	if (r == AM_END)
		return am_fail(err, AM_RETRY, AM_E_IO,
		               "%.80s: closed the connection without a word",
		               host);
	if (r)
		return am_wrap(err, r == AM_FAILED ? AM_RETRY : r, "%.80s",
		               host);
	am_imap_reply_read(&reply, &line);
	s->examine = examines(s->account, reply.text);
	if (line.n_code && am_imap_is(line.code, "CAPABILITY"))
		am_imap_session_take_caps(s, line.code + 1, line.n_code - 1);
	if (!strcmp(line.tag, "*") && line.n_values &&
	    am_imap_is(line.values, "BYE")) {
		if (reply.wait_ms)
			am_imap_account_pause(s->account, reply.wait_ms);
		return am_fail(err, AM_RETRY, AM_E_BUSY,
		               "%.80s: turned the connection away: %s", host,
		               reply.text);
	}
	*preauth = line.n_values && am_imap_is(line.values, "PREAUTH");
	if (strcmp(line.tag, "*") != 0 || reply.end != AM_IMAP_END_OK)
		return am_fail(err, AM_FATAL, AM_E_PROTOCOL,
		               "%.80s: not an IMAP server on port %u", host,
		               s->account->login->port);
	return AM_OK;
}

/* Nothing of what was said before it holds after it. */
static int start_tls(struct am_imap_session *s, struct am_error *err)
{
	const char *host = s->account->host;
	int r = AM_OK;

	if (!s->caps)
		r = am_imap_session_capability(s, err);
	if (r)
		return r;
	if (!am_imap_session_has(s, "STARTTLS"))
		return am_fail(err, AM_FATAL, AM_E_AUTH,
		               "%.80s: offers no STARTTLS, and nothing is sent "
		               "in the clear (imaps:// is TLS on port 993; "
		               "tls=off gives up all protection)",
		               host);
	r = am_imap_session_say(s, "STARTTLS", err, "STARTTLS");
	if (r)
		return r == AM_FAILED ? AM_FATAL : r;
	r = am_conn_starttls(s->conn, err);
	if (r)
		return am_wrap(err, r, "%.80s", host);
	return am_imap_session_capability(s, err);
}

static const char *sync_word(const struct am_imap_session *s)
{
	return am_imap_session_has(s, "QRESYNC")     ? " QRESYNC"
	       : am_imap_session_has(s, "CONDSTORE") ? " CONDSTORE"
	                                             : "";
}

/* "ENABLE QRESYNC UTF8=ACCEPT UIDONLY", of what is offered; "" for nothing. */
static void put_enable(struct am_imap_session *s, char *out, size_t room)
{
	bool utf8 = am_imap_session_has(s, "UTF8=ACCEPT") ||
	            am_imap_session_has(s, "UTF8=ONLY");
	const char *sync = sync_word(s);
	/* Yahoo shows all of a large folder only to those who can do without
	 * message numbers (RFC 9586), which we never use. */
	bool uidonly = am_imap_session_has(s, "UIDONLY");

	*out = '\0';
	if (am_imap_session_has(s, "ENABLE") && (*sync || utf8 || uidonly))
		g_snprintf(out, room, "ENABLE%s%s%s", sync,
		           utf8 ? " UTF8=ACCEPT" : "",
		           uidonly ? " UIDONLY" : "");
}

static void enabled(struct am_imap_session *s, const char *asked)
{
	/* iCloud says an empty ENABLED and does it all the same. */
	s->utf8 = strstr(asked, " UTF8=ACCEPT");
	s->qresync = strstr(asked, " QRESYNC");
	s->out.utf8 = s->utf8;
}

/* Not every server that offers it means it; none of it is needed. */
static int introduce(struct am_imap_session *s, struct am_error *err)
{
	struct am_imap_command id = {0}, enable = {0};
	char asked[64];
	bool asks_id = s->account->id && am_imap_session_has(s, "ID");
	int r = AM_OK;

	put_enable(s, asked, sizeof asked);
	if (asks_id) {
		am_imap_put(&s->out,
		            "ID (\"name\" \"mailark\" \"version\" \"%s\")",
		            AM_VERSION);
		r = am_imap_session_send(s, &id, err);
	}
	if (!r && *asked) {
		am_imap_put(&s->out, "%s", asked);
		r = am_imap_session_send(s, &enable, err);
	}
	if (!r && asks_id)
		r = am_imap_session_wait(s, &id, "ID", err);
	if ((!r || r == AM_FAILED) && *asked)
		r = am_imap_session_wait(s, &enable, "ENABLE", err);
	if (r == AM_FAILED && strstr(asked, " UIDONLY")) {
		/* The rest of it may be meant. */
		am_imap_session_distrust(s, "UIDONLY");
		put_enable(s, asked, sizeof asked);
		r = *asked ? am_imap_session_say(s, "ENABLE", err, "%s", asked)
		           : AM_OK;
	}
	if (!r && *asked)
		enabled(s, asked);
	return r == AM_FAILED ? AM_OK : r;
}

bool am_imap_session_is_compressed(const struct am_imap_session *s)
{
	return s->compressed || !am_imap_session_has(s, "COMPRESS=DEFLATE");
}

int am_imap_session_compress(struct am_imap_session *s, struct am_error *err)
{
	if (am_imap_session_is_compressed(s))
		return AM_OK;
	s->compressed = true;
	int r = am_imap_session_say(s, "COMPRESS", err, "COMPRESS DEFLATE");
	if (r)
		return r == AM_FAILED ? AM_OK : r;
	return am_conn_compress(s->conn, err);
}

static int greet(struct am_imap_session *s, struct am_error *err)
{
	bool preauth = false;

	int r = take_greeting(s, &preauth, err);
	if (!r)
		am_imap_account_greeted(s->account);
	if (!r && preauth && s->account->login->tls == AM_TLS_STARTTLS)
		/* Whoever may write to the wire could say so (CVE-2020-14093).
		 */
		r = am_fail(err, AM_FATAL, AM_E_AUTH,
		            "%.80s: takes us for logged in before there is "
		            "TLS; that is not believed",
		            s->account->host);
	if (!r && s->account->login->tls == AM_TLS_STARTTLS)
		r = start_tls(s, err);
	if (!r && !preauth) {
		if (!s->caps)
			r = am_imap_session_capability(s, err);
		if (!r)
			r = am_imap_session_login(s, err);
	}
	if (!r)
		r = am_imap_session_capability(s, err);
	if (!r)
		r = introduce(s, err);
	if (!r && s->account->compress == AM_IMAP_COMPRESS_ON)
		r = am_imap_session_compress(s, err);
	return r;
}

int am_imap_session_open(struct am_imap_session **out,
                         struct am_imap_account *account, struct am_error *err)
{
	struct am_imap_session *s = g_new0(struct am_imap_session, 1);
	struct am_imap_hooks hooks = {.literal = am_imap_session_literal,
	                              .user = s};

	*out = NULL;
	s->account = account;
	for (size_t i = 0; i + 2 < sizeof s->prefix; i++)
		s->prefix[i] = (char)('A' + g_random_int_range(0, 26));
	s->prefix[sizeof s->prefix - 2] = '.';
	int r = am_imap_account_rest(account, err);
	if (!r)
		r = am_server_login_connect(account->login, account->rate,
		                            &s->conn, err);
	if (!r)
		r = am_imap_parser_new(&s->parser, am_conn_in(s->conn),
		                       AM_IMAP_CLIENT, &hooks, NULL, err);
	if (!r)
		r = greet(s, err);
	/* What was refused here would be refused again. */
	if (r == AM_FAILED)
		r = AM_FATAL;
	if (r)
		am_imap_session_close(&s, false);
	*out = s;
	return r;
}

void am_imap_session_close(struct am_imap_session **session, bool polite)
{
	struct am_imap_session *s = *session;

	*session = NULL;
	if (!s)
		return;
	if (polite && s->conn && !s->pending && !s->bye &&
	    !am_ctx_cancelled(s->account->ctx)) {
		struct am_imap_command bye = {0};
		am_imap_put(&s->out, "LOGOUT");
		int r = am_imap_session_begin(s, &bye, NULL);
		if (!r)
			r = am_imap_session_end(s, NULL);
		if (!r)
			r = am_conn_flush(s->conn, NULL);
		if (!r)
			r = am_conn_wait(s->conn, 500, NULL);
		/* Hear it out, or the socket's end is a reset. */
		if (!r)
			(void)!am_imap_session_step(s, NULL);
	}
	am_imap_parser_free(&s->parser);
	am_conn_close(&s->conn);
	am_imap_out_free(&s->out);
	am_imap_session_mailbox_clear(s);
	g_free(s->aim);
	g_free(s->caps);
	explicit_bzero(s->challenge, sizeof s->challenge);
	g_free(s);
}
