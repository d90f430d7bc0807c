/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/boxes/slices.h"

#include "base/arena.h"
#include "base/blob.h"
#include "formats/boxes/box_message.h"
#include "formats/keyword_flags.h"
#include "formats/load_file.h"
#include "formats/old_mail.h"
#include "model/ctx.h"
#include "model/folder.h"

#include <fcntl.h>
#include <string.h>

struct slices_box {
	struct am_open_box base;
	const struct am_box_place *place;
	const struct am_slices_kind *kind;
	struct am_blob *file;
	GArray *list;
	guint at;
	char *bad;
};

static struct slices_box *box_of(struct am_open_box *box)
{
	return AM_CONTAINER(box, struct slices_box, base);
}

static void slice_clear(void *data)
{
	struct am_slice *slice = data;

	g_free(slice->keywords);
	g_free(slice->folder);
}

void am_slices_add(struct am_slices *slices, const struct am_slice *slice)
{
	g_array_append_val(slices->list, *slice);
}

void am_slices_keyword(struct am_slice *slice, const char *word, size_t len)
{
	if (!len || !g_utf8_validate(word, (gssize)len, NULL))
		return;
	slice->keywords =
		g_realloc(slice->keywords, slice->keywords_len + len + 1);
	memcpy(slice->keywords + slice->keywords_len, word, len);
	slice->keywords_len += len + 1;
	slice->keywords[slice->keywords_len - 1] = 0;
}

void am_slices_damaged(const struct am_slices *slices, uint64_t at,
                       const char *what)
{
	am_ctx_note(slices->place->ctx, AM_NOTE_ERROR, "box.damaged",
	            slices->place->folder, slices->place->origin,
	            "%s at byte %" PRIu64 ": what comes behind it is lost",
	            what, at);
}

static int copy(struct am_spool *spool, const struct am_blob *from, uint64_t at,
                uint64_t len, struct am_error *err)
{
	uint8_t buf[16 * 1024];
	int r = AM_OK;

	while (len && !r) {
		size_t got = 0;
		r = am_blob_read(from, at, buf, (size_t)MIN(len, sizeof buf),
		                 &got, err);
		if (!r && !got)
			break;
		if (!r)
			r = am_spool_write(spool, buf, got, err);
		at += got;
		len -= got;
	}
	return r;
}

static int bytes_of(struct slices_box *b, const struct am_slice *slice,
                    struct am_blob **out, struct am_error *err)
{
	struct am_ctx *ctx = b->place->ctx;
	struct am_limits limits =
		am_limits_or_default(ctx ? &ctx->limits : NULL);
	struct am_spool *spool = NULL;
	int r;

	if (!slice->body_len)
		return am_blob_range(out, b->file, slice->at, slice->len, err);
	r = am_spool_open(&spool, limits.spool_memory, am_ctx_tmpdir(ctx), err);
	if (!r)
		r = copy(spool, b->file, slice->at, slice->len, err);
	if (!r)
		r = copy(spool, b->file, slice->body, slice->body_len, err);
	if (!r)
		r = am_spool_seal(&spool, out, err);
	am_spool_drop(&spool);
	return r;
}

/* Another folder than the box's, below it. */
static int place_in(struct am_message *msg, const char *path,
                    struct am_error *err)
{
	char **words = g_strsplit(path, "/", 0);
	const struct am_folder *under = msg->folder;
	GPtrArray *parts = g_ptr_array_new();
	struct am_folder *folder = NULL;

	for (size_t i = 0; i < under->depth; i++)
		g_ptr_array_add(parts, (char *)(uintptr_t)under->parts[i]);
	for (char **w = words; *w; w++)
		g_ptr_array_add(parts, *w);
	guint n = parts->len;
	int r = am_folder_new(
		&folder, (const char *const *)parts->pdata, n,
		n ? am_role_guess(parts->pdata[n - 1]) : AM_ROLE_NONE, err);
	if (!r) {
		am_folder_unref(&msg->folder);
		msg->folder = folder;
	}
	g_ptr_array_free(parts, TRUE);
	g_strfreev(words);
	return r;
}

static int slices_next(struct am_open_box *box, struct am_message **out,
                       struct am_error *err)
{
	struct slices_box *b = box_of(box);
	struct am_blob *raw = NULL;

