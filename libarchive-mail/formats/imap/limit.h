/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_LIMIT_H
#define AM_FORMATS_IMAP_LIMIT_H

#include "formats/imap/reply.h"
#include "wire/imap.h"

/*
 * MESSAGELIMIT (RFC 9738): a server that handles only so many messages in one
 * command, those at one end of the set (the highest UIDs, says the RFC), and
 * says so in its tagged line, which may well be OK.  Whoever takes that OK for
 * the end of it loses the rest.
 *
 *     struct am_imap_limit limit = {0};
 *     … each FETCH line: am_imap_limit_see(&limit, uid) …
 *     if (am_imap_limit_rest(&limit, &cmd.reply, asked))
 *             … the same again for `asked` …
 */
struct am_imap_limit {
	uint32_t low, high; /* what one answer named; 0: nothing */
};

enum am_imap_limit_verdict {
	AM_IMAP_LIMIT_NONE, /* all was handled, or refused for another reason */
	AM_IMAP_LIMIT_REST, /* ask for what is left in the set */
	AM_IMAP_LIMIT_DONE, /* limited, but nothing is left */
	AM_IMAP_LIMIT_STUCK /* limited, and who knows where: ask for fewer */
};

void am_imap_limit_see(struct am_imap_limit *limit, uint32_t uid);
/* After an answer: takes out of `asked` what it covered, and is ready for the
 * next answer. */
enum am_imap_limit_verdict am_imap_limit_rest(struct am_imap_limit *limit,
                                              const struct am_imap_reply *reply,
                                              struct am_imap_set *asked);

#endif
