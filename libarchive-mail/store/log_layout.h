/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_STORE_LOG_LAYOUT_H
#define AM_STORE_LOG_LAYOUT_H

#include "store/log.h"

struct am_arena;

/*
 * The bytes of the log (FORMAT.md, sections 2 and 4): positions, the text a
 * file begins with, record headers, heads and commits, each with its encode and
 * decode.  Nothing here touches a file.
 */
#define AM_LOG_PREAMBLE    128
#define AM_LOG_OFFSET_BITS 44
/* No payload but a blob's frame is longer than this, packed or unpacked: what a
 * header may claim before memory is asked for. */
#define AM_PAYLOAD_MAX (64u << 20)

static inline uint64_t am_log_pos(uint64_t segment, uint64_t offset)
{
	return segment << AM_LOG_OFFSET_BITS | offset;
}

static inline uint64_t am_log_pos_segment(uint64_t pos)
{
	return pos >> AM_LOG_OFFSET_BITS;
}

static inline uint64_t am_log_pos_offset(uint64_t pos)
{
	return pos & (((uint64_t)1 << AM_LOG_OFFSET_BITS) - 1);
}

/* Where the record ends; the caller has checked that it lies in its file. */
static inline uint64_t am_log_record_end(const struct am_record *rec)
{
	return rec->pos + AM_RECORD_HEADER + rec->stored_len;
}

extern const uint8_t am_log_magic[8];
/* The first 128 bytes of each file. */
void am_log_encode_preamble(uint8_t out[AM_LOG_PREAMBLE]);
/* AM_OK; AM_END: not a preamble; AM_FAILED with AM_E_UNSUPPORTED: of a format
 * that we do not read. */
AM_MUST_USE int am_log_decode_preamble(const uint8_t *data, size_t len,
                                       struct am_error *err);

void am_log_encode_header(const struct am_record *rec,
                          uint8_t out[AM_RECORD_HEADER]);
/* false: magic or CRC is wrong, and *out is not to be looked at. */
bool am_log_decode_header(struct am_record *out,
                          const uint8_t in[AM_RECORD_HEADER]);
/* "attachment", "commit" …; "unknown" for what we do not know. */
const char *am_log_type_name(enum am_record_type type);
bool am_log_type_known(enum am_record_type type);

/* What the head record says. */
enum am_feature_bits {
	AM_FEATURE_READ = 1,
	AM_FEATURE_WRITE = 2,
	AM_FEATURE_VERIFY = 4
};

struct am_log_feature {
	const char *name;
	uint64_t bits;
};

/* Messages' bytes lie where they were found, not in the archive. */
extern const struct am_log_feature am_log_elsewhere;

struct am_log_head {
	const char *program;
	int64_t made;
	size_t n_features;
	const struct am_log_feature *features;
	uint64_t segment;    /* bytes; 0: one file */
	enum am_codec codec; /* of later writing */
	int level;
};

/* g_free(*out); returns its length. */
size_t am_log_encode_head(const struct am_log_head *head, uint8_t **out);
/* Strings live in the arena. */
AM_MUST_USE int am_log_decode_head(struct am_log_head *out, const void *data,
                                   size_t len, struct am_arena *arena,
                                   struct am_error *err);

#define AM_COMMIT_ROOM 192
size_t am_log_encode_commit(const struct am_commit *commit,
                            uint8_t out[AM_COMMIT_ROOM]);
/* pos and end are the caller's to fill. */
AM_MUST_USE int am_log_decode_commit(struct am_commit *out, const void *data,
                                     size_t len, struct am_error *err);

#endif
