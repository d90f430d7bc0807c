/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Logging in to a POP3 server: AUTH (RFC 5034), APOP and USER (RFC 1939).
 */
#include "formats/pop3/session.h"

#include <glib.h>

#include <string.h>

/* A command line with its CRLF; a longer first answer has to wait for "+". */
enum { LINE_ROOM = 255, STEPS = 16 };

/* A name or password as it can stand in a line of its own. */
static bool fits_line(const char *s)
{
	return !strpbrk(s, "\r\n");
}

static int judge(struct am_pop3_session *s, const struct am_pop3_status *status,
                 struct am_error *err)
{
	if (status->ok)
		return AM_OK;
	struct am_error why = {0};
	int r = am_pop3_refusal(status, "login was", &why);
	/* Without a code, and not about a lock, it is the credentials. */
	s->refused = why.kind == AM_E_AUTH ||
	             (why.kind == AM_E_PROTOCOL && !status->code);
	s->vague = s->refused && !status->code;
	if (s->refused)
		why.kind = AM_E_AUTH;
	if (err)
		*err = why;
	return r;
}

static int say_and_hear(struct am_pop3_session *s,
                        struct am_pop3_status *status, struct am_error *err)
{
	int r = am_pop3_flush(s, err);

	return r ? r : am_pop3_answer(s, status, err);
}

/* ---- SASL ---- */
static int put_base64(struct am_pop3_session *s, const char *before,
                      const uint8_t *data, size_t len, struct am_error *err)
{
	char *text = len ? g_base64_encode(data, len) : g_strdup("");
	int r = am_pop3_put(s, err, "%s%s", before, text);

	explicit_bzero(text, strlen(text));
	g_free(text);
	return r;
}

static int begin(struct am_pop3_session *s, struct am_sasl *sasl,
                 struct am_error *err)
{
	const uint8_t *data = NULL;
	size_t len = 0;
	char command[64];

	g_snprintf(command, sizeof command, "AUTH %.40s", am_sasl_name(sasl));
	if (!am_sasl_client_first(sasl))
		return am_pop3_put(s, err, "%s", command);
	int r = am_sasl_step(sasl, NULL, 0, &data, &len, err);
	if (r < 0)
		return r;
	size_t line = strlen(command) + 1 + (len + 2) / 3 * 4 + 2;
	if (line <= LINE_ROOM && len) {
		g_strlcat(command, " ", sizeof command);
		return put_base64(s, command, data, len, err);
	}
	if (!len)
		return am_pop3_put(s, err, "%s =", command);
	/* Tokens are longer than a line may be: after the "+". */
	struct am_pop3_status status = {0};
	r = am_pop3_put(s, err, "%s", command);
	if (!r)
		r = say_and_hear(s, &status, err);
	if (!r && !status.go_on)
		r = status.ok ? am_fail(err, AM_FATAL, AM_E_PROTOCOL,
		                        "a login that needed no credentials")
		              : judge(s, &status, err);
	return r ? r : put_base64(s, "", data, len, err);
}

/* One challenge; the text of status is gone afterwards. */
static int answer_challenge(struct am_pop3_session *s, struct am_sasl *sasl,
                            const struct am_pop3_status *status,
                            struct am_error *err)
{
	gsize n = 0;
	guchar *in = g_base64_decode(status->text ? status->text : "", &n);
	const uint8_t *data = NULL;
	size_t len = 0;

	int r = am_sasl_step(sasl, in, n, &data, &len, err);
	g_free(in);
	if (r >= 0)
		return put_base64(s, "", data, len, err);
	/* Not believed: tell the server it is off. */
	struct am_pop3_status last;
	if (am_pop3_put(s, NULL, "*") || say_and_hear(s, &last, NULL))
		return r;
	s->refused = !last.ok && r == AM_FAILED;
	return r;
}

static int run_sasl(struct am_pop3_session *s, struct am_sasl *sasl,
                    struct am_error *err)
{
	struct am_pop3_status status = {0};

	int r = begin(s, sasl, err);
	for (unsigned n = 0; !r; n++) {
		r = say_and_hear(s, &status, err);
		if (r || !status.go_on)
			break;
		if (n == STEPS)
			return am_fail(err, AM_FATAL, AM_E_PROTOCOL,
			               "login has no end");
		r = answer_challenge(s, sasl, &status, err);
	}
	if (r)
		return r;
	r = judge(s, &status, err);
	if (!r && !am_sasl_satisfied(sasl))
		r = am_fail(err, AM_FATAL, AM_E_AUTH,
		            "the server let us in without proving that it "
		            "knows the password");
	return r;
}

/* ---- without SASL ---- */
static int run_apop(struct am_pop3_session *s,
                    const struct am_sasl_client_opts *opts,
                    struct am_error *err)
{
	struct am_pop3_status status = {0};
	GChecksum *md5 = g_checksum_new(G_CHECKSUM_MD5);

