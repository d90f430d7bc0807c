/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tree of storages, then the names, since only then all are known.  Items
 * in items wait in a queue of ours.
 */
#include "outlook/msg/msg_write.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/bytes.h"
#include "outlook/mapi/tags.h"
#include "outlook/msg/msg_layout.h"
#include "outlook/msg/msg_names_write.h"

#include <glib.h>

#include <string.h>

enum {
	PR_HASATTACH = 0x0e1b,
	PR_MESSAGE_SIZE = 0x0e08,
	PR_ATTACH_SIZE = 0x0e20,
	PR_ATTACH_NUMBER = 0x0e21,
	PR_OBJECT_TYPE = 0x0ffe,
	PR_ROW_ID = 0x3000,
	PR_STORE_SUPPORT = 0x340d,
	UNICODE_OK = 0x00040e79, /* as Outlook writes it */
	HAS_ATTACHMENTS = 0x10,  /* in PR_MESSAGE_FLAGS */
	OBJECT_MESSAGE = 5,
	OBJECT_RECIPIENT = 6,
	OBJECT_ATTACHMENT = 7
};

/* CLSID_MailMessage: {00020D0B-0000-0000-C000-000000000046} */
static const uint8_t mail_message[16] = {0x0b, 0x0d, 2, 0, 0, 0, 0, 0,
                                         0xc0, 0,    0, 0, 0, 0, 0, 0x46};

/* An item and where it goes. */
struct place {
	const struct am_mapi_item *item;
	uint32_t storage;
};

struct writer {
	struct am_cfb_write *to;
	struct am_mapi_name_table *names;
	struct am_arena *arena; /* of what is added to bags */
	GArray *queue;          /* struct place */
};

/* ---- one value ---- */

static void value_name(char out[40], uint32_t tag)
{
	g_snprintf(out, 40, AM_MSG_VALUE "%08" PRIX32, tag);
}

/* Several of any length: their lengths, and each in a stream of its own
 * ([MS-OXMSG] 2.1.4.2).  Strings have their NUL here. */
static size_t put_several(struct writer *w, uint32_t in,
                          const struct am_mapi_prop *p, uint32_t tag)
{
	unsigned type = tag & 0xfff;
	size_t nul = type == AM_MAPI_STRING    ? 2
	             : type == AM_MAPI_STRING8 ? 1
	                                       : 0;
	GByteArray *lengths = g_byte_array_new();
	const uint8_t *data;
	size_t len;
	char name[40];

	for (size_t i = 0; am_mapi_multi_at(p, i, &data, &len); i++) {
		uint8_t length[8] = {0};
		GByteArray *one = g_byte_array_new();
		if (len)
			g_byte_array_append(one, data, (guint)len);
		g_byte_array_append(one, (const uint8_t *)"\0", (guint)nul);
		am_put_le32(length, one->len);
		g_byte_array_append(lengths, length, nul ? 4 : 8);
		g_snprintf(name, sizeof(name),
		           AM_MSG_VALUE "%08" PRIX32 "-%08zX", tag, i);
		am_cfb_write_bytes(w->to, in, name, one->data, one->len);
		g_byte_array_free(one, TRUE);
	}
	value_name(name, tag);
	am_cfb_write_bytes(w->to, in, name, lengths->data, lengths->len);
	len = lengths->len;
	g_byte_array_free(lengths, TRUE);
	return len;
}

/* The value in a stream; what its record says of its length. */
static uint64_t put_stream(struct writer *w, uint32_t in,
                           const struct am_mapi_prop *p, uint32_t tag)
{
	unsigned type = tag & 0xffff;
	char name[40];

	if ((type & AM_MAPI_MULTI) && !am_msg_row_size(type))
		return put_several(w, in, p, tag);
	value_name(name, tag);
	if (p->blob)
		am_cfb_write_blob(w->to, in, name, p->blob);
	else
		am_cfb_write_bytes(w->to, in, name, p->data, p->len);
	return (p->blob ? am_blob_size(p->blob) : p->len) +
	       (type == AM_MAPI_STRING    ? 2
	        : type == AM_MAPI_STRING8 ? 1
	                                  : 0);
}

