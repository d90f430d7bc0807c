/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Into one file, or into a directory with a file per folder: "A/B" becomes
 * A.mbox and A/B.mbox, which the source reads back as the same folders.
 */
#include "base/file.h"
#include "formats/maildir_shape.h"
#include "formats/mbox/compose.h"
#include "formats/mbox/leftover.h"
#include "formats/mbox/names.h"
#include "formats/mbox/source.h"
#include "formats/mbox/target.h"
#include "model/folder.h"

#include <glib.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Files that are open at a time. */
#define OPEN_MAX_FILES 48
/* From so many files on they are synced together. */
#define SYNC_TOGETHER 3

struct mbox_sink {
	struct am_sink base;
	struct am_mbox_style style;
	char *path;
	bool tree;
	GHashTable *targets; /* file name -> struct am_mbox_target */
	GPtrArray *awake; /* of these, those with a descriptor, oldest first */
	const struct am_folder *only; /* the folder of a single file */
	bool merged; /* that it is more than one has been said */
};

static struct mbox_sink *sink_of(struct am_sink *base)
{
	return AM_CONTAINER(base, struct mbox_sink, base);
}

static void free_target(void *data)
{
	struct am_mbox_target *target = data;
	am_mbox_target_free(&target);
}

static bool is_mmdf(const struct mbox_sink *s)
{
	return s->style.flavour == AM_MBOX_MMDF;
}

/* "x.mbox" holds the messages of a folder x: a directory for the folders in one
 * that is called so needs another name. */
static char *directory_name(const char *part, const char *ending)
{
	bool changed;
	char *name = am_mbox_name_to_file(part, &changed);
	size_t len = strlen(name), n = strlen(ending);

	if (am_maildir_own_dir(name)) {
		char *hidden = am_mbox_name_hide(name);
		g_free(name);
		return hidden;
	}
	if (len <= n || strcmp(name + len - n, ending) != 0)
		return name;
	char *other =
		g_strdup_printf("%.*s%%2E%s", (int)(len - n), name, ending + 1);
	g_free(name);
	return other;
}

/* The file of a folder, below the tree's root. */
static char *path_of(struct mbox_sink *s, const struct am_folder *folder)
{
	if (!s->tree)
		return g_strdup(s->path);
	const char *ending = is_mmdf(s) ? ".mmdf" : ".mbox";
	GString *path = g_string_new(s->path);
	for (size_t i = 0; i < folder->depth; i++) {
		bool changed;
		char *name = i + 1 < folder->depth
		                     ? directory_name(folder->parts[i], ending)
		                     : am_mbox_name_to_file(folder->parts[i],
		                                            &changed);
		if (path->len && path->str[path->len - 1] != '/')
			g_string_append_c(path, '/');
		g_string_append(path, name);
		g_free(name);
	}
	/* Messages of the root itself need a name of their own. */
	if (!folder->depth)
		g_string_append(path, "/mailbox");
	g_string_append(path, ending);
	return g_string_free(path, FALSE);
}

static struct am_mbox_target *target_of(struct mbox_sink *s,
                                        const struct am_folder *folder)
{
	char *path = path_of(s, folder);
	struct am_mbox_target *t = g_hash_table_lookup(s->targets, path);
	if (!t) {
		t = am_mbox_target_new(path, is_mmdf(s), s->base.ctx);
		g_hash_table_insert(s->targets, path, t);
		return t;
	}
	g_free(path);
	return t;
}

/* It is going to be used: let another rest if too many are open. */
static int make_way(struct mbox_sink *s, struct am_mbox_target *t,
                    struct am_error *err)
{
	guint at;
	int r = AM_OK;
	if (s->awake->len &&
	    g_ptr_array_index(s->awake, s->awake->len - 1) == t)
		return AM_OK;
	if (g_ptr_array_find(s->awake, t, &at))
		g_ptr_array_remove_index(s->awake, at);
	if (s->awake->len >= OPEN_MAX_FILES) {
		r = am_mbox_target_rest(g_ptr_array_index(s->awake, 0), err);
		g_ptr_array_remove_index(s->awake, 0);
	}
	g_ptr_array_add(s->awake, t);
	return r;
}

static void note_renamed(struct mbox_sink *s, const struct am_folder *folder)
{
	for (size_t i = 0; i < folder->depth; i++) {
		bool changed;
		char *name = am_mbox_name_to_file(folder->parts[i], &changed);
		if (changed)
			am_ctx_note(s->base.ctx, AM_NOTE_LOSS,
			            "mbox.folder-renamed", folder, NULL,
			            "its name is too long for a file, now %s",
			            name);
		else if (strcmp(name, folder->parts[i]))
			am_ctx_note(s->base.ctx, AM_NOTE_INFO,
			            "mbox.folder-escaped", folder, NULL,
			            "as a file it is called %s", name);
		g_free(name);
	}
}

