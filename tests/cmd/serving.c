/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "serving.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_S = 60 };

void serving_init(struct serving *s)
{
	*s = (struct serving){.pid = 0};
	cli_init(&s->cli);
	g_setenv("XDG_CONFIG_HOME", s->cli.dir, TRUE);
	g_setenv("XDG_STATE_HOME", s->cli.dir, TRUE);
	g_setenv("MAILARK_PASSWORD", "secret", TRUE);
	cli_mbox(&s->cli, "in.mbox", 1, 5, 100);
	cr_assert_eq(cli_line(&s->cli, "copy in.mbox a.mailark"), 0, "%s",
	             s->cli.err);
}

/* Until it says that it is ready. */
static void await(struct serving *s)
{
	int64_t until = g_get_monotonic_time() + PATIENCE_S * G_USEC_PER_SEC;

	for (;;) {
		int status;
		s->said = cli_read(&s->cli, ".out", NULL);
		if (strstr(s->said, "Ctrl-C ends it.\n"))
			return;
		char *errors = cli_read(&s->cli, ".err", NULL);
		cr_assert_eq(waitpid(s->pid, &status, WNOHANG), 0, "%s",
		             errors);
		g_free(errors);
		g_free(s->said);
		cr_assert_lt(g_get_monotonic_time(), until);
		g_usleep(20000);
	}
}

/* What the one before said is not what this one says. */
static void forget_output(struct serving *s)
{
	char *out = cli_path(&s->cli, ".out");

	(void)unlink(out);
	g_free(out);
}

void serving_start(struct serving *s, const char *options)
{
	char *line = g_strdup_printf("serve %s a.mailark", options);

	forget_output(s);
	s->pid = cli_start(&s->cli, line);
	g_free(line);
	await(s);
}

uint16_t serving_start_given(struct serving *s, const char *name,
                             const char *options)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
	                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	cr_assert_eq(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
	cr_assert_eq(listen(fd, 8), 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	char *program = g_canonicalize_filename(
		g_getenv("MAILARK") ? g_getenv("MAILARK") : "build/mailark",
		NULL);
	/* The process that the variable names is the one the shell becomes. */
	char *line = g_strdup_printf(
		"cd '%s'; export LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=%s; "
		"exec '%s' serve %s a.mailark >.out 2>.err",
		s->cli.dir, name, program, options);
	forget_output(s);
	s->pid = fork();
	cr_assert_geq(s->pid, 0);
	if (!s->pid) {
		/* dup2() of a descriptor to itself would leave it to close. */
		int to = fd == 3 ? fcntl(fd, F_SETFD, 0) : dup2(fd, 3);
		if (to >= 0)
			execl("/bin/sh", "sh", "-c", line, (char *)NULL);
		_exit(127);
	}
	close(fd);
	g_free(line);
	g_free(program);
	await(s);
	return ntohs(at.sin_port);
}

uint16_t serving_port(const struct serving *s, const char *name)
{
	const char *line = strstr(s->said, name);

	cr_assert(line, "no %s in %s", name, s->said);
	const char *at = strstr(line, "127.0.0.1:");
	cr_assert(at, "%s", line);
	return (uint16_t)g_ascii_strtoull(at + strlen("127.0.0.1:"), NULL, 10);
}

int serving_stop(struct serving *s)
{
	pid_t pid = s->pid;

	if (!pid)
		return 0;
	s->pid = 0;
	g_clear_pointer(&s->said, g_free);
	cr_assert_eq(kill(pid, SIGTERM), 0);
	return cli_wait(&s->cli, pid);
}

void serving_end(struct serving *s)
{
	(void)serving_stop(s);
	cli_end(&s->cli);
}

int serving_connect(uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	                         .sin_port = htons(port),
	                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	cr_assert_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

char *serving_ask(uint16_t port, const char *what)
{
	int fd = serving_connect(port);
	GString *all = g_string_new("");
	char buf[8192];
	ssize_t n;

	/* Who has heard enough may hang up. */
	for (size_t len = strlen(what); len; what += n, len -= (size_t)n) {
		n = send(fd, what, len, MSG_NOSIGNAL);
		if (n <= 0)
			break;
	}
	while ((n = recv(fd, buf, sizeof buf, 0)) > 0)
		g_string_append_len(all, buf, n);
	close(fd);
	return g_string_free(all, FALSE);
}

char *serving_imap(const struct serving *s, const char *commands)
{
	char *all = g_strdup_printf("a LOGIN mailark secret\r\n%s\r\n"
	                            "z LOGOUT\r\n",
	                            commands);
	char *answer = serving_ask(serving_port(s, "IMAP"), all);

	g_free(all);
	cr_expect(strstr(answer, "z OK"), "%s", answer);
	return answer;
}
