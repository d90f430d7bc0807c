/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_BASE_CHARSET_H
#define AM_BASE_CHARSET_H

#include "base/compiler.h"

struct am_arena;

/* Is it well-formed UTF-8 (no surrogates, nothing overlong)? */
bool am_utf8_valid(const char *s, size_t len);
/* A copy in which each bad byte, and each NUL, has become U+FFFD. */
char *am_utf8_repair(struct am_arena *arena, const char *s, size_t len);
/*
 * Text in a named charset to UTF-8, in the arena, never failing: unknown or
 * lying charsets fall back to UTF-8 where it is valid, then Windows-1252.
 * Mail's names are understood ("cp-850", "x-unknown", "ansi_x3.110-1983",
 * "utf8", "iso-8859-8-i"); charset NULL or "" means "not said".
 */
char *am_charset_to_utf8(struct am_arena *arena, const char *charset,
                         const char *s, size_t len, size_t *out_len);
/* RFC 3501 §5.1.3 mailbox names.  from: NULL when it is not modified UTF-7;
 * to: any UTF-8. */
char *am_utf7_from_imap(struct am_arena *arena, const char *s);
char *am_utf7_to_imap(struct am_arena *arena, const char *s);

#endif
