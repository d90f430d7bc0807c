/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Accounts by name, and where passwords come from: the program as it is run. */
#include "cmd/config.h"
#include "cmd/netrc.h"
#include "cmd/providers.h"
#include "tests/support/http_server.h"
#include "tests/support/pop3_server.h"
#include "tests/support/run_cli.h"
#include "wire/secret.h"

#include <criterion/criterion.h>

#include <glib.h>

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct cli c;
static struct pop3_mail mails[] = {
	{.uidl = "a", .text = "Message-ID: <1@x>\r\n\r\none\r\n"},
	{.uidl = "b", .text = "Message-ID: <2@x>\r\n\r\ntwo\r\n"},
};
static struct pop3_server server = {.mails = mails,
                                    .n = 2,
                                    .capa = "USER\nPIPELINING\n"
                                            "SASL PLAIN XOAUTH2\n"};

static void begin(void)
{
	cli_init(&c);
	g_setenv("XDG_CONFIG_HOME", c.dir, TRUE);
	g_setenv("XDG_STATE_HOME", c.dir, TRUE);
	char *netrc = cli_path(&c, "netrc");
	g_setenv("NETRC", netrc, TRUE);
	g_free(netrc);
	g_unsetenv("MAILARK_PASSWORD");
	pop3_server_start(&server);
}

static void end(void)
{
	pop3_server_stop(&server);
	cli_end(&c);
}

TestSuite(accounts, .init = begin, .fini = end, .timeout = 60);

static void put(const char *name, const char *text, mode_t mode)
{
	char *path = cli_path(&c, name);
	char *dir = g_path_get_dirname(path);

	g_mkdir_with_parents(dir, 0700);
	cli_write(&c, name, text, strlen(text));
	chmod(path, mode);
	g_free(dir);
	g_free(path);
}

/* The file, with %u for the server's port. */
static void configure(const char *text, mode_t mode)
{
	char *port = g_strdup_printf("%u", server.port);
	char **parts = g_strsplit(text, "%u", -1);
	char *whole = g_strjoinv(port, parts);

	put("mailark/config", whole, mode);
	g_free(whole);
	g_strfreev(parts);
	g_free(port);
}

Test(accounts, a_name_with_a_colon_is_a_location)
{
	configure("# mine\n[account work]\nurl = pop3://127.0.0.1:%u\n"
	          "user = me\ntls = off\n"
	          "password-command = printf '%s\\n' \"sec\"ret, | tr -d ,\n",
	          0644);
	cr_assert_eq(cli_line(&c, "list --json work:"), 0, "%s", c.err);
	cr_assert(strstr(c.out, "\"messages\":2"), "%s", c.out);
	cr_assert_eq(cli_line(&c, "copy --no-index work: a.mailark"), 0, "%s",
	             c.err);
	cr_assert(strstr(c.out, "stored 2 "), "%s", c.out);
	unsigned fetched = server.retrs;
	cr_assert_eq(cli_line(&c, "copy --no-index work: a.mailark"), 0);
	cr_assert(strstr(c.out, "stored 0 + duplicates 2 "), "%s", c.out);
	cr_assert_eq(server.retrs, fetched);
	/* A file of that name goes first. */
	put("work:", "From a@b Mon Jan  6 10:00:00 2020\nSubject: x\n\ny\n",
	    0644);
	cr_assert_eq(cli_line(&c, "list --json work:"), 0, "%s", c.err);
	cr_assert(strstr(c.out, "\"messages\":1"), "%s", c.out);
	cr_assert_eq(cli_line(&c, "list nobody:"), 2);
	cr_assert(strstr(c.err, "no account is called \"nobody\""), "%s",
	          c.err);
}

