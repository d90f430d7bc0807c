/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/eml/member_folders.h"

#include "base/arena.h"
#include "base/charset.h"
#include "formats/mbox/names.h"
#include "model/folder.h"

#include <glib.h>

#include <string.h>

#define MAX_DEPTH 64

struct am_member_folders {
	GHashTable *by_dir; /* directory, or mailbox, as stored -> folder */
};

static void folder_unref(void *user)
{
	const struct am_folder *folder = user;

	am_folder_unref(&folder);
}

struct am_member_folders *am_member_folders_new(void)
{
	struct am_member_folders *f = g_new0(struct am_member_folders, 1);

	f->by_dir = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
	                                  folder_unref);
	return f;
}

void am_member_folders_free(struct am_member_folders **folders)
{
	struct am_member_folders *f = *folders;

	*folders = NULL;
	if (!f)
		return;
	g_hash_table_unref(f->by_dir);
	g_free(f);
}

static void add(GPtrArray *parts, const char *word)
{
	struct am_arena *arena = am_arena_new();

	if (*word && strcmp(word, ".") != 0 && strcmp(word, "..") != 0 &&
	    parts->len < MAX_DEPTH)
		g_ptr_array_add(parts, g_strdup(am_utf8_repair(arena, word,
		                                               strlen(word))));
	am_arena_free(&arena);
}

static GPtrArray *parts_of(const char *member, char **named, bool box)
{
	GPtrArray *parts = g_ptr_array_new_with_free_func(g_free);
	char **words = g_strsplit(member, "/", 0);

	if (named) {
		for (char **p = named; *p; p++)
			g_ptr_array_add(parts, g_strdup(*p));
	} else {
		for (size_t i = 0; words[i] && words[i + 1]; i++)
			add(parts, words[i]);
	}
	if (box) {
		const char *slash = strrchr(member, '/');
		char *name = am_mbox_name_of_file(slash ? slash + 1 : member);
		add(parts, name);
		g_free(name);
	}
	g_strfreev(words);
	return parts;
}

int am_member_folders_get(struct am_member_folders *f, const char *member,
                          char **named, bool box, const struct am_folder **out,
                          bool *fresh, struct am_error *err)
{
	const char *slash = strrchr(member, '/');
	char *key =
		box ? g_strconcat("/", member, NULL)
		    : g_strndup(member, slash ? (size_t)(slash - member) : 0);
	struct am_folder *folder = g_hash_table_lookup(f->by_dir, key);
	int r = AM_OK;

	*fresh = !folder;
	if (!folder) {
		GPtrArray *parts = parts_of(member, named, box);
		guint n = parts->len;
		r = am_folder_new(&folder, (const char *const *)parts->pdata, n,
		                  n ? am_role_guess(parts->pdata[n - 1])
		                    : AM_ROLE_NONE,
		                  err);
		if (!r)
			g_hash_table_insert(f->by_dir, g_strdup(key), folder);
		g_ptr_array_free(parts, TRUE);
	}
	*out = folder;
	g_free(key);
	return r ? AM_FAILED : AM_OK;
}
