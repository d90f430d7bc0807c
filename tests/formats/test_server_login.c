/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/server_login.h"

#include "support/tmpdir.h"

#include <criterion/criterion.h>

#include <glib.h>

#include <string.h>
#include <sys/socket.h>

TestSuite(server_login, .fini = am_test_tmpdir_end, .timeout = 30);

static const struct am_option options[] = {
	AM_SERVER_LOGIN_OPTIONS,
	{NULL, NULL, NULL, NULL},
};
static const struct am_server_scheme schemes[] = {
	{"imaps", 993, AM_TLS_NOW},
	{"imap", 143, AM_TLS_STARTTLS},
	{NULL, 0, AM_TLS_OFF},
};

static int read_url(struct am_server_login **out, const char *url,
                    const char *option, struct am_ctx *ctx,
                    struct am_error *err)
{
	const char *const given[] = {option, NULL};
	struct am_location where = {.url = url, .options = given};

	return am_server_login_new(out, &where, options, schemes, ctx, err);
}

Test(server_login, urls_say_where_and_who)
{
	static const struct {
		const char *url, *option;
		const char *host, *user, *auth, *path, *identity;
		unsigned port;
		enum am_tls_mode tls;
	} rows[] = {
		{"imaps://me@h.example", NULL, "h.example", "me", NULL, NULL,
	         "imap://me@h.example", 993, AM_TLS_NOW},
		{"imap://me@h/", NULL, "h", "me", NULL, NULL, "imap://me@h",
	         143, AM_TLS_STARTTLS},
		{"IMAP://me@H:993/A%2FB/c", "tls=now", "H", "me", NULL,
	         "A%2FB/c", "imap://me@h", 993, AM_TLS_NOW},
		/* An address as it is, or as RFC 3986 has it. */
		{"imaps://me@example.org@h", NULL, "h", "me@example.org", NULL,
	         NULL, "imap://me@example.org@h", 993, AM_TLS_NOW},
		{"imaps://me%40example.org@h", NULL, "h", "me@example.org",
	         NULL, NULL, "imap://me@example.org@h", 993, AM_TLS_NOW},
		{"imaps://me@[::1]:1993", NULL, "::1", "me", NULL, NULL,
	         "imap://me@[::1]:1993", 1993, AM_TLS_NOW},
		{"imaps://me;AUTH=plain@h", NULL, "h", "me", "PLAIN", NULL,
	         "imap://me@h", 993, AM_TLS_NOW},
		{"imaps://me;AUTH=*@h", NULL, "h", "me", NULL, NULL,
	         "imap://me@h", 993, AM_TLS_NOW},
		{"imap://me@h", "tls=off", "h", "me", NULL, NULL, "imap://me@h",
	         143, AM_TLS_OFF},
		{"imap://h", "user=you", "h", "you", NULL, NULL, "imap://you@h",
	         143, AM_TLS_STARTTLS},
		{"imap://h", "auth=external", "h", NULL, "EXTERNAL", NULL,
	         "imap://h", 143, AM_TLS_STARTTLS},
		{"imap://me@h", "act-as=boss", "h", "me", NULL, NULL,
	         "imap://boss@h", 143, AM_TLS_STARTTLS},
	};

	for (size_t i = 0; i < AM_COUNT(rows); i++) {
		struct am_server_login *l;
		struct am_error err = {0};
		cr_assert_eq(
			read_url(&l, rows[i].url, rows[i].option, NULL, &err),
			AM_OK, "row %zu: %s", i, err.text);
		cr_expect_str_eq(l->host, rows[i].host);
		cr_expect_eq(g_strcmp0(l->user, rows[i].user), 0, "row %zu: %s",
		             i, l->user);
		cr_expect_eq(g_strcmp0(l->auth, rows[i].auth), 0, "row %zu", i);
		cr_expect_eq(g_strcmp0(l->path, rows[i].path), 0, "row %zu: %s",
		             i, l->path);
		cr_expect_str_eq(l->identity, rows[i].identity);
		cr_expect_eq(l->port, rows[i].port);
		cr_expect_eq(l->tls, rows[i].tls);
		am_server_login_free(&l);
	}
}

Test(server_login, what_cannot_be_meant_is_refused_without_its_secret)
{
	static const struct {
		const char *url, *option, *words;
	} rows[] = {
		{"imaps://me:hunter2@h", NULL, "no password in a URL"},
		{"imaps://h", NULL, "who logs in?"},
		{"imaps://me@", NULL, "no host"},
		{"imaps://me@h:99999", NULL, "no port"},
		{"imaps://me@h:0", NULL, "no port"},
		{"imaps://me@h:99999999999999999999", NULL, "no port"},
		{"imaps://me@h:12x", NULL, "no port"},
		{"imaps://me@[::1", NULL, "brackets"},
		{"imaps://me@[::1]x", NULL, "brackets"},
		{"imaps://m%zz@h", NULL, "%25"},
		{"imaps://m%0d%0ax@h", NULL, "control character"},
		{"http://me@h", NULL, "imaps://user@host"},
		{"imaps://me@h", "tls=maybe", "tls is now"},
		{"imaps://me@h", "tls-pin=abc", "64 digits"},
		{"imaps://me@h", "tls-verify=perhaps", "yes or no"},
		{"imaps://me@h", "timeout=0", "1 to 86400"},
		{"imaps://me@h", "auth=xoauth2", "token-command or oauth"},
		{"imaps://me@h", "oauth=google", "oauth-client-id"},
	};

	for (size_t i = 0; i < AM_COUNT(rows); i++) {
		struct am_server_login *l;
		struct am_error err = {0};
		cr_expect_eq(
			read_url(&l, rows[i].url, rows[i].option, NULL, &err),
			AM_FAILED);
		cr_expect_eq(err.kind, AM_E_ARGUMENT);
		cr_expect(strstr(err.text, rows[i].words), "row %zu: %s", i,
		          err.text);
		cr_expect_not(strstr(err.text, "hunter2"));
		cr_expect_null(l);
	}
}

