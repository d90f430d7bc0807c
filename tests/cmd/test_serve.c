/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mailark serve as it is run. */
#include "serving.h"

#include "wire/tls_selfsigned.h"

#include <criterion/criterion.h>
#include <glib.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

TestSuite(serve, .timeout = 120);

#define expect_in(text, what) \
	cr_expect(strstr((text), (what)), "no %s in %s", (what), (text))
#define expect_not_in(text, what) \
	cr_expect(!strstr((text), (what)), "%s in %s", (what), (text))

/* The same until the answer holds this. */
static char *imap_until(const struct serving *s, const char *commands,
                        const char *what)
{
	char *answer = serving_imap(s, commands);

	while (!strstr(answer, what)) {
		g_free(answer);
		g_usleep(50000);
		answer = serving_imap(s, commands);
	}
	return answer;
}

/* Each word of it, without what is behind "=" where that is a value. */
static void expect_named(const char *page, const char *capability)
{
	static const char *const valued[] = {
		"APPENDLIMIT=", "RIGHTS=", "MESSAGELIMIT="};
	char *word = g_strdup(capability);

	for (size_t i = 0; i < AM_COUNT(valued); i++)
		if (g_str_has_prefix(word, valued[i]))
			word[strlen(valued[i]) - 1] = '\0';
	cr_expect(strstr(page, word), "the manual does not name %s",
	          capability);
	g_free(word);
}

Test(serve, the_manual_names_every_capability)
{
	struct serving s;
	char *page = NULL;
	unsigned n = 0;

	cr_assert(g_file_get_contents("cmd/man/mailark-serve.1", &page, NULL,
	                              NULL));
	serving_init(&s);
	serving_start(&s, "--message-limit 5000 --imap 127.0.0.1:0 "
	                  "--pop3 127.0.0.1:0");
	char *all = serving_imap(&s, "x CAPABILITY");
	char **lines = g_strsplit(all, "\r\n", -1);
	for (char **line = lines; *line; line++) {
		static const char said[] = "CAPABILITY ";
		char *at = strstr(*line, said);
		if (!at)
			continue;
		at += strlen(said);
		at[strcspn(at, "]")] = '\0'; /* of a greeting */
		char **words = g_strsplit(at, " ", -1);
		for (char **w = words; *w; w++, n++)
			expect_named(page, *w);
		g_strfreev(words);
	}
	cr_expect_gt(n, 50);
	g_strfreev(lines);
	g_free(all);
	all = serving_ask(serving_port(&s, "POP3"), "CAPA\r\nQUIT\r\n");
	lines = g_strsplit(all, "\r\n", -1);
	for (char **line = lines; *line && **line != '.'; line++)
		if (**line != '+') {
			(*line)[strcspn(*line, " ")] = '\0';
			expect_named(page, *line);
		}
	g_strfreev(lines);
	g_free(all);
	g_free(page);
	serving_end(&s);
}

Test(serve, saved_searches_are_mailboxes)
{
	struct serving s;

	serving_init(&s);
	cr_assert_eq(cli_line(&s.cli, "index a.mailark"), 0, "%s", s.cli.err);
	static const char saved[] = "[searches]\n"
				    "three = subject:3 OR subject:4\n"
				    "broken = saved:none\n";
	static const char more[] = "[searches]\n"
				   "one = subject:1\n";
	cli_write(&s.cli, "mailark/searches", saved, strlen(saved));
	serving_start(&s, "--virtual --imap 127.0.0.1:0");
	char *all = imap_until(&s, "l LIST \"\" *", "\"Search/three\"");
	expect_in(all, "\\All) \"/\" \"All Mail\"");
	expect_not_in(all, "broken");
	g_free(all);
	all = serving_imap(&s, "s SELECT Search/three\r\nf FETCH 1:* "
	                       "(UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])");
	expect_in(all, "* 2 EXISTS");
	expect_in(all, "message number 3");
	expect_in(all, "message number 4");
	g_free(all);
	/* One that is saved while it runs. */
	cli_write(&s.cli, "mailark/searches", more, strlen(more));
	g_free(imap_until(&s, "x STATUS Search/one (MESSAGES)",
	                  "(MESSAGES 1)"));
	cr_expect_eq(serving_stop(&s), 0, "%s", s.cli.err);
	expect_in(s.cli.err, "no search is saved as \"none\"");
	serving_start(&s, "--imap 127.0.0.1:0");
	all = serving_imap(&s, "l LIST \"\" *");
	expect_not_in(all, "Search");
	expect_not_in(all, "All Mail");
	g_free(all);
	serving_end(&s);
}

