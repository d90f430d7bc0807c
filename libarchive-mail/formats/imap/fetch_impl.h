/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_FETCH_IMPL_H
#define AM_FORMATS_IMAP_FETCH_IMPL_H

#include "formats/imap/fetch.h"
#include "model/message.h"

#include <pthread.h>

/*
 * The inside of fetching bodies:
 *
 *   fetch.c    what is asked for and handed out; the queue between threads
 *   carrier.c  one connection: takes batches from the queue, keeps some under
 *              way
 *   body.c     from a FETCH line to a body that is believed
 *   outcome.c  what becomes of those that did not come
 *   large.c    a large message in pieces
 */
enum {
	BATCH_BYTES = 2 << 20,
	BATCH_MESSAGES = 200,
	/* UW and Yahoo take lines of 1,000 bytes. */
	SET_ROOM = 900,
	FLIGHT_BYTES = 8 << 20, /* under way on one connection */
	FLIGHT_BATCHES = 8,
	WINDOW_BYTES = 8 << 20, /* under way or waiting, of all */
	LARGE_BYTES = 16 << 20, /* from here on in pieces */
	PIECE_BYTES = 4 << 20,
	/* From here on in pieces when a connection was lost over it. */
	SHY_BYTES = 1 << 20,
	SHY_PIECE_BYTES = 512 << 10,
	GUESS_BYTES = 16 << 10, /* where no size was told */
};

/* One message.  The reader and the carrier that has it each let go of it once
 * (taken, settled); the second frees it. */
struct am_imap_want {
	struct am_imap_want *next; /* in the order asked */
	const struct am_imap_box *box;
	uint32_t uid;
	uint64_t size;    /* as told: a hint, never believed */
	uint64_t counted; /* of it, in the fetcher's `held` */
	bool queued;      /* the reader's: left the batch being filled */
	bool sent, settled, taken;
	unsigned losses;  /* connections lost while it was due */
	bool there;       /* a VERIFY saw it */
	const char *lack; /* why it did not come, last time */
	struct am_blob *blob;
	struct am_error *why; /* settled without a blob */
};

enum am_imap_batch_kind { AM_IMAP_BODIES, AM_IMAP_VERIFY, AM_IMAP_LARGE };

struct am_imap_batch {
	struct am_imap_batch *next; /* in a queue */
	enum am_imap_batch_kind kind;
	const struct am_imap_box *box;
	uint32_t uidvalidity;
	GPtrArray *wants; /* ascending; settled ones become NULL */
	uint64_t bytes;
	size_t set_len, hint; /* hint: where the last match was */
	bool in_range;        /* the last UID followed its own */
	unsigned tries;       /* answered without them so far */
	bool fresh;           /* on a new connection, and alone there */
	struct am_imap_carrier *carrier;
	struct am_imap_command select, fetch;
	bool selecting;
	bool in_place;   /* when FETCH ended, its mailbox was the open one */
	bool renumbered; /* and its UIDs are no longer those of then */
};

/* One connection and its thread. */
struct am_imap_carrier {
	struct am_imap_fetcher *fetcher;
	struct am_imap_link *link;
	pthread_t thread;
	bool holding;      /* finish, begin nothing */
	uint64_t prepared; /* the opening of the link our hook is set in */
	struct am_imap_batch *first, *last; /* under way, oldest first */
	unsigned n_flight;
	uint64_t flight_bytes;
	GPtrArray *blobs; /* bodies of the line being read */
	/* For compressing: how much came since it was opened, but for the first
	 * of it after silence, and how long was waited for it. */
	bool measures, warm;
	uint64_t slow_bytes, slow_us; /* of the window being measured */
	unsigned n_slow;              /* slow windows in a row */
	unsigned n_windows;
	bool wide; /* the last one was not */
	/* A piece of a large message goes here, not into a blob. */
	uint8_t *piece;
	size_t piece_len;
	bool piece_wanted;
};

