/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Attributes in a row.  What they say in the old way is taken where no MAPI
 * property says it.  Messages in messages are streams of their own within an
 * attachment's property; they wait in a queue.
 */
#include "outlook/tnef/tnef.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/time.h"
#include "outlook/mapi/tags.h"
#include "outlook/tnef/tnef_impl.h"
#include "outlook/tnef/tnef_layout.h"

#include <glib.h>

#include <stdarg.h>
#include <string.h>

enum {
	TOLD_MAX = 20,
	DEPTH_MAX = 32,
	STREAMS_MAX = 10000,
	PARTS_MAX = 1 << 16, /* recipients or attachments */
	TEXT_MAX = 1 << 20,  /* of an old attribute */
	RENDERING_OLE = 2
};

/* IID_IMessage: {00020307-0000-0000-C000-000000000046} */
static const uint8_t iid_message[16] = {7,    3, 2, 0, 0, 0, 0, 0,
                                        0xc0, 0, 0, 0, 0, 0, 0, 0x46};

/* A stream that is still to be read. */
struct stream {
	struct am_mapi_item *item;
	struct am_tnef_span span;
	unsigned depth;
};

/* The one that is. */
struct reading {
	struct am_tnef *t;
	GArray *queue; /* struct stream */
	struct am_mapi_item *item;
	unsigned depth;
	struct am_mapi_props old;       /* of the message */
	struct am_mapi_attachment *att; /* the last one, or NULL */
	struct am_mapi_props att_old;   /* of it */
	struct am_tnef_object object;   /* of it */
	int method;                     /* of it, as its rendering says */
};

void am_tnef_damage(struct am_tnef *t, const char *fmt, ...)
{
	char text[320];
	va_list args;

	if (!t->options->damage || t->told > TOLD_MAX)
		return;
	va_start(args, fmt);
	g_vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	t->options->damage(t->options->user, t->told++ < TOLD_MAX
	                                             ? text
	                                             : "and more of that kind");
}

/* ---- attributes of the old kind ---- */

static void put(struct am_mapi_props *to, unsigned id, unsigned type,
                const void *data, size_t len)
{
	const struct am_mapi_prop prop = {
		.tag = (uint32_t)id << 16 | type,
		.len = len,
		.data = (const uint8_t *)am_arena_strndup(
			to->arena, len ? data : "", len)};

	am_mapi_props_add(to, &prop);
}

static char *read_text(struct am_tnef_span *s, size_t *len)
{
	uint64_t left = s->end - s->at;
	size_t n = left < TEXT_MAX ? (size_t)left : TEXT_MAX;
	char *text = g_malloc(n + 1);

	(void)am_tnef_bytes(s, text, n);
	while (n && !text[n - 1])
		n--;
	*len = n;
	return text;
}

static void put_text(struct am_mapi_props *to, unsigned id,
                     struct am_tnef_span *s)
{
	size_t len;
	char *text = read_text(s, &len);

	if (len)
		put(to, id, AM_MAPI_STRING8, text, len);
	g_free(text);
}

/* year, month, day, hour, minute, second, weekday: u16 each. */
static void put_date(struct am_mapi_props *to, unsigned id,
                     struct am_tnef_span *s)
{
	int part[6];

	for (size_t i = 0; i < AM_COUNT(part); i++)
		part[i] = am_tnef_u16(s);
	if (s->bad || part[1] < 1 || part[1] > 12 || part[2] < 1 ||
	    part[2] > 31 || part[3] > 23 || part[4] > 59 || part[5] > 60)
		return;
	struct am_when when = {.sec = am_time_from_civil(part[0], part[1],
	                                                 part[2], part[3],
	                                                 part[4], part[5]),
	                       .known = true};
	am_mapi_put_time(to, id, &when);
}

/* The classes that Microsoft Mail had ([MS-OXTNEF] 2.1.3.3.14). */
static void put_class(struct am_mapi_props *to, struct am_tnef_span *s)
{
	static const char *const names[][2] = {
		{"IPM.Microsoft Mail.Note", "IPM.Note"},
		{"IPM.Microsoft Mail.Read Receipt", "Report.IPM.Note.IPNRN"},
		{"IPM.Microsoft Mail.Non-Delivery", "Report.IPM.Note.NDR"},
		{"IPM.Microsoft Schedule.MtgRespP",
	         "IPM.Schedule.Meeting.Resp.Pos"},
		{"IPM.Microsoft Schedule.MtgRespN",
	         "IPM.Schedule.Meeting.Resp.Neg"},
		{"IPM.Microsoft Schedule.MtgRespA",
	         "IPM.Schedule.Meeting.Resp.Tent"},
		{"IPM.Microsoft Schedule.MtgReq",
	         "IPM.Schedule.Meeting.Request"},
		{"IPM.Microsoft Schedule.MtgCncl",
	         "IPM.Schedule.Meeting.Canceled"}};
	size_t len;
	char *text = read_text(s, &len);
	const char *name = text;

	text[len] = '\0';
	for (size_t i = 0; i < AM_COUNT(names); i++)
		if (!g_ascii_strcasecmp(text, names[i][0]))
			name = names[i][1];
	if (*name)
		put(to, AM_PR_MESSAGE_CLASS, AM_MAPI_STRING8, name,
		    strlen(name));
	g_free(text);
}

