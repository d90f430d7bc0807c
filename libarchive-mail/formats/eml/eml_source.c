/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What kind of EML source lies there; and the smallest of them, one file. */
#include "base/arena.h"
#include "base/blob.h"
#include "base/file.h"
#include "base/reader.h"
#include "base/unpack.h"
#include "formats/eml/eml.h"
#include "formats/load_file.h"
#include "formats/received.h"
#include "model/folder.h"

#include <glib.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct one_source {
	struct am_source base;
	char *path;
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
	msg->exactness = AM_EXACT;
	out->message = msg;
	return AM_OK;
}

static int one_load(struct am_source *src, struct am_message *msg,
                    struct am_error *err)
{
	struct one_source *s = one_of(src);
	struct am_loaded_file file;
	struct am_received headers;
	struct am_when mtime;
	int r;

	r = am_load_file(&file, AT_FDCWD, s->path, s->path, src->ctx, err);
	if (r)
		return r;
	msg->raw = file.blob;
	msg->size = am_blob_size(msg->raw);
	r = am_received_read(&headers, msg->raw, src->ctx, err);
	if (r)
		return r;
	mtime = am_received_stamp(file.mtime);
	am_received_choose_file(msg, &headers, &mtime, "eml.mtime");
	return AM_OK;
}

static void one_close(struct am_source *src)
{
	struct one_source *s = one_of(src);

	am_folder_unref(&s->folder);
	g_free(s->path);
	g_free(s);
}

static const struct am_source_ops one_ops = {
	.next = one_next,
	.load = one_load,
	.close = one_close,
};

static int open_one(struct am_source **out, const char *path,
                    struct am_ctx *ctx, struct am_error *err)
{
	struct one_source *s = g_new0(struct one_source, 1);
	struct am_folder *root = NULL;
	int r = am_folder_new(&root, NULL, 0, AM_ROLE_NONE, err);

	s->base.ops = &one_ops;
	s->base.ctx = ctx;
	s->base.total = 1;
	s->path = g_strdup(path);
	s->folder = root;
	if (r)
		one_close(&s->base);
	else
		*out = &s->base;
	return r;
}

/* A zip or tar, plain or within a compressor's stream? */
static bool is_container(struct am_file *file)
{
	uint8_t head[1024];
	struct am_reader *reader = NULL;
	const uint8_t *data;
	size_t len;
	bool yes = false;

	if (am_file_read(file, 0, head, sizeof(head), &len, NULL))
		return false;
	if (am_container_sniff(head, len))
		return true;
	if (!am_unpack_sniff(head, len))
		return false;
	if (!am_unpack_open(&reader, file, NULL) &&
	    !am_reader_peek(reader, sizeof(head), &data, &len, NULL))
		yes = am_container_sniff(data, len) != NULL;
	am_reader_close(&reader);
	return yes;
}

static int read_options(const struct am_location *where,
                        struct am_eml_tree_options *out, struct am_error *err)
{
	const char *leave = am_location_option(where, am_eml_options, "leave");
	const char *word = am_location_option(where, am_eml_options, "files");

	if (!strcmp(word, "eml"))
		out->files = AM_EML_NAMED;
	else if (!strcmp(word, "all"))
		out->files = AM_EML_ALL;
	else
		return am_fail(err, AM_FATAL, AM_E_ARGUMENT,
		               "files=%s: all or eml is meant", word);
	out->leave = !strcmp(leave, "mailboxes");
	if (!out->leave && strcmp(leave, "nothing") != 0)
		return am_fail(err, AM_FATAL, AM_E_ARGUMENT,
		               "leave=%s: nothing or mailboxes is meant",
		               leave);
	return AM_OK;
}

int am_eml_source_open(struct am_source **out, const struct am_location *where,
                       struct am_ctx *ctx, struct am_error *err)
{
	struct am_eml_tree_options tree = {.files = AM_EML_ALL};
	struct am_file *file = NULL;
	int fd, r;

	r = am_location_check(where, am_eml_options, "eml", err);
	if (!r)
		r = read_options(where, &tree, err);
	if (r)
		return r;
	fd = open(where->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		return am_eml_tree_open(out, fd, where->path, &tree, ctx, err);
	if (errno != ENOTDIR) {
		r = am_fail_sys(err, AM_FATAL, "%s", where->path);
		if (err && err->sys == ENOENT)
			err->kind = AM_E_NOTFOUND;
		return r;
	}
	r = am_file_open(&file, where->path, err);
	if (r)
		return AM_FATAL;
	if (is_container(file))
		r = am_eml_container_open(out, file, tree.files, ctx, err);
	else
		r = open_one(out, where->path, ctx, err);
	am_file_unref(&file);
	return r;
}
