/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_IMAP_FINGERPRINT_H
#define AM_FORMATS_IMAP_FINGERPRINT_H

#include "base/error.h"

struct am_blob;
struct am_message;

/*
 * What tells whether a message is on the server already without fetching it: a
 * number made of the header fields that servers leave alone.  Fields of one
 * message may come in any order and folded anyhow; what a server may make '?'
 * of or drop (8-bit text) does not count.  Two copies of a mail that took
 * different ways have different Received lines and so different fingerprints.
 * A header without Message-ID and Received says too little by itself: there
 * the size counts too.
 */
#define AM_IMAP_FINGERPRINT_FIELDS "MESSAGE-ID DATE FROM SUBJECT RECEIVED"

uint64_t am_imap_fingerprint(const void *header, size_t len, uint64_t size,
                             bool *weak); /* NULL, or whether it is so */
/* The same without the Message-ID, which some servers change; 0: there is
 * none. */
uint64_t am_imap_fingerprint_nameless(const void *header, size_t len);
/* One where the size counts, as it were with another size. */
uint64_t am_imap_fingerprint_sized(uint64_t fingerprint, uint64_t from,
                                   uint64_t to);
/* Of one whose header is not to be had: size and INTERNALDATE. */
uint64_t am_imap_fingerprint_blind(uint64_t size, int64_t received);

/* The same of a whole message that is to be sent, and what of it a server may
 * not take or keep as it is (odd.h). */
struct am_imap_print {
	uint64_t fingerprint;
	uint64_t tidied;   /* where CRs at line ends are dropped */
	uint64_t bared;    /* where a first line of an mbox is */
	uint64_t nameless; /* without its Message-ID; 0: it has none */
	uint64_t size;     /* in CRLF form */
	bool nul, lone_cr, header_8bit;
	bool weak;  /* the size counts in it, */
	bool bare;  /* and nothing else */
	bool mends; /* mend.h may change the fingerprint */
};

/* What a message may be known by in a mailbox. */
struct am_imap_marks {
	uint64_t fingerprint;
	uint64_t blind; /* am_imap_fingerprint_blind(); 0: no date */
};
/* `meta` gives the date it is sent with. */
struct am_imap_marks am_imap_print_marks(const struct am_imap_print *print,
                                         const struct am_message *meta);
AM_MUST_USE int am_imap_print_of(const struct am_blob *raw,
                                 struct am_imap_print *out,
                                 struct am_error *err);

#endif