	if (am_ctx_cancelled(b->place->ctx))
		return am_ctx_fail_cancelled(err);
	if (b->at == b->list->len)
		return AM_END;
	const struct am_slice *slice =
		&g_array_index(b->list, struct am_slice, b->at++);
	int r = bytes_of(b, slice, &raw, err);
	if (!r)
		r = am_box_message_make(out, b->place, slice->at, raw,
		                        &slice->when, b->kind->when_from, err);
	if (!r && slice->folder)
		r = place_in(*out, slice->folder, err);
	if (r) {
		am_message_free(out);
		g_free(b->bad);
		b->bad = g_strdup_printf("%s:%" PRIu64, b->place->origin,
		                         slice->at);
		box->bad = b->bad;
		return r;
	}
	(*out)->flags |= slice->flags;
	(*out)->uid = slice->uid;
	(*out)->uidvalidity = slice->uidvalidity;
	for (size_t i = 0; i < slice->keywords_len;
	     i += strlen(slice->keywords + i) + 1)
		am_keyword_flags_add(*out, slice->keywords + i);
	if (slice->old)
		am_old_mail_tell(*out);
	return AM_OK;
}

static void slices_close(struct am_open_box *box)
{
	struct slices_box *b = box_of(box);

	am_blob_unref(&b->file);
	g_array_free(b->list, TRUE);
	g_free(b->bad);
	g_free(b);
}

static const struct am_box_ops ops = {.next = slices_next,
                                      .close = slices_close};

int am_slices_open(struct am_open_box **out, const struct am_box_place *place,
                   const struct am_slices_kind *kind, struct am_error *err)
{
	struct slices_box *b = g_new0(struct slices_box, 1);
	struct am_loaded_file file = {0};
	int r = am_load_file(&file, AT_FDCWD, place->path, place->path,
	                     place->ctx, err);

	b->base.ops = &ops;
	b->place = place;
	b->kind = kind;
	b->file = file.blob;
	b->list = g_array_new(FALSE, FALSE, sizeof(struct am_slice));
	g_array_set_clear_func(b->list, slice_clear);
	struct am_slices slices = {
		.file = b->file, .place = place, .list = b->list};
	if (!r)
		r = kind->scan(&slices, err);
	if (r)
		slices_close(&b->base);
	else
		*out = &b->base;
	return r;
}

/* ---- lines ---- */

void am_lines_start(struct am_lines *lines, const struct am_blob *blob,
                    uint64_t at)
{
	*lines = (struct am_lines){.blob = blob, .base = at};
	lines->buf = g_malloc(2 * AM_LINE_MAX);
}

void am_lines_end(struct am_lines *lines)
{
	g_clear_pointer(&lines->buf, g_free);
}

static int fill(struct am_lines *l, struct am_error *err)
{
	size_t got = 0;

	memmove(l->buf, l->buf + l->at, l->len - l->at);
	l->base += l->at;
	l->len -= l->at;
	l->at = 0;
	int r = am_blob_read(l->blob, l->base + l->len, l->buf + l->len,
	                     2 * AM_LINE_MAX - l->len, &got, err);
	l->len += got;
	l->ended = l->base + l->len >= am_blob_size(l->blob);
	return r;
}

int am_lines_next(struct am_lines *l, struct am_line *out, struct am_error *err)
{
	const uint8_t *eol = memchr(l->buf + l->at, '\n', l->len - l->at);

	if (!eol && !l->ended) {
		int r = fill(l, err);
		if (r)
			return r;
		eol = memchr(l->buf + l->at, '\n', l->len - l->at);
	}
	size_t have = l->len - l->at;
	if (!have)
		return AM_END;
	out->text = l->buf + l->at;
	out->len = eol ? (size_t)(eol + 1 - out->text) : MIN(have, AM_LINE_MAX);
	out->at = l->base + l->at;
	out->more_of_it = l->cut;
	l->cut = !eol && !(l->ended && out->len == have);
	l->at += out->len;
	return AM_OK;
}

bool am_line_is(const struct am_line *line, const char *text)
{
	size_t len = line->len, want = strlen(text);

	while (len && strchr("\r\n", line->text[len - 1]))
		len--;
	return !line->more_of_it && len == want &&
	       !memcmp(line->text, text, want);
}
