/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_RECEIVED_H
#define AM_FORMATS_RECEIVED_H

#include "base/error.h"
#include "base/time.h"

struct am_blob;
struct am_ctx;
struct am_message;

/*
 * When a message on a file system was received: nobody wrote it down, several
 * things hint at it.  All hints become candidates of the message, one of them
 * its received date.
 */
struct am_received {
	struct am_when received; /* the topmost Received: that holds a date */
	struct am_when date;     /* Date: */
};

/* Reads the header block, at most the limit of ctx. */
AM_MUST_USE int am_received_read(struct am_received *out,
                                 const struct am_blob *raw,
                                 const struct am_ctx *ctx,
                                 struct am_error *err);

/* Add "header.received" and "header.date", as far as known. */
void am_received_add(struct am_message *msg, const struct am_received *headers);

/*
 * A file: Received:, else Date:, else the file's time.  Each sets
 * msg->received and received_from; unknown when there is nothing at all.
 */
void am_received_choose_file(struct am_message *msg,
                             const struct am_received *headers,
                             const struct am_when *mtime, const char *mtime_is);

/*
 * A Maildir: Dovecot sets the mtime to the date it was given and names the
 * file by the clock; a delivery has both alike; copying without times leaves
 * only the name.  So of the two the one nearer to the topmost Received: (to
 * Date: in mail that was never sent), when that is within 48 hours; else what
 * the header says; without a header the older of the two.
 *
 * named_surely: the name is one of ours, its time is the date.
 */
void am_received_choose_maildir(struct am_message *msg,
                                const struct am_received *headers,
                                const struct am_when *mtime,
                                const struct am_when *name, bool named_surely);

/* A time stamp of a file that says something: not the Epoch, not that of DOS,
 * which stand for "none". */
struct am_when am_received_stamp(int64_t sec);

#endif
