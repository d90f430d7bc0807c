/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The texts lie in a pool that a mailbox's generations of traits share; it only
 * grows, under the vault's lock, and what lies in it never moves, so whoever
 * has traits reads them without one.
 */
#include "serve/traits.h"

#include "base/arena.h"
#include "base/fold.h"
#include "base/keyed_hash.h"
#include "mime/address.h"
#include "serve/envelope.h"
#include "serve/search_impl.h"
#include "serve/subject.h"
#include "serve/vault_impl.h"
#include "store/archive.h"

#include <string.h>

enum {
	KEEP_S = 300,
	REFERENCES_MOST = 1000, /* of more only the last are kept */
};

/* ---- the pool ---- */

struct am_trait_pool {
	int refs;
	struct am_arena *arena;
	GHashTable *subjects, *lists; /* field -> struct am_trait_text */
	GHashTable *bases;
	GHashTable *ids; /* text -> struct am_trait_id */
};

/* Of a field that is not there. */
static const struct am_trait_text none = {
	.mailbox = "", .display = "", .base = ""};

static struct am_trait_pool *pool_new(void)
{
	struct am_trait_pool *p = g_new0(struct am_trait_pool, 1);

	p->refs = 1;
	p->arena = am_arena_new();
	p->subjects = g_hash_table_new(am_keyed_hash, g_str_equal);
	p->lists = g_hash_table_new(am_keyed_hash, g_str_equal);
	p->bases = g_hash_table_new(am_keyed_hash, g_str_equal);
	g_hash_table_add(p->bases, (void *)(uintptr_t)none.base);
	p->ids = g_hash_table_new(am_keyed_hash, g_str_equal);
	return p;
}

static void pool_unref(struct am_trait_pool *p)
{
	if (!g_atomic_int_dec_and_test(&p->refs))
		return;
	g_hash_table_destroy(p->subjects);
	g_hash_table_destroy(p->lists);
	g_hash_table_destroy(p->bases);
	g_hash_table_destroy(p->ids);
	am_arena_free(&p->arena);
	g_free(p);
}

/* Takes what g_free() would. */
static const char *take(struct am_trait_pool *p, char *text)
{
	const char *kept = am_arena_strdup(p->arena, text);

	g_free(text);
	return kept;
}

static const char *collate(struct am_trait_pool *p, const char *text)
{
	return take(p, am_collated(text, strlen(text)));
}

static struct am_trait_text *new_text(struct am_trait_pool *p, GHashTable *in,
                                      const char *field)
{
	struct am_trait_text *t = am_arena_alloc(p->arena, sizeof *t);

	t->folded = take(p, am_fold_text(field, strlen(field)));
	t->cut = am_trait_is_cut(field);
	t->base = t->mailbox = t->display = "";
	g_hash_table_insert(in, am_arena_strdup(p->arena, field), t);
	return t;
}

static const struct am_trait_text *subject_of(struct am_trait_pool *p,
                                              const char *field)
{
	struct am_trait_text *t =
		field ? g_hash_table_lookup(p->subjects, field) : NULL;

	if (t || !field)
		return field ? t : &none;
	t = new_text(p, p->subjects, field);
	char *base = am_base_subject(field, &t->is_reply);
	t->base = g_hash_table_lookup(p->bases, base);
	if (!t->base) {
		t->base = am_arena_strdup(p->arena, base);
		g_hash_table_add(p->bases, (void *)(uintptr_t)t->base);
	}
	g_free(base);
	return t;
}

static const struct am_trait_text *list_of(struct am_trait_pool *p,
                                           const char *field)
{
	struct am_trait_text *t =
		field ? g_hash_table_lookup(p->lists, field) : NULL;
	struct am_address first = {NULL};

	if (t || !field)
		return field ? t : &none;
	t = new_text(p, p->lists, field);
	char *mailbox = am_addresses_mailbox(field, strlen(field));
	t->mailbox = collate(p, mailbox);
	g_free(mailbox);
	struct am_arena *scratch = am_arena_new();
	if (am_address_parse(scratch, field, strlen(field), &first, 1))
		t->display = collate(p, first.name && *first.name ? first.name
		                        : first.address ? first.address
		                                        : "");
	am_arena_free(&scratch);
	return t;
}

