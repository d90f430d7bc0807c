/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_ATTACHED_H
#define AM_INDEX_ATTACHED_H

#include "extract/extractor.h"
#include "index/content.h"

/*
 * Attached files of one message whose text mailark-extract reads: asked for
 * when the message is read, taken when the answers are there.
 */
struct am_attached;

/* Bytes of text of one message's files, all together. */
#define AM_ATTACHED_MAX (8u << 20)

struct am_attached *am_attached_new(void);
void am_attached_free(struct am_attached **attached);

/* Forgets what was, and asks for the files of this message. */
AM_MUST_USE int
am_attached_ask(struct am_attached *attached, struct am_extractor *extractor,
                const struct am_blob *raw, const struct am_facts *facts,
                const struct am_limits *limits, struct am_error *err);
/* Are all answers there, or within so many milliseconds?  Else take() waits. */
bool am_attached_ready(struct am_attached *attached, unsigned ms);
/*
 * Their text, each behind its AM_REGION_SOURCE, and the names of files in them
 * as AM_REGION_FILENAME.  *statuses: a bit for each enum am_extract_status that
 * there is.
 */
AM_MUST_USE int am_attached_take(struct am_attached *attached,
                                 am_content_fn *fn, void *user,
                                 uint32_t *statuses, struct am_error *err);
/* Away with the questions and the answers. */
void am_attached_clear(struct am_attached *attached);

/* ask() and take() at once, with what the extractor knows or does. */
AM_MUST_USE int am_attached_read(struct am_extractor *extractor,
                                 const struct am_blob *raw,
                                 const struct am_facts *facts,
                                 const struct am_limits *limits,
                                 am_content_fn *fn, void *user,
                                 uint32_t *statuses, struct am_error *err);

/* A whole message of the archive: its own text, then its files'.  *has_files
 * may be NULL. */
struct am_archive;
AM_MUST_USE int am_attached_message(struct am_archive *archive, int64_t id,
                                    struct am_extractor *extractor,
                                    am_content_fn *fn, void *user,
                                    bool *has_files, struct am_error *err);

/* "…/xapian-attachments.sqlite": the cache of the index at this path. */
char *am_attached_cache_path(const char *index);

#endif
