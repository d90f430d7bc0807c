/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A bag of properties from a storage.  Values that fit into a record are taken
 * from the records, all others by the names of their streams: files whose
 * records are damaged or incomplete then still have them.
 */
#include "outlook/msg/msg_impl.h"

#include "base/arena.h"
#include "base/reader.h"
#include "outlook/mapi/tags.h"
#include "outlook/msg/msg_layout.h"

#include <glib.h>

#include <string.h>

enum { RECORDS_MAX = 1 << 20, VALUES_MAX = 1 << 16 };

static void add(struct am_mapi_props *to, uint32_t tag, const void *data,
                size_t len)
{
	const struct am_mapi_prop prop = {
		.tag = tag,
		.len = len,
		.size = len,
		.data = (const uint8_t *)am_arena_strndup(
			to->arena, len ? data : "", len)};

	am_mapi_props_add(to, &prop);
}

static void take_records(struct am_msg *msg, uint32_t storage, size_t head,
                         struct am_mapi_props *to)
{
	uint32_t stream = am_cfb_find(msg->cfb, storage, AM_MSG_PROPERTIES);
	struct am_error err = {0};
	uint8_t *bytes = NULL;
	size_t len = 0;

	if (stream == AM_CFB_NONE ||
	    am_cfb_stream_all(msg->cfb, stream, RECORDS_MAX, &bytes, &len,
	                      &err)) {
		am_msg_damage(msg,
		              "properties without a value of their own "
		              "are lost: %s",
		              *err.text ? err.text : "there is no list");
		return;
	}
	for (size_t at = head; at + AM_MSG_RECORD <= len; at += AM_MSG_RECORD) {
		struct am_msg_record record;
		am_msg_record_decode(&record, bytes + at);
		size_t size = am_msg_fixed_size(record.tag & 0xffff);
		if (size)
			add(to, record.tag, record.value, size);
	}
	g_free(bytes);
}

/* What is not read now, or cannot be: where it is. */
static void add_stored(struct am_mapi_props *to, uint32_t tag, uint32_t entry,
                       uint64_t size)
{
	const struct am_mapi_prop prop = {
		.tag = tag, .store = entry, .size = size};

	am_mapi_props_add(to, &prop);
}

/* Bodies and files: half of one is better than none. */
static bool is_streamed(uint32_t tag)
{
	unsigned id = tag >> 16;

	return id == AM_PR_BODY || id == AM_PR_HTML ||
	       id == AM_PR_RTF_COMPRESSED || id == AM_PR_ATTACH_DATA;
}

/* Some writers count the NUL of a string. */
static size_t without_nul(uint32_t tag, const uint8_t *bytes, size_t len)
{
	unsigned type = tag & 0xfff;

	if (type == AM_MAPI_STRING && len >= 2 && !bytes[len - 1] &&
	    !bytes[len - 2])
		return len - 2;
	return type == AM_MAPI_STRING8 && len && !bytes[len - 1] ? len - 1
	                                                         : len;
}

static void take_value(struct am_msg *msg, uint32_t tag, uint32_t entry,
                       struct am_mapi_props *to)
{
	uint64_t size = am_cfb_entry(msg->cfb, entry)->size;
	struct am_error err = {0};
	uint8_t *bytes = NULL;
	size_t len = 0;

	if (size > AM_MSG_VALUE_NOW || to->held > AM_MSG_BAG_NOW) {
		add_stored(to, tag, entry, size);
	} else if (!am_cfb_stream_all(msg->cfb, entry, AM_MSG_VALUE_NOW, &bytes,
	                              &len, &err)) {
		add(to, tag, bytes, without_nul(tag, bytes, len));
	} else if (is_streamed(tag)) {
		add_stored(to, tag, entry, size);
	} else {
		am_msg_damage(msg,
		              "property 0x%08" PRIx32 " cannot be read: %s",
		              tag, err.text);
	}
	g_free(bytes);
}

/* Several of any length: [MS-OXMSG] 2.1.4.2 to the form props.h has. */
static void take_several(struct am_msg *msg, uint32_t storage, uint32_t tag,
                         uint32_t entry, struct am_mapi_props *to)
{
	size_t each = (tag & 0xfff) == AM_MAPI_BINARY ? 8 : 4;
	uint64_t n = am_cfb_entry(msg->cfb, entry)->size / each;
	GByteArray *all = g_byte_array_new();
	struct am_error err = {0};
	uint8_t four[4];
	char name[40];
	bool good = n <= VALUES_MAX;

	if (!good)
		(void)am_fail(&err, AM_FAILED, AM_E_LIMIT, "%" PRIu64 " values",
		              n);
	am_put_le32(four, (uint32_t)n);
	g_byte_array_append(all, four, 4);
	g_byte_array_set_size(all, good ? (guint)(4 + 4 * n) : 4);
	for (uint32_t i = 0; good && i < n; i++) {
		uint8_t *bytes = NULL;
		size_t len = 0;
		g_snprintf(name, sizeof(name),
		           AM_MSG_VALUE "%08" PRIX32 "-%08" PRIX32, tag, i);
		uint32_t one = am_cfb_find(msg->cfb, storage, name);
		am_put_le32(all->data + 4 + 4 * i, all->len);
		if (one == AM_CFB_NONE)
			good = !am_fail(&err, AM_FAILED, AM_E_FORMAT,
			                "value %" PRIu32 " is not there", i);
		else
			good = !am_cfb_stream_all(msg->cfb, one,
			                          AM_MSG_VALUE_NOW, &bytes,
			                          &len, &err);
		if (good && to->held + all->len + len > AM_MSG_BAG_NOW)
			good = !am_fail(&err, AM_FAILED, AM_E_LIMIT,
			                "too many bytes of properties");
		if (good && len)
			g_byte_array_append(
				all, bytes,
				(guint)without_nul(tag, bytes, len));
		g_free(bytes);
	}
	if (good)
		add(to, tag, all->data, all->len);
	else
		am_msg_damage(msg,
		              "property 0x%08" PRIx32 " cannot be read: %s",
		              tag, err.text);
	g_byte_array_free(all, TRUE);
}

void am_msg_bag(struct am_msg *msg, uint32_t storage, size_t head,
                struct am_mapi_props *out)
{
	const struct am_cfb_entry *in = am_cfb_entry(msg->cfb, storage);

	take_records(msg, storage, head, out);
	for (uint32_t i = 0; i < in->n_children; i++) {
		uint32_t child = am_cfb_child(msg->cfb, storage, i), tag;
		const struct am_cfb_entry *e = am_cfb_entry(msg->cfb, child);
		if (!am_msg_value_tag(e->name, &tag))
			continue;
		unsigned type = tag & 0xffff;
		if (e->type == AM_CFB_STORAGE)
			add_stored(out, tag, child, 0);
		else if ((type & AM_MAPI_MULTI) && !am_msg_row_size(type))
			take_several(msg, storage, tag, child, out);
		else
			take_value(msg, tag, child, out);
	}
	am_mapi_props_sort(out);
}
