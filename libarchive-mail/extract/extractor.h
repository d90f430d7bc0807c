/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_EXTRACT_EXTRACTOR_H
#define AM_EXTRACT_EXTRACTOR_H

#include "base/error.h"
#include "extract/cache.h"
#include "extract/status.h"

struct am_blob;
struct am_ctx;

/*
 * Text of documents, taken out by processes that may do nothing else
 * (mailark-extract), each document once: what was read before comes from the
 * cache, and who asks for what is being read waits with the first who did.
 *
 * ask() does not wait.  Several processes work at once, started when first
 * needed.  What kills one of them, or takes too long, is a status of that
 * document and of no other.  Any thread may ask.
 */
struct am_extractor;

struct am_extractor_options {
	const char *program; /* mailark-extract; NULL: the cache alone */
	const char *cache;   /* path; NULL: none */
	unsigned workers;    /* processes; 0: one for each processor */
	bool read_only;      /* nothing is written to the cache */
	struct am_ctx *ctx;  /* for one note when the program cannot run */
};
/* A cache that cannot be had is done without. */
struct am_extractor *
am_extractor_new(const struct am_extractor_options *options);
/* Jobs that nobody works on yet are dropped; every job is freed before. */
void am_extractor_free(struct am_extractor **extractor);

struct am_extract_job;
/* Is the text of this document known already?  Else NULL, and its bytes are
 * needed to ask. */
struct am_extract_job *am_extractor_known(struct am_extractor *extractor,
                                          const struct am_extract_key *key);
/* Takes a reference on blob. */
struct am_extract_job *am_extractor_ask(struct am_extractor *extractor,
                                        const struct am_extract_key *key,
                                        struct am_blob *blob);
/* Is it done, or within so many milliseconds?  0 does not wait. */
bool am_extract_job_done(struct am_extract_job *job, unsigned ms);
/* Waits for it.  The pieces (extract/pieces.h, valid) live as long as the job.
 */
enum am_extract_status am_extract_job_result(struct am_extract_job *job,
                                             const uint8_t **pieces,
                                             size_t *len);
void am_extract_job_free(struct am_extract_job **job);

/* How many documents of the cache have each status; AM_EXTRACT_N_STATUS. */
void am_extractor_count(struct am_extractor *extractor, uint64_t *counts);
/* How many documents were read by this extractor, not from the cache. */
uint64_t am_extractor_n_read(struct am_extractor *extractor);

#endif
