/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mailark serve as a program, with other people's programs at the other end;
 * and killed while it is at work.
 */
#include "tests/support/imap_talk.h"
#include "tests/support/run_cli.h"

#include <criterion/criterion.h>
#include <glib/gstdio.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(serve, .timeout = 300);

struct serving {
	struct cli c;
	GPid pid;
	int out;
	uint16_t port;
};

static const char *program(void)
{
	const char *path = g_getenv("MAILARK");

	return path ? path : "build/mailark";
}

static void start(struct serving *s, const char *archive)
{
	char *program_path = g_canonicalize_filename(program(), NULL);
	const char *argv[] = {program_path,  "serve",   "--imap",
	                      "127.0.0.1:0", "--imaps", "127.0.0.1:0",
	                      archive,       NULL};
	GString *said = g_string_new("");
	GError *error = NULL;
	const char *at;

	g_setenv("HOME", s->c.dir, TRUE);
	g_setenv("XDG_CONFIG_HOME", s->c.dir, TRUE);
	g_setenv("MAILARK_PASSWORD", "secret", TRUE);
	cr_assert(g_spawn_async_with_pipes(s->c.dir, (char **)(uintptr_t)argv,
	                                   NULL, G_SPAWN_DO_NOT_REAP_CHILD,
	                                   NULL, NULL, &s->pid, NULL, &s->out,
	                                   NULL, &error));
	while (!(at = strstr(said->str, "IMAP   127.0.0.1:")) ||
	       !strchr(at, '\n')) {
		char c;
		cr_assert_eq(read(s->out, &c, 1), 1, "it ended: %s", said->str);
		g_string_append_c(said, c);
	}
	s->port = (uint16_t)atoi(at + strlen("IMAP   127.0.0.1:"));
	g_string_free(said, TRUE);
	g_free(program_path);
}

