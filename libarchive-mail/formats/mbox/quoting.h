/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MBOX_QUOTING_H
#define AM_FORMATS_MBOX_QUOTING_H

#include "base/compiler.h"

/*
 * "From " at the start of a line, after any number of '>'.  One fast search
 * serves separators, quoted lines and the quoting on the way out.
 */

/* A run of more '>' than this is text, to the reader and the writer alike, so
 * that looking back from a "From " is bounded. */
#define AM_MBOX_QUOTE_MAX 1000

/* First "From " (wide false) or "From" (wide true) in [at, end), or NULL.
 * Some 10 GB/s over cached bytes, three times memmem(3)'s pace. */
const uint8_t *am_mbox_find(const uint8_t *at, const uint8_t *end, bool wide);

/*
 * The word found at `at`: how many '>' stand before it when that run begins a
 * line, else -1.  `floor` is as far back as one may look; with floor_is_line
 * a line starts there.  eol is '\n', or '\r' in old Macintosh files.
 */
int am_mbox_depth(const uint8_t *at, const uint8_t *floor, bool floor_is_line,
                  uint8_t eol);

/* What a writer does to such lines.  The numbers are in recipes. */
enum am_mbox_quote {
	AM_MBOX_QUOTE_NONE = 0,
	AM_MBOX_QUOTE_RD = 1, /* every ^>*From_ gets one more '>' */
	AM_MBOX_QUOTE_O = 2,  /* only ^From_ gets one */
	AM_MBOX_QUOTE_BACKUP =
		3 /* imap-backup: every ^>*From, no space asked */
};

/* Must this line get a '>' when written in that way? */
static inline bool am_mbox_quote_wanted(enum am_mbox_quote how, int depth)
{
	if (depth < 0 || depth >= AM_MBOX_QUOTE_MAX)
		return false;
	return how == AM_MBOX_QUOTE_RD || how == AM_MBOX_QUOTE_BACKUP ||
	       (how == AM_MBOX_QUOTE_O && depth == 0);
}

#endif
