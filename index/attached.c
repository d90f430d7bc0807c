/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/attached.h"

#include "base/arena.h"
#include "base/blob.h"
#include "extract/parts.h"
#include "extract/pieces.h"
#include "mime/scan.h"
#include "store/archive.h"

#include <glib.h>

#include <string.h>

struct file {
	const char *name;
	bool too_large;
	struct am_extract_job *job; /* NULL: nothing was asked */
};

struct am_attached {
	struct am_arena *arena;
	GArray *files;
	struct am_extractor *extractor;
};

struct am_attached *am_attached_new(void)
{
	struct am_attached *a = g_new0(struct am_attached, 1);

	a->files = g_array_new(FALSE, TRUE, sizeof(struct file));
	return a;
}

void am_attached_clear(struct am_attached *a)
{
	for (guint i = 0; i < a->files->len; i++)
		am_extract_job_free(
			&g_array_index(a->files, struct file, i).job);
	g_array_set_size(a->files, 0);
	am_arena_free(&a->arena);
}

void am_attached_free(struct am_attached **attached)
{
	if (!*attached)
		return;
	am_attached_clear(*attached);
	g_array_unref((*attached)->files);
	g_free(*attached);
	*attached = NULL;
}

/* Most messages have nothing but text and pictures: they are not looked at
 * twice. */
static bool may_have_files(const struct am_facts *facts)
{
	for (size_t i = 0; i < facts->n_types; i++) {
		const char *type = facts->types[i];
		if (strchr(type, '/') && strncmp(type, "text/", 5) != 0 &&
		    strncmp(type, "image/", 6) != 0 &&
		    strncmp(type, "message/", 8) != 0)
			return true;
		if (!strcmp(type, "text/rtf"))
			return true;
	}
	return false;
}

static int on_part(void *user, const struct am_extract_part *part,
                   struct am_error *err)
{
	struct am_attached *a = user;
	struct file file = {.name = part->name ? part->name : part->type,
	                    .too_large = part->too_large};

	(void)err;
	if (!part->too_large) {
		file.job = am_extractor_known(a->extractor, &part->key);
		if (!file.job)
			file.job = am_extractor_ask(a->extractor, &part->key,
			                            part->blob);
	}
	g_array_append_val(a->files, file);
	return AM_OK;
}

int am_attached_ask(struct am_attached *a, struct am_extractor *extractor,
                    const struct am_blob *raw, const struct am_facts *facts,
                    const struct am_limits *limits, struct am_error *err)
{
	struct am_scan scan;

	am_attached_clear(a);
	if (!extractor || !may_have_files(facts))
		return AM_OK;
	a->extractor = extractor;
	a->arena = am_arena_new();
	int r = am_scan_message(&scan, raw, limits, a->arena, err);
	return r ? r : am_extract_parts(raw, &scan, a->arena, on_part, a, err);
}

bool am_attached_ready(struct am_attached *a, unsigned ms)
{
	for (guint i = 0; i < a->files->len; i++) {
		struct file *f = &g_array_index(a->files, struct file, i);
		if (f->job && !am_extract_job_done(f->job, ms))
			return false;
	}
	return true;
}

struct taking {
	am_content_fn *fn;
	void *user;
	size_t left; /* bytes of text */
	bool cut;
};

/* Whole words of it, as much as there is room for. */
static size_t fitting(const char *text, size_t len, size_t room)
{
	if (len <= room)
		return len;
	while (room && (unsigned char)text[room] > ' ')
		room--;
	return room;
}

static int take_file(struct taking *t, const struct file *f,
                     const uint8_t *pieces, size_t len, struct am_error *err)
{
	struct am_extract_piece piece;
	char *member = NULL;
	size_t at = 0;
	int r = AM_OK;

	while (!r && am_pieces_next(pieces, len, &at, &piece)) {
		if (piece.kind == AM_PIECE_FILE) {
			r = t->fn(t->user, AM_REGION_FILENAME, piece.text,
			          piece.len, err);
		} else if (piece.kind == AM_PIECE_FROM) {
			g_free(member);
			member = piece.len
			                 ? g_strdup_printf("%s: %.*s", f->name,
			                                   (int)piece.len,
			                                   piece.text)
			                 : NULL;
		} else {
			const char *from = member ? member : f->name;
			size_t n = fitting(piece.text, piece.len, t->left);
			t->left -= n;
			t->cut = t->cut || n < piece.len;
			r = t->fn(t->user, AM_REGION_SOURCE, from, strlen(from),
			          err);
			if (!r && n)
				r = t->fn(t->user, AM_REGION_ATTACHED,
				          piece.text, n, err);
		}
	}
	g_free(member);
	return r;
}

int am_attached_take(struct am_attached *a, am_content_fn *fn, void *user,
                     uint32_t *statuses, struct am_error *err)
{
	struct taking t = {.fn = fn, .user = user, .left = AM_ATTACHED_MAX};
	int r = AM_OK;

	*statuses = 0;
	for (guint i = 0; i < a->files->len && !r; i++) {
		const struct file *f = &g_array_index(a->files, struct file, i);
		enum am_extract_status status = AM_EXTRACT_TOO_LARGE;
		const uint8_t *pieces = NULL;
		size_t len = 0;
		if (f->job)
			status = am_extract_job_result(f->job, &pieces, &len);
		*statuses |= 1u << status;
		r = take_file(&t, f, pieces, len, err);
	}
	if (t.cut)
		*statuses |= 1u << AM_EXTRACT_TRUNCATED;
	if (!r && a->files->len)
		r = fn(user, AM_REGION_SOURCE, "", 0, err);
	return r;
}

int am_attached_read(struct am_extractor *extractor, const struct am_blob *raw,
                     const struct am_facts *facts,
                     const struct am_limits *limits, am_content_fn *fn,
                     void *user, uint32_t *statuses, struct am_error *err)
{
	struct am_attached *a = am_attached_new();
	int r = am_attached_ask(a, extractor, raw, facts, limits, err);

	*statuses = 0;
	if (!r)
		r = am_attached_take(a, fn, user, statuses, err);
	am_attached_free(&a);
	return r;
}

int am_attached_message(struct am_archive *archive, int64_t id,
                        struct am_extractor *extractor, am_content_fn *fn,
                        void *user, bool *has_files, struct am_error *err)
{
	struct am_arena *arena;
	struct am_blob *raw = NULL;
	struct am_facts facts;
	uint32_t statuses;
	int r = am_archive_load(archive, id, &raw, err);

	if (r)
		return r;
	arena = am_arena_new();
	r = am_content_read(&facts, raw, NULL, arena, fn, user, err);
	if (!r)
		r = am_attached_read(extractor, raw, &facts, NULL, fn, user,
		                     &statuses, err);
	if (!r && has_files)
		*has_files = facts.has_attachment;
	am_arena_free(&arena);
	am_blob_unref(&raw);
	return r;
}

char *am_attached_cache_path(const char *index)
{
	size_t len = strlen(index);

	while (len > 1 && index[len - 1] == '/')
		len--;
	return g_strdup_printf("%.*s-attachments.sqlite", (int)len, index);
}
