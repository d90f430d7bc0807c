/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/mapi/name_table.h"

#include "base/bytes.h"
#include "base/hash.h"

#include <glib.h>

#include <string.h>

enum { IDS = 0x7ffe };

struct am_mapi_name_table {
	GHashTable *ids; /* key -> id - 0x8000 + 1 */
	GByteArray *sets, *entries, *strings;
	unsigned n;
};

/* Sets that have a number of their own: PS_MAPI 1, PS_PUBLIC_STRINGS 2. */
static const uint8_t known_sets[][16] = {
	{0x28, 3, 2, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46},
	{0x29, 3, 2, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46}};

struct am_mapi_name_table *am_mapi_name_table_new(void)
{
	struct am_mapi_name_table *table = g_new0(struct am_mapi_name_table, 1);

	table->ids =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	table->sets = g_byte_array_new();
	table->entries = g_byte_array_new();
	table->strings = g_byte_array_new();
	return table;
}

void am_mapi_name_table_free(struct am_mapi_name_table **handle)
{
	struct am_mapi_name_table *table = *handle;

	*handle = NULL;
	if (!table)
		return;
	g_hash_table_destroy(table->ids);
	g_byte_array_free(table->sets, TRUE);
	g_byte_array_free(table->entries, TRUE);
	g_byte_array_free(table->strings, TRUE);
	g_free(table);
}

static unsigned set_number(struct am_mapi_name_table *table,
                           const uint8_t set[16])
{
	for (unsigned i = 0; i < AM_COUNT(known_sets); i++)
		if (!memcmp(set, known_sets[i], 16))
			return i + 1;
	for (unsigned i = 0; i < table->sets->len / 16; i++)
		if (!memcmp(set, table->sets->data + 16 * (size_t)i, 16))
			return i + 3;
	g_byte_array_append(table->sets, set, 16);
	return table->sets->len / 16 + 2;
}

/* Where it lies among the strings: its length, its units, up to a multiple of
 * four. */
static uint32_t put_string(struct am_mapi_name_table *table, const char *text)
{
	static const uint8_t zeros[4];
	glong n = 0;
	gunichar2 *wide = g_utf8_to_utf16(text, -1, NULL, &n, NULL);
	uint32_t at = table->strings->len;
	uint8_t bytes[4];

	am_put_le32(bytes, (uint32_t)(2 * n));
	g_byte_array_append(table->strings, bytes, 4);
	for (glong i = 0; i < n; i++) {
		am_put_le16(bytes, wide[i]);
		g_byte_array_append(table->strings, bytes, 2);
	}
	if (n & 1)
		g_byte_array_append(table->strings, zeros, 2);
	g_free(wide);
	return at;
}

unsigned am_mapi_name_table_id(struct am_mapi_name_table *table,
                               const struct am_mapi_name *name)
{
	char hex[2 * 16 + 1];
	uint8_t entry[8];

	am_hex(name->set, 16, hex);
	char *key = name->string ? g_strdup_printf("%s %s", hex, name->string)
	                         : g_strdup_printf("%s#%x", hex, name->number);
	unsigned id = GPOINTER_TO_UINT(g_hash_table_lookup(table->ids, key));
	if (id || table->n == IDS) {
		g_free(key);
		return id ? 0x8000 + id - 1 : 0;
	}
	unsigned set = set_number(table, name->set) << 1;
	am_put_le32(entry, name->string ? put_string(table, name->string)
	                                : name->number);
	am_put_le16(entry + 4, (uint16_t)(set | (name->string ? 1 : 0)));
	am_put_le16(entry + 6, (uint16_t)table->n);
	g_byte_array_append(table->entries, entry, sizeof(entry));
	g_hash_table_insert(table->ids, key, GUINT_TO_POINTER(++table->n));
	return 0x8000 + table->n - 1;
}

void am_mapi_name_table_bytes(const struct am_mapi_name_table *table,
                              struct am_mapi_name_bytes *out)
{
	*out = (struct am_mapi_name_bytes){.sets = table->sets->data,
	                                   .entries = table->entries->data,
	                                   .strings = table->strings->data,
	                                   .sets_len = table->sets->len,
	                                   .entries_len = table->entries->len,
	                                   .strings_len = table->strings->len};
}

struct am_mapi_names *
am_mapi_name_table_names(const struct am_mapi_name_table *table)
{
	struct am_mapi_name_bytes b;

	am_mapi_name_table_bytes(table, &b);
	return am_mapi_names_new(b.sets, b.sets_len, b.entries, b.entries_len,
	                         b.strings, b.strings_len);
}
