/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_FORMATS_OLD_MAIL_H
#define AM_FORMATS_OLD_MAIL_H

#include "model/message.h"

/*
 * Unread, but no longer new: a reader has seen it in a list.  Status has an O
 * for that, a Maildir has cur/, Mozilla takes a bit away, IMAP \Recent.  Told
 * by a property, and only of messages without flags and keywords: with any of
 * these nobody takes a message for new.
 */
#define AM_OLD_MAIL_PROP "old"

static inline bool am_old_mail(const struct am_message *msg)
{
	return am_message_prop(msg, AM_OLD_MAIL_PROP) != NULL;
}

static inline void am_old_mail_tell(struct am_message *msg)
{
	if (!msg->flags && !msg->n_keywords && !am_old_mail(msg))
		am_message_add_prop(msg, AM_OLD_MAIL_PROP, "1", 1);
}

#endif
