/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_DELIVER_H
#define AM_FORMATS_MBOX_DELIVER_H

#include "formats/mbox/boundary.h"
#include "formats/mbox/dialect.h"
#include "formats/mbox/evidence.h"
#include "formats/mbox/state_headers.h"

struct am_folder;
struct am_mbox_eudora;
struct am_mbox_sidecar;
struct am_message;

/* What a file's messages have in common. */
struct am_mbox_mailbox {
	struct am_mbox_dialect dialect;
	struct am_mbox_evidence evidence;
	struct am_mbox_imap imap;
	const struct am_folder *folder;
	const char *name;    /* origin's first half */
	const char *from_tz; /* zone of dates without one; NULL: UTC */
	uint64_t n_cuts;     /* messages seen, skipped ones too */
	uint64_t n_expunged; /* of these, deleted and not yet compacted */
	bool include_deleted;
	struct am_mbox_sidecar *sidecar; /* or NULL */
	struct am_mbox_eudora *eudora;   /* or NULL: its mails stay as stored */
};

/*
 * One message made of what the scanner cut out.  *out stays NULL when it is
 * skipped (expunged, or c-client's pseudo message): its bytes then belong to
 * the mbox.  *after: how many of its last bytes do anyway.
 */
AM_MUST_USE int am_mbox_deliver(struct am_message **out, uint64_t *after,
                                struct am_mbox_mailbox *box,
                                struct am_mbox_scan *scan,
                                struct am_error *err);

/* A zone name as --from mbox,from-tz= takes it: "UTC", "+0100", "local",
 * "Europe/Berlin". */
bool am_mbox_zone_valid(const char *name);

#endif