Test(accounts, list_and_test_tell_what_there_is)
{
	configure("[account work]\nprotocol=pop3\nurl = pop3://127.0.0.1:%u\n"
	          "user = me\ntls = off\npassword = secret\n"
	          "[account mail]\nprovider = google\nprotocol = pop3\n"
	          "user = x@gmail.com\n",
	          0600);
	cr_assert_eq(cli_line(&c, "accounts"), 0, "%s", c.err);
	cr_assert(strstr(c.out, "pop3s://pop.gmail.com"), "%s", c.out);
	cr_assert(strstr(c.out, "asks"));
	cr_assert_null(strstr(c.out, "secret"));
	cr_assert_eq(cli_line(&c, "accounts list --json"), 0);
	cr_assert_eq(cli_lines(c.out), 2);
	cr_assert_eq(cli_line(&c, "accounts test work"), 0, "%s", c.err);
	cr_assert(strstr(c.out, "2 messages"), "%s", c.out);
	cr_assert(strstr(c.out, "all can read along"));
	cr_assert_eq(cli_line(&c, "accounts test --json work:"), 0);
	cr_assert(strstr(c.out, "\"messages\":2"), "%s", c.out);
	cr_assert_eq(cli_line(&c, "accounts providers"), 0);
	for (const struct provider *p = providers; p->name; p++)
		cr_expect(strstr(c.out, p->title));
	cr_assert_eq(cli_line(&c, "accounts test"), 2);
	cr_assert_eq(cli_line(&c, "accounts frobnicate"), 2);
	cr_assert_eq(server.retrs, 0);
}

Test(accounts, what_is_wrong_in_the_file_is_named)
{
	static const struct {
		const char *text, *words;
		mode_t mode;
	} rows[] = {
		{"[accounts x]\n", "groups are called [account NAME]", 0600},
		{"[account a/b]\n", "a name has letters", 0600},
		{"[account mbox]\n", "a format is called so", 0600},
		{"[account w]\nuser\n", "config", 0600},
		{"[account w]\nhost=h\npassword=x\n", "chmod 600", 0640},
		{"[account w]\nuser=me\n", "no provider", 0600},
		{"[account w]\nprovider=pigeon\n", "no provider is called",
	         0600},
		{"[account w]\nprovider=dovecot\n", "no host", 0600},
		{"[account w]\nprotocol=uucp\nhost=h\n", "imap or pop3", 0600},
		{"[account w]\nprovider=icloud\nprotocol=pop3\n", "has no POP3",
	         0600},
		{"[account w]\nurl=pop3://h\nhost=h\n", "already", 0600},
		{"[account w]\nurl=pop3://h\ncolour=red\n",
	         "no option \"colour\"", 0600},
	};

	for (size_t i = 0; i < AM_COUNT(rows); i++) {
		configure(rows[i].text, rows[i].mode);
		cr_expect_eq(cli_line(&c, "list w:"), 2);
		cr_expect(strstr(c.err, rows[i].words), "row %zu: %s", i,
		          c.err);
		cr_expect_eq(cli_lines(c.err), 1);
	}
}

Test(accounts, passwords_come_in_this_order)
{
	char *url = pop3_server_url(&server);
	char *line = g_strdup_printf("list --from tls=off %s", url);

	put("netrc", "default login me password secret\n", 0600);
	cr_assert_eq(cli_line(&c, line), 0, "%s", c.err);
	put("netrc", "default login me password secret\n", 0644);
	cr_assert_eq(cli_line(&c, line), 2);
	cr_assert(strstr(c.err, "chmod 600"), "%s", c.err);
	g_setenv("MAILARK_PASSWORD", "secret", TRUE);
	cr_assert_eq(cli_line(&c, line), 0, "%s", c.err);
	/* An account that is this one goes before the environment. */
	configure("[account w]\nurl=pop3://me@127.0.0.1:%u\npassword=wrong\n",
	          0600);
	cr_assert_eq(cli_line(&c, line), 2);
	cr_assert(strstr(c.err, "not right"), "%s", c.err);
	cr_assert_null(strstr(c.err, "wrong"));
	configure("[account w]\nurl=pop3://you@127.0.0.1:%u\npassword=wrong\n"
	          "[account v]\nurl=pop3://me@127.0.0.1\npassword=wrong\n",
	          0600);
	cr_assert_eq(cli_line(&c, line), 0, "%s", c.err);
	/* A URL is no place for one. */
	char *told = g_strdup_printf("list --from tls=off pop3://me:secret@%s",
	                             strchr(url, '@') + 1);
	cr_assert_eq(cli_line(&c, told), 2);
	cr_assert(strstr(c.err, "no password in a URL"), "%s", c.err);
	cr_assert_null(strstr(c.err, "secret"), "%s", c.err);
	g_free(told);
	g_free(line);
	g_free(url);
}