static const struct am_trait_id *id_of(struct am_trait_pool *p,
                                       const char *text)
{
	struct am_trait_id *id = g_hash_table_lookup(p->ids, text);

	if (id)
		return id;
	id = am_arena_alloc(p->arena, sizeof *id);
	id->number = g_hash_table_size(p->ids);
	id->text = am_arena_strdup(p->arena, text);
	g_hash_table_insert(p->ids, (void *)(uintptr_t)id->text, id);
	return id;
}

/* ---- traits ---- */

static struct am_traits *traits_ref(struct am_traits *t)
{
	g_atomic_int_inc(&t->refs);
	return t;
}

void am_traits_unref(struct am_traits **traits)
{
	struct am_traits *t = *traits;

	*traits = NULL;
	if (!t || !g_atomic_int_dec_and_test(&t->refs))
		return;
	pool_unref(t->pool);
	g_free(t->rows);
	g_free(t);
}

void am_traits_release(void *traits)
{
	struct am_traits *t = traits;

	am_traits_unref(&t);
}

/* With what another snapshot's have of it: a UID's message stays the same. */
static struct am_traits *merge(const struct am_traits *old,
                               const struct am_snap *snap)
{
	struct am_traits *t = g_new0(struct am_traits, 1);

	t->refs = 1;
	t->version = snap->version;
	t->n = snap->n;
	t->rows = g_new0(struct am_trait, snap->n + 1);
	t->pool = old ? old->pool : pool_new();
	if (old)
		g_atomic_int_inc(&t->pool->refs);
	for (size_t i = 0, k = 0; i < snap->n; i++) {
		const struct am_row *row = &snap->rows[i];
		while (old && k < old->n && old->rows[k].uid < row->uid)
			k++;
		if (old && k < old->n && old->rows[k].uid == row->uid &&
		    old->rows[k].message == row->message)
			t->rows[i] = old->rows[k];
		t->rows[i].uid = row->uid;
		t->rows[i].message = row->message;
	}
	return t;
}

static gboolean is_idle(gpointer key, gpointer value, gpointer user)
{
	const struct am_traits *t = value;

	(void)key;
	(void)user;
	return g_atomic_int_get(&t->refs) == 1;
}

static void keep(struct am_vault *v, struct am_traits *t)
{
	GHashTableIter all;
	gpointer other;
	size_t rows = t->n;

	if (t->n > v->traits_most)
		return;
	g_hash_table_iter_init(&all, v->traits);
	while (g_hash_table_iter_next(&all, NULL, &other))
		rows += ((struct am_traits *)other)->n;
	if (rows > v->traits_most)
		g_hash_table_foreach_remove(v->traits, is_idle, NULL);
	g_hash_table_replace(v->traits, &t->box, traits_ref(t));
}

/* With the lock.  The newest is kept for whoever asks next. */
static struct am_traits *look(struct am_vault *v, const struct am_snap *snap)
{
	struct am_traits *kept = g_hash_table_lookup(v->traits, &snap->box);
	struct am_traits *t;

	if (kept && kept->version == snap->version) {
		t = traits_ref(kept);
	} else {
		t = merge(kept, snap);
		t->box = snap->box;
		if (!kept || kept->version < t->version)
			keep(v, t);
	}
	t->used = g_get_monotonic_time();
	return t;
}

static gint by_message(gconstpointer a, gconstpointer b)
{
	const struct am_trait *const *x = a, *const *y = b;

	return ((*x)->message > (*y)->message) -
	       ((*x)->message < (*y)->message);
}

