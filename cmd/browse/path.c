/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/browse/path.h"

#include <glib.h>

#include <string.h>

char *path_expand(const char *typed)
{
	if (strcmp(typed, "~") && !g_str_has_prefix(typed, "~/"))
		return g_strdup(typed);
	return g_strconcat(g_get_home_dir(), typed + 1, NULL);
}

/* Bytes in which both begin, whole characters. */
static size_t in_common(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] && a[n] == b[n])
		n++;
	while (n && ((uint8_t)a[n] & 0xC0) == 0x80)
		n--;
	return n;
}

char *path_complete(const char *typed)
{
	const char *slash = strrchr(typed, '/');
	const char *begun = slash ? slash + 1 : typed;
	char *before = g_strndup(typed, (size_t)(begun - typed));
	char *folder = path_expand(*before ? before : ".");
	GDir *dir = g_dir_open(folder, 0, NULL);
	const char *name;
	char *common = NULL;
	size_t ways = 0;

	while (dir && (name = g_dir_read_name(dir))) {
		/* What is hidden is meant only when it is begun so. */
		if (!g_str_has_prefix(name, begun) ||
		    (*name == '.' && *begun != '.') ||
		    !g_utf8_validate(name, -1, NULL))
			continue;
		ways++;
		if (!common)
			common = g_strdup(name);
		common[in_common(common, name)] = '\0';
	}
	if (dir)
		g_dir_close(dir);
	char *whole = ways == 1 ? g_build_filename(folder, common, NULL) : NULL;
	bool is_folder = whole && g_file_test(whole, G_FILE_TEST_IS_DIR);
	char *out = g_strconcat(before, common ? common : begun,
	                        is_folder ? "/" : NULL, NULL);
	g_free(whole);
	g_free(common);
	g_free(folder);
	g_free(before);
	return out;
}
