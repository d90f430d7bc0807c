/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages out as files: into a tree of directories, into a zip or tar, or
 * into the one file that was named.
 */
#include "base/arena.h"
#include "base/blob.h"
#include "base/file.h"
#include "base/reader.h"
#include "base/unpack.h"
#include "formats/batch.h"
#include "formats/files/files_sink_impl.h"
#include "formats/folder_file.h"
#include "formats/mail_head.h"
#include "model/folder.h"

#include <glib.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct prepared {
	const struct am_batch *batch;
	struct am_files_facts facts;
	struct am_blob *content, *beside;       /* for a pack */
	struct am_batch_file file, file_beside; /* for all others */
};

static struct files_sink *sink_of(struct am_sink *sink)
{
	return AM_CONTAINER(sink, struct files_sink, base);
}

static void files_discard(void *prepared)
{
	struct prepared *p = prepared;

	if (!p)
		return;
	if (p->batch) {
		am_batch_discard(p->batch, &p->file);
		am_batch_discard(p->batch, &p->file_beside);
	}
	am_blob_unref(&p->content);
	am_blob_unref(&p->beside);
	am_files_name_clear(&p->facts);
	g_free(p);
}

static int files_prepare(const struct am_sink *sink,
                         const struct am_message *msg, void **prepared,
                         struct am_error *err)
{
	const struct files_sink *s =
		AM_CONTAINER(sink, struct files_sink, base);
	struct prepared *p = g_new0(struct prepared, 1);
	int r;

	p->batch = s->batch;
	r = am_files_name_read(&p->facts, msg, sink->ctx, err);
	if (!r && s->kind->compose)
		r = s->kind->compose(msg, sink->ctx, &p->content, err);
	else
		p->content = am_blob_ref(msg->raw);
	if (!r && s->beside)
		r = s->kind->compose_beside(msg, p->facts.sha256, &p->beside,
		                            err);
	if (!r && s->batch)
		r = am_batch_write(s->batch, &p->file, p->content,
		                   &msg->received, err);
	if (!r && s->batch && p->beside)
		r = am_batch_write(s->batch, &p->file_beside, p->beside,
		                   &msg->received, err);
	if (s->batch) {
		am_blob_unref(&p->content);
		am_blob_unref(&p->beside);
	}
	if (r) {
		files_discard(p);
		return r;
	}
	*prepared = p;
	return AM_OK;
}

static int add_text(struct files_sink *s, const char *name, const char *text,
                    struct am_error *err)
{
	struct am_reader *reader = NULL;
	int r = am_reader_memory(&reader, text, strlen(text), err);

	if (!r)
		r = am_pack_add(s->pack, name, strlen(text), am_time_now(),
		                reader, err);
	am_reader_close(&reader);
	return r;
}

/* A tree's directory, all above it, and the file that tells its true name. */
static int make_directory(struct files_sink *s, struct am_files_folder *f,
                          struct am_error *err)
{
	char *full = g_build_filename(s->path, f->dir, NULL);
	char *note = g_build_filename(full, AM_FOLDER_FILE, NULL);
	int r = am_make_dirs(full, err);

	if (!r && f->text)
		r = am_file_replace(note, f->text, strlen(f->text), err);
	g_free(note);
	g_free(full);
	return r;
}

/* The directory of a folder; one bad name does not stop a batch. */
static int make_folder(struct files_sink *s, struct am_files_folder *f,
                       const struct am_folder *folder, struct am_error *err)
{
	struct am_error own = {0};
	int r = AM_OK;

	err = err ? err : &own;
	if (!f->made && s->target == TO_TREE) {
		r = make_directory(s, f, err);
		if (r && am_batch_refused(err->sys)) {
			am_files_folders_plain(f, folder);
			r = make_directory(s, f, err);
		}
	} else if (!f->made && s->target == TO_PACK && f->text) {
		char *note =
			*f->dir ? g_strconcat(f->dir, "/", AM_FOLDER_FILE, NULL)
				: g_strdup(AM_FOLDER_FILE);
		r = add_text(s, note, f->text, err);
		g_free(note);
	}
	f->made = !r;
	return r ? AM_FATAL : AM_OK;
}

