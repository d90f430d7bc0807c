/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/published.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/bytes.h"
#include "base/file.h"
#include "extract/extractor.h"
#include "index/attached.h"
#include "index/document.h"
#include "index/index_impl.h"
#include "index/published_impl.h"
#include "index/tokens.h"
#include "model/ctx.h"
#include "model/folder.h"
#include "store/archive.h"

#include <glib.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define COMMIT_EVERY 2000

struct publish {
	struct am_archive *archive;
	const char *name;
	struct am_ctx *ctx;
	struct am_xwriter *writer;
	struct am_extractor *extractor;
	struct am_attached *attached;
	GByteArray *data;
	/* Of the message that is filed: */
	uint32_t position, regions;
	GString *text;
	GString *folders;
	uint32_t flags, unset; /* of any folder */
};

/* ---- words -----------------------------------------------------------------
 */

static int add_piece(void *user, enum am_region region, const char *text,
                     size_t len, struct am_error *err)
{
	struct publish *p = user;
	struct am_tokens t;
	struct am_token tok;
	char term[AM_WORD_MAX + 2];
	uint32_t weight = am_region_weight(region);
	int r = AM_OK;

	if (region == AM_REGION_SOURCE)
		return AM_OK;
	if (region == AM_REGION_BODY && p->text->len < AM_PUBLISHED_TEXT)
		g_string_append_len(
			p->text, text,
			(gssize)MIN(len, AM_PUBLISHED_TEXT - p->text->len));
	p->regions |= AM_REGION_BIT(region);
	term[0] = am_published_letter(region);
	am_tokens_init(&t, text, len);
	for (; !r && am_tokens_next(&t, &tok); p->position++) {
		if (!tok.len)
			continue;
		memcpy(term + 1, tok.text, tok.len);
		r = am_xwriter_word(p->writer, term, tok.len + 1, p->position,
		                    weight, err);
	}
	p->position += AM_PUBLISHED_GAP;
	return r;
}

/* A term of several pieces; the same is made when it is asked for. */
static int add_term(struct publish *p, const char *prefix, const char *value,
                    struct am_error *err)
{
	char term[AM_TERM_MAX];

	return am_xwriter_term(p->writer, term,
	                       am_document_fact_term(term, prefix, value), err);
}

static int add_fact(struct publish *p, const char *prefix, const char *value,
                    struct am_error *err)
{
	char both[8];

	g_snprintf(both, sizeof(both), "%s%s", AM_PUBLISHED_FACT, prefix);
	return add_term(p, both, value, err);
}

static int add_facts(struct publish *p, const struct am_facts *facts,
                     struct am_error *err)
{
	int r = AM_OK;

	if (facts->message_id && *facts->message_id)
		r = add_fact(p, AM_TERM_MESSAGE_ID, facts->message_id, err);
	if (!r && facts->thread && *facts->thread)
		r = add_fact(p, AM_TERM_THREAD, facts->thread, err);
	uint32_t has = am_facts_of(facts, p->regions);
	for (unsigned i = 0; i < AM_FACT_COUNT && !r; i++)
		if (has >> i & 1)
			r = add_fact(p, AM_TERM_FACT, am_fact_names[i], err);
	for (size_t i = 0; i < facts->n_types && !r; i++)
		r = add_fact(p, AM_TERM_TYPE, facts->types[i], err);
	if (!r && facts->dated)
		r = am_xwriter_value(p->writer, AM_PUBLISHED_DATE,
		                     (double)facts->date, err);
	if (!r)
		r = am_xwriter_value(p->writer, AM_PUBLISHED_SIZE,
		                     (double)facts->size, err);
	return r;
}

/* ---- places ----------------------------------------------------------------
 */

static int add_words(struct publish *p, const char *const *words, size_t n,
                     struct am_error *err)
{
	int r = AM_OK;

	for (size_t i = 0; i < n && !r; i++) {
		char *word = am_label_fold(words[i]);
		r = add_term(p, AM_PUBLISHED_KEYWORD, word, err);
		g_free(word);
	}
	return r;
}

static int add_place(void *user, const struct am_archive_placement *place,
                     struct am_error *err)
{
	struct publish *p = user;
	int r = AM_OK;

