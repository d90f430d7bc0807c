/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Into a tree of MH folders: each message under the next free number, written
 * as in any tree of files (batch.h); what .mh_sequences says of them follows
 * when they are on disk.
 */
#include "base/file.h"
#include "formats/batch.h"
#include "formats/files/files_folders.h"
#include "formats/folder_file.h"
#include "formats/mh/mh.h"
#include "formats/mh/mh_sequences.h"
#include "model/folder.h"

#include <glib.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct target {
	struct am_files_folder *dir;
	uint32_t last; /* the highest number there */
	struct am_mh_sequences *sequences;
	bool changed; /* them, or the folder is new */
};

struct mh_sink {
	struct am_sink base;
	char *root;
	struct am_batch *batch;
	struct am_files_folders *folders;
	GHashTable *targets; /* directory, relative -> struct target */
};

struct prepared {
	const struct am_batch *batch;
	struct am_batch_file file;
};

static struct mh_sink *mh_of(struct am_sink *sink)
{
	return AM_CONTAINER(sink, struct mh_sink, base);
}

static void target_free(void *data)
{
	struct target *t = data;

	am_mh_sequences_free(&t->sequences);
	g_free(t);
}

/* Digits, and any number of '_' behind them. */
static bool like_a_number(const char *part)
{
	size_t n = strspn(part, "0123456789");

	return n && strspn(part + n, "_") == strlen(part + n);
}

/* Who reads the tree takes this for Thunderbird's, and off. */
static bool like_a_store(const char *part)
{
	size_t len = strlen(part);

	return len > 4 && !g_ascii_strcasecmp(part + len - 4, ".sbd");
}

/* The directory of a folder.  One that is called like a message gets a '_', so
 * that neither stands in the other's way. */
static struct am_files_folder *dir_of(struct mh_sink *s,
                                      const struct am_folder *folder)
{
	char **parts = g_new0(char *, folder->depth + 1);
	struct am_folder *spelt = NULL;
	struct am_files_folder *dir;
	bool changed = false;

	for (size_t i = 0; i < folder->depth; i++) {
		bool other = like_a_number(folder->parts[i]) ||
		             like_a_store(folder->parts[i]);
		parts[i] =
			g_strconcat(folder->parts[i], other ? "_" : "", NULL);
		changed |= other;
	}
	if (changed && am_folder_new(&spelt, (const char *const *)parts,
	                             folder->depth, AM_ROLE_NONE, NULL))
		spelt = NULL;
	dir = am_files_folders_get(s->folders, spelt ? spelt : folder);
	if (changed) {
		g_free(dir->text);
		dir->text = am_folder_file_text(folder);
	}
	const struct am_folder *done = spelt;
	am_folder_unref(&done);
	g_strfreev(parts);
	return dir;
}

/* What is there already. */
static int look(struct mh_sink *s, struct target *t, struct am_error *err)
{
	char *path = g_build_filename(s->root, t->dir->dir, NULL);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;
	int r = AM_OK;

	if (!dir) {
		r = am_fail_sys(err, AM_FATAL, "%s", path);
		if (fd >= 0)
			close(fd);
		goto out;
	}
	/* What MH has only renamed counts: it may come back. */
	while ((e = readdir(dir))) {
		const char *name = e->d_name;
		uint32_t n = am_mh_number(name + (strchr(",#", *name) != NULL));
		if (n > t->last)
			t->last = n;
	}
	t->changed = !am_mh_sequences_read(t->sequences, fd);
	closedir(dir);
out:
	g_free(path);
	return r;
}

static int make_dir(struct mh_sink *s, const struct am_files_folder *dir,
                    struct am_error *err)
{
	char *full = g_build_filename(s->root, dir->dir, NULL);
	int r = am_make_dirs(full, err);

	if (!r && dir->text) {
		char *at = g_build_filename(full, AM_FOLDER_FILE, NULL);
		r = am_file_replace(at, dir->text, strlen(dir->text), err);
		g_free(at);
	}
	g_free(full);
	return r ? AM_FATAL : AM_OK;
}

static int get(struct mh_sink *s, const struct am_folder *folder,
               struct target **out, struct am_error *err)
{
	struct am_files_folder *dir = dir_of(s, folder);
	struct target *t = g_hash_table_lookup(s->targets, dir->dir);
	int r = AM_OK;

	if (!t) {
		t = g_new0(struct target, 1);
		t->dir = dir;
		t->sequences = am_mh_sequences_new();
		r = make_dir(s, dir, err);
		if (!r)
			r = look(s, t, err);
		if (r) {
			target_free(t);
			return r;
		}
		g_hash_table_insert(s->targets, g_strdup(dir->dir), t);
	}
	*out = t;
	return AM_OK;
}

static int mh_folder(struct am_sink *sink, const struct am_folder *folder,
                     struct am_error *err)
{
	struct target *t;

	return get(mh_of(sink), folder, &t, err);
}

