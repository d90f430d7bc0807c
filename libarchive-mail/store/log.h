/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_STORE_LOG_H
#define AM_STORE_LOG_H

#include "base/codec.h"
#include "base/hash.h"
#include "model/ctx.h"

/*
 * The log: records one behind the other in one file or in numbered segments
 * (FORMAT.md, sections 2 and 4).  It knows records and commits, not mail.
 *
 * One writer at a time (lock beside the archive), any number of readers, who
 * see only what was committed.  Positions are segment << 44 | offset.
 */
enum am_record_type {
	AM_REC_SPEC = 1,
	AM_REC_EXTRACTOR = 2,
	AM_REC_HEAD = 3,
	AM_REC_BLOCK = 4,
	AM_REC_BLOB = 5,
	AM_REC_ITEMS = 6,
	AM_REC_COMMIT = 7,
	AM_REC_SEAL = 8,
	AM_REC_PARITY = 9,
	AM_REC_SIGNATURE = 10,
	AM_REC_KEYSLOT = 11,
	AM_REC_TOMBSTONE = 12
};

#define AM_RECORD_HEADER    64
#define AM_RECORD_SKIPPABLE 1
#define AM_BLOB_PREFIX      40 /* hash and total length before a blob's frame */
#define AM_FRAME_MAX        (4u << 20)
#define AM_BLOCK_MAX        (4u << 20)

struct am_record {
	enum am_record_type type;
	uint8_t flags;
	enum am_codec codec;
	uint8_t version;
	uint32_t crc; /* of the payload as stored */
	uint64_t stored_len, raw_len;
	uint64_t pos; /* of the header */
	uint64_t id;
	uint64_t archive_id;
};

struct am_commit {
	uint64_t number, since, pos; /* pos: of the commit record itself */
	uint64_t end;                /* just behind it */
	uint8_t chain[AM_SHA256_LEN];
	int64_t when;
	uint64_t messages, placements, folders, blobs, blocks;
	uint64_t max_message, max_placement, max_folder, max_block;
};

struct am_log_options {
	enum am_codec codec; /* default zstd */
	int level;           /* 0: the codec's default */
	uint64_t segment;    /* bytes; 0: one file */
	bool no_sync;        /* tests and benchmarks of the disk only */
	bool elsewhere; /* messages' bytes are not in it (FORMAT.md, 2.3) */
};

struct am_log;

/* A new archive; AM_E_EXISTS when there is one. Its first commit is written,
 * and it takes its name only then.  options NULL: zstd, one file.  A path that
 * ends in '/' or is an empty folder: segments, of 1 GiB if nothing is said. */
AM_MUST_USE int am_log_create(struct am_log **out, const char *path,
                              const struct am_log_options *options,
                              struct am_ctx *ctx, struct am_error *err);
/*
 * Open one.  `from` NULL: find the last commit by reading forward from the
 * start, header to header.  Otherwise a commit known from the catalog, trusted
 * after its record has been checked; reading goes on behind it.  When that
 * commit is not in the archive: AM_FAILED with AM_E_CORRUPT, and the caller
 * opens again without.
 * AM_E_UNSUPPORTED names a feature or type that this program lacks.
 */
AM_MUST_USE int am_log_open(struct am_log **out, const char *path,
                            bool writable, const struct am_commit *from,
                            struct am_ctx *ctx, struct am_error *err);
/*
 * For repair, where am_log_open() finds no beginning or no commit: every record
 * there is, wherever it stands.  am_log_last() is then all zeros.
 */
AM_MUST_USE int am_log_open_salvage(struct am_log **out, const char *path,
                                    struct am_ctx *ctx, struct am_error *err);
void am_log_close(struct am_log **log);

