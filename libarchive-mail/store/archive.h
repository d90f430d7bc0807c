/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_STORE_ARCHIVE_H
#define AM_STORE_ARCHIVE_H

#include "base/hash.h"
#include "model/ctx.h"
#include "model/message.h"

/*
 * The archive: the log holds the truth, the catalog makes it quick.
 *
 *   mail.mailark                       append-only records, each checksummed
 *   mail.mailark.cache/catalog.sqlite  folders, placements, flags: rebuildable
 *   mail.mailark.cache/xapian/         full text (see index/): rebuildable
 *
 * One writer (lock with owner), many readers.  Every change takes the next
 * sequence number, so a follower (the index, an IMAP client's HIGHESTMODSEQ)
 * asks only for what came after the last one it saw.
 *
 * A reader sees one moment, that of its opening; to see what a writer has
 * committed since, open again, which is cheap.
 *
 * A handle belongs to one thread at a time; threads that read in parallel open
 * one each.  Opening brings the catalog up to date with the log first: behind,
 * it catches up; ahead, foreign or gone, it is made anew.  Where the archive
 * lies on a read-only place its cache is kept in memory for the session.
 */
struct am_archive;

struct am_archive_stats {
	uint64_t messages; /* distinct bytes */
	uint64_t placements, folders, blobs, blocks;
	uint64_t bytes;     /* of all placements' messages, raw */
	uint64_t file_size; /* of the archive */
	uint64_t tail;      /* uncommitted bytes of an interrupted run */
	uint64_t commits, max_seq;
};

AM_MUST_USE int am_archive_open(struct am_archive **out, const char *path,
                                bool writable, struct am_ctx *ctx,
                                struct am_error *err);
void am_archive_close(struct am_archive **archive);
AM_MUST_USE int am_archive_stats(struct am_archive *archive,
                                 struct am_archive_stats *out,
                                 struct am_error *err);
/* "mail.mailark.cache/xapian": where an index of it belongs.  g_free(). */
char *am_archive_index_path(const struct am_archive *archive);
uint64_t am_archive_id(const struct am_archive *archive);
/* Is it one that knows messages which lie elsewhere (store/in_place.h)?  They
 * are read there, by am_ctx.elsewhere. */
bool am_archive_is_elsewhere(const struct am_archive *archive);

/* What the catalog knows of one message; strings the archive's, until the next
 * call on it. */
struct am_archive_message {
	int64_t id;
	uint64_t size;
	uint8_t hash[AM_SHA256_LEN], hash_lf[AM_SHA256_LEN];
	const char *from, *to, *cc, *subject, *message_id;
	const char *thread; /* the same for all messages of a thread */
	struct am_when date;
	uint32_t n_attachments;
	bool dropped; /* no folder held it, and compact gave up its bytes */
};

AM_MUST_USE int am_archive_message(struct am_archive *archive, int64_t id,
                                   struct am_archive_message *out,
                                   struct am_error *err);
/* By a hash or the beginning of one in hexadecimal (4 digits and up); AM_END
 * for none, AM_FAILED with AM_E_ARGUMENT when several begin so. */
AM_MUST_USE int am_archive_find_hash(struct am_archive *archive,
                                     const char *hex, int64_t *id,
                                     struct am_error *err);
/* The exact bytes, hash checked. */
AM_MUST_USE int am_archive_load(struct am_archive *archive, int64_t id,
                                struct am_blob **out, struct am_error *err);

/* A place of a message: folder, flags, dates … as it stands now. */
struct am_archive_placement {
	int64_t id, message, folder_id;
	uint64_t seq;
	bool gone; /* expunged: kept, not shown */
	const struct am_folder *folder;
	const struct am_message *meta; /* flags, keywords, dates, origin, props;
	                                * the archive's, until the next call */
};
/* Places of one message, first stored first. */
typedef int am_placement_fn(void *user, const struct am_archive_placement *p,
                            struct am_error *err);
AM_MUST_USE int am_archive_placements(struct am_archive *archive,
                                      int64_t message, am_placement_fn *fn,
                                      void *user, struct am_error *err);

/* Folders with their counts (live placements). */
typedef int am_folder_fn(void *user, int64_t id, const struct am_folder *folder,
                         uint64_t messages, uint64_t unseen, uint64_t bytes,
                         struct am_error *err);
