/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MODEL_CTX_H
#define AM_MODEL_CTX_H

#include "base/cancel.h"
#include "base/error.h"

struct am_elsewhere_ops;
struct am_folder;

/*
 * Things a person should hear of that did not stop the work.  INFO: worth
 * counting; LOSS: something the target cannot hold was left behind; WARN: we
 * had to judge; ERROR: a message (or part of one) could not be had.
 */
enum am_note_level { AM_NOTE_INFO, AM_NOTE_LOSS, AM_NOTE_WARN, AM_NOTE_ERROR };

struct am_note {
	enum am_note_level level;
	enum am_kind kind;
	const char *code; /* stable and greppable: "mbox.from-ambiguous" */
	const struct am_folder *folder; /* may be NULL */
	const char *origin;             /* may be NULL */
	const char *text;
};

struct am_progress {
	const char *phase; /* "copying", "indexing", "rebuilding the catalog" */
	uint64_t done, total; /* messages; total 0 when unknown */
	uint64_t done_bytes, total_bytes;
	uint64_t failed, duplicates;
	const struct am_folder *folder; /* may be NULL */
};

/*
 * Walls against hostile input; 0 means the default.  A message beyond one of
 * the parsing limits is still stored whole: the limits bound what is *looked
 * at*, never what is kept.
 */
struct am_limits {
	size_t header_bytes; /* of one header block that is parsed: 4 MiB */
	size_t line_bytes;   /* of one line that is looked at whole: 64 KiB */
	size_t mime_depth;   /* nesting of parts: 100 */
	size_t mime_parts;   /* parts in one message: 10,000 */
	size_t spool_memory; /* of one message kept on the heap: 256 KiB */
};

/*
 * The world as one job sees it.  Passed to everything that is opened; there
 * are no globals.  Callbacks come from any thread but never two at a time.
 */
struct am_ctx {
	void (*on_note)(void *user, const struct am_note *note);
	void (*on_progress)(void *user, const struct am_progress *progress);
	/* Ask for a secret ("imap password for x@y"); NULL when unattended. */
	int (*ask)(void *user, const char *prompt, char *buf, size_t size);
	void *user;
	struct am_limits limits;
	const char *tmpdir;
	struct am_cancel *cancel; /* NULL: this job cannot be cancelled */
	/* How what an archive only knows is read; NULL: not at all. */
	const struct am_elsewhere_ops *elsewhere;
	/* A file with many messages is about to be read.  False: it is known
	 * as it is and left out; else what is new begins at *from, or before.
	 * NULL: all are read.  See am_ctx_reads(). */
	bool (*reads)(void *reads_user, const char *path, uint64_t *from);
	void *reads_user;
};

/* The defaults filled in where a limit is 0. */
struct am_limits am_limits_or_default(const struct am_limits *limits);
/* Asked in every loop that may run long and around every blocking read. */
bool am_ctx_cancelled(const struct am_ctx *ctx); /* ctx NULL: false */
/* Fill *err and return AM_FATAL with AM_E_CANCELLED. */
int am_ctx_fail_cancelled(struct am_error *err);
/* One note in one line; does nothing without a listener.  Callers on several
 * threads are let through one at a time. */
void am_ctx_note(struct am_ctx *ctx, enum am_note_level level, const char *code,
                 const struct am_folder *folder, const char *origin,
                 const char *fmt, ...) AM_PRINTF(6, 7);
/* The same for something that went wrong: kind and text of err. */
void am_ctx_note_error(struct am_ctx *ctx, const char *code,
                       const struct am_folder *folder, const char *origin,
                       const struct am_error *err);
void am_ctx_progress(struct am_ctx *ctx, const struct am_progress *progress);
/* Asked by a source before it opens such a file; *from is 0 where nobody knows.
 * from NULL: it can only read the whole. */
bool am_ctx_reads(const struct am_ctx *ctx, const char *path, uint64_t *from);
/* Where spools go: ctx->tmpdir, else /tmp. */
const char *am_ctx_tmpdir(const struct am_ctx *ctx);

#endif