/* Rows that lack something, by message; NULL: none does. */
static GPtrArray *lacking(struct am_traits *t, unsigned what)
{
	GPtrArray *rows = NULL;

	for (size_t i = 0; i < t->n; i++) {
		if (t->rows[i].has & what)
			continue;
		if (!rows)
			rows = g_ptr_array_new();
		g_ptr_array_add(rows, &t->rows[i]);
	}
	if (rows)
		g_ptr_array_sort(rows, by_message);
	return rows;
}

static int64_t message_at(const GPtrArray *rows, guint i)
{
	return ((const struct am_trait *)rows->pdata[i])->message;
}

/* Where messages lie close to each other all between them are read: until which
 * row, beginning with one. */
static guint end_of_run(const GPtrArray *rows, guint from)
{
	guint to = from + 1;

	while (to < rows->len &&
	       message_at(rows, to) - message_at(rows, to - 1) <= 16)
		to++;
	return to;
}

/* ---- what the catalog has ---- */

struct reading {
	struct am_traits *t;
	GPtrArray *rows;
	guint at;
};

static void take_head(struct am_trait_pool *p, struct am_trait *row,
                      const struct am_archive_head *head)
{
	row->sent = head->date.sec;
	row->zone = head->date.offset_min;
	row->dated = head->date.known;
	row->from = list_of(p, head->from);
	row->to = list_of(p, head->to);
	row->cc = list_of(p, head->cc);
	row->subject = subject_of(p, head->subject);
	row->id = head->message_id && *head->message_id
	                  ? id_of(p, head->message_id)
	                  : NULL;
	row->has |= AM_TRAITS_HEAD;
}

static int each_head(void *user, const struct am_archive_head *head,
                     struct am_error *err)
{
	struct reading *in = user;

	(void)err;
	while (in->at < in->rows->len &&
	       message_at(in->rows, in->at) < head->id)
		in->at++;
	for (;
	     in->at < in->rows->len && message_at(in->rows, in->at) == head->id;
	     in->at++)
		take_head(in->t->pool, in->rows->pdata[in->at], head);
	return AM_OK;
}

static int read_heads(struct am_vault *v, struct am_traits *t,
                      struct am_error *err)
{
	struct reading in = {.t = t, .rows = lacking(t, AM_TRAITS_HEAD)};
	struct am_archive *archive = NULL;
	int r = AM_OK;

	if (!in.rows)
		return AM_OK;
	r = am_vault_lend_fresh(v, &archive, err);
	for (guint from = 0, to; from < in.rows->len && !r; from = to) {
		to = end_of_run(in.rows, from);
		r = am_archive_each_head(archive, message_at(in.rows, from),
		                         message_at(in.rows, to - 1), each_head,
		                         &in, err);
	}
	if (archive)
		am_vault_give_back(v, &archive);
	g_ptr_array_free(in.rows, TRUE);
	in.rows = r ? NULL : lacking(t, AM_TRAITS_HEAD);
	if (in.rows) {
		r = am_fail(err, AM_FAILED, AM_E_NOTFOUND,
		            "%u messages are not in the catalog", in.rows->len);
		g_ptr_array_free(in.rows, TRUE);
	}
	return r;
}

/* ---- what takes reading the message ---- */

static void take_facts(struct am_trait_pool *p, struct am_trait *row,
                       uint64_t size, const char *references)
{
	const struct am_trait_id *ids[REFERENCES_MOST];
	uint32_t n = 0;

	/* From the end, as the last ones count. */
	const char *end = references + strlen(references);
	while (end > references && n < REFERENCES_MOST) {
		const char *from = end;
		while (from > references && from[-1] != '\n')
			from--;
		char *text = g_strndup(from, (size_t)(end - from));
		if (*text)
			ids[n++] = id_of(p, text);
		g_free(text);
		end = from > references ? from - 1 : references;
	}
	const struct am_trait_id **kept =
		n ? am_arena_alloc(p->arena, n * sizeof(void *)) : NULL;
	for (uint32_t i = 0; i < n; i++)
		kept[i] = ids[n - 1 - i];
	row->references = kept;
	row->n_references = n;
	row->size = size;
	row->has |= AM_TRAITS_FACTS;
}

