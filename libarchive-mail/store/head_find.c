/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parts say which texts hold it and which pieces may; these are looked through,
 * and so are those that are in no part.
 */
#include "store/head_table_impl.h"

#include "base/codec.h"
#include "base/pool.h"
#include "store/head_words.h"

#include <string.h>

/* Unpacking takes longer than looking, so the first pieces that were looked
 * through stay in memory, and parts do, in all up to this. */
enum { KEPT_MOST = 64 << 20 };
/* Many pieces are unpacked and looked through side by side. */
enum { THREADS = 2, SLOTS = 8 };

struct finding {
	struct am_head_table *t;
	const char *text;
	struct am_head_question *question;
	uint64_t *has; /* a bit a message; n words */
	size_t n;
	GArray *scan; /* int64_t: pieces */
};

static void found(struct finding *f, int64_t message)
{
	if (message >= 0 && (uint64_t)message / 64 < f->n)
		f->has[message / 64] |= UINT64_C(1) << (message % 64);
}

/* ---- pieces ---- */

/* Which of a piece's texts hold it: their places. */
static void look(const struct am_head_piece *piece, const char *text,
                 GArray *out)
{
	size_t needle = strlen(text);
	uint32_t i = 0;
	const char *at = piece->text, *end = at + piece->len, *hit;

	while (at < end && i < piece->n_ids &&
	       (hit = memmem(at, (size_t)(end - at), text, needle))) {
		const char *nul;
		/* Those whose ends lie before it. */
		while ((nul = memchr(at, '\0', (size_t)(end - at))) &&
		       nul < hit) {
			at = nul + 1;
			i++;
		}
		if (!nul || i >= piece->n_ids)
			break;
		g_array_append_val(out, i);
		at = nul + 1;
		i++;
	}
}

struct slot {
	struct am_job job;
	const char *text;
	int64_t number;
	struct am_coder *coder;
	struct am_head_packed packed;
	struct am_head_piece *piece; /* packed, unless it was kept */
	bool busy, kept;
	GArray *places;
	int status;
	struct am_error err;
};

static void look_at_slot(struct am_job *job, unsigned worker)
{
	struct slot *s = AM_CONTAINER(job, struct slot, job);

	(void)worker;
	s->status = AM_OK;
	if (!s->kept)
		s->status = am_head_piece_unpack(&s->packed, s->coder,
		                                 &s->piece, &s->err);
	if (!s->status)
		look(s->piece, s->text, s->places);
}

/* What was found; and the piece stays, where there is room. */
static int take_slot(struct finding *f, struct slot *s, struct am_error *err)
{
	struct am_head_table *t = f->t;

	s->busy = false;
	for (guint i = 0; i < s->places->len; i++)
		found(f, am_head_id_at(s->piece->ids,
		                       g_array_index(s->places, uint32_t, i)));
	g_array_set_size(s->places, 0);
	am_head_packed_clear(&s->packed);
	if (s->status) {
		if (err)
			*err = s->err;
		return s->status;
	}
	size_t bytes = am_head_piece_bytes(s->piece);
	if (!s->kept && t->kept_bytes + bytes <= KEPT_MOST) {
		t->kept_bytes += bytes;
		g_hash_table_insert(t->kept,
		                    g_memdup2(&s->number, sizeof s->number),
		                    s->piece);
	} else if (!s->kept) {
		am_head_piece_free(s->piece);
	}
	return AM_OK;
}

static int fill_slot(struct finding *f, struct slot *s, int64_t number,
                     struct am_error *err)
{
	s->number = number;
	s->text = f->text;
	s->piece = g_hash_table_lookup(f->t->kept, &number);
	s->kept = s->piece;
	s->packed = (struct am_head_packed){.n_ids = 0};
	return s->kept ? AM_OK
	               : am_head_packed_get(f->t, number, &s->packed, err);
}

static int scan(struct finding *f, struct am_error *err)
{
	struct slot slots[SLOTS] = {0};
	struct am_pool *pool = NULL;
	bool few = f->scan->len <= SLOTS;
	int r = am_pool_new(&pool, few ? 0 : THREADS, err);

	for (size_t i = 0; i < SLOTS; i++) {
		slots[i].coder = am_coder_new();
		slots[i].places = g_array_new(FALSE, FALSE, sizeof(uint32_t));
		slots[i].job.run = look_at_slot;
	}
	for (guint i = 0; i < f->scan->len + SLOTS; i++) {
		struct slot *s = &slots[i % SLOTS];
		if (s->busy) {
			am_pool_wait(pool, &s->job);
			int one = take_slot(f, s, r ? NULL : err);
			r = r ? r : one;
		}
		if (r || i >= f->scan->len)
			continue;
		r = fill_slot(f, s, g_array_index(f->scan, int64_t, i), err);
		s->busy = !r;
		if (!r)
			am_pool_submit(pool, &s->job);
	}
	am_pool_free(&pool);
	for (size_t i = 0; i < SLOTS; i++) {
		am_coder_free(&slots[i].coder);
		g_array_free(slots[i].places, TRUE);
	}
	return r;
}

