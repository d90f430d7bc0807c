/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_BATCH_H
#define AM_FORMATS_BATCH_H

#include "base/error.h"
#include "base/time.h"

struct am_blob;
struct am_ctx;

/*
 * Many small files put into a tree safely: each is written under a temporary
 * name, and gets its own name only when its bytes are on disk, so a crash at
 * any moment leaves whole files or none under the names that count.
 *
 * One fsync(2) a file is dear.  Files are therefore collected, one syncfs(2)
 * brings the bytes of all of them to disk, then they are renamed.
 */
enum am_durability {
	AM_DURABLE_NO,    /* renamed at once, nothing is synced */
	AM_DURABLE_BATCH, /* as above; safe after am_batch_commit() */
	AM_DURABLE_EACH   /* fsync each, rename at once; safe after commit */
};
/* "yes" is batch; false for other words than yes, no, each. */
bool am_batch_durability(const char *word, enum am_durability *out);

/* How line ends are written. */
enum am_batch_eol { AM_EOL_KEEP, AM_EOL_LF, AM_EOL_CRLF };
bool am_batch_eol_parse(const char *word, enum am_batch_eol *out);

struct am_batch;

/* Where a tree's sink has its unfinished files; no source enters it. */
#define AM_BATCH_TMP ".mailark-tmp"

/* tmp: the directory for temporary files, relative to root; made if missing.
 * Files in it go that a process of ours left which is no more (each has a
 * locked file there), or without such a sign more than 36 hours ago. */
AM_MUST_USE int am_batch_open(struct am_batch **out, const char *root,
                              const char *tmp, enum am_durability durability,
                              enum am_batch_eol eol, struct am_error *err);
/* Temporary files not yet renamed are removed, and tmp if it is hidden. */
void am_batch_close(struct am_batch **batch);
int am_batch_root(const struct am_batch *batch); /* its open directory */
/* A note, if files of others went when it was opened. */
void am_batch_tell_cleared(const struct am_batch *batch, struct am_ctx *ctx,
                           const char *code);

/* A temporary file with its bytes written. */
struct am_batch_file {
	char *name; /* in tmp; g_free() it, or see am_batch_put() */
	uint64_t size, crlf_size;
};
/* Write one; its mtime becomes `when` if known.  Any thread, several at once.
 * AM_FATAL when the disk is full or broken. */
AM_MUST_USE int am_batch_write(const struct am_batch *batch,
                               struct am_batch_file *out,
                               const struct am_blob *raw,
                               const struct am_when *when,
                               struct am_error *err);
void am_batch_discard(const struct am_batch *batch, struct am_batch_file *file);

/* Have it renamed to path (relative to the root), now or with the next flush;
 * takes file->name.  Never replaces: a name that is taken gets "-2"; one that
 * the file system refuses becomes a plain one of its hash. */
AM_MUST_USE int am_batch_put(struct am_batch *batch, struct am_batch_file *file,
                             const char *path, struct am_error *err);
/* The same for names that are a sink's own: takes the place of a file that a
 * run left which died before it could say so. */
AM_MUST_USE int am_batch_put_over(struct am_batch *batch,
                                  struct am_batch_file *file, const char *path,
                                  struct am_error *err);
/* The same bytes under one more name: a hard link to path as put before. */
AM_MUST_USE int am_batch_link(struct am_batch *batch, const char *path,
                              const char *further, struct am_error *err);
/* True when enough has come together that the next put should be preceded by
 * a flush; do before it what must be on disk before the names are. */
bool am_batch_full(const struct am_batch *batch);
AM_MUST_USE int am_batch_flush(struct am_batch *batch, struct am_error *err);
/* Flush, and all that was done in the tree is on disk. */
AM_MUST_USE int am_batch_commit(struct am_batch *batch, struct am_error *err);

/* Is the errno one that a file system gives for names it does not take? */
bool am_batch_refused(int sys);

#endif
