/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILARK_BROWSE_BIDI_H
#define MAILARK_BROWSE_BIDI_H

#include "base/compiler.h"

/*
 * Writing from right to left, for terminals that put every letter to the right
 * of the one before: most of them.  A line is put into the order it is seen in,
 * by Unicode's rules (UAX #9), brackets turned and Arabic letters joined.
 */

/* Is there anything in it that is written from right to left? */
bool bidi_needed(const char *s);
/* Does the paragraph begin at the right? */
bool bidi_from_right(const char *s);
/* As it is seen from left to right; g_free() it. */
char *bidi_seen(const char *s, bool from_right);

/* Does the terminal do all this itself, judging by the environment? */
bool bidi_by_terminal(void);

#endif