static int files_folder(struct am_sink *sink, const struct am_folder *folder,
                        struct am_error *err)
{
	struct files_sink *s = sink_of(sink);

	if (s->target == TO_ONE)
		return AM_OK;
	return make_folder(s, am_files_folders_get(s->folders, folder), folder,
	                   err);
}

static bool on_disk(const struct files_sink *s, const char *path)
{
	return s->target != TO_PACK && !faccessat(am_batch_root(s->batch), path,
	                                          F_OK, AT_SYMLINK_NOFOLLOW);
}

static char *beside(const struct files_sink *s, const char *path)
{
	return g_strconcat(path, s->kind->beside, NULL);
}

/* A file of that name may be had, and one beside it. */
static bool is_free(struct files_sink *s, const char *path)
{
	bool good = am_files_names_take(s->names, path) && !on_disk(s, path);

	if (!good || !s->beside)
		return good;
	char *name = beside(s, path);
	/* Without its message it is of a run that was broken off in between:
	 * such a one is put first. */
	if (on_disk(s, name) && am_files_beside_ours(s, name))
		unlinkat(am_batch_root(s->batch), name, 0);
	good = am_files_names_take(s->names, name) && !on_disk(s, name);
	g_free(name);
	return good;
}

/* A path nobody has: what lies there already stays, also when it holds the
 * same bytes, for who copies has asked for one more of them. */
static char *free_path(struct files_sink *s, const struct am_files_folder *f,
                       const char *name)
{
	char *wish =
		*f->dir ? g_strconcat(f->dir, "/", name, NULL) : g_strdup(name);
	char *path = g_strdup(wish);

	for (unsigned n = 2; !is_free(s, path); n++) {
		g_free(path);
		path = am_files_names_numbered(wish, n);
	}
	g_free(wish);
	return path;
}

/* Windows counts the path, others only the name. */
static size_t room_for_name(const struct files_sink *s,
                            const struct am_files_folder *f)
{
	size_t used = s->profile == AM_SAFE_POSIX || !*f->dir
	                      ? 0
	                      : strlen(f->dir) + 1;
	/* Four bytes for "-999". */
	size_t room = AM_SAFE_MAX - 4 - used -
	              (s->beside ? strlen(s->kind->beside) : 0);

	return room < 60 ? 60 : room;
}

static int put_pack(struct files_sink *s, const struct am_message *msg,
                    const struct am_blob *content, const char *path,
                    struct am_error *err)
{
	struct am_reader *reader = NULL;
	int64_t mtime = msg->received.known ? msg->received.sec : am_time_now();
	int r = am_blob_open(content, &reader, err);

	if (!r)
		r = am_pack_add(s->pack, path, am_blob_size(content), mtime,
		                reader, err);
	am_reader_close(&reader);
	return r;
}

/* One file at path and ending, or one more name for that at first and ending.
 */
static int put_file(struct files_sink *s, const struct am_message *msg,
                    const struct am_blob *content, struct am_batch_file *file,
                    const char *first, const char *path, const char *ending,
                    struct am_error *err)
{
	char *to = g_strconcat(path, ending, NULL);
	char *from = first ? g_strconcat(first, ending, NULL) : NULL;
	int r;

	if (s->target == TO_PACK)
		r = put_pack(s, msg, content, to, err);
	else if (from)
		r = am_batch_link(s->batch, from, to, err);
	else
		r = am_batch_put(s->batch, file, to, err);
	g_free(from);
	g_free(to);
	return r;
}

