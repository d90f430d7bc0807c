/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_PUBLISHED_H
#define AM_INDEX_PUBLISHED_H

#include "base/time.h"
#include "index/index.h"

struct am_ctx;

/*
 * An index for others: one file, all that a hit shows in it, so that neither
 * the archive nor anything of ours need be where it is searched.  Any Xapian
 * serves it (xapian-tcpsrv FILE), any mailark asks it, alone or with others
 * (struct am_stub).
 *
 * It is what the archive was when it was published: folders, flags and what was
 * deleted are of then.  Of a message in several folders it is known which ones,
 * and all its flags, but not which flag it has in which folder.
 *
 * Documents are filed newest first.  Terms: a capital letter for the region (A:
 * subject, in the order of enum am_region) and the word; 'X', a letter and the
 * value for what is no word (see published_impl.h).  Value 0: seconds since
 * 1970; 1: size.  Metadata "mailark": "published 1"; "archive": its name.
 */
AM_MUST_USE int am_index_publish(struct am_index *index,
                                 struct am_archive *archive, const char *name,
                                 const char *file, struct am_ctx *ctx,
                                 uint64_t *documents, struct am_error *err);

struct am_published_hit {
	double weight;
	int64_t id; /* of the message, in … */
	const char *archive;
	struct am_when date;
	uint64_t size;
	uint32_t n_attachments, flags;
	const char *from, *to, *cc, *subject, *message_id, *thread;
	const char *folder; /* printed; several: separated by line feeds */
	const char *text;   /* the beginning of it */
};
/* Valid during the call. */
typedef int am_published_hit_fn(void *user, const struct am_published_hit *hit,
                                struct am_error *err);

/* One database of a stub.  AM_FAILED: what it says is in err, and others may
 * be asked all the same. */
struct am_published;
struct am_xplace;
AM_MUST_USE int am_published_open(struct am_published **out,
                                  const struct am_xplace *place,
                                  unsigned timeout_ms, struct am_error *err);
void am_published_close(struct am_published **published);
/* The archive that it was made of, as it is called where that was done.
 * g_free(*out). */
AM_MUST_USE int am_published_archive(struct am_published *published, char **out,
                                     struct am_error *err);
/* The first `room` hits in order, and how many there are. */
AM_MUST_USE int am_published_search(struct am_published *published,
                                    const struct am_query *query,
                                    enum am_sort sort, size_t room, bool exact,
                                    am_published_hit_fn *fn, void *user,
                                    uint64_t *total, bool *is_exact,
                                    struct am_error *err);
/*
 * A stub as Xapian reads it: a line for each database, "auto PATH" (or "glass
 * PATH"; relative to the stub) or "remote HOST:PORT" or "remote :PROGRAM
 * ARGUMENTS".  Empty lines and those that begin with # do not count.
 */
struct am_stub {
	size_t n;
	struct am_xplace *places;
	char **names; /* as they stand there */
	char **owned;
};
AM_MUST_USE int am_stub_read(struct am_stub *out, const char *path,
                             struct am_error *err);
void am_stub_clear(struct am_stub *stub);

#endif
