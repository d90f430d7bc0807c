/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/maildir/maildir_lines.h"

#include <glib.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_LINE 8192
#define WINDOW   65536

/* Hand out the whole lines in buf; the length of what is left in front. */
static size_t give_lines(char *buf, size_t len, bool *skipping,
                         am_maildir_line_fn *line, void *user)
{
	size_t at = 0;
	char *end;

	while ((end = memchr(buf + at, '\n', len - at))) {
		size_t n = (size_t)(end - buf) - at;

		*end = '\0';
		if (n && end[-1] == '\r')
			end[-1] = '\0';
		if (!*skipping && n <= MAX_LINE &&
		    !memchr(buf + at, 0, n ? n - 1 : 0))
			line(user, buf + at);
		*skipping = false;
		at += n + 1;
	}
	if (len - at > MAX_LINE) {
		*skipping = true;
		return 0;
	}
	memmove(buf, buf + at, len - at);
	return len - at;
}

bool am_maildir_lines_read(int root_fd, const char *dir, const char *name,
                           am_maildir_line_fn *line, void *user)
{
	char *path = *dir ? g_strconcat(dir, "/", name, NULL) : g_strdup(name);
	int fd = openat(root_fd, path,
	                O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	bool skipping = false;
	size_t len = 0;
	struct stat st;
	char *buf;

	g_free(path);
	if (fd < 0)
		return false;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return false;
	}
	buf = g_malloc(WINDOW + 1);
	for (;;) {
		ssize_t n = read(fd, buf + len, WINDOW - len);

		if (n <= 0)
			break;
		len = give_lines(buf, len + (size_t)n, &skipping, line, user);
	}
	/* The last line may lack its ending. */
	if (len && !skipping) {
		buf[len] = '\n';
		give_lines(buf, len + 1, &skipping, line, user);
	}
	g_free(buf);
	close(fd);
	return true;
}

void am_maildir_lines_split(const char *text, am_maildir_line_fn *line,
                            void *user)
{
	char *buf = g_strconcat(text ? text : "", "\n", NULL);
	bool skipping = false;

	give_lines(buf, strlen(buf), &skipping, line, user);
	g_free(buf);
}
