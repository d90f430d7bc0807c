/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_FILES_FILES_NAME_H
#define AM_FORMATS_FILES_FILES_NAME_H

#include "base/error.h"
#include "base/hash.h"
#include "formats/name_template.h"

struct am_arena;
struct am_ctx;
struct am_message;

/* What a name is made of, read from a message: dear (hash, header), so done
 * on a worker.  Strings live in the arena. */
struct am_files_facts {
	struct am_arena *arena;
	struct am_name_fields fields; /* folder and n left open */
	char sha256[AM_SHA256_HEX];
};
AM_MUST_USE int am_files_name_read(struct am_files_facts *out,
                                   const struct am_message *msg,
                                   const struct am_ctx *ctx,
                                   struct am_error *err);
void am_files_name_clear(struct am_files_facts *facts);

/*
 * Names given so far: each only once, whatever the case of its letters.  Kept
 * as hashes, 8 bytes and some a name; a chance hit costs a needless "-2".
 */
struct am_files_names;
struct am_files_names *am_files_names_new(void);
void am_files_names_free(struct am_files_names **names);
/* false when it was taken before. */
bool am_files_names_take(struct am_files_names *names, const char *path);
/* "a/b.eml" and 2: "a/b-2.eml".  g_free() it. */
char *am_files_names_numbered(const char *path, unsigned n);

#endif
