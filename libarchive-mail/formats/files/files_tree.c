/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A directory tree of messages: directories are folders. */
#include "base/arena.h"
#include "base/blob.h"
#include "base/charset.h"
#include "base/file.h"
#include "base/reader.h"
#include "base/unpack.h"
#include "formats/batch.h"
#include "formats/boxes/boxes.h"
#include "formats/files/files.h"
#include "formats/folder_file.h"
#include "formats/load_file.h"
#include "formats/mail_head.h"
#include "formats/maildir_shape.h"
#include "model/folder.h"

#include <glib.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_DEPTH 64

struct visit {
	char *path; /* relative to the root; "" is the root */
	char **parts;
	size_t depth;
};

struct tree_source {
	struct am_source base;
	int root_fd;
	char *root;
	char *link, *too_deep, *not_mail; /* codes of notes */
	const struct am_files_kind *kind;
	struct am_files_options options;
	GArray *stack; /* struct visit: directories still to come */
	char *origin;  /* of the last failure, or parcel */
	char *parcel_path;
	struct am_parcel parcel;

	/* The directory being given: */
	struct visit here;
	bool inside;
	const struct am_folder *folder;
	bool announced;
	GStringChunk *names;
	GPtrArray *files;
	guint next;
	bool beside; /* some of them have files beside them */
};

static struct tree_source *tree_of(struct am_source *src)
{
	return AM_CONTAINER(src, struct tree_source, base);
}

static void visit_clear(void *user)
{
	struct visit *v = user;

	g_free(v->path);
	g_strfreev(v->parts);
	memset(v, 0, sizeof(*v));
}

