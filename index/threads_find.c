/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/threads_impl.h"

#include "index/result_impl.h"
#include "index/row.h"
#include "store/archive.h"

#include <string.h>

/*
 * A message belongs when its id, what it answers or the beginning of its
 * thread is known; then all three are known.  The rows are gone through until
 * nothing new comes up, which takes two rounds where everybody names the same
 * beginning.
 */
#define ROUNDS 16

struct known {
	GHashTable *hashes;   /* uint64_t */
	uint64_t sieve[1024]; /* a bit each, for the many that are not in it */
};

struct search {
	struct am_members *out;
	struct am_index *index;
	struct known known;
	GHashTable *ids;      /* of members: int64_t */
	GHashTable *subjects; /* bare ones of members; NULL: not asked */
	bool grown;
};

static bool knows(const struct known *k, uint64_t hash)
{
	return hash && (k->sieve[hash >> 6 & 1023] >> (hash & 63) & 1) &&
	       g_hash_table_contains(k->hashes, &hash);
}

static void learn(struct search *s, uint64_t hash)
{
	if (!hash || knows(&s->known, hash))
		return;
	s->known.sieve[hash >> 6 & 1023] |= UINT64_C(1) << (hash & 63);
	g_hash_table_add(s->known.hashes, g_memdup2(&hash, sizeof(hash)));
	s->grown = true;
}

static void add_member(struct search *s, int64_t id, const uint64_t mids[3],
                       const char *subject)
{
	if (g_hash_table_contains(s->ids, &id))
		return;
	if (s->out->all->len == AM_MEMBERS_MOST) {
		s->out->cut = true;
		return;
	}
	struct am_member *m = g_new0(struct am_member, 1);
	m->id = id;
	m->mid = mids[0];
	m->thread = mids[1];
	m->parent = mids[2];
	g_hash_table_add(s->ids, &m->id);
	g_ptr_array_add(s->out->all, m);
	for (size_t i = 0; i < 3; i++)
		learn(s, mids[i]);
	if (!s->subjects)
		return;
	m->subject = g_strdup(subject);
	if (*subject && g_hash_table_add(s->subjects, g_strdup(subject)))
		s->grown = true;
}

struct columns {
	uint64_t mid[AM_STEP], thread[AM_STEP], parent[AM_STEP];
	uint32_t subject[AM_STEP];
};

static int look_at_step(struct search *s, struct am_steps *steps,
                        struct columns *c, struct am_error *err)
{
	uint32_t n_texts;
	int r = am_steps_read(steps, AM_COLUMN_MID, c->mid, err);

	if (!r)
		r = am_steps_read(steps, AM_COLUMN_THREAD, c->thread, err);
	if (!r)
		r = am_steps_read(steps, AM_COLUMN_PARENT, c->parent, err);
	if (!r && s->subjects)
		r = am_steps_read(steps, AM_COLUMN_SUBJECT, c->subject, err);
	if (!r && s->subjects)
		r = am_columns_texts(steps->columns, AM_DICTIONARY_SUBJECT,
		                     &n_texts, err);
	for (size_t i = 0; i < steps->n_rows && !r; i++) {
		size_t k = steps->rows[i];
		uint64_t mids[3] = {c->mid[k], c->thread[k], c->parent[k]};
		const char *subject = "";
		bool wanted = knows(&s->known, mids[0]) ||
		              knows(&s->known, mids[1]) ||
		              knows(&s->known, mids[2]);
		if (s->subjects) {
			subject = am_columns_text(steps->columns,
			                          AM_DICTIONARY_SUBJECT,
			                          c->subject[k]);
			wanted = wanted ||
			         g_hash_table_contains(s->subjects, subject);
		}
		if (wanted)
			add_member(s, steps->ids[k], mids, subject);
	}
	return r;
}

static int look_at_all(struct search *s, struct am_error *err)
{
	struct am_steps *steps = g_new(struct am_steps, 1);
	struct columns *c = g_new(struct columns, 1);
	int r = AM_OK;

	for (int round = 0; s->grown && round < ROUNDS && r == AM_OK; round++) {
		s->grown = false;
		am_steps_begin(steps, s->index, NULL);
		while (!(r = am_steps_next(steps, err)))
			if ((r = look_at_step(s, steps, c, err)) != AM_OK)
				break;
		if (r == AM_END)
			r = AM_OK;
	}
	/* A chain in which nobody names more than what he answers. */
	s->out->cut = s->out->cut || s->grown;
	g_free(c);
	g_free(steps);
	return r;
}

