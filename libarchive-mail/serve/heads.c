/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "serve/heads.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/cancel.h"
#include "base/fold.h"
#include "mime/scan.h"
#include "mime/words.h"
#include "serve/search_impl.h"
#include "serve/traits.h"
#include "serve/vault_impl.h"
#include "store/archive.h"

#include <string.h>

/* So many kept ones are looked through while one message is read: headers, and
 * what is mostly nothing. */
enum { READ_COST = 32, READ_COST_UNKEPT = 1000 };
/* Messages whose texts go into the tables together, and lie together. */
enum { BATCH = 256 };
/* Of more unkept text of a message nothing is kept but that. */
enum { UNKEPT_MOST = 512 << 10, TOKENS_MOST = 32 };
#define TOO_MUCH "\x01"
/* Of the texts in the tables, which base/fold.h folds and index/tokens.h cuts.
 */
enum { LAYOUT = 3 };
/* Numbers in the table of fields: of each message its four fields, as far as
 * the catalog has them whole, and one that says that these are there. */
enum { FIELDS = 4, NUMBERS = AM_FIELD_NUMBERS };

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
	*out = r ? NULL : am_fold_text(all->str, all->len);
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
	if (!am_head_table_has(l->v->heads, message) ||
	    !am_head_table_has(l->v->unkept, message) ||
	    !am_head_table_has(l->v->fields, message * NUMBERS + FIELDS))
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

/* So many, that go into the tables together. */
struct batch {
	struct am_vault *v;
	const struct am_house *house;
	struct am_limits limits;
	struct am_arena *arena;
	int64_t ids[BATCH];
	char *heads[BATCH], *unkept[BATCH]; /* g_free() */
	size_t n;
	int64_t field_ids[BATCH * (FIELDS + 1)];
	char *fields[BATCH * (FIELDS + 1)]; /* g_free() */
	size_t n_fields;
};

static int read_unkept(struct batch *b, const struct am_blob *raw, char **out)
{
	GString *text = g_string_new("");
	int r = b->house->unkept ? b->house->unkept(raw, &b->limits, text, NULL)
	                         : AM_OK;

	*out = r                         ? NULL
	       : text->len > UNKEPT_MOST ? g_strdup(TOO_MUCH)
	                                 : am_fold_text(text->str, text->len);
	g_string_free(text, TRUE);
	return r;
}

static void add_field(struct batch *b, int64_t message, unsigned number,
                      const char *field)
{
	if (field && am_trait_is_cut(field))
		return;
	b->field_ids[b->n_fields] = message * NUMBERS + number;
	b->fields[b->n_fields++] =
		am_fold_text(field ? field : "", field ? strlen(field) : 0);
}

static void read_fields(struct batch *b, int64_t message)
{
	struct am_archive *archive;
	struct am_archive_message m;

	if (am_vault_lend(b->v, &archive, NULL))
		return;
	if (!am_archive_message(archive, message, &m, NULL)) {
		add_field(b, message, AM_FIELD_FROM, m.from);
		add_field(b, message, AM_FIELD_TO, m.to);
		add_field(b, message, AM_FIELD_CC, m.cc);
		add_field(b, message, AM_FIELD_SUBJECT, m.subject);
		add_field(b, message, FIELDS, NULL);
	}
	am_vault_give_back(b->v, &archive);
}

/* One that cannot be read is left out: who searches is told of it. */
static void read_one(struct batch *b, int64_t message)
{
	struct am_blob *raw = NULL;
	struct am_scan scan;
	char **head = &b->heads[b->n];

	am_arena_reset(b->arena);
	if (!am_vault_message(b->v, message, &raw, NULL) &&
	    !am_scan_message(&scan, raw, &b->limits, b->arena, NULL) &&
	    !am_heads_read(head, raw, &scan, &b->limits, b->arena, NULL)) {
		if (read_unkept(b, raw, &b->unkept[b->n]))
			g_free(*head);
		else
			b->ids[b->n++] = message;
	}
	am_blob_unref(&raw);
	read_fields(b, message);
}

