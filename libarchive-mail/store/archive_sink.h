/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_STORE_ARCHIVE_SINK_H
#define AM_STORE_ARCHIVE_SINK_H

#include "store/archive_impl.h"
#include "store/idset.h"

#include <glib.h>

/*
 * Writing into an archive: what the sink (archive_sink.c), the placing of one
 * message (archive_put.c) and compact share.
 *
 * Items are gathered and go to the log behind the blocks they name, when there
 * are enough of them and before each commit.
 */
struct am_archive_writer {
	struct am_archive *archive;
	struct am_content_writer *content;
	struct am_content_index index; /* the content writer looks at it */
	struct am_items *items;
	struct am_commit next; /* the counts of the commit to come */
	bool dirty;            /* something came since the last commit */
	bool in_transaction;
	bool last; /* the commit to come is the last of a run */
};

AM_MUST_USE int am_archive_writer_open(struct am_archive_writer *w,
                                       struct am_archive *archive,
                                       struct am_error *err);
void am_archive_writer_close(struct am_archive_writer *w);
/* Before the first change: begins the catalog's transaction. */
AM_MUST_USE int am_archive_writer_start(struct am_archive_writer *w,
                                        struct am_error *err);
/* After adding to w->items: writes them out when they are many. */
AM_MUST_USE int am_archive_writer_turn(struct am_archive_writer *w,
                                       struct am_error *err);
/* AM_OK: all that was put is safe. */
AM_MUST_USE int am_archive_writer_commit(struct am_archive_writer *w,
                                         struct am_error *err);

struct am_in_place;

struct am_archive_sink {
	struct am_sink base;
	struct am_archive *archive;
	struct am_archive_writer writer;
	uint64_t accession;       /* 0: nobody said who copies */
	GHashTable *same_source;  /* accessions of this very source */
	uint64_t first_new;       /* placements from here on are of this run */
	struct am_idset *claimed; /* placements met in the source */
	struct am_idset *met;     /* folders of these */
	bool gone_on;             /* it was looked whether a file goes on */
	uint64_t relabelled, reflagged; /* of these */
	char *identity;         /* of a source that is a server, or NULL */
	struct am_arena *arena; /* for the message being put */
	/* Messages stay where they are, and this is known of them (in_place.h);
	 * NULL: they come into the archive. */
	struct am_in_place *place;
};

AM_MUST_USE int am_archive_put_folder(struct am_archive_sink *s,
                                      const struct am_folder *folder,
                                      struct am_catalog_folder **out,
                                      struct am_error *err);
AM_MUST_USE int am_archive_put_message(struct am_archive_sink *s,
                                       const struct am_message *msg,
                                       struct am_split *split,
                                       enum am_outcome *outcome,
                                       struct am_error *err);

/* A placement of a message that is there, with the folder's next UID. */
AM_MUST_USE int
am_archive_add_place(struct am_archive_sink *s, const struct am_message *msg,
                     uint64_t message, const struct am_catalog_folder *folder,
                     struct am_arena *arena, struct am_error *err);

/* archive_follow.c: what a server says of messages taken earlier. */
AM_MUST_USE int am_archive_change(struct am_archive_sink *s, const char *source,
                                  const struct am_change *change,
                                  struct am_error *err);
AM_MUST_USE int am_archive_remember(struct am_archive_sink *s,
                                    const char *source,
                                    const struct am_folder *folder,
                                    const char *cursor, struct am_error *err);
/* archive_put.c: a placement's flags and words become these; `keep`: none of
 * what it has is taken away. */
AM_MUST_USE int am_archive_refresh(struct am_archive_sink *s,
                                   const struct am_message *now, bool keep,
                                   const struct am_catalog_place *place,
                                   struct am_arena *arena,
                                   struct am_error *err);
AM_MUST_USE int am_archive_add_change(struct am_archive_sink *s,
                                      const struct am_item_change *change,
                                      struct am_error *err);

/* archive_since.c: the source was read to its end: what of it that was here
 * before was not in it, and what is different by now, as notes. */
AM_MUST_USE int am_archive_tell_since(struct am_archive_sink *s,
                                      const struct am_ledger *ledger,
                                      struct am_error *err);

/* archive_memory.c: what the archive remembers of servers, read beside a sink
 * that is at work. */
struct am_memory *am_archive_memory_new(struct am_archive *archive);
void am_archive_memory_free(struct am_memory **memory);

#endif