/* The messages that were asked for. */
static int add_asked(struct search *s, int64_t id, struct am_error *err)
{
	const struct am_state *state = &s->index->state;
	struct am_columns *c;
	uint64_t row, mids[3];
	uint32_t subject = 0, n;
	size_t shard = 0;

	while (shard < state->n_shards && state->shards[shard].last < id)
		shard++;
	if (id < 1 || shard == state->n_shards)
		return AM_OK;
	int r = am_index_columns(s->index, shard, &c, err);
	if (!r)
		r = am_columns_find(c, (uint32_t)id, &row, err);
	if (r)
		return r == AM_END ? AM_OK : r;
	r = am_columns_read(c, AM_COLUMN_MID, row, 1, &mids[0], err);
	if (!r)
		r = am_columns_read(c, AM_COLUMN_THREAD, row, 1, &mids[1], err);
	if (!r)
		r = am_columns_read(c, AM_COLUMN_PARENT, row, 1, &mids[2], err);
	if (!r && s->subjects)
		r = am_columns_read(c, AM_COLUMN_SUBJECT, row, 1, &subject,
		                    err);
	if (!r && s->subjects)
		r = am_columns_texts(c, AM_DICTIONARY_SUBJECT, &n, err);
	if (!r)
		add_member(s, id, mids,
		           am_columns_text(c, AM_DICTIONARY_SUBJECT, subject));
	return r;
}

static gint by_id(gconstpointer a, gconstpointer b)
{
	const struct am_member *x = *(struct am_member *const *)a;
	const struct am_member *y = *(struct am_member *const *)b;

	return (x->id > y->id) - (x->id < y->id);
}

static void mark_hits(struct am_members *m, const int64_t *ids, size_t n)
{
	GHashTable *asked = g_hash_table_new(g_int64_hash, g_int64_equal);

	for (size_t i = 0; i < n; i++)
		g_hash_table_add(asked, (gpointer)&ids[i]);
	for (guint i = 0; i < m->all->len; i++) {
		struct am_member *one = m->all->pdata[i];
		one->hit = g_hash_table_contains(asked, &one->id);
		if (one->mid && !g_hash_table_contains(m->by_mid, &one->mid))
			g_hash_table_insert(m->by_mid, &one->mid, one);
	}
	g_hash_table_unref(asked);
}

/* When each was written, and whether its subject begins with "Re:". */
static int read_rows(struct am_members *m, struct am_archive *archive,
                     struct am_error *err)
{
	for (guint i = 0; i < m->all->len; i++) {
		struct am_member *one = m->all->pdata[i];
		struct am_archive_message row;
		int r = am_archive_message(archive, one->id, &row, err);
		if (r < 0 && err && err->kind != AM_E_NOTFOUND)
			return r;
		one->date = !r && row.date.known ? row.date.sec : INT64_MIN;
		one->answers = !r && row.subject &&
		               g_ascii_strncasecmp(row.subject, "re", 2) == 0;
	}
	return AM_OK;
}

int am_members_find(struct am_members *out, struct am_index *index,
                    struct am_archive *archive, const int64_t *ids, size_t n,
                    bool by_subject, struct am_error *err)
{
	struct search *s = g_new0(struct search, 1);
	int r = am_index_load(index, err);

	out->all = g_ptr_array_new();
	out->by_mid = g_hash_table_new(g_int64_hash, g_int64_equal);
	out->cut = false;
	s->out = out;
	s->index = index;
	s->known.hashes = g_hash_table_new_full(g_int64_hash, g_int64_equal,
	                                        g_free, NULL);
	s->ids = g_hash_table_new(g_int64_hash, g_int64_equal);
	if (by_subject)
		s->subjects = g_hash_table_new_full(g_str_hash, g_str_equal,
		                                    g_free, NULL);
	if (!r)
		r = am_index_hide(index, archive, err);
	for (size_t i = 0; i < n && !r; i++)
		r = add_asked(s, ids[i], err);
	if (!r)
		r = look_at_all(s, err);
	g_ptr_array_sort(out->all, by_id);
	if (!r) {
		mark_hits(out, ids, n);
		r = read_rows(out, archive, err);
	}
	g_hash_table_unref(s->known.hashes);
	g_hash_table_unref(s->ids);
	if (s->subjects)
		g_hash_table_unref(s->subjects);
	g_free(s);
	return r;
}

void am_members_clear(struct am_members *m)
{
	for (guint i = 0; m->all && i < m->all->len; i++) {
		struct am_member *one = m->all->pdata[i];
		g_free(one->subject);
		g_free(one);
	}
	if (m->all)
		g_ptr_array_unref(m->all);
	if (m->by_mid)
		g_hash_table_unref(m->by_mid);
	*m = (struct am_members){NULL, NULL, false};
}