/* RFC 6203: a word that is nearly so, and the exact one before it. */
Test(serve, fuzzy_searches_ask_the_index)
{
	static const char box[] = "From a@x Thu Jan  2 03:00:00 2020\n"
				  "Subject: the garden party\n\nroses\n\n"
				  "From a@x Thu Jan  2 03:00:00 2020\n"
				  "Subject: a wall\n\nour gardn there\n\n";
	struct serving s;

	serving_init(&s);
	cli_write(&s.cli, "more.mbox", box, strlen(box));
	cr_assert_eq(cli_line(&s.cli, "copy more.mbox b.mailark"), 0, "%s",
	             s.cli.err);
	cr_assert_eq(cli_line(&s.cli, "index b.mailark"), 0, "%s", s.cli.err);
	serving_start(&s, "--imap 127.0.0.1:0 b.mailark");
	char *all =
		serving_imap(&s, "s SELECT more\r\n"
	                         "1 SEARCH TEXT garden\r\n"
	                         "2 SEARCH FUZZY TEXT \"gardn OR\"\r\n"
	                         "3 SORT (RELEVANCY) UTF-8 FUZZY TEXT garden");
	expect_in(all, " SEARCH=FUZZY");
	expect_in(all, "* SEARCH 1\r\n1 OK");
	expect_in(all, "* SEARCH\r\n2 OK"); /* "or" is in neither */
	expect_in(all, "* SORT 1 2\r\n3 OK");
	g_free(all);
	serving_end(&s);
}

/* ---- what it does with the system ---- */

/* A line of the log that holds this. */
static bool logged(struct serving *s, const char *a, const char *b)
{
	char *log = cli_read(&s->cli, "log", NULL);
	char **lines = g_strsplit(log, "\n", -1);
	bool found = false;

	for (char **l = lines; *l && !found; l++)
		found = strstr(*l, a) && strstr(*l, b);
	g_strfreev(lines);
	g_free(log);
	return found;
}

static void await_log(struct serving *s, const char *a, const char *b)
{
	while (!logged(s, a, b))
		g_usleep(20000);
}

Test(serve, logs_what_happens_and_says_goodbye)
{
	struct serving s;

	serving_init(&s);
	serving_start(&s, "--imap 127.0.0.1:0 --log log");
	expect_not_in(s.said, "secret");
	g_free(serving_ask(serving_port(&s, "IMAP"),
	                   "a LOGIN mailark wrong\r\nb LOGIN \"ma\\\"il\" x\r\n"
	                   "p AUTHENTICATE PLAIN AHBsYWluAHdyb25n\r\n"
	                   "c LOGIN mailark secret\r\n"
	                   "d SEARCH SUBJECT topsecret\r\nz LOGOUT\r\n"));
	await_log(&s, "\"event\":\"gone\",\"connection\":1,", "\"seconds\":");
	cr_expect(logged(&s, "{\"time\":\"20", "\"event\":\"start\"}"));
	cr_expect(logged(&s, "\"event\":\"refused\",\"connection\":1,",
	                 "\"protocol\":\"imap\",\"peer\":\"127.0.0.1\","
	                 "\"user\":\"mailark\"}"));
	cr_expect(logged(&s, "\"refused\"", "\"user\":\"ma\\\"il\"}"));
	cr_expect(logged(&s, "\"refused\"", "\"user\":\"plain\"}"));
	cr_expect(logged(&s, "\"login\"", "\"user\":\"mailark\"}"));
	cr_expect(!logged(&s, "secret", ""));
	/* Whoever is there when it ends hears of it. */
	int fd = serving_connect(serving_port(&s, "IMAP"));
	char buf[4096];
	cr_assert_gt(recv(fd, buf, sizeof buf, 0), 0);
	cr_expect_eq(serving_stop(&s), 0);
	ssize_t n = recv(fd, buf, sizeof buf - 1, 0);
	cr_assert_gt(n, 0);
	buf[n] = '\0';
	cr_expect(g_str_has_prefix(buf, "* BYE "), "%s", buf);
	close(fd);
	cr_expect(logged(&s, "\"event\":\"stop\"", ""));
	serving_end(&s);
}