static bool can_be_written(const struct am_mapi_prop *p)
{
	unsigned type = am_mapi_type_of(p);
	size_t fixed = am_msg_fixed_size(type);

	if (type == AM_MAPI_OBJECT)
		return false; /* data of an attachment, which is put apart */
	return fixed ? p->data && p->len >= fixed : p->data || p->blob;
}

static void put_record(GByteArray *records, uint32_t tag, const uint8_t *value,
                       size_t len)
{
	struct am_msg_record record = {
		.tag = tag, .flags = AM_MSG_READABLE | AM_MSG_WRITABLE};
	uint8_t bytes[AM_MSG_RECORD];

	memcpy(record.value, value, len);
	am_msg_record_encode(&record, bytes);
	g_byte_array_append(records, bytes, sizeof(bytes));
}

static void put_prop(struct writer *w, uint32_t in, GByteArray *records,
                     const struct am_mapi_prop *p)
{
	uint32_t tag = p->tag;
	uint8_t size[8] = {0};
	size_t fixed;

	if (p->name)
		tag = (uint32_t)am_mapi_name_table_id(w->names, p->name) << 16 |
		      (tag & 0xffff);
	if (!(tag >> 16) || !can_be_written(p))
		return;
	fixed = am_msg_fixed_size(tag & 0xffff);
	if (fixed) {
		put_record(records, tag, p->data, fixed);
		return;
	}
	uint64_t said = put_stream(w, in, p, tag);
	am_put_le32(size, said < UINT32_MAX ? (uint32_t)said : UINT32_MAX);
	put_record(records, tag, size, sizeof(size));
}

/* ---- bags ---- */

