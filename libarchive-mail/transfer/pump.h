/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_TRANSFER_PUMP_H
#define AM_TRANSFER_PUMP_H

#include "base/hash.h"
#include "model/source.h"
#include "transfer/transfer.h"

/*
 * The inside of the pump; see transfer.h for what it promises.
 *
 *   pump_reader.c  entries from the source, in order
 *   pump_ring.c    the ring they wait in, and who wakes whom
 *   pump_hash.c    hashes of several messages at once
 *   transfer.c     preparing, putting, committing, telling
 */

enum am_entry_kind {
	AM_ENTRY_NOTHING, /* a folder that is not wanted */
	AM_ENTRY_FOLDER,
	AM_ENTRY_MESSAGE,
	AM_ENTRY_FILTERED,
	AM_ENTRY_CHANGE, /* of a message taken earlier */
	AM_ENTRY_CURSOR, /* where a later run goes on in this folder */
	AM_ENTRY_FAILED  /* one message that could not be had: see err */
};

#define AM_CLAIM_MAX 16 /* entries in one run */

enum am_stage { AM_STAGE_SOURCE, AM_STAGE_TARGET };

struct am_entry {
	enum am_entry_kind kind;
	const struct am_folder *folder; /* counted; may be NULL */
	struct am_message *msg;         /* of MESSAGE */
	struct am_change *change;       /* of CHANGE: am_change_copy() */
	char *cursor;                   /* of CURSOR */
	uint64_t already;               /* of FOLDER and CURSOR */
	char *origin;                   /* of FAILED; may be NULL */
	uint64_t failed;                /* of FAILED: so many more than one */
	struct am_error *err;           /* of a failure at any stage */
	int status;                     /* of preparing */
	enum am_stage stage;
	void *prepared;
	uint8_t hash[AM_SHA256_LEN]; /* am_digest_text(), where known is asked
	                              */
	bool skipped;                /* not prepared: probably a duplicate */
	bool ready;                  /* the ring's */
	bool unloaded;      /* its bytes are got where it is prepared */
	uint64_t cost;      /* bytes it holds in memory */
	uint64_t more_cost; /* and since it was pushed */
};

/* Hashes the messages of a run that have no CR, side by side. */
void am_pump_hash(struct am_entry *first, size_t n);
void am_entry_clear(const struct am_sink *sink, struct am_entry *entry);
void am_entry_fail(struct am_entry *entry, enum am_stage stage,
                   const struct am_error *err);
/* What a message under way weighs, in bytes of memory. */
uint64_t am_pump_weigh(const struct am_message *msg);
/* Give it its bytes: AM_OK, and the entry says whether it is a message still;
 * AM_FATAL. */
AM_MUST_USE int am_pump_load(struct am_source *src, struct am_entry *entry,
                             struct am_error *err);
/* AM_RETRY is tried again, a few times and ever later, then it is AM_FAILED.
 * Evaluate `call` in a loop: while (am_pump_again(…, r)) r = call. */
bool am_pump_again(const struct am_ctx *ctx, unsigned *tries, int *status);

/*
 * Reading: the next entry, AM_END, or AM_FATAL.  Keeps up to ask_ahead messages
 * asked for but not loaded.
 */
struct am_pump_reader;
struct am_pump_reader *am_pump_reader_new(struct am_source *src,
                                          const struct am_transfer_opts *opts);
void am_pump_reader_free(struct am_pump_reader **reader);
AM_MUST_USE int am_pump_reader_next(struct am_pump_reader *reader,
                                    struct am_entry *out, struct am_error *err);

/*
 * The ring: the reader pushes at one end, workers claim runs of entries, the
 * writer takes from the other end what is ready.  Entries are worked on in
 * their slots; nothing is copied but once in.
 *
 * Waking a thread costs more than handling a small message, so one that finds
 * nothing to do first naps for a fraction of a millisecond without telling
 * anyone, and only then asks to be woken.
 */
struct am_ring;

struct am_ring *am_ring_new(unsigned depth, uint64_t bytes, unsigned workers);
void am_ring_free(struct am_ring **ring);
/* Takes the entry, and clears those released since the last; false when the
 * ring was stopped (the entry stays yours). */
bool am_ring_push(struct am_ring *ring, const struct am_sink *sink,
                  const struct am_entry *entry);
/* Nothing more will come; the status the source ended with. */
void am_ring_end(struct am_ring *ring, int status, const struct am_error *err);
/* A run of entries to prepare; 0: no more will come. */
size_t am_ring_claim(struct am_ring *ring, struct am_entry **first);
void am_ring_done(struct am_ring *ring, struct am_entry *first, size_t n);
/* A run of ready entries in order; 0 with AM_OK: `until` passed; AM_END or
 * AM_FATAL after the last. */
AM_MUST_USE int am_ring_take(struct am_ring *ring, int64_t until,
                             struct am_entry **first, size_t *n,
                             struct am_error *err);
/* n entries, done with, that weighed so much together. */
void am_ring_release(struct am_ring *ring, size_t n, uint64_t cost);
/* Everybody leaves; what is in it stays for am_ring_drain(). */
void am_ring_stop(struct am_ring *ring);
/* After the threads are gone: clear what is left in it. */
void am_ring_drain(struct am_ring *ring, const struct am_sink *sink);

#endif
