/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_SAFE_NAME_H
#define AM_FORMATS_SAFE_NAME_H

#include "base/compiler.h"

/*
 * Text from a mail made fit to be one component of a path, on a given kind of
 * system, whatever the text is.  The result is never empty, never "." or "..",
 * never hidden, never longer than asked, in Unicode's NFC, and the same for
 * the same input everywhere; made fit once more it does not change.
 */
enum am_safe_profile {
	AM_SAFE_POSIX,   /* no '/', no control characters */
	AM_SAFE_WINDOWS, /* nor \ : * ? " < > |, CON, trailing dots, spaces */
	AM_SAFE_PORTABLE /* and of ASCII letters, digits, "-_.,@+=" only */
};
/* "posix", "windows", "portable"; false for other words. */
bool am_safe_name_profile(const char *word, enum am_safe_profile *out);

/* Bytes that a component may have: some file systems allow 255 bytes, some 255
 * UTF-16 units, and programs append something. */
#define AM_SAFE_MAX 240

/* The characters alone: what is forbidden becomes '_', runs of blanks one
 * blank; no trimming, no limit; may be empty.  text NULL is "".  g_free(). */
char *am_safe_name_chars(const char *text, enum am_safe_profile profile);
/* The whole: characters, length, ends, reserved names.  g_free() it. */
char *am_safe_name(const char *text, enum am_safe_profile profile,
                   size_t max_bytes);
/* How many bytes of valid UTF-8 to keep: at most max_bytes and max_chars, cut
 * where a reader sees one character end and the next begin. */
size_t am_safe_name_cut(const char *s, size_t max_bytes, size_t max_chars);

#endif
