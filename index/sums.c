/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/sums.h"

#include "base/file.h"
#include "base/hash.h"

#include <glib.h>

#include <inttypes.h>
#include <string.h>

#define NAME  "sums"
#define CHUNK (1u << 20)

static int sum_file(const char *dir, const char *name, uint32_t *crc,
                    uint64_t *size, struct am_error *err)
{
	char *path = g_build_filename(dir, name, NULL);
	uint8_t *chunk = g_malloc(CHUNK);
	struct am_file *f = NULL;
	size_t got = 1;
	int r = am_file_open(&f, path, err);

	*crc = 0;
	*size = 0;
	while (!r && got) {
		r = am_file_read(f, *size, chunk, CHUNK, &got, err);
		if (r)
			break;
		*crc = am_crc32(*crc, chunk, got);
		*size += got;
	}
	am_file_unref(&f);
	g_free(chunk);
	g_free(path);
	return r;
}

int am_sums_write(const char *dir, struct am_error *err)
{
	char *path = g_build_filename(dir, NAME, NULL);
	GString *lines = g_string_new("");
	GDir *d = g_dir_open(dir, 0, NULL);
	const char *name;
	int r = AM_OK;

	while (d && !r && (name = g_dir_read_name(d)) != NULL) {
		uint32_t crc;
		uint64_t size;
		if (strcmp(name, NAME) == 0)
			continue;
		r = sum_file(dir, name, &crc, &size, err);
		g_string_append_printf(lines, "%08" PRIx32 " %" PRIu64 " %s\n",
		                       crc, size, name);
	}
	if (d)
		g_dir_close(d);
	if (!r)
		r = am_file_replace(path, lines->str, lines->len, err);
	g_string_free(lines, TRUE);
	g_free(path);
	return r;
}

static int check_line(const char *dir, const char *line, struct am_error *err)
{
	uint32_t crc;
	uint64_t size;
	char *end, *name;
	guint64 wanted = g_ascii_strtoull(line, &end, 16);
	guint64 length = g_ascii_strtoull(end, &name, 10);

	if (end == line || name == end || *name++ != ' ' || !*name ||
	    strchr(name, '/'))
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "%s/" NAME ": no checksum: %.60s", dir, line);
	int r = sum_file(dir, name, &crc, &size, err);
	if (!r && (crc != wanted || size != length))
		r = am_fail(err, AM_FAILED, AM_E_CORRUPT,
		            "%s/%s: bytes of it have changed since it was "
		            "written",
		            dir, name);
	return r;
}

int am_sums_check(const char *dir, struct am_error *err)
{
	char *path = g_build_filename(dir, NAME, NULL), *text = NULL;
	int r = AM_OK;

	if (g_file_get_contents(path, &text, NULL, NULL)) {
		char **lines = g_strsplit(text, "\n", -1);
		for (size_t i = 0; lines[i] && !r; i++)
			if (*lines[i])
				r = check_line(dir, lines[i], err);
		g_strfreev(lines);
	}
	g_free(text);
	g_free(path);
	return r;
}
