/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_SERVE_SNAP_H
#define AM_SERVE_SNAP_H

#include "base/error.h"
#include "base/time.h"

/*
 * A mailbox as it was at one moment: what a session sees of it.  A snapshot
 * never changes, so sessions share it and need no lock; what happened since is
 * the difference between two of them.  Counted, from any thread.
 */
struct am_row {
	uint32_t uid, flags;
	uint64_t modseq;
	int64_t placement, message;
	int64_t received, saved; /* saved: in this mailbox; 0: not known */
	int16_t zone;
	bool dated;                  /* received is known */
	const char *const *keywords; /* ends with NULL; the vault's, for good */
};

/* What was expunged, for those who ask what they missed. */
struct am_gone {
	uint32_t uid;
	uint64_t modseq;
};

struct am_snap {
	int64_t box;
	uint32_t uidvalidity, uidnext;
	uint64_t highest; /* HIGHESTMODSEQ, at least 1; 0: there is none */
	uint64_t version; /* of two of a mailbox the greater is newer */
	size_t n, n_gone;
	struct am_row *rows;  /* by UID */
	struct am_gone *gone; /* by UID; what was moved away is not in it */
	int refs;
	uint32_t *messages; /* am_snap_messages() */
};

struct am_snap *am_snap_new(void);
struct am_snap *am_snap_ref(struct am_snap *snap);
void am_snap_unref(struct am_snap **snap); /* becomes NULL */
/* The first row with a UID of at least `uid`; n when there is none. */
size_t am_snap_from(const struct am_snap *snap, uint32_t uid);
/* The row of a UID, or NULL. */
const struct am_row *am_snap_row(const struct am_snap *snap, uint32_t uid);
/* Of each row its message, close together; UINT32_MAX for one that is greater.
 * From any thread. */
const uint32_t *am_snap_messages(struct am_snap *snap);
/* Was this UID, which is not there, expunged after `modseq` as far as anybody
 * can tell? */
bool am_snap_gone_since(const struct am_snap *snap, uint32_t uid,
                        uint64_t modseq);

#endif
