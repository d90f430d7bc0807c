/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_BASE_CHARSET_NAMES_H
#define AM_BASE_CHARSET_NAMES_H

#include "base/compiler.h"

/* How bytes of a charset are to be read. */
enum am_charset_way {
	AM_CHARSET_UNSAID, /* no charset, or one that says nothing */
	AM_CHARSET_UTF8,
	AM_CHARSET_LATIN,   /* Windows-1252: by our own table */
	AM_CHARSET_ICONV,   /* by iconv; ASCII bytes stand for ASCII */
	AM_CHARSET_SHIFTED, /* by iconv; ASCII bytes may mean anything */
	AM_CHARSET_HZ       /* RFC 1843 */
};

struct am_charset_name {
	enum am_charset_way way;
	unsigned unit;  /* bytes to pass over after an error */
	char iconv[24]; /* iconv's name, for the two ways that use it */
};

/* What mail's name means; NULL, "" and unknown names are UNSAID. */
struct am_charset_name am_charset_names_find(const char *charset);

#endif
