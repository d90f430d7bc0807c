/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/copy_target.h"

#include "cmd/session.h"
#include "transfer/known.h"
#include "transfer/registry.h"

#include <glib.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool copy_target_exists(const struct am_place *target)
{
	const char *path = am_place_location(target)->path;
	struct stat st;

	return path && !stat(path, &st);
}

/* The real path, also of what is not there yet: its parent's and its name.
 * free() it, or NULL. */
static char *real_path(const char *path)
{
	char *real = realpath(path, NULL);

	if (real)
		return real;
	char *parent = g_path_get_dirname(path);
	char *name = g_path_get_basename(path);
	char *real_parent = realpath(parent, NULL);
	if (real_parent) {
		char *joined = g_build_filename(real_parent, name, NULL);
		real = strdup(joined);
		g_free(joined);
	}
	free(real_parent);
	g_free(parent);
	g_free(name);
	return real;
}

static bool lies_in(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return !strncmp(path, dir, n) && (path[n] == '/' || dir[n - 1] == '/');
}

static bool same_file(const char *a, const char *b)
{
	struct stat x, y;

	return !stat(a, &x) && !stat(b, &y) && x.st_ino == y.st_ino &&
	       x.st_dev == y.st_dev;
}

int copy_target_apart(const struct am_place *source,
                      const struct am_place *target, struct am_error *err)
{
	const char *from = am_place_location(source)->path;
	const char *to = am_place_location(target)->path;
	bool alike = am_place_format(source) == am_place_format(target);
	int r = AM_OK;

	if (!from || !to || !*from || !*to)
		return AM_OK;
	char *a = real_path(from);
	char *b = real_path(to);
	if (same_file(from, to) || (a && b && !strcmp(a, b)))
		r = am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		            "is source and target at once");
	else if (a && b && lies_in(b, a))
		r = am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		            "the target lies inside the source %s", from);
	else if (a && b && alike && lies_in(a, b))
		r = am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		            "the source %s lies inside the target", from);
	free(a);
	free(b);
	return r;
}

static bool is_file(const struct am_place *target)
{
	const char *path = am_place_location(target)->path;
	struct stat st;

	return path && !stat(path, &st) && S_ISREG(st.st_mode);
}

int copy_target_known(struct session *s, const struct am_place *target,
                      struct am_known **out, struct am_error *err)
{
	const struct am_format *format = am_place_format(target);
	struct am_known *known = am_known_new();
	struct am_source *src = NULL;
	/* What is odd in the target is not this copy's to tell. */
	struct am_ctx ctx = s->ctx;
	int r = AM_OK;

	ctx.on_note = NULL;
	/* One file is one folder, whatever it is called there. */
	if (!(format->keeps & AM_KEEPS_FOLDERS) || is_file(target))
		am_known_ignore_folders(known);
	if (format->open_source)
		r = am_place_open_source(target, &src, &ctx, err);
	/* There, but nothing that can be read: nothing is known. */
	if (r == AM_FAILED && err->kind == AM_E_UNSUPPORTED)
		r = AM_OK;
	if (!r && src)
		r = am_known_read(known, src, err);
	am_source_close(&src);
	if (r)
		am_known_free(&known);
	*out = known;
	return r;
}
