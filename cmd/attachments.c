/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/attachments.h"

#include "base/arena.h"
#include "base/file.h"
#include "base/reader.h"
#include "cmd/out.h"
#include "cmd/session.h"
#include "formats/safe_name.h"
#include "mime/walk.h"

#include <glib.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NAME_MAX_BYTES 200 /* leaves room for " (99)" below 255 */

static const char *extension_for(const char *type)
{
	static const struct {
		const char *type, *extension;
	} table[] = {
		{"message/rfc822", ".eml"},    {"text/plain", ".txt"},
		{"text/html", ".html"},        {"text/calendar", ".ics"},
		{"text/csv", ".csv"},          {"image/jpeg", ".jpg"},
		{"image/png", ".png"},         {"image/gif", ".gif"},
		{"application/pdf", ".pdf"},   {"application/zip", ".zip"},
		{"application/json", ".json"},
	};

	for (size_t i = 0; type && i < AM_COUNT(table); i++)
		if (!strcmp(type, table[i].type))
			return table[i].extension;
	return ".bin";
}

/* Shorten to so many bytes, keeping the extension and whole characters. */
static void shorten(GString *name)
{
	if (name->len <= NAME_MAX_BYTES)
		return;
	const char *dot = strrchr(name->str, '.');
	char *tail = g_strdup(dot && strlen(dot) <= 20 ? dot : "");
	size_t room = NAME_MAX_BYTES - strlen(tail);
	while (room && (name->str[room] & 0xC0) == 0x80)
		room--;
	g_string_truncate(name, room);
	g_string_append(name, tail);
	g_free(tail);
}

char *attachments_safe_name(const char *name, const char *type)
{
	/* Only what stands behind the last slash, of either kind. */
	const char *start = name ? name : "";

	for (const char *p = start; *p; p++)
		if (*p == '/' || *p == '\\')
			start = p + 1;
	/* No leading dots, so nothing hidden and no ".."; no leading dash, so
	 * nothing that looks like an option. */
	while (*start && strchr(". -", *start))
		start++;
	char *chars = am_safe_name_chars(start, AM_SAFE_WINDOWS);
	GString *text = g_string_new(chars);
	g_free(chars);
	if (!text->len)
		g_string_printf(text, "attachment%s", extension_for(type));
	shorten(text);
	char *safe = am_safe_name(text->str, AM_SAFE_WINDOWS, NAME_MAX_BYTES);
	g_string_free(text, TRUE);
	return safe;
}

/* A new file of that name, or of "name (2).pdf" where it is taken. */
static int create(const char *dir, const char *name, char **path,
                  struct am_error *err)
{
	const char *dot = strrchr(name, '.');
	int stem = dot && dot != name ? (int)(dot - name) : (int)strlen(name);

	for (unsigned i = 1; i < 10000; i++) {
		char *other = i == 1 ? g_strdup(name)
		                     : g_strdup_printf("%.*s (%u)%s", stem,
		                                       name, i, name + stem);
		*path = g_build_filename(dir, other, NULL);
		g_free(other);
		int fd = open(*path,
		              O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
		                      O_CLOEXEC,
		              0666);
		if (fd >= 0)
			return fd;
		if (errno != EEXIST) {
			am_fail_sys(err, AM_FAILED, "%s", *path);
			break;
		}
		g_free(*path);
		*path = NULL;
	}
	if (!*path)
		am_fail(err, AM_FAILED, AM_E_EXISTS,
		        "%s: too many files of that name", name);
	g_free(*path);
	*path = NULL;
	return -1;
}

static int write_part(int fd, const char *path, struct am_reader *reader,
                      uint64_t *size, struct am_error *err)
{
	const uint8_t *data;
	size_t len;
	int r;

	while (!(r = am_reader_peek(reader, 1, &data, &len, err))) {
		r = am_write_all(fd, data, len, path, err);
		if (r)
			return r;
		*size += len;
		am_reader_skip(reader, len);
	}
	return r == AM_END ? AM_OK : r;
}

/* Where it goes: a new file of that name, or in a folder under its own. */
static int open_target(const char *to, const struct am_part_info *info,
                       char **path, struct am_error *err)
{
	bool folder = g_str_has_suffix(to, "/") ||
	              g_file_test(to, G_FILE_TEST_IS_DIR);
	int fd;

	if (!folder) {
		*path = g_strdup(to);
		fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd < 0)
			am_fail_sys(err, AM_FAILED, "%s", to);
		return fd;
	}
	if (am_make_dirs(to, err))
		return -1;
	char *name = attachments_safe_name(info->name, info->type);
	fd = create(to, name, path, err);
	g_free(name);
	return fd;
}

int attachments_save_part(const struct am_blob *raw, const struct am_scan *scan,
                          size_t part, const char *to, char **path,
                          uint64_t *size, struct am_error *err)
{
	struct am_arena *arena = am_arena_new();
	struct am_reader *reader = NULL;
	struct am_part_info info;
	int fd = -1;

	*path = NULL;
	*size = 0;
	int r = am_part_info_read(&info, raw, scan, part, arena, err);
	if (!r)
		r = am_part_decoded(&reader, raw, scan, part, err);
	if (!r) {
		fd = open_target(to, &info, path, err);
		r = fd < 0 ? AM_FAILED : AM_OK;
	}
	if (!r)
		r = write_part(fd, *path, reader, size, err);
	if (fd >= 0)
		close(fd);
	if (r && fd >= 0)
		unlink(*path);
	if (r)
		g_clear_pointer(path, g_free);
	am_reader_close(&reader);
	am_arena_free(&arena);
	return r;
}

static int save_one(struct session *s, const struct am_blob *raw,
                    const struct am_scan *scan, size_t part, const char *dir,
                    struct am_error *err)
{
	char text[OUT_ROOM], *path;
	uint64_t size;
	int r = attachments_save_part(raw, scan, part, dir, &path, &size, err);

	if (!r && !s->quiet) {
		out_size(size, text);
		printf("%s (%s)\n", path, text);
	}
	g_free(path);
	return r;
}

int attachments_save(struct session *s, const struct am_blob *raw,
                     const struct am_scan *scan, const char *dir,
                     struct am_error *err)
{
	struct am_arena *arena = am_arena_new();
	size_t n = 0;

	int r = am_make_dirs(dir, err);
	for (size_t i = 0; !r && i < scan->n_parts; i++) {
		struct am_part_info info;
		r = am_part_info_read(&info, raw, scan, i, arena, err);
		if (r || !info.attachment)
			continue;
		n++;
		struct am_error one = {0};
		if (save_one(s, raw, scan, i, dir, &one))
			am_ctx_note_error(&s->ctx, "attachment.failed", NULL,
			                  info.section, &one);
	}
	if (!r && !n)
		session_say(s, "it has no attachments");
	am_arena_free(&arena);
	return r;
}
