/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MODEL_SINK_H
#define AM_MODEL_SINK_H

#include "model/ctx.h"
#include "model/memory.h"
#include "model/message.h"

struct am_sink;

/* What put() did. */
enum am_outcome {
	AM_STORED,
	AM_DUPLICATE /* these bytes were already in this folder of the target */
};

/* Who copies what: an archive records it as an accession. */
struct am_job_info {
	const char *command;  /* the command line, secrets left out */
	const char *source;   /* the source location as given */
	const char *format;   /* the source's format name */
	const char *identity; /* am_source.identity; the pump fills it in */
	bool once; /* a pipe: what came by that name before was another */
	const char *program; /* "mailark 0.1.0" */
	int64_t started;
};

/* The ledger: found = stored + duplicates + filtered + failed, always. */
struct am_ledger {
	uint64_t found, stored, duplicates, filtered, failed;
	uint64_t incomplete; /* of stored and duplicates: with parts missing */
	uint64_t bytes;      /* raw bytes of what was stored */
	uint64_t folders;    /* seen in the source */
};

/* Where a sink that numbers its messages has them, in its own words, and what
 * it was like when last looked at (0: not known). */
struct am_box {
	const char *name;
	uint32_t uidvalidity, uidnext;
	uint64_t messages;
	bool renamed; /* by somebody there: the sink would call it otherwise */
};

/* What of a box may be there no more. */
struct am_missing {
	/* As it was, and then as it is now; another name replaces the one it
	 * had, which is freed with g_free(). */
	struct am_box *box;
	/* Of the source's folder that is in it (am_folder_print()), or NULL if
	 * there are several. */
	const char *path;
	const struct am_box *const *all; /* all that are known; some NULL */
	size_t n_all;
	uint32_t *uids; /* numbers in it, ascending */
	size_t n;
};

/* A message a sink took, and the number it has there; or, where messages are
 * files, what it is called and how large it is, as a source over the target
 * will say (am_message.origin). */
struct am_placed {
	const struct am_folder *folder; /* the source's, */
	uint32_t uidvalidity, uid;      /* as are these */
	const char *box;
	uint32_t box_uidvalidity, box_uid;
	const char *name; /* NULL: it has a number */
	uint64_t size;
};

/*
 * A sink is anything mail can be put into.
 *
 *   begin    who copies what; once, before anything else.  Optional.
 *   folder   make this folder exist; called once, before anything in it.
 *   prepare  the heavy, pure part of putting one message: hash, compress,
 *            parse, re-encode.  Runs on any worker, several at once, and sees
 *            the sink as const.  What it leaves in *prepared goes to put().
 *   put      the ordered part: append, insert, send.  Runs on one thread, in
 *            source order.  Borrows the message; takes *prepared.  A sink
 *            that recognises what it has already says AM_DUPLICATE.
 *   change   a message taken from a source earlier is different there now, or
 *            gone.  NULL: this target cannot follow changes.
 *   remember a cursor of the source for this folder (depth 0: for the source);
 *            it holds from the next commit on.  NULL: forgotten.
 *   commit   when it returns AM_OK, all that was put is safe on disk.
 *   missing  of these numbers of a box of its own (am_placed) those that are
 *            there no more, to the front of `uids`, n of them.  A box that was
 *            renamed is gone on with under its new name.  AM_END: numbered
 *            anew, so nobody knows.  Optional.
 *   finish   the source came to its end (complete) or was broken off; the
 *            ledger as it stands.  Once, before the last commit.  Optional.
 *   close    without a commit before it: leave no half-written thing behind.
 *
 * A sink that has nothing heavy to do leaves prepare and discard NULL.
 */
