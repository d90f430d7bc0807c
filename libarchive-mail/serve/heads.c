/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "serve/heads.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/cancel.h"
#include "mime/scan.h"
#include "mime/words.h"
#include "serve/search_impl.h"
#include "serve/vault_impl.h"
#include "store/archive.h"

#include <string.h>

/* So many kept ones are looked through while one message is read. */
enum { READ_COST = 32 };

/* ---- of one message ---- */

static int add_block(GString *all, const struct am_blob *raw, uint64_t from,
                     uint64_t to, const struct am_limits *limits,
                     struct am_arena *arena, struct am_error *err)
{
	size_t len = (size_t)MIN(to - from, limits->header_bytes);
	char *block = g_malloc(len + 1);
	struct am_fields walk;
	struct am_field f;

	int r = am_blob_read(raw, from, block, len, &len, err);
	am_fields_init(&walk, block, r ? 0 : len, 0);
	while (am_fields_next(&walk, &f)) {
		g_string_append_len(all, f.name, (gssize)f.name_len);
		g_string_append(all, ": ");
		g_string_append(all,
		                am_words_decode(arena, f.value, f.value_len));
		g_string_append_c(all, '\n');
	}
	g_free(block);
	return r;
}

int am_heads_read(char **out, const struct am_blob *raw,
                  const struct am_scan *scan, const struct am_limits *limits,
                  struct am_arena *arena, struct am_error *err)
{
	GString *all = g_string_new("");
	int r = AM_OK;

	for (size_t i = 0; i < scan->n_parts && !r; i++)
		r = add_block(all, raw, scan->parts[i].header,
		              scan->parts[i].body, limits, arena, err);
	*out = r ? NULL : am_search_fold(all->str, all->len);
	g_string_free(all, TRUE);
	return r;
}

/* ---- of all of them ---- */

struct listing {
	struct am_vault *v;
	GArray *ids; /* int64_t */
};

static void take_place(void *user, int64_t message, int64_t folder)
{
	struct listing *l = user;

	(void)folder;
	if (!am_head_table_has(l->v->heads, message))
		g_array_append_val(l->ids, message);
}

static gint by_id(gconstpointer a, gconstpointer b)
{
	const int64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

/* Messages that are shown somewhere and are not in the table, once each. */
static int list_missing(struct am_vault *v, GArray *ids, struct am_error *err)
{
	struct listing l = {v, ids};
	struct am_archive *archive;
	guint n = 0;

	int r = am_vault_lend_fresh(v, &archive, err);
	if (r)
		return r;
	r = am_archive_each_place(archive, take_place, &l, err);
	am_vault_give_back(v, &archive);
	g_array_sort(ids, by_id);
	int64_t *all = (int64_t *)(void *)ids->data;
	for (guint i = 0; i < ids->len; i++)
		if (!n || all[n - 1] != all[i])
			all[n++] = all[i];
	g_array_set_size(ids, n);
	return r;
}

/* One that cannot be read is left out: who searches is told of it. */
static char *read_one(struct am_vault *v, int64_t message,
                      const struct am_limits *limits, struct am_arena *arena)
{
	struct am_blob *raw = NULL;
	struct am_scan scan;
	char *text = NULL;

	am_arena_reset(arena);
	if (!am_vault_message(v, message, &raw, NULL) &&
	    !am_scan_message(&scan, raw, limits, arena, NULL) &&
	    am_heads_read(&text, raw, &scan, limits, arena, NULL))
		text = NULL;
	am_blob_unref(&raw);
	return text;
}

int am_vault_heads_update(struct am_vault *v, const struct am_cancel *cancel,
                          struct am_error *err)
{
	struct am_limits limits =
		am_limits_or_default(v->ctx ? &v->ctx->limits : NULL);
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(int64_t));
	struct am_arena *arena = am_arena_new();
	int64_t piece[AM_HEAD_PIECE];
	char *texts[AM_HEAD_PIECE];
	size_t n = 0;

	int r = list_missing(v, ids, err);
	for (guint i = 0; i < ids->len && !r && !am_cancel_asked(cancel); i++) {
		piece[n] = g_array_index(ids, int64_t, i);
		texts[n] = read_one(v, piece[n], &limits, arena);
		n += texts[n] != NULL;
		if (n < AM_HEAD_PIECE && i + 1 < ids->len)
			continue;
		r = am_head_table_add(v->heads, piece,
		                      (const char *const *)texts, n, err);
		while (n)
			g_free(texts[--n]);
	}
	while (n)
		g_free(texts[--n]);
	am_arena_free(&arena);
	g_array_free(ids, TRUE);
	return r;
}

int am_vault_heads_find(struct am_vault *v, const char *folded, size_t among,
                        struct am_heads *out, struct am_error *err)
{
	if (am_head_table_count(v->heads) / READ_COST > among)
		return AM_END;
	return am_head_table_find(v->heads, folded, out, err);
}
