/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_MSG_MSG_NAMES_WRITE_H
#define AM_OUTLOOK_MSG_MSG_NAMES_WRITE_H

#include "outlook/cfb/cfb_write.h"
#include "outlook/mapi/name_table.h"

/* The storage that says what the ids from 0x8000 on are. */
void am_msg_names_write(const struct am_mapi_name_table *names,
                        struct am_cfb_write *to);

#endif
