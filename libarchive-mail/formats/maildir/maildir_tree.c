/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/maildir/maildir_tree.h"

#include "base/arena.h"
#include "base/charset.h"
#include "formats/batch.h"
#include "formats/folder_file.h"
#include "formats/maildir_shape.h"
#include "model/ctx.h"
#include "model/folder.h"

#include <glib.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_FOLDERS 1000000 /* in one tree */

/* A directory still to be looked into. */
struct visit {
	char *path;
	char **parts; /* of the folder it would be */
	size_t depth;
	bool given; /* as a folder already: only what is below counts */
};

struct walk {
	struct am_ctx *ctx;
	int root_fd;
	enum am_maildir_layout layout;
	GArray *dirs;      /* struct am_maildir_dir */
	GArray *stack;     /* struct visit */
	GHashTable *taken; /* paths of folders given, printed */
	struct am_arena *arena;
};

static void visit_clear(void *user)
{
	struct visit *v = user;

	g_free(v->path);
	g_strfreev(v->parts);
}

static void dir_clear(void *user)
{
	struct am_maildir_dir *dir = user;
	const struct am_folder *folder = dir->folder;

	am_folder_unref(&folder);
	g_free(dir->path);
	g_free(dir->account);
}

static bool is_dir(int fd, const char *name)
{
	struct stat st;

	return !fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) &&
	       S_ISDIR(st.st_mode);
}

static bool is_courier(int fd)
{
	return !faccessat(fd, "courierimapuiddb", F_OK, 0) ||
	       !faccessat(fd, "courierimapsubscribed", F_OK, 0) ||
	       is_dir(fd, "courierimapkeywords");
}

static char *join(const char *path, const char *name)
{
	return *path ? g_strconcat(path, "/", name, NULL) : g_strdup(name);
}

/* parts with one more behind them, for g_strfreev() */
static char **with_part(char *const *parts, const char *part)
{
	GPtrArray *out = g_ptr_array_new();

	for (; parts && *parts; parts++)
		g_ptr_array_add(out, g_strdup(*parts));
	if (part)
		g_ptr_array_add(out, g_strdup(part));
	g_ptr_array_add(out, NULL);
	return (char **)(void *)g_ptr_array_free(out, FALSE);
}

/* Two directories whose names mean the same folder (raw UTF-8 beside UTF-7)
 * stay two: the second gets a number. */
static char **own_name(struct walk *w, char **parts, const char *path)
{
	char *key = g_strjoinv("\t", parts);
	size_t n = g_strv_length(parts);
	char *last = g_strdup(n ? parts[n - 1] : "INBOX");

	for (unsigned i = 2; !g_hash_table_add(w->taken, key); i++) {
		if (i == 2)
			am_ctx_note(w->ctx, AM_NOTE_WARN,
			            "maildir.folder-name-twice", NULL, path,
			            "another directory has the same folder "
			            "name: numbered");
		if (!n) {
			g_strfreev(parts);
			parts = with_part(NULL, last);
			n = 1;
		}
		g_free(parts[n - 1]);
		parts[n - 1] = g_strdup_printf("%s (%u)", last, i);
		key = g_strjoinv("\t", parts);
	}
	g_free(last);
	return parts;
}

/* Takes path and parts. */
static int add_dir(struct walk *w, char *path, char **parts,
                   const char *account, size_t prefix, struct am_error *err)
{
	struct am_maildir_dir dir = {.path = path, .prefix = prefix};
	int fd, r;

	if (w->dirs->len >= MAX_FOLDERS) {
		g_free(path);
		g_strfreev(parts);
		return am_fail(err, AM_FATAL, AM_E_LIMIT,
		               "more than %d folders in one Maildir",
		               MAX_FOLDERS);
	}
	fd = openat(w->root_fd, *path ? path : ".",
	            O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0) {
		char **named = am_folder_file_read(fd);

		close(fd);
		if (named) {
			char **all = with_part(parts, NULL);
			size_t n = 0;

			/* An account's own prefix stays in front. */
			while (n < prefix && all[n])
				n++;
			while (all[n]) {
				g_free(all[n]);
				all[n++] = NULL;
			}
			for (char **at = named; *at; at++) {
				char **more = with_part(all, *at);

				g_strfreev(all);
				all = more;
			}
			g_strfreev(named);
			g_strfreev(parts);
			parts = all;
		}
	}
	parts = own_name(w, parts, path);
	dir.account = g_strdup(account);
	size_t depth = g_strv_length(parts);
	r = am_folder_new(
		&dir.folder, (const char *const *)parts, depth,
		depth ? am_role_guess(parts[depth - 1]) : AM_ROLE_NONE, err);
	g_strfreev(parts);
	if (r) {
		/* The walk goes on: this one is told as a failure. */
		dir.bad = true;
		if (err)
			dir.why = *err;
	}
	g_array_append_val(w->dirs, dir);
	return AM_OK;
}

