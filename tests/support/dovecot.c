/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two processes stand behind a test: the keeper, which waits for the leash (a
 * pipe) to be let go, and Dovecot's master, its child, in a process group of
 * its own.  The test may crash, time out or be killed: the leash goes with it.
 */
#include "tests/support/dovecot.h"

#include "tests/support/dovecot_config.h"

#include "base/file.h"

#include <glib.h>
#include <glib/gstdio.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { READY_MS = 30000, TICK_MS = 10 };

static void die(const char *what)
{
	perror(what);
	abort();
}

static void nap(void)
{
	struct timespec tick = {.tv_nsec = TICK_MS * 1000000L};

	nanosleep(&tick, NULL);
}

static const char *program(void)
{
	static const char *const needed[] = {"/usr/sbin/dovecot",
	                                     "/usr/lib/dovecot/imap",
	                                     "/usr/lib/dovecot/pop3", NULL};

	for (size_t i = 0; needed[i]; i++) {
		if (!access(needed[i], X_OK))
			continue;
		fprintf(stderr,
		        "no %s: the lab needs the packages dovecot-imapd and "
		        "dovecot-pop3d (make test-deps)\n",
		        needed[i]);
		abort();
	}
	return needed[0];
}

/* ---- ports ---- */
static struct sockaddr_in loopback(uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

/* Four at a time, or the second may be the first again. */
static void find_ports(uint16_t *ports[4])
{
	int fds[4];

	for (size_t i = 0; i < 4; i++) {
		struct sockaddr_in at = loopback(0);
		socklen_t len = sizeof(at);
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fds[i] < 0 ||
		    bind(fds[i], (struct sockaddr *)&at, sizeof(at)) ||
		    getsockname(fds[i], (struct sockaddr *)&at, &len))
			die("no free port");
		*ports[i] = ntohs(at.sin_port);
	}
	for (size_t i = 0; i < 4; i++)
		close(fds[i]);
}

/* It greets whoever comes. */
static bool greets(uint16_t port)
{
	struct sockaddr_in at = loopback(port);
	char c = 0;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool up = fd >= 0 && !connect(fd, (struct sockaddr *)&at, sizeof(at)) &&
	          recv(fd, &c, 1, 0) == 1;

	if (fd >= 0)
		close(fd);
	return up && (c == '*' || c == '+');
}

/* ---- the keeper ---- */
static pid_t run_master(const char *conf, const char *path)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	int null = open("/dev/null", O_RDWR);
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	/* INTERNALDATE is shown in this zone: one that is not UTC's. */
	setenv("TZ", "Asia/Kolkata", 1);
	execl(path, "dovecot", "-F", "-c", conf, (char *)NULL);
	_exit(127);
}

/* Ends with the leash, or with Dovecot. */
static void keep(const char *dir, const char *conf, const char *path, int leash)
{
	enum { LEASH = 3 };
	struct pollfd p = {.fd = LEASH, .events = POLLIN};
	char order = 0;

	/* Of the test's files none is to be held open here. */
	if (dup2(leash, LEASH) < 0 || close_range(LEASH + 1, ~0U, 0))
		_exit(1);
	fcntl(LEASH, F_SETFD, FD_CLOEXEC);
	signal(SIGINT, SIG_IGN); /* Ctrl-C is the test's to notice */
	signal(SIGTERM, SIG_IGN);
	pid_t master = run_master(conf, path);
	while (!waitpid(master, NULL, WNOHANG)) {
		int r = poll(&p, 1, 200);
		if (r < 1)
			continue;
		/* A word: power cut.  The end: finish and clean up. */
		bool crash = read(LEASH, &order, 1) == 1;
		for (int i = 0; !crash && i < 500; i++) {
			if (!i)
				kill(master, SIGTERM);
			if (waitpid(master, NULL, WNOHANG))
				break;
			nap();
		}
		kill(-master, SIGKILL);
		waitpid(master, NULL, 0);
		break;
	}
	kill(-master, SIGKILL);
	_exit(!order && am_remove_tree(dir, NULL));
}

