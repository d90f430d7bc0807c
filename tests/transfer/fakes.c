/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/transfer/fakes.h"

#include "base/arena.h"
#include "base/blob.h"
#include "model/folder.h"

#include <glib.h>

#include <stdlib.h>
#include <string.h>

static struct fake_source *source_of(struct am_source *src)
{
	return AM_CONTAINER(src, struct fake_source, base);
}

static int give_bytes(const struct fake_source *s, struct am_message *msg,
                      struct am_error *err)
{
	int i = atoi(msg->origin);
	int size = s->size < 64 ? 64 : s->size;
	char *text = g_malloc((size_t)size);
	int n = g_snprintf(text, (gulong)size,
	                   "Subject: %d\nDate: Mon, 6 Jan "
	                   "2020 00:00:00 +0000\n\n",
	                   i);

	memset(text + n, 'x', (size_t)(size - n));
	text[size - 1] = '\n';
	return am_blob_take(&msg->raw, text, (size_t)size, err);
}

static int next_folder(struct fake_source *s, struct am_item *out,
                       struct am_error *err)
{
	char *name = g_strdup_printf(
		"f%d", s->folder_every ? s->at / s->folder_every : 0);
	const char *parts[] = {name};
	struct am_folder *folder = NULL;

	int r = am_folder_new(&folder, parts, 1, AM_ROLE_NONE, err);
	am_folder_unref(&s->folder);
	s->folder = folder;
	s->folder_at = s->folder_every ? s->at / s->folder_every : 0;
	s->folder_given = true;
	g_free(name);
	out->folder = s->folder;
	return r;
}

static int source_next(struct am_source *src, struct am_item *out,
                       struct am_error *err)
{
	struct fake_source *s = source_of(src);
	struct am_message *msg = NULL;

	if (s->at == s->n)
		return AM_END;
	if (!s->folder_given ||
	    (s->folder_every && s->at / s->folder_every != s->folder_at))
		return next_folder(s, out, err);
	if (s->delay_usec)
		g_usleep((gulong)s->delay_usec);
	int i = s->at++;
	out->folder = s->folder;
	if (i == s->cancel_at)
		am_cancel_request(s->base.ctx->cancel);
	if (i == s->fatal_next)
		return am_fail(err, AM_FATAL, AM_E_IO, "the source broke");
	if (i == s->fail_next) {
		out->origin = "bad one";
		return am_fail(err, AM_FAILED, AM_E_FORMAT, "no next %d", i);
	}
	int r = am_message_new(&msg, s->folder, err);
	if (r)
		return r;
	char *origin = g_strdup_printf("%d", i);
	msg->origin = am_arena_strdup(msg->arena, origin);
	g_free(origin);
	msg->size = AM_SIZE_UNKNOWN;
	msg->size_about = (uint64_t)s->size_about;
	msg->loads_anywhere = s->base.loads_anywhere;
	if (!s->lazy)
		r = give_bytes(s, msg, err);
	out->message = msg;
	return r;
}

static int source_ask(struct am_source *src, struct am_message *msg,
                      struct am_error *err)
{
	struct fake_source *s = source_of(src);

	(void)msg;
	(void)err;
	s->n_asked++;
	if (s->n_asked - s->n_loaded > s->max_ahead)
		s->max_ahead = s->n_asked - s->n_loaded;
	return AM_OK;
}

static int source_load(struct am_source *src, struct am_message *msg,
                       struct am_error *err)
{
	struct fake_source *s = source_of(src);
	int i = atoi(msg->origin);

	if (i == s->retry_load && !s->retried++)
		return am_fail(err, AM_RETRY, AM_E_IO, "not now");
	s->n_loaded++;
	int at_once = ++s->n_loading;
	if (at_once > s->max_loading)
		s->max_loading = at_once;
	if (s->vary)
		g_usleep((gulong)(i * 7919 % 300));
	s->n_loading--;
	if (i == s->gone_load)
		return AM_END;
	if (i == s->fatal_load)
		return am_fail(err, AM_FATAL, AM_E_IO, "the source broke");
	if (i == s->fail_load)
		return am_fail(err, AM_FAILED, AM_E_IO, "no load %d", i);
	return give_bytes(s, msg, err);
}

static void source_close(struct am_source *src)
{
	(void)src;
}

static const struct am_source_ops plain_source = {
	.next = source_next,
	.load = source_load,
	.close = source_close,
};

static const struct am_source_ops asking_source = {
	.next = source_next,
	.ask = source_ask,
	.load = source_load,
	.close = source_close,
};

void fake_source_init(struct fake_source *src, struct am_ctx *ctx, int n)
{
	bool asks = src->asks;

	*src = (struct fake_source){
		.n = n,
		.size = 200,
		.asks = asks,
		.fail_next = NEVER,
		.fail_load = NEVER,
		.fatal_next = NEVER,
		.fatal_load = NEVER,
		.retry_load = NEVER,
		.gone_load = NEVER,
		.cancel_at = NEVER,
	};
	src->base.ops = asks ? &asking_source : &plain_source;
	src->base.ctx = ctx;
}