static void each_brief(void *user, int64_t message, uint64_t size,
                       const char *references)
{
	struct reading *in = user;

	while (in->at < in->rows->len && message_at(in->rows, in->at) < message)
		in->at++;
	for (;
	     in->at < in->rows->len && message_at(in->rows, in->at) == message;
	     in->at++)
		take_facts(in->t->pool, in->rows->pdata[in->at], size,
		           references);
}

/* false: some are not there. */
static bool read_kept_facts(struct am_vault *v, struct am_traits *t)
{
	struct reading in = {.t = t, .rows = lacking(t, AM_TRAITS_FACTS)};

	if (!in.rows)
		return true;
	for (guint from = 0, to; from < in.rows->len; from = to) {
		to = end_of_run(in.rows, from);
		am_fact_table_each(v->facts, message_at(in.rows, from),
		                   message_at(in.rows, to - 1), each_brief,
		                   &in);
	}
	g_ptr_array_free(in.rows, TRUE);
	in.rows = lacking(t, AM_TRAITS_FACTS);
	if (!in.rows)
		return true;
	g_ptr_array_free(in.rows, TRUE);
	return false;
}

/* Without the lock while a message is read, which takes its time. */
static int work_out_facts(struct am_vault *v, struct am_traits *t,
                          struct am_error *err)
{
	struct am_arena *arena = am_arena_new();
	int r = AM_OK;

	for (size_t i = 0; i < t->n && !r; i++) {
		struct am_trait *row = &t->rows[i];
		struct am_fact fact = {0};
		g_mutex_lock(&v->traits_lock);
		bool known = row->has & AM_TRAITS_FACTS;
		g_mutex_unlock(&v->traits_lock);
		if (known)
			continue;
		am_arena_reset(arena);
		r = am_fact_of(v, row->message, arena, &fact, err);
		g_mutex_lock(&v->traits_lock);
		if (!r && !(row->has & AM_TRAITS_FACTS))
			take_facts(t->pool, row, fact.size, fact.references);
		g_mutex_unlock(&v->traits_lock);
	}
	am_arena_free(&arena);
	return r;
}

/* ---- the whole ---- */

int am_vault_traits(struct am_vault *v, const struct am_snap *snap,
                    unsigned needs, struct am_traits **out,
                    struct am_error *err)
{
	bool at_hand = needs & AM_TRAITS_AT_HAND, all = true;
	int r = AM_OK;

	/* What is not kept is not worth making for that. */
	*out = NULL;
	if (at_hand && snap->n > v->traits_most)
		return AM_END;
	g_mutex_lock(&v->traits_lock);
	struct am_traits *t = look(v, snap);
	needs &= ~(t->has | AM_TRAITS_AT_HAND);
	if (needs & AM_TRAITS_HEAD)
		r = read_heads(v, t, err);
	if (!r && needs & AM_TRAITS_FACTS)
		all = read_kept_facts(v, t);
	if (!r && !all) {
		g_mutex_unlock(&v->traits_lock);
		r = at_hand ? AM_END : work_out_facts(v, t, err);
		g_mutex_lock(&v->traits_lock);
	}
	needs &= ~t->has;
	if (!r && needs) { /* else others may be reading it */
		t->has |= needs;
		t->n_ids = g_hash_table_size(t->pool->ids);
	}
	g_mutex_unlock(&v->traits_lock);
	if (r)
		am_traits_unref(&t);
	*out = t;
	return r;
}

static gboolean is_old(gpointer key, gpointer value, gpointer user)
{
	const struct am_traits *t = value;

	(void)key;
	return g_atomic_int_get(&t->refs) == 1 && t->used < *(int64_t *)user;
}

void am_vault_tidy_traits(struct am_vault *v)
{
	int64_t before = g_get_monotonic_time() - KEEP_S * G_USEC_PER_SEC;

	g_mutex_lock(&v->traits_lock);
	g_hash_table_foreach_remove(v->traits, is_old, &before);
	g_mutex_unlock(&v->traits_lock);
}
