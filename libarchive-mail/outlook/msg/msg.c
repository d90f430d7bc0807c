/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outlook/msg/msg.h"

#include "base/arena.h"
#include "base/blob.h"
#include "base/hash.h"
#include "base/reader.h"
#include "outlook/cfb/cfb_write.h"
#include "outlook/mapi/tags.h"
#include "outlook/msg/msg_impl.h"
#include "outlook/msg/msg_layout.h"

#include <glib.h>

#include <stdarg.h>
#include <string.h>

enum { TOLD_MAX = 20, NAMES_MAX = 8 << 20, OBJECT_MEMORY = 256 * 1024 };

static struct am_msg *msg_of(const struct am_mapi_container *in)
{
	return AM_CONTAINER(in, struct am_msg, container);
}

void am_msg_damage(struct am_msg *msg, const char *fmt, ...)
{
	char text[512];
	va_list args;

	if (!msg->options.damage || msg->told > TOLD_MAX)
		return;
	va_start(args, fmt);
	g_vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	msg->options.damage(msg->options.user,
	                    msg->told++ < TOLD_MAX ? text
	                                           : "and more of that kind");
}

/* ---- which code page 8-bit text is in ---- */

/* The code page of Windows in a country ([MS-LCID]), by the language in the
 * lower ten bits; 0: not known. */
static unsigned codepage_of_locale(int64_t locale)
{
	static const struct {
		uint8_t language;
		uint16_t codepage;
	} list[] = {
		{0x01, 1256}, {0x02, 1251}, {0x05, 1250}, {0x08, 1253},
		{0x0d, 1255}, {0x0e, 1250}, {0x11, 932},  {0x12, 949},
		{0x15, 1250}, {0x18, 1250}, {0x19, 1251}, {0x1a, 1250},
		{0x1b, 1250}, {0x1c, 1250}, {0x1e, 874},  {0x1f, 1254},
		{0x20, 1256}, {0x22, 1251}, {0x23, 1251}, {0x24, 1250},
		{0x25, 1257}, {0x26, 1257}, {0x27, 1257}, {0x29, 1256},
		{0x2a, 1258}, {0x2f, 1251}, {0x03, 1252}, {0x06, 1252},
		{0x07, 1252}, {0x09, 1252}, {0x0a, 1252}, {0x0b, 1252},
		{0x0c, 1252}, {0x10, 1252}, {0x13, 1252}, {0x14, 1252},
		{0x16, 1252}, {0x1d, 1252},
	};

	if ((locale & 0x3ff) == 0x04)
		return locale == 0x0804 || locale == 0x1004 ? 936 : 950;
	for (size_t i = 0; i < AM_COUNT(list); i++)
		if ((locale & 0x3ff) == list[i].language)
			return list[i].codepage;
	return 0;
}

/* A code page of 8-bit text that we know. */
static bool is_codepage(int64_t n)
{
	return n > 0 && n < 65536 && n != 1200 && n != 1201 &&
	       am_mapi_charset((unsigned)n);
}

/*
 * PR_MESSAGE_CODEPAGE says it.  Else the locale of who wrote it, since these
 * strings are in the code page of a Windows; PR_INTERNET_CODEPAGE is that of
 * the mail, which they need not share.
 */
static unsigned codepage_of(const struct am_mapi_props *props,
                            unsigned otherwise)
{
	int64_t n;

	if (am_mapi_int(props, AM_PR_MESSAGE_CODEPAGE, &n) && is_codepage(n))
		return (unsigned)n;
	if (am_mapi_int(props, AM_PR_MESSAGE_LOCALE, &n)) {
		n = codepage_of_locale(n);
		if (n)
			return (unsigned)n;
	}
	if (am_mapi_int(props, AM_PR_INTERNET_CODEPAGE, &n) && is_codepage(n))
		return (unsigned)n;
	return otherwise;
}

/* ---- the door ---- */

/* By what it says: the same file has the same number. */
static uint32_t number_of(struct am_msg *msg, uint32_t storage)
{
	uint32_t stream = am_cfb_find(msg->cfb, storage, AM_MSG_PROPERTIES);
	uint8_t *bytes = NULL;
	size_t len = 0;
	uint32_t crc = storage;

	if (stream != AM_CFB_NONE &&
	    !am_cfb_stream_all(msg->cfb, stream, AM_MSG_VALUE_NOW, &bytes, &len,
	                       NULL))
		crc = am_crc32(0, bytes, len);
	g_free(bytes);
	return crc;
}

