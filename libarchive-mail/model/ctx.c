/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A job's world: limits, notes, progress, cancelling.
 */
#include "model/ctx.h"

#include <glib.h>

#include <stdarg.h>

struct am_limits am_limits_or_default(const struct am_limits *limits)
{
	struct am_limits l = limits ? *limits : (struct am_limits){0};

	if (!l.header_bytes)
		l.header_bytes = (size_t)4 << 20;
	if (!l.line_bytes)
		l.line_bytes = (size_t)64 << 10;
	if (!l.mime_depth)
		l.mime_depth = 100;
	if (!l.mime_parts)
		l.mime_parts = 10000;
	if (!l.spool_memory)
		l.spool_memory = (size_t)256 << 10;
	return l;
}

bool am_ctx_cancelled(const struct am_ctx *ctx)
{
	return ctx && am_cancel_asked(ctx->cancel);
}

int am_ctx_fail_cancelled(struct am_error *err)
{
	return am_fail(err, AM_FATAL, AM_E_CANCELLED, "cancelled");
}

/*
 * One lock for all jobs of a process rather than one in the ctx: a ctx may be
 * copied to change its limits, and both copies then lead to one listener.
 * Recursive, because a listener may itself come upon something to tell.
 */
static GRecMutex listener_lock;

static void tell(struct am_ctx *ctx, const struct am_note *note)
{
	g_rec_mutex_lock(&listener_lock);
	ctx->on_note(ctx->user, note);
	g_rec_mutex_unlock(&listener_lock);
}

void am_ctx_note(struct am_ctx *ctx, enum am_note_level level, const char *code,
                 const struct am_folder *folder, const char *origin,
                 const char *fmt, ...)
{
	if (!ctx || !ctx->on_note)
		return;
	va_list args;
	va_start(args, fmt);
	char *text = g_strdup_vprintf(fmt, args);
	va_end(args);
	tell(ctx, &(struct am_note){.level = level,
	                            .code = code,
	                            .folder = folder,
	                            .origin = origin,
	                            .text = text});
	g_free(text);
}

void am_ctx_note_error(struct am_ctx *ctx, const char *code,
                       const struct am_folder *folder, const char *origin,
                       const struct am_error *err)
{
	if (!ctx || !ctx->on_note)
		return;
	tell(ctx, &(struct am_note){.level = AM_NOTE_ERROR,
	                            .kind = err->kind,
	                            .code = code,
	                            .folder = folder,
	                            .origin = origin,
	                            .text = err->text});
}

void am_ctx_progress(struct am_ctx *ctx, const struct am_progress *progress)
{
	if (!ctx || !ctx->on_progress)
		return;
	g_rec_mutex_lock(&listener_lock);
	ctx->on_progress(ctx->user, progress);
	g_rec_mutex_unlock(&listener_lock);
}

bool am_ctx_reads(const struct am_ctx *ctx, const char *path, uint64_t *from)
{
	if (from)
		*from = 0;
	return !ctx || !ctx->reads || ctx->reads(ctx->reads_user, path, from);
}

const char *am_ctx_tmpdir(const struct am_ctx *ctx)
{
	return ctx && ctx->tmpdir && *ctx->tmpdir ? ctx->tmpdir : "/tmp";
}