AM_MUST_USE int am_archive_folders(struct am_archive *archive, am_folder_fn *fn,
                                   void *user, struct am_error *err);

/* Every live place there is: message and folder (am_archive_folders() names
 * them). */
typedef void am_place_fn(void *user, int64_t message, int64_t folder);
AM_MUST_USE int am_archive_each_place(struct am_archive *archive,
                                      am_place_fn *fn, void *user,
                                      struct am_error *err);
/* The same with flags, as enum am_flag. */
typedef void am_filed_fn(void *user, int64_t message, int64_t folder,
                         uint32_t flags);
AM_MUST_USE int am_archive_each_filed(struct am_archive *archive,
                                      am_filed_fn *fn, void *user,
                                      struct am_error *err);

/*
 * Ids of messages with a live placement for which all of this holds: what a
 * search filters by and an index does not know.  0 / NULL: does not matter.
 * Ascending, in *ids, g_free() it.
 */
struct am_archive_filter {
	const char *folder; /* glob, as am_folder_matches() */
	uint32_t flags_set, flags_unset;
	const char *keyword; /* or label, as am_label_is() takes them */
};
AM_MUST_USE int am_archive_select(struct am_archive *archive,
                                  const struct am_archive_filter *filter,
                                  int64_t **ids, size_t *n,
                                  struct am_error *err);

/* What messages' headers say, from one id to another, by ascending id; NULL
 * where a field is not there.  A status other than AM_OK ends it and is handed
 * back, AM_END as AM_OK. */
struct am_archive_head {
	int64_t id;
	const char *from, *to, *cc, *subject, *message_id;
	struct am_when date;
};
typedef int am_head_fn(void *user, const struct am_archive_head *head,
                       struct am_error *err);
AM_MUST_USE int am_archive_each_head(struct am_archive *archive, int64_t first,
                                     int64_t last, am_head_fn *fn, void *user,
                                     struct am_error *err);

/* The change sequence, for followers: which message was touched. */
struct am_archive_change {
	uint64_t seq;
	int64_t message;
	bool gone; /* no live placement is left */
};
/* Changes with a sequence above `after`, ascending, each message once (at its
 * latest change); AM_END when there are none. */
AM_MUST_USE int am_archive_changes(struct am_archive *archive, uint64_t after,
                                   struct am_archive_change *out, size_t room,
                                   size_t *got, struct am_error *err);

/* Checking and mending.  Findings go to ctx as notes ("archive.damage" …). */
struct am_verify_result {
	uint64_t records, commits, messages, blobs, bytes;
	uint64_t damaged_records, damaged_messages, damaged_blobs;
	uint64_t catalog_differences;
	uint64_t void_bytes; /* tails of interrupted runs: no damage */
};
/* full: rebuild and hash every message and attachment too, and compare the
 * catalog with the log.  AM_FAILED when something is damaged; *out is filled
 * either way. */
AM_MUST_USE int am_archive_verify(const char *path, bool full,
                                  struct am_ctx *ctx,
                                  struct am_verify_result *out,
                                  struct am_error *err);
/* Make the catalog anew from the log alone. */
AM_MUST_USE int am_archive_rebuild(const char *path, struct am_ctx *ctx,
                                   struct am_error *err);

struct am_compact_options {
	bool max;          /* larger blocks at a high level, for cold mail */
	const char *to;    /* write here; NULL: replace after verifying */
	const char *codec; /* NULL: as it is */
	uint64_t segment;
};
struct am_repair_result {
	uint64_t kept, lost; /* messages */
	bool uncounted; /* no commit was found to say how many there were */
	uint64_t bytes_before, bytes_after;
};
/* Everything that is live written anew, verified, and only then put in place
 * of the old file.  Ids, UIDs, history and accessions stay. */
AM_MUST_USE int am_archive_compact(const char *path,
                                   const struct am_compact_options *options,
                                   struct am_ctx *ctx,
                                   struct am_repair_result *out,
                                   struct am_error *err);
/* What can be read of a damaged archive into a new file; each lost message is
 * a note with its Message-ID, subject and date where the catalog knows them.
 * The old file is left as it is. */
AM_MUST_USE int am_archive_repair(const char *path, const char *to,
                                  struct am_ctx *ctx,
                                  struct am_repair_result *out,
                                  struct am_error *err);

extern const struct am_format am_format_archive; /* source and sink */

#endif