	g_checksum_update(md5, (const guchar *)s->stamp, -1);
	g_checksum_update(md5, (const guchar *)opts->password, -1);
	int r = am_pop3_put(s, err, "APOP %s %s", opts->user,
	                    g_checksum_get_string(md5));
	g_checksum_free(md5);
	if (!r)
		r = say_and_hear(s, &status, err);
	return r ? r : judge(s, &status, err);
}

static int run_user(struct am_pop3_session *s,
                    const struct am_sasl_client_opts *opts,
                    struct am_error *err)
{
	struct am_pop3_status status = {0};

	if (!opts->clear_ok)
		return am_fail(err, AM_FATAL, AM_E_AUTH,
		               "the password would go over the network for all "
		               "to read");
	int r = am_pop3_put(s, err, "USER %s", opts->user);
	if (!r)
		r = say_and_hear(s, &status, err);
	if (!r)
		r = judge(s, &status, err);
	if (!r)
		r = am_pop3_put(s, err, "PASS %s", opts->password);
	if (!r)
		r = say_and_hear(s, &status, err);
	return r ? r : judge(s, &status, err);
}

static int without_sasl(struct am_pop3_session *s, const char *only,
                        const struct am_sasl_client_opts *opts,
                        struct am_error *err)
{
	/* Where nobody can listen USER is as good as APOP, for which servers
	 * must keep passwords as they are. */
	bool apop = only ? !strcmp(only, "APOP")
	                 : s->stamp && !am_conn_is_tls(s->conn);

	if (!opts->password || !opts->user)
		return am_fail(err, AM_FATAL, AM_E_AUTH,
		               "the server has logins by password only");
	if (apop && !s->stamp)
		return am_fail(err, AM_FATAL, AM_E_AUTH,
		               "the server has no APOP");
	if (!fits_line(opts->user) || !fits_line(opts->password) ||
	    (apop && strchr(opts->user, ' ')))
		return am_fail(err, AM_FATAL, AM_E_ARGUMENT,
		               "name or password cannot be sent: there is a "
		               "line end in it");
	return apop ? run_apop(s, opts, err) : run_user(s, opts, err);
}

/*
 * Servers offer APOP and SCRAM because their program knows it, and have no
 * password it could be checked against (GNU pop3d, which calls that a wrong
 * password): it may be right as it is, where that may go over this connection.
 * One that hangs up after a refusal is called again.
 */
static int as_it_is(struct am_pop3_session *s, const char *offered,
                    const struct am_sasl_client_opts *opts, int refused,
                    struct am_error *err)
{
	struct am_error why = {0};
	struct am_sasl *sasl = NULL;
	char *plain = am_server_login_plain(offered ? offered : "");

	int r = am_sasl_client_new(&sasl, plain, NULL, opts, &why);
	g_free(plain);
	if (!r)
		r = run_sasl(s, sasl, &why);
	else if (!s->has_capa || s->user)
		r = run_user(s, opts, &why);
	else
		return refused;
	am_sasl_free(&sasl);
	bool lost = r == AM_RETRY ||
	            (r == AM_FATAL &&
	             (why.kind == AM_E_PROTOCOL || why.kind == AM_E_IO));
	s->call_again = lost && !s->as_it_is;
	s->as_it_is = true;
	if (r && err)
		*err = why;
	return r;
}

int am_pop3_login(struct am_pop3_session *s, bool again, struct am_error *err)
{
	const char *only = s->login->auth;
	struct am_sasl_client_opts opts;
	struct am_sasl *sasl = NULL;
	struct am_error why = {0};

	int r = am_server_login_secret(s->login, s->conn, again, &opts, err);
	if (r)
		return r == AM_FAILED && err && err->kind != AM_E_BUSY
		               ? AM_FATAL
		               : r;
	bool old = only && (!strcmp(only, "USER") || !strcmp(only, "APOP"));
	/* A server without CAPA may know AUTH all the same, but there is no
	 * telling by what mechanism: only when told to. */
	const char *offered = s->mechanisms ? s->mechanisms
	                      : only        ? only
	                                    : NULL;
	if (s->as_it_is)
		return as_it_is(s, offered, &opts, AM_FAILED, err);
	if (!old && offered) {
		r = am_sasl_client_new(&sasl, offered, only, &opts, &why);
		if (!r) {
			bool hashed =
				am_server_login_is_hashed(am_sasl_name(sasl));
			r = run_sasl(s, sasl, err);
			am_sasl_free(&sasl);
			if (r == AM_FAILED && s->vague && hashed && !only &&
			    opts.clear_ok)
				r = as_it_is(s, offered, &opts, r, err);
			return r;
		}
		/* None of them suits; a plain password may. */
		if (only || !opts.password || (s->has_capa && !s->user)) {
			if (err)
				*err = why;
			return AM_FATAL;
		}
	}
	r = without_sasl(s, only, &opts, err);
	if (r == AM_FAILED && s->refused && s->stamp && !only &&
	    !am_conn_is_tls(s->conn) && opts.clear_ok)
		r = as_it_is(s, offered, &opts, r, err);
	return r;
}