static char *join(const char *path, const char *name)
{
	return *path ? g_strconcat(path, "/", name, NULL) : g_strdup(name);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int open_dir(int root_fd, const char *path)
{
	return openat(root_fd, *path ? path : ".",
	              O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Directory, by entry or by a look; links to directories are not followed. */
static bool is_dir(int fd, const struct dirent *e)
{
	struct stat st;

	if (e->d_type != DT_UNKNOWN)
		return e->d_type == DT_DIR;
	return !fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) &&
	       S_ISDIR(st.st_mode);
}

static bool is_link_to_dir(int fd, const struct dirent *e)
{
	struct stat st;

	return e->d_type == DT_LNK && !fstatat(fd, e->d_name, &st, 0) &&
	       S_ISDIR(st.st_mode);
}

static void push(struct tree_source *s, const char *name)
{
	struct am_arena *arena = am_arena_new();
	size_t n = g_strv_length(s->here.parts);
	struct visit v = {.path = join(s->here.path, name),
	                  .depth = s->here.depth + 1};

	v.parts = g_new0(char *, n + 2);
	for (size_t i = 0; i < n; i++)
		v.parts[i] = g_strdup(s->here.parts[i]);
	v.parts[n] = g_strdup(am_utf8_repair(arena, name, strlen(name)));
	am_arena_free(&arena);
	g_array_append_val(s->stack, v);
}

static void leave(struct tree_source *s)
{
	am_folder_unref(&s->folder);
	if (s->files)
		g_ptr_array_free(s->files, TRUE);
	if (s->names)
		g_string_chunk_free(s->names);
	s->files = NULL;
	s->names = NULL;
	visit_clear(&s->here);
	s->inside = false;
}

/* What lies beside messages is read with them. */
static void drop_beside(struct tree_source *s)
{
	const char *ending = s->kind->beside;
	guint kept = 0;

	s->beside = false;
	for (guint i = 0; ending && i < s->files->len; i++) {
		char *name = s->files->pdata[i];
		char *stem =
			g_str_has_suffix(name, ending)
				? g_strndup(name, strlen(name) - strlen(ending))
				: NULL;
		/* Sorted: it stands behind what it is beside of. */
		bool drop = stem && s->kind->named(stem) &&
		            bsearch(&stem, s->files->pdata, kept,
		                    sizeof(char *), by_name);
		if (!drop)
			s->files->pdata[kept++] = name;
		s->beside |= drop;
		g_free(stem);
	}
	if (ending)
		g_ptr_array_set_size(s->files, (gint)kept);
}

/* The entries of s->here: files kept, directories pushed in reverse. */
static int list(struct tree_source *s, struct am_error *err)
{
	int fd = open_dir(s->root_fd, s->here.path);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	GPtrArray *dirs;
	struct dirent *e;
	const struct am_box_kind *box = NULL;
	char **named;
	bool maildir;

	if (!dir) {
		am_fail_sys(err, AM_FAILED, "%s", s->here.path);
		if (fd >= 0)
			close(fd);
		return AM_FAILED;
	}
	named = am_folder_file_read(fd);
	if (named) {
		g_strfreev(s->here.parts);
		s->here.parts = named;
	}
	maildir = s->options.leave && s->here.depth <= AM_MAILDIR_DEPTH &&
	          am_maildir_shaped(fd, "");
	if (s->options.leave && !maildir)
		box = am_boxes_claim_fd(fd, "");
	s->names = g_string_chunk_new(4096);
	s->files = g_ptr_array_new();
	dirs = g_ptr_array_new();
	while ((e = readdir(dir))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") ||
		    !strcmp(e->d_name, AM_BATCH_TMP) ||
		    !strcmp(e->d_name, AM_FOLDER_FILE))
			continue;
		if (maildir && (am_maildir_own_dir(e->d_name) ||
		                am_maildir_own_file(e->d_name)))
			continue;
		if (box && box->owns(e->d_name) && !is_dir(fd, e))
			continue;
		if (s->options.leave && is_dir(fd, e) &&
		    am_boxes_owned_dir(fd, "", e->d_name))
			continue;
		if (is_link_to_dir(fd, e))
			am_ctx_note(s->base.ctx, AM_NOTE_INFO, s->link, NULL,
			            e->d_name,
			            "a link to a directory is not followed");
		else
			g_ptr_array_add(
				is_dir(fd, e) ? dirs : s->files,
				g_string_chunk_insert(s->names, e->d_name));
	}
	closedir(dir);
	g_ptr_array_sort(s->files, by_name);
	g_ptr_array_sort(dirs, by_name);
	drop_beside(s);
	if (s->here.depth < MAX_DEPTH) {
		for (guint i = dirs->len; i-- > 0;)
			push(s, dirs->pdata[i]);
	} else if (dirs->len) {
		am_ctx_note(s->base.ctx, AM_NOTE_WARN, s->too_deep, NULL,
		            s->here.path, "directories nested deeper than %d",
		            MAX_DEPTH);
	}
	/* An empty directory is an empty folder; one that only leads to
	 * others, or holds other things than mail, is none.  What is another
	 * source's folder, empty or not, is that one's to tell of. */
	s->announced = s->files->len || dirs->len || !s->here.depth ||
	               maildir || box || s->options.quiet;
	g_ptr_array_free(dirs, TRUE);
	return AM_OK;
}

static int enter(struct tree_source *s, struct am_error *err)
{
	struct am_folder *folder = NULL;
	size_t depth;
	int r;

	s->here = g_array_index(s->stack, struct visit, s->stack->len - 1);
	memset(&g_array_index(s->stack, struct visit, s->stack->len - 1), 0,
	       sizeof(struct visit));
	g_array_set_size(s->stack, s->stack->len - 1);
	s->inside = true;
	s->next = 0;
	r = list(s, err);
	if (r)
		return r;
	depth = g_strv_length(s->here.parts);
	r = am_folder_new(&folder, (const char *const *)s->here.parts, depth,
	                  depth ? am_role_guess(s->here.parts[depth - 1])
	                        : AM_ROLE_NONE,
	                  err);
	s->folder = folder;
	return r ? AM_FAILED : AM_OK;
}

/* What a compressed file begins with when it is unpacked; damaged, nothing. */
static ssize_t unpack_head(struct tree_source *s, const char *path,
                           uint8_t *head)
{
	char *full = g_build_filename(s->root, path, NULL);
	struct am_file *file = NULL;
	struct am_reader *reader = NULL;
	const uint8_t *data;
	size_t len = 0;

	if (!am_file_open(&file, full, NULL) &&
	    !am_unpack_open(&reader, file, NULL)) {
		if (am_reader_peek(reader, AM_MAIL_HEAD_BYTES, &data, &len,
		                   NULL))
			len = 0;
		len = MIN(len, AM_MAIL_HEAD_BYTES);
		if (len)
			memcpy(head, data, len);
	}
	am_reader_close(&reader);
	am_file_unref(&file);
	g_free(full);
	return (ssize_t)len;
}

/* The first bytes of a file: how many, -1 when they cannot be had.  *denied:
 * for lack of permission. */
static ssize_t read_head(struct tree_source *s, const char *path, uint8_t *head,
                         bool *denied)
{
	int fd = openat(s->root_fd, path,
	                O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	ssize_t got = -1;
	struct stat st;

	*denied = fd < 0 && errno == EACCES;
	if (fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode))
		got = read(fd, head, AM_MAIL_HEAD_BYTES);
	if (fd >= 0)
		close(fd);
	return got;
}

enum verdict { TAKE, PASS_OVER, LEAVE, CONTAINER };

static enum verdict judge(struct tree_source *s, const char *name,
                          const char *path)
{
	const struct am_files_kind *kind = s->kind;
	const struct am_files_options *o = &s->options;
	uint8_t head[AM_MAIL_HEAD_BYTES];
	bool denied, hidden = *name == '.';
	/* Apple's copies leave "._x.eml" that are no mail. */
	bool named = kind->named(name) && !hidden;

	if (named && !(o->leave && kind->sniff))
		return TAKE;
	if (!named && !o->all && !hidden)
		return PASS_OVER;
	/* Others read it, or say why not. */
	if (o->leave && am_mail_head_outlook_name(name))
		return LEAVE;
	ssize_t got = read_head(s, path, head, &denied);
	if (named)
		return got > 0 && kind->sniff(head, (size_t)got) ? TAKE : LEAVE;
	if (kind->sniff)
		return PASS_OVER;
	if (o->leave && got > 0) {
		struct am_box_file look = {
			.name = name, .head = head, .head_len = (size_t)got};
		if (am_boxes_claim_file(&look))
			return LEAVE;
	}
	/* An mbox of such a name is still one. */
	if (kind->packs && !hidden &&
	    (am_mail_head_container_name(name) ||
	     (o->leave && am_mail_head_olm_name(name))) &&
	    !(got > 0 && am_mail_head_mailbox(name, head, (size_t)got)))
		return CONTAINER;
	/* Mails are compressed one by one, too; load() unpacks them. */
	if (got > 0 && am_unpack_sniff(head, (size_t)got)) {
		got = unpack_head(s, path, head);
		/* Those who read mailboxes tell what is damaged. */
		if (got <= 0)
			return o->leave ? LEAVE : PASS_OVER;
	}
	/* What cannot be read may be mail: load() will tell. */
	if (got <= 0 && denied)
		return TAKE;
	/* What is no file at all is named by who reads mailboxes. */
	if (got <= 0)
		return o->leave && got < 0 ? LEAVE : PASS_OVER;
	if (o->leave && (am_mail_head_mailbox(name, head, (size_t)got) ||
	                 am_mail_head_outlook(head, (size_t)got) ||
	                 (am_mail_head_msg_name(name) &&
	                  am_mail_head_msg(head, (size_t)got))))
		return LEAVE;
	return am_mail_head_bits(head, (size_t)got) >= AM_MAIL_HEAD_ENOUGH
	               ? TAKE
	               : PASS_OVER;
}

/* What to do with this file.  Opened only when the name does not say so. */
static enum verdict look(struct tree_source *s, const char *name)
{
	char *path = join(s->here.path, name);
	bool hidden = *path == '.' || strstr(path, "/.");
	enum verdict verdict = judge(s, name, path);

	/* The last to look, who reads mailboxes, tells what is nobody's. */
	if (verdict == PASS_OVER && !s->options.quiet && !s->options.leave)
		am_ctx_note(
			s->base.ctx,
			s->options.all && !hidden ? AM_NOTE_WARN : AM_NOTE_INFO,
			s->not_mail, s->folder, path, "%s",
			am_mail_head_olm_name(name)
				? "Outlook for Mac's, passed over: it is read "
				  "when it is named itself"
				: "not mail, passed over");
	g_free(path);
	return verdict;
}

static int fail_here(struct tree_source *s, struct am_item *out)
{
	g_free(s->origin);
	s->origin = g_strdup(*s->here.path ? s->here.path : ".");
	out->folder = NULL;
	out->origin = s->origin;
	leave(s);
	return AM_FAILED;
}

/* A zip, or the like, which others read; alone, it is a failure. */
static int give_container(struct tree_source *s, struct am_item *out,
                          const char *name, struct am_error *err)
{
	g_free(s->origin);
	s->origin = join(s->here.path, name);
	out->folder = s->folder;
	if (s->options.leave) {
		g_free(s->parcel_path);
		s->parcel_path = g_build_filename(s->root, s->origin, NULL);
		s->parcel = (struct am_parcel){.path = s->parcel_path,
		                               .name = name,
		                               .origin = s->origin};
		out->parcel = &s->parcel;
		return AM_OK;
	}
	out->origin = s->origin;
	return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED, "%s: %s", s->origin,
	               AM_MAIL_HEAD_CONTAINER);
}

