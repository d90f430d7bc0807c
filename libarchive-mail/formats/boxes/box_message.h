/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_BOXES_BOX_MESSAGE_H
#define AM_FORMATS_BOXES_BOX_MESSAGE_H

#include "base/time.h"
#include "formats/boxes/box.h"

struct am_blob;

/*
 * A message out of a file of many, made of its bytes: origin "BOX:OFFSET", the
 * received date by the header where the mailbox has none (when->known false).
 * Takes raw.
 */
AM_MUST_USE int am_box_message_make(struct am_message **out,
                                    const struct am_box_place *place,
                                    uint64_t offset, struct am_blob *raw,
                                    const struct am_when *when,
                                    const char *when_from,
                                    struct am_error *err);

#endif
