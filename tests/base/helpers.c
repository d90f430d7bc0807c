/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "helpers.h"

#include "base/file.h"
#include "base/reader.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct trickle {
	const uint8_t *at;
	size_t left, step;
	int ending;
};

static int fill(void *self, uint8_t *buf, size_t room, size_t *got,
                struct am_error *err)
{
	struct trickle *t = self;

	if (!t->left && t->ending < 0)
		return am_fail(err, (enum am_status)t->ending, AM_E_IO,
		               "the trickle broke");
	if (!t->left)
		return AM_END;
	*got = MIN(MIN(t->step, room), t->left);
	memcpy(buf, t->at, *got);
	t->at += *got;
	t->left -= *got;
	return AM_OK;
}

struct am_reader *trickle(const void *data, size_t len, size_t step, int ending)
{
	static const struct am_reader_ops ops = {.fill = fill, .close = g_free};
	struct trickle *t = g_new(struct trickle, 1);
	struct am_reader *r;

	*t = (struct trickle){data, len, step, ending};
	cr_assert_eq(am_reader_new(&r, &ops, t, NULL), AM_OK);
	return r;
}

GString *drain(struct am_reader *r, int *status, struct am_error *err)
{
	GString *all = g_string_new(NULL);
	const uint8_t *data;
	size_t len;

	for (;;) {
		*status = am_reader_peek(r, 1, &data, &len, err);
		if (*status)
			break;
		cr_assert_gt(len, 0);
		g_string_append_len(all, (const char *)data, (gssize)len);
		am_reader_skip(r, len);
	}
	am_reader_close(&r);
	return all;
}

char *test_dir(void)
{
	char *dir = g_dir_make_tmp("mailark-test-XXXXXX", NULL);

	cr_assert(dir);
	return dir;
}

void test_dir_remove(char **dir)
{
	cr_assert_eq(am_remove_tree(*dir, NULL), AM_OK);
	g_free(*dir);
	*dir = NULL;
}

char *test_file(const char *dir, const char *name, const void *data, size_t len)
{
	char *path = g_build_filename(dir, name, NULL);

	cr_assert(g_file_set_contents(path, data, (gssize)len, NULL));
	return path;
}

struct am_file *test_open(const char *dir, const char *name, const void *data,
                          size_t len)
{
	char *path = test_file(dir, name, data, len);
	struct am_file *file;

	cr_assert_eq(am_file_open(&file, path, NULL), AM_OK);
	g_free(path);
	return file;
}

GString *filter_through(const char *dir, const char *command, const void *data,
                        size_t len)
{
	char *in = test_file(dir, "filter.in", data, len);
	char *line = g_strdup_printf("cd %s && %s < filter.in > filter.out "
	                             "2>/dev/null",
	                             dir, command);
	char *out = g_build_filename(dir, "filter.out", NULL);
	GString *result = NULL;
	gchar *bytes = NULL;
	gsize n = 0;

	if (system(line) == 0 && g_file_get_contents(out, &bytes, &n, NULL))
		result = g_string_new_len(bytes, (gssize)n);
	g_free(bytes);
	g_free(in);
	g_free(out);
	g_free(line);
	return result;
}
