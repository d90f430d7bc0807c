/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/files/files_folders.h"

#include "base/hash.h"
#include "formats/folder_file.h"
#include "formats/maildir_shape.h"
#include "model/folder.h"

#include <glib.h>

#include <string.h>

/* Of one directory name; of the whole path where Windows counts it. */
#define MAX_PART 120
#define MAX_PATH 160
/* Elsewhere a path has 4 KiB, what stands before and behind included; and who
 * reads trees goes so deep. */
#define MAX_PATH_POSIX 3000
#define MAX_PARTS      60

struct am_files_folders {
	enum am_safe_profile profile;
	GHashTable *by_folder; /* printed path -> struct am_files_folder * */
	GHashTable *dirs;      /* case-folded directories in use */
};

static void folder_free(void *user)
{
	struct am_files_folder *f = user;

	g_free(f->dir);
	g_free(f->text);
	g_free(f);
}

struct am_files_folders *am_files_folders_new(enum am_safe_profile profile)
{
	struct am_files_folders *folders = g_new0(struct am_files_folders, 1);

	folders->profile = profile;
	folders->by_folder = g_hash_table_new_full(g_str_hash, g_str_equal,
	                                           g_free, folder_free);
	folders->dirs =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return folders;
}

void am_files_folders_free(struct am_files_folders **folders)
{
	if (!*folders)
		return;
	g_hash_table_unref((*folders)->by_folder);
	g_hash_table_unref((*folders)->dirs);
	g_free(*folders);
	*folders = NULL;
}

/* A short tail that depends on the whole path: the same folder gets the same
 * directory again in the next run. */
static void add_tail(GString *dir, const char *printed)
{
	uint8_t digest[AM_SHA256_LEN];
	char hex[9];

	am_sha256(printed, strlen(printed), digest);
	am_hex(digest, 4, hex);
	g_string_append_printf(dir, "~%s", hex);
}

/* The path of directories; *exact when reading it gives the same parts. */
static GString *spell(const struct am_files_folders *folders,
                      const struct am_folder *folder, bool *exact)
{
	size_t max = folders->profile == AM_SAFE_POSIX ? AM_SAFE_MAX : MAX_PART;
	GString *dir = g_string_new(NULL);

	*exact = true;
	for (size_t i = 0; i < folder->depth; i++) {
		char *part =
			am_safe_name(folder->parts[i], folders->profile, max);
		bool same = !strcmp(part, folder->parts[i]);

		/* A name like a file of ours would be passed over, and a
		 * "cur" or "new" makes a Maildir of what it lies in. */
		if (!strcmp(part, AM_FOLDER_FILE) || am_maildir_own_dir(part)) {
			char *other = g_strconcat(part, "_", NULL);

			g_free(part);
			part = other;
			same = false;
		}
		if (i)
			g_string_append_c(dir, '/');
		g_string_append(dir, part);
		*exact = *exact && same;
		g_free(part);
	}
	return dir;
}

/* Where its part number `parts` ends, or all of it. */
static size_t parts_end(const GString *dir, unsigned parts)
{
	for (size_t i = 0; i < dir->len; i++)
		if (dir->str[i] == '/' && !--parts)
			return i;
	return dir->len;
}

static bool fits(const GString *dir, size_t max_path)
{
	return dir->len <= max_path && parts_end(dir, MAX_PARTS) == dir->len;
}

/* With room for what tells it from others. */
static void cut(GString *dir, size_t max_path)
{
	size_t keep, end = parts_end(dir, MAX_PARTS);

	g_string_truncate(dir, end);
	keep = am_safe_name_cut(dir->str, max_path - 10, SIZE_MAX);
	while (keep && strchr("/. ", dir->str[keep - 1]))
		keep--;
	g_string_truncate(dir, keep);
}

static struct am_files_folder *make(struct am_files_folders *folders,
                                    const struct am_folder *folder,
                                    const char *printed)
{
	struct am_files_folder *f = g_new0(struct am_files_folder, 1);
	bool exact;
	size_t max_path =
		folders->profile == AM_SAFE_POSIX ? MAX_PATH_POSIX : MAX_PATH;
	GString *dir = spell(folders, folder, &exact);
	char *fold;

	if (!fits(dir, max_path)) {
		cut(dir, max_path);
		add_tail(dir, printed);
		exact = false;
	}
	fold = folders->profile == AM_SAFE_POSIX
	               ? g_strdup(dir->str)
	               : g_utf8_casefold(dir->str, -1);
	/* Somebody has it, or "A" and "a" on a system that sees no
	 * difference. */
	if (g_hash_table_contains(folders->dirs, fold)) {
		g_free(fold);
		add_tail(dir, printed);
		fold = g_utf8_casefold(dir->str, -1);
		exact = false;
	}
	g_hash_table_add(folders->dirs, fold);
	f->dir = g_string_free(dir, FALSE);
	f->text = exact ? NULL : am_folder_file_text(folder);
	return f;
}

struct am_files_folder *am_files_folders_get(struct am_files_folders *folders,
                                             const struct am_folder *folder)
{
	char *printed = am_folder_print(folder);
	struct am_files_folder *f =
		g_hash_table_lookup(folders->by_folder, printed);

	if (f) {
		g_free(printed);
		return f;
	}
	f = make(folders, folder, printed);
	g_hash_table_insert(folders->by_folder, printed, f);
	return f;
}

void am_files_folders_plain(struct am_files_folder *f,
                            const struct am_folder *folder)
{
	char *printed = am_folder_print(folder);
	GString *dir = g_string_new("folder");

	add_tail(dir, printed);
	g_free(f->dir);
	g_free(f->text);
	f->dir = g_string_free(dir, FALSE);
	f->text = am_folder_file_text(folder);
	g_free(printed);
}

int am_files_folders_each(struct am_files_folders *folders,
                          int (*call)(void *user,
                                      struct am_files_folder *folder),
                          void *user)
{
	GHashTableIter iter;
	void *value;
	int r = 0;

	g_hash_table_iter_init(&iter, folders->by_folder);
	while (!r && g_hash_table_iter_next(&iter, NULL, &value))
		r = call(user, value);
	return r;
}
