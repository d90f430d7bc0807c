/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_BASE_KEYED_HASH_H
#define AM_BASE_KEYED_HASH_H

#include <stddef.h>

/*
 * A GHashFunc for strings that come from strangers: with g_str_hash anybody can
 * write a hundred thousand Message-IDs that fall together, and a table of them
 * takes time in proportion to the square.  SipHash-1-3 with a key of this run.
 * Any thread.
 */
unsigned am_keyed_hash(const void *text);
unsigned am_keyed_hash_bytes(const void *bytes, size_t len);

#endif
