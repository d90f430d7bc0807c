/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_BASE_MAP_H
#define AM_BASE_MAP_H

#include "base/file.h"

/*
 * A file of our own making in memory, for who looks at tens of thousands of
 * places of it: a call of pread(2) for each takes longer than the look.  Only
 * for files that are replaced by rename and never written again, and whose
 * reader doubts every byte anyway.
 *
 * A file that shrinks all the same, or a disk that fails, is no SIGBUS that
 * ends the program: what is not to be had reads as zeros from then on, and the
 * map is torn, which who has read asks for afterwards.  A SIGBUS that is not of
 * a map goes on to the handler that was there before.
 */
struct am_map;
/* NULL: it cannot be mapped; read it.  The file may be closed. */
struct am_map *am_map_new(const struct am_file *file);
void am_map_free(struct am_map **map);
const uint8_t *am_map_data(const struct am_map *map); /* the file's size */
bool am_map_torn(const struct am_map *map);           /* NULL: no */
/* Whoever has set a handler of SIGBUS calls this: ours is asked first then. */
void am_map_listen(void);

#endif
