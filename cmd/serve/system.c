/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/serve/system.h"

#include <glib.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- whom to be ---- */

static int find_user(const char *name, const struct passwd **out,
                     struct am_error *err)
{
	errno = 0;
	/* Before there is a second thread. */
	*out = getpwnam(name); /* NOLINT(concurrency-mt-unsafe) */
	return *out ? AM_OK
	            : am_fail(err, AM_FAILED, AM_E_ARGUMENT,
	                      "--user: there is no user \"%s\"%s%s", name,
	                      errno ? ": " : "",
	                      errno ? g_strerror(errno) : "");
}

int serve_move_in(const char *user, struct am_error *err)
{
	const struct passwd *pw;
	int r = find_user(user, &pw, err);

	if (!r && !geteuid())
		g_setenv("HOME", pw->pw_dir, TRUE);
	return r;
}

/* Folders of his may hold links that lead anywhere: nothing is done in them
 * with root's rights, not even giving him what was made there. */
int serve_as(const char *user, int (*what)(void *data, struct am_error *err),
             void *data, struct am_error *err)
{
	const struct passwd *pw = NULL;
	int r = user ? find_user(user, &pw, err) : AM_OK;
	int n = getgroups(0, NULL);
	gid_t own_group = getegid();

	if (r || !pw || geteuid())
		return r ? r : what(data, err);
	uid_t uid = pw->pw_uid;
	gid_t gid = pw->pw_gid, *groups = g_new(gid_t, n > 0 ? n : 1);
	n = getgroups(n > 0 ? n : 0, groups);
	if (n < 0 || initgroups(user, gid) || setegid(gid) || seteuid(uid))
		r = am_fail_sys(err, AM_FATAL, "--user %s", user);
	if (!r)
		r = what(data, err);
	if (seteuid(0) || setegid(own_group) ||
	    (n >= 0 && setgroups((size_t)n, groups)))
		r = am_fail_sys(err, AM_FATAL, "--user %s", user);
	g_free(groups);
	return r;
}

int serve_become(const char *user, struct am_error *err)
{
	const struct passwd *pw;
	int r = find_user(user, &pw, err);

	if (r)
		return r;
	uid_t uid = pw->pw_uid;
	gid_t gid = pw->pw_gid;
	if (geteuid() && geteuid() != uid)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "--user: only root can become another user");
	if (!geteuid() && (initgroups(user, gid) || setresgid(gid, gid, gid) ||
	                   setresuid(uid, uid, uid)))
		return am_fail_sys(err, AM_FAILED, "--user %s", user);
	/* And no way back. */
	if (uid && !setuid(0))
		return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		               "--user: root's rights are still there");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return am_fail_sys(err, AM_FAILED, "no new privileges");
	return AM_OK;
}

/* ---- who started us ---- */

int serve_given_sockets(char ***names)
{
	const char *pid = g_getenv("LISTEN_PID"), *n = g_getenv("LISTEN_FDS");
	const char *given = g_getenv("LISTEN_FDNAMES");
	guint64 value, count = 0;

	*names = NULL;
	if (!pid || !n ||
	    !g_ascii_string_to_unsigned(pid, 10, 1, INT32_MAX, &value, NULL) ||
	    value != (guint64)getpid() ||
	    !g_ascii_string_to_unsigned(n, 10, 1, 32, &count, NULL))
		return 0;
	*names = g_strsplit(given ? given : "", ":", -1);
	for (int fd = SD_FIRST; fd < SD_FIRST + (int)count; fd++) {
		int flags = fcntl(fd, F_GETFL);
		(void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	}
	/* They are ours, not those of a program we start. */
	g_unsetenv("LISTEN_PID");
	g_unsetenv("LISTEN_FDS");
	g_unsetenv("LISTEN_FDNAMES");
	return (int)count;
}

void serve_tell_manager(const char *state)
{
	const char *path = g_getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t len = path ? strlen(path) : 0;

	if (!len || len >= sizeof to.sun_path)
		return;
	memcpy(to.sun_path, path, len);
	if (*path == '@')
		to.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	ssize_t sent = sendto(
		fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	(void)sent;
	close(fd);
}

void serve_raise_limits(void)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}