/* SIGHUP: users, and the log's file. */
Test(serve, reads_its_files_again)
{
	struct serving s;

	serving_init(&s);
	g_setenv("MAILARK_PASSWORD", "one", TRUE);
	cr_assert_eq(cli_line(&s.cli, "passwd users ann"), 0, "%s", s.cli.err);
	serving_start(&s, "--imap 127.0.0.1:0 --log log --users users");
	uint16_t port = serving_port(&s, "IMAP");
	char *said = serving_ask(port, "a LOGIN ann one\r\nz LOGOUT\r\n");
	expect_in(said, "a OK");
	g_free(said);
	pid_t pid = s.pid;
	g_setenv("MAILARK_PASSWORD", "two", TRUE);
	cr_assert_eq(cli_line(&s.cli, "passwd users bob"), 0, "%s", s.cli.err);
	char *log = cli_path(&s.cli, "log"), *old = cli_path(&s.cli, "log.1");
	cr_assert_eq(rename(log, old), 0);
	cr_assert_eq(kill(pid, SIGHUP), 0);
	await_log(&s, "\"event\":\"reload\"", "");
	said = serving_ask(port, "a LOGIN bob two\r\nz LOGOUT\r\n");
	expect_in(said, "a OK");
	g_free(said);
	/* A file that is none leaves those that were. */
	cli_write(&s.cli, "users", "nonsense\n", 9);
	cr_assert_eq(unlink(log), 0);
	cr_assert_eq(kill(pid, SIGHUP), 0);
	await_log(&s, "\"event\":\"reload\"", "");
	said = serving_ask(port, "a LOGIN ann one\r\nz LOGOUT\r\n");
	expect_in(said, "a OK");
	g_free(said);
	cr_expect_eq(serving_stop(&s), 0);
	g_free(log);
	g_free(old);
	serving_end(&s);
}

/* The certificate that a port shows, as the hash of it; g_free(). */
static char *certificate_at(uint16_t port)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = SSL_new(ctx);
	uint8_t hash[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	int fd = serving_connect(port);

	SSL_set_fd(ssl, fd);
	cr_assert_eq(SSL_connect(ssl), 1);
	X509 *cert = SSL_get1_peer_certificate(ssl);
	cr_assert(cert && X509_digest(cert, EVP_sha256(), hash, &len));
	char *text = g_compute_checksum_for_data(G_CHECKSUM_SHA256, hash, len);
	static const char get[] = "GET / HTTP/1.0\r\n\r\n";
	char said[16] = "";
	cr_assert_gt(SSL_write(ssl, get, (int)strlen(get)), 0);
	cr_assert_gt(SSL_read(ssl, said, (int)sizeof said - 1), 0);
	cr_expect(g_str_has_prefix(said, "HTTP/1."), "%s", said);
	X509_free(cert);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	close(fd);
	return text;
}

