/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_EXTRACT_WORKER_H
#define AM_EXTRACT_WORKER_H

#include "base/error.h"

struct am_blob;

/*
 * One mailark-extract and the conversation with it.  It is started by the first
 * question, and again after it had to be ended.  One thread at a time.
 */
struct am_extract_worker;

/* When *cancelled (atomic) becomes other than 0, a question is given up. */
struct am_extract_worker *am_extract_worker_new(const char *program,
                                                const int *cancelled);
void am_extract_worker_free(struct am_extract_worker **worker);

/* g_free() *pieces.  AM_OK whatever becomes of the document; AM_FAILED: the
 * program cannot be had at all, and err says why. */
AM_MUST_USE int am_extract_worker_ask(struct am_extract_worker *worker,
                                      unsigned hint, const struct am_blob *blob,
                                      unsigned *status, uint8_t **pieces,
                                      size_t *len, struct am_error *err);

#endif