/* A triple: id u16, its length u16, lengths of name and address u16, both. */
static void put_from(struct am_mapi_props *to, struct am_tnef_span *s)
{
	(void)am_tnef_u32(s);
	uint16_t name_len = am_tnef_u16(s), address_len = am_tnef_u16(s);
	struct am_tnef_span name = am_tnef_sub(s, name_len, false);
	struct am_tnef_span address = am_tnef_sub(s, address_len, false);
	size_t len;

	if (s->bad)
		return;
	put_text(to, AM_PR_SENDER_NAME, &name);
	char *text = read_text(&address, &len);
	text[len] = '\0';
	char *colon = strchr(text, ':');
	if (colon) {
		put(to, AM_PR_SENDER_TYPE, AM_MAPI_STRING8, text,
		    (size_t)(colon - text));
		put(to, AM_PR_SENDER_ADDRESS, AM_MAPI_STRING8, colon + 1,
		    strlen(colon + 1));
	}
	g_free(text);
}

static void put_priority(struct am_mapi_props *to, struct am_tnef_span *s)
{
	uint16_t n = am_tnef_u16(s);

	if (n >= 1 && n <= 3)
		am_mapi_put_int(to, AM_PR_IMPORTANCE, 3 - n);
}

static void put_status(struct am_mapi_props *to, struct am_tnef_span *s)
{
	uint8_t bits = 0;

	(void)am_tnef_bytes(s, &bits, 1);
	/* fmsRead, fmsLocal; the flags' own are read and unsent. */
	am_mapi_put_int(to, AM_PR_MESSAGE_FLAGS,
	                (bits & 0x20 ? 1 : 0) | (bits & 2 ? 8 : 0));
}

/* ---- attachments ---- */

static bool has_id(const struct am_mapi_props *props, unsigned id)
{
	for (size_t i = 0; i < props->n; i++)
		if (!props->list[i].name && props->list[i].tag >> 16 == id)
			return true;
	return false;
}

/* What only the old attributes say. */
static void merge(struct am_mapi_props *to, const struct am_mapi_props *old)
{
	for (size_t i = 0; i < old->n; i++)
		if (!has_id(to, old->list[i].tag >> 16))
			am_mapi_props_add(to, &old->list[i]);
}

/* PR_ATTACH_DATA_BIN is the attachment's data, not one of its properties. */
static void take_data_prop(struct am_mapi_attachment *att)
{
	struct am_mapi_props *props = &att->props;

	for (size_t i = 0; i < props->n; i++) {
		struct am_mapi_prop *p = &props->list[i];
		if (p->name || p->tag >> 16 != AM_PR_ATTACH_DATA)
			continue;
		if (!att->data && p->blob)
			att->data = am_blob_ref(p->blob);
		else if (!att->data && p->data &&
		         am_blob_copy(&att->data, p->data, p->len, NULL))
			att->data = NULL;
		am_blob_unref(&p->blob);
		*p = props->list[--props->n];
		return;
	}
}

static void take_object(struct reading *r)
{
	struct am_tnef_object *o = &r->object;
	struct am_mapi_attachment *att = r->att;
	bool message = !memcmp(o->interface, iid_message, 16);

	if (message && r->depth < DEPTH_MAX && r->queue->len < STREAMS_MAX) {
		att->item = am_mapi_item_new(r->t->arena);
		struct stream more = {att->item, o->data, r->depth + 1};
		g_array_append_val(r->queue, more);
		am_blob_unref(&att->data);
		return;
	}
	if (message)
		am_tnef_damage(r->t, "more messages in messages than are "
		                     "looked at");
	if (!att->data && am_blob_range(&att->data, o->data.blob, o->data.at,
	                                o->data.end - o->data.at, NULL))
		att->data = NULL;
	if (!message)
		r->method = AM_ATTACH_OLE;
}

static void end_attachment(struct reading *r)
{
	if (!r->att)
		return;
	take_data_prop(r->att);
	if (r->object.there)
		take_object(r);
	merge(&r->att->props, &r->att_old);
	if (!has_id(&r->att->props, AM_PR_ATTACH_METHOD))
		am_mapi_put_int(&r->att->props, AM_PR_ATTACH_METHOD,
		                r->att->item ? AM_ATTACH_EMBEDDED : r->method);
	r->att = NULL;
}

