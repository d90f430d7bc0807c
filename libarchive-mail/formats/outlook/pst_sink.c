/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mail into PSTs.  Making items is what the workers do; one thread puts them
 * into the file in hand.  A file that is full is finished and the next one
 * begun; the last is finished with the run, and until then it is no PST.
 */
#include "base/arena.h"
#include "base/blob.h"
#include "base/codec.h"
#include "formats/mapi/aside.h"
#include "formats/mapi/mail_to_mapi.h"
#include "formats/outlook/pst.h"
#include "formats/outlook/pst_set.h"
#include "formats/outlook/pst_verify.h"
#include "model/folder.h"
#include "outlook/mapi/tags.h"
#include "outlook/pst_write/out.h"
#include "outlook/pst_write/writer.h"

#include <string.h>
#include <unistd.h>

struct pst_sink {
	struct am_sink base;
	/* Without the cancel: what was put before it is to be finished. */
	struct am_ctx ctx;
	struct am_pst_set set;
	char *name; /* what Outlook shows, or NULL */
	uint64_t max_size;
	bool verify, finished;
	GHashTable *roles; /* of folders as text: enum am_role */
	/* Compressors that no worker is using: to make one takes longer than
	 * to compress a small mail. */
	GAsyncQueue *coders;
	GPtrArray *waiting; /* folders told of: made when something comes, or
	                     * at the end */

	struct am_pst_writer *writer; /* NULL: no file is begun */
	unsigned number;              /* of that file */
	uint64_t n_put;               /* into it */
	bool new_folder;              /* it has one that no other file has */
	GHashTable *nids;             /* of its folders, as text */
	struct am_pst_known *stored;  /* in it, where it will be verified */
	uint64_t n_files;             /* finished in this run */
};

enum { LARGE = 32 << 20, ASIDE_LEAST = 4096 };

struct prepared {
	struct am_arena *arena;
	struct am_mapi_item *item;
	uint8_t hash[AM_SHA256_LEN];
};

static struct pst_sink *pst_of(struct am_sink *sink)
{
	return AM_CONTAINER(sink, struct pst_sink, base);
}

/* ---- preparing ---- */

static void pst_discard(void *prepared)
{
	struct prepared *p = prepared;

	if (!p)
		return;
	if (p->item)
		am_mapi_item_clear(p->item);
	am_arena_free(&p->arena);
	g_free(p);
}

static void free_coder(void *data)
{
	struct am_coder *coder = data;

	am_coder_free(&coder);
}

static int make_item(const struct am_sink *sink, const struct am_message *msg,
                     struct prepared **prepared, struct am_error *err)
{
	const struct pst_sink *s = AM_CONTAINER(sink, struct pst_sink, base);
	struct prepared *p = g_new0(struct prepared, 1);
	struct am_coder *coder = g_async_queue_try_pop(s->coders);

	p->arena = am_arena_new();
	if (!coder)
		coder = am_coder_new();
	int r = am_mail_to_mapi_stored(&p->item, msg, p->arena, coder,
	                               sink->ctx, err);
	g_async_queue_push(s->coders, coder);
	if (r) {
		pst_discard(p);
		return r;
	}
	am_mail_to_mapi_hash(p->item, p->hash);
	*prepared = p;
	return AM_OK;
}

/* What is decoded waits in a file until it is put: a large mail is made into an
 * item only then, so that the disk holds one of them twice and not dozens. */
static int pst_prepare(const struct am_sink *sink, const struct am_message *msg,
                       void **prepared, struct am_error *err)
{
	struct prepared *p = NULL;
	int r = AM_OK;

	if (am_blob_size(msg->raw) < LARGE)
		r = make_item(sink, msg, &p, err);
	*prepared = p;
	return r;
}

/* ---- files ---- */

static int begin_file(struct pst_sink *s, struct am_error *err)
{
	const struct am_pst_writer_options options = {.name = s->name,
	                                              .max_size = s->max_size};

	s->number = am_pst_set_next(&s->set);
	s->n_put = 0;
	s->new_folder = false;
	char *path = am_pst_set_path(&s->set, s->number);
	int r = am_pst_writer_open(&s->writer, path, &options, &s->ctx, err);
	g_free(path);
	g_hash_table_remove_all(s->nids);
	if (s->verify && !r)
		s->stored = am_pst_known_new();
	return r ? AM_FATAL : AM_OK;
}