	if (place->gone)
		return AM_OK;
	char *folder = am_folder_print(place->folder);
	r = add_term(p, AM_PUBLISHED_FOLDER, folder, err);
	g_string_append_printf(p->folders, "%s%s", p->folders->len ? "\n" : "",
	                       folder);
	g_free(folder);
	for (unsigned i = 0; i < AM_FLAG_COUNT && !r; i++)
		if (place->meta->flags & (1u << i))
			r = add_term(p, AM_PUBLISHED_FLAG,
			             am_flag_name((enum am_flag)(1u << i)),
			             err);
	p->flags |= place->meta->flags;
	p->unset |= ~place->meta->flags;
	if (!r)
		r = add_words(p, place->meta->keywords, place->meta->n_keywords,
		              err);
	if (!r)
		r = add_words(p, place->meta->labels, place->meta->n_labels,
		              err);
	return r;
}

/* Of a flag that it has in one folder and not in another. */
static int add_unset(struct publish *p, struct am_error *err)
{
	int r = AM_OK;

	for (unsigned i = 0; i < AM_FLAG_COUNT && !r; i++)
		if (p->flags & p->unset & (1u << i))
			r = add_term(p, AM_PUBLISHED_UNSET,
			             am_flag_name((enum am_flag)(1u << i)),
			             err);
	return r;
}

/* ---- what a hit shows ------------------------------------------------------
 */

static void put_varint(GByteArray *data, uint64_t v)
{
	uint8_t buf[10];

	g_byte_array_append(data, buf, (guint)am_put_varint(buf, v));
}

static void put_string(GByteArray *data, const char *s)
{
	size_t len = s ? strlen(s) : 0;

	put_varint(data, len);
	if (len)
		g_byte_array_append(data, (const guint8 *)s, (guint)len);
}

static void put_data(struct publish *p, const struct am_archive_message *m)
{
	uint8_t buf[10];
	size_t n;

	g_byte_array_set_size(p->data, 0);
	put_varint(p->data, (uint64_t)m->id);
	put_varint(p->data, m->size);
	put_varint(p->data, m->date.known);
	n = am_put_svarint(buf, m->date.sec);
	g_byte_array_append(p->data, buf, (guint)n);
	n = am_put_svarint(buf, m->date.offset_min);
	g_byte_array_append(p->data, buf, (guint)n);
	put_varint(p->data, m->n_attachments);
	put_varint(p->data, p->flags);
	const char *const strings[AM_PUBLISHED_STRINGS] = {
		p->name,   m->from,         m->to,
		m->cc,     m->subject,      m->message_id,
		m->thread, p->folders->str, p->text->str};
	for (size_t i = 0; i < AM_PUBLISHED_STRINGS; i++)
		put_string(p->data, strings[i]);
}

/* ---- messages --------------------------------------------------------------
 */

static int add_text(struct publish *p, const struct am_blob *raw,
                    struct am_error *err)
{
	const struct am_limits *limits = p->ctx ? &p->ctx->limits : NULL;
	struct am_arena *arena = am_arena_new();
	struct am_facts facts;
	uint32_t statuses = 0;
	bool failed = false;
	int r = am_content_read(&facts, raw, limits, arena, add_piece, p, err);

	if (!r && p->extractor)
		r = am_attached_ask(p->attached, p->extractor, raw, &facts,
		                    limits, err);
	if (!r && p->extractor)
		r = am_attached_take(p->attached, add_piece, p, &statuses, err);
	if (!r)
		statuses |= am_facts_statuses(&facts);
	for (unsigned i = AM_EXTRACT_OK; i < AM_EXTRACT_N_STATUS && !r; i++) {
		if (!(statuses >> i & 1))
			continue;
		failed = failed || am_extract_failed(i);
		r = add_fact(p, AM_TERM_EXTRACT, am_extract_name(i), err);
	}
	if (!r && failed)
		r = add_fact(p, AM_TERM_EXTRACT, "failed", err);
	if (!r)
		r = add_facts(p, &facts, err);
	am_attached_clear(p->attached);
	am_arena_free(&arena);
	return r;
}

static int add_message(struct publish *p, int64_t id, struct am_error *err)
{
	struct am_archive_message m;
	struct am_blob *raw = NULL;

	p->position = 1;
	p->regions = 0;
	p->flags = p->unset = 0;
	g_string_truncate(p->text, 0);
	g_string_truncate(p->folders, 0);
	int r = am_archive_load(p->archive, id, &raw, err);
	if (!r)
		r = add_text(p, raw, err);
	am_blob_unref(&raw);
	if (!r)
		r = am_archive_placements(p->archive, id, add_place, p, err);
	if (!r)
		r = add_unset(p, err);
	if (!r)
		r = am_archive_message(p->archive, id, &m, err);
	if (r)
		return r;
	put_data(p, &m);
	r = am_xwriter_add(p->writer, p->data->data, p->data->len, err);
	return r ? AM_FATAL : AM_OK;
}

