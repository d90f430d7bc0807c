/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/msg/msg_layout.h"

#include "outlook/mapi/props.h"

#include <criterion/criterion.h>

#include <string.h>

Test(msg_layout, heads_and_records_come_back)
{
	const struct am_msg_head head = {3, 4, 5, 6};
	const struct am_msg_record record = {
		0x0037001f, 6, {1, 2, 3, 4, 5, 6, 7, 8}};
	struct am_msg_head again;
	struct am_msg_record back;
	uint8_t bytes[AM_MSG_TOP];

	am_msg_head_encode(&head, bytes, AM_MSG_TOP);
	am_msg_head_decode(&again, bytes, AM_MSG_TOP);
	cr_expect(again.next_recipient == 3 && again.next_attachment == 4);
	cr_expect(again.recipients == 5 && again.attachments == 6);
	am_msg_head_encode(&head, bytes, AM_MSG_PART);
	am_msg_head_decode(&again, bytes, AM_MSG_PART);
	cr_expect(!again.recipients && !bytes[0]);
	am_msg_record_encode(&record, bytes);
	am_msg_record_decode(&back, bytes);
	cr_expect(back.tag == record.tag && back.flags == record.flags);
	cr_expect_arr_eq(back.value, record.value, 8);
}

Test(msg_layout, tags_in_names)
{
	uint32_t tag = 0;

	cr_expect(am_msg_value_tag("__substg1.0_0037001F", &tag));
	cr_expect_eq(tag, 0x0037001f);
	cr_expect(am_msg_value_tag("__SUBSTG1.0_8001101e", &tag));
	cr_expect_eq(tag, 0x8001101e);
	cr_expect(!am_msg_value_tag("__substg1.0_8001101F-00000000", &tag));
	cr_expect(!am_msg_value_tag("__substg1.0_0037001", &tag));
	cr_expect(!am_msg_value_tag("__substg1.0_0037001G", &tag));
	cr_expect(!am_msg_value_tag("__properties_version1.0", &tag));
	cr_expect_eq(am_msg_fixed_size(AM_MAPI_TIME), 8);
	cr_expect_eq(am_msg_fixed_size(AM_MAPI_STRING), 0);
	cr_expect_eq(am_msg_row_size(AM_MAPI_MULTI | AM_MAPI_GUID), 16);
	cr_expect_eq(am_msg_row_size(AM_MAPI_MULTI | AM_MAPI_BINARY), 0);
}
