/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/dedup_facts.h"

#include "base/blob.h"
#include "mime/alike.h"
#include "model/ctx.h"
#include "store/archive.h"

#include <glib.h>

#include <string.h>

struct dedup_facts {
	GArray *all; /* struct dedup_fact, by message */
	struct am_archive *archive;
	struct am_ctx *ctx;
	enum dedup_by by;
	struct dedup_counts *counts;
};

static gint by_number(gconstpointer a, gconstpointer b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

uint32_t dedup_facts_find(const struct dedup_facts *f, int64_t message)
{
	guint low = 0, high = f->all->len;

	while (low < high) {
		guint middle = low + (high - low) / 2;
		if (dedup_facts_at(f, middle)->message < message)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct dedup_fact *dedup_facts_at(const struct dedup_facts *f,
                                        uint32_t number)
{
	return &g_array_index(f->all, struct dedup_fact, number);
}

static struct dedup_fact *at(struct dedup_facts *f, guint i)
{
	return &g_array_index(f->all, struct dedup_fact, i);
}

/* ---- from the catalog ---- */

static uint64_t head_of(const uint8_t hash[AM_SHA256_LEN])
{
	uint64_t out;

	memcpy(&out, hash, sizeof out);
	/* 0 means that it is not known. */
	return out ? out : 1;
}

/* What two copies must have in common in any case but bytes. */
static void key_of_head(const struct am_archive_message *m, enum dedup_by by,
                        uint8_t key[16])
{
	uint8_t hash[AM_SHA256_LEN];
	char *text = by == DEDUP_MESSAGE_ID
	                     ? g_strdup(m->message_id)
	                     : g_strdup_printf("%s\n%s\n%" PRId64,
	                                       m->from ? m->from : "",
	                                       m->subject ? m->subject : "",
	                                       m->date.known ? m->date.sec
	                                                     : INT64_MIN);
	am_sha256(text, strlen(text), hash);
	memcpy(key, hash, 16);
	g_free(text);
}

/* A key that no other message has. */
static void key_of_its_own(int64_t message, uint8_t key[16])
{
	memset(key, 0, 16);
	memcpy(key, &message, sizeof message);
}

static int read_head(struct dedup_facts *f, struct dedup_fact *fact,
                     struct am_error *err)
{
	uint8_t hash[AM_SHA256_LEN];
	struct am_archive_message m;
	int r = am_archive_message(f->archive, fact->message, &m, err);

	if (r)
		return r;
	fact->lf = head_of(m.hash_lf);
	if (m.message_id && *m.message_id) {
		am_sha256(m.message_id, strlen(m.message_id), hash);
		fact->mid = head_of(hash);
	} else {
		f->counts->no_id++;
	}
	/* The archive has the same bytes but once. */
	if (f->by == DEDUP_BYTES || (f->by == DEDUP_MESSAGE_ID && !fact->mid))
		key_of_its_own(fact->message, fact->key);
	else
		key_of_head(&m, f->by, fact->key);
	return AM_OK;
}

/* ---- from the messages ---- */

static gint by_key(gconstpointer a, gconstpointer b)
{
	const struct dedup_fact *const *x = a, *const *y = b;

	return memcmp((*x)->key, (*y)->key, sizeof((*x)->key));
}

static gint by_mid(gconstpointer a, gconstpointer b)
{
	const struct dedup_fact *const *x = a, *const *y = b;

	return ((*x)->mid > (*y)->mid) - ((*x)->mid < (*y)->mid);
}

static GPtrArray *sorted(struct dedup_facts *f, GCompareFunc compare)
{
	GPtrArray *out = g_ptr_array_sized_new(f->all->len);

	for (guint i = 0; i < f->all->len; i++)
		g_ptr_array_add(out, at(f, i));
	g_ptr_array_sort(out, compare);
	return out;
}

/* Of each run of equals longer than one: marked in `set`. */
static void mark_runs(GPtrArray *order, GCompareFunc compare,
                      void (*mark)(struct dedup_fact *fact))
{
	for (guint i = 0, end; i < order->len; i = end) {
		for (end = i + 1; end < order->len; end++)
			if (compare(&order->pdata[i], &order->pdata[end]))
				break;
		for (guint k = i; k < end && end - i > 1; k++)
			mark(order->pdata[k]);
	}
}

static void mark_mid(struct dedup_fact *fact)
{
	fact->shares_mid = fact->mid != 0;
}

/* To be read: what has not been is 0. */
static void mark_read(struct dedup_fact *fact)
{
	fact->stored = 1;
}

static void take_key(const struct dedup_facts *f, struct dedup_fact *fact,
                     const struct am_alike *alike)
{
	if (f->by == DEDUP_STORED)
		memcpy(fact->key, alike->stored, sizeof fact->key);
	else if (f->by == DEDUP_CONTENT)
		memcpy(fact->key, alike->content, sizeof fact->key);
}

static int read_one(struct dedup_facts *f, struct dedup_fact *fact,
                    struct am_error *err)
{
	struct am_blob *raw = NULL;
	struct am_alike alike;
	struct am_error why;

	fact->stored = 0;
	f->counts->read++;
	int r = am_archive_load(f->archive, fact->message, &raw, &why);
	if (!r)
		r = am_alike_read(&alike, raw, &f->ctx->limits, &why);
	am_blob_unref(&raw);
	if (r == AM_FAILED && why.kind != AM_E_CANCELLED) {
		am_ctx_note(f->ctx, AM_NOTE_ERROR, "dedup.unreadable", NULL,
		            NULL, "message %" PRId64 ": %s", fact->message,
		            why.text);
		f->counts->unreadable++;
		key_of_its_own(fact->message, fact->key);
		return AM_OK;
	}
	if (r) {
		*err = why;
		return r;
	}
	fact->stored = head_of(alike.stored);
	fact->content = head_of(alike.content);
	fact->headers = alike.headers;
	take_key(f, fact, &alike);
	return AM_OK;
}

static int read_messages(struct dedup_facts *f, struct am_error *err)
{
	struct am_progress progress = {.phase = "reading"};
	GPtrArray *order = sorted(f, by_key);
	int r = AM_OK;

	mark_runs(order, by_key, mark_read);
	g_ptr_array_free(order, TRUE);
	for (guint i = 0; i < f->all->len; i++)
		progress.total += at(f, i)->stored;
	/* In the order in which they were stored. */
	for (guint i = 0; i < f->all->len && !r; i++) {
		if (!at(f, i)->stored)
			continue;
		if (am_ctx_cancelled(f->ctx))
			r = am_ctx_fail_cancelled(err);
		else
			r = read_one(f, at(f, i), err);
		progress.done++;
		am_ctx_progress(f->ctx, &progress);
	}
	return r;
}

/* Message-IDs that several have which are not copies of each other. */
static void count_same_id(struct dedup_facts *f)
{
	GPtrArray *order = sorted(f, by_mid);

	mark_runs(order, by_mid, mark_mid);
	for (guint i = 0, end; i < order->len; i = end) {
		const struct dedup_fact *first = order->pdata[i];
		bool differ = false;
		for (end = i + 1; end < order->len; end++) {
			const struct dedup_fact *other = order->pdata[end];
			if (other->mid != first->mid)
				break;
			differ |= memcmp(first->key, other->key,
			                 sizeof first->key) != 0;
		}
		f->counts->same_id += first->mid && differ;
	}
	g_ptr_array_free(order, TRUE);
}

int dedup_facts_read(struct dedup_facts **out, struct am_archive *archive,
                     struct am_ctx *ctx, enum dedup_by by,
                     const int64_t *messages, size_t n,
                     struct dedup_counts *counts, struct am_error *err)
{
	struct dedup_facts *f = g_new0(struct dedup_facts, 1);
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(int64_t));
	int r = AM_OK;

	*f = (struct dedup_facts){
		.archive = archive, .ctx = ctx, .by = by, .counts = counts};
	f->all = g_array_new(FALSE, TRUE, sizeof(struct dedup_fact));
	*out = f;
	g_array_append_vals(ids, messages, (guint)n);
	g_array_sort(ids, by_number);
	for (guint i = 0; i < ids->len; i++) {
		const struct dedup_fact fact = {
			.message = g_array_index(ids, int64_t, i)};
		if (!i || g_array_index(ids, int64_t, i - 1) != fact.message)
			g_array_append_val(f->all, fact);
	}
	g_array_free(ids, TRUE);
	for (guint i = 0; i < f->all->len && !r; i++) {
		r = read_head(f, at(f, i), err);
		if (!r && am_ctx_cancelled(ctx))
			r = am_ctx_fail_cancelled(err);
	}
	if (!r && by != DEDUP_BYTES)
		r = read_messages(f, err);
	if (!r)
		count_same_id(f);
	return r;
}

void dedup_facts_free(struct dedup_facts **facts)
{
	struct dedup_facts *f = *facts;

	*facts = NULL;
	if (!f)
		return;
	g_array_free(f->all, TRUE);
	g_free(f);
}
