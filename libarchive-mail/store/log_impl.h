/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_STORE_LOG_IMPL_H
#define AM_STORE_LOG_IMPL_H

#include "store/log_layout.h"

struct am_arena;
struct am_file;
struct am_lock;
struct am_log_out;

/*
 * The inside of a log, shared by log_files.c (which files there are),
 * log_scan.c (finding records), log_read.c (open and read) and log_write.c.
 */
struct am_log_segment {
	struct am_file *file; /* opened when first read; NULL: not now */
	uint64_t size;        /* as the log sees it; 0 when it is missing */
};

struct am_log {
	char *path; /* without a slash at its end */
	bool is_folder;
	struct am_ctx *ctx;
	struct am_log_segment *segments;
	size_t n_segments;
	unsigned n_open;
	size_t close_next; /* whose turn it is when too many are open */

	bool id_known; /* false only while opening */
	bool bad_start;
	uint64_t archive_id;
	struct am_arena *arena; /* of the head */
	struct am_log_head head;
	struct am_commit last;
	struct am_commit known; /* the one it was opened from; number 0: none */
	bool lenient; /* behind `last`, take records that stand elsewhere */

	enum am_codec codec;
	int level;
	struct am_lock *lock;
	struct am_log_out *out; /* the writing half; NULL: read only */
};

/* ---- log_files.c ---- */
/* Name of a segment's file; g_free(). */
char *am_log_file_name(const struct am_log *log, size_t segment);
/* Look which files there are and how long. */
AM_MUST_USE int am_log_files_list(struct am_log *log, struct am_error *err);
void am_log_files_close(struct am_log *log);
void am_log_files_add(struct am_log *log, uint64_t size);
/* AM_OK with all len bytes, or AM_END when the file does not reach so far. */
AM_MUST_USE int am_log_pread(struct am_log *log, uint64_t pos, void *buf,
                             size_t len, struct am_error *err);
/* Bytes of records between two positions, over segments. */
uint64_t am_log_distance(const struct am_log *log, uint64_t from, uint64_t to);
/* The end of the last file: where a writer goes on. */
uint64_t am_log_files_end(const struct am_log *log);

/* ---- log_scan.c ---- */
/* A valid header of this archive at pos?  AM_OK, or AM_END for no. */
AM_MUST_USE int am_log_probe(struct am_log *log, uint64_t pos,
                             struct am_record *out, struct am_error *err);

/*
 * From record to record.  What lies between is told to `gap`, in order.
 *
 * A header whose end is no other header and not the end of its file may be a
 * torn one with the records of a later run behind it.  If there is a valid
 * header inside what it claims, it is; if there is none, it is whole and what
 * follows it is damaged.  Every byte is looked at a bounded number of times,
 * whatever the headers claim.
 */
struct am_log_scan {
	struct am_log *log;
	uint64_t pos, limit; /* records that begin before limit */
	bool ready;          /* `ahead` is the valid header at pos */
	bool sealed;         /* the record before pos was a seal */
	struct am_record ahead;
	void (*gap)(void *user, uint64_t pos, uint64_t len, const char *why);
	/* A header of this archive, good but for its place, which is rec->pos;
	 * it stands at `here`.  Only met where nothing valid is. */
	void (*moved)(void *user, const struct am_record *rec, uint64_t here);
	void *user;
};
AM_MUST_USE int am_log_scan_next(struct am_log_scan *scan,
                                 struct am_record *out, struct am_error *err);

/* A commit record's payload, its CRC checked, and whether it can be true. */
AM_MUST_USE int am_log_read_commit(struct am_log *log,
                                   const struct am_record *rec,
                                   struct am_commit *out, struct am_error *err);
/* AM_E_UNSUPPORTED for a record that must be understood and is not. */
AM_MUST_USE int am_log_check_type(const struct am_record *rec,
                                  struct am_error *err);

/* ---- log_write.c ---- */
/* Make ready to append behind what is there. */
AM_MUST_USE int am_log_out_open(struct am_log *log, struct am_error *err);
/* What is in the buffer goes to the file: somebody reads it. */
AM_MUST_USE int am_log_out_flush(struct am_log *log, struct am_error *err);
uint64_t am_log_out_end(const struct am_log *log); /* buffer included */
bool am_log_out_dirty(const struct am_log *log);
void am_log_out_free(struct am_log *log);

#endif
