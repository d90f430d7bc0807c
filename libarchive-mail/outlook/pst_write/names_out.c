/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/pst_write/names_out.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "outlook/mapi/item.h"

#include <string.h>

/* Ids from 0x8000 to 0xfffe. */
enum { FIRST_ID = 0x8000, IDS = 0x7fff, BUCKET_ID = 0x1000 };

/* {number or checksum of the name, guid << 1 | is_string, index} */
struct hash {
	uint32_t key;
	uint16_t which, index;
};

/* Sets that have numbers of their own; the third stands in the stream of GUIDs,
 * which may not be empty either. */
static const uint8_t ps_mapi[16] = {0x28, 3, 2, 0, 0, 0, 0, 0,
                                    0xc0, 0, 0, 0, 0, 0, 0, 0x46};
static const uint8_t ps_public[16] = {0x29, 3, 2, 0, 0, 0, 0, 0,
                                      0xc0, 0, 0, 0, 0, 0, 0, 0x46};
static const uint8_t ps_internet[16] = {0x86, 3, 2, 0, 0, 0, 0, 0,
                                        0xc0, 0, 0, 0, 0, 0, 0, 0x46};

static guint name_hash(gconstpointer p)
{
	const struct am_mapi_name *name = p;
	struct am_cursor c = am_cursor(name->set, 4);

	return am_get_le32(&c) ^
	       (name->string ? g_str_hash(name->string) : name->number);
}

static gboolean name_equal(gconstpointer a, gconstpointer b)
{
	const struct am_mapi_name *x = a, *y = b;

	if (memcmp(x->set, y->set, sizeof(x->set)) != 0 ||
	    !x->string != !y->string)
		return FALSE;
	return x->string ? g_str_equal(x->string, y->string)
	                 : x->number == y->number;
}

void am_pst_names_out_init(struct am_pst_names_out *names)
{
	struct am_mapi_name keywords = {.string = "Keywords"};

	names->arena = am_arena_new();
	names->ids = g_hash_table_new(name_hash, name_equal);
	names->guids = g_byte_array_new();
	names->entries = g_byte_array_new();
	names->strings = g_byte_array_new();
	names->hashes = g_array_new(FALSE, FALSE, sizeof(struct hash));
	g_byte_array_append(names->guids, ps_internet, sizeof(ps_internet));
	memcpy(keywords.set, ps_public, sizeof(ps_public));
	(void)am_pst_names_out_id(names, &keywords);
}

void am_pst_names_out_clear(struct am_pst_names_out *names)
{
	g_hash_table_destroy(names->ids);
	g_byte_array_free(names->guids, TRUE);
	g_byte_array_free(names->entries, TRUE);
	g_byte_array_free(names->strings, TRUE);
	g_array_free(names->hashes, TRUE);
	am_arena_free(&names->arena);
}

/* 0 none, 1 and 2 the known ones, from 3 on those of the stream. */
static unsigned set_index(struct am_pst_names_out *names, const uint8_t *set)
{
	static const uint8_t none[16];

	if (!memcmp(set, none, sizeof(none)))
		return 0;
	if (!memcmp(set, ps_mapi, sizeof(ps_mapi)))
		return 1;
	if (!memcmp(set, ps_public, sizeof(ps_public)))
		return 2;
	for (guint at = 0; at < names->guids->len; at += 16)
		if (!memcmp(names->guids->data + at, set, 16))
			return 3 + at / 16;
	g_byte_array_append(names->guids, set, 16);
	return 2 + names->guids->len / 16;
}

/* Appends to the stream of strings; the checksum, and where it stands. */
static uint32_t add_string(struct am_pst_names_out *names, const char *text,
                           uint32_t *at)
{
	static const uint8_t padding[4];
	size_t len;
	const uint8_t *wide =
		am_mapi_utf16_of(names->arena, text, strlen(text), &len);
	uint8_t head[4];

	*at = names->strings->len;
	am_put_le32(head, (uint32_t)len);
	g_byte_array_append(names->strings, head, sizeof(head));
	g_byte_array_append(names->strings, wide, (guint)len);
	g_byte_array_append(names->strings, padding, (guint)(-len % 4));
	return am_pst_crc(wide, len);
}

