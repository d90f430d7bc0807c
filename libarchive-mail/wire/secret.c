/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Secrets from commands and files: one line each, wiped when done with.
 */
#include "wire/secret.h"

#include "base/cancel.h"

#include <glib.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROOM = 65536, TICK_MS = 100 };

void am_secret_free(char **secret)
{
	if (*secret)
		explicit_bzero(*secret, strlen(*secret));
	g_free(*secret);
	*secret = NULL;
}

/* The first line of what was read, as text of its own. */
static int first_line(char **out, const char *what, const char *data,
                      size_t len, struct am_error *err)
{
	const char *end = memchr(data, '\n', len);
	size_t n = end ? (size_t)(end - data) : len;

	if (n && data[n - 1] == '\r')
		n--;
	if (!n)
		return am_fail(err, AM_FAILED, AM_E_AUTH,
		               "%s: the first line is empty", what);
	if (memchr(data, 0, n))
		return am_fail(err, AM_FAILED, AM_E_AUTH,
		               "%s: holds a NUL, so it is no secret", what);
	*out = g_strndup(data, n);
	return AM_OK;
}

/* More to come AM_OK, the end AM_END. */
static int read_some(int fd, char *buf, size_t *len, int64_t until,
                     const char *what, const struct am_cancel *cancel,
                     struct am_error *err)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	if (am_cancel_asked(cancel))
		return am_fail(err, AM_FATAL, AM_E_CANCELLED, "cancelled");
	if (g_get_monotonic_time() >= until)
		return am_fail(err, AM_FAILED, AM_E_AUTH,
		               "%s: took too long and was ended", what);
	if (poll(&p, 1, TICK_MS) <= 0)
		return AM_OK;
	ssize_t n = read(fd, buf + *len, ROOM - *len);
	if (n < 0 && errno != EINTR && errno != EAGAIN)
		return am_fail_sys(err, AM_FAILED, "%s", what);
	if (n > 0)
		*len += (size_t)n;
	/* What goes beyond a line of a sensible length is read no more: the
	 * command then ends by its broken pipe. */
	return !n || *len == ROOM ? AM_END : AM_OK;
}

/* Its wait status; ended by force when it stays beyond its output's end. */
static int reap(GPid pid, int64_t until, bool now)
{
	int status = 0;

	while (!now && g_get_monotonic_time() < until) {
		pid_t got = waitpid(pid, &status, WNOHANG);
		if (got == pid || (got < 0 && errno != EINTR))
			return got == pid ? status : 0;
		g_usleep(10000);
	}
	kill(pid, SIGTERM);
	g_usleep(50000);
	if (waitpid(pid, &status, WNOHANG) == pid)
		return status;
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static int judge(const char *what, int status, struct am_error *err)
{
	if (WIFSIGNALED(status))
		return am_fail(err, AM_FAILED, AM_E_AUTH,
		               "%s: ended by signal %d", what,
		               WTERMSIG(status));
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return am_fail(err, AM_FAILED, AM_E_AUTH,
		               "%s: no such command (exit status 127)", what);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return am_fail(err, AM_FAILED, AM_E_AUTH,
		               "%s: failed with exit status %d", what,
		               WEXITSTATUS(status));
	return AM_OK;
}

int am_secret_command(char **out, const char *what, const char *command,
                      unsigned timeout_ms, const struct am_cancel *cancel,
                      struct am_error *err)
{
	char *argv[] = {(char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c",
	                (char *)(uintptr_t)command, NULL};
	int64_t until = g_get_monotonic_time() + (int64_t)timeout_ms * 1000;
	GError *why = NULL;
	size_t len = 0;
	GPid pid;
	int fd;

	*out = NULL;
	if (!g_spawn_async_with_pipes(
		    NULL, argv, NULL,
		    G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_SEARCH_PATH, NULL, NULL,
		    &pid, NULL, &fd, NULL, &why)) {
		int r = am_fail(err, AM_FAILED, AM_E_AUTH, "%s: %s", what,
		                why->message);
		g_error_free(why);
		return r;
	}
	char *buf = g_malloc(ROOM);
	int r = AM_OK;
	while (!r)
		r = read_some(fd, buf, &len, until, what, cancel, err);
	close(fd);
	int status = reap(pid, until, r < 0 || len == ROOM);
	if (r == AM_END && len == ROOM && !memchr(buf, '\n', len))
		r = am_fail(err, AM_FAILED, AM_E_AUTH,
		            "%s: printed too much without a line end", what);
	else if (r == AM_END && len < ROOM)
		r = judge(what, status, err);
	if (r >= 0)
		r = first_line(out, what, buf, len, err);
	explicit_bzero(buf, ROOM);
	g_free(buf);
	return r;
}

int am_secret_file(char **out, const char *what, const char *path,
                   struct am_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char buf[4096];
	struct stat st;
	ssize_t n = -1;
	int r = AM_OK;

	*out = NULL;
	if (fd < 0 || fstat(fd, &st))
		r = am_fail_sys(err, AM_FAILED, "%s: %s", what, path);
	else if (!S_ISREG(st.st_mode))
		r = am_fail(err, AM_FAILED, AM_E_ARGUMENT, "%s: %s: not a file",
		            what, path);
	else if (st.st_mode & (S_IRWXG | S_IRWXO))
		r = am_fail(err, AM_FAILED, AM_E_AUTH,
		            "%s: others can read %s: chmod 600 it first", what,
		            path);
	else if ((n = read(fd, buf, sizeof buf)) < 0)
		r = am_fail_sys(err, AM_FAILED, "%s: %s", what, path);
	if (fd >= 0)
		close(fd);
	if (!r && n == (ssize_t)sizeof buf && !memchr(buf, '\n', sizeof buf))
		r = am_fail(err, AM_FAILED, AM_E_LIMIT,
		            "%s: %s: the first line is too long", what, path);
	if (!r)
		r = first_line(out, what, buf, (size_t)n, err);
	explicit_bzero(buf, sizeof buf);
	return r;
}
