/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_STREAM_H
#define AM_FORMATS_MBOX_STREAM_H

#include "base/error.h"

struct am_ctx;
struct am_folder;
struct am_message;
struct am_reader;

/*
 * The messages of an mbox that comes as a stream, such as a member of a zip:
 * once, from front to end, in constant memory.  The dialect is told by its
 * first megabytes.  What stands between the messages is not kept: as-imported
 * needs a file.
 */
struct am_mbox_stream;

/* Takes the reader.  beside: the file it is in, beside which more may be said
 * of it, or NULL.  allowed: more bytes than that are a bomb. */
AM_MUST_USE int am_mbox_stream_open(struct am_mbox_stream **out,
                                    struct am_reader *reader, const char *name,
                                    const struct am_folder *folder,
                                    const char *beside, uint64_t allowed,
                                    struct am_ctx *ctx, struct am_error *err);
/* AM_END behind the last; AM_FAILED for a message that could not be had. */
AM_MUST_USE int am_mbox_stream_next(struct am_mbox_stream *stream,
                                    struct am_message **out,
                                    struct am_error *err);
void am_mbox_stream_close(struct am_mbox_stream **stream);
/* What it has been asked to look at, whatever its name: is it one, maybe behind
 * some lines that are none of it? */
bool am_mbox_stream_fits(const uint8_t *head, size_t len);

#endif