static void run(struct dovecot *d)
{
	char *conf = g_build_filename(d->dir, "dovecot.conf", NULL);
	const char *path = program();
	int pipes[2];

	if (pipe2(pipes, O_CLOEXEC))
		die("pipe");
	d->keeper = fork();
	if (d->keeper < 0)
		die("fork");
	if (!d->keeper) {
		close(pipes[1]);
		keep(d->dir, conf, path, pipes[0]);
	}
	close(pipes[0]);
	d->leash = pipes[1];
	for (int ms = 0; !greets(d->imap) || !greets(d->pop3); ms += TICK_MS) {
		nap();
		if (ms < READY_MS && !waitpid(d->keeper, NULL, WNOHANG))
			continue;
		char *log = dovecot_log(d);
		fprintf(stderr, "dovecot does not start:\n%s\n", log);
		abort();
	}
	g_free(conf);
}

void dovecot_start(struct dovecot *d, const char *more)
{
	*d = (struct dovecot){0};
	(void)program();
	d->dir = g_dir_make_tmp("mailark-lab-XXXXXX", NULL);
	if (!d->dir || g_chmod(d->dir, 0755))
		die("temporary folder");
	find_ports((uint16_t *[]){&d->imap, &d->imaps, &d->pop3, &d->pop3s});
	dovecot_configure(d, more);
	run(d);
}

static void wait_keeper(struct dovecot *d)
{
	while (waitpid(d->keeper, NULL, 0) < 0 && errno == EINTR)
		;
	d->keeper = 0;
}

void dovecot_kill(struct dovecot *d)
{
	if (write(d->leash, "k", 1) != 1)
		die("keeper");
	close(d->leash);
	wait_keeper(d);
}

void dovecot_again(struct dovecot *d)
{
	run(d);
}

void dovecot_stop(struct dovecot *d)
{
	if (d->keeper) {
		close(d->leash);
		wait_keeper(d);
	} else if (am_remove_tree(d->dir, NULL)) {
		fprintf(stderr, "could not remove %s\n", d->dir);
	}
	g_free(d->dir);
	g_free(d->cert);
	*d = (struct dovecot){0};
}

/* ---- what a test asks ---- */
char *dovecot_url(const struct dovecot *d, const char *user, const char *path)
{
	return g_strdup_printf("imap://%s@127.0.0.1:%u/%s", user, d->imap,
	                       path);
}

char *dovecot_maildir(const struct dovecot *d, const char *user)
{
	return g_build_filename(d->dir, "home", user, "Maildir", NULL);
}

char *dovecot_log(const struct dovecot *d)
{
	char *path = g_build_filename(d->dir, "log", NULL);
	char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		text = g_strdup("(no log)");
	g_free(path);
	return text;
}

/* Each line begins with the time; those of a literal do so too, and its bytes
 * are counted off. */
static void add_commands(GString *out, const char *text, size_t len)
{
	size_t literal = 0;

	for (size_t at = 0; at < len;) {
		const char *eol = memchr(text + at, '\n', len - at);
		size_t end = eol ? (size_t)(eol - text) + 1 : len;
		const char *blank = memchr(text + at, ' ', end - at);
		const char *line = blank ? blank + 1 : text + at;
		size_t n = (size_t)(text + end - line);
		at = end;
		size_t skip = MIN(literal, n);
		literal -= skip;
		line += skip;
		n -= skip;
		if (n < 4)
			continue;
		g_string_append_len(out, line, (gssize)n);
		const char *brace = memrchr(line, '{', n);
		if (brace && line[n - 3] == '}')
			literal = (size_t)g_ascii_strtoull(brace + 1, NULL, 10);
	}
}

char *dovecot_heard(const struct dovecot *d, const char *user)
{
	GString *out = g_string_new(NULL);
	char *dir = g_build_filename(d->dir, "home", user, "rawlog", NULL);
	GDir *list = g_dir_open(dir, 0, NULL);
	const char *name;

	while (list && (name = g_dir_read_name(list))) {
		char *path = g_build_filename(dir, name, NULL);
		char *text = NULL;
		gsize len = 0;
		if (g_str_has_suffix(name, ".in") &&
		    g_file_get_contents(path, &text, &len, NULL))
			add_commands(out, text, len);
		g_unlink(path);
		g_free(text);
		g_free(path);
	}
	if (list)
		g_dir_close(list);
	g_free(dir);
	return g_string_free(out, FALSE);
}
