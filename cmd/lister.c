/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/lister.h"

#include "base/arena.h"
#include "cmd/ask.h"
#include "cmd/session.h"
#include "transfer/registry.h"
#include "transfer/report.h"
#include "transfer/transfer.h"

#include <glib.h>

struct lister_sink {
	struct am_sink base;
	const struct lister *lister;
};

struct prepared {
	struct lister_item item;
	struct am_arena *arena;
};

static struct lister_sink *sink_of(struct am_sink *sink)
{
	return AM_CONTAINER(sink, struct lister_sink, base);
}

static int list_folder(struct am_sink *sink, const struct am_folder *folder,
                       struct am_error *err)
{
	const struct lister *lister = sink_of(sink)->lister;
	const struct lister_item item = {.folder = folder};

	return lister->each(lister->user, &item, err);
}

static void discard(void *data)
{
	struct prepared *p = data;

	am_arena_free(&p->arena);
	g_free(p);
}

static int prepare(const struct am_sink *sink, const struct am_message *msg,
                   void **prepared, struct am_error *err)
{
	const struct lister_sink *ls =
		(const struct lister_sink *)(const void *)sink;
	struct prepared *p = g_new0(struct prepared, 1);

	p->arena = am_arena_new();
	p->item.msg = msg;
	p->item.folder = msg->folder;
	int r = am_digest_read(&p->item.digest, msg->raw, err);
	if (!r && ls->lister->overview)
		r = am_overview_read(&p->item.overview, msg->raw, NULL,
		                     &sink->ctx->limits, p->arena, err);
	if (!r && ls->lister->proof)
		r = am_proof_read(&p->item.proof, msg->raw, &sink->ctx->limits,
		                  err);
	if (r)
		discard(p);
	else
		*prepared = p;
	return r;
}

static int put(struct am_sink *sink, const struct am_message *msg,
               void *prepared, enum am_outcome *outcome, struct am_error *err)
{
	const struct lister *lister = sink_of(sink)->lister;
	struct prepared *p = prepared;

	(void)msg;
	*outcome = AM_STORED;
	int r = lister->each(lister->user, &p->item, err);
	discard(p);
	return r;
}

static const struct am_sink_ops ops = {
	.folder = list_folder,
	.prepare = prepare,
	.put = put,
	.discard = discard,
};

int lister_run(struct session *s, const struct am_place *place,
               const struct lister *lister)
{
	struct lister_sink sink = {
		.base = {.ops = &ops, .ctx = &s->ctx, .knows_duplicates = true},
		.lister = lister,
	};
	const struct am_transfer_opts opts = {
		.workers = lister->jobs ? lister->jobs : g_get_num_processors(),
		.phase = lister->phase,
	};
	struct am_report *report = am_report_new();
	struct am_source *src = NULL;
	struct am_error err = {0};

	/* Some commands look at a place more than once. */
	asker_begin(s->asker);
	int r = am_place_open_source(place, &src, &s->ctx, &err);
	if (!r)
		r = am_transfer_run(src, &sink.base, &opts, report, &err);
	if (r)
		session_error(s, s->subject, &err);
	am_source_close(&src);
	am_report_free(&report);
	return r ? AM_FATAL : AM_OK;
}