/* Put it into one folder; first: the path it got before, to link to. */
static int put_into(struct files_sink *s, const struct am_message *msg,
                    struct prepared *p, const struct am_folder *folder,
                    char **first, struct am_error *err)
{
	struct am_files_folder *f = am_files_folders_get(s->folders, folder);
	struct am_name_fields fields = p->facts.fields;
	char *name, *path;
	int r;

	r = make_folder(s, f, folder, err);
	if (r)
		return r;
	fields.folder = folder->depth ? folder->parts[folder->depth - 1] : "";
	fields.n = ++f->n;
	name = am_name_template_make(s->name, &fields, s->profile,
	                             room_for_name(s, f));
	path = free_path(s, f, name);
	/* What tells of it comes first: a message that is there is whole. */
	if (s->beside)
		r = put_file(s, msg, p->beside, &p->file_beside, *first, path,
		             s->kind->beside, err);
	if (!r)
		r = put_file(s, msg, p->content, &p->file, *first, path, "",
		             err);
	if (!*first)
		*first = g_steal_pointer(&path);
	g_free(name);
	g_free(path);
	return r;
}

static int put_label(struct files_sink *s, const struct am_message *msg,
                     struct prepared *p, const char *label, char **first,
                     struct am_error *err)
{
	char **parts = g_strsplit(label, "/", 0);
	struct am_folder *folder = NULL;
	const struct am_folder *unref;
	int r;

	r = am_folder_new(&folder, (const char *const *)parts,
	                  g_strv_length(parts), AM_ROLE_NONE, NULL);
	g_strfreev(parts);
	if (r)
		r = am_folder_new(&folder, &label, 1, AM_ROLE_NONE, err);
	if (!r && !am_folder_equal(folder, msg->folder))
		r = put_into(s, msg, p, folder, first, err);
	unref = folder;
	am_folder_unref(&unref);
	return r;
}

/* Held back until it is clear that it is the only one. */
static int put_one(struct files_sink *s, struct prepared *p,
                   struct am_error *err)
{
	if (s->count++) {
		am_batch_discard(s->batch, &s->held);
		am_batch_discard(s->batch, &s->held_beside);
		return am_fail(err, AM_FATAL, AM_E_ARGUMENT,
		               "%s can hold one message and there are more: "
		               "name a directory (\"%s/\") or a .zip",
		               s->one, s->one);
	}
	s->held = p->file;
	s->held_beside = p->file_beside;
	p->file.name = p->file_beside.name = NULL;
	return AM_OK;
}

/* In a tree the path is what its source will call it. */
static void tell_name(struct files_sink *s, const struct am_message *msg,
                      const char *path, uint64_t size)
{
	if (s->base.placed && s->target == TO_TREE)
		s->base.placed(s->base.late_user,
		               &(struct am_placed){
				       .folder = msg->folder,
				       .uidvalidity = msg->uidvalidity,
				       .uid = msg->uid,
				       .name = path,
				       .size = size,
			       });
}

static int files_put(struct am_sink *sink, const struct am_message *msg,
                     void *prepared, enum am_outcome *outcome,
                     struct am_error *err)
{
	struct files_sink *s = sink_of(sink);
	struct prepared *p = prepared;
	char *first = NULL;
	uint64_t size;
	int r = AM_OK;

	*outcome = AM_STORED;
	if (!p) {
		void *made = NULL;

		r = files_prepare(sink, msg, &made, err);
		if (r)
			return r;
		p = made;
	}
	if (s->target == TO_ONE) {
		r = put_one(s, p, err);
		files_discard(p);
		return r;
	}
	if (s->target == TO_TREE && am_batch_full(s->batch))
		r = am_batch_flush(s->batch, err);
	size = p->file.size;
	if (!r)
		r = put_into(s, msg, p, msg->folder, &first, err);
	for (size_t i = 0; !r && s->label_folders && i < msg->n_labels; i++)
		r = put_label(s, msg, p, msg->labels[i], &first, err);
	if (!r) {
		s->count++;
		tell_name(s, msg, first, size);
	}
	g_free(first);
	files_discard(p);
	return r;
}

static int files_finish(struct am_sink *sink, const struct am_ledger *ledger,
                        bool complete, struct am_error *err)
{
	(void)ledger;
	(void)complete;
	(void)err;
	sink_of(sink)->finished = true;
	return AM_OK;
}

