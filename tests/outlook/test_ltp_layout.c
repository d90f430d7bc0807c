/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/pst/ltp_layout.h"

#include <criterion/criterion.h>
#include <glib.h>

#include <string.h>

/* All bytes of these mean something, so both ways are exact. */
#define INVERSE(name, size)                                          \
	do {                                                         \
		struct am_pst_##name a, b;                           \
		uint8_t in[32], out[32] = {0};                       \
		for (unsigned i = 0; i < sizeof(in); i++)            \
			in[i] = (uint8_t)g_random_int_range(0, 256); \
		am_pst_##name##_decode(&a, in);                      \
		am_pst_##name##_encode(&a, out);                     \
		cr_expect(!memcmp(in, out, size), #name);            \
		cr_expect(!out[size], #name " writes too far");      \
		memset(&b, 0, sizeof(b));                            \
		am_pst_##name##_decode(&b, out);                     \
		am_pst_##name##_encode(&b, in);                      \
		cr_expect(!memcmp(in, out, size), #name);            \
	} while (0)

Test(ltp_layout, decode_undoes_encode)
{
	g_random_set_seed(1);
	for (unsigned n = 0; n < 200; n++) {
		INVERSE(heap_header, AM_PST_HEAP_HEADER);
		INVERSE(heap_map, AM_PST_HEAP_MAP);
		INVERSE(bth_header, AM_PST_BTH_HEADER);
		INVERSE(pc_record, AM_PST_PC_RECORD);
		INVERSE(tc_info, AM_PST_TC_INFO - 4); /* 4 unused */
		INVERSE(tc_column, AM_PST_TC_COLUMN);
	}
}

Test(ltp_layout, a_column_as_outlook_writes_it)
{
	static const uint8_t bytes[] = {0x1f, 0, 0x37, 0, 44, 0, 4, 8};
	struct am_pst_tc_column column;

	am_pst_tc_column_decode(&column, bytes);
	cr_expect(column.tag == 0x0037001f && column.at == 44 &&
	          column.width == 4 && column.bit == 8);
}
