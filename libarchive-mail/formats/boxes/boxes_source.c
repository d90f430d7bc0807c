/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One mailbox after the other, of a tree or a single file. */
#include "base/file.h"
#include "formats/boxes/boxes.h"
#include "formats/boxes/walk.h"
#include "model/folder.h"

#include <glib.h>

#include <string.h>
#include <sys/stat.h>

struct boxes_source {
	struct am_source base;
	const struct am_box_kind *kind; /* NULL: all */
	struct am_boxes_walk *walk;     /* NULL: a single file */
	char *single;                   /* its path until it is opened */
	GHashTable *folders;            /* printed names of those given */
	char **options;

	/* The box that is open: */
	struct am_open_box *box;
	struct am_box_place place;
	struct am_box_memory memory;
	char *path, *origin;
	const struct am_folder *folder;
	struct am_message *waiting; /* its folder is told of first */
	char *bad;
};

static struct boxes_source *boxes_of(struct am_source *src)
{
	return AM_CONTAINER(src, struct boxes_source, base);
}

void am_box_forget(struct am_box_memory *memory)
{
	if (memory->drop && memory->value)
		memory->drop(memory->value);
	g_free(memory->key);
	*memory = (struct am_box_memory){0};
}

static void close_box(struct boxes_source *s)
{
	if (s->box)
		s->box->ops->close(s->box);
	s->box = NULL;
	am_folder_unref(&s->folder);
	g_clear_pointer(&s->path, g_free);
	g_clear_pointer(&s->origin, g_free);
}

static int failed(struct boxes_source *s, struct am_item *out, int r,
                  const char *what)
{
	g_free(s->bad);
	s->bad = g_strdup(what);
	out->folder = s->folder;
	out->message = NULL;
	out->origin = s->bad;
	return r;
}

/* What is wrong with one box is not the end of the tree. */
static int soften(struct boxes_source *s, int r)
{
	return r == AM_FATAL && s->walk && !am_ctx_cancelled(s->base.ctx)
	               ? AM_FAILED
	               : r;
}

static int open_box(struct boxes_source *s, struct am_item *out,
                    const struct am_box_kind *kind, const char *path,
                    const char *origin, const GPtrArray *parts,
                    struct am_error *err)
{
	struct am_folder *folder = NULL;
	guint n = parts->len;

	if (!am_ctx_reads(s->base.ctx, path, NULL))
		return AM_END;
	int r = am_folder_new(
		&folder, (const char *const *)parts->pdata, n,
		n ? am_role_guess(parts->pdata[n - 1]) : AM_ROLE_NONE, err);

	s->folder = folder;
	if (r)
		return failed(s, out, AM_FAILED, origin);
	s->path = g_strdup(path);
	s->origin = g_strdup(origin);
	s->place = (struct am_box_place){
		.path = s->path,
		.origin = s->origin,
		.folder = s->folder,
		.where = {.path = s->path,
	                  .options = (const char *const *)s->options},
		.ctx = s->base.ctx,
		.memory = &s->memory};
	r = kind->open(&s->box, &s->place, err);
	if (r) {
		r = failed(s, out, soften(s, r), origin);
		out->folder = NULL;
		close_box(s);
		return r;
	}
	if (kind->shell ||
	    !g_hash_table_add(s->folders, am_folder_print(s->folder)))
		return AM_END;
	out->folder = s->folder;
	return AM_OK;
}

/* AM_END: open, but its folder has been given before. */
static int next_box(struct boxes_source *s, struct am_item *out, bool *over,
                    struct am_error *err)
{
	struct am_boxes_found found;
	int r;

