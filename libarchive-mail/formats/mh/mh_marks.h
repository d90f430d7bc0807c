/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_MH_MH_MARKS_H
#define AM_FORMATS_MH_MH_MARKS_H

#include "base/compiler.h"

struct am_message;

/*
 * .sylpheed_mark and .claws_mark: 32-bit numbers in the order of the machine
 * that wrote them.
 *
 *     version   2, or some other small number, which tells the order
 *     number, flags    of a message, again and again
 *
 * Flags: 1 new, 2 unread, 4 marked, 8 deleted, 16 replied, 32 forwarded; above
 * these the programs differ.
 */
struct am_mh_marks;

/* NULL: neither file is there, or it is none. */
struct am_mh_marks *am_mh_marks_read(int dir_fd);
struct am_mh_marks *am_mh_marks_parse(const uint8_t *data, size_t len);
void am_mh_marks_free(struct am_mh_marks **marks);
/* false: they say nothing of it. */
bool am_mh_marks_apply(const struct am_mh_marks *marks, uint32_t n,
                       struct am_message *msg);

bool am_mh_marks_file(const char *name);

#endif
