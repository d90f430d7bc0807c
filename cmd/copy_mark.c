/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/copy_mark.h"

#include "model/format.h"
#include "transfer/registry.h"

#include <glib.h>
#include <glib/gstdio.h>

#include <fcntl.h>
#include <unistd.h>

struct copy_mark {
	char *path;
	bool was_there;
};

struct copy_mark *copy_mark_set(const struct am_place *target)
{
	const char *url = am_place_location(target)->url;

	if (!url)
		return NULL;
	char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, url, -1);
	char *name = g_strconcat(sum, ".sending", NULL);
	char *dir = g_build_filename(g_get_user_state_dir(), "mailark", NULL);
	struct copy_mark *mark = g_new0(struct copy_mark, 1);

	(void)!g_mkdir_with_parents(dir, 0700);
	mark->path = g_build_filename(dir, name, NULL);
	mark->was_there = g_file_test(mark->path, G_FILE_TEST_EXISTS);
	int fd = g_open(mark->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
	g_free(dir);
	g_free(name);
	g_free(sum);
	return mark;
}

bool copy_mark_was_there(const struct copy_mark *mark)
{
	return mark && mark->was_there;
}

void copy_mark_end(struct copy_mark **mark, bool whole)
{
	struct copy_mark *m = *mark;

	*mark = NULL;
	if (!m)
		return;
	if (whole)
		(void)!g_unlink(m->path);
	g_free(m->path);
	g_free(m);
}