static void mh_discard(void *prepared)
{
	struct prepared *p = prepared;

	if (p && p->file.name)
		am_batch_discard(p->batch, &p->file);
	g_free(p);
}

static int mh_prepare(const struct am_sink *sink, const struct am_message *msg,
                      void **prepared, struct am_error *err)
{
	const struct mh_sink *s = AM_CONTAINER(sink, struct mh_sink, base);
	struct prepared *p = g_new0(struct prepared, 1);
	int r;

	p->batch = s->batch;
	r = am_batch_write(s->batch, &p->file, msg->raw, &msg->received, err);
	if (r) {
		g_free(p);
		return r;
	}
	*prepared = p;
	return AM_OK;
}

static bool is_free(struct mh_sink *s, const char *path)
{
	return faccessat(am_batch_root(s->batch), path, F_OK,
	                 AT_SYMLINK_NOFOLLOW) != 0;
}

static int mh_put(struct am_sink *sink, const struct am_message *msg,
                  void *prepared, enum am_outcome *outcome,
                  struct am_error *err)
{
	struct mh_sink *s = mh_of(sink);
	struct prepared *p = prepared;
	struct target *t = NULL;
	char *path = NULL;
	int r = AM_OK;

	*outcome = AM_STORED;
	if (!p) {
		void *made = NULL;
		r = mh_prepare(sink, msg, &made, err);
		if (r)
			return r;
		p = made;
	}
	if (am_batch_full(s->batch))
		r = am_batch_flush(s->batch, err);
	if (!r)
		r = get(s, msg->folder, &t, err);
	while (!r && !path) {
		if (t->last == UINT32_MAX) {
			r = am_fail(err, AM_FAILED, AM_E_LIMIT,
			            "%s: there is no number left", t->dir->dir);
			break;
		}
		path = g_strdup_printf("%s%s%" PRIu32, t->dir->dir,
		                       *t->dir->dir ? "/" : "", ++t->last);
		if (!is_free(s, path))
			g_clear_pointer(&path, g_free);
	}
	if (!r)
		r = am_batch_put(s->batch, &p->file, path, err);
	if (!r) {
		am_mh_sequences_add(t->sequences, t->last, msg);
		t->changed = true;
	}
	g_free(path);
	mh_discard(p);
	return r;
}

static int mh_commit(struct am_sink *sink, struct am_error *err)
{
	struct mh_sink *s = mh_of(sink);
	GHashTableIter iter;
	void *value;
	int r = am_batch_commit(s->batch, err);

	g_hash_table_iter_init(&iter, s->targets);
	while (!r && g_hash_table_iter_next(&iter, NULL, &value)) {
		struct target *t = value;
		if (!t->changed)
			continue;
		char *path = g_build_filename(s->root, t->dir->dir,
		                              AM_MH_SEQUENCES, NULL);
		char *text = am_mh_sequences_text(t->sequences);
		r = am_file_replace(path, text, strlen(text), err);
		t->changed = r != 0;
		g_free(text);
		g_free(path);
	}
	return r;
}

static void mh_close(struct am_sink *sink)
{
	struct mh_sink *s = mh_of(sink);

	am_batch_close(&s->batch);
	g_hash_table_destroy(s->targets);
	am_files_folders_free(&s->folders);
	g_free(s->root);
	g_free(s);
}

static const struct am_sink_ops ops = {
	.folder = mh_folder,
	.prepare = mh_prepare,
	.put = mh_put,
	.discard = mh_discard,
	.commit = mh_commit,
	.close = mh_close,
};

int am_mh_sink_open(struct am_sink **out, const struct am_location *where,
                    struct am_ctx *ctx, struct am_error *err)
{
	enum am_durability durability;
	struct mh_sink *s;
	struct stat st;
	int r = am_location_check(where, am_mh_options, "mh", err);

	*out = NULL;
	if (r)
		return r;
	const char *word = am_location_option(where, am_mh_options, "durable");
	if (!am_batch_durability(word, &durability))
		return am_fail(err, AM_FATAL, AM_E_ARGUMENT,
		               "durable=%s: yes, no or each is meant", word);
	if (!stat(where->path, &st) && !S_ISDIR(st.st_mode))
		return am_fail(err, AM_FATAL, AM_E_EXISTS,
		               "%s: is there and is no directory", where->path);
	r = am_make_dirs(where->path, err);
	if (r)
		return AM_FATAL;
	s = g_new0(struct mh_sink, 1);
	s->base.ops = &ops;
	s->base.ctx = ctx;
	s->root = g_strdup(where->path);
	s->targets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
	                                   target_free);
	s->folders = am_files_folders_new(AM_SAFE_POSIX);
	r = am_batch_open(&s->batch, where->path, AM_BATCH_TMP, durability,
	                  AM_EOL_KEEP, err);
	if (r)
		mh_close(&s->base);
	else
		*out = &s->base;
	return r;
}