static int finish_file(struct pst_sink *s, struct am_error *err)
{
	char *path = am_pst_set_path(&s->set, s->number);
	int r = AM_OK;

	if (!s->writer)
		goto out;
	/* Nothing of what was to go into it could be put. */
	if (!s->n_put && !s->new_folder && s->set.numbers->len) {
		am_pst_writer_drop(&s->writer);
		goto out;
	}
	/* Somebody else's, since this run began. */
	if (!access(path, F_OK)) {
		am_pst_writer_drop(&s->writer);
		r = am_fail(err, AM_FATAL, AM_E_EXISTS,
		            "%s was made by somebody else in the meantime",
		            path);
		goto out;
	}
	r = am_pst_writer_finish(&s->writer, err);
	if (r)
		goto out;
	am_pst_set_add(&s->set, s->number);
	s->n_files++;
	if (s->verify)
		r = am_pst_verify(path, s->stored, s->n_put, &s->ctx, err);
	if (!r)
		s->base.n_whole++;
out:
	am_pst_known_free(&s->stored);
	g_free(path);
	return r ? AM_FATAL : AM_OK;
}

/* ---- folders ---- */

/* What a folder is to Outlook whose first item is of this class. */
static const char *class_for(const struct am_mapi_item *item)
{
	static const char *const list[][2] = {
		{"IPM.Contact", "IPF.Contact"},
		{"IPM.DistList", "IPF.Contact"},
		{"IPM.Appointment", "IPF.Appointment"},
		{"IPM.Task", "IPF.Task"},
		{"IPM.StickyNote", "IPF.StickyNote"},
		{"IPM.Activity", "IPF.Journal"},
	};
	const char *class = am_mapi_text(&item->props, AM_PR_MESSAGE_CLASS);

	for (size_t i = 0; class && i < AM_COUNT(list); i++)
		if (g_str_has_prefix(class, list[i][0]))
			return list[i][1];
	return "IPF.Note";
}

/* A path and all above it, in the file in hand. */
static int make_folder(struct pst_sink *s, const struct am_folder *folder,
                       const char *class, am_pst_nid *nid, struct am_error *err)
{
	int r = AM_OK;

	*nid = 0;
	for (size_t i = 1; i <= folder->depth && !r; i++) {
		struct am_folder *up = NULL;
		r = am_folder_new(&up, folder->parts, i, AM_ROLE_NONE, err);
		if (r)
			break;
		char *text = am_folder_print(up);
		const struct am_folder *done = up;
		am_folder_unref(&done);
		gpointer known = g_hash_table_lookup(s->nids, text);
		enum am_role role = (enum am_role)GPOINTER_TO_UINT(
			g_hash_table_lookup(s->roles, text));
		if (known) {
			*nid = GPOINTER_TO_UINT(known);
			g_free(text);
			continue;
		}
		/* Every PST has one of this name, which is it. */
		if (i == 1 && role == AM_ROLE_NONE &&
		    !g_ascii_strcasecmp(folder->parts[0], "Deleted Items"))
			role = AM_ROLE_TRASH;
		r = am_pst_writer_folder(
			s->writer, *nid, folder->parts[i - 1],
			i == folder->depth ? class : "IPF.Note", role, nid,
			err);
		if (r)
			g_free(text);
		else
			g_hash_table_insert(s->nids, text,
			                    GUINT_TO_POINTER(*nid));
	}
	return r;
}

/* Is what failed a matter of the file being full?  Then it has been finished,
 * and another try is worth it. */
static int next_file(struct pst_sink *s, int r, struct am_error *err)
{
	if (r != AM_FAILED || err->kind != AM_E_LIMIT || !s->n_put)
		return r;
	r = finish_file(s, err);
	if (!r)
		r = begin_file(s, err);
	return r;
}