void fake_source_end(struct fake_source *src)
{
	am_folder_unref(&src->folder);
}

/* ---- the sink
 * ----------------------------------------------------------------- */

static struct fake_sink *sink_of(const struct am_sink *sink)
{
	return (struct fake_sink *)(void *)(uintptr_t)(const void *)sink;
}

struct prepared {
	struct fake_sink *sink;
	uint64_t size;
	int i;
};

static int sink_begin(struct am_sink *sink, const struct am_job_info *info,
                      struct am_error *err)
{
	(void)info;
	(void)err;
	sink_of(sink)->n_begun++;
	return AM_OK;
}

static int sink_folder(struct am_sink *sink, const struct am_folder *folder,
                       struct am_error *err)
{
	(void)folder;
	(void)err;
	sink_of(sink)->n_folders++;
	return AM_OK;
}

static int sink_prepare(const struct am_sink *sink,
                        const struct am_message *msg, void **prepared,
                        struct am_error *err)
{
	struct fake_sink *s = sink_of(sink);
	int i = atoi(msg->origin);

	if (s->vary && i % 7 == 0)
		g_usleep((gulong)(i % 5) * 100);
	if (i == s->fatal_prepare)
		return am_fail(err, AM_FATAL, AM_E_IO, "no room");
	if (i == s->fail_prepare)
		return am_fail(err, AM_FAILED, AM_E_FORMAT, "odd %d", i);
	struct prepared *p = g_new(struct prepared, 1);
	*p = (struct prepared){s, am_blob_size(msg->raw), i};
	atomic_fetch_add(&s->prepared, 1);
	uint64_t held = atomic_fetch_add(&s->held, p->size) + p->size;
	uint64_t max = atomic_load(&s->max_held);
	while (held > max &&
	       !atomic_compare_exchange_weak(&s->max_held, &max, held))
		;
	*prepared = p;
	return AM_OK;
}

static void sink_discard(void *prepared)
{
	struct prepared *p = prepared;

	atomic_fetch_sub(&p->sink->prepared, 1);
	atomic_fetch_sub(&p->sink->held, p->size);
	g_free(p);
}

static int sink_put(struct am_sink *sink, const struct am_message *msg,
                    void *prepared, enum am_outcome *outcome,
                    struct am_error *err)
{
	struct fake_sink *s = sink_of(sink);
	int i = atoi(msg->origin);

	sink_discard(prepared);
	if (s->put_usec)
		g_usleep((gulong)s->put_usec);
	if (i == s->retry_put) {
		s->retry_put = NEVER;
		return am_fail(err, AM_RETRY, AM_E_BUSY, "busy");
	}
	if (i == s->whole_put)
		sink->n_whole++;
	if (i == s->fatal_put)
		return am_fail(err, AM_FATAL, AM_E_IO, "disk full");
	if (i == s->fail_put)
		return am_fail(err, AM_FAILED, AM_E_LIMIT, "too long");
	if (s->duplicate_odd && i % 2)
		*outcome = AM_DUPLICATE;
	if (s->n_put < s->n_max)
		s->order[s->n_put] = i;
	s->n_put++;
	return AM_OK;
}

static int sink_finish(struct am_sink *sink, const struct am_ledger *ledger,
                       bool complete, struct am_error *err)
{
	struct fake_sink *s = sink_of(sink);

	(void)ledger;
	(void)err;
	s->n_finished++;
	s->finished_complete = complete;
	return AM_OK;
}

static int sink_commit(struct am_sink *sink, struct am_error *err)
{
	struct fake_sink *s = sink_of(sink);

	if (s->n_commits == s->fail_commit)
		return am_fail(err, AM_FATAL, AM_E_IO, "cannot sync");
	s->n_commits++;
	s->last_commit_at = s->n_put;
	return AM_OK;
}

static const struct am_sink_ops sink_ops = {
	.begin = sink_begin,
	.folder = sink_folder,
	.prepare = sink_prepare,
	.put = sink_put,
	.discard = sink_discard,
	.finish = sink_finish,
	.commit = sink_commit,
};

void fake_sink_init(struct fake_sink *sink, struct am_ctx *ctx, int n)
{
	*sink = (struct fake_sink){
		.base = {.ops = &sink_ops,
	                 .ctx = ctx,
	                 .knows_duplicates = true},
		.n_max = n,
		.order = g_new0(int, (gsize)n + 1),
		.fail_prepare = NEVER,
		.fail_put = NEVER,
		.fatal_put = NEVER,
		.fatal_prepare = NEVER,
		.whole_put = NEVER,
		.fail_commit = NEVER,
		.retry_put = NEVER,
	};
}

void fake_sink_end(struct fake_sink *sink)
{
	g_free(sink->order);
	sink->order = NULL;
}
