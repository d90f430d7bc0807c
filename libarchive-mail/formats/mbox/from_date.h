/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_FROM_DATE_H
#define AM_FORMATS_MBOX_FROM_DATE_H

#include "base/compiler.h"

/*
 * The date of a separator line, in whatever order and spelling: asctime(3)'s,
 * RFC 5322's, ISO 8601's, JavaScript's, IMAP's; with or without weekday,
 * seconds, zone.  The line is cut into words, which are looked at in place.
 */
#define AM_MBOX_WORDS_MAX 24

struct am_mbox_word {
	const char *s;
	size_t len;
};

struct am_mbox_words {
	struct am_mbox_word words[AM_MBOX_WORDS_MAX];
	size_t n;
};

struct am_mbox_date {
	int year; /* 0: the line leaves it out */
	int month, day, hour, minute, second;
	int zone; /* minutes */
	bool zoned;
};

/* A quoted string is one word.  false: more words than any separator has. */
bool am_mbox_words_cut(struct am_mbox_words *out, const char *s, size_t len);
/* Words of a date that starts at word `at`; 0 when it is none. */
size_t am_mbox_words_date(const struct am_mbox_words *l, size_t at,
                          struct am_mbox_date *d);

#endif
