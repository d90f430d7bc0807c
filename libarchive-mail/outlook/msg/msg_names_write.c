/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * [MS-OXMSG] 2.2.3: a list of sets (GUIDs), a list of entries, the strings that
 * are names, and the way back: entries once more, by a hash, in up to 31
 * streams.
 */
#include "outlook/msg/msg_names_write.h"

#include "base/bytes.h"
#include "base/hash.h"
#include "outlook/msg/msg_layout.h"

#include <glib.h>

#include <string.h>

enum { BUCKETS = 31, FIRST_BUCKET = 0x1000, ENTRY = 8 };

static const uint8_t internet_headers[16] = {0x86, 3, 2, 0, 0, 0, 0, 0,
                                             0xc0, 0, 0, 0, 0, 0, 0, 0x46};

/* Of the string at that place.  Names of header fields are looked for in small
 * letters; the CRC is without the two inversions that it mostly has. */
static uint32_t hash_of(const struct am_mapi_name_bytes *b, uint32_t at,
                        bool small)
{
	struct am_cursor c = am_cursor(b->strings + at, b->strings_len - at);
	uint32_t len = am_get_le32(&c), crc = UINT32_MAX;
	uint8_t unit[2];

	for (uint32_t i = 0; i < len; i += 2) {
		uint16_t u = am_get_le16(&c);
		if (small && u >= 'A' && u <= 'Z')
			u = (uint16_t)(u + 'a' - 'A');
		am_put_le16(unit, u);
		crc = am_crc32(crc, unit, sizeof(unit));
	}
	return ~crc;
}

static void fill_buckets(const struct am_mapi_name_bytes *b,
                         GByteArray *buckets[BUCKETS])
{
	for (size_t at = 0; at < b->entries_len; at += ENTRY) {
		struct am_cursor c = am_cursor(b->entries + at, ENTRY);
		uint32_t what = am_get_le32(&c);
		uint16_t set = am_get_le16(&c);
		size_t own = ((size_t)(set >> 1) - 3) * 16;
		uint8_t entry[ENTRY];
		if (set & 1)
			what = hash_of(b, what,
			               set >> 1 > 2 &&
			                       !memcmp(b->sets + own,
			                               internet_headers, 16));
		memcpy(entry, b->entries + at, ENTRY);
		am_put_le32(entry, what);
		g_byte_array_append(buckets[(what ^ set) % BUCKETS], entry,
		                    ENTRY);
	}
}

void am_msg_names_write(const struct am_mapi_name_table *names,
                        struct am_cfb_write *to)
{
	uint32_t in = am_cfb_write_storage(to, 0, AM_MSG_NAMES);
	GByteArray *buckets[BUCKETS];
	struct am_mapi_name_bytes b;
	char name[40];

	am_mapi_name_table_bytes(names, &b);
	am_cfb_write_bytes(to, in, AM_MSG_VALUE "00020102", b.sets, b.sets_len);
	am_cfb_write_bytes(to, in, AM_MSG_VALUE "00030102", b.entries,
	                   b.entries_len);
	am_cfb_write_bytes(to, in, AM_MSG_VALUE "00040102", b.strings,
	                   b.strings_len);
	for (unsigned i = 0; i < BUCKETS; i++)
		buckets[i] = g_byte_array_new();
	fill_buckets(&b, buckets);
	for (unsigned i = 0; i < BUCKETS; i++) {
		g_snprintf(name, sizeof(name), AM_MSG_VALUE "%04X0102",
		           FIRST_BUCKET + i);
		if (buckets[i]->len)
			am_cfb_write_bytes(to, in, name, buckets[i]->data,
			                   buckets[i]->len);
		g_byte_array_free(buckets[i], TRUE);
	}
}
