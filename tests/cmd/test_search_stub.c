/* SPDX-License-Identifier: GPL-3.0-or-later */
/* index --publish and search --stub, with Xapian's own servers on loopback. */
#include "tests/support/run_cli.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- servers ---------------------------------------------------------------
 */

static struct sockaddr_in loopback(int port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
	                            .sin_port = htons((uint16_t)port),
	                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* A socket that listens on a port of the system's choice. */
static int listening(int *port)
{
	struct sockaddr_in at = loopback(0);
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	cr_assert_geq(fd, 0);
	cr_assert_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	cr_assert_eq(listen(fd, 16), 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	*port = ntohs(at.sin_port);
	return fd;
}

static int connected(int port)
{
	struct sockaddr_in to = loopback(port);

	for (int i = 0; i < 600; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (!connect(fd, (struct sockaddr *)&to, sizeof(to)))
			return fd;
		close(fd);
		g_usleep(50000);
	}
	return -1;
}

/* In a group of its own: it forks for each connection. */
static pid_t serve(struct cli *c, const char *name, int *port)
{
	char *file = cli_path(c, name), number[16];

	close(listening(port));
	g_snprintf(number, sizeof(number), "%d", *port);
	pid_t pid = fork();
	if (!pid) {
		setpgid(0, 0);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* It complains of us who only knock. */
		dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
		execlp("xapian-tcpsrv", "xapian-tcpsrv", "--quiet",
		       "--interface", "127.0.0.1", "--port", number, file,
		       (char *)NULL);
		_exit(127);
	}
	setpgid(pid, pid);
	g_free(file);
	int fd = connected(*port);
	cr_assert_geq(fd, 0, "xapian-tcpsrv did not start");
	close(fd);
	return pid;
}

static void stop(pid_t pid)
{
	kill(-pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* From one to the other; the number of bytes, 0 at the end. */
static ssize_t pass(int from, int to)
{
	char buf[4096];
	ssize_t n = read(from, buf, sizeof(buf));

	return n > 0 && write(to, buf, (size_t)n) == n ? n : 0;
}

/*
 * Stands between: when so many bytes have come from the server, it is killed
 * and the connection with it, in the middle of its answer.
 */
static pid_t relay_and_kill(pid_t server, int port, ssize_t bytes,
                            int *relay_port)
{
	int fd = listening(relay_port);
	pid_t pid = fork();

	if (pid) {
		close(fd);
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	int client = accept(fd, NULL, NULL), upstream = connected(port);
	struct pollfd p[2] = {{client, POLLIN, 0}, {upstream, POLLIN, 0}};
	while (bytes > 0 && poll(p, 2, -1) > 0) {
		if (p[0].revents && !pass(client, upstream))
			break;
		if (p[1].revents) {
			ssize_t n = pass(upstream, client);
			bytes -= n;
			if (!n)
				break;
		}
	}
	kill(-server, SIGKILL);
	_exit(0);
}

/* ---- mail ------------------------------------------------------------------
 */

static void set_up(struct cli *c)
{
	cli_init(c);
	for (int i = 0; i < 3; i++) {
		char *mbox = g_strdup_printf("%d.mbox", i);
		char *line = g_strdup_printf("copy -q %s %d.mailark", mbox, i);
		char *publish = g_strdup_printf(
			"index --publish %d.xdb %d.mailark", i, i);
		cli_mbox(c, mbox, 100 * i, 10 + i, 0);
		cr_assert_eq(cli_line(c, line), 0, "%s", c->err);
		cr_assert_eq(cli_line(c, publish), 0, "%s", c->err);
		cr_expect(strstr(c->out, "messages published in"), "%s",
		          c->out);
		g_free(publish);
		g_free(line);
		g_free(mbox);
	}
}

/* Stands before two servers, and lets nothing through to the first one before
 * the second one was asked, too. */
static pid_t relay_both(const int ports[2], int relayed[2])
{
	int fds[2] = {listening(&relayed[0]), listening(&relayed[1])};
	struct pollfd p[4];
	pid_t pid = fork();

	if (pid) {
		close(fds[0]);
		close(fds[1]);
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = 2; i-- > 0;) {
		p[2 * i] =
			(struct pollfd){accept(fds[i], NULL, NULL), POLLIN, 0};
		p[2 * i + 1] = (struct pollfd){connected(ports[i]), POLLIN, 0};
	}
	for (int open = 2; open && poll(p, 4, -1) > 0;)
		for (int i = 0; i < 4; i++) {
			if (!p[i].revents || pass(p[i].fd, p[i ^ 1].fd))
				continue;
			close(p[i].fd);
			close(p[i ^ 1].fd);
			p[i].fd = p[i ^ 1].fd = -1;
			open--;
		}
	_exit(0);
}

static void write_stub(struct cli *c, const int ports[3])
{
	char *text =
		g_strdup_printf("# three accounts\n\nremote 127.0.0.1:%d\n"
	                        "remote 127.0.0.1:%d\nremote 127.0.0.1:%d\n",
	                        ports[0], ports[1], ports[2]);

	cli_write(c, "all.stub", text, strlen(text));
	g_free(text);
}

Test(search_stub, answers_as_the_archive_does)
{
	static const char *const queries[] = {"from:user3",
	                                      "subject:message",
	                                      "is:unread",
	                                      "NOT from:user3",
	                                      "in:0",
	                                      "in:nowhere",
	                                      "date:2020..",
	                                      "size:<1k",
	                                      "from:user*",
	                                      "nosuchword",
	                                      "from:(user1 OR user2)",
	                                      "\"of message\"",
	                                      "has:attachment",
	                                      "body:message",
	                                      "from:us*r3",
	                                      "subject:mesage~",
	                                      "message NEAR/3 of",
	                                      "is:reply",
	                                      "quoted:message",
	                                      "in:attachment:message"};
	static const struct {
		const char *query, *count;
	} filed[] = {{"is:unread", "3\n"},
	             {"is:seen", "1\n"},
	             {"category:promotions", "1\n"},
	             {"label:old-bills", "1\n"},
	             {"label:\"old bills\"", "0\n"}};
	static const char mail[] = "Subject: twice\n\nbody\n";
	static const char labels[] =
		"From 1234@xxx Thu Jan 02 03:04:05 +0000 2020\n"
		"X-Gmail-Labels: Category Promotions,Old/Bills,Unread\n"
		"Subject: labelled\n\nbody\n";
	struct cli c;

	set_up(&c);
	cli_write(&c, "one.stub", "auto 0.xdb\n", 11);
	for (size_t i = 0; i < AM_COUNT(queries); i++) {
		cr_assert_eq(cli_run(&c, "search", "--count", "0.mailark",
		                     queries[i], NULL),
		             0, "%s", c.err);
		char *want = g_strdup(c.out);
		cr_expect_eq(cli_run(&c, "search", "--count", "--stub",
		                     "one.stub", queries[i], NULL),
		             0, "%s", c.err);
		cr_expect_str_eq(c.out, want, "%s", queries[i]);
		g_free(want);
	}
	/* A message read in one folder and unread in another is both; a hyphen
	 * asks for a space. */
	cli_write(&c, "labels.mbox", labels, strlen(labels));
	cli_write(&c, "m/cur/1:2,S", mail, strlen(mail));
	cli_write(&c, "m/.Old/cur/2:2,", mail, strlen(mail));
	cli_write(&c, "m/new/3", "x\n", 2);
	cli_write(&c, "two.stub", "auto m.xdb\n", 11);
	cr_assert_eq(cli_line(&c, "copy -q m m.mailark"), 0, "%s", c.err);
	cr_assert_eq(cli_line(&c, "copy -q labels.mbox m.mailark"), 0, "%s",
	             c.err);
	cr_assert_eq(cli_line(&c, "index --publish m.xdb m.mailark"), 0, "%s",
	             c.err);
	for (size_t i = 0; i < AM_COUNT(filed); i++) {
		cr_assert_eq(cli_run(&c, "search", "--count", "m.mailark",
		                     filed[i].query, NULL),
		             0, "%s", c.err);
		cr_expect_str_eq(c.out, filed[i].count, "%s", filed[i].query);
		cr_expect_eq(cli_run(&c, "search", "--count", "--stub",
		                     "two.stub", filed[i].query, NULL),
		             0, "%s", c.err);
		cr_expect_str_eq(c.out, filed[i].count, "%s", filed[i].query);
	}
	/* What comes out leads to the message. */
	cr_expect_eq(cli_line(&c, "search --json --limit 1 --stub one.stub "
	                          "from:user3"),
	             0);
	char *at = strstr(c.out, "\"archive\":\"");
	cr_assert(at, "%s", c.out);
	at += strlen("\"archive\":\"");
	char *archive = g_strndup(at, strcspn(at, "\""));
	cr_expect(g_str_has_suffix(archive, "/0.mailark"), "%s", archive);
	char *id = g_strdup_printf(
		"%d",
		(int)g_ascii_strtoll(strstr(c.out, "\"id\":") + 5, NULL, 10));
	cr_expect_eq(cli_run(&c, "show", archive, id, NULL), 0, "%s", c.err);
	cr_expect(strstr(c.out, "user3"), "%s", c.out);
	g_free(id);
	g_free(archive);
	/* By --format as the archive itself. */
	static const char format[] =
		"{id}|{date}|{iso}|{from:12}|{to}|{cc}|{subject}|{folder}|"
		"{flags}|{size}|{attachments}|{message-id}|{thread}\\t{{";
	cr_assert_eq(cli_run(&c, "search", "--sort", "date", "--format", format,
	                     "0.mailark", "from:user*", NULL),
	             0, "%s", c.err);
	char *want = g_strdup(c.out);
	cr_expect_eq(cli_run(&c, "search", "--sort", "date", "--format", format,
	                     "--stub", "one.stub", "from:user*", NULL),
	             0, "%s", c.err);
	cr_expect_str_eq(c.out, want);
	cr_expect_gt(cli_lines(want), 1);
	g_free(want);
	cli_end(&c);
}

Test(search_stub, asks_servers_and_says_which_one_did_not_answer)
{
	struct cli c;
	pid_t pids[3];
	int ports[3], relayed[3];

	set_up(&c);
	for (int i = 0; i < 3; i++) {
		char name[16];
		g_snprintf(name, sizeof(name), "%d.xdb", i);
		pids[i] = serve(&c, name, &ports[i]);
	}
	write_stub(&c, ports);
	cr_expect_eq(cli_line(&c, "search --count --stub all.stub from:user*"),
	             0, "%s", c.err);
	cr_expect_str_eq(c.out, "33\n");
	cr_expect_eq(cli_line(&c, "search --sort date --limit 12 --json --stub "
	                          "all.stub from:user*"),
	             0, "%s", c.err);
	cr_expect_eq(cli_lines(c.out), 12, "%s", c.out);
	cr_expect_str_eq(c.err, "");

	/* All at once, not one after the other. */
	memcpy(relayed, ports, sizeof(relayed));
	pid_t both = relay_both(ports, relayed);
	write_stub(&c, relayed);
	cr_expect_eq(cli_line(&c, "search --format {archive}/{id} --stub "
	                          "all.stub from:user*"),
	             0, "%s", c.err);
	cr_expect_eq(cli_lines(c.out), 33, "%s", c.out);
	waitpid(both, NULL, 0);

	/* One is killed while it answers: at several places of the answer. */
	static const ssize_t bytes[] = {1, 60, 300, 900};
	for (size_t i = 0; i < AM_COUNT(bytes); i++) {
		memcpy(relayed, ports, sizeof(relayed));
		pid_t relay = relay_and_kill(pids[1], ports[1], bytes[i],
		                             &relayed[1]);
		write_stub(&c, relayed);
		cr_expect_eq(cli_line(&c, "search --json --stub all.stub "
		                          "from:user*"),
		             1, "%zd: %s", bytes[i], c.err);
		waitpid(relay, NULL, 0);
		waitpid(pids[1], NULL, 0);
		cr_expect_eq(cli_lines(c.out), 22, "%zd: %s", bytes[i], c.err);
		cr_expect(strstr(c.err, "no answer, so its mail is not among "
		                        "the results"),
		          "%s", c.err);
		cr_expect(strstr(c.err, "1 of 3 indexes did not answer"), "%s",
		          c.err);
		pids[1] = serve(&c, "1.xdb", &ports[1]);
	}

	/* One is not there at all; then none. */
	stop(pids[2]);
	write_stub(&c, ports);
	cr_expect_eq(cli_line(&c, "search --count --stub all.stub from:user*"),
	             1);
	cr_expect_str_eq(c.out, "21\n");
	stop(pids[0]);
	stop(pids[1]);
	cr_expect_eq(cli_line(&c, "search --count --stub all.stub from:user*"),
	             2);
	cr_expect_str_eq(c.out, "");
	cli_end(&c);
}

/* What is in no published index comes from the archives, where they are. */
Test(search_stub, goes_on_to_the_archives_that_can_be_reached)
{
	static const char *const lines[] = {
		"search --facets year,from,folder,type --timeline --limit 2 %s",
		"search --threads --sort date %s",
		"search --json --threads --limit 5 %s",
		"search --collapse exact --sort from %s",
		"search --limit 3 --format {sha256}{archive}{id} --facets size "
		"%s",
	};
	static const char stub[] = "auto 0.xdb\nauto 1.xdb\nauto 0.xdb\n";
	struct cli c;

	set_up(&c);
	cli_write(&c, "two.stub", stub, strlen(stub));
	char *zero = cli_path(&c, "0.mailark"),
	     *one = cli_path(&c, "1.mailark");
	char *both = g_strdup_printf("%s %s from:user*", zero, one);
	for (size_t i = 0; i < AM_COUNT(lines); i++) {
		char **parts = g_strsplit(lines[i], "%s", 2);
		char *direct = g_strconcat(parts[0], both, NULL);
		char *far = g_strconcat(parts[0], "--stub two.stub from:user*",
		                        NULL);
		cr_assert_eq(cli_line(&c, direct), 0, "%s", c.err);
		char *want = g_strdup(c.out);
		cr_expect_gt(strlen(want), 20);
		cr_expect_eq(cli_line(&c, far), 0, "%s", c.err);
		cr_expect_str_eq(c.out, want);
		g_free(want);
		g_free(far);
		g_free(direct);
		g_strfreev(parts);
	}
	cr_expect_eq(cli_line(&c, "search --copy-to all.mbox --stub two.stub "
	                          "from:user*"),
	             0, "%s", c.err);
	cr_expect_eq(cli_line(&c, "copy -q all.mbox all.mailark"), 0);
	cr_expect_eq(cli_line(&c, "search --count all.mailark from:user*"), 0);
	cr_expect_str_eq(c.out, "21\n");

	/* One of them has gone. */
	char *away = cli_path(&c, "away");
	cr_assert_eq(rename(one, away), 0);
	cr_expect_eq(cli_line(&c, "search --copy-to some.mbox --stub two.stub "
	                          "from:user*"),
	             1);
	cr_expect(strstr(c.err, "1.mailark: cannot be reached, so its mail is "
	                        "left out: there is no such file here"),
	          "%s", c.err);
	cr_expect_eq(cli_line(&c, "copy -q some.mbox some.mailark"), 0);
	cr_expect_eq(cli_line(&c, "search --count some.mailark from:user*"), 0);
	cr_expect_str_eq(c.out, "10\n");
	/* And all. */
	cr_assert_eq(rename(zero, one), 0);
	cr_expect_eq(cli_line(&c, "search --facets year --stub two.stub x"), 2);
	g_free(away);
	g_free(both);
	g_free(zero);
	g_free(one);
	cli_end(&c);
}

Test(search_stub, says_what_is_wrong)
{
	static const struct {
		const char *stub, *says;
	} cases[] = {
		{"", "names no database"},
		{"auto\n", "line 1"},
		{"# x\nremote somewhere\n", "line 2"},
		{"remote host:99999\n", "line 1"},
		{"auto nothing.xdb\n", "no answer"},
		{"auto 0.mbox\n", "no answer"},
	};
	struct cli c;

	set_up(&c);
	for (size_t i = 0; i < AM_COUNT(cases); i++) {
		cli_write(&c, "bad.stub", cases[i].stub, strlen(cases[i].stub));
		cr_expect_eq(cli_line(&c, "search --stub bad.stub word"), 2,
		             "%s", cases[i].stub);
		cr_expect(strstr(c.err, cases[i].says), "%s: %s", cases[i].stub,
		          c.err);
	}
	cli_write(&c, "one.stub", "auto 0.xdb\n", 11);
	cr_expect_eq(cli_line(&c, "search --stub one.stub 0.mailark word"), 2);
	cr_expect_eq(cli_line(&c,
	                      "search --format {id}{sha256} --stub one.stub "
	                      "word"),
	             2);
	cr_expect(strstr(c.err, "has no {sha256}"), "%s", c.err);
	cr_expect_eq(cli_line(&c, "search --stub nothing.stub word"), 2);
	cr_expect_eq(cli_line(&c, "search --stub one.stub subject:/x/"), 2);
	cr_expect(strstr(c.err, "/patterns/ cannot be asked"), "%s", c.err);
	cr_expect_not(strstr(c.err, "no answer"), "%s", c.err);
	/* An index of an archive is not published. */
	cli_write(&c, "own.stub", "auto 0.mailark.cache/xapian\n", 28);
	cr_expect_eq(cli_line(&c, "search --stub own.stub word"), 2);
	cli_end(&c);
}
