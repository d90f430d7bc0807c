/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file that is one message. */
#include "base/arena.h"
#include "formats/files/files.h"
#include "formats/load_file.h"
#include "model/folder.h"

#include <glib.h>

#include <fcntl.h>
#include <string.h>

struct one_source {
	struct am_source base;
	char *path;
	const struct am_files_kind *kind;
	void *user; /* for its load() */
	void (*user_free)(void *user);
	const struct am_folder *folder;
	int given; /* the folder, then the message */
};

static struct one_source *one_of(struct am_source *src)
{
	return AM_CONTAINER(src, struct one_source, base);
}

static int one_next(struct am_source *src, struct am_item *out,
                    struct am_error *err)
{
	struct one_source *s = one_of(src);
	struct am_message *msg = NULL;
	const char *slash = strrchr(s->path, '/');
	int r;

	if (am_ctx_cancelled(src->ctx))
		return am_ctx_fail_cancelled(err);
	if (s->given == 2)
		return AM_END;
	out->folder = s->folder;
	if (s->given++ == 0)
		return AM_OK;
	r = am_message_new(&msg, s->folder, err);
	if (r)
		return r;
	msg->origin = am_arena_strdup(msg->arena, slash ? slash + 1 : s->path);
	msg->size = AM_SIZE_UNKNOWN;
	msg->exactness = s->kind->exactness;
	msg->flags_at_load = s->kind->flagged;
	out->message = msg;
	return AM_OK;
}

static int one_load(struct am_source *src, struct am_message *msg,
                    struct am_error *err)
{
	struct one_source *s = one_of(src);
	struct am_loaded_file file;
	int r = am_load_file(&file, AT_FDCWD, s->path, s->path, src->ctx, err);

	return r ? r : s->kind->load(s->user, msg, &file, src->ctx, err);
}

static void one_close(struct am_source *src)
{
	struct one_source *s = one_of(src);

	am_folder_unref(&s->folder);
	g_free(s->path);
	(s->user_free ? s->user_free : g_free)(s->user);
	g_free(s);
}

static const struct am_source_ops one_ops = {
	.next = one_next,
	.load = one_load,
	.close = one_close,
};

int am_files_one_open(struct am_source **out, const char *path,
                      const struct am_files_kind *kind,
                      const struct am_files_options *options,
                      struct am_ctx *ctx, struct am_error *err)
{
	struct one_source *s = g_new0(struct one_source, 1);
	struct am_folder *root = NULL;
	int r = am_folder_new(&root, NULL, 0, AM_ROLE_NONE, err);

	s->base.ops = &one_ops;
	s->base.ctx = ctx;
	s->base.total = 1;
	s->base.brief = true;
	s->path = g_strdup(path);
	s->kind = kind;
	s->user = options->user;
	s->user_free = options->user_free;
	s->folder = root;
	if (r)
		one_close(&s->base);
	else
		*out = &s->base;
	return r;
}