static int give(struct tree_source *s, struct am_item *out, const char *name,
                struct am_error *err)
{
	struct am_message *msg = NULL;
	struct stat st;
	int r = am_message_new(&msg, s->folder, err);

	if (r)
		return r;
	msg->origin = *s->here.path ? am_arena_printf(msg->arena, "%s/%s",
	                                              s->here.path, name)
	                            : am_arena_strdup(msg->arena, name);
	msg->size = AM_SIZE_UNKNOWN;
	if (!fstatat(s->root_fd, msg->origin, &st, 0) && S_ISREG(st.st_mode))
		msg->size = (uint64_t)st.st_size;
	msg->exactness = s->kind->exactness;
	msg->loads_anywhere = s->kind->loads_anywhere;
	msg->flags_at_load = s->kind->flagged || s->beside;
	out->folder = s->folder;
	out->message = msg;
	return AM_OK;
}

static int tree_next(struct am_source *src, struct am_item *out,
                     struct am_error *err)
{
	struct tree_source *s = tree_of(src);

	for (;;) {
		if (am_ctx_cancelled(src->ctx))
			return am_ctx_fail_cancelled(err);
		if (!s->inside) {
			if (!s->stack->len)
				return AM_END;
			if (enter(s, err))
				return fail_here(s, out);
			if (!s->announced) {
				s->announced = true;
				out->folder = s->folder;
				return AM_OK;
			}
			s->announced = false;
		}
		if (s->next >= s->files->len) {
			leave(s);
			continue;
		}
		const char *name = s->files->pdata[s->next];

		enum verdict verdict = look(s, name);

		if (verdict != TAKE) {
			s->next++;
			if (verdict == CONTAINER)
				return give_container(s, out, name, err);
			continue;
		}
		if (!s->announced) {
			s->announced = true;
			out->folder = s->folder;
			return AM_OK;
		}
		s->next++;
		return give(s, out, name, err);
	}
}