/* What a mail program files is found by what is attached, too. */
Test(serve, reads_attached_files_of_what_is_put_in)
{
	enum { MAILS = 50 }; /* so many are not waited with */
	static const char mail[] =
		"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n"
		"plain\r\n--b\r\nContent-Type: text/rtf; name=a.rtf\r\n\r\n"
		"{\\rtf1 a zebrafinch}\r\n--b--\r\n";
	struct serving s;

	serving_init(&s);
	cr_assert_eq(cli_line(&s.cli, "index a.mailark"), 0, "%s", s.cli.err);
	serving_start(&s, "--imap 127.0.0.1:0");
	GString *all = g_string_new("");
	for (int i = 0; i < MAILS; i++)
		g_string_append_printf(all,
		                       "p APPEND INBOX {%zu+}\r\nSubject: %2d"
		                       "\r\n%s\r\n",
		                       strlen(mail) + strlen("Subject: 00\r\n"),
		                       i, mail);
	char *said = serving_imap(&s, all->str);
	expect_in(said, "p OK");
	int64_t until = g_get_monotonic_time() + 90 * G_USEC_PER_SEC;
	do {
		g_free(said);
		g_usleep(50000);
		said = serving_imap(
			&s, "s SELECT INBOX\r\nq UID SEARCH RETURN (COUNT) "
			    "FUZZY TEXT zebrafinch");
	} while (!strstr(said, "COUNT 50") && g_get_monotonic_time() < until);
	expect_in(said, "COUNT 50");
	g_free(said);
	/* It is not the message's own text all the same. */
	said = serving_imap(
		&s, "s SELECT INBOX\r\nq UID SEARCH RETURN (COUNT) BODY "
		    "zebrafinch");
	expect_in(said, "COUNT 0");
	g_free(said);
	g_string_free(all, TRUE);
	cr_expect_eq(serving_stop(&s), 0);
	serving_end(&s);
}

/* SIGHUP: the certificate of the web server, too. */
Test(serve, another_certificate_is_shown_where_settings_are_told)
{
	struct serving s;

	serving_init(&s);
	char *cert = cli_path(&s.cli, "cert.pem");
	char *log = cli_path(&s.cli, "log");
	cr_assert_eq(am_tls_selfsign(cert, "DNS:localhost", NULL), AM_OK);
	serving_start(&s, "--imap 127.0.0.1:0 --autoconfigs 127.0.0.1:0 --log "
	                  "log --tls-cert cert.pem");
	uint16_t port = serving_port(&s, "Web");
	char *shown[4];
	for (size_t i = 0; i < AM_COUNT(shown); i++) {
		shown[i] = certificate_at(port);
		/* Another one, once more, and then one that is none. */
		if (i < 2) {
			cr_assert_eq(unlink(cert), 0);
			cr_assert_eq(
				am_tls_selfsign(cert, "DNS:localhost", NULL),
				AM_OK);
		} else {
			cli_write(&s.cli, "cert.pem", "nonsense\n", 9);
		}
		cr_assert_eq(unlink(log), 0);
		cr_assert_eq(kill(s.pid, SIGHUP), 0);
		await_log(&s, "\"event\":\"reload\"", "");
	}
	cr_expect_str_neq(shown[0], shown[1]);
	cr_expect_str_neq(shown[1], shown[2]);
	cr_expect_str_eq(shown[2], shown[3]);
	for (size_t i = 0; i < AM_COUNT(shown); i++)
		g_free(shown[i]);
	cr_expect_eq(serving_stop(&s), 0);
	/* And what did not work is not told to have worked. */
	cr_expect_eq(cli_count(s.cli.err, "were read again"), 2);
	cr_expect_eq(cli_count(s.cli.err, "stays as it was"), 2);
	g_free(cert);
	g_free(log);
	serving_end(&s);
}

/* What systemd hands over, and is told. */
Test(serve, takes_a_socket_and_tells_who_started_it)
{
	struct serving s;
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	char buf[64];

	serving_init(&s);
	char *path = cli_path(&s.cli, "notify");
	g_strlcpy(at.sun_path, path, sizeof at.sun_path);
	int manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	cr_assert_eq(bind(manager, (struct sockaddr *)&at, sizeof at), 0);
	g_setenv("NOTIFY_SOCKET", path, TRUE);
	uint16_t port = serving_start_given(&s, "imap", "");
	ssize_t n = recv(manager, buf, sizeof buf, 0);
	cr_expect(n == 7 && !memcmp(buf, "READY=1", 7));
	expect_not_in(s.said, "1993"); /* that one, and no other */
	char *said = serving_ask(port, "a LOGIN mailark secret\r\n"
	                               "z LOGOUT\r\n");
	expect_in(said, "a OK");
	g_free(said);
	cr_expect_eq(serving_stop(&s), 0);
	n = recv(manager, buf, sizeof buf, 0);
	cr_expect(n == 10 && !memcmp(buf, "STOPPING=1", 10));
	close(manager);
	g_free(path);
	serving_end(&s);
}