static int add_all(struct publish *p, const struct am_hit *hits, size_t n,
                   uint64_t *documents, struct am_error *err)
{
	struct am_progress progress = {.phase = "publishing", .total = n};
	int r = AM_OK;

	for (size_t i = 0; i < n && !r; i++) {
		if (am_ctx_cancelled(p->ctx))
			return am_ctx_fail_cancelled(err);
		r = add_message(p, hits[i].id, err);
		progress.done++;
		if (!r) {
			++*documents;
		} else if (r != AM_FATAL) {
			char origin[32];
			g_snprintf(origin, sizeof(origin), "message %" PRId64,
			           hits[i].id);
			if (p->ctx)
				am_ctx_note_error(p->ctx, "index.message", NULL,
				                  origin, err);
			progress.failed++;
			r = AM_OK;
		}
		if (!r && i % COMMIT_EVERY == COMMIT_EVERY - 1)
			r = am_xwriter_commit(p->writer, err);
		if (p->ctx && i % 64 == 0)
			am_ctx_progress(p->ctx, &progress);
	}
	return r;
}

/* All messages, newest first. */
static int list_all(struct am_index *index, struct am_archive *archive,
                    struct am_hit **hits, size_t *n, struct am_error *err)
{
	struct am_query *query = NULL;
	uint64_t room = 0, total;
	int r = am_query_parse(&query, "", 0, err);

	*hits = NULL;
	*n = 0;
	if (!r)
		r = am_index_count(index, archive, query, &room, err);
	*hits = g_new(struct am_hit, room + 1);
	if (!r)
		r = am_index_search(index, archive, query, AM_SORT_DATE, 0,
		                    (size_t)room, *hits, n, &total, err);
	am_query_free(&query);
	return r;
}

static int write_database(struct publish *p, const char *dir,
                          const struct am_hit *hits, size_t n,
                          uint64_t *documents, struct am_error *err)
{
	int r = am_remove_tree(dir, err);

	if (!r)
		r = am_xwriter_open(&p->writer, dir, err);
	if (!r)
		r = am_xwriter_metadata(p->writer, "mailark",
		                        AM_PUBLISHED_VERSION, err);
	if (!r)
		r = am_xwriter_metadata(p->writer, "archive", p->name, err);
	if (!r)
		r = add_all(p, hits, n, documents, err);
	if (!r)
		r = am_xwriter_commit(p->writer, err);
	am_xwriter_close(&p->writer);
	return r;
}

/* Beside the file, for there is room; then in its place, as a whole. */
static int publish(struct publish *p, const char *file,
                   const struct am_hit *hits, size_t n, uint64_t *documents,
                   struct am_error *err)
{
	char *dir = g_strdup_printf("%s.new.d", file);
	char *packed = g_strdup_printf("%s.new", file);
	struct am_error ignored;
	int r = write_database(p, dir, hits, n, documents, err);

	if (!r)
		r = am_xwriter_pack(dir, packed, err);
	if (!r && rename(packed, file))
		r = am_fail_sys(err, AM_FAILED, "%s", file);
	if (!r)
		r = am_sync_parent(file, err);
	if (r)
		unlink(packed);
	/* What cannot be removed the next run takes away. */
	if (am_remove_tree(dir, &ignored) && !r && p->ctx)
		am_ctx_note_error(p->ctx, "index.leftover", NULL, dir,
		                  &ignored);
	g_free(dir);
	g_free(packed);
	return r;
}

int am_index_publish(struct am_index *index, struct am_archive *archive,
                     const char *name, const char *file, struct am_ctx *ctx,
                     uint64_t *documents, struct am_error *err)
{
	char *cache = am_attached_cache_path(index->path);
	const struct am_extractor_options options = {
		.program = index->extract, .cache = cache, .ctx = ctx};
	struct publish p = {.archive = archive,
	                    .name = name,
	                    .ctx = ctx,
	                    .attached = am_attached_new(),
	                    .data = g_byte_array_new(),
	                    .text = g_string_new(NULL),
	                    .folders = g_string_new(NULL)};
	struct am_hit *hits;
	size_t n;

	*documents = 0;
	if (index->extract)
		p.extractor = am_extractor_new(&options);
	int r = list_all(index, archive, &hits, &n, err);
	if (!r)
		r = publish(&p, file, hits, n, documents, err);
	am_attached_free(&p.attached);
	am_extractor_free(&p.extractor);
	g_string_free(p.text, TRUE);
	g_string_free(p.folders, TRUE);
	g_byte_array_unref(p.data);
	g_free(hits);
	g_free(cache);
	return r;
}