static int tree_load(struct am_source *src, struct am_message *msg,
                     struct am_error *err)
{
	struct tree_source *s = tree_of(src);
	struct am_loaded_file file;
	char *path = g_build_filename(s->root, msg->origin, NULL);
	int r = am_load_file(&file, s->root_fd, msg->origin, path, src->ctx,
	                     err);

	g_free(path);
	return r ? r
	         : s->kind->load(s->options.user, msg, &file, src->ctx, err);
}

static void tree_close(struct am_source *src)
{
	struct tree_source *s = tree_of(src);

	leave(s);
	g_array_free(s->stack, TRUE);
	if (s->root_fd >= 0)
		close(s->root_fd);
	g_free(s->origin);
	g_free(s->parcel_path);
	g_free(s->root);
	(s->options.user_free ? s->options.user_free : g_free)(s->options.user);
	g_free(s->link);
	g_free(s->too_deep);
	g_free(s->not_mail);
	g_free(s);
}

static const struct am_source_ops tree_ops = {
	.next = tree_next,
	.load = tree_load,
	.close = tree_close,
};

int am_files_tree_open(struct am_source **out, int root_fd, const char *path,
                       const struct am_files_kind *kind,
                       const struct am_files_options *options,
                       struct am_ctx *ctx, struct am_error *err)
{
	struct tree_source *s = g_new0(struct tree_source, 1);
	struct visit root = {g_strdup(""), g_new0(char *, 1), 0};

	(void)err;
	s->base.ops = &tree_ops;
	s->base.ctx = ctx;
	s->root_fd = root_fd;
	s->root = g_strdup(path);
	s->kind = kind;
	s->base.loads_anywhere = kind->loads_anywhere;
	s->options = *options;
	s->link = g_strconcat(kind->format, ".link", NULL);
	s->too_deep = g_strconcat(kind->format, ".too-deep", NULL);
	s->not_mail = g_strconcat(kind->format, ".not-mail", NULL);
	s->stack = g_array_new(FALSE, TRUE, sizeof(struct visit));
	g_array_set_clear_func(s->stack, visit_clear);
	g_array_append_val(s->stack, root);
	*out = &s->base;
	return AM_OK;
}
