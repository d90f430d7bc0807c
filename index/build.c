/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/build.h"

#include "base/file.h"
#include "index/columns.h"
#include "index/document.h"
#include "index/index_impl.h"
#include "index/invert.h"
#include "index/join.h"
#include "index/reading.h"
#include "index/sums.h"
#include "index/texts.h"
#include "model/ctx.h"

#include <fcntl.h>
#include <unistd.h>

/* Until a cancel is seen while a file is being read. */
#define CANCEL_MS 100

/* What a shard has beside the posting lists. */
struct files {
	struct am_places_writer *places;
	struct am_texts_writer *texts;
	struct am_columns_writer *columns;
};

/* One message into the shard.  AM_FAILED: this one cannot be read. */
static int add_message(const struct files *files, struct am_invert *invert,
                       struct am_document *doc, uint32_t id, uint32_t number,
                       struct am_error *err)
{
	const struct am_term *terms;
	const uint8_t *order, *head;
	size_t n, len, head_len;
	bool more;
	struct am_place place = *am_document_place(doc);

	terms = am_document_terms(doc, &n);
	order = am_document_order(doc, &len);
	head = am_document_head(doc, &head_len, &more);
	place.id = id;
	am_invert_add(invert, number, terms, n);
	int r = am_places_add(files->places, &place, order, len, err);
	if (!r)
		r = am_texts_add(files->texts, id, head, head_len, more, err);
	if (!r) {
		struct am_row row = *am_document_row(doc);
		row.id = id;
		am_columns_add(files->columns, &row);
	}
	/* Half of a document must not stay: the shard is done for. */
	return r ? AM_FATAL : AM_OK;
}

/* The messages of a batch in their order, as far as they are read. */
struct filling {
	const struct files *files;
	const struct am_batch *batch;
	struct am_archive *archive;
	struct am_reading *reading;
	struct am_invert *invert;
	uint32_t *documents;
	size_t *took;
	struct am_error *err;
};

static int put_next(struct filling *f)
{
	struct am_read one;
	int r = am_reading_finish(f->reading, &one, f->err);

	if (r == AM_FATAL)
		return r;
	if (!r)
		r = add_message(f->files, f->invert, one.doc, one.id,
		                *f->documents + 1, f->err);
	if (r == AM_FATAL)
		return r;
	*f->documents += !r;
	++*f->took;
	if (r && f->batch->ctx) {
		char origin[24];
		g_snprintf(origin, sizeof(origin), "%" PRIu32, one.id);
		am_ctx_note_error(f->batch->ctx, "index.message", NULL, origin,
		                  f->err);
	}
	if (f->batch->did)
		f->batch->did(f->batch->user, one.size, r != AM_OK);
	return AM_OK;
}

/* Reads ahead while the files of earlier messages are being read. */
static int fill(struct filling *f)
{
	const struct am_batch *b = f->batch;
	size_t next = 0;
	int r = AM_OK;

	while (!r && !am_ctx_cancelled(b->ctx)) {
		if (next < b->n && !am_reading_full(f->reading) &&
		    am_invert_bytes(f->invert) <= b->memory)
			r = am_reading_begin(f->reading, f->archive,
			                     b->ids[next++], b, f->err);
		else if (am_reading_empty(f->reading))
			break;
		else if (!am_reading_ready(f->reading, CANCEL_MS))
			continue;
		while (!r && am_reading_ready(f->reading, 0))
			r = put_next(f);
	}
	am_reading_drop(f->reading);
	return r;
}

/* What stays behind is swept by the next update. */
static void remove_quietly(const char *path)
{
	struct am_error ignored;

	if (am_remove_tree(path, &ignored))
		return;
}

static int create_files(struct files *files, const char *dir,
                        struct am_error *err)
{
	char *places = g_build_filename(dir, "places", NULL);
	char *texts = g_build_filename(dir, "texts", NULL);
	char *columns = g_build_filename(dir, "columns", NULL);
	int r = am_places_create(&files->places, places, err);

	if (!r)
		r = am_texts_create(&files->texts, texts, err);
	if (!r)
		r = am_columns_create(&files->columns, columns, err);
	g_free(columns);
	g_free(places);
	g_free(texts);
	return r;
}

int am_build_shard(struct am_shard *out, size_t *took, const struct am_batch *b,
                   struct am_archive *archive, struct am_reading *reading,
                   struct am_invert *invert, struct am_error *err)
{
	struct files files = {NULL, NULL, NULL};
	struct am_shard planned = {b->ids[0], b->ids[b->n - 1], 0};
	struct filling filling = {.files = &files,
	                          .batch = b,
	                          .archive = archive,
	                          .reading = reading,
	                          .invert = invert,
	                          .documents = &planned.documents,
	                          .took = took,
	                          .err = err};
	/* Its last id is not known before: it is renamed when it is. */
	char *dir = g_strdup_printf("%s/s-%" PRIu32 "-new.xdb", b->dir,
	                            planned.first);
	char *final = NULL;

