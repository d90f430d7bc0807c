/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files are read one after the other.  One that was read stays open for a
 * while, since its messages may wait to be loaded; a message that waited for
 * longer opens it again.
 */
#include "formats/outlook/pst_tree.h"

#include "base/arena.h"
#include "base/charset.h"
#include "formats/mail_head.h"
#include "formats/maildir_shape.h"
#include "model/folder.h"

#include <glib.h>

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH = 64, OPEN = 32 };

struct file {
	struct tree *tree;
	char *path, *relative;
	char **within;
	struct am_ctx ctx; /* notes say which file it is */
	/* Under the tree's lock: */
	struct am_source *src; /* NULL: not open */
	unsigned users;        /* loads that are under way */
};

struct tree {
	struct am_source base;
	struct am_pst_settings set;
	GPtrArray *files; /* struct file */
	guint at;
	char *origin; /* of the last failure */
	pthread_mutex_t lock;
};

/* What a message's load() needs: its file, and what that had put there. */
struct ticket {
	struct file *file;
	void *inner;
};

static struct tree *tree_of(struct am_source *src)
{
	return AM_CONTAINER(src, struct tree, base);
}

static void file_free(void *user)
{
	struct file *f = user;

	am_source_close(&f->src);
	g_strfreev(f->within);
	g_free(f->relative);
	g_free(f->path);
	g_free(f);
}

/* "dir/x.pst:0x200024"; g_free() it. */
static char *name_origin(const struct file *f, const char *origin)
{
	size_t n = strlen(f->relative);

	if (!origin)
		return g_strdup(f->relative);
	if (!strncmp(origin, f->relative, n) && origin[n] == ':')
		return g_strdup(origin);
	return g_strdup_printf("%s:%s", f->relative, origin);
}

/* Called as am_ctx.on_note, one at a time. */
static void pass_note(void *user, const struct am_note *note)
{
	const struct file *f = user;
	const struct am_ctx *ctx = f->tree->base.ctx;
	struct am_note named = *note;
	char *origin = name_origin(f, note->origin);

	named.origin = origin;
	ctx->on_note(ctx->user, &named);
	g_free(origin);
}

/* ---- finding them ---- */

static bool begins_like_one(const char *path)
{
	char head[10];
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	bool yes = fd >= 0 && read(fd, head, 10) == 10 &&
	           !memcmp(head, "!BDN", 4) &&
	           (head[8] == 'S' || head[8] == 'A');

	if (fd >= 0)
		close(fd);
	return yes;
}

/* A name no file before it has in this folder. */
static char *name_folder(const char *name, GHashTable *taken, const char *dir)
{
	struct am_arena *arena = am_arena_new();
	char *stem = g_strdup(am_utf8_repair(arena, name, strlen(name)));
	char *own = NULL;

	am_arena_free(&arena);
	/* "x.PST", "x.ost.gz" */
	char *dot = am_mail_head_outlook_name(stem) ? strrchr(stem, '.') : NULL;
	if (dot && g_ascii_strcasecmp(dot, ".pst") != 0 &&
	    g_ascii_strcasecmp(dot, ".ost") != 0) {
		*dot = '\0';
		dot = strrchr(stem, '.');
	}
	if (dot)
		*dot = '\0';
	for (unsigned n = 1;; n++) {
		g_free(own);
		own = n > 1 ? g_strdup_printf("%s (%u)", stem, n)
		            : g_strdup(stem);
		if (g_hash_table_add(taken, g_strdup_printf("%s/%s", dir, own)))
			break;
	}
	g_free(stem);
	return own;
}

/* A directory that is still to be looked into. */
struct todo {
	char *relative; /* "": the root */
	char **parts;
};

