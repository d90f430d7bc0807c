/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * LOGIN, AUTHENTICATE (PLAIN, LOGIN, SCRAM-SHA-256 with and without channel
 * binding), and what goes around the connection: STARTTLS, COMPRESS.
 */
#include "serve/commands.h"

#include "serve/login.h"
#include "serve/text.h"
#include "serve/users.h"
#include "wire/conn.h"
#include "wire/sasl.h"

#include <openssl/crypto.h>

#include <string.h>

enum { LOGINS_MOST = 5 };

struct login {
	struct am_session *s;
	char *name; /* who is said to be there, believed or not; NULL: nobody */
};

static int find_user(void *user, const char *name, struct am_sasl_secret *out,
                     struct am_error *err)
{
	struct login *login = user;
	struct am_session *s = login->s;

	(void)err;
	g_free(login->name);
	login->name = g_strdup(name);
	return am_users_find(s->house->users, name, out, &s->user_read_only);
}

static struct am_sasl_server_opts login_opts(struct login *login)
{
	struct am_session *s = login->s;
	struct am_sasl_server_opts opts = {.find = find_user, .user = login};

	opts.fake_key = am_users_fake_key(s->house->users);
	am_conn_binding(s->conn, &opts.binding_name, &opts.binding,
	                &opts.binding_len);
	return opts;
}

static bool is_private(const struct am_session *s)
{
	return am_conn_is_tls(s->conn) || s->opts.loopback ||
	       s->house->insecure_login;
}

static void refuse(struct am_session *s, const char *name)
{
	s->bad_logins++;
	s->user_read_only = false;
	if (s->opts.tried)
		(void)s->opts.tried(s->opts.user, name, false);
	am_no(s, "[AUTHENTICATIONFAILED] the name or the password is wrong");
	if (s->bad_logins >= LOGINS_MOST) {
		if (!s->opts.pop3)
			am_say(s, "* BYE too many of them\r\n");
		s->over = true;
	}
}

static bool admit(struct am_session *s, const char *name)
{
	if (s->opts.tried && !s->opts.tried(s->opts.user, name, true)) {
		s->user_read_only = false;
		am_no(s, "[LIMIT] too many connections of this user");
		return false;
	}
	s->user = g_strdup(name);
	s->stage = AM_STAGE_IN;
	/* The walls of strangers do not hold any more. */
	am_imap_parser_free(&s->parser);
	GString *said = s->out;
	s->out = g_string_new("");
	am_put_capabilities(s);
	am_ok(s, "[%s] welcome", s->out->str);
	g_string_free(s->out, TRUE);
	s->out = said;
	return true;
}

static int step(struct am_session *s, struct am_sasl *sasl, const void *in,
                size_t in_len, const uint8_t **out, size_t *out_len)
{
	if (s->opts.prove)
		s->opts.prove(s->opts.user, true);
	int r = am_sasl_step(sasl, in, in_len, out, out_len, NULL);
	if (s->opts.prove)
		s->opts.prove(s->opts.user, false);
	return r;
}

/* ---- LOGIN ---- */

bool am_login_is_private(const struct am_session *s)
{
	return is_private(s);
}

enum am_login am_login_password(struct am_session *s, const char *name,
                                const char *password)
{
	enum am_login how = AM_LOGIN_BAD;
	struct login login = {.s = s};
	struct am_sasl_server_opts opts = login_opts(&login);
	struct am_sasl *sasl;
	const uint8_t *out;
	size_t len;
	/* What PLAIN says: no identity, the name, the password. */
	GString *plain = g_string_new("");

	g_string_append_len(plain, "\0", 1);
	g_string_append_len(plain, name, (gssize)strlen(name) + 1);
	g_string_append(plain, password);
	int r = am_sasl_server_new(&sasl, "PLAIN", &opts, NULL);
	if (!r)
		r = step(s, sasl, plain->str, plain->len, &out, &len);
	if (r == AM_END)
		how = admit(s, name) ? AM_LOGIN_GOOD : AM_LOGIN_MANY;
	else
		refuse(s, name);
	am_sasl_free(&sasl);
	g_free(login.name);
	OPENSSL_cleanse(plain->str, plain->len);
	g_string_free(plain, TRUE);
	return how;
}

