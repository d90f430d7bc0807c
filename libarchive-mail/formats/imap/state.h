/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_STATE_H
#define AM_FORMATS_IMAP_STATE_H

#include "base/compiler.h"

/*
 * What is remembered of a folder from one run to the next, as the text of a
 * cursor: "v=1 uidvalidity=7 uidnext=43 modseq=90 exists=40 complete checked".
 *
 * It tells what was seen on the server, not what was stored: messages that
 * could not be had were seen too.  Those are found by counting: what the
 * target has below uidnext is less than `exists` then.
 */
struct am_imap_state {
	uint32_t uidvalidity;
	uint32_t uidnext; /* all below it was seen */
	uint64_t modseq;  /* flags are those of this HIGHESTMODSEQ; 0: none */
	uint64_t exists;  /* how many were seen below uidnext */
	uint64_t lacking; /* and how many more were counted, and not named */
	bool complete;    /* the folder was seen to its end */
	bool checked;     /* and the target was found to have all of it */
};

/* False for NULL and for what is not ours. */
bool am_imap_state_read(struct am_imap_state *out, const char *text);
char *am_imap_state_print(const struct am_imap_state *state); /* g_free() */

#endif
