/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAIL_FACTS_H
#define AM_FORMATS_MAIL_FACTS_H

#include "base/hash.h"
#include "mime/overview.h"
#include "mime/scan.h"
#include "mime/walk.h"

struct am_ctx;
struct am_message;

/* A part that is a file: listed by a mail program, named, or shown by another
 * part (cid:). */
struct am_mail_file {
	size_t part; /* index in the scan */
	struct am_part_info info;
	uint64_t size; /* decoded */
	char sha256[AM_SHA256_HEX];
};

/*
 * What the formats that are read by people and programs say of a message: read
 * once, on a worker.  All of it lives in the arena.
 */
struct am_mail_facts {
	struct am_arena *arena;
	struct am_scan scan;
	struct am_overview overview;
	uint8_t hash[AM_SHA256_LEN];
	char sha256[AM_SHA256_HEX]; /* of the raw bytes */
	size_t n_files;
	struct am_mail_file *files;
};

/* What cannot be understood is absent; only bytes that cannot be had fail. */
AM_MUST_USE int am_mail_facts_read(struct am_mail_facts *out,
                                   const struct am_message *msg,
                                   const struct am_ctx *ctx,
                                   struct am_error *err);
void am_mail_facts_clear(struct am_mail_facts *facts);

/* The bytes of files[i] in memory or a spool. */
AM_MUST_USE int am_mail_file_decode(const struct am_mail_facts *facts, size_t i,
                                    const struct am_message *msg,
                                    const struct am_ctx *ctx,
                                    struct am_blob **out, struct am_error *err);

/* ".pdf" for "application/pdf"; ".bin" where nobody knows. */
const char *am_mail_file_ending(const char *type);
/* And the other way; "application/octet-stream" where nobody knows. */
const char *am_mail_file_type(const char *name);

#endif