uint64_t am_log_archive_id(const struct am_log *log);
/* The first line, which no record covers, is not what it has to be. */
bool am_log_starts_badly(const struct am_log *log);
const struct am_commit *am_log_last(const struct am_log *log);
/* Bytes behind the last commit that count for nothing. */
uint64_t am_log_tail(const struct am_log *log);
/* Made with options.elsewhere. */
bool am_log_is_elsewhere(const struct am_log *log);
enum am_codec am_log_codec(const struct am_log *log); /* of later writing */
int am_log_level(const struct am_log *log);
void am_log_set_codec(struct am_log *log, enum am_codec codec, int level);
uint64_t am_log_size(const struct am_log *log); /* all files together */

/*
 * Append one record; *pos where it begins.  The payload is already packed with
 * the codec; it goes through a buffer, so nothing is safe before commit.  A
 * segment that is full is sealed and the next begun.
 */
AM_MUST_USE int am_log_append(struct am_log *log, enum am_record_type type,
                              enum am_codec codec, uint64_t id,
                              const void *prefix, size_t prefix_len,
                              const void *payload, size_t len, uint64_t raw_len,
                              uint64_t *pos, struct am_error *err);
/* The counts of *commit filled by the caller; number, since, chain, when, pos
 * and end by the log.  AM_OK: everything appended is safe on disk. */
AM_MUST_USE int am_log_commit(struct am_log *log, struct am_commit *commit,
                              struct am_error *err);

/* A record by position: header checked (magic, CRC, position, archive id). */
AM_MUST_USE int am_log_header(struct am_log *log, uint64_t pos,
                              struct am_record *out, struct am_error *err);
/* Its payload as stored, CRC checked; out has room for stored_len bytes. */
AM_MUST_USE int am_log_payload(struct am_log *log, const struct am_record *rec,
                               uint8_t *out, struct am_error *err);
/* Payload unpacked; for a blob its frame, with the prefix in front untouched
 * in prefix[].  g_free(*out). */
AM_MUST_USE int am_log_unpack(struct am_log *log, struct am_coder *coder,
                              const struct am_record *rec, uint8_t **out,
                              uint8_t prefix[AM_BLOB_PREFIX],
                              struct am_error *err);
/* The same for a reader who needs only the first `want` bytes: at least those
 * are unpacked, *got of raw_len, in a buffer with room for all. */
AM_MUST_USE int am_log_unpack_some(struct am_log *log, struct am_coder *coder,
                                   const struct am_record *rec, size_t want,
                                   uint8_t **out, size_t *got,
                                   uint8_t prefix[AM_BLOB_PREFIX],
                                   struct am_error *err);
/* What comes out of a damaged block, *got bytes of raw_len: see
 * am_codec_salvage().  AM_FAILED: not even its bytes can be read. */
AM_MUST_USE int am_log_salvage(struct am_log *log, struct am_coder *coder,
                               const struct am_record *rec, uint8_t **out,
                               size_t *got, struct am_error *err);
/* Just behind rec; AM_END at the last commit's end. */
AM_MUST_USE int am_log_after(struct am_log *log, const struct am_record *rec,
                             uint64_t *pos, struct am_error *err);

/*
 * Walk the committed records from a position (0: the first; else the end of a
 * commit): each goes to `record`, each commit to `commit` after all it covers
 * (any may be NULL).  Void tails of crashed runs are passed over and counted;
 * what is damaged is handed to `damage` with its extent (length 0: something is
 * missing there), and the walk goes on behind it.  When a commit's own record
 * is damaged, what it covered is handed out all the same.
 */
struct am_log_walk {
	int (*record)(void *user, const struct am_record *rec,
	              struct am_error *err);
	int (*commit)(void *user, const struct am_commit *commit,
	              struct am_error *err);
	void (*damage)(void *user, uint64_t pos, uint64_t len, const char *why);
	void *user;
	bool payloads; /* check each payload's CRC and each commit's chain */
	bool tail; /* go on behind the last commit, with what never counted: for
	            * repair, should that commit's record be what was damaged.
	            * Records there may stand elsewhere than they say, where
	            * bytes before them were inserted or lost; from then on
	            * am_log_header() finds them too */
	uint64_t void_bytes; /* out */
};
AM_MUST_USE int am_log_walk(struct am_log *log, uint64_t from,
                            struct am_log_walk *walk, struct am_error *err);

#endif
