/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_MSG_MSG_LAYOUT_H
#define AM_OUTLOOK_MSG_MSG_LAYOUT_H

#include "base/bytes.h"

/*
 * What [MS-OXMSG] puts into the streams of a .msg file.
 *
 *   __properties_version1.0   a header, then a record of 16 bytes a property:
 *                             tag, flags, and the value of 8 bytes or how long
 *                             it is in a stream of its own
 *   __substg1.0_0037001F      that stream; of several values a list of their
 *                             lengths, and __substg1.0_8501101F-00000000 …
 *   __recip_version1.0_#00000000, __attach_version1.0_#00000000
 *                             storages alike; __substg1.0_3701000D in one of
 *                             the latter is a message or an object
 *   __nameid_version1.0       what the ids from 0x8000 on mean
 */
#define AM_MSG_PROPERTIES "__properties_version1.0"
#define AM_MSG_VALUE      "__substg1.0_"
#define AM_MSG_RECIPIENT  "__recip_version1.0_#"
#define AM_MSG_ATTACHMENT "__attach_version1.0_#"
#define AM_MSG_NAMES      "__nameid_version1.0"
#define AM_MSG_OBJECT     "__substg1.0_3701000D"

enum {
	AM_MSG_TOP = 32,      /* header of the properties of a message, */
	AM_MSG_EMBEDDED = 24, /* of one in an attachment, */
	AM_MSG_PART = 8,      /* of recipients and attachments */
	AM_MSG_RECORD = 16,
	/* Flags of a record: may be written, may be read. */
	AM_MSG_READABLE = 2,
	AM_MSG_WRITABLE = 4
};

/* [MS-OXMSG] 2.4.1: how many there are, and the next numbers. */
struct am_msg_head {
	uint32_t next_recipient, next_attachment;
	uint32_t recipients, attachments;
};

/* [MS-OXMSG] 2.4.2 */
struct am_msg_record {
	uint32_t tag, flags;
	uint8_t value[8];
};

/* len: of the header, as above; a short one has no counts. */
void am_msg_head_decode(struct am_msg_head *out, const uint8_t *bytes,
                        size_t len);
void am_msg_head_encode(const struct am_msg_head *head, uint8_t *bytes,
                        size_t len);
void am_msg_record_decode(struct am_msg_record *out,
                          const uint8_t bytes[AM_MSG_RECORD]);
void am_msg_record_encode(const struct am_msg_record *record,
                          uint8_t bytes[AM_MSG_RECORD]);

/* Bytes of a value of this type that stands in its record; 0: it does not. */
size_t am_msg_fixed_size(unsigned type);
/* The same of one of several, that stand in a row in the stream; 0: of any
 * length. */
size_t am_msg_row_size(unsigned type);
/* "__substg1.0_0037001F" is 0x0037001f; false of any other name, one with a
 * "-00000000" behind it too. */
bool am_msg_value_tag(const char *name, uint32_t *tag);

#endif
