/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/boxes/walk.h"

#include "base/arena.h"
#include "base/charset.h"
#include "base/file.h"
#include "base/reader.h"
#include "base/unpack.h"
#include "formats/batch.h"
#include "formats/boxes/boxes.h"
#include "formats/folder_file.h"
#include "formats/maildir_shape.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 200
#define HEAD      2048

struct level {
	char *path;
	GPtrArray *names, *parts; /* parts: of the folder, from the root */
	guint at;
	struct stat st;
	const struct am_box_kind *kind; /* the directory is a box of it */
	bool told;                      /* that has been said */
	bool maildir; /* its own files and directories are another's */
};

struct am_boxes_walk {
	const struct am_box_kind *only;
	size_t root_len;
	GPtrArray *levels;
	GHashTable *seen; /* "dev:ino" of each directory entered */
	GPtrArray *parts;
	char *path;
};

static void level_free(void *data)
{
	struct level *level = data;

	g_free(level->path);
	if (level->names)
		g_ptr_array_free(level->names, TRUE);
	if (level->parts)
		g_ptr_array_free(level->parts, TRUE);
	g_free(level);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static char *valid(const char *s, size_t len)
{
	struct am_arena *arena = am_arena_new();
	char *out = g_strdup(am_utf8_repair(arena, s, len));

	am_arena_free(&arena);
	return out;
}

/* The length without one of the endings, blanks between them. */
static size_t without(const char *name, size_t len, const char *endings)
{
	for (const char *s = endings; s && *s;) {
		size_t n = strcspn(s, " ");

		if (n && len > n && !g_ascii_strncasecmp(name + len - n, s, n))
			return len - n;
		s += n;
		s += strspn(s, " ");
	}
	return len;
}

char *am_boxes_name_of(const struct am_box_kind *kind, const char *file)
{
	size_t len =
		without(file, strlen(file), ".gz .bz2 .xz .zst .lz4 .lzma .Z");

	return valid(file, without(file, len, kind->suffixes));
}

static GPtrArray *copy_parts(const GPtrArray *from)
{
	GPtrArray *to = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; from && i < from->len; i++)
		g_ptr_array_add(to, g_strdup(from->pdata[i]));
	return to;
}

/* The folder a directory stands for: a file in it says, or its name does. */
static void name_level(struct level *level, int fd, const struct level *up,
                       const char *name)
{
	char **told = am_folder_file_read(fd);

	level->parts = copy_parts(told ? NULL : up ? up->parts : NULL);
	for (char **p = told; p && *p; p++)
		g_ptr_array_add(level->parts, g_strdup(*p));
	if (!told && name)
		g_ptr_array_add(
			level->parts,
			valid(name, without(name, strlen(name), ".sbd")));
	g_strfreev(told);
}

static void claim(struct am_boxes_walk *walk, struct level *level, int fd,
                  const char *name)
{
	struct am_box_dir look = {
		.fd = fd,
		.name = name ? name : "",
		.names = (const char *const *)level->names->pdata,
		.n_names = level->names->len};

	level->kind = am_boxes_claim_dir(&look);
	/* A single format that was named may take what others would. */
	if (walk->only && walk->only->dir && walk->only->dir(&look))
		level->kind = walk->only;
	level->maildir = am_maildir_shaped(fd, "");
	if (level->maildir || (walk->only && level->kind != walk->only))
		level->kind = NULL;
}

