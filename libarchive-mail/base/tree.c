/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"

#include <glib.h>

#include <errno.h>
#include <fts.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int make_dir(const char *path, struct am_error *err)
{
	struct stat st;

	if (!mkdir(path, 0777))
		return AM_OK;
	int sys = errno;
	/* Not only EEXIST: EROFS and EACCES come for existing ones too. */
	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		return AM_OK;
	errno = sys;
	return am_fail_sys(err, AM_FAILED, "%s", path);
}

int am_make_dirs(const char *path, struct am_error *err)
{
	/* It mostly is there, or lacks its last name alone. */
	if (!make_dir(path, NULL))
		return AM_OK;
	char *copy = g_strdup(path);
	int r = AM_OK;

	/* From the front; the first slash may be the root's. */
	for (char *p = copy; *p && !r; p++) {
		if (*p != '/' || p == copy || p[-1] == '/')
			continue;
		*p = '\0';
		r = make_dir(copy, err);
		*p = '/';
	}
	if (!r)
		r = make_dir(copy, err);
	g_free(copy);
	return r;
}

static int remove_entry(const FTSENT *e, const char *path, struct am_error *err)
{
	int r = 0;

	switch (e->fts_info) {
	case FTS_D: /* its contents first; FTS_DP comes after them */
		return AM_OK;
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		if (e->fts_errno == ENOENT)
			return AM_OK;
		errno = e->fts_errno;
		return am_fail_sys(err, AM_FAILED, "%s", path);
	case FTS_DP:
		r = rmdir(e->fts_accpath);
		break;
	default:
		r = unlink(e->fts_accpath);
		break;
	}
	if (r && errno != ENOENT)
		return am_fail_sys(err, AM_FAILED, "%s", path);
	return AM_OK;
}

int am_remove_tree(const char *path, struct am_error *err)
{
	char *copy = g_strdup(path);
	char *const roots[] = {copy, NULL};
	int r = AM_OK;

	FTS *fts =
		fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT, NULL);
	if (!fts) {
		r = am_fail_sys(err, AM_FAILED, "%s", path);
		goto out;
	}
	for (;;) {
		errno = 0;
		const FTSENT *e = fts_read(fts);
		if (!e)
			break;
		/* The first failure is the one told; the rest still goes. */
		int one = remove_entry(e, e->fts_path, r ? NULL : err);
		if (one)
			r = one;
	}
	if (errno && !r)
		r = am_fail_sys(err, AM_FAILED, "%s", path);
	fts_close(fts);
out:
	g_free(copy);
	return r;
}
