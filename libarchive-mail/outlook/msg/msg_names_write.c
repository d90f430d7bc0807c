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

enum { BUCKETS = 31, FIRST_BUCKET = 0x1000, IDS = 0x7ffe };

struct am_msg_names {
	GHashTable *ids; /* key -> id - 0x8000 + 1 */
	GByteArray *sets, *entries, *strings;
	GByteArray *buckets[BUCKETS];
	unsigned n;
};

/* Sets that have a number of their own: PS_MAPI 1, PS_PUBLIC_STRINGS 2. */
static const uint8_t known_sets[][16] = {
	{0x28, 3, 2, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46},
	{0x29, 3, 2, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46}};
static const uint8_t internet_headers[16] = {0x86, 3, 2, 0, 0, 0, 0, 0,
                                             0xc0, 0, 0, 0, 0, 0, 0, 0x46};

struct am_msg_names *am_msg_names_new(void)
{
	struct am_msg_names *names = g_new0(struct am_msg_names, 1);

	names->ids =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	names->sets = g_byte_array_new();
	names->entries = g_byte_array_new();
	names->strings = g_byte_array_new();
	for (size_t i = 0; i < BUCKETS; i++)
		names->buckets[i] = g_byte_array_new();
	return names;
}

void am_msg_names_free(struct am_msg_names **handle)
{
	struct am_msg_names *names = *handle;

	*handle = NULL;
	if (!names)
		return;
	g_hash_table_destroy(names->ids);
	g_byte_array_free(names->sets, TRUE);
	g_byte_array_free(names->entries, TRUE);
	g_byte_array_free(names->strings, TRUE);
	for (size_t i = 0; i < BUCKETS; i++)
		g_byte_array_free(names->buckets[i], TRUE);
	g_free(names);
}

static unsigned set_number(struct am_msg_names *names, const uint8_t set[16])
{
	for (unsigned i = 0; i < AM_COUNT(known_sets); i++)
		if (!memcmp(set, known_sets[i], 16))
			return i + 1;
	for (unsigned i = 0; i < names->sets->len / 16; i++)
		if (!memcmp(set, names->sets->data + 16 * (size_t)i, 16))
			return i + 3;
	g_byte_array_append(names->sets, set, 16);
	return names->sets->len / 16 + 2;
}

static void put_entry(GByteArray *to, uint32_t what, unsigned set_and_kind,
                      unsigned index)
{
	uint8_t bytes[8];

	am_put_le32(bytes, what);
	am_put_le16(bytes + 4, (uint16_t)set_and_kind);
	am_put_le16(bytes + 6, (uint16_t)index);
	g_byte_array_append(to, bytes, sizeof(bytes));
}

/* Where it lies among the strings; *hash is of it.  Names of header fields are
 * looked for in small letters. */
static uint32_t put_string(struct am_msg_names *names, const char *text,
                           bool small, uint32_t *hash)
{
	static const uint8_t zeros[4];
	char *lower = small ? g_ascii_strdown(text, -1) : g_strdup(text);
	glong n = 0, m = 0;
	gunichar2 *wide = g_utf8_to_utf16(text, -1, NULL, &n, NULL);
	gunichar2 *key = g_utf8_to_utf16(lower, -1, NULL, &m, NULL);
	uint32_t at = names->strings->len;
	uint8_t bytes[4];

	am_put_le32(bytes, (uint32_t)(2 * n));
	g_byte_array_append(names->strings, bytes, 4);
	for (glong i = 0; i < n; i++) {
		am_put_le16(bytes, wide[i]);
		g_byte_array_append(names->strings, bytes, 2);
	}
	if (n & 1)
		g_byte_array_append(names->strings, zeros, 2);
	/* Without the two inversions that the CRC mostly has. */
	uint32_t crc = UINT32_MAX;
	for (glong i = 0; i < m; i++) {
		am_put_le16(bytes, key[i]);
		crc = am_crc32(crc, bytes, 2);
	}
	*hash = ~crc;
	g_free(wide);
	g_free(key);
	g_free(lower);
	return at;
}

unsigned am_msg_names_id(struct am_msg_names *names,
                         const struct am_mapi_name *name)
{
	char hex[2 * 16 + 1];

	am_hex(name->set, 16, hex);
	char *key = name->string ? g_strdup_printf("%s %s", hex, name->string)
	                         : g_strdup_printf("%s#%x", hex, name->number);
	unsigned id = GPOINTER_TO_UINT(g_hash_table_lookup(names->ids, key));
	if (id || names->n == IDS) {
		g_free(key);
		return id ? 0x8000 + id - 1 : 0;
	}
	unsigned set = set_number(names, name->set) << 1;
	uint32_t what = name->number, hash = name->number;
	if (name->string) {
		set |= 1;
		what = put_string(names, name->string,
		                  !memcmp(name->set, internet_headers, 16),
		                  &hash);
	}
	put_entry(names->entries, what, set, names->n);
	put_entry(names->buckets[(hash ^ set) % BUCKETS], hash, set, names->n);
	g_hash_table_insert(names->ids, key, GUINT_TO_POINTER(++names->n));
	return 0x8000 + names->n - 1;
}

void am_msg_names_write(const struct am_msg_names *names,
                        struct am_cfb_write *to)
{
	uint32_t in = am_cfb_write_storage(to, 0, AM_MSG_NAMES);
	char name[40];

	am_cfb_write_bytes(to, in, AM_MSG_VALUE "00020102", names->sets->data,
	                   names->sets->len);
	am_cfb_write_bytes(to, in, AM_MSG_VALUE "00030102",
	                   names->entries->data, names->entries->len);
	am_cfb_write_bytes(to, in, AM_MSG_VALUE "00040102",
	                   names->strings->data, names->strings->len);
	for (unsigned i = 0; i < BUCKETS; i++) {
		if (!names->buckets[i]->len)
			continue;
		g_snprintf(name, sizeof(name), AM_MSG_VALUE "%04X0102",
		           FIRST_BUCKET + i);
		am_cfb_write_bytes(to, in, name, names->buckets[i]->data,
		                   names->buckets[i]->len);
	}
}