static int stop(struct serving *s, int number)
{
	int status;

	kill(s->pid, number);
	cr_assert_eq(waitpid(s->pid, &status, 0), s->pid);
	close(s->out);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void fill(struct serving *s, int n)
{
	cli_init(&s->c);
	cli_mbox(&s->c, "INBOX", 0, n, 700);
	cr_assert_eq(cli_line(&s->c, "copy --quiet --no-index INBOX a.mailark"),
	             0, "%s", s->c.err);
}

/* A program in the test's folder; what it prints is lost. */
static int run(struct serving *s, const char *format, ...)
{
	va_list args;
	int status;

	va_start(args, format);
	char *line = g_strdup_vprintf(format, args);
	va_end(args);
	const char *argv[] = {"sh", "-c", line, NULL};
	cr_assert(g_spawn_sync(s->c.dir, (char **)(uintptr_t)argv, NULL,
	                       G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL,
	                       NULL, NULL, NULL, NULL, &status, NULL));
	g_free(line);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool have(const char *name)
{
	char *path = g_find_program_in_path(name);

	g_free(path);
	return path != NULL;
}

/* ---- its own client ---- */

/* But for line ends, which IMAP has its own, and a server gives each message a
 * date. */
static void expect_same(struct serving *s, const char *other)
{
	char *line = g_strdup_printf("compare --strict a.mailark %s", other);

	cli_line(&s->c, line);
	g_free(line);
	cr_expect(strstr(s->c.out, "71 the same but for their line ends"), "%s",
	          s->c.out);
	cr_expect(!strstr(s->c.out, "~"), "%s", s->c.out);
}

Test(serve, there_and_back_without_a_difference)
{
	struct serving s = {.port = 0};

	fill(&s, 60);
	start(&s, "a.mailark");
	struct imap_talk *t = imap_talk_open(s.port, "mailark", "secret");
	imap_talk(t, "SELECT INBOX");
	imap_talk(t, "STORE 1:20 +FLAGS (\\Seen $Forwarded word)");
	imap_talk(t, "STORE 7 +FLAGS (\\Flagged \\Draft \\Answered)");
	imap_talk(t, "CREATE \"a & b/Entw&APw-rfe\"");
	imap_talk(t, "COPY 10:20 \"a & b/Entw&APw-rfe\"");
	imap_talk_close(t);
	char *line = g_strdup_printf("copy --quiet --no-index --from "
	                             "imap,tls=off imap://mailark@127.0.0.1:%u "
	                             "b.mailark",
	                             s.port);
	cr_assert_eq(cli_line(&s.c, line), 0, "%s", s.c.err);
	g_free(line);
	expect_same(&s, "b.mailark");
	cr_expect_eq(stop(&s, SIGTERM), 0);
	/* Into an empty one, the other way round. */
	cr_assert_eq(cli_line(&s.c, "copy --quiet --no-index --folder nothing "
	                            "INBOX c.mailark"),
	             0, "%s", s.c.err);
	start(&s, "c.mailark");
	line = g_strdup_printf("copy --quiet --to imap,tls=off b.mailark "
	                       "imap://mailark@127.0.0.1:%u",
	                       s.port);
	cr_assert_eq(cli_line(&s.c, line), 0, "%s", s.c.err);
	/* Again: nothing is new. */
	cr_assert_eq(cli_line(&s.c, line), 0, "%s", s.c.err);
	g_free(line);
	cr_expect_eq(stop(&s, SIGTERM), 0);
	expect_same(&s, "c.mailark");
	cr_expect_eq(cli_line(&s.c, "verify --full c.mailark"), 0, "%s%s",
	             s.c.out, s.c.err);
	cli_end(&s.c);
}

/* ---- other people's ---- */

static const char mbsyncrc[] = "FSync no\n"
			       "IMAPStore far\nHost 127.0.0.1\nPort %u\n"
			       "User mailark\nPass secret\nSSLType None\n"
			       "AuthMechs LOGIN\n\n"
			       "MaildirStore near\nPath %s/md/\n"
			       "Inbox %s/md/INBOX\nSubFolders Verbatim\n\n"
			       "Channel all\nFar :far:\nNear :near:\n"
			       "Patterns *\nCreate Both\nExpunge Both\n"
			       "Sync All\nCopyArrivalDate yes\nSyncState *\n";

/* Every file below a folder, with its size; g_free(). */
static char *tree(struct serving *s, const char *folder)
{
	char *line = g_strdup_printf("find %s -type f -printf '%%P %%s\\n' | "
	                             "grep -v mbsyncstate | sort > tree.txt",
	                             folder);
	run(s, "%s", line);
	g_free(line);
	return cli_read(&s->c, "tree.txt", NULL);
}

Test(serve, mbsync_syncs_both_ways)
{
	struct serving s = {.port = 0};
	size_t len;

	if (!have("mbsync"))
		cr_skip_test("no mbsync");
	fill(&s, 40);
	start(&s, "a.mailark");
	char *config = g_strdup_printf(mbsyncrc, s.port, s.c.dir, s.c.dir);
	cli_write(&s.c, "mbsyncrc", config, strlen(config));
	g_free(config);
	cr_assert_eq(run(&s, "mkdir md && mbsync -q -c mbsyncrc -a"), 0);
	char *first = tree(&s, "md");
	cr_expect_eq(cli_lines(first), 41, "%s", first);
	cr_expect_eq(run(&s, "mbsync -q -c mbsyncrc -a"), 0);
	char *second = tree(&s, "md");
	cr_expect_str_eq(second, first);
	g_free(first);
	g_free(second);
	/* A message is filed, one is deleted, a folder is made. */
	cr_expect_eq(run(&s, "f=$(ls md/INBOX/new | head -1); "
	                     "rm md/INBOX/new/$f; "
	                     "mkdir -p md/Neu/new md/Neu/cur md/Neu/tmp; "
	                     "printf 'Subject: pushed\\n\\nbody\\n' > "
	                     "md/Neu/new/1.1.x"),
	             0);
	cr_expect_eq(run(&s, "mbsync -q -c mbsyncrc -a"), 0);
	struct imap_talk *t = imap_talk_open(s.port, "mailark", "secret");
	cr_expect(strstr(imap_talk(t, "STATUS INBOX (MESSAGES)")->str,
	                 "(MESSAGES 39)"));
	cr_expect(strstr(imap_talk(t, "SELECT Neu")->str, "* 1 EXISTS"));
	cr_expect(strstr(imap_talk(t, "FETCH 1 BODY.PEEK[TEXT]")->str,
	                 "body\r\n"));
	imap_talk(t, "STORE 1 +FLAGS (\\Flagged)");
	imap_talk_close(t);
	cr_expect_eq(run(&s, "mbsync -q -c mbsyncrc -a && ls md/Neu/cur/*F* "
	                     "md/Neu/new/*F* 2>/dev/null | grep -q F"),
	             0);
	char *before = tree(&s, "md");
	char *archive = cli_read(&s.c, "a.mailark", &len);
	size_t was = len;
	g_free(archive);
	cr_expect_eq(run(&s, "mbsync -q -c mbsyncrc -a"), 0);
	char *after = tree(&s, "md");
	cr_expect_str_eq(after, before);
	archive = cli_read(&s.c, "a.mailark", &len);
	cr_expect_eq(len, was, "a run with nothing new wrote something");
	g_free(archive);
	g_free(before);
	g_free(after);
	cr_expect_eq(stop(&s, SIGTERM), 0);
	cli_end(&s.c);
}

Test(serve, curl_reads_a_message)
{
	struct serving s = {.port = 0};
	size_t len;

	if (!have("curl"))
		cr_skip_test("no curl");
	fill(&s, 5);
	start(&s, "a.mailark");
	cr_assert_eq(run(&s,
	                 "curl -s -u mailark:secret "
	                 "'imap://127.0.0.1:%u/INBOX;UID=3' | tr -d '\\r' > "
	                 "got.eml",
	                 s.port),
	             0);
	cr_assert_eq(run(&s, "%s show --raw a.mailark 3 > want.eml",
	                 g_canonicalize_filename(program(), "/")),
	             0);
	char *got = cli_read(&s.c, "got.eml", &len);
	char *want = cli_read(&s.c, "want.eml", &len);
	cr_expect(*got);
	cr_expect_str_eq(got, want);
	g_free(got);
	g_free(want);
	/* STARTTLS and PLAIN, with the certificate of its own. */
	cr_expect_eq(run(&s,
	                 "curl -s -k --ssl-reqd --login-options "
	                 "AUTH=PLAIN -u mailark:secret "
	                 "imap://127.0.0.1:%u -X 'STATUS INBOX (MESSAGES)' | "
	                 "grep -q 'MESSAGES 5'",
	                 s.port),
	             0);
	cr_expect_neq(
		run(&s, "curl -s -u mailark:wrong imap://127.0.0.1:%u", s.port),
		0);
	cr_expect_eq(stop(&s, SIGTERM), 0);
	cli_end(&s.c);
}

static const char offlineimaprc[] =
	"[general]\naccounts=a\nmetadata=%s/meta\nui=Quiet\nfsync=False\n"
	"[Account a]\nlocalrepository=l\nremoterepository=r\n"
	"[Repository l]\ntype=Maildir\nlocalfolders=%s/off\n"
	"[Repository r]\ntype=IMAP\nremotehost=127.0.0.1\nremoteport=%u\n"
	"remoteuser=mailark\nremotepass=secret\nauth_mechanisms=LOGIN\n"
	"ssl=no\nstarttls=no\n";

Test(serve, offlineimap_syncs_and_then_finds_nothing)
{
	struct serving s = {.port = 0};

	if (!have("offlineimap"))
		cr_skip_test("no offlineimap");
	fill(&s, 15);
	start(&s, "a.mailark");
	char *config = g_strdup_printf(offlineimaprc, s.c.dir, s.c.dir, s.port);
	cli_write(&s.c, "offrc", config, strlen(config));
	g_free(config);
	cr_assert_eq(run(&s, "offlineimap -o -c offrc 2>&1"), 0);
	char *first = tree(&s, "off");
	cr_expect_geq(cli_lines(first), 15);
	cr_expect_eq(run(&s, "offlineimap -o -c offrc 2>&1"), 0);
	char *second = tree(&s, "off");
	cr_expect_str_eq(second, first);
	g_free(first);
	g_free(second);
	cr_expect_eq(stop(&s, SIGTERM), 0);
	cli_end(&s.c);
}

/* ---- killed ---- */

struct writer {
	uint16_t port;
	int id;
	_Atomic unsigned appended, stored; /* OKs that were heard */
};

static int connect_to(uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	                         .sin_port = htons(port),
	                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	cr_assert_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

/* -1: the connection is gone; else whether the answer to "x …" was OK. */
static int say(int fd, FILE *in, const char *command)
{
	char line[4096];
	size_t len = strlen(command);

	if (send(fd, command, len, MSG_NOSIGNAL) != (ssize_t)len)
		return -1;
	while (fgets(line, sizeof line, in))
		if (!strncmp(line, "x ", 2))
			return !strncmp(line, "x OK", 4);
	return -1;
}

/* Until the connection goes: a message, then a flag on one of its own. */
static gpointer write_much(gpointer user)
{
	struct writer *w = user;
	int fd = connect_to(w->port), a, b;
	FILE *in = fdopen(fd, "r");

	say(fd, in, "x LOGIN mailark secret\r\n");
	say(fd, in, "x SELECT INBOX\r\n");
	do {
		char *mail = g_strdup_printf("Subject: k%d-%u\r\n\r\nb\r\n",
		                             w->id, w->appended);
		char *append = g_strdup_printf(
			"x APPEND INBOX {%zu+}\r\n%s\r\n", strlen(mail), mail);
		char *store = g_strdup_printf("x STORE %d +FLAGS (n%d-%u)\r\n",
		                              w->id + 1, w->id, w->stored);
		a = say(fd, in, append);
		w->appended += a == 1;
		b = say(fd, in, store);
		w->stored += b == 1;
		g_free(mail);
		g_free(append);
		g_free(store);
	} while (a >= 0 && b >= 0);
	(void)fclose(in);
	return NULL;
}

Test(serve, killed_it_has_kept_what_it_said_it_had)
{
	enum { WRITERS = 3, KILLS = 4 };
	struct serving s = {.port = 0};

	fill(&s, 12);
	for (int round = 0; round < KILLS; round++) {
		struct writer writers[WRITERS];
		GThread *threads[WRITERS];
		start(&s, "a.mailark");
		for (int i = 0; i < WRITERS; i++) {
			writers[i] = (struct writer){s.port,
			                             round * WRITERS + i, 0, 0};
			threads[i] =
				g_thread_new("writer", write_much, &writers[i]);
		}
		/* Some work has been done by then, whatever the machine. */
		unsigned wanted = 3 + 7 * (unsigned)round;
		while (writers[0].appended < wanted ||
		       writers[1].stored < wanted)
			g_usleep(3000);
		cr_expect_eq(stop(&s, SIGKILL), -SIGKILL);
		for (int i = 0; i < WRITERS; i++)
			g_thread_join(threads[i]);
		start(&s, "a.mailark");
		struct imap_talk *t =
			imap_talk_open(s.port, "mailark", "secret");
		imap_talk(t, "SELECT INBOX");
		for (int i = 0; i < WRITERS; i++) {
			const struct writer *w = &writers[i];
			if (w->appended) {
				char *want =
					g_strdup_printf("Subject: k%d-%u\r\n",
				                        w->id, w->appended - 1);
				const GString *got = imap_talk(
					t,
					"FETCH 1:* "
					"BODY.PEEK[HEADER.FIELDS (SUBJECT)]");
				cr_expect(strstr(got->str, want), "%s", want);
				g_free(want);
			}
			if (w->stored) {
				char *want = g_strdup_printf("n%d-%u", w->id,
				                             w->stored - 1);
				const GString *got = imap_talk(
					t, "FETCH %d FLAGS", w->id + 1);
				cr_expect(strstr(got->str, want), "%s in %s",
				          want, got->str);
				g_free(want);
			}
		}
		imap_talk_close(t);
		cr_expect_eq(stop(&s, SIGTERM), 0);
	}
	cr_expect_eq(cli_line(&s.c, "verify --full a.mailark"), 0, "%s%s",
	             s.c.out, s.c.err);
	cli_end(&s.c);
}