	*took = 0;
	int r = am_remove_tree(dir, err);
	if (!r)
		r = am_make_dirs(dir, err);
	if (!r)
		r = create_files(&files, dir, err);
	if (!r)
		r = fill(&filling);
	if (!r)
		r = am_invert_write(invert, dir, am_places_number(files.places),
		                    err);
	if (!r)
		r = am_places_finish(&files.places, err);
	if (!r)
		r = am_texts_finish(&files.texts, err);
	if (!r)
		r = am_columns_finish(&files.columns, err);
	am_invert_clear(invert);
	am_places_abandon(&files.places);
	am_texts_abandon(&files.texts);
	am_columns_abandon(&files.columns);
	if (*took)
		planned.last = b->ids[*took - 1];
	if (!r && planned.documents) {
		final = am_shard_path(b->dir, &planned);
		r = am_remove_tree(final, err);
		if (!r && rename(dir, final))
			r = am_fail_sys(err, AM_FATAL, "%s", final);
	} else {
		remove_quietly(dir);
	}
	*out = planned;
	g_free(final);
	g_free(dir);
	return r;
}

static char **paths_of(char *const *dirs, size_t n, const char *name)
{
	char **paths = g_new0(char *, n + 1);

	for (size_t i = 0; i < n; i++)
		paths[i] = g_build_filename(dirs[i], name, NULL);
	return paths;
}

/* The same file of several shards. */
typedef int join_fn(const char *const *paths, size_t n, const char *to,
                    struct am_error *err);

static int join_side(join_fn *join, const char *name, char *const *dirs,
                     size_t n, const char *to, struct am_error *err)
{
	char **paths = paths_of(dirs, n, name);
	char *path = g_build_filename(to, name, NULL);
	int r = join((const char *const *)paths, n, path, err);

	g_strfreev(paths);
	g_free(path);
	return r;
}

/* Places first: they say what the documents are called from now on. */
static int join_places_and_lists(char *const *dirs, const uint32_t *documents,
                                 size_t n, const char *to, struct am_error *err)
{
	char **paths = paths_of(dirs, n, "places");
	char *path = g_build_filename(to, "places", NULL);
	uint32_t **moved = g_new0(uint32_t *, n + 1);
	int r = am_make_dirs(to, err);

	for (size_t i = 0; i < n; i++)
		moved[i] = g_new0(uint32_t, documents[i] + 1);
	if (!r)
		r = am_places_merge((const char *const *)paths, n, path, moved,
		                    documents, err);
	if (!r)
		r = am_join_lists((const char *const *)dirs, n, to, moved,
		                  documents, err);
	for (size_t i = 0; i < n; i++)
		g_free(moved[i]);
	g_free(moved);
	g_strfreev(paths);
	g_free(path);
	return r;
}

int am_build_merge(struct am_shard *out, const char *dir,
                   const struct am_shard *from, size_t n, struct am_error *err)
{
	char **dirs = g_new0(char *, n + 1), *to;
	uint32_t *documents = g_new0(uint32_t, n + 1);
	int r;

	*out = (struct am_shard){from[0].first, from[n - 1].last, 0};
	for (size_t i = 0; i < n; i++) {
		dirs[i] = am_shard_path(dir, &from[i]);
		documents[i] = from[i].documents;
		out->documents += documents[i];
	}
	to = am_shard_path(dir, out);
	r = am_remove_tree(to, err);
	if (!r)
		r = join_places_and_lists(dirs, documents, n, to, err);
	if (!r)
		r = join_side(am_texts_merge, "texts", dirs, n, to, err);
	if (!r)
		r = join_side(am_columns_merge, "columns", dirs, n, to, err);
	g_strfreev(dirs);
	g_free(documents);
	g_free(to);
	return r;
}

static int sync_file(const char *path, int flags, struct am_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | flags);
	int r;

	if (fd < 0)
		return am_fail_sys(err, AM_FATAL, "%s", path);
	r = am_sync_fd(fd, path, err);
	close(fd);
	return r;
}

int am_build_sync(const char *dir, const struct am_shard *shard,
                  struct am_error *err)
{
	char *path = am_shard_path(dir, shard);
	int r = am_sums_write(path, err);
	GDir *d = r ? NULL : g_dir_open(path, 0, NULL);
	const char *name;

	while (d && !r && (name = g_dir_read_name(d)) != NULL) {
		char *file = g_build_filename(path, name, NULL);
		r = sync_file(file, 0, err);
		g_free(file);
	}
	if (d)
		g_dir_close(d);
	if (!r)
		r = sync_file(path, O_DIRECTORY, err);
	g_free(path);
	return r;
}

void am_build_remove(const char *dir, const struct am_shard *shard)
{
	char *path = am_shard_path(dir, shard);

	remove_quietly(path);
	g_free(path);
}
