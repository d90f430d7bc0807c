/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_STORE_CATALOG_H
#define AM_STORE_CATALOG_H

#include "store/items.h"
#include "store/log.h"

struct am_arena;
struct am_overview;

/*
 * The catalog: one SQLite database that answers quickly what the log knows.
 * WAL, one writer; everything in it can be made again from the log.  It holds
 * the commit it reflects; SQLite's transactions follow the log's commits.
 *
 * Adding is in the order of the log: what an item names was added before it.
 * A failed write is AM_FATAL: roll back and close.
 */
struct am_catalog;

/*
 * dir: its folder; made, and so is the database, when writable.
 * AM_E_CORRUPT: there is something else, or something broken: am_catalog_wipe()
 * and open again.  AM_E_UNSUPPORTED: it names a feature of a later version.
 * AM_E_NOTFOUND: nothing there to read.
 */
AM_MUST_USE int am_catalog_open(struct am_catalog **out, const char *dir,
                                bool writable, struct am_error *err);
/* One that is not there yet (else AM_E_EXISTS), as if after bulk(). */
AM_MUST_USE int am_catalog_open_new(struct am_catalog **out, const char *dir,
                                    struct am_error *err);
/* An empty one in memory, for where no file can be written. */
AM_MUST_USE int am_catalog_open_memory(struct am_catalog **out,
                                       struct am_error *err);
/* Of a place nobody can write to, so that not even SQLite's locks are taken. */
AM_MUST_USE int am_catalog_open_frozen(struct am_catalog **out, const char *dir,
                                       struct am_error *err);
void am_catalog_close(struct am_catalog **catalog);
/* SQLite found it damaged while it was read.  A mark beside it makes the next
 * am_catalog_open() say AM_E_CORRUPT, until wipe(). */
bool am_catalog_is_broken(const struct am_catalog *catalog);
/* Remove the database's files. */
AM_MUST_USE int am_catalog_wipe(const char *dir, struct am_error *err);
/* Make it empty, as a new one, in the transaction that is open: readers of the
 * old one keep what they see, which removing its files would take away. */
AM_MUST_USE int am_catalog_reset(struct am_catalog *catalog,
                                 struct am_error *err);
/* The commit it stands at; AM_END when it is empty; archive_id to compare. */
AM_MUST_USE int am_catalog_position(struct am_catalog *catalog,
                                    uint64_t *archive_id, struct am_commit *out,
                                    struct am_error *err);
AM_MUST_USE int am_catalog_begin(struct am_catalog *catalog,
                                 struct am_error *err);
AM_MUST_USE int am_catalog_end(struct am_catalog *catalog, uint64_t archive_id,
                               const struct am_commit *commit,
                               struct am_error *err);
void am_catalog_rollback(struct am_catalog *catalog);
/* For readers: everything read from here on is of one moment, until end. */
AM_MUST_USE int am_catalog_pin(struct am_catalog *catalog,
                               struct am_error *err);
void am_catalog_unpin(struct am_catalog *catalog);

/*
 * Much is about to come into an empty catalog: hashes are found through memory,
 * and until the first commit there is no journal: a crash before it leaves a
 * mark, so that the catalog is made anew.  Does nothing where there is
 * something already.
 */
void am_catalog_bulk(struct am_catalog *catalog);
/* While there is no journal yet: writes what the commit would have to write. */
AM_MUST_USE int am_catalog_write_ahead(struct am_catalog *catalog,
                                       struct am_error *err);
/* Marks it as not fit to be read yet; in the transaction that is open. */
AM_MUST_USE int am_catalog_set_rebuilding(struct am_catalog *catalog,
                                          bool rebuilding,
                                          struct am_error *err);
AM_MUST_USE int am_catalog_is_rebuilding(struct am_catalog *catalog, bool *out,
                                         struct am_error *err);

AM_MUST_USE int am_catalog_add_block(struct am_catalog *catalog, uint64_t block,
                                     uint64_t pos, struct am_error *err);
AM_MUST_USE int am_catalog_add_blob(struct am_catalog *catalog,
                                    const uint8_t hash[AM_SHA256_LEN],
                                    uint64_t size, uint64_t pos,
                                    struct am_error *err);
AM_MUST_USE int am_catalog_add_folder(struct am_catalog *catalog,
                                      const struct am_item_folder *folder,
                                      struct am_error *err);
AM_MUST_USE int am_catalog_add_message(struct am_catalog *catalog,
                                       const struct am_item_message *message,
                                       const struct am_overview *overview,
                                       struct am_error *err);
AM_MUST_USE int
am_catalog_add_placement(struct am_catalog *catalog,
                         const struct am_item_placement *placement,
                         uint64_t seq, struct am_error *err);
