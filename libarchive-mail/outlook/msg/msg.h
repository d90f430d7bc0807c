/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_MSG_MSG_H
#define AM_OUTLOOK_MSG_MSG_H

#include "outlook/mapi/reading.h"

struct am_blob;

/*
 * A .msg file ([MS-OXMSG]): one item of Outlook's in a compound file, opened
 * through the door of outlook/mapi/reading.h.  Its recipients, its attachments
 * and messages in them are storages in the storage of the item.
 */
struct am_msg;

/* Values up to this many bytes are read at once; larger ones, when they are
 * asked for.  The same of all values of one bag. */
enum { AM_MSG_VALUE_NOW = 256 * 1024, AM_MSG_BAG_NOW = 16 << 20 };

struct am_msg_options {
	unsigned codepage;  /* of 8-bit text where nothing in it says one */
	const char *tmpdir; /* for large objects within */
	/* A property that cannot be read and the like; some, not each. */
	void (*damage)(void *user, const char *text);
	void *user;
};

/* Takes a reference on blob; copies the options. */
AM_MUST_USE int am_msg_open(struct am_msg **out, struct am_blob *blob,
                            const struct am_msg_options *options,
                            struct am_error *err);
void am_msg_close(struct am_msg **msg); /* becomes NULL */
/* The item; it lives as long as msg and arena. */
void am_msg_read(struct am_msg *msg, struct am_arena *arena,
                 struct am_mapi_message *out);

#endif
