/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_POP3_DROP_H
#define AM_FORMATS_POP3_DROP_H

#include "formats/pop3/session.h"

struct am_arena;
struct am_folder;
struct am_memory;

/*
 * What lies in a mailbox ("maildrop"), and what of it the target has.
 *
 * POP3 numbers messages anew in every session; what lasts is the unique id of
 * UIDL.  Its SHA-256 begins with the 64 bits called key here, which travel as
 * the message's (uidvalidity, uid): so the target remembers which it has in the
 * same commit as the message, and nothing has to be kept beside it.  Among
 * 100,000 messages two share a key once in four billion mailboxes.
 *
 * A server without UIDL gives header blocks (TOP), of which a digest does
 * nearly as well; without that, nothing lasts, and all is fetched each time.
 */
struct am_pop3_mail {
	uint64_t key;     /* 0: nothing lasting is known of it */
	uint64_t size;    /* as LIST has it: a hint */
	const char *uidl; /* in the drop; NULL: none */
	uint32_t number;  /* in this session; 0: no longer there */
	bool known;       /* the target has it */
};
struct am_pop3_drop {
	struct am_arena *names;
	struct am_pop3_mail *mails; /* as the server lists them */
	size_t n;
	uint64_t counted;     /* STAT's number; 0: not told */
	bool no_uidl, no_top; /* the server lacks it */
};

AM_MUST_USE int am_pop3_drop_read(struct am_pop3_drop *out,
                                  struct am_pop3_session *s,
                                  struct am_error *err);
void am_pop3_drop_clear(struct am_pop3_drop *drop);

/* The same mailbox in a new session: `drop` gets the new numbers. */
AM_MUST_USE int am_pop3_drop_renumber(struct am_pop3_drop *drop,
                                      struct am_pop3_session *s,
                                      struct am_error *err);

/* What the target remembers, ascending by key. */
struct am_pop3_known {
	uint64_t key;
	uint64_t id_digest; /* of the Message-ID; 0: it has none */
};
/* GArray of am_pop3_known; marks the mails as known. */
AM_MUST_USE int am_pop3_drop_match(struct am_pop3_drop *drop,
                                   struct am_memory *memory, const char *source,
                                   const struct am_folder *folder,
                                   struct am_pop3_known **known, size_t *n,
                                   struct am_error *err);

/* The first 64 bits of SHA-256, never 0 in either half. */
uint64_t am_pop3_key(const void *data, size_t len);
/* Ask for the header block of a message; read it (at most 1 MiB; what goes
 * beyond is passed over).  AM_FAILED: refused. */
AM_MUST_USE int am_pop3_top_ask(struct am_pop3_session *s, uint32_t number,
                                struct am_error *err);
struct _GByteArray;
AM_MUST_USE int am_pop3_top_read(struct am_pop3_session *s,
                                 struct _GByteArray *head,
                                 struct am_error *err);

#endif
