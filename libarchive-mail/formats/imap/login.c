/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * AUTHENTICATE (RFC 3501 §6.2.2, SASL-IR of RFC 4959) and LOGIN.
 */
#include "formats/imap/session_impl.h"

#include "wire/sasl.h"

#include <glib.h>

#include <string.h>

/* "PLAIN SCRAM-SHA-256" of all "AUTH=…". */
static char *mechanisms(const struct am_imap_session *s)
{
	GString *out = g_string_new(NULL);
	char **words = g_strsplit(s->caps ? s->caps : "", " ", -1);

	for (char **w = words; *w; w++)
		if (g_str_has_prefix(*w, "AUTH="))
			g_string_append_printf(out, "%s%s", out->len ? " " : "",
			                       *w + 5);
	g_strfreev(words);
	return g_string_free(out, FALSE);
}

/* Passing trouble is for a new connection after a while; the rest is final. */
static int refused(struct am_imap_session *s, const struct am_imap_reply *reply,
                   struct am_error *err)
{
	const char *host = s->account->host;

	int r = am_imap_reply_status(reply, host, "login", err);
	if (r != AM_FAILED)
		return r;
	switch (reply->trouble) {
	case AM_IMAP_WAIT:
		am_imap_account_pause(s->account,
		                      reply->wait_ms ? reply->wait_ms : 10000);
		return AM_RETRY;
	case AM_IMAP_UNAVAILABLE:
	case AM_IMAP_IN_USE:
		return AM_RETRY;
	default:
		/* iCloud calls a wrong password a syntax error. */
		return am_fail(err, AM_FATAL, AM_E_AUTH,
		               "%.80s: login refused%s%s", host,
		               *reply->text ? ": " : "", reply->text);
	}
}

static int login_command(struct am_imap_session *s,
                         const struct am_sasl_client_opts *opts,
                         struct am_error *err)
{
	struct am_imap_command cmd = {0};

	am_imap_put(&s->out, "LOGIN ");
	int r = am_imap_put_string(&s->out, opts->user, strlen(opts->user),
	                           err);
	am_imap_put(&s->out, " ");
	if (!r)
		r = am_imap_put_string(&s->out, opts->password,
		                       strlen(opts->password), err);
	if (!r)
		r = am_imap_session_run(s, &cmd, "login", err);
	if (r == AM_FAILED && cmd.reply.end > AM_IMAP_END_OK)
		return refused(s, &cmd.reply, err);
	return r == AM_FAILED ? AM_FATAL : r;
}

static int send_line(struct am_imap_session *s, const uint8_t *data, size_t len,
                     struct am_error *err)
{
	char *text = g_base64_encode(data, len);

	int r = am_imap_session_write(s, text, strlen(text), err);
	explicit_bzero(text, strlen(text));
	g_free(text);
	return r ? r : am_imap_session_end(s, err);
}

/* One challenge answered.  What the mechanism does not believe is cut off with
 * a "*", and its words are kept in *why. */
static int answer(struct am_imap_session *s, struct am_sasl *sasl,
                  bool *stopped, struct am_error *why, struct am_error *err)
{
	const uint8_t *out = NULL;
	size_t len = strlen(s->challenge), out_len = 0;
	gsize in_len = 0;
	guchar *in = g_base64_decode(len ? s->challenge : "", &in_len);

	int r = am_sasl_step(sasl, in, in_len, &out, &out_len, why);
	g_free(in);
	if (r >= 0)
		return send_line(s, out, out_len, err);
	*stopped = true;
	r = am_imap_session_write(s, "*", 1, err);
	return r ? r : am_imap_session_end(s, err);
}

