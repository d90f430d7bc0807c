/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mapi/mapi_class.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "base/json.h"
#include "outlook/mapi/tags.h"

#include <glib.h>

#include <string.h>

/* The class itself, or one derived from it. */
static bool is_a(const char *class, const char *what)
{
	size_t n = strlen(what);

	return !g_ascii_strncasecmp(class, what, n) &&
	       (!class[n] || class[n] == '.');
}

enum am_mapi_class am_mapi_class(const struct am_mapi_props *msg)
{
	static const struct {
		const char *name;
		enum am_mapi_class class;
	} list[] = {
		{"IPM.Note.SMIME.MultipartSigned", AM_MAPI_CLASS_SIGNED},
		{"IPM.Note.SMIME", AM_MAPI_CLASS_OPAQUE},
		{"IPM.Note", AM_MAPI_CLASS_MAIL},
		{"IPM.Contact", AM_MAPI_CLASS_CONTACT},
		{"IPM.AbchPerson", AM_MAPI_CLASS_CONTACT},
		{"IPM.Appointment", AM_MAPI_CLASS_CALENDAR},
		{"IPM.Schedule.Meeting", AM_MAPI_CLASS_CALENDAR},
		{"IPM.OLE.CLASS.{00061055-0000-0000-C000-000000000046}",
	         AM_MAPI_CLASS_CALENDAR},
		{"IPM.Post", AM_MAPI_CLASS_MAIL},
		{"IPM.DistList", AM_MAPI_CLASS_GROUP},
		{"IPM.Task", AM_MAPI_CLASS_TASK},
		{"IPM.Activity", AM_MAPI_CLASS_JOURNAL},
	};
	const char *class = am_mapi_text(msg, AM_PR_MESSAGE_CLASS);

	if (!class || !*class)
		return AM_MAPI_CLASS_MAIL;
	for (size_t i = 0; i < AM_COUNT(list); i++)
		if (is_a(class, list[i].name))
			return list[i].class;
	return AM_MAPI_CLASS_OTHER;
}

/* ---- all of its properties ---- */

static void put_hex(struct am_json *json, const uint8_t *data, size_t len)
{
	enum { SHOWN = 4096 };
	char *hex = g_malloc(2 * MIN(len, SHOWN) + 1);

	am_hex(data, MIN(len, SHOWN), hex);
	am_json_string(json, hex);
	g_free(hex);
}

static void put_value(struct am_json *json, const struct am_mapi_props *props,
                      const struct am_mapi_prop *p)
{
	unsigned id = p->tag >> 16, type = am_mapi_type_of(p);
	struct am_when when = {0};
	char text[AM_TIME_ROOM];
	int64_t n;

	if (!p->data) {
		am_json_null(json);
	} else if (type == AM_MAPI_STRING || type == AM_MAPI_STRING8) {
		am_json_string(json, am_mapi_prop_text(props, p));
	} else if (type == AM_MAPI_BOOL) {
		am_json_bool(json, am_mapi_bool(props, id));
	} else if (am_mapi_int(props, id, &n)) {
		am_json_int(json, n);
	} else if (type == AM_MAPI_TIME && am_mapi_time(props, id, &when)) {
		am_time_iso(&when, text);
		am_json_string(json, text);
	} else if (type == AM_MAPI_R8 && p->len == sizeof(double)) {
		struct am_cursor c = am_cursor(p->data, p->len);
		uint64_t bits = am_get_le64(&c);
		double d;
		memcpy(&d, &bits, sizeof(d));
		am_json_double(json, d);
	} else if (type == (AM_MAPI_MULTI | AM_MAPI_STRING) ||
	           type == (AM_MAPI_MULTI | AM_MAPI_STRING8)) {
		const char *one;
		am_json_open(json, '[');
		for (size_t i = 0; (one = am_mapi_text_at(props, p, i)); i++)
			am_json_string(json, one);
		am_json_close(json, ']');
	} else {
		put_hex(json, p->data, p->len);
	}
}

/* Bodies and the header are parts of the mail already. */
static bool is_elsewhere(unsigned id)
{
	return id == AM_PR_BODY || id == AM_PR_HTML ||
	       id == AM_PR_RTF_COMPRESSED || id == AM_PR_TRANSPORT_HEADERS;
}

char *am_mapi_dump(const struct am_mapi_addressed *item)
{
	const struct am_mapi_props *props = &item->msg->props;
	const struct am_mapi_names *names = item->msg->in->names;
	struct am_json *json = am_json_new();
	char text[AM_MAPI_NAME_ROOM];
	GString *out = g_string_new("[");
	size_t len;

	for (size_t i = 0; i < props->n; i++) {
		const struct am_mapi_prop *p = &props->list[i];
		unsigned id = p->tag >> 16;
		if (is_elsewhere(id))
			continue;
		am_json_open(json, '{');
		g_snprintf(text, sizeof(text), "0x%08" PRIx32, p->tag);
		am_json_key(json, "tag");
		am_json_string(json, text);
		const char *name = names ? am_mapi_name_text(names, id) : NULL;
		if (name) {
			am_json_key(json, "name");
			am_json_string(json, name);
		}
		am_json_key(json, "size");
		am_json_uint(json, p->data ? p->len : p->size);
		am_json_key(json, "value");
		put_value(json, props, p);
		am_json_close(json, '}');
		const char *line = am_json_text(json, &len);
		g_string_append(out, out->len > 1 ? ",\r\n" : "\r\n");
		g_string_append_len(out, line, (gssize)len);
		am_json_reset(json);
	}
	g_string_append(out, "\r\n]\r\n");
	am_json_free(&json);
	return g_string_free(out, FALSE);
}

char *am_mapi_class_text(const struct am_mapi_addressed *item,
                         enum am_mapi_class class, const char **type,
                         const char **file_name)
{
	const char *method = NULL;
	char *text;

	switch (class) {
	case AM_MAPI_CLASS_CONTACT:
		*type = "text/vcard; charset=utf-8";
		*file_name = "contact.vcf";
		return am_mapi_vcard(item);
	case AM_MAPI_CLASS_CALENDAR:
		*file_name = "calendar.ics";
		text = am_mapi_calendar(item, &method);
		*type = am_arena_printf(item->msg->props.arena,
		                        "text/calendar; charset=utf-8; "
		                        "method=%s",
		                        method);
		return text;
	case AM_MAPI_CLASS_GROUP:
		*type = "text/vcard; charset=utf-8";
		*file_name = "group.vcf";
		return am_mapi_group(item);
	case AM_MAPI_CLASS_TASK:
		*type = "text/calendar; charset=utf-8; component=VTODO";
		*file_name = "task.ics";
		return am_mapi_todo(item);
	case AM_MAPI_CLASS_JOURNAL:
		*type = "text/calendar; charset=utf-8; component=VJOURNAL";
		*file_name = "journal.ics";
		return am_mapi_journal(item);
	default:
		return NULL;
	}
}

bool am_mapi_class_dumped(enum am_mapi_class class)
{
	return class >= AM_MAPI_CLASS_GROUP;
}
