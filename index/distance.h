/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_INDEX_DISTANCE_H
#define AM_INDEX_DISTANCE_H

#include <glib.h>

/* Letters changed, added, gone, or two neighbours swapped, from one word to
 * another of at most AM_WORD_MAX letters; counted no further than most + 1. */
unsigned am_letters_distance(const gunichar *a, size_t n, const gunichar *b,
                             size_t m, unsigned most);

#endif
