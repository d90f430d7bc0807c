/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mbox/tree.h"

#include "formats/batch.h"
#include "formats/boxes/boxes.h"
#include "formats/folder_file.h"
#include "formats/mail_head.h"
#include "formats/maildir_shape.h"
#include "formats/mbox/names.h"
#include "formats/mozilla_profile.h"

#include <glib.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 200

struct level {
	char *path;    /* of the directory, without a final slash */
	char *part;    /* NULL: the root, or no folder */
	char **told;   /* the path of the folder, where a file says it */
	char *package; /* its name as an Apple package, or NULL */
	GPtrArray *names;
	guint at;
	struct stat st;
	bool linked; /* a link leads here, or to a directory above */
	const struct am_box_kind *box;      /* it is a mailbox of that kind */
	struct am_mozilla_profile *profile; /* it is one */
	const char *store;                  /* "Mail" … in one; or NULL */
	bool no_store;  /* in a profile and not in one: mail is an exception */
	bool evolution; /* a folder of Evolution 1: its mailbox is "mbox" */
	bool maildir;   /* its own files and directories are another's */
	bool numbers;   /* many files are named by a number */
};

struct am_mbox_tree {
	bool leave_maildirs;
	size_t root_len;
	GPtrArray *levels;
	GHashTable *seen; /* "dev:ino" of each directory entered */
	GPtrArray *parts;
	char *path, *name;
	struct am_mbox_left_out in_profile, beside;
};