static void begin_attachment(struct reading *r, struct am_tnef_span *s)
{
	end_attachment(r);
	if (r->item->n_attachments >= PARTS_MAX) {
		am_tnef_damage(r->t, "more than %d attachments", PARTS_MAX);
		return;
	}
	r->att = am_mapi_item_attachment(r->item);
	r->att->props.codepage = r->item->props.codepage;
	am_mapi_props_init(&r->att_old, r->t->arena);
	memset(&r->object, 0, sizeof(r->object));
	r->method = am_tnef_u16(s) == RENDERING_OLE ? AM_ATTACH_OLE
	                                            : AM_ATTACH_BY_VALUE;
}

static void attachment_attribute(struct reading *r, uint32_t id,
                                 struct am_tnef_span *s)
{
	if (id == AM_TNEF_RENDERING) {
		begin_attachment(r, s);
		return;
	}
	if (!r->att)
		return;
	switch (id) {
	case AM_TNEF_TITLE:
		put_text(&r->att_old, AM_PR_ATTACH_SHORT_NAME, s);
		break;
	case AM_TNEF_TRANSPORT_NAME:
		put_text(&r->att_old, AM_PR_ATTACH_LONG_NAME, s);
		break;
	case AM_TNEF_DATA:
		if (!r->att->data && am_blob_range(&r->att->data, s->blob,
		                                   s->at, s->end - s->at, NULL))
			r->att->data = NULL;
		break;
	case AM_TNEF_CREATED:
		put_date(&r->att_old, AM_PR_CREATED, s);
		break;
	case AM_TNEF_MODIFIED:
		put_date(&r->att_old, AM_PR_MODIFIED, s);
		break;
	case AM_TNEF_ATTACHMENT_PROPS:
		am_tnef_props(r->t, s, &r->att->props, &r->object);
		break;
	}
}

/* ---- the message ---- */

static void read_recipients(struct reading *r, struct am_tnef_span *s)
{
	uint32_t n = am_tnef_u32(s);

	for (uint32_t i = 0; i < n && !s->bad && s->at < s->end; i++) {
		if (i >= PARTS_MAX) {
			am_tnef_damage(r->t, "more than %d recipients",
			               PARTS_MAX);
			return;
		}
		struct am_mapi_props *row = am_mapi_item_recipient(r->item);
		row->codepage = r->item->props.codepage;
		am_tnef_props(r->t, s, row, NULL);
	}
}

static void message_attribute(struct reading *r, uint32_t id,
                              struct am_tnef_span *s)
{
	static const struct {
		uint32_t id;
		unsigned prop;
	} dates[] = {{AM_TNEF_DATE_SENT, AM_PR_SUBMIT_TIME},
	             {AM_TNEF_DATE_RECEIVED, AM_PR_DELIVERY_TIME},
	             {AM_TNEF_DATE_MODIFIED, AM_PR_MODIFIED},
	             {AM_TNEF_DATE_START, AM_PR_START_DATE},
	             {AM_TNEF_DATE_END, AM_PR_END_DATE}};
	struct am_mapi_props *old = &r->old;
	uint32_t codepage;

	for (size_t i = 0; i < AM_COUNT(dates); i++)
		if (dates[i].id == id)
			put_date(old, dates[i].prop, s);
	switch (id) {
	case AM_TNEF_CODEPAGE:
		codepage = am_tnef_u32(s);
		if (!s->bad && codepage < 65536 && am_mapi_charset(codepage))
			r->item->props.codepage = codepage;
		break;
	case AM_TNEF_CLASS:
		put_class(old, s);
		break;
	case AM_TNEF_FROM:
		put_from(old, s);
		break;
	case AM_TNEF_SUBJECT:
		put_text(old, AM_PR_SUBJECT, s);
		break;
	case AM_TNEF_BODY:
		put_text(old, AM_PR_BODY, s);
		break;
	case AM_TNEF_PRIORITY:
		put_priority(old, s);
		break;
	case AM_TNEF_STATUS:
		put_status(old, s);
		break;
	case AM_TNEF_MESSAGE_PROPS:
		am_tnef_props(r->t, s, &r->item->props, NULL);
		break;
	case AM_TNEF_RECIPIENTS:
		read_recipients(r, s);
		break;
	}
}

/* ---- streams ---- */

