/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef AM_OUTLOOK_TNEF_TNEF_LAYOUT_H
#define AM_OUTLOOK_TNEF_TNEF_LAYOUT_H

#include "base/bytes.h"

/*
 *   signature u32, key u16, then attributes:
 *   level u8, id and type u32, length u32, the data, sum of its bytes u16
 */
#define AM_TNEF_SIGNATURE UINT32_C(0x223e9f78)
enum { AM_TNEF_HEAD = 6, AM_TNEF_ATTRIBUTE = 9, AM_TNEF_SUM = 2 };

enum am_tnef_level { AM_TNEF_MESSAGE = 1, AM_TNEF_ATTACHMENT = 2 };

/* [MS-OXTNEF] 2.1.2 */
enum am_tnef_id {
	AM_TNEF_FROM = 0x00008000,
	AM_TNEF_SUBJECT = 0x00018004,
	AM_TNEF_DATE_SENT = 0x00038005,
	AM_TNEF_DATE_RECEIVED = 0x00038006,
	AM_TNEF_STATUS = 0x00068007,
	AM_TNEF_CLASS = 0x00078008,
	AM_TNEF_BODY = 0x0002800c,
	AM_TNEF_PRIORITY = 0x0004800d,
	AM_TNEF_DATE_MODIFIED = 0x00038020,
	AM_TNEF_DATE_START = 0x00030006,
	AM_TNEF_DATE_END = 0x00030007,
	AM_TNEF_MESSAGE_PROPS = 0x00069003,
	AM_TNEF_RECIPIENTS = 0x00069004,
	AM_TNEF_CODEPAGE = 0x00069007,
	AM_TNEF_VERSION = 0x00089006,
	AM_TNEF_RENDERING = 0x00069002,
	AM_TNEF_TITLE = 0x00018010,
	AM_TNEF_DATA = 0x0006800f,
	AM_TNEF_CREATED = 0x00038012,
	AM_TNEF_MODIFIED = 0x00038013,
	AM_TNEF_TRANSPORT_NAME = 0x00069001,
	AM_TNEF_ATTACHMENT_PROPS = 0x00069005
};

struct am_tnef_attribute {
	uint8_t level;
	uint32_t id, length;
};

static inline void
am_tnef_attribute_decode(struct am_tnef_attribute *out,
                         const uint8_t bytes[AM_TNEF_ATTRIBUTE])
{
	struct am_cursor c = am_cursor(bytes, AM_TNEF_ATTRIBUTE);

	out->level = am_get_u8(&c);
	out->id = am_get_le32(&c);
	out->length = am_get_le32(&c);
}

static inline void
am_tnef_attribute_encode(const struct am_tnef_attribute *attribute,
                         uint8_t bytes[AM_TNEF_ATTRIBUTE])
{
	bytes[0] = attribute->level;
	am_put_le32(bytes + 1, attribute->id);
	am_put_le32(bytes + 5, attribute->length);
}

#endif