AM_COMMAND(login)
{
	(void)uid;
	if (n != 2 || !am_arg_is_string(&args[0]) ||
	    !am_arg_is_string(&args[1])) {
		am_bad(s, "LOGIN takes a name and a password");
		return;
	}
	if (!is_private(s)) {
		am_no(s, "[PRIVACYREQUIRED] not without TLS");
		return;
	}
	char *tag = g_strdup(s->tag);
	char *who = g_strdup(am_imap_text(&args[0]));
	am_login_password(s, who, am_imap_text(&args[1]));
	/* The line went with the parser. */
	am_say(s, "%s %s\r\n", tag, s->answer->str);
	s->answered = true;
	g_free(who);
	g_free(tag);
}

/* ---- AUTHENTICATE ---- */

static guchar *decode(const char *text, gsize *len)
{
	size_t n = strlen(text);
	size_t most = n < 2 ? 0 : n - 2; /* so many are no padding */

	*len = 0;
	if (!strcmp(text, "="))
		return (guchar *)g_strdup("");
	size_t plain =
		strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrs"
	                     "tuvwxyz0123456789+/");
	if (n % 4 || plain < most || strspn(text + plain, "=") != n - plain)
		return NULL;
	return n ? g_base64_decode(text, len) : (guchar *)g_strdup("");
}

/* The next thing the client says; NULL: nothing that can be used. */
static guchar *hear(struct am_session *s, gsize *len, bool *gave_up)
{
	char *line;

	*gave_up = false;
	if (am_session_line(s, &line))
		return NULL;
	*gave_up = !strcmp(line, "*");
	guchar *bytes = *gave_up ? NULL : decode(line, len);
	OPENSSL_cleanse(line, strlen(line));
	g_free(line);
	return bytes;
}

static int speak(struct am_session *s, const uint8_t *bytes, size_t len)
{
	char *text = g_base64_encode(bytes, len);
	int r = am_session_continue(s, text);

	g_free(text);
	return r;
}

enum talk { TALK_GOOD, TALK_MANY, TALK_BAD, TALK_GARBLED, TALK_GAVE_UP };

static enum talk talk(struct am_session *s, struct am_sasl *sasl,
                      const char *initial)
{
	const uint8_t *out;
	size_t out_len;
	gsize len = 0;
	bool gave_up = false;
	guchar *in = initial ? decode(initial, &len) : NULL;
	bool first = true;

	if (initial && !in)
		return TALK_GARBLED;
	for (;;) {
		int r = AM_OK;
		out = NULL;
		out_len = 0;
		if (in || !first || !am_sasl_client_first(sasl))
			r = step(s, sasl, in, len, &out, &out_len);
		first = false;
		if (in)
			OPENSSL_cleanse(in, len);
		g_free(in);
		if (r < 0)
			return TALK_BAD;
		/* The last word has to be heard and answered by nothing. */
		if (r == AM_END && !out_len)
			return TALK_GOOD;
		if (speak(s, out, out_len))
			return TALK_GAVE_UP;
		in = hear(s, &len, &gave_up);
		if (!in)
			return gave_up ? TALK_GAVE_UP : TALK_GARBLED;
		if (r == AM_END) {
			g_free(in);
			return TALK_GOOD;
		}
	}
}

static bool is_offered(struct am_session *s, const char *mechanism)
{
	if (!g_ascii_strcasecmp(mechanism, "SCRAM-SHA-256"))
		return true;
	if (!g_ascii_strcasecmp(mechanism, "SCRAM-SHA-256-PLUS"))
		return am_conn_is_tls(s->conn);
	return (!g_ascii_strcasecmp(mechanism, "PLAIN") ||
	        !g_ascii_strcasecmp(mechanism, "LOGIN")) &&
	       is_private(s);
}

