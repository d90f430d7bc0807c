/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_PST_GUESS_H
#define AM_OUTLOOK_PST_GUESS_H

#include "outlook/pst/store.h"

/*
 * The code page of the 8-bit text in an old (ANSI) file where nothing says it:
 * the one in which most of its folders have names that mail programs give to
 * theirs ("Inbox" in twenty languages).  1252 where none has more than it.
 *
 * Told as a note: what was taken and why; or, where text has letters that 1252
 * has not or words of its accented letters alone, that it is likely another.
 */
unsigned am_pst_guess_codepage(struct am_pst_store *store);

#endif