static void level_free(void *data)
{
	struct level *level = data;
	g_free(level->path);
	g_free(level->part);
	g_strfreev(level->told);
	g_free(level->package);
	if (level->names)
		g_ptr_array_free(level->names, TRUE);
	am_mozilla_profile_free(&level->profile);
	g_free(level);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static bool is_link(const char *path)
{
	struct stat st;
	return !lstat(path, &st) && S_ISLNK(st.st_mode);
}

static bool holds(const struct level *level, const char *name)
{
	return level->names->len &&
	       bsearch(&name, level->names->pdata, level->names->len,
	               sizeof(void *), by_name) != NULL;
}

static bool is_date(const char *digits, size_t len)
{
	bool century = !strncmp(digits, "19", 2) || !strncmp(digits, "20", 2);

	return century && (len == 4 || len == 6 || len == 8);
}

/*
 * "00017.1a7e5a8be59b2c5b", "17", "17.": what collections of single mails are
 * called, each behind a From_ line of its own.  "2003", "200305" are mailboxes
 * of a year or month, with however many mails.
 */
static bool is_number(const char *name)
{
	size_t n = strspn(name, "0123456789");
	const char *rest = name + n;

	if (!n)
		return false;
	if (!*rest || !strcmp(rest, "."))
		return !is_date(name, n);
	return strchr("._-", *rest) && strlen(rest) > 8 &&
	       rest[1 + strspn(rest + 1, "0123456789abcdefABCDEF")] == 0;
}

/* So many are no accident. */
static bool many_numbers(const GPtrArray *names)
{
	const unsigned enough = 8;
	unsigned n = 0;

	for (guint i = 0; i < names->len && n < enough; i++)
		n += is_number(names->pdata[i]);
	return n == enough;
}

/* The part of the folder's path that a directory stands for; none where a
 * program only keeps its order there. */
static char *part_of(const struct am_mbox_tree *tree, struct level *level,
                     const char *name)
{
	guint n = tree->levels->len;
	const struct level *up = n ? tree->levels->pdata[n - 1] : NULL;
	const struct level *above = n > 1 ? tree->levels->pdata[n - 2] : NULL;
	size_t len = strlen(name);

	if (up && up->profile && am_mozilla_profile_store(name)) {
		level->store = name;
		return NULL;
	}
	level->no_store = up && (up->profile || up->no_store);
	if (up && up->store && above && above->profile) {
		char *account = am_mozilla_profile_account(above->profile,
		                                           up->store, name);
		if (account)
			return account;
	}
	/* Evolution 1: Inbox/mbox, Inbox/subfolders/Work/mbox */
	if (up && up->evolution && !strcmp(name, "subfolders"))
		return NULL;
	/* KMail: "inbox", and what is below it in ".inbox.directory". */
	if (*name == '.' && len > 11 && g_str_has_suffix(name, ".directory")) {
		char *inner = g_strndup(name + 1, len - 11);
		char *part = am_mbox_name_of_directory(inner, false);
		g_free(inner);
		return part;
	}
	return am_mbox_name_of_directory(name, false);
}

/* A directory onto the stack.  AM_END: has been entered before. */
static int enter(struct am_mbox_tree *tree, const char *path, const char *name,
                 const struct stat *st, bool linked, struct am_error *err)
{
	for (guint i = 0; i < tree->levels->len; i++) {
		const struct level *up = g_ptr_array_index(tree->levels, i);
		if (same(&up->st, st))
			return am_fail(err, AM_FAILED, AM_E_FORMAT,
			               "a link leads back to where it is");
	}
	char *key = g_strdup_printf("%ju:%ju", (uintmax_t)st->st_dev,
	                            (uintmax_t)st->st_ino);
	if (!g_hash_table_add(tree->seen, key))
		return AM_END;
	if (tree->levels->len >= DEPTH_MAX)
		return am_fail(err, AM_FAILED, AM_E_LIMIT,
		               "directories are nested too deep");
	DIR *dir = opendir(path);
	if (!dir)
		return am_fail_sys(err, AM_FAILED, "cannot open directory");
	struct level *level = g_new0(struct level, 1);
	level->path = g_strdup(path);
	level->names = g_ptr_array_new_with_free_func(g_free);
	level->st = *st;
	level->linked = linked;
	/* Nobody follows links in search of Maildirs. */
	level->maildir = tree->leave_maildirs && !linked &&
	                 tree->levels->len <= AM_MAILDIR_DEPTH &&
	                 am_maildir_shaped(dirfd(dir), "");
	struct dirent *entry;
	while ((entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			g_ptr_array_add(level->names, g_strdup(entry->d_name));
	g_ptr_array_sort(level->names, by_name);
	level->numbers = many_numbers(level->names);
	if (name) {
		level->part = part_of(tree, level, name);
		level->package = am_mbox_name_of_directory(name, true);
	}
	level->told = am_folder_file_read(dirfd(dir));
	level->evolution = holds(level, "folder-metadata.xml") ||
	                   holds(level, "local-metadata.xml");
	if (am_mozilla_profile_here(dirfd(dir), ""))
		level->profile = am_mozilla_profile_read(path);
	struct am_box_dir look = {
		.fd = dirfd(dir),
		.name = name ? name : "",
		.names = (const char *const *)level->names->pdata,
		.n_names = level->names->len};
	if (tree->leave_maildirs && !level->maildir)
		level->box = am_boxes_claim_dir(&look);
	closedir(dir);
	g_ptr_array_add(tree->levels, level);
	return AM_OK;
}

int am_mbox_tree_open(struct am_mbox_tree **out, const char *root,
                      bool leave_maildirs, struct am_error *err)
{
	struct stat st;
	*out = NULL;
	if (stat(root, &st))
		return am_fail_sys(err, AM_FAILED, "%s", root);
	struct am_mbox_tree *tree = g_new0(struct am_mbox_tree, 1);
	char *path = g_strdup(root);
	size_t len = strlen(path);
	while (len > 1 && path[len - 1] == '/')
		path[--len] = 0;
	tree->root_len = len;
	tree->levels = g_ptr_array_new_with_free_func(level_free);
	tree->seen =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	tree->parts = g_ptr_array_new();
	tree->leave_maildirs = leave_maildirs;
	int r = enter(tree, path, NULL, &st, false, err);
	if (r)
		(void)am_wrap(err, r, "%s", root);
	g_free(path);
	if (r)
		am_mbox_tree_close(&tree);
	else
		*out = tree;
	return r;
}

void am_mbox_tree_close(struct am_mbox_tree **tree_at)
{
	struct am_mbox_tree *tree = *tree_at;
	if (!tree)
		return;
	g_ptr_array_free(tree->levels, TRUE);
	g_hash_table_destroy(tree->seen);
	g_ptr_array_free(tree->parts, TRUE);
	g_free(tree->path);
	g_free(tree->name);
	g_free(tree->in_profile.first);
	g_free(tree->beside.first);
	g_free(tree);
	*tree_at = NULL;
}

/* Parts of the file tree->name in the directory on top. */
static void fill(struct am_mbox_tree *tree, const char *name,
                 const struct level *top, struct am_mbox_entry *out,
                 uint64_t size)
{
	guint n = tree->levels->len;
	g_free(tree->name);
	g_ptr_array_set_size(tree->parts, 0);
	for (guint i = 0; i < n; i++) {
		const struct level *up = g_ptr_array_index(tree->levels, i);
		if (up->told)
			g_ptr_array_set_size(tree->parts, 0);
		for (char **part = up->told; part && *part; part++)
			g_ptr_array_add(tree->parts, *part);
		if (!up->told && up->part)
			g_ptr_array_add(tree->parts, up->part);
	}
	/* Apple Mail exports "Name.mbox/mbox". */
	if (!strcmp(name, "mbox") && top->part && !top->told && top->package &&
	    (top->evolution || strcmp(top->package, top->part))) {
		g_ptr_array_set_size(tree->parts, (int)tree->parts->len - 1);
		tree->name = g_strdup(top->package);
	} else {
		tree->name = am_mbox_name_of_file(name);
	}
	g_ptr_array_add(tree->parts, tree->name);
	out->parts = (const char *const *)tree->parts->pdata;
	out->n_parts = tree->parts->len;
	out->size = size;
	out->numbered = top->numbers && is_number(name);
}

/* By its first bytes. */
static bool no_mail(const char *path, const char *name)
{
	uint8_t head[AM_MAIL_HEAD_BYTES];
	ssize_t got = -1;

	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0) {
		got = read(fd, head, sizeof(head));
		close(fd);
	}
	return got <= 0 ||
	       (!am_mail_head_mailbox(name, head, (size_t)got) &&
	        am_mail_head_bits(head, (size_t)got) < AM_MAIL_HEAD_ENOUGH);
}

/* Indexes, logs of them and numbers, which lie where mail lies. */
static bool is_dovecots(const char *name)
{
	return g_str_has_prefix(name, "dovecot.index") ||
	       g_str_has_prefix(name, "dovecot.list.index") ||
	       g_str_has_prefix(name, "dovecot.map.index") ||
	       g_str_has_prefix(name, "dovecot.mailbox.log") ||
	       g_str_has_prefix(name, "dovecot-uid");
}

static void leave_out(struct am_mbox_left_out *out, const char *relative)
{
	if (!out->n++)
		out->first = g_strdup(relative);
}

/* What is no mail, and so that nobody needs to be told of each: in a profile
 * outside of its mail; of the names that programs give what they keep beside
 * mailboxes.  People call mailboxes "old.dat", too. */
static bool left_out(struct am_mbox_tree *tree, const struct level *top,
                     const char *name, const char *relative,
                     const struct stat *st)
{
	bool in_profile = top->profile || top->no_store;

	if (!in_profile && !am_mbox_name_ignored(name) && !is_dovecots(name))
		return false;
	if (S_ISREG(st->st_mode) && !no_mail(tree->path, name))
		return false;
	leave_out(in_profile ? &tree->in_profile : &tree->beside, relative);
	return true;
}

const struct am_mbox_left_out *
am_mbox_tree_in_profile(const struct am_mbox_tree *tree)
{
	return &tree->in_profile;
}

const struct am_mbox_left_out *
am_mbox_tree_beside(const struct am_mbox_tree *tree)
{
	return &tree->beside;
}

int am_mbox_tree_next(struct am_mbox_tree *tree, struct am_mbox_entry *out,
                      struct am_error *err)
{
	while (tree->levels->len) {
		struct level *top =
			g_ptr_array_index(tree->levels, tree->levels->len - 1);
		struct stat st;
		if (top->at == top->names->len) {
			g_ptr_array_set_size(tree->levels,
			                     (int)tree->levels->len - 1);
			continue;
		}
		const char *name = g_ptr_array_index(top->names, top->at++);
		g_free(tree->path);
		tree->path = g_strdup_printf("%s/%s", top->path, name);
		*out = (struct am_mbox_entry){.path = tree->path,
		                              .relative = tree->path +
		                                          tree->root_len + 1};
		if (tree->root_len == 1 && tree->path[0] == '/')
			out->relative = tree->path + 2;
		if (stat(tree->path, &st)) {
			if (am_mbox_name_ignored(name))
				continue;
			return am_fail_sys(err, AM_FAILED, "%s",
			                   is_link(tree->path)
			                           ? "a link that leads nowhere"
			                           : "cannot be looked at");
		}
		if (S_ISDIR(st.st_mode)) {
			/* Beside an archive of ours: nothing of it is mail. */
			if (top->profile && am_mozilla_profile_cache(name)) {
				leave_out(&tree->in_profile, out->relative);
				continue;
			}
			if (g_str_has_suffix(name, ".mailark.cache") ||
			    !strcmp(name, AM_BATCH_TMP) ||
			    (tree->leave_maildirs &&
			     am_boxes_owned_dir(AT_FDCWD, top->path, name)) ||
			    (top->maildir && am_maildir_own_dir(name)))
				continue;
			int r = enter(tree, tree->path, name, &st,
			              top->linked || is_link(tree->path), err);
			if (r < 0)
				return r;
			continue;
		}
		if ((top->box && top->box->owns(name)) ||
		    (top->maildir && am_maildir_own_file(name)) ||
		    left_out(tree, top, name, out->relative, &st))
			continue;
		if (!S_ISREG(st.st_mode))
			return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
			               "not a regular file");
		fill(tree, name, top, out, (uint64_t)st.st_size);
		return AM_OK;
	}
	return AM_END;
}