static void read_message(struct am_msg *msg, uint32_t storage,
                         struct am_arena *arena, struct am_mapi_message *out)
{
	*out = (struct am_mapi_message){.in = &msg->container,
	                                .id = number_of(msg, storage),
	                                .place = {storage, 0}};
	am_mapi_props_init(&out->props, arena);
	am_msg_bag(msg, storage, storage ? AM_MSG_EMBEDDED : AM_MSG_TOP,
	           &out->props);
	out->props.codepage = codepage_of(
		&out->props, storage ? msg->codepage : msg->options.codepage);
	if (!storage)
		msg->codepage = out->props.codepage;
}

/* The storages in one whose names begin so, in order. */
static GArray *parts_of(const struct am_msg *msg, uint32_t storage,
                        const char *prefix)
{
	const struct am_cfb_entry *in = am_cfb_entry(msg->cfb, storage);
	GArray *list = g_array_new(FALSE, FALSE, sizeof(uint32_t));

	for (uint32_t i = 0; i < in->n_children; i++) {
		uint32_t child = am_cfb_child(msg->cfb, storage, i);
		const struct am_cfb_entry *e = am_cfb_entry(msg->cfb, child);
		if (e->type == AM_CFB_STORAGE &&
		    !g_ascii_strncasecmp(e->name, prefix, strlen(prefix)))
			g_array_append_val(list, child);
	}
	return list;
}

static int recipients(const struct am_mapi_message *message,
                      struct am_arena *arena, struct am_mapi_props **out,
                      size_t *n, struct am_error *err)
{
	struct am_msg *msg = msg_of(message->in);
	GArray *list =
		parts_of(msg, (uint32_t)message->place[0], AM_MSG_RECIPIENT);

	(void)err;
	*n = list->len;
	*out = am_arena_alloc(arena, *n * sizeof(**out) + 1);
	for (guint i = 0; i < list->len; i++) {
		am_mapi_props_init(&(*out)[i], arena);
		(*out)[i].codepage = message->props.codepage;
		am_msg_bag(msg, g_array_index(list, uint32_t, i), AM_MSG_PART,
		           &(*out)[i]);
	}
	g_array_free(list, TRUE);
	return AM_OK;
}

static void read_attachment(struct am_msg *msg, uint32_t storage,
                            struct am_mapi_enclosure *out)
{
	uint32_t object = am_cfb_find(msg->cfb, storage, AM_MSG_OBJECT);
	const char *name = am_cfb_entry(msg->cfb, storage)->name;
	int64_t method = AM_ATTACH_BY_VALUE;

	out->id = (uint32_t)g_ascii_strtoull(name + strlen(AM_MSG_ATTACHMENT),
	                                     NULL, 16);
	am_msg_bag(msg, storage, AM_MSG_PART, &out->props);
	(void)am_mapi_int(&out->props, AM_PR_ATTACH_METHOD, &method);
	out->method = (int)method;
	if (object == AM_CFB_NONE ||
	    am_cfb_entry(msg->cfb, object)->type != AM_CFB_STORAGE)
		return;
	/* Told by what it is rather than by what is said of it. */
	out->has_message =
		am_cfb_find(msg->cfb, object, AM_MSG_PROPERTIES) != AM_CFB_NONE;
	if (out->has_message)
		out->method = AM_ATTACH_EMBEDDED;
	else if (out->method == AM_ATTACH_EMBEDDED)
		out->method = AM_ATTACH_OLE;
	out->message_id = object;
	out->place[0] = object;
}

static int attachments(const struct am_mapi_message *message,
                       struct am_arena *arena, struct am_mapi_enclosure **out,
                       size_t *n, struct am_error *err)
{
	struct am_msg *msg = msg_of(message->in);
	GArray *list =
		parts_of(msg, (uint32_t)message->place[0], AM_MSG_ATTACHMENT);

	(void)err;
	*n = list->len;
	*out = am_arena_alloc(arena, *n * sizeof(**out) + 1);
	for (guint i = 0; i < list->len; i++) {
		struct am_mapi_enclosure *att = &(*out)[i];
		am_mapi_props_init(&att->props, arena);
		att->props.codepage = message->props.codepage;
		read_attachment(msg, g_array_index(list, uint32_t, i), att);
	}
	g_array_free(list, TRUE);
	return AM_OK;
}

static int embedded(struct am_mapi_container *in,
                    const struct am_mapi_enclosure *att, struct am_arena *arena,
                    struct am_mapi_message *out, struct am_error *err)
{
	(void)err;
	read_message(msg_of(in), (uint32_t)att->place[0], arena, out);
	return AM_OK;
}

/* An object is a storage: as a file, it is a compound file of its own. */
static int spool_write(void *user, const void *data, size_t len,
                       struct am_error *err)
{
	return am_spool_write(user, data, len, err);
}