/* *vague: a plain NO, that does not say what of it was wrong. */
static int exchange(struct am_imap_session *s, struct am_sasl *sasl,
                    bool *vague, struct am_error *err)
{
	struct am_imap_command cmd = {0};
	struct am_error why = {0};
	const uint8_t *out = NULL;
	size_t len = 0;
	bool stopped = false;
	int r = AM_OK;

	am_imap_put(&s->out, "AUTHENTICATE %s", am_sasl_name(sasl));
	if (am_sasl_client_first(sasl) && am_imap_session_has(s, "SASL-IR")) {
		r = am_sasl_step(sasl, NULL, 0, &out, &len, err);
		if (r < 0)
			return r;
		char *text = g_base64_encode(out, len);
		am_imap_put(&s->out, " %s", len ? text : "=");
		explicit_bzero(text, strlen(text));
		g_free(text);
	}
	r = am_imap_session_send(s, &cmd, err);
	s->go_ahead = false;
	while (!r && cmd.reply.end == AM_IMAP_UNDER_WAY) {
		r = am_imap_session_step(s, err);
		if (!r && s->go_ahead && !stopped)
			r = answer(s, sasl, &stopped, &why, err);
		s->go_ahead = false;
	}
	if (r)
		return r;
	if (stopped) {
		*err = why;
		return am_wrap(err, AM_FATAL, "%.80s: login", s->account->host);
	}
	*vague = cmd.reply.end == AM_IMAP_END_NO && !*cmd.reply.code;
	if (cmd.reply.end != AM_IMAP_END_OK)
		return refused(s, &cmd.reply, err);
	if (!am_sasl_satisfied(sasl))
		return am_fail(err, AM_FATAL, AM_E_AUTH,
		               "%.80s: did not prove that it knows the "
		               "password; it may be another server",
		               s->account->host);
	return AM_OK;
}

/* Servers offer SCRAM and CRAM-MD5 because a library of theirs knows them, and
 * have nothing to check them against (GNU imap4d): a password that was not
 * accepted hashed may be as it is, where that may go over this connection. */
static int as_it_is(struct am_imap_session *s, const char *offered,
                    const struct am_sasl_client_opts *opts, bool login,
                    struct am_error *err)
{
	struct am_error unsuited;
	struct am_sasl *sasl = NULL;
	bool vague;
	char *plain = am_server_login_plain(offered);

	int r = am_sasl_client_new(&sasl, plain, NULL, opts, &unsuited);
	g_free(plain);
	if (r)
		return login ? login_command(s, opts, err) : AM_FATAL;
	r = exchange(s, sasl, &vague, err);
	am_sasl_free(&sasl);
	return r;
}

static int try_login(struct am_imap_session *s, bool again, bool *token,
                     struct am_error *err)
{
	struct am_server_login *account = s->account->login;
	struct am_sasl_client_opts opts = {0};
	struct am_sasl *sasl = NULL;
	bool vague = false;

	int r = am_server_login_secret(account, s->conn, again, &opts, err);
	if (r)
		return r == AM_RETRY ? r : AM_FATAL;
	*token = opts.token;
	char *offered = mechanisms(s);
	bool login = opts.user && opts.password && opts.clear_ok &&
	             !account->auth && !account->act_as &&
	             !am_imap_session_has(s, "LOGINDISABLED");
	if (!*offered && login) {
		r = login_command(s, &opts, err);
		goto out;
	}
	r = am_sasl_client_new(&sasl, offered, account->auth, &opts, err);
	if (r == AM_FAILED && login)
		r = login_command(s, &opts, err);
	else if (r)
		r = am_wrap(err, AM_FATAL, "%.80s", s->account->host);
	else
		r = exchange(s, sasl, &vague, err);
	if (vague && r == AM_FATAL && !s->bye && opts.password &&
	    opts.clear_ok && !account->auth && sasl &&
	    am_server_login_is_hashed(am_sasl_name(sasl)))
		r = as_it_is(s, offered, &opts, login, err);
out:
	am_sasl_free(&sasl);
	g_free(offered);
	return r;
}

int am_imap_session_login(struct am_imap_session *s, struct am_error *err)
{
	bool token = false;

	int r = try_login(s, false, &token, err);
	/* A token may have expired between two looks at the clock. */
	if (r != AM_FATAL || !err || err->kind != AM_E_AUTH || !token || s->bye)
		return r;
	struct am_error why = *err;
	token = false;
	r = try_login(s, true, &token, err);
	/* There is no other: what the server said matters more. */
	if (r == AM_FATAL && !token && err->kind == AM_E_AUTH) {
		struct am_error other = *err;
		r = am_fail(err, AM_FATAL, AM_E_AUTH, "%s; then %s", why.text,
		            other.text);
	}
	return r;
}
