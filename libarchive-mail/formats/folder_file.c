/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/folder_file.h"

#include "base/charset.h"
#include "model/folder.h"

#include <glib.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_TEXT  65536
#define MAX_PARTS 256

char *am_folder_file_text(const struct am_folder *folder)
{
	char *print = am_folder_print(folder);
	char *text = g_strconcat(print, "\n", NULL);

	g_free(print);
	return text;
}

char **am_folder_file_parse(const char *text, size_t len)
{
	GPtrArray *parts;
	GString *part;
	bool good = true;

	if (len > 0 && text[len - 1] == '\n')
		len--;
	if (!len) /* the root of a source */
		return g_new0(char *, 1);
	if (len > MAX_TEXT || memchr(text, '\0', len) ||
	    !am_utf8_valid(text, len))
		return NULL;
	parts = g_ptr_array_new_with_free_func(g_free);
	part = g_string_new(NULL);
	for (size_t i = 0; i <= len && good; i++) {
		if (i < len && text[i] == '\\' && i + 1 < len) {
			g_string_append_c(part, text[++i]);
		} else if (i < len && text[i] != '/') {
			g_string_append_c(part, text[i]);
		} else {
			good = part->len > 0 && parts->len < MAX_PARTS;
			g_ptr_array_add(parts, g_strdup(part->str));
			g_string_truncate(part, 0);
		}
	}
	g_string_free(part, TRUE);
	if (!good) {
		g_ptr_array_free(parts, TRUE);
		return NULL;
	}
	g_ptr_array_add(parts, NULL);
	return (char **)(void *)g_ptr_array_free(parts, FALSE);
}

char **am_folder_file_read(int dir_fd)
{
	char **parts = NULL;
	char *text = NULL;
	size_t len = 0;
	struct stat st;
	int fd = openat(dir_fd, AM_FOLDER_FILE,
	                O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size > MAX_TEXT)
		goto out;
	text = g_malloc(MAX_TEXT);
	while (len < MAX_TEXT) {
		ssize_t n = read(fd, text + len, MAX_TEXT - len);

		if (n <= 0)
			break;
		len += (size_t)n;
	}
	if (len)
		parts = am_folder_file_parse(text, len);
out:
	g_free(text);
	close(fd);
	return parts;
}
