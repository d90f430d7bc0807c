/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/msg/msg_layout.h"

#include "outlook/mapi/props.h"

#include <glib.h>

#include <string.h>

void am_msg_head_decode(struct am_msg_head *out, const uint8_t *bytes,
                        size_t len)
{
	struct am_cursor c = am_cursor(bytes, len);

	*out = (struct am_msg_head){0};
	if (len < AM_MSG_EMBEDDED)
		return;
	c.at += 8;
	out->next_recipient = am_get_le32(&c);
	out->next_attachment = am_get_le32(&c);
	out->recipients = am_get_le32(&c);
	out->attachments = am_get_le32(&c);
}

void am_msg_head_encode(const struct am_msg_head *head, uint8_t *bytes,
                        size_t len)
{
	memset(bytes, 0, len);
	if (len < AM_MSG_EMBEDDED)
		return;
	am_put_le32(bytes + 8, head->next_recipient);
	am_put_le32(bytes + 12, head->next_attachment);
	am_put_le32(bytes + 16, head->recipients);
	am_put_le32(bytes + 20, head->attachments);
}

void am_msg_record_decode(struct am_msg_record *out,
                          const uint8_t bytes[AM_MSG_RECORD])
{
	struct am_cursor c = am_cursor(bytes, AM_MSG_RECORD);

	out->tag = am_get_le32(&c);
	out->flags = am_get_le32(&c);
	memcpy(out->value, am_get_bytes(&c, 8), 8);
}

void am_msg_record_encode(const struct am_msg_record *record,
                          uint8_t bytes[AM_MSG_RECORD])
{
	am_put_le32(bytes, record->tag);
	am_put_le32(bytes + 4, record->flags);
	memcpy(bytes + 8, record->value, 8);
}

size_t am_msg_fixed_size(unsigned type)
{
	return type == AM_MAPI_GUID ? 0 : am_mapi_fixed_size(type);
}

size_t am_msg_row_size(unsigned type)
{
	type &= ~(unsigned)AM_MAPI_MULTI;
	return am_mapi_fixed_size(type);
}

bool am_msg_value_tag(const char *name, uint32_t *tag)
{
	size_t n = strlen(AM_MSG_VALUE);
	uint32_t value = 0;

	if (g_ascii_strncasecmp(name, AM_MSG_VALUE, n) != 0 ||
	    strlen(name) != n + 8)
		return false;
	for (const char *p = name + n; *p; p++) {
		int digit = g_ascii_xdigit_value(*p);
		if (digit < 0)
			return false;
		value = value << 4 | (uint32_t)digit;
	}
	*tag = value;
	return true;
}