/* A pack has no directories: an empty folder is a file that names it. */
static int note_empty(void *user, struct am_files_folder *f)
{
	struct files_sink *s = user;
	char *path, *text;
	int r = AM_OK;

	if (f->n || f->text || !*f->dir)
		return AM_OK;
	path = g_strconcat(f->dir, "/", AM_FOLDER_FILE, NULL);
	/* The parts of an exact directory hold neither '/' nor '\\' that would
	 * need escaping, except a backslash on POSIX. */
	char **parts = g_strsplit(f->dir, "\\", 0);
	char *escaped = g_strjoinv("\\\\", parts);

	text = g_strconcat(escaped, "\n", NULL);
	r = add_text(s, path, text, NULL);
	g_free(escaped);
	g_strfreev(parts);
	g_free(text);
	g_free(path);
	return r;
}

static int close_pack(struct files_sink *s, bool commit, struct am_error *err)
{
	int r = AM_OK;

	if (!s->pack)
		return AM_OK;
	if (commit && am_files_folders_each(s->folders, note_empty, s))
		am_ctx_note(s->base.ctx, AM_NOTE_LOSS, s->empty_folder, NULL,
		            NULL, "an empty folder could not be noted");
	r = am_pack_close(&s->pack, commit, err);
	return r ? AM_FATAL : AM_OK;
}

static int files_commit(struct am_sink *sink, struct am_error *err)
{
	struct files_sink *s = sink_of(sink);
	int r = AM_OK;

	s->committed = s->count;
	if (s->held_beside.name) {
		char *name = beside(s, s->one);
		r = am_batch_put(s->batch, &s->held_beside, name, err);
		g_free(name);
	}
	if (!r && s->held.name)
		r = am_batch_put(s->batch, &s->held, s->one, err);
	if (r)
		return r;
	if (s->target != TO_PACK)
		return am_batch_commit(s->batch, err);
	/* A zip has its list at the end: only the last commit can keep its
	 * word (whole_at_end). */
	return s->finished ? close_pack(s, true, err) : AM_OK;
}

static void files_close(struct am_sink *sink)
{
	struct files_sink *s = sink_of(sink);

	/* Never told to finish, but committed with all that was put. */
	close_pack(s, s->committed && s->committed == s->count, NULL);
	if (s->batch) {
		am_batch_discard(s->batch, &s->held);
		am_batch_discard(s->batch, &s->held_beside);
	}
	am_batch_close(&s->batch);
	am_files_folders_free(&s->folders);
	am_files_names_free(&s->names);
	am_name_template_free(&s->name);
	g_free(s->path);
	g_free(s->one);
	g_free(s->empty_folder);
	g_free(s);
}

static const struct am_sink_ops files_sink_ops = {
	.folder = files_folder,
	.prepare = files_prepare,
	.put = files_put,
	.discard = files_discard,
	.finish = files_finish,
	.commit = files_commit,
	.close = files_close,
};

int am_files_sink_open(struct am_sink **out, const struct am_location *where,
                       const struct am_files_kind *kind,
                       const struct am_option *table, struct am_ctx *ctx,
                       struct am_error *err)
{
	struct files_sink *s = g_new0(struct files_sink, 1);
	enum am_durability durability = AM_DURABLE_BATCH;
	int r;

	s->base.ops = &files_sink_ops;
	s->kind = kind;
	s->empty_folder = g_strconcat(kind->format, ".empty-folder", NULL);
	s->base.ctx = ctx;
	r = am_location_check(where, table, kind->format, err);
	if (!r)
		r = am_files_sink_options(s, where, table, &durability, err);
	if (!r) {
		s->folders = am_files_folders_new(s->profile);
		s->names = am_files_names_new();
		r = am_files_sink_target(s, where->path, durability, err);
		s->base.names = s->target == TO_TREE;
		char *code = g_strconcat(kind->format, ".leftovers", NULL);
		if (!r && s->batch)
			am_batch_tell_cleared(s->batch, ctx, code);
		g_free(code);
	}
	if (r) {
		files_close(&s->base);
		return r;
	}
	*out = &s->base;
	return AM_OK;
}
