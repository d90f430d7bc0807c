/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_STORE_CONTENT_PACK_H
#define AM_STORE_CONTENT_PACK_H

#include "store/content.h"

/*
 * One block, one frame of a blob or one run of items on its way into the log:
 * packed by a worker, appended by the writer's thread in the order of
 * submission.
 */
struct am_pack_queue;
struct am_reader;

/* Where bytes wait to be packed.  The queue has a few of these and uses them
 * again: at any time there are no more than jobs, and one that is filled. */
struct am_pack_buffer {
	uint8_t *data;
	size_t room;
};

/* A blob that is being written. */
struct am_pack_blob {
	uint8_t hash[AM_SHA256_LEN];
	uint64_t size;
	struct am_blob *raw;        /* the message it is taken from */
	uint64_t at, len;           /* where in it */
	struct am_base64_form form; /* of the raw text, when base64 */
	bool base64;
	bool check; /* what the frames hold is hashed again: the message lies in
	             * a file and may change */
};

AM_MUST_USE int am_pack_queue_new(struct am_pack_queue **out,
                                  struct am_log *log,
                                  const struct am_content_index *index,
                                  unsigned workers, struct am_error *err);
void am_pack_queue_free(struct am_pack_queue **queue);
/* One of so much room at least, to be given to am_pack_queue_block(), or to be
 * freed (g_free). */
struct am_pack_buffer am_pack_queue_buffer(struct am_pack_queue *queue,
                                           size_t room);
/* Takes the buffer; len bytes of it. */
AM_MUST_USE int am_pack_queue_block(struct am_pack_queue *queue, uint64_t block,
                                    struct am_pack_buffer buffer, size_t len,
                                    struct am_error *err);
/* An items record, packed at the codec's own level.  Takes data. */
AM_MUST_USE int am_pack_queue_items(struct am_pack_queue *queue, uint8_t *data,
                                    size_t len, struct am_error *err);
/* All frames of a blob; holds its own reference on blob->raw.  With a reader
 * (borrowed) the bytes come from there instead. */
AM_MUST_USE int am_pack_queue_blob(struct am_pack_queue *queue,
                                   const struct am_pack_blob *blob,
                                   struct am_reader *reader,
                                   struct am_error *err);
/* Until nothing is under way. */
AM_MUST_USE int am_pack_queue_flush(struct am_pack_queue *queue,
                                    struct am_error *err);

#endif
