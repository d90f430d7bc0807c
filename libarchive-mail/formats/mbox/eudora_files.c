/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Windows:      Eudora/In.mbx, Eudora/Work.fol/Lists.mbx
 *               Eudora/Attach/, Eudora/Embedded/
 * Macintosh:    Eudora Folder/Mail Folder/In
 *               Eudora Folder/Attachments Folder/, Parts Folder/
 */
#include "formats/mbox/eudora.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* How far above the mailbox they may lie, and how many files there may be. */
enum { UP_MAX = 5, FILES_MAX = 500000 };

struct am_mbox_eudora {
	char *beside; /* the mailbox's directory, or NULL */
	char *told;   /* by the user, or NULL */
	bool looked;
	GHashTable *used;                /* keys of files, or NULL */
	GHashTable *attached, *embedded; /* folded name -> path */
};

static char *folded(const char *name)
{
	char *valid = g_utf8_make_valid(name, -1);
	char *one = g_utf8_normalize(valid, -1, G_NORMALIZE_NFC);
	char *fold = g_utf8_casefold(one ? one : valid, -1);

	g_free(one);
	g_free(valid);
	return fold;
}

/* The first of a name counts. */
static void add_files(GHashTable *to, const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d)) && g_hash_table_size(to) < FILES_MAX) {
		char *key = folded(e->d_name);
		if (*e->d_name != '.' && !g_hash_table_contains(to, key))
			g_hash_table_insert(
				to, g_steal_pointer(&key),
				g_build_filename(dir, e->d_name, NULL));
		g_free(key);
	}
	if (d)
		closedir(d);
}

static const struct {
	const char *name;
	bool embedded;
} known[] = {{"attach", false},
             {"attachments folder", false},
             {"embedded", true},
             {"parts folder", true}};

/* Those of Eudora's names in this directory; false: there is none. */
static bool add_dirs(struct am_mbox_eudora *e, const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	bool any = false;

	while (d && (entry = readdir(d)))
		for (size_t i = 0; i < AM_COUNT(known); i++) {
			if (g_ascii_strcasecmp(entry->d_name, known[i].name))
				continue;
			char *path = g_build_filename(dir, entry->d_name, NULL);
			any = true;
			add_files(known[i].embedded ? e->embedded : e->attached,
			          path);
			g_free(path);
		}
	if (d)
		closedir(d);
	return any;
}

static char *key_of(const struct stat *st)
{
	return g_strdup_printf("%ju:%ju", (uintmax_t)st->st_dev,
	                       (uintmax_t)st->st_ino);
}

char *am_mbox_eudora_key(const char *path)
{
	char *dir = g_path_get_dirname(path);
	char *base = g_path_get_basename(dir);
	struct stat st;
	bool own = false;

	for (size_t i = 0; i < AM_COUNT(known); i++)
		own |= !g_ascii_strcasecmp(base, known[i].name);
	g_free(base);
	g_free(dir);
	return own && !stat(path, &st) ? key_of(&st) : NULL;
}

/* Looked for when the first file is asked for. */
static void look(struct am_mbox_eudora *e)
{
	char *dir = g_strdup(e->beside);

	e->looked = true;
	if (e->told)
		add_files(e->attached, e->told);
	for (int up = 0; dir && up < UP_MAX && !add_dirs(e, dir); up++) {
		char *above = g_path_get_dirname(dir);
		bool top = !strcmp(above, dir);
		g_free(dir);
		dir = g_steal_pointer(&above);
		if (top)
			break;
	}
	g_free(dir);
}

const char *am_mbox_eudora_find(struct am_mbox_eudora *e, const char *name,
                                bool embedded)
{
	char *key = folded(name);
	struct stat st;

	if (!e->looked)
		look(e);
	const char *path =
		g_hash_table_lookup(embedded ? e->embedded : e->attached, key);
	if (!path)
		path = g_hash_table_lookup(embedded ? e->attached : e->embedded,
		                           key);
	g_free(key);
	if (!path || stat(path, &st) || !S_ISREG(st.st_mode))
		return NULL;
	if (e->used)
		g_hash_table_add(e->used, key_of(&st));
	return path;
}

struct am_mbox_eudora *am_mbox_eudora_open(struct am_mbox_eudora *e,
                                           const char *path, const char *dir,
                                           GHashTable *used)
{
	char *real = path ? realpath(path, NULL) : NULL;
	char *beside = real ? g_path_get_dirname(real) : NULL;

	free(real);
	if (e && !g_strcmp0(e->beside, beside)) {
		g_free(beside);
		return e;
	}
	am_mbox_eudora_free(&e);
	e = g_new0(struct am_mbox_eudora, 1);
	e->beside = beside;
	e->told = g_strdup(dir);
	e->used = used ? g_hash_table_ref(used) : NULL;
	e->attached =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	e->embedded =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return e;
}

void am_mbox_eudora_free(struct am_mbox_eudora **at)
{
	struct am_mbox_eudora *e = *at;

	*at = NULL;
	if (!e)
		return;
	g_hash_table_destroy(e->attached);
	g_hash_table_destroy(e->embedded);
	g_free(e->beside);
	g_free(e->told);
	if (e->used)
		g_hash_table_unref(e->used);
	g_free(e);
}

bool am_mbox_eudora_told(const struct am_mbox_eudora *e)
{
	return e->told != NULL;
}
