/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_MSG_MSG_IMPL_H
#define AM_OUTLOOK_MSG_MSG_IMPL_H

#include "outlook/cfb/cfb.h"
#include "outlook/msg/msg.h"

struct am_msg {
	struct am_mapi_container container;
	struct am_cfb *cfb;
	struct am_mapi_names *names;
	struct am_msg_options options;
	char *tmpdir;
	unsigned codepage; /* of the outermost message */
	unsigned told;     /* damage so far */
};

void am_msg_damage(struct am_msg *msg, const char *fmt, ...) AM_PRINTF(2, 3);
/* Fills the bag with what is in a storage, and sorts it.  head: how long the
 * header of its properties is. */
void am_msg_bag(struct am_msg *msg, uint32_t storage, size_t head,
                struct am_mapi_props *out);

#endif