/* No folder for its own certificate: what was wanted there, and what else. */
Test(serve, says_what_it_would_have_kept)
{
	struct serving s;

	serving_init(&s);
	char *dir = cli_path(&s.cli, "in.mbox");
	char *cert = cli_path(&s.cli, "cert.pem");
	g_setenv("XDG_CONFIG_HOME", dir, TRUE);
	cr_expect_eq(cli_line(&s.cli, "serve --imap 127.0.0.1:0 a.mailark"), 2);
	expect_in(s.cli.err, "certificate of its own");
	expect_in(s.cli.err, "--tls-cert");
	expect_in(s.cli.err, "in.mbox");
	cr_assert_eq(am_tls_selfsign(cert, "DNS:localhost", NULL), AM_OK);
	serving_start(&s, "--imap 127.0.0.1:0 --tls-cert cert.pem");
	g_free(serving_imap(&s, "b NOOP"));
	cr_expect_eq(serving_stop(&s), 0);
	g_free(dir);
	g_free(cert);
	serving_end(&s);
}

/* Who named no port is told how to, where the usual one is taken. */
Test(serve, says_how_to_name_another_port)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
	                         .sin_port = htons(1143),
	                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct serving s;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	serving_init(&s);
	/* Whether it is us or somebody else who has it. */
	(void)!bind(fd, (struct sockaddr *)&at, sizeof at);
	(void)!listen(fd, 1);
	cr_expect_eq(cli_line(&s.cli, "serve a.mailark"), 2);
	expect_in(s.cli.err, "--imap");
	expect_in(s.cli.err, "127.0.0.1:1143: Address already in use");
	close(fd);
	serving_end(&s);
}

/* What a mail program has stored is good after the next start, too. */
Test(serve, its_own_password_is_kept)
{
	struct serving s;
	struct stat st;
	char *said[3];

	serving_init(&s);
	g_unsetenv("MAILARK_PASSWORD");
	char *path = cli_path(&s.cli, "mailark/serve.password");
	for (size_t i = 0; i < AM_COUNT(said); i++) {
		serving_start(&s, "--imap 127.0.0.1:0");
		const char *at = strstr(s.said, "\nPassword   ");
		cr_assert(at, "%s", s.said);
		said[i] = g_strndup(at + strlen("\nPassword   "), 19);
		char *all = g_strdup_printf(
			"a LOGIN mailark %s\r\nz LOGOUT\r\n", said[i]);
		char *answer = serving_ask(serving_port(&s, "IMAP"), all);
		expect_in(answer, "a OK");
		g_free(answer);
		g_free(all);
		cr_expect_eq(serving_stop(&s), 0);
		cr_assert_eq(stat(path, &st), 0);
		cr_expect_eq(st.st_mode & 0777, 0600);
		if (i == 1)
			cr_assert_eq(unlink(path), 0);
	}
	cr_expect_str_eq(said[1], said[0]);
	cr_expect_str_neq(said[2], said[1]);
	/* One that others may read is none. */
	cr_assert_eq(chmod(path, 0644), 0);
	cr_expect_eq(cli_line(&s.cli, "serve --imap 127.0.0.1:0 a.mailark"), 2);
	expect_in(s.cli.err, "serve.password");
	for (size_t i = 0; i < AM_COUNT(said); i++)
		g_free(said[i]);
	g_free(path);
	serving_end(&s);
}

