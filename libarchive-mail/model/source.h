/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MODEL_SOURCE_H
#define AM_MODEL_SOURCE_H

#include "model/ctx.h"
#include "model/memory.h"
#include "model/message.h"

/*
 * A file that another format reads, which lies where this source looks: a zip
 * in a tree, Outlook's in a zip.  Only a source that was told to leave such
 * files to others (its option "leave") yields them; transfer/parcels.h opens
 * them.  It lives until the next call, and so does what is at its path.
 */
struct am_parcel {
	const char *path;   /* to open it by */
	const char *name;   /* what it is called */
	const char *origin; /* where it lies, as a message's */
	/* One message, in the item's folder; else a folder of its own, of its
	 * name, in that one. */
	bool single;
};

/*
 * What next() yields: a folder, once, before anything in it; a message; or,
 * from a source that goes on where it left off, a change of a message the
 * target has, or a cursor: text to remember for that folder (depth 0: for the
 * source) once all items before it are safe.  Both live until the next call.
 */
struct am_item {
	const struct am_folder *folder; /* the source's; NULL only on failure */
	struct am_message *message;
	const struct am_change *change;
	const char *cursor;
	const struct am_parcel *parcel; /* all four NULL: the folder itself */
	/* With a folder or a cursor: how many more messages of the folder the
	 * target has already, so that they are not yielded (they are counted
	 * as duplicates). */
	uint64_t already;
	/* After AM_FAILED: which item was bad, until the next call. */
	const char *origin;
	/* And how many messages it stands for, where it is not one. */
	uint64_t messages;
};

struct am_source;

/*
 * A source is anything mail can be pulled from.
 *
 *   next   the next item; AM_END after the last.  Where bytes are dear (a
 *          server, a PST) the message comes without them.  AM_FAILED means
 *          one item was bad and the following next() goes on behind it;
 *          out->folder and out->origin then say which.
 *   ask    start fetching a message's bytes, do not wait.  A server source
 *          pipelines with it; NULL for everything local.
 *   load   give the message its bytes.  Any time before close(), in the order
 *          asked.  A message never loaded was skipped, which costs nothing.
 *          AM_END: it was taken away since next() told of it; it does not
 *          count as found.
 *
 *   watch  after AM_END of next(): wait until there is something new (AM_OK),
 * or for ms milliseconds (AM_END).  Only close() may follow: what is new is had
 * by opening the source again.  NULL: nothing says so. resume what the target
 * remembers of this source; at most once, before the first next(), and `memory`
 * outlives the source's last next(). NULL: this source always gives everything.
 *
 *   find   the message that goes by this origin, wherever next() stands, with
 * or without its bytes; AM_END: there is none.  What next() gives after it is
 * anything.  NULL: only next() comes upon messages.
 *
 * One thread drives a source (but see loads_anywhere).  The messages it gave
 * belong to the caller and stay good after close().
 */
struct am_source_ops {
	int (*next)(struct am_source *src, struct am_item *out,
	            struct am_error *err);
	int (*ask)(struct am_source *src, struct am_message *msg,
	           struct am_error *err);
	int (*load)(struct am_source *src, struct am_message *msg,
	            struct am_error *err); /* NULL: next() has the bytes */
	int (*resume)(struct am_source *src, struct am_memory *memory,
	              struct am_error *err);
	int (*watch)(struct am_source *src, unsigned ms, struct am_error *err);
	int (*find)(struct am_source *src, const char *origin,
	            struct am_message **out, struct am_error *err);
	void (*close)(struct am_source *src);
};

/* A member of every implementation: struct mbox_source { struct am_source
 * base; ... }, reached back from the base with AM_CONTAINER(). */
struct am_source {
	const struct am_source_ops *ops;
	struct am_ctx *ctx;
	uint64_t total, total_bytes; /* for progress; 0: unknown */
	/* So little, all together, that to start threads for it would take
	 * longer than they save. */
	bool brief;
	/* It has messages that say so too: load() of them may be called by any
	 * thread, by several at once and in any order, while another is in
	 * next(). */
	bool loads_anywhere;
	/* What before-hand is known to be there, for the words of loss: how
	 * many messages have keywords, several labels …; 0: none, or nobody
	 * has counted. */
	uint64_t n_with_keywords, n_with_labels;
	/* What is to be remembered of the source itself once nothing is read
	 * from it any more, however it ended, and the folder (depth 0) it is
	 * remembered for; NULL: nothing. */
	const char *rest;
	const struct am_folder *rest_folder;
	/* The same whenever this source is opened again, without secrets:
	 * "imap://user@host"; NULL where nothing is resumed.
	 * AM_SOURCE_LOCAL and a path: a file, that goes on only where a run
	 * was broken off.  Its cursors begin with a position, and messages
	 * whose origin ends with ':' and a lesser one come before it. */
	const char *identity;
};

#define AM_SOURCE_LOCAL "file:"
bool am_source_is_local(const char *identity); /* may be NULL */

AM_MUST_USE int am_source_next(struct am_source *src, struct am_item *out,
                               struct am_error *err);
AM_MUST_USE int am_source_ask(struct am_source *src, struct am_message *msg,
                              struct am_error *err);
AM_MUST_USE int am_source_load(struct am_source *src, struct am_message *msg,
                               struct am_error *err);
/* Does nothing when the source cannot resume or memory is NULL. */
AM_MUST_USE int am_source_resume(struct am_source *src,
                                 struct am_memory *memory,
                                 struct am_error *err);
void am_source_close(struct am_source **src);

#endif
