/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_STORE_REWRITE_H
#define AM_STORE_REWRITE_H

#include "store/archive_sink.h"
#include "store/idset.h"

/*
 * An archive written anew into another file, for compact and repair: message
 * by message, then the facts about them in the order of the old log.  Ids and
 * UIDs stay; only blocks are numbered afresh.
 */
struct am_rewrite {
	struct am_archive *from, *to;
	struct am_archive_writer writer;
	struct am_idset *messages;   /* that are in the new archive */
	struct am_idset *placed;     /* those of them that have a placement */
	struct am_idset *placements; /* that were written */
	struct am_idset *folders;    /* that were written */
	uint64_t bytes;              /* raw bytes written */
	bool tail;                   /* take what no commit covers, too */
	bool tolerant;               /* pass over what cannot be read */
};

/* Makes `to` at a path where nothing is. */
AM_MUST_USE int am_rewrite_open(struct am_rewrite *rw, struct am_archive *from,
                                const char *path,
                                const struct am_log_options *options,
                                struct am_ctx *ctx, struct am_error *err);
/* Without a commit before: what was made stays behind, for the caller to
 * remove. */
void am_rewrite_close(struct am_rewrite *rw);

/* A message that owns its content.  AM_FAILED: its bytes cannot be had. */
AM_MUST_USE int am_rewrite_content(struct am_rewrite *rw,
                                   const struct am_catalog_message *row,
                                   struct am_error *err);
/* One that shares another's, which was written before. */
AM_MUST_USE int am_rewrite_shared(struct am_rewrite *rw,
                                  const struct am_catalog_message *row,
                                  struct am_error *err);
/* Only that there was such a message. */
AM_MUST_USE int am_rewrite_dropped(struct am_rewrite *rw,
                                   const struct am_catalog_message *row,
                                   struct am_error *err);
/* All other items of the old log; placements and changes only of messages that
 * were written. */
AM_MUST_USE int am_rewrite_facts(struct am_rewrite *rw, struct am_error *err);
/* Single facts, for what the old log does not tell any more. */
AM_MUST_USE int am_rewrite_folder(struct am_rewrite *rw,
                                  const struct am_item_folder *item,
                                  struct am_error *err);
AM_MUST_USE int am_rewrite_placement(struct am_rewrite *rw,
                                     const struct am_item_placement *item,
                                     struct am_error *err);
AM_MUST_USE int am_rewrite_change(struct am_rewrite *rw,
                                  const struct am_item_change *item,
                                  struct am_error *err);
AM_MUST_USE int am_rewrite_commit(struct am_rewrite *rw, struct am_error *err);

/* Remove an archive that we were making: its file or folder, and its cache. */
void am_rewrite_remove(const char *path);

#endif