enum am_login am_login_sasl(struct am_session *s, const char *mechanism,
                            const char *initial)
{
	struct login login = {.s = s};
	struct am_sasl_server_opts opts = login_opts(&login);
	struct am_sasl *sasl = NULL;
	enum talk how = TALK_BAD;

	if (!is_offered(s, mechanism))
		return AM_LOGIN_UNKNOWN;
	char *upper = g_ascii_strup(mechanism, -1);
	if (!am_sasl_server_new(&sasl, upper, &opts, NULL))
		how = talk(s, sasl, initial);
	if (how == TALK_GOOD && *am_sasl_authzid(sasl) &&
	    strcmp(am_sasl_authzid(sasl), am_sasl_user(sasl)))
		how = TALK_BAD; /* nobody acts for another here */
	if (how == TALK_GOOD && !admit(s, am_sasl_user(sasl)))
		how = TALK_MANY;
	else if (how == TALK_BAD)
		refuse(s, login.name);
	am_sasl_free(&sasl);
	g_free(login.name);
	g_free(upper);
	return how == TALK_GOOD      ? AM_LOGIN_GOOD
	       : how == TALK_MANY    ? AM_LOGIN_MANY
	       : how == TALK_BAD     ? AM_LOGIN_BAD
	       : how == TALK_GAVE_UP ? AM_LOGIN_GAVE_UP
	                             : AM_LOGIN_GARBLED;
}

AM_COMMAND(authenticate)
{
	(void)uid;
	const char *name = n ? am_imap_text(&args[0]) : NULL;
	const char *initial = n > 1 ? am_imap_text(&args[1]) : NULL;
	if (!name || n > 2 || (n == 2 && !initial)) {
		am_bad(s, "AUTHENTICATE takes a mechanism and a first answer");
		return;
	}
	char *first = g_strdup(initial), *tag = g_strdup(s->tag);
	switch (am_login_sasl(s, name, first)) {
	case AM_LOGIN_UNKNOWN:
		am_no(s, "[CANNOT] not that way");
		break;
	case AM_LOGIN_GAVE_UP:
		am_bad(s, "given up");
		break;
	case AM_LOGIN_GARBLED:
		am_bad(s, "no base64");
		break;
	case AM_LOGIN_GOOD:
	case AM_LOGIN_MANY:
	case AM_LOGIN_BAD:
		break;
	}
	am_say(s, "%s %s\r\n", tag, s->answer->str);
	s->answered = true;
	g_free(first);
	g_free(tag);
}

/* ---- the connection ---- */

AM_COMMAND(starttls)
{
	(void)args;
	(void)uid;
	(void)n;
	if (!s->house->tls || am_conn_is_tls(s->conn)) {
		am_bad(s, "not here");
		return;
	}
	am_say(s, "%s OK begin\r\n", s->tag);
	s->answered = true;
	am_say_flush(s);
	if (!s->dead)
		s->dead = am_conn_starttls_accept(s->conn, s->house->tls, NULL);
}

AM_COMMAND(compress)
{
	(void)uid;
	if (n != 1 || !am_imap_text(&args[0])) {
		am_bad(s, "COMPRESS takes a name");
		return;
	}
	if (!am_imap_is(&args[0], "DEFLATE")) {
		am_no(s, "[CANNOT] only DEFLATE");
		return;
	}
	if (s->compressed) {
		am_no(s, "[COMPRESSIONACTIVE] it is already");
		return;
	}
	am_say(s, "%s OK begin\r\n", s->tag);
	s->answered = true;
	am_say_flush(s);
	if (!s->dead)
		s->dead = am_conn_compress(s->conn, NULL);
	s->compressed = true;
}