static int sink_folder(struct am_sink *base, const struct am_folder *folder,
                       struct am_error *err)
{
	struct mbox_sink *s = sink_of(base);
	if (s->tree) {
		struct am_mbox_target *t = target_of(s, folder);
		note_renamed(s, folder);
		int r = make_way(s, t, err);
		return r ? r : am_mbox_target_touch(t, err);
	}
	if (!s->only) {
		s->only = am_folder_ref(folder);
	} else if (!s->merged && !am_folder_equal(s->only, folder)) {
		s->merged = true;
		am_ctx_note(s->base.ctx, AM_NOTE_LOSS, "mbox.folders-merged",
		            folder, NULL,
		            "one file holds one folder: all go into %s; a "
		            "target with a final slash keeps them apart",
		            s->path);
	}
	return AM_OK;
}

static int sink_prepare(const struct am_sink *base,
                        const struct am_message *msg, void **prepared,
                        struct am_error *err)
{
	const struct mbox_sink *s = sink_of((struct am_sink *)(uintptr_t)base);
	struct am_mbox_plan *plan = NULL;
	int r = am_mbox_plan_make(&plan, msg, &s->style, s->base.ctx, err);
	*prepared = plan;
	return r;
}

static void sink_discard(void *prepared)
{
	struct am_mbox_plan *plan = prepared;
	am_mbox_plan_free(&plan);
}

static int put_into(struct mbox_sink *s, const struct am_folder *folder,
                    const struct am_mbox_plan *plan,
                    const struct am_message *msg, struct am_error *err)
{
	struct am_mbox_target *t = target_of(s, folder);
	int r = make_way(s, t, err);
	return r ? r : am_mbox_target_put(t, plan, msg, &s->style, err);
}

/* A label is a path too where it holds a slash. */
static int put_label(struct mbox_sink *s, const char *label,
                     const struct am_mbox_plan *plan,
                     const struct am_message *msg, struct am_error *err)
{
	struct am_folder *folder = NULL;
	char **words = g_strsplit(label, "/", 0);
	GPtrArray *parts = g_ptr_array_new();
	for (char **w = words; *w; w++)
		if (**w)
			g_ptr_array_add(parts, *w);
	int r = am_folder_new(&folder, (const char *const *)parts->pdata,
	                      parts->len, AM_ROLE_NONE, err);
	if (!r && parts->len && !am_folder_equal(folder, msg->folder))
		r = put_into(s, folder, plan, msg, err);
	const struct am_folder *done = folder;
	am_folder_unref(&done);
	g_ptr_array_free(parts, TRUE);
	g_strfreev(words);
	return r;
}

