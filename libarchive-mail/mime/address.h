/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_MIME_ADDRESS_H
#define AM_MIME_ADDRESS_H

#include "base/compiler.h"

struct am_arena;

/* One address of a From/To/Cc field (RFC 5322 §3.4), decoded, UTF-8. */
struct am_address {
	const char *name;    /* display name, or NULL */
	const char *address; /* addr-spec "a@b.example", or NULL for a group */
};

/* Take an address list apart, leniently, groups flattened.  At most max. */
size_t am_address_parse(struct am_arena *arena, const char *value, size_t len,
                        struct am_address *out, size_t max);

/*
 * The whole list as one line of UTF-8 for people that can still be parsed:
 * encoded words are decoded, and a name in which that brings up a comma or the
 * like is put in quotes.  charset as for am_words_decode_in().  Never NULL.
 */
char *am_address_text(struct am_arena *arena, const char *charset,
                      const char *value, size_t len);

#endif
