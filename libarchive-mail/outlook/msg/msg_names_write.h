/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_MSG_MSG_NAMES_WRITE_H
#define AM_OUTLOOK_MSG_MSG_NAMES_WRITE_H

#include "outlook/cfb/cfb_write.h"
#include "outlook/mapi/props.h"

/* The names of a .msg file that is written: ids from 0x8000 on in the order in
 * which they are asked for. */
struct am_msg_names;

struct am_msg_names *am_msg_names_new(void);
void am_msg_names_free(struct am_msg_names **names); /* becomes NULL */
/* 0: there are more than there are ids. */
unsigned am_msg_names_id(struct am_msg_names *names,
                         const struct am_mapi_name *name);
/* The storage that says what they are. */
void am_msg_names_write(const struct am_msg_names *names,
                        struct am_cfb_write *to);

#endif
