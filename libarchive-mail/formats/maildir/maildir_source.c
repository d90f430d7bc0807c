/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/maildir/maildir.h"

#include "base/arena.h"
#include "formats/dovecot_index.h"
#include "formats/keyword_flags.h"
#include "formats/load_file.h"
#include "formats/maildir/maildir_courier.h"
#include "formats/maildir/maildir_keywords.h"
#include "formats/maildir/maildir_list.h"
#include "formats/maildir/maildir_message.h"
#include "formats/maildir/maildir_name.h"
#include "formats/maildir/maildir_subs.h"
#include "formats/maildir/maildir_tree.h"
#include "formats/maildir/maildir_uids.h"
#include "formats/old_mail.h"
#include "model/folder.h"

#include <glib.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * next() gives names and flags only, so that listing or filtering a folder
 * reads no message; load() opens the file.  What load() must know travels in
 * the message's arena, in front of the origin that the message points at.
 */
struct ticket {
	size_t dir;      /* in the tree */
	char *file;      /* "cur/NAME" */
	size_t base_len; /* of NAME */
	char origin[];
};

/* A look at a folder that changed under us. */
#define RELIST_AFTER (2 * G_USEC_PER_SEC)

struct maildir_source {
	struct am_source base;
	char *root;
	struct am_maildir_tree tree;
	size_t at;    /* the directory being given */
	bool entered; /* its folder was given */
	char *origin; /* of the last failure */

	/* Of the directory being given: */
	struct am_maildir_list *list;
	size_t next;
	struct am_maildir_keywords keywords;
	struct am_maildir_courier *courier;
	struct am_dovecot_index *index; /* where letters do not suffice */
	uint32_t uidvalidity;

	/* For load(): the directory it works in, and a later look at it. */
	size_t open_dir;
	int open_fd;
	struct am_maildir_list *fresh;
	int64_t fresh_at;
};

static struct maildir_source *maildir_of(struct am_source *src)
{
	return AM_CONTAINER(src, struct maildir_source, base);
}

static void leave_dir(struct maildir_source *s)
{
	am_maildir_list_free(&s->list);
	am_maildir_keywords_clear(&s->keywords);
	am_dovecot_index_free(s->index);
	s->index = NULL;
	am_maildir_courier_free(&s->courier);
	s->uidvalidity = 0;
	s->next = 0;
	s->entered = false;
	s->at++;
}

static int fail_dir(struct maildir_source *s, struct am_item *out,
                    const struct am_maildir_dir *dir)
{
	g_free(s->origin);
	s->origin = g_strdup(*dir->path ? dir->path : ".");
	out->folder = dir->folder;
	out->origin = s->origin;
	return AM_FAILED;
}

/* A file name has letters for 26 keywords; of further ones only Dovecot's index
 * knows which messages have them. */
static void read_index(struct maildir_source *s,
                       const struct am_maildir_dir *dir)
{
	char *path = g_build_filename(s->root, dir->path, NULL);

	s->index = am_dovecot_index_read(path);
	if (!s->index)
		am_ctx_note(s->base.ctx, AM_NOTE_WARN, "maildir.keywords-lost",
		            dir->folder, dir->path,
		            "there are more keywords than letters for them, "
		            "and no dovecot.index that tells which messages "
		            "have the others");
	g_free(path);
}

static int list_dir(struct maildir_source *s, struct am_item *out,
                    const struct am_maildir_dir *dir, struct am_error *err)
{
	int fd = s->tree.root_fd;
	int r = am_maildir_list_read(&s->list, fd, dir->path, s->base.ctx, err);

	if (r == AM_FATAL)
		return r;
	s->uidvalidity = am_maildir_uids_read(s->list, fd, dir->path);
	am_maildir_list_sort(s->list);
	am_maildir_keywords_read(&s->keywords, fd, dir->path);
	if (strcmp(dir->path, dir->account) != 0)
		am_maildir_keywords_read(&s->keywords, fd, dir->account);
	s->courier = am_maildir_courier_read(fd, dir->path);
	if (s->keywords.more)
		read_index(s, dir);
	return r ? fail_dir(s, out, dir) : AM_OK;
}

