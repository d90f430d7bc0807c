/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_BASE_FOLD_H
#define AM_BASE_FOLD_H

#include "base/compiler.h"

/*
 * Text as it is compared when it is looked for: lower case, compatibility forms
 * resolved, diacritics dropped, character by character.  The full-text index
 * and whoever reads messages instead fold alike, so that they cannot disagree.
 */

/* The folded form of one character, UTF-8 in out.  Returns its length; 0 when
 * the character is dropped (a diacritic). */
#define AM_FOLD_MAX 80
size_t am_fold_char(uint32_t c, char out[AM_FOLD_MAX]);
enum am_char { AM_CHAR_BREAK, AM_CHAR_WORD, AM_CHAR_MARK, AM_CHAR_SINGLE };
enum am_char am_char_class(uint32_t c);
/* What two are together: letters of a Korean syllable, kana and its sound mark.
 * 0: two. */
uint32_t am_fold_join(uint32_t c, uint32_t next);

/* All of a text, NUL-terminated, g_free(): characters of words folded, of the
 * others lower case; any white space but line ends is a blank, and so is NUL;
 * bytes that are no UTF-8 become U+FFFD. */
char *am_fold_text(const char *text, size_t len);

#endif