static void add_bad(struct walk *w, const char *path)
{
	struct am_maildir_dir dir = {.path = g_strdup(path), .bad = true};

	dir.account = g_strdup("");
	am_fail_sys(&dir.why, AM_FAILED, "%s", *path ? path : "the Maildir");
	g_array_append_val(w->dirs, dir);
}

/* Evolution marks its trees with a file, and writes "a_2Eb" where others have
 * escapes of their own or modified UTF-7. */
#define EVOLUTION "..maildir++"

static bool is_evolution(const struct walk *w, const char *path)
{
	char *file = join(path, EVOLUTION);
	struct stat st;
	bool yes = !fstatat(w->root_fd, file, &st, AT_SYMLINK_NOFOLLOW) &&
	           S_ISREG(st.st_mode);

	g_free(file);
	return yes;
}

static char *from_evolution(struct walk *w, const char *part)
{
	GString *s = g_string_new(NULL);

	for (const char *p = part; *p; p++) {
		int high = *p == '_' ? g_ascii_xdigit_value(p[1]) : -1;
		int low = high >= 0 ? g_ascii_xdigit_value(p[2]) : -1;

		if (low < 0 || (!high && !low)) {
			g_string_append_c(s, *p);
			continue;
		}
		g_string_append_c(s, (char)(high << 4 | low));
		p += 2;
	}
	char *out = am_utf8_repair(w->arena, s->str, s->len);
	g_string_free(s, TRUE);
	return out;
}