static int object(struct am_msg *msg, uint32_t storage, struct am_reader **out,
                  struct am_error *err)
{
	struct am_cfb_write *w = am_cfb_write_new();
	struct am_spool *spool = NULL;
	struct am_blob *blob = NULL;
	int r = am_spool_open(&spool, OBJECT_MEMORY, msg->tmpdir, err);

	am_cfb_write_all_in(w, 0, msg->cfb, storage);
	/* Streams that share sectors are no reason to fill a disk. */
	if (!r && am_cfb_write_size(w) > 4 * am_cfb_size(msg->cfb) + 65536)
		r = am_fail(err, AM_FAILED, AM_E_LIMIT,
		            "an object of %" PRIu64 " bytes in a file of "
		            "%" PRIu64,
		            am_cfb_write_size(w), am_cfb_size(msg->cfb));
	if (!r)
		r = am_cfb_write_out(w, spool_write, spool, err);
	if (!r)
		r = am_spool_seal(&spool, &blob, err);
	if (!r)
		r = am_blob_open(blob, out, err);
	am_blob_unref(&blob);
	am_spool_drop(&spool);
	am_cfb_write_free(&w);
	return r;
}

static int value(struct am_mapi_container *in, const struct am_mapi_prop *prop,
                 struct am_reader **out, struct am_error *err)
{
	struct am_msg *msg = msg_of(in);
	uint32_t entry = (uint32_t)prop->store;

	if (am_cfb_entry(msg->cfb, entry)->type == AM_CFB_STORAGE)
		return object(msg, entry, out, err);
	return am_cfb_stream(msg->cfb, entry, out, err);
}

/* ---- opening ---- */

static void read_names(struct am_msg *msg)
{
	static const char *const streams[] = {AM_MSG_VALUE "00020102",
	                                      AM_MSG_VALUE "00030102",
	                                      AM_MSG_VALUE "00040102"};
	uint32_t in = am_cfb_find(msg->cfb, 0, AM_MSG_NAMES);
	uint8_t *bytes[3] = {NULL, NULL, NULL};
	size_t len[3] = {0, 0, 0};

	for (size_t i = 0; in != AM_CFB_NONE && i < 3; i++) {
		uint32_t stream = am_cfb_find(msg->cfb, in, streams[i]);
		struct am_error err = {0};
		if (stream != AM_CFB_NONE &&
		    am_cfb_stream_all(msg->cfb, stream, NAMES_MAX, &bytes[i],
		                      &len[i], &err))
			am_msg_damage(msg, "names of properties are lost: %s",
			              err.text);
	}
	msg->names = am_mapi_names_new(bytes[0], len[0], bytes[1], len[1],
	                               bytes[2], len[2]);
	for (size_t i = 0; i < 3; i++)
		g_free(bytes[i]);
}

int am_msg_open(struct am_msg **out, struct am_blob *blob,
                const struct am_msg_options *options, struct am_error *err)
{
	static const struct am_mapi_container_ops ops = {
		.recipients = recipients,
		.attachments = attachments,
		.embedded = embedded,
		.value = value};
	struct am_msg *msg = g_new0(struct am_msg, 1);
	int r = am_cfb_open(&msg->cfb, blob, err);

	*out = msg;
	msg->options = *options;
	msg->tmpdir = g_strdup(options->tmpdir);
	if (!r && am_cfb_find(msg->cfb, 0, AM_MSG_PROPERTIES) == AM_CFB_NONE &&
	    am_cfb_find(msg->cfb, 0, AM_MSG_VALUE "001A001F") == AM_CFB_NONE &&
	    am_cfb_find(msg->cfb, 0, AM_MSG_VALUE "001A001E") == AM_CFB_NONE)
		r = am_fail(err, AM_FAILED, AM_E_FORMAT,
		            "a compound file, but no message of Outlook's");
	if (r) {
		am_msg_close(out);
		return r;
	}
	if (am_cfb_damage(msg->cfb))
		am_msg_damage(msg, "%s", am_cfb_damage(msg->cfb));
	read_names(msg);
	msg->container =
		(struct am_mapi_container){.ops = &ops,
	                                   .format = "msg",
	                                   .names = msg->names,
	                                   .size = am_cfb_size(msg->cfb)};
	return AM_OK;
}

void am_msg_close(struct am_msg **handle)
{
	struct am_msg *msg = *handle;

	*handle = NULL;
	if (!msg)
		return;
	am_mapi_names_free(&msg->names);
	am_cfb_close(&msg->cfb);
	g_free(msg->tmpdir);
	g_free(msg);
}

void am_msg_read(struct am_msg *msg, struct am_arena *arena,
                 struct am_mapi_message *out)
{
	read_message(msg, 0, arena, out);
}
