/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/serve_index.h"

#include "cmd/indexing.h"
#include "cmd/serve/fuzzy.h"
#include "index/index.h"
#include "index/unkept.h"
#include "serve/heads.h"
#include "serve/vault.h"
#include "store/archive.h"

#include <glib.h>

#include <stdlib.h>
#include <string.h>

/* How often new messages are looked for; how many have to be there, unless
 * they have waited for long. */
enum { LOOK_S = 5, PATIENCE_LOOKS = 12, MANY = 50 };

struct one {
	struct am_vault *vault;
	char *path;
	GMutex lock; /* the handle */
	struct am_index *index;
	unsigned looks;
};

struct serve_index {
	struct am_house *house;
	struct am_ctx *ctx;
	struct one *all;
	char *program; /* that reads attached files */
	GThread *thread;
	GMutex lock;
	GCond stop;
	bool stopping, update;
	struct am_cancel cancel;
	struct am_ctx
		quiet; /* for updates: nobody listens, and it can be stopped */
};

/* ---- asked ---- */

static int find(void *user, struct am_vault *vault, const char *text,
                struct am_found *out, struct am_error *err)
{
	struct serve_index *s = user;
	struct am_index_pieces pieces;
	int r = AM_END;

	for (size_t i = 0; i < s->house->n_vaults; i++) {
		struct one *one = &s->all[i];
		if (one->vault != vault)
			continue;
		g_mutex_lock(&one->lock);
		if (one->index)
			r = am_index_pieces(one->index, text, &pieces, err);
		/* Whatever is wrong with it: messages can still be read. */
		if (r < 0)
			am_index_close(&one->index);
		g_mutex_unlock(&one->lock);
		if (!r)
			*out = (struct am_found){.n = pieces.n,
			                         .ids = pieces.ids,
			                         .sure = pieces.sure,
			                         .last = pieces.last};
	}
	return r < 0 ? AM_END : r;
}

static struct one *one_of(struct serve_index *s, const struct am_vault *vault)
{
	for (size_t i = 0; i < s->house->n_vaults; i++)
		if (s->all[i].vault == vault)
			return &s->all[i];
	return NULL;
}

bool serve_index_has(struct serve_index *s, const struct am_vault *vault)
{
	struct one *one = one_of(s, vault);

	g_mutex_lock(&one->lock);
	bool has = one->index;
	g_mutex_unlock(&one->lock);
	return has;
}

static gint by_id(gconstpointer a, gconstpointer b)
{
	const struct am_hit *x = a, *y = b;
	return (x->id > y->id) - (x->id < y->id);
}

/* All hits, by id; with the index's lock. */
static int query_all(struct am_index *index, struct am_archive *archive,
                     const struct am_query *query, enum am_sort sort,
                     struct am_hit **out, size_t *n, struct am_error *err)
{
	uint64_t count, total;

	int r = am_index_count(index, archive, query, &count, err);
	if (r)
		return r;
	struct am_hit *hits = g_new(struct am_hit, count + 1);
	r = am_index_search(index, archive, query, sort, 0, (size_t)count, hits,
	                    n, &total, err);
	if (r) {
		g_free(hits);
		return r;
	}
	qsort(hits, *n, sizeof *hits, by_id);
	*out = hits;
	return AM_OK;
}

int serve_index_query(struct serve_index *s, struct am_vault *vault,
                      const char *text, bool ranked, struct am_hit **hits,
                      size_t *n, int64_t *last, struct am_error *err)
{
	struct one *one = one_of(s, vault);
	struct am_query *query = NULL;
	struct am_archive *archive;

	int r = am_query_parse(&query, text, am_time_now(), err);
	if (!r)
		r = am_vault_lend_fresh(vault, &archive, err);
	if (!r) {
		g_mutex_lock(&one->lock);
		if (!one->index)
			r = am_fail(err, AM_FAILED, AM_E_ARGUMENT,
			            "this archive has no index");
		else
			r = query_all(one->index, archive, query,
			              ranked ? AM_SORT_RELEVANCE : AM_SORT_DATE,
			              hits, n, err);
		if (!r)
			*last = am_index_last(one->index);
		g_mutex_unlock(&one->lock);
		am_vault_give_back(vault, &archive);
	}
	am_query_free(&query);
	return r;
}

/* ---- kept up to date ---- */

