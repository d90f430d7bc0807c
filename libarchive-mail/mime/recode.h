/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MIME_RECODE_H
#define AM_MIME_RECODE_H

#include "base/compiler.h"

/*
 * Text parts to UTF-8, as a stream: GMime's charsets (behind base/charset.h's
 * names, which know what mail means by them), and bytes that no charset
 * explains as UTF-8 or else Windows-1252.  Never fails; what comes out is
 * valid UTF-8, cut only between characters.
 */
struct am_recode;

typedef void am_recode_fn(void *user, const char *s, size_t len);

/* charset NULL or "": not said. */
struct am_recode *am_recode_new(const char *charset, am_recode_fn *out,
                                void *user);
void am_recode_feed(struct am_recode *recode, const char *s, size_t len);
void am_recode_finish(struct am_recode *recode);
void am_recode_free(struct am_recode **recode);

#endif