unsigned am_pst_names_out_id(struct am_pst_names_out *names,
                             const struct am_mapi_name *name)
{
	unsigned id = GPOINTER_TO_UINT(g_hash_table_lookup(names->ids, name));
	uint8_t entry[8];

	if (id)
		return id;
	if (names->hashes->len == IDS)
		return 0;
	struct hash hash = {.index = (uint16_t)names->hashes->len};
	unsigned set = set_index(names, name->set);
	hash.which = (uint16_t)(set << 1 | (name->string != NULL));
	hash.key = name->number;
	am_put_le32(entry, name->number);
	if (name->string) {
		uint32_t at;
		hash.key = add_string(names, name->string, &at);
		am_put_le32(entry, at);
	}
	am_put_le16(entry + 4, hash.which);
	am_put_le16(entry + 6, hash.index);
	g_byte_array_append(names->entries, entry, sizeof(entry));
	g_array_append_val(names->hashes, hash);

	struct am_mapi_name *key = am_arena_alloc(names->arena, sizeof(*key));
	*key = *name;
	key->string = am_arena_strdup(names->arena, name->string);
	id = FIRST_ID + hash.index;
	g_hash_table_insert(names->ids, key, GUINT_TO_POINTER(id));
	return id;
}

uint64_t am_pst_names_out_size(const struct am_pst_names_out *names)
{
	uint64_t streams = (uint64_t)names->guids->len + names->entries->len +
	                   names->strings->len +
	                   8 * (uint64_t)names->hashes->len;

	/* The records of the buckets, and what the ends of heap blocks may
	 * lose. */
	return 16384 + 2 * streams;
}

static int by_bucket(const void *a, const void *b)
{
	const struct hash *x = a, *y = b;
	uint32_t in_x = (x->key ^ x->which) % AM_PST_BUCKETS;
	uint32_t in_y = (y->key ^ y->which) % AM_PST_BUCKETS;

	if (in_x != in_y)
		return in_x < in_y ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* Their bytes stand one behind the other, so that a bucket is a piece. */
static void add_buckets(const struct am_pst_names_out *names, uint8_t *bytes,
                        struct am_pst_bag *bag)
{
	uint32_t last = UINT32_MAX;

	for (guint i = 0; i < names->hashes->len; i++) {
		const struct hash *h =
			&g_array_index(names->hashes, struct hash, i);
		uint32_t in = (h->key ^ h->which) % AM_PST_BUCKETS;
		am_put_le32(bytes + 8 * i, h->key);
		am_put_le16(bytes + 8 * i + 4, h->which);
		am_put_le16(bytes + 8 * i + 6, h->index);
		if (in == last)
			g_array_index(bag->fields, struct am_pst_field,
			              bag->fields->len - 1)
				.len += 8;
		else
			am_pst_bag_bytes(
				bag, (BUCKET_ID + in) << 16 | AM_MAPI_BINARY,
				bytes + 8 * i, 8);
		last = in;
	}
}

int am_pst_names_out_put(struct am_pst_names_out *names,
                         struct am_pst_context_out *c, am_pst_bid *data,
                         am_pst_bid *sub, struct am_error *err)
{
	uint8_t *buckets = g_malloc(8 * names->hashes->len);
	struct am_pst_bag bag;

	am_pst_bag_init(&bag);
	am_pst_bag_number(&bag, 0x00010003, AM_PST_BUCKETS);
	am_pst_bag_bytes(&bag, 0x00020102, names->guids->data,
	                 names->guids->len);
	am_pst_bag_bytes(&bag, 0x00030102, names->entries->data,
	                 names->entries->len);
	am_pst_bag_bytes(&bag, 0x00040102, names->strings->data,
	                 names->strings->len);
	g_array_sort(names->hashes, by_bucket);
	add_buckets(names, buckets, &bag);
	int r = am_pst_pc_settle(c, &bag, err);
	if (!r)
		r = am_pst_pc_put(c, &bag, data, sub, err);
	am_pst_bag_free(&bag);
	g_free(buckets);
	return r;
}