/* What --host tells mail programs to ask for is what they are shown. */
Test(serve, its_own_certificate_names_the_host)
{
	static const char *const hosts[] = {"mail.example.org", "192.0.2.7"};

	for (size_t i = 0; i < AM_COUNT(hosts); i++) {
		struct serving s;
		serving_init(&s);
		char *options = g_strdup_printf("--imap 127.0.0.1:0 --host %s",
		                                hosts[i]);
		serving_start(&s, options);
		cr_expect_eq(serving_stop(&s), 0);
		char *name = g_strdup_printf("mailark/serve-%s.pem", hosts[i]);
		char *pem = cli_read(&s.cli, name, NULL);
		BIO *in = BIO_new_mem_buf(pem, -1);
		X509 *cert = PEM_read_bio_X509(in, NULL, NULL, NULL);
		cr_assert(cert);
		cr_expect_eq(i ? X509_check_ip_asc(cert, hosts[i], 0)
		               : X509_check_host(cert, hosts[i], 0, 0, NULL),
		             1);
		cr_expect_eq(X509_check_host(cert, "localhost", 0, 0, NULL), 1);
		X509_free(cert);
		BIO_free(in);
		g_free(pem);
		g_free(name);
		g_free(options);
		serving_end(&s);
	}
}

/* An archive that nobody can write into is not offered for writing. */
Test(serve, what_cannot_be_written_is_read_only)
{
	struct serving s;

	serving_init(&s);
	char *cert = cli_path(&s.cli, "cert.pem");
	cr_assert_eq(am_tls_selfsign(cert, "DNS:localhost", NULL), AM_OK);
	cr_assert_eq(chmod(cert, 0644), 0);
	cr_assert_eq(chmod(s.cli.dir, 0555), 0);
	serving_start(&s, geteuid() ? "--imap 127.0.0.1:0 --tls-cert cert.pem"
	                            : "--imap 127.0.0.1:0 --tls-cert cert.pem "
	                              "--user nobody");
	char *said = serving_imap(&s, "s SELECT INBOX\r\nc CREATE x");
	expect_in(said, "s OK [READ-ONLY]");
	expect_in(said, "c NO [READ-ONLY]");
	g_free(said);
	cr_expect_eq(serving_stop(&s), 0);
	expect_in(s.cli.err, "a.mailark: Permission denied: it cannot be "
	                     "written, so it is served read-only");
	cr_assert_eq(chmod(s.cli.dir, 0755), 0);
	g_free(cert);
	serving_end(&s);
}

/* Root's rights are gone when mail is looked at. */
Test(serve, becomes_another_user)
{
	struct serving s;
	uid_t real, effective, saved;

	serving_init(&s);
	cr_expect_eq(cli_line(&s.cli, "serve --user no-such-user a.mailark"),
	             2);
	expect_in(s.cli.err, "there is no user \"no-such-user\"");
	if (geteuid()) {
		cr_expect_eq(cli_line(&s.cli, "serve --user root --imap "
		                              "127.0.0.1:0 a.mailark"),
		             2);
		expect_in(s.cli.err, "only root can become another user");
		serving_end(&s);
		return;
	}
	char *all = g_strdup_printf("chown -R nobody %s", s.cli.dir);
	cr_assert(g_spawn_command_line_sync(all, NULL, NULL, NULL, NULL));
	g_free(all);
	/* Where his configuration is has to be made first, for him. */
	char *config = cli_path(&s.cli, "new/config");
	char *made = cli_path(&s.cli, "new");
	struct stat st;
	g_setenv("XDG_CONFIG_HOME", config, TRUE);
	serving_start(&s, "--user nobody --imap 127.0.0.1:0 --imaps "
	                  "127.0.0.1:0 --log log");
	char *status = g_strdup_printf("/proc/%d/status", (int)s.pid);
	char *text = NULL;
	cr_assert(g_file_get_contents(status, &text, NULL, NULL));
	const char *line = strstr(text, "\nUid:");
	cr_assert_eq(sscanf(line, "\nUid: %u %u %u", &real, &effective, &saved),
	             3);
	cr_expect(real && real == effective && real == saved);
	cr_expect(!stat(made, &st) && st.st_uid == real);
	g_free(made);
	g_free(config);
	expect_in(text, "NoNewPrivs:\t1");
	g_free(text);
	g_free(status);
	/* And it can do what there is to do. */
	text = serving_imap(&s, "b CREATE work");
	expect_in(text, "b OK");
	g_free(text);
	cr_expect_eq(serving_stop(&s), 0, "%s", s.cli.err);
	serving_end(&s);
}

/* ---- what the index answers is what reading every message answers ---- */