static int put_batch(struct batch *b, struct am_error *err)
{
	int r = AM_OK;

	if (b->n)
		r = am_head_table_add(b->v->heads, b->ids,
		                      (const char *const *)b->heads, b->n, err);
	if (b->n && !r)
		r = am_head_table_add(b->v->unkept, b->ids,
		                      (const char *const *)b->unkept, b->n,
		                      err);
	if (b->n_fields && !r)
		r = am_head_table_add(b->v->fields, b->field_ids,
		                      (const char *const *)b->fields,
		                      b->n_fields, err);
	while (b->n_fields)
		g_free(b->fields[--b->n_fields]);
	for (; b->n; b->n--) {
		g_free(b->heads[b->n - 1]);
		g_free(b->unkept[b->n - 1]);
	}
	return r;
}

int am_vault_heads_update(struct am_vault *v, const struct am_house *house,
                          const struct am_cancel *cancel, struct am_error *err)
{
	struct batch *b = g_new0(struct batch, 1);
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(int64_t));

	b->v = v;
	b->house = house;
	b->limits = am_limits_or_default(v->ctx ? &v->ctx->limits : NULL);
	b->arena = am_arena_new();
	int r = list_missing(v, ids, err);
	for (guint i = 0; i < ids->len && !r && !am_cancel_asked(cancel); i++) {
		read_one(b, g_array_index(ids, int64_t, i));
		if (b->n == BATCH || b->n_fields > BATCH * FIELDS ||
		    i + 1 == ids->len)
			r = put_batch(b, err);
	}
	int last = put_batch(b, r ? NULL : err);
	am_arena_free(&b->arena);
	g_free(b);
	g_array_free(ids, TRUE);
	return r ? r : last;
}

void am_vault_heads_open(struct am_vault *v)
{
	v->heads = am_head_table_open(v->cache, "heads.sqlite", LAYOUT, BATCH,
	                              v->id);
	v->unkept = am_head_table_open(v->cache, "unkept.sqlite", LAYOUT, BATCH,
	                               v->id);
	v->fields = am_head_table_open(v->cache, "fields.sqlite", LAYOUT,
	                               BATCH * (FIELDS + 1), v->id);
}

/* ---- asked ---- */

int am_vault_heads_find(struct am_vault *v, const char *folded, size_t among,
                        struct am_heads *out, struct am_error *err)
{
	if (am_head_table_count(v->heads) / READ_COST > among)
		return AM_END;
	return am_head_table_find(v->heads, &folded, 1, out, err);
}

int am_vault_field_find(struct am_vault *v, const char *folded,
                        struct am_heads *out, struct am_error *err)
{
	return am_head_table_find(v->fields, &folded, 1, out, err);
}

int am_field_ask(const struct am_heads *heads, int64_t message,
                 enum am_field_number number)
{
	return am_heads_ask(heads, message * NUMBERS + (int64_t)number);
}

/* Its words, as an index cuts text (index/tokens.h): where the text is and not
 * all of its words are in the index, one of them is whole in what it did not
 * keep. */
static GPtrArray *words_of(const char *folded)
{
	GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
	const char *from = folded, *at = folded;

	while (*at && words->len < TOKENS_MOST) {
		enum am_char class = am_char_class(g_utf8_get_char(at));
		const char *next = g_utf8_next_char(at);
		bool inside = class == AM_CHAR_WORD || class == AM_CHAR_MARK;
		if (!inside && at > from)
			g_ptr_array_add(words,
			                g_strndup(from, (gsize)(at - from)));
		if (class == AM_CHAR_SINGLE)
			g_ptr_array_add(words,
			                g_strndup(at, (gsize)(next - at)));
		if (!inside)
			from = next;
		at = next;
	}
	if (at > from)
		g_ptr_array_add(words, g_strndup(from, (gsize)(at - from)));
	return words;
}

int am_vault_unkept_find(struct am_vault *v, const char *folded, size_t among,
                         struct am_heads *out, struct am_error *err)
{
	if (am_head_table_count(v->unkept) / READ_COST_UNKEPT > among)
		return AM_END;
	GPtrArray *words = words_of(folded);
	g_ptr_array_add(words, g_strdup(TOO_MUCH));
	int r = am_head_table_find(v->unkept, (const char *const *)words->pdata,
	                           words->len, out, err);
	g_ptr_array_free(words, TRUE);
	return r;
}
