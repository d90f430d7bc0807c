/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MIME_WORDS_H
#define AM_MIME_WORDS_H

#include "base/compiler.h"

struct am_arena;

/*
 * RFC 2047, our own: GMime 3.2 cuts runs of base64 words short.  Unfolds,
 * decodes encoded words (adjacent ones of one charset are joined before the
 * charset is converted, so characters split over two words survive), decodes
 * raw 8-bit text as UTF-8 or else Windows-1252, and gives valid UTF-8 with
 * control characters made spaces.  Never fails; what cannot be decoded stays
 * as it stood.  Linear in len.
 */
char *am_words_decode(struct am_arena *arena, const char *value, size_t len);
/* The same where it takes only unfolding (no encoded word, no 8-bit text), else
 * NULL: most values, and a fraction of the time. */
char *am_words_unfold(struct am_arena *arena, const char *value, size_t len);
/*
 * charset: of raw 8-bit text that is not UTF-8 (a guess: the message's own), or
 * NULL.  *specials: decoding brought up ()<>[]:;@\," that were not there
 * before.
 */
char *am_words_decode_in(struct am_arena *arena, const char *charset,
                         const char *value, size_t len, bool *specials);
/* The last step of it: control characters of UTF-8 text become spaces. */
void am_words_clean(char *s, size_t len);

#endif