/* ".A.B" of an account to its parts; empty ones dropped. */
static char **plusplus_parts(struct walk *w, char *const *prefix,
                             const char *name, bool courier, bool evolution)
{
	char **words = g_strsplit(name + 1, ".", 0);
	char **parts = with_part(prefix, NULL);
	size_t first = 0;

	/* Courier's namespace: its clients say INBOX.Sent for .Sent. */
	if (courier && words[0] && words[1] && !strcmp(words[0], "INBOX"))
		first = 1;
	for (size_t i = first; words[i]; i++) {
		char **more;

		if (!*words[i])
			continue;
		more = with_part(
			parts,
			evolution ? from_evolution(w, words[i])
				  : am_maildir_path_decode(w->arena, words[i]));
		g_strfreev(parts);
		parts = more;
	}
	if (!g_strv_length(parts)) {
		g_strfreev(parts);
		parts = with_part(prefix, name);
	}
	g_strfreev(words);
	return parts;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names of the directories in one directory, sorted; NULL on an error. */
static GPtrArray *list_dirs(struct walk *w, const char *path, int *fd_out)
{
	int fd = openat(w->root_fd, *path ? path : ".",
	                O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	GPtrArray *names;
	struct dirent *e;
	DIR *dir;

	if (fd < 0)
		return NULL;
	dir = fdopendir(dup(fd));
	if (!dir) {
		close(fd);
		return NULL;
	}
	names = g_ptr_array_new_with_free_func(g_free);
	while ((e = readdir(dir))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		if (e->d_type == DT_DIR ||
		    (e->d_type == DT_UNKNOWN && is_dir(fd, e->d_name)))
			g_ptr_array_add(names, g_strdup(e->d_name));
	}
	closedir(dir);
	if (names->len)
		qsort(names->pdata, names->len, sizeof(void *), by_name);
	*fd_out = fd;
	return names;
}

/* The children that are walked as plain directories, last one first, since
 * they go on a stack. */
static void push_children(struct walk *w, const struct visit *v,
                          const GPtrArray *names, GPtrArray *dotted,
                          bool courier)
{
	if (v->depth >= AM_MAILDIR_DEPTH) {
		am_ctx_note(w->ctx, AM_NOTE_WARN, "maildir.too-deep", NULL,
		            v->path, "directories nested deeper than %d",
		            AM_MAILDIR_DEPTH);
		return;
	}
	bool evolution = is_evolution(w, v->path);
	for (size_t i = names->len; i-- > 0;) {
		const char *name = names->pdata[i];
		struct visit child = {0};

		if (am_maildir_own_dir(name) || !strcmp(name, AM_BATCH_TMP) ||
		    (*name == '.' && w->layout == AM_MAILDIR_FS))
			continue;
		child.path = join(v->path, name);
		child.depth = v->depth + 1;
		/* Maildir++ has none below its folders; people have. */
		if (g_ptr_array_find(dotted, name, NULL)) {
			child.parts = plusplus_parts(w, v->parts, name, courier,
			                             evolution);
			child.given = true;
			g_array_append_val(w->stack, child);
			continue;
		}
		/* Thunderbird keeps the children of Foo in Foo.sbd, KMail in
		 * .Foo.directory. */
		size_t len = strlen(name);
		char *shown =
			g_str_has_suffix(name, ".sbd")
				? g_strndup(name, len - 4)
			: *name == '.' && len > 11 &&
					g_str_has_suffix(name, ".directory")
				? g_strndup(name + 1, len - 11)
				: g_strdup(name);
		child.parts = with_part(
			v->parts, am_maildir_path_decode(w->arena, shown));
		g_free(shown);
		g_array_append_val(w->stack, child);
	}
}

static int look(struct walk *w, const struct visit *v, struct am_error *err)
{
	GPtrArray *names, *dotted = g_ptr_array_new();
	bool courier, account;
	int fd = -1, r = AM_OK;

	names = list_dirs(w, v->path, &fd);
	if (!names) {
		add_bad(w, v->path);
		goto out;
	}
	courier = is_courier(fd);
	for (size_t i = 0; i < names->len; i++) {
		char *name = names->pdata[i];

		if (*name == '.' && w->layout != AM_MAILDIR_FS &&
		    (w->layout == AM_MAILDIR_AUTO || !*v->path) &&
		    am_maildir_shaped(fd, name))
			g_ptr_array_add(dotted, name);
	}
	account = dotted->len > 0 || !*v->path;
	if (!v->given && am_maildir_shaped(fd, "")) {
		r = add_dir(w, g_strdup(v->path),
		            with_part(v->parts, account ? "INBOX" : NULL),
		            account ? v->path : "", account ? v->depth : 0,
		            err);
		if (r)
			goto out;
	}
	for (size_t i = 0; i < dotted->len; i++) {
		char **parts =
			plusplus_parts(w, v->parts, dotted->pdata[i], courier,
		                       is_evolution(w, v->path));

		r = add_dir(w, join(v->path, dotted->pdata[i]), parts, v->path,
		            v->depth, err);
		if (r)
			goto out;
	}
	if (w->layout != AM_MAILDIR_PLUSPLUS)
		push_children(w, v, names, dotted, courier);
out:
	g_ptr_array_free(dotted, TRUE);
	if (names)
		g_ptr_array_free(names, TRUE);
	if (fd >= 0)
		close(fd);
	return r;
}

static int walk_all(struct walk *w, struct am_error *err)
{
	struct visit root = {.path = g_strdup(""), .parts = g_new0(char *, 1)};
	int r = AM_OK;

	g_array_append_val(w->stack, root);
	while (!r && w->stack->len) {
		guint last = w->stack->len - 1;
		struct visit v = g_array_index(w->stack, struct visit, last);

		/* Its strings are ours now. */
		g_array_index(w->stack, struct visit, last) = (struct visit){0};
		g_array_set_size(w->stack, last);
		r = am_ctx_cancelled(w->ctx) ? am_ctx_fail_cancelled(err)
		                             : look(w, &v, err);
		visit_clear(&v);
	}
	return r;
}

int am_maildir_tree_read(struct am_maildir_tree *out, const char *root,
                         enum am_maildir_layout layout, struct am_ctx *ctx,
                         struct am_error *err)
{
	struct walk w = {.ctx = ctx, .layout = layout};
	int r;

	memset(out, 0, sizeof(*out));
	out->root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (out->root_fd < 0) {
		r = am_fail_sys(err, AM_FATAL, "%s", root);
		if (err && (err->sys == ENOENT))
			err->kind = AM_E_NOTFOUND;
		return r;
	}
	w.root_fd = out->root_fd;
	w.dirs = g_array_new(FALSE, TRUE, sizeof(struct am_maildir_dir));
	g_array_set_clear_func(w.dirs, dir_clear);
	w.stack = g_array_new(FALSE, TRUE, sizeof(struct visit));
	g_array_set_clear_func(w.stack, visit_clear);
	w.taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	w.arena = am_arena_new();

	r = walk_all(&w, err);

	am_arena_free(&w.arena);
	g_hash_table_unref(w.taken);
	g_array_free(w.stack, TRUE);
	out->n_dirs = w.dirs->len;
	out->dirs =
		(struct am_maildir_dir *)(void *)g_array_free(w.dirs, FALSE);
	if (r)
		am_maildir_tree_clear(out);
	return r;
}

void am_maildir_tree_clear(struct am_maildir_tree *tree)
{
	for (size_t i = 0; i < tree->n_dirs; i++)
		dir_clear(&tree->dirs[i]);
	g_free(tree->dirs);
	if (tree->root_fd >= 0)
		close(tree->root_fd);
	memset(tree, 0, sizeof(*tree));
	tree->root_fd = -1;
}