static void add_file(struct tree *t, const struct todo *dir, const char *path,
                     const char *name, GHashTable *taken)
{
	guint n = g_strv_length(dir->parts);
	struct file *f = g_new0(struct file, 1);

	f->tree = t;
	f->path = g_strdup(path);
	f->relative = *dir->relative
	                      ? g_strdup_printf("%s/%s", dir->relative, name)
	                      : g_strdup(name);
	f->within = g_new0(char *, n + 2);
	for (guint i = 0; i < n; i++)
		f->within[i] = g_strdup(dir->parts[i]);
	f->within[n] = name_folder(name, taken, dir->relative);
	f->ctx = *t->base.ctx;
	if (f->ctx.on_note) {
		f->ctx.on_note = pass_note;
		f->ctx.user = f;
	}
	g_ptr_array_add(t->files, f);
}

static void push_dir(GArray *stack, const struct todo *up, const char *name)
{
	struct am_arena *arena = am_arena_new();
	guint n = g_strv_length(up->parts);
	struct todo todo = {
		.relative = *up->relative ? g_strdup_printf("%s/%s",
	                                                    up->relative, name)
	                                  : g_strdup(name),
		.parts = g_new0(char *, n + 2)};

	for (guint i = 0; i < n; i++)
		todo.parts[i] = g_strdup(up->parts[i]);
	todo.parts[n] = g_strdup(am_utf8_repair(arena, name, strlen(name)));
	g_array_append_val(stack, todo);
	am_arena_free(&arena);
}

static int by_name_down(const void *a, const void *b)
{
	return -strcmp(*(char *const *)a, *(char *const *)b);
}

static GPtrArray *names_in(const char *path, struct am_error *err)
{
	DIR *dir = opendir(path);
	struct dirent *e;

	if (!dir) {
		(void)am_fail_sys(err, AM_FAILED, "%s", path);
		return NULL;
	}
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	while ((e = readdir(dir)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			g_ptr_array_add(names, g_strdup(e->d_name));
	closedir(dir);
	g_ptr_array_sort(names, by_name_down);
	return names;
}

/* Its files in order, its directories on the stack in the other. */
static void look_into(struct tree *t, const char *root, const struct todo *dir,
                      GArray *stack, GHashTable *taken, GPtrArray *names)
{
	for (guint i = names->len; i-- > 0;) {
		const char *name = names->pdata[i];
		char *path = g_build_filename(root, dir->relative, name, NULL);
		struct stat st;
		if (!stat(path, &st) && S_ISREG(st.st_mode) &&
		    (am_mail_head_outlook_name(name) || begins_like_one(path)))
			add_file(t, dir, path, name, taken);
		g_free(path);
	}
	/* A Maildir's thousands of files are not opened to look for ours. */
	char *here = g_build_filename(root, dir->relative, NULL);
	bool maildir = am_maildir_shaped(AT_FDCWD, here);
	g_free(here);
	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];
		char *path = g_build_filename(root, dir->relative, name, NULL);
		struct stat st;
		if (!lstat(path, &st) && S_ISDIR(st.st_mode) &&
		    !(maildir && am_maildir_own_dir(name)) &&
		    g_strv_length(dir->parts) < DEPTH)
			push_dir(stack, dir, name);
		g_free(path);
	}
}

static int find_files(struct tree *t, const char *root, struct am_error *err)
{
	GArray *stack = g_array_new(FALSE, FALSE, sizeof(struct todo));
	GHashTable *taken =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	struct todo top = {g_strdup(""), g_new0(char *, 1)};
	int r = AM_OK;

	g_array_append_val(stack, top);
	while (!r && stack->len) {
		struct todo dir =
			g_array_index(stack, struct todo, stack->len - 1);
		char *path = g_build_filename(root, dir.relative, NULL);
		struct am_error why = {0};
		g_array_set_size(stack, stack->len - 1);
		GPtrArray *names = names_in(path, &why);
		if (names) {
			look_into(t, root, &dir, stack, taken, names);
			g_ptr_array_free(names, TRUE);
		} else if (*dir.relative && t->set.leave) {
			/* It has been told. */
		} else if (*dir.relative) {
			am_ctx_note_error(t->base.ctx, "pst.directory", NULL,
			                  dir.relative, &why);
		} else {
			r = am_fail(err, AM_FATAL, why.kind, "%s", why.text);
		}
		g_free(path);
		g_free(dir.relative);
		g_strfreev(dir.parts);
	}
	g_array_free(stack, TRUE);
	g_hash_table_destroy(taken);
	if (!r && !t->files->len)
		r = am_fail(err, AM_FATAL, AM_E_FORMAT,
		            "%s: there is no Outlook data file in it", root);
	return r;
}