static int sink_put(struct am_sink *base, const struct am_message *msg,
                    void *prepared, enum am_outcome *outcome,
                    struct am_error *err)
{
	struct mbox_sink *s = sink_of(base);
	struct am_mbox_plan *plan = prepared;
	int r = AM_OK;
	if (!plan) /* a caller without workers */
		r = am_mbox_plan_make(&plan, msg, &s->style, s->base.ctx, err);
	if (!r)
		r = put_into(s, msg->folder, plan, msg, err);
	if (s->tree && s->style.labels == AM_MBOX_LABELS_FOLDERS)
		for (size_t i = 0; i < msg->n_labels && !r; i++)
			r = put_label(s, msg->labels[i], plan, msg, err);
	am_mbox_plan_free(&plan);
	*outcome = AM_STORED;
	return r;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The files, in an order that does not depend on a hash. */
static GPtrArray *targets_in_order(struct mbox_sink *s)
{
	GPtrArray *list = g_ptr_array_new();
	GHashTableIter iter;
	void *key;
	g_hash_table_iter_init(&iter, s->targets);
	while (g_hash_table_iter_next(&iter, &key, NULL))
		g_ptr_array_add(list, key);
	g_ptr_array_sort(list, by_path);
	for (guint i = 0; i < list->len; i++)
		list->pdata[i] =
			g_hash_table_lookup(s->targets, list->pdata[i]);
	return list;
}

/*
 * Each sync of a file waits for the disk, three times for a new one.  Where
 * there are many they are all written first, and one syncfs(2) brings them to
 * disk.  *synced: so it did; false where there are few, or not all of them lie
 * on the root's file system, or it has no such thing.
 */
static int sync_together(struct mbox_sink *s, const GPtrArray *targets,
                         int root, bool *synced, struct am_error *err)
{
	struct stat st;
	unsigned n = 0;
	*synced = root >= 0 && !fstat(root, &st);
	for (guint i = 0; i < targets->len && *synced; i++) {
		struct am_mbox_target *t = targets->pdata[i];
		bool rested = am_mbox_target_resting(t), dirty;
		int r = am_mbox_target_flush(t, &dirty, err);
		if (r)
			return r;
		n += dirty;
		*synced = !dirty || am_mbox_target_is_on(t, st.st_dev);
		if (rested)
			r = am_mbox_target_rest(t, err);
		if (r)
			return r;
	}
	*synced = *synced && n >= SYNC_TOGETHER;
	if (!*synced || !syncfs(root))
		return AM_OK;
	*synced = false;
	return errno == ENOSYS || errno == EOPNOTSUPP
	               ? AM_OK
	               : am_fail_sys(err, AM_FATAL, "%s: cannot sync", s->path);
}

static int sink_commit(struct am_sink *base, struct am_error *err)
{
	struct mbox_sink *s = sink_of(base);
	bool synced = false;
	int r = AM_OK;
	/* A single file that got no message is still an answer. */
	if (!s->tree && s->only)
		r = am_mbox_target_touch(target_of(s, s->only), err);
	GPtrArray *targets = targets_in_order(s);
	int root = s->tree ? open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
	                   : -1;
	if (!r)
		r = sync_together(s, targets, root, &synced, err);
	for (guint i = 0; i < targets->len && !r; i++) {
		struct am_mbox_target *t = targets->pdata[i];
		bool rested = am_mbox_target_resting(t);
		r = am_mbox_target_commit(t, synced, err);
		if (!r && rested)
			r = am_mbox_target_rest(t, err);
	}
	/* The names, and what the locks tell. */
	if (!r && synced && syncfs(root))
		r = am_fail_sys(err, AM_FATAL, "%s: cannot sync", s->path);
	if (root >= 0)
		close(root);
	g_ptr_array_free(targets, TRUE);
	return r;
}

static void sink_close(struct am_sink *base)
{
	struct mbox_sink *s = sink_of(base);
	g_ptr_array_free(s->awake, TRUE);
	g_hash_table_destroy(s->targets);
	am_folder_unref(&s->only);
	g_free(s->path);
	g_free(s);
}

static const struct am_sink_ops ops = {
	.folder = sink_folder,
	.prepare = sink_prepare,
	.put = sink_put,
	.discard = sink_discard,
	.commit = sink_commit,
	.close = sink_close,
};

static int read_options(struct mbox_sink *s, const struct am_location *where,
                        struct am_error *err)
{
	struct am_mbox_style *style = &s->style;
	int r = am_location_check(where, am_mbox_options, "mbox", err);
	if (!r)
		r = am_location_switch(where, am_mbox_options, "crlf",
		                       &style->crlf, err);
	if (!r)
		r = am_location_switch(where, am_mbox_options, "as-imported",
		                       &style->as_imported, err);
	if (!r)
		r = am_location_switch(where, am_mbox_options, "tree", &s->tree,
		                       err);
	if (r)
		return r;
	const char *v = am_location_option(where, am_mbox_options, "dialect");
	if (v && !am_mbox_flavour_parse(&style->flavour, v))
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "no mbox dialect: %s", v);
	if (style->flavour == AM_MBOX_AUTO)
		style->flavour = AM_MBOX_RD;
	v = am_location_option(where, am_mbox_options, "state");
	style->state = !v || !strcmp(v, "headers");
	if (v && !style->state && strcmp(v, "none"))
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "state is headers or none, not \"%s\"", v);
	v = am_location_option(where, am_mbox_options, "labels");
	if (!v || !strcmp(v, "keywords"))
		style->labels = AM_MBOX_LABELS_KEYWORDS;
	else if (!strcmp(v, "folders"))
		style->labels = AM_MBOX_LABELS_FOLDERS;
	else if (!strcmp(v, "first"))
		style->labels = AM_MBOX_LABELS_FIRST;
	else
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "labels are keywords, folders or first, "
		               "not \"%s\"",
		               v);
	return AM_OK;
}

int am_mbox_sink_open(struct am_sink **out, const struct am_location *where,
                      struct am_ctx *ctx, struct am_error *err)
{
	struct stat st;
	*out = NULL;
	if (!where->path || !*where->path)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "an mbox is a file or a directory");
	struct mbox_sink *s = g_new0(struct mbox_sink, 1);
	s->base.ops = &ops;
	s->base.ctx = ctx;
	s->path = g_strdup(where->path);
	s->targets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
	                                   free_target);
	s->awake = g_ptr_array_new();
	int r = read_options(s, where, err);
	if (r)
		goto out;
	bool there = !stat(s->path, &st);
	if (!there && errno != ENOENT && errno != ENOTDIR) {
		r = am_fail_sys(err, AM_FAILED, "%s", s->path);
		goto out;
	}
	if (g_str_has_suffix(s->path, "/") || (there && S_ISDIR(st.st_mode)))
		s->tree = true;
	s->base.one_folder = !s->tree;
	am_mbox_leftover_clear(s->path, s->tree, ctx);
	if (s->tree)
		r = am_make_dirs(s->path, err);
	else if (there && !S_ISREG(st.st_mode))
		r = am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
		            "%s: not a regular file", s->path);
out:
	if (r)
		sink_close(&s->base);
	else
		*out = &s->base;
	return r;
}