/* The placement added last, as the log has it; until the next is added. */
const uint8_t *am_catalog_encoded(const struct am_catalog *catalog,
                                  size_t *len);
/* AM_FAILED with AM_E_CORRUPT when there is no such placement. */
AM_MUST_USE int am_catalog_add_change(struct am_catalog *catalog,
                                      const struct am_item_change *change,
                                      uint64_t seq, struct am_error *err);
AM_MUST_USE int am_catalog_add_cursor(struct am_catalog *catalog,
                                      const struct am_item_cursor *cursor,
                                      struct am_error *err);
AM_MUST_USE int
am_catalog_add_accession(struct am_catalog *catalog,
                         const struct am_item_accession *accession,
                         struct am_error *err);

/* The sequence number of the last placement or change added. */
AM_MUST_USE int am_catalog_seq(struct am_catalog *catalog, uint64_t *out,
                               struct am_error *err);

/* Where a block or the first frame of a blob lies; AM_END when not known. */
AM_MUST_USE int am_catalog_find_block(struct am_catalog *catalog,
                                      uint64_t block, uint64_t *pos,
                                      struct am_error *err);
AM_MUST_USE int am_catalog_find_blob(struct am_catalog *catalog,
                                     const uint8_t hash[AM_SHA256_LEN],
                                     uint64_t *pos, struct am_error *err);

/*
 * What is there of a message to be stored: *same, the message of exactly these
 * bytes; or else *form, one whose stored bytes are these with LF ends and that
 * can be shared because all line ends are of one kind.  0: none.
 */
struct am_catalog_match {
	uint64_t same, form;
};
AM_MUST_USE int am_catalog_match(struct am_catalog *catalog,
                                 const uint8_t hash[AM_SHA256_LEN],
                                 const uint8_t hash_lf[AM_SHA256_LEN],
                                 struct am_catalog_match *out,
                                 struct am_error *err);
/* By the beginning of a hash in hexadecimal: up to two ids, *n of them. */
AM_MUST_USE int am_catalog_find_hash(struct am_catalog *catalog,
                                     const char *hex, uint64_t ids[2],
                                     size_t *n, struct am_error *err);

/* A message's row; strings and the recipe (only of the owner of content) live
 * in the arena. */
struct am_catalog_message {
	struct am_item_message item;
	const char *from, *to, *cc, *subject, *message_id;
	const char *thread; /* NULL: its own; am_catalog_thread() */
	bool hop;           /* of what it answers, not of the thread */
	struct am_when date;
	uint32_t n_attachments;
	bool dropped; /* compact took its bytes: no placement was left */
};
/* From one id to another, by id; AM_END from fn ends it well. */
struct am_archive_head;
typedef int am_catalog_head_fn(void *user, const struct am_archive_head *head,
                               struct am_error *err);
AM_MUST_USE int am_catalog_each_head(struct am_catalog *catalog, int64_t first,
                                     int64_t last, am_catalog_head_fn *fn,
                                     void *user, struct am_error *err);
AM_MUST_USE int am_catalog_message(struct am_catalog *catalog, uint64_t id,
                                   struct am_arena *arena,
                                   struct am_catalog_message *out,
                                   struct am_error *err);
/* Has `thread` name the thread itself, which takes a few more look-ups; NULL:
 * none but the message. */
AM_MUST_USE int am_catalog_thread(struct am_catalog *catalog,
                                  struct am_catalog_message *message,
                                  struct am_arena *arena, struct am_error *err);
/* Its size alone; AM_END when there is no such message. */
AM_MUST_USE int am_catalog_size(struct am_catalog *catalog, uint64_t message,
                                uint64_t *out, struct am_error *err);
/* All ids, g_free() them: ascending, or with like mails next to each other. */
enum am_catalog_order { AM_CATALOG_BY_ID, AM_CATALOG_BY_THREAD };
AM_MUST_USE int am_catalog_ids(struct am_catalog *catalog,
                               enum am_catalog_order order, uint64_t **ids,
                               size_t *n, struct am_error *err);

struct am_catalog_folder {
	uint64_t id;
	const struct am_folder *folder;
	uint32_t uidvalidity, uidnext;
	bool removed;
	uint64_t messages, unseen, bytes; /* live */
};
/* All folders by id, the catalog's; NULL: cannot be read, see err. */
AM_MUST_USE int am_catalog_folders(struct am_catalog *catalog,
                                   struct am_catalog_folder *const **out,
                                   size_t *n, struct am_error *err);
