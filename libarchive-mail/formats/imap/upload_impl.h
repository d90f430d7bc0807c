/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_UPLOAD_IMPL_H
#define AM_FORMATS_IMAP_UPLOAD_IMPL_H

#include "formats/imap/heeded.h"
#include "formats/imap/kept.h"
#include "formats/imap/proof.h"
#include "formats/imap/upload_item.h"

/* The inside of upload.h: upload.c sends and reads answers, upload_again.c
 * takes what did not go through one by one. */
struct am_imap_flight {
	struct am_imap_command cmd;
	GPtrArray *items; /* struct am_imap_item */
	struct am_imap_target *target;
	uint64_t bytes;
	GArray *uids; /* uint32_t, what APPENDUID said, or empty */
};

struct am_imap_upload {
	struct am_imap_account *account;
	struct am_imap_link *link;
	struct am_imap_targets *targets;
	struct am_imap_proof *proof;
	struct am_imap_kept *kept;
	struct am_imap_heeded *heeded;
	struct am_sink *sink;
	bool repair;
	bool garbles;                /* the server does: 8-bit header text */
	struct am_imap_flight *open; /* gathered and not sent yet, or NULL */
	GQueue sent;                 /* struct am_imap_flight, oldest first */
	GQueue again;    /* struct am_imap_item: one by one, with care */
	uint64_t bytes;  /* of sent */
	unsigned poison; /* messages in a row that ended connections */
	unsigned full;   /* that were more than the mailbox had room for */
};

struct am_imap_flight *am_imap_flight_new(struct am_imap_target *target);
void am_imap_flight_free(void *flight);

/* One command with all items of the flight.  AM_FAILED: it ended before all was
 * sent, cmd.reply says how. */
AM_MUST_USE int am_imap_upload_send(struct am_imap_upload *u,
                                    struct am_imap_session *s,
                                    struct am_imap_flight *f,
                                    struct am_error *err);
/* The server took all of it. */
void am_imap_upload_done(struct am_imap_upload *u,
                         const struct am_imap_flight *f);
/* It did not, for good: told, and freed. */
/* It is there under that UID (0: nobody knows). */
void am_imap_upload_placed(struct am_imap_upload *u,
                           const struct am_imap_item *it, uint32_t uid);
void am_imap_upload_refuse(struct am_imap_upload *u, struct am_imap_item *it,
                           const struct am_error *err);
/* All of the flight's items come again one by one. */
void am_imap_upload_again(struct am_imap_upload *u, struct am_imap_flight *f);
/* After any status of the session: AM_OK go on (all that was under way is
 * settled or waits in `again`), else the end. */
AM_MUST_USE int am_imap_upload_judge(struct am_imap_upload *u, int status,
                                     struct am_error *err);
/* Everything in `again`; nothing may be under way. */
AM_MUST_USE int am_imap_upload_work_off(struct am_imap_upload *u,
                                        struct am_error *err);

#endif