/* ---- OAuth, from the login to the mail ---- */
static char *provide(void *user, const char *path, GHashTable *form)
{
	unsigned *n = user;

	++*n;
	if (!strcmp(path, "/device"))
		return http_answer(
			200, "{\"device_code\":\"d\",\"user_code\":\"CODE\","
			     "\"verification_uri\":\"https://example.org\","
			     "\"interval\":1,\"expires_in\":60}");
	if (g_hash_table_contains(form, "device_code"))
		return http_answer(200, "{\"access_token\":\"old\","
		                        "\"refresh_token\":\"r\","
		                        "\"expires_in\":3600}");
	return http_answer(200, "{\"access_token\":\"tok\","
	                        "\"expires_in\":3600}");
}

Test(accounts, a_device_login_reads_mail_and_renews_its_token)
{
	unsigned n = 0;
	struct http_server *oauth = http_server_start(provide, &n);
	char *device = http_server_url(oauth, "/device");
	char *token = http_server_url(oauth, "/token");
	char *text = g_strdup_printf(
		"[account w]\nurl=pop3://127.0.0.1:%u\nuser=me\ntls=off\n"
		"oauth=custom\noauth-client-id=app\noauth-scope=mail\n"
		"oauth-device-url=%s\noauth-token-url=%s\n",
		server.port, device, token);

	put("mailark/config", text, 0644);
	cr_assert_eq(cli_line(&c, "list w:"), 2);
	cr_assert(strstr(c.err, "log in once"), "%s", c.err);
	cr_assert_eq(cli_line(&c, "accounts login w"), 0, "%s", c.err);
	cr_assert(strstr(c.err, "https://example.org"), "%s", c.err);
	cr_assert(strstr(c.err, "CODE"));
	/* The server does not take the first token: another is had. */
	cr_assert_eq(cli_line(&c, "list --json w:"), 0, "%s", c.err);
	cr_assert(strstr(c.out, "\"messages\":2"), "%s", c.out);
	cr_assert_eq(n, 3);
	cr_assert_eq(cli_line(&c, "list w:"), 0);
	cr_assert_eq(n, 3);
	char *file = cli_path(&c, "mailark/tokens/w.json");
	struct stat st;
	cr_assert(!stat(file, &st));
	cr_assert_eq(st.st_mode & 0777, 0600);
	g_free(file);
	http_server_stop(oauth);
	g_free(text);
	g_free(device);
	g_free(token);
}

/* ---- netrc ---- */
Test(accounts, netrc_is_read_as_others_do)
{
	static const char text[] =
		"# comment password no\n"
		"machine other.example login me password no\n"
		"machine h.example\n\tlogin you\n\tpassword \"a \\\"b\"\n"
		"machine H.Example login me account x password yes\n"
		"macdef init\npassword no\n\n"
		"machine bare.example password alone\n"
		"default login anonymous password guest";
	static const struct {
		const char *host, *user, *password;
	} rows[] = {
		{"h.example", "me", "yes"},
		{"h.example", "you", "a \"b"},
		{"h.example", NULL, "a \"b"},
		{"h.example", "they", NULL},
		{"bare.example", "me", "alone"},
		{"nowhere.example", "anonymous", "guest"},
		{"nowhere.example", "me", NULL},
	};
	char *path = cli_path(&c, "netrc");

	put("netrc", text, 0600);
	for (size_t i = 0; i < AM_COUNT(rows); i++) {
		char *found;
		int r = netrc_find(&found, path, rows[i].host, rows[i].user,
		                   NULL);
		cr_expect_eq(r, rows[i].password ? AM_OK : AM_END, "row %zu",
		             i);
		cr_expect_eq(g_strcmp0(found, rows[i].password), 0,
		             "row %zu: %s", i, found);
		am_secret_free(&found);
	}
	g_free(path);
}
