/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MAILDIR_NAME_H
#define AM_FORMATS_MAILDIR_NAME_H

#include "base/time.h"

/*
 * The name of a file in cur/ or new/, taken apart and put together:
 *
 *   1567804750.M170541P1000Q3.host.example,S=4103,W=4176:2,FSa
 *   `--time--' `-unique part-------------' `--sizes----'   `-- info: letters
 *   `-------------- base: lasts as long as the message -'
 *
 * The info follows the last ":2,".  Where ':' cannot be in a name, people and
 * programs have put ';' '!' '-' ',' '_' or U+F03A for it; those count only when
 * nothing but letters follows.
 */
struct am_maildir_name {
	size_t base_len;    /* of the name without the info */
	const char *info;   /* the letters behind "2,", or NULL */
	int64_t time;       /* the leading number, or -1 */
	uint64_t size;      /* ,S= or UINT64_MAX */
	uint64_t crlf_size; /* ,W= or UINT64_MAX */
	uint32_t uid;       /* ,U= of isync and OfflineIMAP, or 0 */
	/* We wrote it: time is the received date, written in this zone. */
	bool dated;
	int16_t zone_min;
};

void am_maildir_name_parse(struct am_maildir_name *out, const char *name);

/*
 * The letters: DFPRST to flags; a-z into *keywords, bit 0 for 'a'; all others,
 * sorted and once each, into other[], which has room for 64 and is filled up
 * at most.
 */
#define AM_MAILDIR_OTHER 64
void am_maildir_name_letters(const char *info, uint32_t *flags,
                             uint32_t *keywords, char other[AM_MAILDIR_OTHER]);

/* A name for a file to be delivered, all but its time and sizes unique on this
 * host: "M170541P1000Q3" with the zone as "Z60", then the host. */
struct am_maildir_unique {
	int64_t usec; /* of the clock now */
	int64_t pid;
	uint64_t count;
	const char *host;
};
#define AM_MAILDIR_NAME_ROOM 256
void am_maildir_name_make(char out[AM_MAILDIR_NAME_ROOM],
                          const struct am_maildir_unique *unique,
                          const struct am_when *received, uint64_t size,
                          uint64_t crlf_size, const char *letters);

/* "a.example" fit for a name: no '/', ':' or ',', at most 100 bytes; never
 * empty.  g_free() it. */
char *am_maildir_name_host(const char *host);

/* The letters for flags, keywords (bit 0: 'a') and other letters to keep, in
 * ASCII order; room for 64. */
void am_maildir_name_info(char out[AM_MAILDIR_OTHER], uint32_t flags,
                          uint32_t keywords, const char *other);

#endif