static int pst_folder(struct am_sink *sink, const struct am_folder *folder,
                      struct am_error *err)
{
	struct pst_sink *s = pst_of(sink);
	char *text = am_folder_print(folder);

	(void)err;
	if (!g_hash_table_contains(s->set.folders, text))
		g_ptr_array_add(s->waiting,
		                (void *)(uintptr_t)am_folder_ref(folder));
	g_hash_table_insert(s->roles, text,
	                    GUINT_TO_POINTER((unsigned)folder->role));
	return AM_OK;
}

/* Those that nothing came for. */
static int make_waiting(struct pst_sink *s, struct am_error *err)
{
	am_pst_nid nid;
	int r = AM_OK;

	for (guint i = 0; i < s->waiting->len && !r; i++) {
		const struct am_folder *folder = s->waiting->pdata[i];
		r = make_folder(s, folder, "IPF.Note", &nid, err);
		if (r == AM_FAILED && !(r = next_file(s, r, err)))
			r = make_folder(s, folder, "IPF.Note", &nid, err);
		s->new_folder = true;
	}
	g_ptr_array_set_size(s->waiting, 0);
	return r;
}

static void unref_folder(void *data)
{
	const struct am_folder *folder = data;

	am_folder_unref(&folder);
}

/* ---- messages ---- */

static int put_item(struct pst_sink *s, const struct am_folder *folder,
                    const struct am_mapi_item *item, struct am_error *err)
{
	am_pst_nid nid;
	int r = make_folder(s, folder, class_for(item), &nid, err);

	if (!r)
		r = am_pst_writer_put(s->writer, nid, item, false, err);
	return r;
}

/* Of a file, what an item may have: the rest is tables, maps and trees. */
static uint64_t room_for_item(const struct pst_sink *s)
{
	return s->max_size - s->max_size / 32 - (256 << 10);
}

/* No file can hold it, so no other need be begun for it. */
static bool is_too_large(const struct pst_sink *s,
                         const struct am_mapi_item *item)
{
	return am_aside_weight(item, NULL) >= s->max_size;
}

/* Attachments that no PST can hold, or none of this size, lie beside it. */
static int lay_aside(struct pst_sink *s, const struct am_message *msg,
                     struct am_mapi_item *item, struct am_error *err)
{
	char *dir = g_strconcat(s->set.stem, AM_ASIDE_DIR, NULL);
	int r = AM_OK;

	while (!r) {
		struct am_mapi_attachment *att;
		uint64_t all = am_aside_weight(item, &att);
		uint64_t size = att ? am_blob_size(att->data) : 0;
		char *name = NULL;
		if (size <= AM_PST_DATA_MAX && all <= room_for_item(s))
			break;
		/* The text in its place would be no smaller. */
		if (size < ASIDE_LEAST)
			break;
		r = am_aside_put(att, s->set.dir, dir, &name, err);
		if (!r)
			am_ctx_note(&s->ctx, AM_NOTE_WARN, "pst.aside",
			            msg->folder, msg->origin,
			            "an attachment of %" PRIu64
			            " bytes is more than a PST%s holds: it is "
			            "in %s, beside it",
			            size,
			            size > AM_PST_DATA_MAX ? ""
			                                   : " of max-size",
			            name);
		g_free(name);
	}
	g_free(dir);
	return r;
}

static int put_new(struct pst_sink *s, const struct am_message *msg,
                   const struct prepared *p, struct am_error *err)
{
	int r = s->writer ? AM_OK : begin_file(s, err);

	if (!r)
		r = lay_aside(s, msg, p->item, err);
	if (r)
		return r;
	r = put_item(s, msg->folder, p->item, err);
	if (r == AM_FAILED && !is_too_large(s, p->item) &&
	    !(r = next_file(s, r, err)))
		r = put_item(s, msg->folder, p->item, err);
	if (r)
		return r;
	s->n_put++;
	if (s->stored)
		am_pst_known_add(s->stored, msg->folder, p->hash);
	return AM_OK;
}

static int pst_put(struct am_sink *sink, const struct am_message *msg,
                   void *prepared, enum am_outcome *outcome,
                   struct am_error *err)
{
	struct pst_sink *s = pst_of(sink);
	struct prepared *p = prepared;
	int r = p ? AM_OK : make_item(sink, msg, &p, err);