/* ---- parts ---- */

static int ask_part(struct finding *f, const struct am_head_part *part,
                    struct am_error *err)
{
	size_t n = ((size_t)part->n_texts + 63) / 64;
	uint64_t *sure = g_new(uint64_t, n + 1), pieces;

	int r = am_head_part_ask(part, f->question, f->t->chunk, sure, &pieces,
	                         err);
	for (size_t w = 0; w < n && !r; w++)
		for (uint64_t left = sure[w]; left; left &= left - 1)
			found(f, part->ids[w * 64 +
			                   (size_t)__builtin_ctzll(left)]);
	for (unsigned i = 0; i < part->n_pieces && !r; i++) {
		int64_t number = part->first + i;
		if (pieces >> i & 1)
			g_array_append_val(f->scan, number);
	}
	g_free(sure);
	return r;
}

/* Those behind the ones that are kept are read each time, and kept as long as
 * there is room. */
static int ask_parts(struct finding *f, struct am_error *err)
{
	struct am_head_table *t = f->t;
	int64_t last = INT64_MIN;
	bool room = true;
	int r = AM_OK;

	for (guint i = 0; i < t->parts->len && !r; i++) {
		const struct am_head_part *part = t->parts->pdata[i];
		r = ask_part(f, part, err);
		last = part->first;
	}
	while (!r) {
		struct am_head_part *part;
		r = am_head_part_read(&part, t->db, last, err);
		if (r)
			break;
		r = ask_part(f, part, err);
		last = part->first;
		room = room && t->kept_bytes + part->bytes <= KEPT_MOST;
		if (room) {
			t->kept_bytes += part->bytes;
			g_ptr_array_add(t->parts, part);
		} else {
			am_head_part_free(part);
		}
	}
	return r == AM_END ? AM_OK : r;
}

static int add_loose(struct finding *f, struct am_error *err)
{
	struct am_head_table *t = f->t;
	int step;

	while ((step = sqlite3_step(t->loose)) == SQLITE_ROW) {
		int64_t number = sqlite3_column_int64(t->loose, 0);
		g_array_append_val(f->scan, number);
	}
	sqlite3_reset(t->loose);
	return step == SQLITE_DONE ? AM_OK
	                           : am_fail(err, AM_FAILED, AM_E_IO, "%s: %s",
	                                     t->file, sqlite3_errmsg(t->db));
}

/* ---- the whole ---- */

static int find_one(struct finding *f, struct am_error *err)
{
	if (!f->t->db)
		return am_fail(err, AM_FAILED, AM_E_IO, "%s: not there",
		               f->t->file);
	f->question = am_head_question_new(f->text);
	f->scan = g_array_new(FALSE, FALSE, sizeof(int64_t));
	int r = ask_parts(f, err);
	if (!r)
		r = add_loose(f, err);
	if (!r)
		r = scan(f, err);
	g_array_free(f->scan, TRUE);
	am_head_question_free(&f->question);
	return r;
}

int am_head_table_find(struct am_head_table *t, const char *const *texts,
                       size_t n, struct am_heads *out, struct am_error *err)
{
	struct am_error own = {0};
	int r = AM_OK;

	g_mutex_lock(&t->lock);
	out->n = t->known->len;
	out->known = g_memdup2(t->known->data, out->n * sizeof(uint64_t));
	out->has = g_new0(uint64_t, out->n + 1);
	struct finding f = {.t = t, .has = out->has, .n = out->n};
	for (size_t i = 0; i < n && !r; i++) {
		f.text = texts[i];
		r = find_one(&f, &own);
	}
	r = am_head_table_mind(t, r, &own, err);
	g_mutex_unlock(&t->lock);
	if (r)
		am_heads_clear(out);
	return r;
}

void am_heads_clear(struct am_heads *heads)
{
	g_free(heads->has);
	g_free(heads->known);
	*heads = (struct am_heads){.n = 0};
}

int am_heads_ask(const struct am_heads *heads, int64_t message)
{
	if (message < 0 || (uint64_t)message / 64 >= heads->n)
		return AM_RETRY;
	uint64_t bit = UINT64_C(1) << (message % 64);
	if (!(heads->known[message / 64] & bit))
		return AM_RETRY;
	return heads->has[message / 64] & bit ? AM_OK : AM_END;
}