	*over = false;
	if (s->walk) {
		r = am_boxes_walk_next(s->walk, &found, err);
		if (r == AM_END) {
			*over = true;
			return r;
		}
		if (r)
			return failed(s, out, r, found.relative);
		return open_box(s, out, found.kind, found.path, found.relative,
		                found.parts, err);
	}
	char *path = g_steal_pointer(&s->single);
	if (!path) {
		*over = true;
		return AM_END;
	}
	char *name = g_path_get_basename(path);
	GPtrArray *parts = g_ptr_array_new_with_free_func(g_free);
	if (!s->kind->single)
		g_ptr_array_add(parts, am_boxes_name_of(s->kind, name));
	if (s->kind->parts)
		s->kind->parts(parts, path);
	r = open_box(s, out, s->kind, path, name, parts, err);
	g_ptr_array_free(parts, TRUE);
	g_free(name);
	g_free(path);
	return r;
}

static int next_message(struct boxes_source *s, struct am_item *out,
                        struct am_error *err)
{
	struct am_message *msg = NULL;
	int r;

	s->box->bad = NULL;
	r = s->box->ops->next(s->box, &msg, err);
	if (r < 0) {
		const char *what = s->box->bad ? s->box->bad : s->origin;
		r = failed(s, out, soften(s, r), what);
		if (!s->box->bad) {
			out->folder = NULL;
			close_box(s);
		}
		return r;
	}
	if (r == AM_END) {
		close_box(s);
		return r;
	}
	out->folder = msg->folder;
	if (g_hash_table_add(s->folders, am_folder_print(msg->folder)))
		s->waiting = msg;
	else
		out->message = msg;
	return AM_OK;
}

static int boxes_next(struct am_source *src, struct am_item *out,
                      struct am_error *err)
{
	struct boxes_source *s = boxes_of(src);
	bool over = false;

	for (;;) {
		int r;
		if (am_ctx_cancelled(src->ctx))
			return am_ctx_fail_cancelled(err);
		if (s->waiting) {
			out->message = g_steal_pointer(&s->waiting);
			out->folder = out->message->folder;
			return AM_OK;
		}
		r = s->box ? next_message(s, out, err)
		           : next_box(s, out, &over, err);
		if (r != AM_END || over)
			return r;
	}
}

static void boxes_close(struct am_source *src)
{
	struct boxes_source *s = boxes_of(src);

	am_message_free(&s->waiting);
	close_box(s);
	am_boxes_walk_close(&s->walk);
	am_box_forget(&s->memory);
	g_hash_table_destroy(s->folders);
	g_strfreev(s->options);
	g_free(s->single);
	g_free(s->bad);
	g_free(s);
}

static const struct am_source_ops ops = {
	.next = boxes_next,
	.close = boxes_close,
};

int am_boxes_open(struct am_source **out, const struct am_location *where,
                  const struct am_box_kind *kind, struct am_ctx *ctx,
                  struct am_error *err)
{
	struct boxes_source *s;
	struct stat st;
	int r = AM_OK;

	*out = NULL;
	if (!where->path)
		return am_fail(err, AM_FAILED, AM_E_ARGUMENT,
		               "a file or a directory is meant");
	if (stat(where->path, &st)) {
		r = am_fail_sys(err, AM_FATAL, "%s", where->path);
		if (err && err->sys == ENOENT)
			err->kind = AM_E_NOTFOUND;
		return r;
	}
	s = g_new0(struct boxes_source, 1);
	s->base.ops = &ops;
	s->base.ctx = ctx;
	s->kind = kind;
	s->options = g_strdupv((char **)(uintptr_t)where->options);
	s->folders =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	if (S_ISDIR(st.st_mode)) {
		r = am_boxes_walk_open(&s->walk, where->path, kind, err);
	} else if (!kind) {
		r = am_fail(err, AM_FATAL, AM_E_ARGUMENT,
		            "%s: a directory is meant", where->path);
	} else {
		struct am_file *file = NULL;
		r = am_file_open(&file, where->path, err); /* no FIFO, say */
		am_file_unref(&file);
		s->single = g_strdup(where->path);
		s->base.total_bytes = (uint64_t)st.st_size;
	}
	if (r)
		boxes_close(&s->base);
	else
		*out = &s->base;
	return r;
}