static void add_courier(struct maildir_source *s, struct am_message *msg,
                        const struct am_maildir_entry *e)
{
	const char *const *words = NULL;

	if (s->courier)
		words = am_maildir_courier_get(s->courier, e->name,
		                               e->base_len);
	for (; words && *words; words++)
		am_keyword_flags_add(msg, *words);
}

static void add_indexed(struct maildir_source *s, struct am_message *msg)
{
	struct am_dovecot_facts facts;

	if (!s->index || !am_dovecot_index_of(s->index, msg->uid, &facts))
		return;
	for (unsigned i = 0; i < 64 && facts.keywords[i]; i++)
		if (facts.keyword_bits >> i & 1)
			am_keyword_flags_add(msg, facts.keywords[i]);
}

/* The directory a ticket speaks of, open. */
static int enter(struct maildir_source *s, size_t dir, struct am_error *err)
{
	const char *path = s->tree.dirs[dir].path;

	if (s->open_fd >= 0 && s->open_dir == dir)
		return AM_OK;
	if (s->open_fd >= 0)
		close(s->open_fd);
	am_maildir_list_free(&s->fresh);
	s->open_dir = dir;
	s->open_fd = openat(s->tree.root_fd, *path ? path : ".",
	                    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (s->open_fd < 0)
		return am_fail_sys(err, AM_FAILED, "%s", path);
	return AM_OK;
}

/* A guess until load(): the name's S= may be wrong, and so is this for a file
 * stored compressed, but a list of folders wants a sum. */
static uint64_t size_of(struct maildir_source *s,
                        const struct am_maildir_dir *dir, const char *file)
{
	struct stat st;

	if (enter(s, (size_t)(dir - s->tree.dirs), NULL) ||
	    fstatat(s->open_fd, file, &st, 0) || !S_ISREG(st.st_mode))
		return AM_SIZE_UNKNOWN;
	return (uint64_t)st.st_size;
}

static int give(struct maildir_source *s, struct am_item *out,
                const struct am_maildir_dir *dir, struct am_error *err)
{
	struct am_maildir_entry e = am_maildir_list_get(s->list, s->next++);
	struct am_message *msg = NULL;
	struct am_maildir_name name;
	struct ticket *ticket;
	size_t path_len = strlen(dir->path);
	char uidvalidity[16];
	int r;

	r = am_message_new(&msg, dir->folder, err);
	if (r)
		return r;
	/* The origin is the base name in its folder: flags come and go, and
	 * with them the file moves from new/ to cur/. */
	ticket = am_arena_alloc(msg->arena,
	                        sizeof(*ticket) + path_len + e.base_len + 2);
	ticket->dir = s->at;
	ticket->base_len = e.base_len;
	ticket->file = am_arena_printf(msg->arena, "%s/%s", e.subdir, e.name);
	if (path_len) {
		memcpy(ticket->origin, dir->path, path_len);
		ticket->origin[path_len++] = '/';
	}
	memcpy(ticket->origin + path_len, e.name, e.base_len);
	msg->origin = ticket->origin;
	msg->size = size_of(s, dir, ticket->file);
	msg->exactness = AM_EXACT;
	msg->fixed = true;
	msg->uid = e.uid;
	if (e.uid && s->uidvalidity) {
		g_snprintf(uidvalidity, sizeof(uidvalidity), "%" PRIu32,
		           s->uidvalidity);
		am_message_add_prop(msg, "maildir.uidvalidity", uidvalidity,
		                    strlen(uidvalidity));
	}
	am_maildir_name_parse(&name, e.name);
	am_maildir_message_letters(msg, name.info, !strcmp(e.subdir, "new"),
	                           &s->keywords);
	add_courier(s, msg, &e);
	add_indexed(s, msg);
	if (!strcmp(e.subdir, "cur"))
		am_old_mail_tell(msg);
	out->folder = dir->folder;
	out->message = msg;
	return AM_OK;
}

static int maildir_next(struct am_source *src, struct am_item *out,
                        struct am_error *err)
{
	struct maildir_source *s = maildir_of(src);

	for (;;) {
		const struct am_maildir_dir *dir = s->tree.dirs + s->at;

		if (am_ctx_cancelled(src->ctx))
			return am_ctx_fail_cancelled(err);
		if (s->at >= s->tree.n_dirs)
			return AM_END;
		if (dir->bad) {
			if (err)
				*err = dir->why;
			fail_dir(s, out, dir);
			leave_dir(s);
			return AM_FAILED;
		}
		if (!s->entered) {
			s->entered = true;
			out->folder = dir->folder;
			return AM_OK;
		}
		if (!s->list) {
			int r = list_dir(s, out, dir, err);

			if (r)
				return r;
		}
		if (s->next < am_maildir_list_count(s->list))
			return give(s, out, dir, err);
		leave_dir(s);
	}
}

static int try_load(struct maildir_source *s, struct am_loaded_file *out,
                    const char *file, struct am_error *err)
{
	const char *dir = s->tree.dirs[s->open_dir].path;
	char *path =
		g_strconcat(s->root, *dir ? "/" : "", dir, "/", file, NULL);
	int r = am_load_file(out, s->open_fd, file, path, s->base.ctx, err);

	g_free(path);
	return r;
}

/* The file has gone from where it was listed: a mail program changed its
 * flags.  Look for the base name; look anew at most every two seconds. */
static int load_moved(struct maildir_source *s, struct am_loaded_file *out,
                      const struct ticket *ticket, struct am_error *err)
{
	const char *base = ticket->file + 4;
	struct am_maildir_entry e;
	int r = AM_FAILED;

	for (int attempt = 0; attempt < 2; attempt++) {
		int64_t now = g_get_monotonic_time();
		struct am_error ignored;
		char *file;

		if (!s->fresh ||
		    (attempt && now - s->fresh_at > RELIST_AFTER)) {
			am_maildir_list_free(&s->fresh);
			if (am_maildir_list_read(&s->fresh, s->open_fd, "",
			                         s->base.ctx, &ignored) < 0 &&
			    !s->fresh)
				return AM_FAILED;
			s->fresh_at = now;
		}
		if (!am_maildir_list_find(s->fresh, base, ticket->base_len, &e))
			continue;
		file = g_strconcat(e.subdir, "/", e.name, NULL);
		r = try_load(s, out, file, err);
		g_free(file);
		if (!r || !err || err->kind != AM_E_NOTFOUND)
			return r;
	}
	return r;
}

static int maildir_load(struct am_source *src, struct am_message *msg,
                        struct am_error *err)
{
	struct maildir_source *s = maildir_of(src);
	struct ticket *ticket =
		AM_CONTAINER((char *)msg->origin, struct ticket, origin);
	struct am_loaded_file file = {0};
	struct am_error own = {0}, *e = err ? err : &own;
	int r;

	r = enter(s, ticket->dir, e);
	if (r)
		return r;
	r = try_load(s, &file, ticket->file, e);
	if (r == AM_FAILED && e->kind == AM_E_NOTFOUND)
		r = load_moved(s, &file, ticket, e);
	if (r)
		return r;
	return am_maildir_message_complete(msg, &file, ticket->file + 4,
	                                   src->ctx, e);
}

/* "dir/BASE": load() looks for what the file is called now. */
static int maildir_find(struct am_source *src, const char *origin,
                        struct am_message **out, struct am_error *err)
{
	struct maildir_source *s = maildir_of(src);
	const char *slash = strrchr(origin, '/');
	const char *base = slash ? slash + 1 : origin;
	size_t path_len = slash ? (size_t)(slash - origin) : 0, at = 0;

	*out = NULL;
	while (at < s->tree.n_dirs &&
	       (s->tree.dirs[at].bad ||
	        strlen(s->tree.dirs[at].path) != path_len ||
	        strncmp(s->tree.dirs[at].path, origin, path_len) != 0))
		at++;
	if (at == s->tree.n_dirs || !*base)
		return AM_END;
	int r = am_message_new(out, s->tree.dirs[at].folder, err);
	if (r)
		return r;
	struct ticket *ticket = am_arena_alloc(
		(*out)->arena, sizeof(*ticket) + strlen(origin) + 1);
	ticket->dir = at;
	ticket->base_len = strlen(base);
	ticket->file = am_arena_printf((*out)->arena, "cur/%s", base);
	memcpy(ticket->origin, origin, strlen(origin) + 1);
	(*out)->origin = ticket->origin;
	(*out)->size = AM_SIZE_UNKNOWN;
	return AM_OK;
}

static void maildir_close(struct am_source *src)
{
	struct maildir_source *s = maildir_of(src);

	leave_dir(s);
	am_maildir_list_free(&s->fresh);
	if (s->open_fd >= 0)
		close(s->open_fd);
	am_maildir_tree_clear(&s->tree);
	g_free(s->origin);
	g_free(s->root);
	g_free(s);
}

static const struct am_source_ops maildir_source_ops = {
	.next = maildir_next,
	.load = maildir_load,
	.find = maildir_find,
	.close = maildir_close,
};

/* Folders are made by the tree; what is subscribed is known after it. */
static void mark_subscribed(struct maildir_source *s)
{
	struct am_maildir_subs *subs = NULL;
	const char *account = NULL;

	for (size_t i = 0; i < s->tree.n_dirs; i++) {
		struct am_maildir_dir *dir = &s->tree.dirs[i];

		if (!dir->folder)
			continue;
		if (!account || strcmp(account, dir->account) != 0) {
			am_maildir_subs_free(&subs);
			subs = am_maildir_subs_read(s->tree.root_fd,
			                            dir->account);
			account = dir->account;
		}
		if (!subs)
			continue;
		dir->folder->subscribed =
			am_maildir_subs_has(subs, dir->folder, dir->prefix);
		dir->folder->unsubscribed = !dir->folder->subscribed;
	}
	am_maildir_subs_free(&subs);
}

/* An empty directory is an empty Maildir: a target may start so.  Anything
 * else without a single cur/ or new/ is none. */
static int must_be_maildir(const char *path, struct am_error *err)
{
	GDir *dir = g_dir_open(path, 0, NULL);
	const char *name = dir ? g_dir_read_name(dir) : NULL;
	int r = AM_OK;

	if (name && strcmp(name, "tmp") != 0)
		r = am_fail(err, AM_FATAL, AM_E_FORMAT,
		            "%s: no Maildir in it (no directory cur or new)",
		            path);
	if (dir)
		g_dir_close(dir);
	return r;
}

int am_maildir_source_open(struct am_source **out,
                           const struct am_location *where, struct am_ctx *ctx,
                           struct am_error *err)
{
	struct maildir_source *s;
	enum am_maildir_layout layout;
	const char *word;
	size_t len;
	int r;

	r = am_location_check(where, am_maildir_options, "maildir", err);
	if (r)
		return r;
	word = am_location_option(where, am_maildir_options, "layout");
	if (!am_maildir_path_layout(word, &layout))
		return am_fail(err, AM_FATAL, AM_E_ARGUMENT,
		               "layout=%s: auto, ++ or fs is meant", word);
	s = g_new0(struct maildir_source, 1);
	s->base.ops = &maildir_source_ops;
	s->base.ctx = ctx;
	s->open_fd = -1;
	s->tree.root_fd = -1;
	s->root = g_strdup(where->path);
	for (len = strlen(s->root); len > 1 && s->root[len - 1] == '/';)
		s->root[--len] = '\0';
	r = am_maildir_tree_read(&s->tree, where->path, layout, ctx, err);
	if (!r && !s->tree.n_dirs)
		r = must_be_maildir(where->path, err);
	if (r) {
		maildir_close(&s->base);
		return r;
	}
	mark_subscribed(s);
	*out = &s->base;
	return AM_OK;
}