	if (!r && am_pst_known_take(s->set.known, msg->folder, p->hash)) {
		*outcome = AM_DUPLICATE;
	} else if (!r) {
		*outcome = AM_STORED;
		r = put_new(s, msg, p, err);
	}
	pst_discard(p);
	return r;
}

/* ---- the end ---- */

static int pst_finish(struct am_sink *sink, const struct am_ledger *ledger,
                      bool complete, struct am_error *err)
{
	struct pst_sink *s = pst_of(sink);
	int r = AM_OK;

	(void)ledger;
	(void)complete;
	s->finished = true;
	/* Nothing at all is an answer too. */
	if (!s->writer && (s->waiting->len || !s->set.numbers->len))
		r = begin_file(s, err);
	if (!r)
		r = make_waiting(s, err);
	return r;
}

static int pst_commit(struct am_sink *sink, struct am_error *err)
{
	struct pst_sink *s = pst_of(sink);

	if (!s->finished)
		return AM_OK;
	int r = finish_file(s, err);
	guint n = s->set.numbers->len;
	if (r || s->n_files < 2)
		return r;
	char *first =
		am_pst_set_path(&s->set, g_array_index(s->set.numbers, unsigned,
	                                               n - (guint)s->n_files));
	char *last = am_pst_set_path(
		&s->set, g_array_index(s->set.numbers, unsigned, n - 1));
	am_ctx_note(&s->ctx, AM_NOTE_WARN, "pst.split", NULL, NULL,
	            "%" PRIu64 " files: %s to %s", s->n_files, first, last);
	g_free(first);
	g_free(last);
	return r;
}

static void pst_close(struct am_sink *sink)
{
	struct pst_sink *s = pst_of(sink);

	am_pst_writer_drop(&s->writer);
	am_pst_known_free(&s->stored);
	am_pst_set_clear(&s->set);
	g_hash_table_destroy(s->roles);
	g_hash_table_destroy(s->nids);
	g_ptr_array_free(s->waiting, TRUE);
	g_async_queue_unref(s->coders);
	g_free(s->name);
	g_free(s);
}

static const struct am_sink_ops pst_ops = {
	.folder = pst_folder,
	.prepare = pst_prepare,
	.put = pst_put,
	.discard = pst_discard,
	.finish = pst_finish,
	.commit = pst_commit,
	.close = pst_close,
};

static int read_options(struct pst_sink *s, const struct am_location *where,
                        struct am_error *err)
{
	enum { LEAST = 1 << 20 };
	int r = am_location_check(where, am_pst_options, "pst", err);

	if (!r)
		r = am_location_size(where, am_pst_options, "max-size",
		                     &s->max_size, err);
	if (!r && (s->max_size < LEAST || s->max_size > AM_PST_SIZE_MAX))
		r = am_fail(err, AM_FATAL, AM_E_ARGUMENT,
		            "max-size is from 1M to 50G");
	if (!r)
		r = am_location_switch(where, am_pst_options, "verify",
		                       &s->verify, err);
	s->name = g_strdup(am_location_option(where, am_pst_options, "name"));
	return r;
}

int am_pst_sink_open(struct am_sink **out, const struct am_location *where,
                     struct am_ctx *ctx, struct am_error *err)
{
	struct pst_sink *s = g_new0(struct pst_sink, 1);

	s->base.ops = &pst_ops;
	s->base.ctx = ctx;
	s->base.knows_duplicates = true;
	s->base.whole_at_end = true;
	s->ctx = *ctx;
	s->ctx.cancel = NULL;
	s->coders = g_async_queue_new_full(free_coder);
	s->waiting = g_ptr_array_new_with_free_func(unref_folder);
	s->roles = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	s->nids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	int r = read_options(s, where, err);
	if (!r)
		r = am_pst_set_open(&s->set, where->path, err);
	if (!r)
		r = am_pst_set_read(&s->set, ctx, err);
	if (r) {
		pst_close(&s->base);
		return AM_FATAL;
	}
	*out = &s->base;
	return AM_OK;
}
