/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/browse/guard.h"

#include "base/map.h"

#include <glib.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { RESTORE_ROOM = 256 };

struct guard {
	struct termios modes;
	bool known; /* stdin is a terminal, modes are its */
	char restore[RESTORE_ROOM];
	size_t n_restore;
	int signals[2]; /* what a handler writes, the loop reads */
	int watch;      /* to the second process; -1: there is none */
	pid_t watcher;
	bool begun;
	struct sigaction stop; /* ncurses' SIGTSTP, while others are there */
	volatile sig_atomic_t interrupted, ended;
};

static const int deadly[] = {SIGSEGV, SIGBUS,  SIGABRT, SIGFPE,
                             SIGILL,  SIGQUIT, SIGSYS,  SIGTRAP};
static const int asking[] = {SIGINT, SIGTERM, SIGHUP};

/* The one a signal handler finds. */
static struct guard *volatile guarding;

/* Only what may be called in a signal handler. */
static void restore(const struct guard *g)
{
	ssize_t n = write(STDOUT_FILENO, g->restore, g->n_restore);

	(void)n;
	if (g->known)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &g->modes);
}

static void die(int number)
{
	struct guard *g = guarding;

	guarding = NULL;
	if (g) {
		restore(g);
		/* It need not do it again. */
		ssize_t n = write(g->watch, "q", 1);
		(void)n;
	}
	signal(number, SIG_DFL);
	raise(number);
}

static void on_asked(int number)
{
	struct guard *g = guarding;
	int before = errno;

	if (!g || (number == SIGINT ? g->interrupted : g->ended)) {
		/* Nobody heard the first one. */
		die(number);
		return;
	}
	if (number == SIGINT)
		g->interrupted = 1;
	else
		g->ended = 1;
	ssize_t n = write(g->signals[1], "s", 1);
	(void)n;
	errno = before;
}

static void set_handlers(void (*fatal)(int), void (*asked)(int))
{
	struct sigaction a = {.sa_handler = fatal, .sa_flags = SA_NODEFER};

	for (size_t i = 0; i < AM_COUNT(deadly); i++)
		sigaction(deadly[i], &a, NULL);
	am_map_listen();
	a = (struct sigaction){.sa_handler = asked};
	for (size_t i = 0; i < AM_COUNT(asking); i++)
		sigaction(asking[i], &a, NULL);
}

/* The second process: "r" others have the terminal, "b" we have it, "q" the
 * end; an end without a word is a death. */
static void watch(const struct guard *g, int from)
{
	bool resting = false;
	char c;

	for (;;) {
		ssize_t n = read(from, &c, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 1 && c == 'q')
			_exit(0);
		if (n != 1)
			break;
		resting = c == 'r';
	}
	if (!resting)
		restore(g);
	_exit(0);
}

static void start_watcher(struct guard *g)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC))
		return;
	g->watcher = fork();
	if (g->watcher == 0) {
		sigset_t all;
		/* What ends the program, or stops it, does not end this;
		 * writing from behind is allowed when SIGTTOU is blocked. */
		sigfillset(&all);
		sigprocmask(SIG_SETMASK, &all, NULL);
		/* Nothing of the program's stays open because of this. */
		int from = dup2(fd[0], STDERR_FILENO);
		close_range(STDERR_FILENO + 1, ~0U, 0);
		watch(g, from);
	}
	close(fd[0]);
	if (g->watcher > 0)
		g->watch = fd[1];
	else
		close(fd[1]);
}

struct guard *guard_new(void)
{
	struct guard *g = g_new0(struct guard, 1);

	g->watch = g->signals[0] = g->signals[1] = -1;
	g->known = tcgetattr(STDIN_FILENO, &g->modes) == 0;
	return g;
}

void guard_begin(struct guard *g, const char *text)
{
	g->n_restore = MIN(strlen(text), sizeof g->restore);
	memcpy(g->restore, text, g->n_restore);
	if (pipe2(g->signals, O_CLOEXEC | O_NONBLOCK))
		g->signals[0] = g->signals[1] = -1;
	start_watcher(g);
	g->begun = true;
	guarding = g;
	set_handlers(die, on_asked);
}

void guard_free(struct guard **guard)
{
	struct guard *g = *guard;

	if (!g)
		return;
	if (g->begun)
		set_handlers(SIG_DFL, SIG_DFL);
	guarding = NULL;
	if (g->watch >= 0) {
		ssize_t n = write(g->watch, "q", 1);
		(void)n;
		close(g->watch);
		while (waitpid(g->watcher, NULL, 0) < 0 && errno == EINTR)
			;
	}
	for (int i = 0; i < 2; i++)
		if (g->signals[i] >= 0)
			close(g->signals[i]);
	g_free(g);
	*guard = NULL;
}

void guard_rest(struct guard *g, bool rest)
{
	ssize_t n = write(g->watch, rest ? "r" : "b", 1);

	(void)n;
	guarding = rest ? NULL : g;
	if (rest) {
		set_handlers(SIG_DFL, SIG_DFL);
		signal(SIGINT, SIG_IGN);
		signal(SIGQUIT, SIG_IGN);
		sigaction(SIGTSTP, &(struct sigaction){.sa_handler = SIG_DFL},
		          &g->stop);
	} else {
		set_handlers(die, on_asked);
		sigaction(SIGTSTP, &g->stop, NULL);
	}
}

void guard_single_keys(void)
{
	struct termios modes;

	if (tcgetattr(STDIN_FILENO, &modes))
		return;
	modes.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &modes);
}

int guard_fd(const struct guard *g)
{
	return g->signals[0];
}

enum guard_asked guard_asked(struct guard *g)
{
	char c[16];

	while (read(g->signals[0], c, sizeof c) > 0)
		;
	if (g->ended)
		return GUARD_END;
	if (!g->interrupted)
		return GUARD_NOTHING;
	g->interrupted = 0;
	return GUARD_INTERRUPT;
}
