/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/maildir_shape.h"

#include "formats/folder_file.h"

#include <glib.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Files of a lone new/ that are looked at. */
#define LOOK_AT 8

/* A directory; or nobody may say, which is told as a failure later. */
static bool is_dir_or_closed(int fd, const char *path, const char *name)
{
	char *whole = g_strconcat(*path ? path : ".", "/", name, NULL);
	struct stat st;
	bool yes = fstatat(fd, whole, &st, AT_SYMLINK_NOFOLLOW)
	                   ? errno == EACCES
	                   : S_ISDIR(st.st_mode);

	g_free(whole);
	return yes;
}

static bool begins_with_from(int dir, const char *name)
{
	char head[5];
	int fd = openat(dir, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	bool yes = fd >= 0 && read(fd, head, sizeof(head)) == sizeof(head) &&
	           !memcmp(head, "From ", sizeof(head));

	if (fd >= 0)
		close(fd);
	return yes;
}

/* Are most files of dir_fd/path/new mailboxes? */
static bool holds_mailboxes(int dir_fd, const char *path)
{
	char *whole = g_strconcat(*path ? path : ".", "/new", NULL);
	int fd = openat(dir_fd, whole,
	                O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;
	int looked = 0, boxes = 0;

	g_free(whole);
	if (!dir && fd >= 0)
		close(fd);
	while (dir && looked < LOOK_AT && (e = readdir(dir))) {
		if (e->d_name[0] == '.')
			continue;
		looked++;
		boxes += begins_with_from(fd, e->d_name);
	}
	if (dir)
		closedir(dir);
	return boxes * 2 > looked;
}

/* A folder of Dovecot's dbox that is called "cur" or "new". */
static bool is_dbox(int dir_fd, const char *path, const char *name)
{
	char *whole =
		g_strconcat(*path ? path : ".", "/", name, "/dbox-Mails", NULL);
	struct stat st;
	bool yes = !fstatat(dir_fd, whole, &st, AT_SYMLINK_NOFOLLOW) &&
	           S_ISDIR(st.st_mode);

	g_free(whole);
	return yes;
}

bool am_maildir_shaped(int dir_fd, const char *path)
{
	if (is_dbox(dir_fd, path, "cur") || is_dbox(dir_fd, path, "new"))
		return false;
	if (is_dir_or_closed(dir_fd, path, "cur"))
		return true;
	return is_dir_or_closed(dir_fd, path, "new") &&
	       (is_dir_or_closed(dir_fd, path, "tmp") ||
	        !holds_mailboxes(dir_fd, path));
}

bool am_maildir_own_dir(const char *name)
{
	return !strcmp(name, "cur") || !strcmp(name, "new") ||
	       !strcmp(name, "tmp") || !strcmp(name, "courierimapkeywords") ||
	       !strcmp(name, "courierimaphieracl");
}

bool am_maildir_own_file(const char *name)
{
	static const char *const names[] = {"subscriptions",   ".subscriptions",
	                                    "maildirfolder",   "maildirsize",
	                                    "shared-maildirs", ".customflags",
	                                    AM_FOLDER_FILE};

	for (size_t i = 0; i < AM_COUNT(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return g_str_has_prefix(name, "dovecot") ||
	       g_str_has_prefix(name, ".dovecot") ||
	       g_str_has_prefix(name, "courier");
}