/* ---- secrets ---- */
static int asked;

static int on_ask(void *user, const char *prompt, char *buf, size_t size)
{
	char *who, *host;

	(void)user;
	cr_assert(am_server_login_prompt_read(prompt, &who, &host));
	cr_assert_str_eq(who, "me at home");
	cr_assert_str_eq(host, "h");
	g_free(who);
	g_free(host);
	asked++;
	g_snprintf(buf, size, "answer %d", MIN(asked, 2));
	return AM_OK;
}

static struct am_conn *some_conn(void)
{
	struct am_conn *conn;
	int ends[2];

	cr_assert(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	cr_assert_eq(am_conn_accept(&conn, ends[0], 1000, NULL, NULL), AM_OK);
	return conn;
}

Test(server_login, a_password_is_asked_for_once_and_again_when_refused)
{
	struct am_ctx ctx = {.ask = on_ask};
	struct am_sasl_client_opts opts;
	struct am_error err = {0};
	struct am_server_login *l;
	struct am_conn *conn = some_conn();

	cr_assert_eq(read_url(&l, "imap://me%20at%20home@h", NULL, &ctx, &err),
	             AM_OK, "%s", err.text);
	cr_assert_eq(asked, 0);
	for (int i = 0; i < 3; i++) {
		cr_assert_eq(
			am_server_login_secret(l, conn, false, &opts, &err),
			AM_OK);
		cr_assert_str_eq(opts.password, "answer 1");
		cr_assert_str_eq(opts.user, "me at home");
		cr_assert_not(opts.clear_ok);
	}
	cr_assert_eq(asked, 1);
	const char *first = opts.password;
	cr_assert_eq(am_server_login_secret(l, conn, true, &opts, &err), AM_OK);
	cr_assert_str_eq(opts.password, "answer 2");
	/* Another connection may still look at it. */
	cr_assert_str_eq(first, "answer 1");
	cr_assert_eq(am_server_login_secret(l, conn, true, &opts, &err),
	             AM_FAILED);
	cr_assert_eq(err.kind, AM_E_AUTH);
	am_server_login_free(&l);
	am_conn_close(&conn);
}

Test(server_login, a_token_is_had_anew_for_each_login)
{
	struct am_sasl_client_opts opts;
	struct am_error err = {0};
	struct am_server_login *l;
	struct am_conn *conn = some_conn();
	char *file = am_test_path("n");
	char *option = g_strdup_printf("token-command=echo x >> %s; wc -l < %s",
	                               file, file);

	cr_assert_eq(read_url(&l, "imaps://me@h", option, NULL, &err), AM_OK,
	             "%s", err.text);
	cr_assert_eq(am_server_login_secret(l, conn, false, &opts, &err), AM_OK,
	             "%s", err.text);
	cr_assert_str_eq(opts.token, "1");
	cr_assert_null(opts.password);
	cr_assert_eq(am_server_login_secret(l, conn, false, &opts, &err),
	             AM_OK);
	cr_assert_str_eq(opts.token, "2");
	am_server_login_free(&l);
	am_conn_close(&conn);
	g_free(option);
	g_free(file);
}

Test(server_login, what_was_refused_is_not_sent_again)
{
	struct am_sasl_client_opts opts;
	struct am_error err = {0};
	struct am_server_login *l;
	struct am_conn *conn = some_conn();

	cr_assert_eq(read_url(&l, "imaps://me@h", "password-command=echo pw",
	                      NULL, &err),
	             AM_OK);
	cr_assert_eq(am_server_login_secret(l, conn, false, &opts, &err),
	             AM_OK);
	cr_assert_eq(am_server_login_secret(l, conn, true, &opts, &err),
	             AM_FAILED);
	cr_assert(strstr(err.text, "the same password"), "%s", err.text);
	am_server_login_free(&l);
	/* A certificate needs nothing of all this. */
	cr_assert_eq(read_url(&l, "imaps://h", "auth=external", NULL, &err),
	             AM_OK);
	cr_assert_eq(am_server_login_secret(l, conn, false, &opts, &err),
	             AM_OK);
	cr_assert_null(opts.password);
	am_server_login_free(&l);
	am_conn_close(&conn);
}