/* The index as it is now; of another archive it is none. */
static void open_again(struct one *one)
{
	struct am_archive *archive = NULL;
	struct am_index *index = NULL;
	uint64_t missing;

	if (am_vault_lend_fresh(one->vault, &archive, NULL))
		return;
	if (am_index_open(&index, one->path, false, NULL) == AM_OK &&
	    am_index_missing(index, archive, &missing, NULL))
		am_index_close(&index);
	am_vault_give_back(one->vault, &archive);
	g_mutex_lock(&one->lock);
	am_index_close(&one->index);
	one->index = index;
	g_mutex_unlock(&one->lock);
}

static uint64_t count_missing(struct one *one)
{
	struct am_archive *archive;
	uint64_t missing = 0;

	if (am_vault_lend_fresh(one->vault, &archive, NULL))
		return 0;
	g_mutex_lock(&one->lock);
	if (one->index && am_index_missing(one->index, archive, &missing, NULL))
		missing = 0;
	g_mutex_unlock(&one->lock);
	am_vault_give_back(one->vault, &archive);
	return missing;
}

static void look_after(struct serve_index *s, struct one *one)
{
	struct am_index *writer = NULL;

	/* With an index BODY and TEXT ask for what it does not know. */
	if (serve_index_has(s, one->vault))
		(void)!am_vault_heads_update(one->vault, s->house, &s->cancel,
		                             NULL);
	if (!s->update)
		return;
	uint64_t missing = count_missing(one);

	one->looks = missing ? one->looks + 1 : 0;
	if (!missing || (missing < MANY && one->looks < PATIENCE_LOOKS))
		return;
	one->looks = 0;
	/* Somebody else at it is as good. */
	if (am_index_open(&writer, one->path, true, NULL) == AM_OK) {
		am_index_extract(writer, s->program);
		(void)!am_index_update(writer, am_vault_path(one->vault), 1,
		                       &s->quiet, NULL);
	}
	am_index_close(&writer);
	open_again(one);
}

static gpointer run(gpointer user)
{
	struct serve_index *s = user;

	g_mutex_lock(&s->lock);
	while (!s->stopping) {
		int64_t until = g_get_monotonic_time() +
		                (int64_t)LOOK_S * G_USEC_PER_SEC;
		g_mutex_unlock(&s->lock);
		for (size_t i = 0;
		     i < s->house->n_vaults && !am_cancel_asked(&s->cancel);
		     i++)
			look_after(s, &s->all[i]);
		g_mutex_lock(&s->lock);
		while (!s->stopping &&
		       g_cond_wait_until(&s->stop, &s->lock, until))
			;
	}
	g_mutex_unlock(&s->lock);
	return NULL;
}

/* ---- the whole ---- */

struct serve_index *serve_index_new(struct am_house *house, bool update,
                                    struct am_ctx *ctx)
{
	struct serve_index *s = g_new0(struct serve_index, 1);

	s->house = house;
	s->ctx = ctx;
	s->quiet = (struct am_ctx){.limits = ctx->limits,
	                           .tmpdir = ctx->tmpdir,
	                           .cancel = &s->cancel};
	g_mutex_init(&s->lock);
	g_cond_init(&s->stop);
	s->program = indexing_extract_program();
	s->all = g_new0(struct one, house->n_vaults);
	for (size_t i = 0; i < house->n_vaults; i++) {
		struct one *one = &s->all[i];
		one->vault = house->vaults[i];
		one->path = g_strconcat(am_vault_path(one->vault),
		                        ".cache/xapian", NULL);
		g_mutex_init(&one->lock);
		open_again(one);
	}
	house->find = find;
	house->rank = serve_fuzzy;
	house->unkept = am_index_unkept;
	house->find_user = s;
	s->update = update;
	s->thread = g_thread_new("indexer", run, s);
	return s;
}

void serve_index_free(struct serve_index **index)
{
	struct serve_index *s = *index;

	*index = NULL;
	if (!s)
		return;
	am_cancel_request(&s->cancel);
	g_mutex_lock(&s->lock);
	s->stopping = true;
	g_cond_signal(&s->stop);
	g_mutex_unlock(&s->lock);
	if (s->thread)
		g_thread_join(s->thread);
	for (size_t i = 0; i < s->house->n_vaults; i++) {
		am_index_close(&s->all[i].index);
		g_mutex_clear(&s->all[i].lock);
		g_free(s->all[i].path);
	}
	s->house->find = NULL;
	s->house->rank = NULL;
	s->house->unkept = NULL;
	g_mutex_clear(&s->lock);
	g_cond_clear(&s->stop);
	g_free(s->program);
	g_free(s->all);
	g_free(s);
}
