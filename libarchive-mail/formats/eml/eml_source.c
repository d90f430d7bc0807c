/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What kind of EML source lies there. */
#include "base/arena.h"
#include "base/blob.h"
#include "base/file.h"
#include "base/reader.h"
#include "base/unpack.h"
#include "formats/eml/eml.h"
#include "formats/eml/eml_sidecar.h"
#include "formats/eml/gyb.h"
#include "formats/load_file.h"
#include "formats/mail_head.h"
#include "formats/received.h"
#include "model/folder.h"

#include <glib.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* What load() is given. */
struct places {
	char *dir;          /* origins are below it */
	struct am_gyb *gyb; /* of a tree */
};

static void places_free(void *user)
{
	struct places *places = user;

	am_gyb_free(places->gyb);
	g_free(places->dir);
	g_free(places);
}

/* The bytes as they are; the date is in them, or the file's, and what lies
 * beside them knows better. */
static int load(const void *user, struct am_message *msg,
                struct am_loaded_file *file, struct am_ctx *ctx,
                struct am_error *err)
{
	const struct places *places = user;
	struct am_received headers;
	struct am_when mtime;

	if (places->gyb)
		am_gyb_apply(places->gyb, msg->origin, msg);
	msg->raw = file->blob;
	msg->size = am_blob_size(msg->raw);
	int r = am_received_read(&headers, msg->raw, ctx, err);
	if (r)
		return r;
	mtime = am_received_stamp(file->mtime);
	am_received_choose_file(msg, &headers, &mtime, "eml.mtime");
	char *path = g_build_filename(places->dir, msg->origin, NULL);
	json_t *sidecar = am_eml_sidecar_open(path);
	g_free(path);
	if (sidecar)
		am_eml_sidecar_apply(msg, sidecar, ctx);
	json_decref(sidecar);
	return AM_OK;
}

const struct am_files_kind am_eml_kind = {
	.format = "eml",
	.exactness = AM_EXACT,
	.named = am_mail_head_eml_name,
	.load = load,
	.beside = AM_EML_SIDECAR,
	.compose_beside = am_eml_sidecar_compose,
	.packs = true,
};

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
                        struct am_files_options *out, struct am_error *err)
{
	const char *leave = am_location_option(where, am_eml_options, "leave");
	const char *word = am_location_option(where, am_eml_options, "files");

	if (!strcmp(word, "eml"))
		out->all = false;
	else if (!strcmp(word, "all"))
		out->all = true;
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

/* Takes both. */
static void give_places(struct am_files_options *tree, char *dir,
                        struct am_gyb *gyb)
{
	struct places *places = g_new0(struct places, 1);

	places->dir = dir;
	places->gyb = gyb;
	tree->user = places;
	tree->user_free = places_free;
}

int am_eml_source_open(struct am_source **out, const struct am_location *where,
                       struct am_ctx *ctx, struct am_error *err)
{
	struct am_files_options tree = {.all = true};
	struct am_file *file = NULL;
	int fd, r;

	r = am_location_check(where, am_eml_options, "eml", err);
	if (!r)
		r = read_options(where, &tree, err);
	if (r)
		return r;
	fd = open(where->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		give_places(&tree, g_strdup(where->path),
		            am_gyb_new(where->path));
		return am_files_tree_open(out, fd, where->path, &am_eml_kind,
		                          &tree, ctx, err);
	}
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
		r = am_eml_container_open(out, file, tree.all, tree.leave, ctx,
		                          err);
	else {
		give_places(&tree, g_path_get_dirname(where->path), NULL);
		r = am_files_one_open(out, where->path, &am_eml_kind, &tree,
		                      ctx, err);
	}
	am_file_unref(&file);
	return r;
}
