/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/maildir/maildir_subs.h"

#include "base/arena.h"
#include "formats/maildir/maildir_lines.h"
#include "formats/maildir/maildir_path.h"
#include "model/folder.h"

#include <glib.h>

#include <string.h>

/*
 * Dovecot's version 2: "V\t2", an empty line, then one folder a line, parts as
 * in the names of directories, joined by tabs.  Before that, and in Courier's:
 * parts joined by '.', or by '/' where the layout is fs.
 */
struct am_maildir_subs {
	/* Parts as version 2 spells them, joined by tabs: no part holds one. */
	GHashTable *keys;
	struct am_arena *arena;
	bool tabs;
	bool courier;
};

static void append_part(GString *key, const char *part)
{
	char *spelled = am_maildir_path_encode_part(part);

	if (key->len)
		g_string_append_c(key, '\t');
	g_string_append(key, spelled);
	g_free(spelled);
}

static void read_line(void *user, char *line)
{
	struct am_maildir_subs *subs = user;
	char **parts;
	GString *key;
	size_t first = 0;

	if (!*line)
		return;
	if (!strncmp(line, "V\t", 2) && !g_hash_table_size(subs->keys)) {
		subs->tabs = true;
		return;
	}
	parts = g_strsplit_set(line, subs->tabs ? "\t" : "./", 0);
	if (subs->courier && parts[0] && parts[1] && !strcmp(parts[0], "INBOX"))
		first = 1;
	key = g_string_new(NULL);
	for (size_t i = first; parts[i]; i++) {
		if (*parts[i])
			append_part(key, am_maildir_path_decode(subs->arena,
			                                        parts[i]));
	}
	g_strfreev(parts);
	if (key->len)
		g_hash_table_add(subs->keys, g_string_free(key, FALSE));
	else
		g_string_free(key, TRUE);
}

static struct am_maildir_subs *subs_new(void)
{
	struct am_maildir_subs *subs = g_new0(struct am_maildir_subs, 1);

	subs->keys =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	subs->arena = am_arena_new();
	return subs;
}

struct am_maildir_subs *am_maildir_subs_read(int root_fd, const char *account)
{
	struct am_maildir_subs *subs = subs_new();

	if (am_maildir_lines_read(root_fd, account, "subscriptions", read_line,
	                          subs))
		return subs;
	subs->courier = true;
	if (!am_maildir_lines_read(root_fd, account, "courierimapsubscribed",
	                           read_line, subs))
		am_maildir_subs_free(&subs);
	return subs;
}

void am_maildir_subs_free(struct am_maildir_subs **subs)
{
	if (!*subs)
		return;
	g_hash_table_unref((*subs)->keys);
	am_arena_free(&(*subs)->arena);
	g_free(*subs);
	*subs = NULL;
}

static char *key_of(const struct am_folder *folder, size_t prefix)
{
	GString *key = g_string_new(NULL);

	for (size_t i = prefix; i < folder->depth; i++)
		append_part(key, folder->parts[i]);
	return g_string_free(key, FALSE);
}

bool am_maildir_subs_has(const struct am_maildir_subs *subs,
                         const struct am_folder *folder, size_t prefix)
{
	char *key = key_of(folder, prefix);
	bool has = g_hash_table_contains(subs->keys, key);

	g_free(key);
	return has;
}

void am_maildir_subs_add(struct am_maildir_subs **subs,
                         const struct am_folder *folder)
{
	if (!*subs)
		*subs = subs_new();
	g_hash_table_add((*subs)->keys, key_of(folder, 0));
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char *am_maildir_subs_text(const struct am_maildir_subs *subs)
{
	guint n = 0;
	char **keys = (char **)g_hash_table_get_keys_as_array(subs->keys, &n);
	GString *s = g_string_new("V\t2\n\n");

	qsort(keys, n, sizeof(*keys), by_text);
	for (guint i = 0; i < n; i++)
		g_string_append_printf(s, "%s\n", keys[i]);
	g_free(keys);
	return g_string_free(s, FALSE);
}
