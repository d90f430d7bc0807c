/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MODEL_DATES_H
#define AM_MODEL_DATES_H

#include "model/message.h"

/*
 * When was a message received?  Several things say so: the server, the mailbox
 * file, a file's name or time, each Received: of the header, Date:.  Any of
 * them can be wrong: a migration leaves the day of the migration, a copy that
 * of the copy, a broken clock 1970.
 *
 * The road is asked first: the Received: on top, or the middle of all of them
 * and Date: where that one is more than 30 days from it.  Of everything else
 * the best source that is within 48 hours of it is right; where none is, the
 * road itself.  Mail that never travelled (drafts, sent mail) has only a Date:;
 * a server or Outlook is believed rather than that, a file is not.  A date
 * before 1971 or in the future is none.
 *
 * What a message has stays as long as it does not contradict all this.
 */
struct am_dates_choice {
	struct am_date_candidate date; /* not known: there is none to be had */
	const char *why;               /* a sentence's end, of these below */
	bool keep;                     /* it is what the message has */
};

/* present: what the message has; it need not be a candidate.  Those named
 * "header.received" come in the header's order. */
void am_dates_decide(struct am_dates_choice *out,
                     const struct am_date_candidate *present,
                     const struct am_date_candidate *candidates, size_t n,
                     int64_t today);
/* May it be right at all? */
bool am_dates_possible(const struct am_when *when, int64_t today);

#endif