struct am_imap_fetcher {
	struct am_imap_account *account;
	pthread_mutex_t lock;
	pthread_cond_t work, done;
	bool stop, started, alone; /* alone: load() drives `own` */
	int fatal;
	struct am_error why;
	struct am_imap_want *asked, *asked_last; /* not loaded yet */
	struct am_imap_want *waiting;            /* load() waits for it */
	bool untold; /* it came, and load() was not woken yet */
	struct am_imap_batch *queue, *queue_last;
	struct am_imap_batch *open; /* the reader's: still being filled */
	guint batch_most;           /* messages in it */
	uint64_t held, bytes;
	bool slow;         /* the line is: compress */
	unsigned failures; /* in a row */
	unsigned reopened; /* connections opened anew for one, in vain */
	struct am_imap_carrier own, carriers[4];
	unsigned n_carriers, n_alive;
};

/* ---- fetch.c ---- */
struct am_imap_batch *am_imap_batch_new(const struct am_imap_box *box,
                                        enum am_imap_batch_kind kind);
/* With those of its wants that only it knows. */
void am_imap_batch_free(struct am_imap_batch *batch);
void am_imap_batch_add(struct am_imap_batch *batch, struct am_imap_want *want);
/* Into the queue, at its front when it was there before. */
void am_imap_fetcher_queue(struct am_imap_fetcher *f,
                           struct am_imap_batch *batch, bool front);
/* A body came, or never will: takes blob.  `why` NULL with a blob. */
void am_imap_fetcher_settled(struct am_imap_fetcher *f,
                             struct am_imap_want *want, struct am_blob *blob,
                             const struct am_error *why);
/* Wake load() for bodies that came.  Not for each: waking costs more than
 * reading a small one; but before anything is waited for. */
void am_imap_fetcher_tell(struct am_imap_fetcher *f);
/* One carrier found the line slow; it is so for all. */
void am_imap_fetcher_found_slow(struct am_imap_fetcher *f);
/* Nothing goes on: whoever waits is told. */
void am_imap_fetcher_die(struct am_imap_fetcher *f, const struct am_error *why);

/* ---- carrier.c ---- */
void am_imap_carrier_init(struct am_imap_carrier *c, struct am_imap_fetcher *f,
                          struct am_imap_link *link);
void am_imap_carrier_clear(struct am_imap_carrier *c);
void *am_imap_carrier_main(void *carrier); /* the thread */
/* Send what may be sent, read a line: AM_END when there is nothing to do. */
AM_MUST_USE int am_imap_carrier_turn(struct am_imap_carrier *c,
                                     struct am_error *err);
/* The session with our hook in it, the batch's mailbox selected or about to
 * be. */
AM_MUST_USE int am_imap_carrier_select(struct am_imap_carrier *c,
                                       struct am_imap_batch *batch,
                                       struct am_imap_session **out,
                                       struct am_error *err);

/* ---- body.c ---- */
int am_imap_body_literal(void *carrier, const struct am_imap_place *place,
                         struct am_reader *bytes, struct am_error *err);
int am_imap_body_line(struct am_imap_command *cmd,
                      const struct am_imap_line *line, struct am_error *err);
int am_imap_body_verify(struct am_imap_command *cmd,
                        const struct am_imap_line *line, struct am_error *err);
/* The mailbox of the batch is the one that lines are about now. */
bool am_imap_body_in_place(const struct am_imap_batch *batch);
/* Where it is: whether its UIDs are others by now. */
bool am_imap_body_renumbered(const struct am_imap_batch *b);
/* NULL, or why these bytes are not the message. */
const char *am_imap_body_judge(const struct am_blob *blob, uint64_t size_told);

/* ---- outcome.c ---- */
/* Takes the batch.  `status`: of the session; the batch's reply says more. */
AM_MUST_USE int am_imap_outcome(struct am_imap_carrier *c,
                                struct am_imap_batch *batch, int status,
                                bool due, struct am_error *err);

/* ---- large.c ---- */
AM_MUST_USE int am_imap_large(struct am_imap_carrier *c,
                              struct am_imap_batch *batch,
                              struct am_error *err);

#endif