/* By id or by path; *out NULL when there is none. */
AM_MUST_USE int am_catalog_folder(struct am_catalog *catalog, uint64_t id,
                                  struct am_catalog_folder **out,
                                  struct am_error *err);
AM_MUST_USE int am_catalog_folder_at(struct am_catalog *catalog,
                                     const struct am_folder *path,
                                     struct am_catalog_folder **out,
                                     struct am_error *err);

/*
 * Placements, by id within the whole, a folder, or a message.  meta is decoded
 * by am_catalog_meta(); the row's own fields are what holds now.
 */
enum am_catalog_gone {
	AM_CATALOG_HERE,
	AM_CATALOG_GONE,    /* expunged */
	AM_CATALOG_REPLACED /* expunged, and another one stands for it */
};
struct am_catalog_place {
	uint64_t id, message, folder, seq, accession;
	uint32_t uid, flags;
	bool gone, replaced, has_keywords, has_labels;
	const uint8_t *meta; /* the cursor's, until its next step */
	size_t meta_len;
};
enum am_catalog_by {
	AM_CATALOG_ALL,
	AM_CATALOG_IN_FOLDER,
	AM_CATALOG_OF_MESSAGE
};
struct am_catalog_places;
AM_MUST_USE int am_catalog_places_open(struct am_catalog_places **out,
                                       struct am_catalog *catalog,
                                       enum am_catalog_by by, uint64_t key,
                                       struct am_error *err);
/* Those with ids from first to last, ascending. */
AM_MUST_USE int am_catalog_places_span(struct am_catalog_places **out,
                                       struct am_catalog *catalog,
                                       uint64_t first, uint64_t last,
                                       struct am_error *err);
AM_MUST_USE int am_catalog_places_next(struct am_catalog_places *places,
                                       struct am_catalog_place *out,
                                       struct am_error *err);
void am_catalog_places_close(struct am_catalog_places **places);
/* Where every live one is, without the rest. */
typedef void am_catalog_spot_fn(void *user, int64_t message, int64_t folder);
AM_MUST_USE int am_catalog_spots(struct am_catalog *catalog,
                                 am_catalog_spot_fn *fn, void *user,
                                 struct am_error *err);
/* One by its id; meta is the arena's.  AM_END when there is none. */
AM_MUST_USE int am_catalog_place(struct am_catalog *catalog, uint64_t id,
                                 struct am_arena *arena,
                                 struct am_catalog_place *out,
                                 struct am_error *err);
/* The placement item with flags, folder and UID as they are now. */
AM_MUST_USE int am_catalog_meta(const struct am_catalog_place *place,
                                struct am_arena *arena,
                                struct am_item_placement *out,
                                struct am_error *err);

struct am_catalog_counts {
	uint64_t placements; /* live */
	uint64_t bytes;
	uint64_t with_keywords, with_labels;
	uint64_t max_accession;
};
AM_MUST_USE int am_catalog_counts(struct am_catalog *catalog,
                                  struct am_catalog_counts *out,
                                  struct am_error *err);
struct am_catalog_change {
	uint64_t seq, message;
	bool gone;
};
AM_MUST_USE int am_catalog_changes(struct am_catalog *catalog, uint64_t after,
                                   struct am_catalog_change *out, size_t room,
                                   size_t *got, struct am_error *err);
/* Accession items in order. */
typedef int am_accession_fn(void *user, const struct am_item_accession *a,
                            struct am_error *err);
AM_MUST_USE int am_catalog_accessions(struct am_catalog *catalog,
                                      am_accession_fn *fn, void *user,
                                      struct am_error *err);
/* Every cursor of a source: its folder and its value, in the order of
 * folders. */
typedef int am_cursor_fn(void *user, const char *folder, const char *value,
                         struct am_error *err);
AM_MUST_USE int am_catalog_cursors(struct am_catalog *catalog,
                                   const char *source, am_cursor_fn *fn,
                                   void *user, struct am_error *err);
/* Blobs by position. */
typedef int am_blob_fn(void *user, const uint8_t hash[AM_SHA256_LEN],
                       uint64_t size, uint64_t pos, struct am_error *err);
AM_MUST_USE int am_catalog_blobs(struct am_catalog *catalog, am_blob_fn *fn,
                                 void *user, struct am_error *err);

/* Row by row, two catalogs that should say the same; each difference is told
 * in words ("placement 17: flags"), at most 20 of a table.  Before that, what
 * SQLite finds wrong with the pages of a. */
typedef void am_difference_fn(void *user, const char *what);
AM_MUST_USE int am_catalog_compare(struct am_catalog *a, struct am_catalog *b,
                                   am_difference_fn *fn, void *user,
                                   uint64_t *differences, struct am_error *err);

#endif