static void check_sum(struct am_tnef *t, struct am_tnef_span data,
                      uint16_t said, uint32_t id)
{
	uint8_t chunk[4096];
	uint64_t at = data.at;
	uint16_t sum = 0;

	while (data.at < data.end) {
		size_t n = (size_t)MIN(sizeof(chunk), data.end - data.at);
		if (!am_tnef_bytes(&data, chunk, n))
			return;
		for (size_t i = 0; i < n; i++)
			sum = (uint16_t)(sum + chunk[i]);
	}
	if (sum != said)
		am_tnef_damage(t,
		               "attribute 0x%08" PRIx32 " at %" PRIu64
		               ": wrong checksum (%04x, not %04x)",
		               id, at, sum, said);
}

/* false: the next cannot be found. */
static bool next_attribute(struct reading *r, struct am_tnef_span *s)
{
	uint8_t bytes[AM_TNEF_ATTRIBUTE];
	struct am_tnef_attribute a;
	uint64_t at = s->at;

	if (s->end - s->at < sizeof(bytes)) {
		/* Line ends that a mail has put there are nothing. */
		size_t n = (size_t)(s->end - s->at);
		(void)am_tnef_bytes(s, bytes, n);
		for (size_t i = 0; i < n; i++)
			if (bytes[i] && bytes[i] != '\r' && bytes[i] != '\n') {
				am_tnef_damage(r->t,
				               "it ends within an attribute at "
				               "%" PRIu64,
				               at);
				break;
			}
		return false;
	}
	(void)am_tnef_bytes(s, bytes, sizeof(bytes));
	am_tnef_attribute_decode(&a, bytes);
	if (a.level != AM_TNEF_MESSAGE && a.level != AM_TNEF_ATTACHMENT) {
		am_tnef_damage(r->t,
		               "garbage behind the last attribute, at "
		               "%" PRIu64,
		               at);
		return false;
	}
	/* What is cut off is taken as far as it goes. */
	bool cut = a.length > s->end - s->at;
	struct am_tnef_span data =
		am_tnef_sub(s, cut ? s->end - s->at : a.length, false);
	if (cut)
		am_tnef_damage(r->t,
		               "attribute 0x%08" PRIx32 " at %" PRIu64
		               " is cut off: %" PRIu64 " of %" PRIu32 " bytes",
		               a.id, at, data.end - data.at, a.length);
	else if (s->end - s->at >= AM_TNEF_SUM)
		check_sum(r->t, data, am_tnef_u16(s), a.id);
	if (a.level == AM_TNEF_MESSAGE)
		message_attribute(r, a.id, &data);
	else
		attachment_attribute(r, a.id, &data);
	return !cut;
}

static bool read_stream(struct am_tnef *t, GArray *queue, struct stream stream)
{
	struct am_tnef_span *s = &stream.span;
	struct reading r = {.t = t,
	                    .queue = queue,
	                    .item = stream.item,
	                    .depth = stream.depth};

	if (am_tnef_u32(s) != AM_TNEF_SIGNATURE || s->bad)
		return false;
	(void)am_tnef_u16(s);
	am_mapi_props_init(&r.old, t->arena);
	stream.item->props.codepage = t->options->codepage;
	while (s->at < s->end && next_attribute(&r, s))
		;
	end_attachment(&r);
	merge(&stream.item->props, &r.old);
	/* The code page may have come late. */
	for (size_t i = 0; i < stream.item->n_recipients; i++)
		stream.item->recipients[i].codepage =
			stream.item->props.codepage;
	for (size_t i = 0; i < stream.item->n_attachments; i++)
		stream.item->attachments[i].props.codepage =
			stream.item->props.codepage;
	return true;
}

bool am_tnef_sniff(const uint8_t *head, size_t len)
{
	struct am_cursor c = am_cursor(head, len);

	return am_get_le32(&c) == AM_TNEF_SIGNATURE && !c.bad;
}

int am_tnef_read(struct am_mapi_item **out, struct am_blob *blob,
                 const struct am_tnef_options *options, struct am_arena *arena,
                 struct am_error *err)
{
	struct am_tnef t = {.options = options, .arena = arena};
	GArray *queue = g_array_new(FALSE, FALSE, sizeof(struct stream));
	struct stream first = {am_mapi_item_new(arena),
	                       {blob, 0, am_blob_size(blob), false},
	                       1};
	int r = AM_OK;

	*out = first.item;
	g_array_append_val(queue, first);
	for (guint i = 0; !r && i < queue->len; i++) {
		struct stream one = g_array_index(queue, struct stream, i);
		if (read_stream(&t, queue, one))
			continue;
		if (!i)
			r = am_fail(err, AM_FAILED, AM_E_FORMAT,
			            "not TNEF: it begins otherwise");
		else
			am_tnef_damage(&t,
			               "a message in it, at %" PRIu64
			               ", is no TNEF",
			               one.span.at);
	}
	g_array_free(queue, TRUE);
	if (r)
		*out = NULL;
	return r;
}
