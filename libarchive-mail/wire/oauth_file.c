/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The token file: {"access_token":…,"refresh_token":…,"expires_at":…}.
 */
#include "wire/oauth_impl.h"

#include "base/file.h"
#include "wire/secret.h"

#include <glib.h>
#include <jansson.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 64 * 1024 };

static char *copy_of(const json_t *object, const char *name)
{
	const char *s = json_string_value(json_object_get(object, name));

	return s && *s ? g_strdup(s) : NULL;
}

static int read_all(int fd, const char *path, char *buf, size_t *len,
                    struct am_error *err)
{
	struct stat st;
	ssize_t n = 0;

	*len = 0;
	if (fstat(fd, &st))
		return am_fail_sys(err, AM_FAILED, "%s", path);
	if (!S_ISREG(st.st_mode))
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT, "%s: not a file",
		               path);
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return am_fail(err, AM_FAILED, AM_E_AUTH,
		               "others can read %s: chmod 600 it first", path);
	while (*len < FILE_MAX &&
	       (n = read(fd, buf + *len, FILE_MAX - *len)) > 0)
		*len += (size_t)n;
	return n < 0 ? am_fail_sys(err, AM_FAILED, "%s", path) : AM_OK;
}

int am_oauth_file_read(const char *path, struct am_oauth_tokens *out,
                       struct am_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t len = 0;

	*out = (struct am_oauth_tokens){0};
	if (fd < 0)
		return am_fail_sys(err, AM_FAILED, "%s", path);
	char *buf = g_malloc(FILE_MAX);
	int r = read_all(fd, path, buf, &len, err);
	close(fd);
	json_t *object = r ? NULL : json_loadb(buf, len, 0, NULL);
	if (!r && !json_is_object(object))
		r = am_fail(err, AM_FAILED, AM_E_FORMAT,
		            "%s: not a file of tokens", path);
	if (!r) {
		out->access = copy_of(object, "access_token");
		out->refresh = copy_of(object, "refresh_token");
		out->ends = json_integer_value(
			json_object_get(object, "expires_at"));
	}
	json_decref(object);
	explicit_bzero(buf, FILE_MAX);
	g_free(buf);
	return r;
}

/* Nobody else may have it open at any time, so its mode is that from the
 * start. */
static int write_beside(const char *path, const char *temp, const char *text,
                        struct am_error *err)
{
	int fd =
		open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
	             0600);

	if (fd < 0)
		return am_fail_sys(err, AM_FAILED, "%s", temp);
	int r = am_write_all(fd, text, strlen(text), temp, err);
	if (!r)
		r = am_sync_fd(fd, temp, err);
	close(fd);
	if (!r && rename(temp, path))
		r = am_fail_sys(err, AM_FAILED, "%s", path);
	if (r) {
		unlink(temp);
		return AM_FAILED;
	}
	return am_sync_parent(path, err);
}

int am_oauth_file_write(const char *path, const struct am_oauth_tokens *tokens,
                        struct am_error *err)
{
	json_t *object = json_object();
	char *dir = g_path_get_dirname(path);

	json_object_set_new(object, "access_token",
	                    json_string(tokens->access));
	if (tokens->refresh)
		json_object_set_new(object, "refresh_token",
		                    json_string(tokens->refresh));
	if (tokens->ends)
		json_object_set_new(object, "expires_at",
		                    json_integer(tokens->ends));
	char *text = json_dumps(object, JSON_INDENT(1) | JSON_SORT_KEYS);
	char *temp = g_strdup_printf("%s.%08x.tmp", path, g_random_int());
	int r = am_make_dirs(dir, err);
	if (!r)
		r = write_beside(path, temp, text, err);
	json_decref(object);
	explicit_bzero(text, strlen(text));
	free(text);
	g_free(temp);
	g_free(dir);
	return r;
}
