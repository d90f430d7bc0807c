/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TESTS_STORE_ARCHIVE_ENV_H
#define AM_TESTS_STORE_ARCHIVE_ENV_H

#include "store/archive.h"
#include "support/box.h"

struct am_catalog;

/*
 * A temporary folder with an archive in it, and a ctx that counts notes.
 * Each test makes one of its own.
 */
struct env {
	char *dir, *path; /* path: DIR/a.mailark */
	struct am_ctx ctx;
	struct am_cancel cancel;
	GHashTable *notes; /* code -> count */
	GString *texts;    /* of all notes */
};

struct env *env_new(void);
void env_free(struct env **env);
unsigned env_notes(const struct env *env, const char *code);
void env_forget_notes(struct env *env);
/* Import [from, to) of the box, with commits; must succeed. */
struct box_run env_import(struct env *env, unsigned from, unsigned to,
                          const char *option);
/* Open for writing; put one message; either must succeed. */
struct am_sink *env_sink(struct env *env);
enum am_outcome env_put(struct am_sink *sink, struct am_message *msg);
/* Its catalog alone, in DIR, for writing; and SQL behind its back. */
struct am_catalog *env_catalog(struct env *env);
void env_catalog_sql(struct env *env, const char *sql);
/* What the archive gives, as text; must be readable.  g_free(). */
char *env_dump(struct env *env, const char *path);
/* Verified in full, nothing found. */
void env_verify(struct env *env, const char *path);
struct am_archive *env_open(struct env *env);
/* Change bytes of a file in place. */
void env_damage(const char *path, uint64_t offset, size_t len);
void env_remove_cache(struct env *env);

struct am_item_change;
/* Record a change, as a mail client's would be. */
void env_change(struct env *env, const struct am_item_change *change);

/* Where the committed records of the archive lie. */
struct env_record {
	unsigned type;
	uint64_t pos, len; /* header and payload; pos with its segment */
};
GArray *env_records(struct env *env);
/* Change one byte of it: `at` bytes behind its beginning. */
void env_damage_record(struct env *env, const struct env_record *rec,
                       uint64_t at);

#endif