struct am_sink_ops {
	int (*begin)(struct am_sink *sink, const struct am_job_info *info,
	             struct am_error *err);
	int (*folder)(struct am_sink *sink, const struct am_folder *folder,
	              struct am_error *err);
	int (*prepare)(const struct am_sink *sink, const struct am_message *msg,
	               void **prepared, struct am_error *err);
	int (*put)(struct am_sink *sink, const struct am_message *msg,
	           void *prepared, enum am_outcome *outcome,
	           struct am_error *err);
	void (*discard)(void *prepared); /* a prepared that will not be put */
	int (*change)(struct am_sink *sink, const char *source,
	              const struct am_change *change, struct am_error *err);
	int (*remember)(struct am_sink *sink, const char *source,
	                const struct am_folder *folder, const char *cursor,
	                struct am_error *err);
	int (*missing)(struct am_sink *sink, struct am_missing *what,
	               struct am_error *err);
	int (*finish)(struct am_sink *sink, const struct am_ledger *ledger,
	              bool complete, struct am_error *err);
	int (*commit)(struct am_sink *sink, struct am_error *err);
	void (*close)(struct am_sink *sink);
};

/* A message a sink took, and then was told it could not have. */
struct am_late {
	const struct am_folder *folder;
	const char *origin;
	uint64_t bytes; /* am_blob_size() of what was put */
	uint32_t uidvalidity, uid;
};

struct am_sink {
	const struct am_sink_ops *ops;
	struct am_ctx *ctx;
	/* The sink tells duplicates itself, by the exact bytes within the
	 * folder.  Otherwise the pump reads the target first and does it. */
	bool knows_duplicates;
	/* All goes into one folder, whatever it is called in the source. */
	bool one_folder;
	/* It tells the names of all it takes. */
	bool names;
	/* prepare() has use for the hash in am_message, where it is there. */
	bool hashes;
	/* What is put is only safe once finish() was followed by commit(): the
	 * file is none before that.  The pump commits then and not before, so
	 * that nothing counts as safe that is not. */
	bool whole_at_end;
	/* Such a sink may end one file and begin another: it counts, and what
	 * was put before the put() that counts is safe. */
	uint64_t n_whole;
	/* Whoever opened it may set it: an earlier run was broken off, and what
	 * it sent may still be coming in. */
	bool unsettled;
	/* What it remembers of sources; NULL: nothing. */
	struct am_memory *memory;
	/* Whoever puts may set it: how a sink that does not wait for a server's
	 * answer in put() tells of what was refused later.  Called from put()
	 * and commit(); once commit() returned, all is told. */
	void (*late)(void *user, const struct am_late *what,
	             const struct am_error *err);
	/* The same for those whose numbers or names there it knows; may be
	 * NULL.  A name may be told before the commit that gives it. */
	void (*placed)(void *user, const struct am_placed *what);
	void *late_user;
	/* Set with AM_FATAL: what was put and not told as late is safe even
	 * so, and no commit can follow. */
	bool settled;
};

/* Thin callers: NULL members do nothing and succeed. */
AM_MUST_USE int am_sink_begin(struct am_sink *sink,
                              const struct am_job_info *info,
                              struct am_error *err);
AM_MUST_USE int am_sink_folder(struct am_sink *sink,
                               const struct am_folder *folder,
                               struct am_error *err);
AM_MUST_USE int am_sink_prepare(const struct am_sink *sink,
                                const struct am_message *msg, void **prepared,
                                struct am_error *err);
/* Takes *prepared in every case. */
AM_MUST_USE int am_sink_put(struct am_sink *sink, const struct am_message *msg,
                            void **prepared, enum am_outcome *outcome,
                            struct am_error *err);
AM_MUST_USE int am_sink_change(struct am_sink *sink, const char *source,
                               const struct am_change *change,
                               struct am_error *err);
AM_MUST_USE int am_sink_remember(struct am_sink *sink, const char *source,
                                 const struct am_folder *folder,
                                 const char *cursor, struct am_error *err);
void am_sink_discard(const struct am_sink *sink, void **prepared);
AM_MUST_USE int am_sink_finish(struct am_sink *sink,
                               const struct am_ledger *ledger, bool complete,
                               struct am_error *err);
AM_MUST_USE int am_sink_commit(struct am_sink *sink, struct am_error *err);
void am_sink_close(struct am_sink **sink);

#endif