static int by_tag(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Records in the order of their tags, as Outlook has them. */
static void sort_records(GByteArray *records, size_t head)
{
	size_t n = (records->len - head) / AM_MSG_RECORD;
	uint8_t *copy = g_memdup2(records->data + head, n * AM_MSG_RECORD);
	uint32_t(*keys)[2] = g_malloc(n * sizeof(*keys) + 1);

	for (size_t i = 0; i < n; i++) {
		struct am_msg_record record;
		am_msg_record_decode(&record, copy + i * AM_MSG_RECORD);
		keys[i][0] = record.tag;
		keys[i][1] = (uint32_t)i;
	}
	qsort(keys, n, sizeof(*keys), by_tag);
	for (size_t i = 0; i < n; i++)
		memcpy(records->data + head + i * AM_MSG_RECORD,
		       copy + (size_t)keys[i][1] * AM_MSG_RECORD,
		       AM_MSG_RECORD);
	g_free(keys);
	g_free(copy);
}

/* What is not in the bag already. */
struct own {
	unsigned id;
	int32_t value;
	unsigned type; /* AM_MAPI_I4 or AM_MAPI_BOOL */
	bool over;     /* whatever the bag says */
};

static bool has_id(const struct am_mapi_props *props, unsigned id)
{
	for (size_t i = 0; i < props->n; i++)
		if (props->list[i].tag >> 16 == id && !props->list[i].name)
			return true;
	return false;
}

static bool is_over(const struct own *own, size_t n, unsigned id)
{
	for (size_t i = 0; i < n; i++)
		if (own[i].over && own[i].id == id)
			return true;
	return false;
}

/* head: how long the header is.  object: 3701 is one, of this kind. */
static void put_bag(struct writer *w, uint32_t in,
                    const struct am_mapi_props *props,
                    const struct am_msg_head *head, size_t head_len,
                    const struct own *own, size_t n_own, unsigned object)
{
	GByteArray *records = g_byte_array_new();
	uint8_t value[8];

	g_byte_array_set_size(records, (guint)head_len);
	am_msg_head_encode(head, records->data, head_len);
	for (size_t i = 0; i < props->n; i++)
		if (props->list[i].name ||
		    !is_over(own, n_own, props->list[i].tag >> 16))
			put_prop(w, in, records, &props->list[i]);
	for (size_t i = 0; i < n_own; i++) {
		if (!own[i].over && has_id(props, own[i].id))
			continue;
		memset(value, 0, sizeof(value));
		am_put_le32(value, (uint32_t)own[i].value);
		put_record(records, (uint32_t)own[i].id << 16 | own[i].type,
		           value, sizeof(value));
	}
	if (object) {
		/* [MS-OXMSG] 2.4.2.2: no length, and what it is. */
		am_put_le32(value, UINT32_MAX);
		am_put_le32(value + 4, object);
		put_record(records,
		           (uint32_t)AM_PR_ATTACH_DATA << 16 | AM_MAPI_OBJECT,
		           value, sizeof(value));
	}
	sort_records(records, head_len);
	am_cfb_write_bytes(w->to, in, AM_MSG_PROPERTIES, records->data,
	                   records->len);
	g_byte_array_free(records, TRUE);
}

static uint64_t size_of_bag(const struct am_mapi_props *props)
{
	uint64_t n = 0;

	for (size_t i = 0; i < props->n; i++)
		n += AM_MSG_RECORD +
		     (props->list[i].blob ? am_blob_size(props->list[i].blob)
		                          : props->list[i].len);
	return n;
}

static int32_t size_of(uint64_t n)
{
	return n > INT32_MAX ? INT32_MAX : (int32_t)n;
}

/* ---- what is in an item ---- */

static void put_recipient(struct writer *w, uint32_t in,
                          const struct am_mapi_props *props, uint32_t i)
{
	const struct own own[] = {
		{PR_ROW_ID, (int32_t)i, AM_MAPI_I4, true},
		{PR_OBJECT_TYPE, OBJECT_RECIPIENT, AM_MAPI_I4, false},
		{AM_PR_RECIPIENT_TYPE, 1, AM_MAPI_I4, false}};
	const struct am_msg_head none = {0};
	char name[48];

	g_snprintf(name, sizeof(name), AM_MSG_RECIPIENT "%08" PRIX32, i);
	put_bag(w, am_cfb_write_storage(w->to, in, name), props, &none,
	        AM_MSG_PART, own, AM_COUNT(own), 0);
}

static uint64_t put_attachment(struct writer *w, uint32_t in,
                               const struct am_mapi_attachment *att, uint32_t i)
{
	uint64_t size = size_of_bag(&att->props) +
	                (att->data ? am_blob_size(att->data) : 0);
	const struct own own[] = {
		{PR_ATTACH_NUMBER, (int32_t)i, AM_MAPI_I4, true},
		{PR_ATTACH_SIZE, size_of(size), AM_MAPI_I4, true},
		{PR_OBJECT_TYPE, OBJECT_ATTACHMENT, AM_MAPI_I4, true},
		{AM_PR_ATTACH_METHOD,
	         att->item   ? AM_ATTACH_EMBEDDED
	         : att->data ? AM_ATTACH_BY_VALUE
	                     : AM_ATTACH_NONE,
	         AM_MAPI_I4, false},
		{AM_PR_ATTACH_RENDERING, -1, AM_MAPI_I4, false}};
	const struct am_msg_head none = {0};
	struct am_mapi_props props = att->props;
	char name[48];

	g_snprintf(name, sizeof(name), AM_MSG_ATTACHMENT "%08" PRIX32, i);
	uint32_t storage = am_cfb_write_storage(w->to, in, name);
	if (att->item) {
		struct place place = {
			att->item,
			am_cfb_write_storage(w->to, storage, AM_MSG_OBJECT)};
		g_array_append_val(w->queue, place);
	} else if (att->data) {
		/* A bag of the same and one more. */
		am_mapi_props_init(&props, w->arena);
		for (size_t k = 0; k < att->props.n; k++)
			am_mapi_props_add(&props, &att->props.list[k]);
		const struct am_mapi_prop data = {
			.tag = (uint32_t)AM_PR_ATTACH_DATA << 16 |
		               AM_MAPI_BINARY,
			.blob = att->data};
		am_mapi_props_add(&props, &data);
	}
	put_bag(w, storage, &props, &none, AM_MSG_PART, own, AM_COUNT(own),
	        att->item ? 1 : 0);
	return size;
}

static int32_t flags_of(const struct am_mapi_item *item)
{
	int32_t flags = 0;

	for (size_t i = 0; i < item->props.n; i++) {
		const struct am_mapi_prop *p = &item->props.list[i];
		if (!p->name &&
		    p->tag == ((uint32_t)AM_PR_MESSAGE_FLAGS << 16 |
		               AM_MAPI_I4) &&
		    p->data && p->len >= 4) {
			struct am_cursor c = am_cursor(p->data, p->len);
			flags = (int32_t)am_get_le32(&c);
		}
	}
	flags &= ~HAS_ATTACHMENTS;
	return item->n_attachments ? flags | HAS_ATTACHMENTS : flags;
}

static void put_item(struct writer *w, const struct am_mapi_item *item,
                     uint32_t in)
{
	const struct am_msg_head head = {
		.next_recipient = (uint32_t)item->n_recipients,
		.next_attachment = (uint32_t)item->n_attachments,
		.recipients = (uint32_t)item->n_recipients,
		.attachments = (uint32_t)item->n_attachments};
	uint64_t size = size_of_bag(&item->props);

	for (size_t i = 0; i < item->n_recipients; i++) {
		put_recipient(w, in, &item->recipients[i], (uint32_t)i);
		size += size_of_bag(&item->recipients[i]);
	}
	for (size_t i = 0; i < item->n_attachments; i++)
		size += put_attachment(w, in, &item->attachments[i],
		                       (uint32_t)i);
	const struct own own[] = {
		{AM_PR_MESSAGE_FLAGS, flags_of(item), AM_MAPI_I4, true},
		{PR_HASATTACH, item->n_attachments > 0, AM_MAPI_BOOL, true},
		{PR_MESSAGE_SIZE, size_of(size), AM_MAPI_I4, true},
		{PR_OBJECT_TYPE, OBJECT_MESSAGE, AM_MAPI_I4, true},
		{PR_STORE_SUPPORT, UNICODE_OK, AM_MAPI_I4, true}};
	put_bag(w, in, &item->props, &head, in ? AM_MSG_EMBEDDED : AM_MSG_TOP,
	        own, AM_COUNT(own), 0);
}

static int spool_write(void *user, const void *data, size_t len,
                       struct am_error *err)
{
	return am_spool_write(user, data, len, err);
}

int am_msg_write(struct am_blob **out, const struct am_mapi_item *item,
                 size_t memory, const char *tmpdir, struct am_error *err)
{
	struct writer w = {
		.to = am_cfb_write_new(),
		.names = am_mapi_name_table_new(),
		.arena = am_arena_new(),
		.queue = g_array_new(FALSE, FALSE, sizeof(struct place))};
	struct place place = {item, 0};
	struct am_spool *spool = NULL;
	int r = am_spool_open(&spool, memory, tmpdir, err);

	am_cfb_write_class(w.to, 0, mail_message);
	g_array_append_val(w.queue, place);
	for (guint i = 0; i < w.queue->len; i++) {
		place = g_array_index(w.queue, struct place, i);
		put_item(&w, place.item, place.storage);
	}
	am_msg_names_write(w.names, w.to);
	if (!r)
		r = am_cfb_write_out(w.to, spool_write, spool, err);
	if (!r)
		r = am_spool_seal(&spool, out, err);
	am_spool_drop(&spool);
	g_array_free(w.queue, TRUE);
	am_arena_free(&w.arena);
	am_mapi_name_table_free(&w.names);
	am_cfb_write_free(&w.to);
	return r;
}