/* ---- reading ---- */

static int open_file(struct file *f, struct am_error *err)
{
	return am_pst_file_open(&f->src, f->path, &f->tree->set,
	                        (const char *const *)f->within, &f->ctx, err);
}

static int fail_file(struct tree *t, const struct file *f, const char *origin,
                     struct am_item *out)
{
	g_free(t->origin);
	t->origin = name_origin(f, origin);
	out->origin = t->origin;
	return AM_FAILED;
}

/* The file that was read longest ago may go, if nobody needs it. */
static void leave_file(struct tree *t)
{
	t->at++;
	pthread_mutex_lock(&t->lock);
	for (guint i = 0; i + OPEN < t->at; i++) {
		struct file *old = t->files->pdata[i];
		if (!old->users)
			am_source_close(&old->src);
	}
	pthread_mutex_unlock(&t->lock);
}

static void name_message(struct file *f, struct am_message *msg)
{
	struct ticket *ticket = am_arena_alloc(msg->arena, sizeof(*ticket));
	char *origin = name_origin(f, msg->origin);

	*ticket = (struct ticket){f, msg->for_load};
	msg->for_load = ticket;
	msg->origin = am_arena_strdup(msg->arena, origin);
	g_free(origin);
}

static int tree_next(struct am_source *src, struct am_item *out,
                     struct am_error *err)
{
	struct tree *t = tree_of(src);

	for (;; leave_file(t)) {
		if (t->at == t->files->len)
			return AM_END;
		if (am_ctx_cancelled(src->ctx))
			return am_ctx_fail_cancelled(err);
		struct file *f = t->files->pdata[t->at];
		if (!f->src && !am_ctx_reads(src->ctx, f->path, NULL))
			continue;
		int r = f->src ? AM_OK : open_file(f, err);
		if (r) {
			leave_file(t);
			return fail_file(t, f, NULL, out);
		}
		r = am_source_next(f->src, out, err);
		if (r == AM_END)
			continue;
		if (r == AM_FAILED)
			return fail_file(t, f, out->origin, out);
		if (!r && out->message)
			name_message(f, out->message);
		return r;
	}
}

static int tree_load(struct am_source *src, struct am_message *msg,
                     struct am_error *err)
{
	struct tree *t = tree_of(src);
	struct ticket *ticket = msg->for_load;
	struct file *f = ticket->file;
	int r = AM_OK;

	pthread_mutex_lock(&t->lock);
	if (!f->src)
		r = open_file(f, err);
	f->users += !r;
	pthread_mutex_unlock(&t->lock);
	if (r)
		return AM_FAILED;
	msg->for_load = ticket->inner;
	r = am_source_load(f->src, msg, err);
	msg->for_load = ticket;
	pthread_mutex_lock(&t->lock);
	f->users--;
	pthread_mutex_unlock(&t->lock);
	return r;
}

static void tree_close(struct am_source *src)
{
	struct tree *t = tree_of(src);

	g_ptr_array_free(t->files, TRUE);
	pthread_mutex_destroy(&t->lock);
	g_free(t->origin);
	g_free(t);
}

static const struct am_source_ops tree_ops = {
	.next = tree_next,
	.load = tree_load,
	.close = tree_close,
};

int am_pst_tree_open(struct am_source **out, const char *path,
                     const struct am_pst_settings *set, struct am_ctx *ctx,
                     struct am_error *err)
{
	struct tree *t = g_new0(struct tree, 1);

	t->base.ops = &tree_ops;
	t->base.ctx = ctx;
	t->base.loads_anywhere = true;
	t->set = *set;
	t->files = g_ptr_array_new_with_free_func(file_free);
	pthread_mutex_init(&t->lock, NULL);
	int r = find_files(t, path, err);
	if (r)
		tree_close(&t->base);
	else
		*out = &t->base;
	return r;
}