/* A directory onto the stack.  AM_END: has been entered before. */
static int enter(struct am_boxes_walk *walk, const char *path, const char *name,
                 const struct stat *st, struct am_error *err)
{
	guint n = walk->levels->len;

	for (guint i = 0; i < n; i++) {
		const struct level *up = walk->levels->pdata[i];
		if (up->st.st_dev == st->st_dev && up->st.st_ino == st->st_ino)
			return am_fail(err, AM_FAILED, AM_E_FORMAT,
			               "a link leads back to where it is");
	}
	char *key = g_strdup_printf("%ju:%ju", (uintmax_t)st->st_dev,
	                            (uintmax_t)st->st_ino);
	if (!g_hash_table_add(walk->seen, key))
		return AM_END;
	if (n >= DEPTH_MAX)
		return am_fail(err, AM_FAILED, AM_E_LIMIT,
		               "directories are nested too deep");
	DIR *dir = opendir(path);
	if (!dir)
		return am_fail_sys(err, AM_FAILED, "cannot open directory");
	struct level *level = g_new0(struct level, 1);
	struct dirent *e;
	level->path = g_strdup(path);
	level->st = *st;
	level->names = g_ptr_array_new_with_free_func(g_free);
	while ((e = readdir(dir)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			g_ptr_array_add(level->names, g_strdup(e->d_name));
	g_ptr_array_sort(level->names, by_name);
	name_level(level, dirfd(dir), n ? walk->levels->pdata[n - 1] : NULL,
	           name);
	claim(walk, level, dirfd(dir), name);
	closedir(dir);
	g_ptr_array_add(walk->levels, level);
	return AM_OK;
}

int am_boxes_walk_open(struct am_boxes_walk **out, const char *root,
                       const struct am_box_kind *kind, struct am_error *err)
{
	struct am_boxes_walk *walk = g_new0(struct am_boxes_walk, 1);
	char *path = g_strdup(root);
	struct stat st;
	int r = AM_OK;

	walk->only = kind;
	walk->root_len = strlen(path);
	while (walk->root_len > 1 && path[walk->root_len - 1] == '/')
		path[--walk->root_len] = 0;
	walk->levels = g_ptr_array_new_with_free_func(level_free);
	walk->seen =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	if (stat(path, &st))
		r = am_fail_sys(err, AM_FAILED, "%s", root);
	if (!r)
		r = enter(walk, path, NULL, &st, err);
	g_free(path);
	if (r)
		am_boxes_walk_close(&walk);
	*out = walk;
	return r;
}

void am_boxes_walk_close(struct am_boxes_walk **walk_at)
{
	struct am_boxes_walk *walk = *walk_at;

	*walk_at = NULL;
	if (!walk)
		return;
	g_ptr_array_free(walk->levels, TRUE);
	g_hash_table_destroy(walk->seen);
	if (walk->parts)
		g_ptr_array_free(walk->parts, TRUE);
	g_free(walk->path);
	g_free(walk);
}

static const char *relative(const struct am_boxes_walk *walk, const char *path)
{
	if (walk->root_len == 1 && *path == '/')
		return path + 1;
	return path[walk->root_len] ? path + walk->root_len + 1 : ".";
}

/* The kind of a file; a head that cannot be had says nothing. */
static const struct am_box_kind *kind_of(struct am_boxes_walk *walk,
                                         const char *name)
{
	uint8_t head[HEAD];
	struct am_reader *reader = NULL;
	struct am_file *file = NULL;
	const struct am_box_kind *kind = NULL;
	size_t got = 0;

	if (am_file_open(&file, walk->path, NULL))
		return NULL;
	if (am_file_read(file, 0, head, sizeof(head), &got, NULL))
		got = 0;
	if (am_unpack_sniff(head, got) &&
	    !am_unpack_open(&reader, file, NULL)) {
		got = 0;
		if (am_reader_read(reader, head, sizeof(head), &got, NULL) < 0)
			got = 0;
	}
	struct am_box_file look = {.name = name,
	                           .head = head,
	                           .head_len = got,
	                           .size = am_file_size(file)};
	if (!walk->only)
		kind = am_boxes_claim_file(&look);
	else if (walk->only->file && walk->only->file(&look))
		kind = walk->only;
	am_reader_close(&reader);
	am_file_unref(&file);
	return kind;
}

static void fill(struct am_boxes_walk *walk, struct am_boxes_found *out,
                 const struct am_box_kind *kind, const struct level *level,
                 const char *file)
{
	if (walk->parts)
		g_ptr_array_free(walk->parts, TRUE);
	walk->parts = copy_parts(level->parts);
	if (file && !kind->single)
		g_ptr_array_add(walk->parts, am_boxes_name_of(kind, file));
	out->kind = kind;
	out->path = file ? walk->path : level->path;
	out->relative = relative(walk, out->path);
	if (kind->parts)
		kind->parts(walk->parts, out->path);
	out->parts = walk->parts;
}

static bool skipped_dir(const struct level *top, const char *name)
{
	return g_str_has_suffix(name, ".mailark.cache") ||
	       !strcmp(name, AM_BATCH_TMP) ||
	       am_boxes_owned_dir(AT_FDCWD, top->path, name) ||
	       (top->maildir && am_maildir_own_dir(name));
}

/* One entry of the directory on top.  AM_END: nothing of ours. */
static int look_at(struct am_boxes_walk *walk, const struct level *top,
                   const char *name, struct am_boxes_found *out,
                   struct am_error *err)
{
	const struct am_box_kind *kind;
	struct stat st;

	g_free(walk->path);
	walk->path = g_strdup_printf(
		"%s/%s", strcmp(top->path, "/") ? top->path : "", name);
	*out = (struct am_boxes_found){.path = walk->path,
	                               .relative = relative(walk, walk->path)};
	if (stat(walk->path, &st)) {
		/* Where others read the tree too, one of them says so. */
		return !walk->only ? AM_END
		                   : am_fail_sys(err, AM_FAILED,
		                                 "cannot be looked at");
	}
	if (S_ISDIR(st.st_mode)) {
		int r = AM_END;
		if (!skipped_dir(top, name))
			r = enter(walk, walk->path, name, &st, err);
		return r < 0 ? r : AM_END;
	}
	if (!S_ISREG(st.st_mode) || !st.st_size ||
	    (top->kind && top->kind->owns(name)) ||
	    (top->maildir && am_maildir_own_file(name)))
		return AM_END;
	kind = kind_of(walk, name);
	if (!kind)
		return AM_END;
	fill(walk, out, kind, top, name);
	return AM_OK;
}

int am_boxes_walk_next(struct am_boxes_walk *walk, struct am_boxes_found *out,
                       struct am_error *err)
{
	while (walk->levels->len) {
		struct level *top = walk->levels->pdata[walk->levels->len - 1];
		int r = AM_END;

		if (top->kind && !top->told) {
			top->told = true;
			fill(walk, out, top->kind, top, NULL);
			return AM_OK;
		}
		if (top->at == top->names->len)
			g_ptr_array_set_size(walk->levels,
			                     (int)walk->levels->len - 1);
		else
			r = look_at(walk, top, top->names->pdata[top->at++],
			            out, err);
		if (r != AM_END)
			return r;
	}
	return AM_END;
}
