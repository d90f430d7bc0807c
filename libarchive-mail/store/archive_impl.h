/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_STORE_ARCHIVE_IMPL_H
#define AM_STORE_ARCHIVE_IMPL_H

#include "model/format.h"
#include "store/archive.h"
#include "store/catalog.h"
#include "store/content.h"

/* What the files of the archive share. */

struct am_arena;
struct am_lock;
struct am_overview;

struct am_archive {
	char *path;  /* without a slash at its end */
	char *cache; /* where the catalog really is */
	char *temp;  /* the cache, when it goes with us; or NULL */
	struct am_ctx *ctx;
	struct am_limits limits;
	struct am_log *log;
	struct am_catalog *catalog;
	struct am_lock *lock; /* on the cache, of who writes it */
	struct am_content_index index;
	struct am_content_reader *reader;
	struct am_locations *locations; /* archive_elsewhere.c */
	struct am_elsewhere *elsewhere; /* what is open there */
	struct am_arena *arena;         /* what the last call gave */
	struct am_message *shown;       /* so did it */
	bool writable;
	bool own;              /* the catalog is ours alone */
	bool confirmed;        /* the log has the commit `hint` */
	bool told;             /* that it has not */
	struct am_commit hint; /* where the catalog was seen to be */
	uint64_t hint_id;
};

/* Without a catalog yet: am_archive_attach() or a private one follows. */
AM_MUST_USE int am_archive_begin(struct am_archive **out, const char *path,
                                 bool writable, struct am_ctx *ctx,
                                 struct am_error *err);
/* What can be found in one that cannot be opened: am_log_open_salvage(). */
AM_MUST_USE int am_archive_salvage(struct am_archive **out, const char *path,
                                   struct am_ctx *ctx, struct am_error *err);
/* A new archive, open for writing. */
AM_MUST_USE int am_archive_create(struct am_archive **out, const char *path,
                                  const struct am_log_options *options,
                                  struct am_ctx *ctx, struct am_error *err);
/* archive_attach.c: the catalog, brought up to the log.  *again: somebody else
 * moved it past what we saw; open anew. */
AM_MUST_USE int am_archive_attach(struct am_archive *a, bool *again,
                                  struct am_error *err);
/* A catalog of its own in a temporary folder, or where that will not do in
 * memory, made from the log alone. */
AM_MUST_USE int am_archive_attach_private(struct am_archive *a, bool tail,
                                          struct am_error *err);
/* The catalog of the cache made anew; BUSY when somebody else writes it. */
AM_MUST_USE int am_archive_attach_anew(struct am_archive *a,
                                       struct am_error *err);
/* The content reader, when there is none yet. */
AM_MUST_USE int am_archive_make_reader(struct am_archive *a,
                                       struct am_error *err);
/* archive_replay.c: bring the catalog, in an open transaction, to the log's
 * last commit; from 0: all of it; with the tail: and on to what no commit
 * covers, for repair. */
AM_MUST_USE int am_replay_log(struct am_archive *a, uint64_t from, bool tail,
                              struct am_error *err);

/*
 * archive_overview.c: the overview of a stored message from its text alone:
 * attachments are neither read nor decoded.
 */
struct am_skeleton;
struct am_skeleton *am_skeleton_new(struct am_archive *a);
void am_skeleton_free(struct am_skeleton **skeleton);
AM_MUST_USE int am_skeleton_overview(struct am_skeleton *skeleton,
                                     const struct am_recipe *recipe,
                                     struct am_arena *arena,
                                     struct am_overview *out,
                                     struct am_error *err);

/* The bytes of a message, wherever they are, proven by their hash. */
AM_MUST_USE int am_archive_bytes(struct am_archive *a,
                                 const struct am_catalog_message *row,
                                 struct am_blob **out, struct am_error *err);
/* archive_elsewhere.c: of one whose bytes lie where they were found. */
AM_MUST_USE int am_archive_bytes_elsewhere(struct am_archive *a,
                                           const struct am_catalog_message *row,
                                           struct am_blob **out,
                                           struct am_error *err);
void am_archive_elsewhere_close(struct am_archive *a);
/* AM_FAILED where the archive holds no bytes, so that it cannot be `what`:
 * "compacted". */
AM_MUST_USE int am_archive_needs_bytes(const struct am_archive *a,
                                       const char *what, struct am_error *err);

/* The row and the recipe of a message, also of one that shares content. */
AM_MUST_USE int am_archive_row(struct am_archive *a, uint64_t id,
                               struct am_arena *arena,
                               struct am_catalog_message *out,
                               struct am_error *err);
/* A note "archive.damage" that names a message as well as we know it. */
void am_archive_note_lost(struct am_archive *a, uint64_t id,
                          const struct am_error *why);

extern const struct am_option am_archive_options[];
AM_MUST_USE int am_archive_open_source(struct am_source **out,
                                       const struct am_location *where,
                                       struct am_ctx *ctx,
                                       struct am_error *err);
AM_MUST_USE int am_archive_open_sink(struct am_sink **out,
                                     const struct am_location *where,
                                     struct am_ctx *ctx, struct am_error *err);

#endif
