/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/message_json.h"

#include "base/arena.h"
#include "base/charset.h"
#include "base/json.h"
#include "model/folder.h"

#include <glib.h>

#include <string.h>

void am_message_json_folder(struct am_json *json,
                            const struct am_folder *folder)
{
	am_json_open(json, '[');
	for (size_t i = 0; folder && i < folder->depth; i++)
		am_json_string(json, folder->parts[i]);
	am_json_close(json, ']');
}

void am_message_json_flags(struct am_json *json, uint32_t flags)
{
	am_json_open(json, '[');
	for (unsigned i = 0; i < AM_FLAG_COUNT; i++)
		if (flags & (1u << i))
			am_json_string(json,
			               am_flag_name((enum am_flag)(1u << i)));
	am_json_close(json, ']');
}

void am_message_json_words(struct am_json *json, const char *const *words,
                           size_t n)
{
	am_json_open(json, '[');
	for (size_t i = 0; i < n; i++)
		am_json_string(json, words[i]);
	am_json_close(json, ']');
}

void am_message_json_text(struct am_json *json, const char *key, const char *s)
{
	am_json_key(json, key);
	am_json_string(json, s);
}

void am_message_json_when(struct am_json *json, const char *key,
                          const struct am_when *when)
{
	char iso[AM_TIME_ROOM];
	struct am_when again = {0};

	am_time_iso(when, iso);
	if (when->known &&
	    (!am_time_parse_iso(iso, &again) || again.sec != when->sec)) {
		am_json_key(json, key);
		am_json_int(json, when->sec);
		return;
	}
	am_message_json_text(json, key, *iso ? iso : NULL);
}

/* Bytes that are no text, or that C would end too soon, in base64. */
static void write_prop(struct am_json *json, const struct am_prop *prop)
{
	am_json_key(json, prop->name);
	if (am_utf8_valid(prop->value, prop->len) &&
	    !memchr(prop->value, '\0', prop->len)) {
		am_json_stringn(json, prop->value, prop->len);
		return;
	}
	char *coded = g_base64_encode((const guchar *)prop->value, prop->len);
	am_json_open(json, '{');
	am_message_json_text(json, "base64", coded);
	am_json_close(json, '}');
	g_free(coded);
}

void am_message_json_write(struct am_json *json, const struct am_message *msg)
{
	am_json_key(json, "folder");
	am_message_json_folder(json, msg->folder);
	am_message_json_text(json, "origin", msg->origin);
	am_message_json_text(json, "exactness",
	                     am_exactness_name(msg->exactness));
	if (msg->incomplete) {
		am_json_key(json, "incomplete");
		am_json_bool(json, true);
	}
	am_json_key(json, "flags");
	am_message_json_flags(json, msg->flags);
	am_json_key(json, "keywords");
	am_message_json_words(json, msg->keywords, msg->n_keywords);
	am_json_key(json, "labels");
	am_message_json_words(json, msg->labels, msg->n_labels);
	am_message_json_when(json, "received", &msg->received);
	am_message_json_text(json, "received_from", msg->received_from);
	am_json_key(json, "dates");
	am_json_open(json, '[');
	for (size_t i = 0; i < msg->n_dates; i++) {
		am_json_open(json, '{');
		am_message_json_text(json, "from", msg->dates[i].from);
		am_message_json_when(json, "when", &msg->dates[i].when);
		am_json_close(json, '}');
	}
	am_json_close(json, ']');
	if (msg->uid) {
		am_json_key(json, "uid");
		am_json_uint(json, msg->uid);
		am_json_key(json, "uidvalidity");
		am_json_uint(json, msg->uidvalidity);
	}
	am_message_json_text(json, "envelope_sender", msg->envelope_sender);
	am_json_key(json, "props");
	am_json_open(json, '{');
	for (size_t i = 0; i < msg->n_props; i++)
		write_prop(json, &msg->props[i]);
	am_json_close(json, '}');
}

/* ---- and back ---- */

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static struct am_when when_of(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	struct am_when when = {0};

	if (json_is_string(value))
		(void)am_time_parse_iso(json_string_value(value), &when);
	else if (json_is_integer(value))
		when = (struct am_when){json_integer_value(value), 0, true};
	return when;
}

static uint32_t number_of(const json_t *object, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(object, key));

	return n > 0 && n <= UINT32_MAX ? (uint32_t)n : 0;
}

static void read_flags(struct am_message *msg, const json_t *object)
{
	const json_t *list = json_object_get(object, "flags"), *word;
	enum am_flag flag;
	size_t i;

	json_array_foreach(list, i, word)
	{
		const char *s = json_string_value(word);
		if (s && am_flag_parse(s, &flag))
			msg->flags |= flag;
		else if (s && *s) /* of a later version, or by hand */
			am_message_add_keyword(msg, s);
	}
}

static void read_words(struct am_message *msg, const json_t *object,
                       const char *key,
                       void (*add)(struct am_message *, const char *))
{
	const json_t *list = json_object_get(object, key), *word;
	size_t i;

	json_array_foreach(list, i, word)
	{
		const char *s = json_string_value(word);
		if (s && *s)
			add(msg, s);
	}
}

static void read_dates(struct am_message *msg, const json_t *object)
{
	const json_t *list = json_object_get(object, "dates"), *one;
	size_t i;

	if (json_array_size(list))
		msg->n_dates = 0;
	json_array_foreach(list, i, one)
	{
		const char *from = text_of(one, "from");
		struct am_when when = when_of(one, "when");
		if (from && when.known)
			am_message_add_date(msg, from, &when);
	}
}

static void read_props(struct am_message *msg, const json_t *object)
{
	const json_t *props = json_object_get(object, "props");
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)props, name, value)
	{
		const char *coded = text_of(value, "base64");
		if (json_is_string(value))
			am_message_add_prop(msg, name, json_string_value(value),
			                    json_string_length(value));
		if (!coded || !*coded)
			continue;
		gsize len = 0;
		guchar *bytes = g_base64_decode(coded, &len);
		am_message_add_prop(msg, name, bytes, len);
		g_free(bytes);
	}
}

void am_message_json_read(struct am_message *msg, const json_t *object)
{
	static const enum am_exactness all[] = {AM_EXACT, AM_UNQUOTED,
	                                        AM_GUESSED, AM_SYNTHESISED};
	static const char before[] = "provenance.origin";
	const char *how = text_of(object, "exactness");

	for (size_t i = 0; how && i < AM_COUNT(all); i++)
		if (!strcmp(how, am_exactness_name(all[i])))
			msg->exactness = all[i];
	msg->incomplete = json_is_true(json_object_get(object, "incomplete"));
	read_flags(msg, object);
	read_words(msg, object, "keywords", am_message_add_keyword);
	read_words(msg, object, "labels", am_message_add_label);
	struct am_when received = when_of(object, "received");
	/* null says that nobody knows. */
	if (received.known ||
	    json_is_null(json_object_get(object, "received"))) {
		msg->received = received;
		msg->received_from = am_arena_strdup(
			msg->arena, text_of(object, "received_from"));
	}
	read_dates(msg, object);
	msg->uid = number_of(object, "uid");
	msg->uidvalidity = number_of(object, "uidvalidity");
	msg->envelope_sender =
		am_arena_strdup(msg->arena, text_of(object, "envelope_sender"));
	read_props(msg, object);
	const char *origin = text_of(object, "origin");
	if (origin && !am_message_prop(msg, before))
		am_message_add_prop(msg, before, origin, strlen(origin));
}

static enum am_role role_of(const json_t *object, const char *name)
{
	const char *role = text_of(object, "role");

	for (int i = AM_ROLE_NONE; role && i <= AM_ROLE_ARCHIVE; i++)
		if (!g_strcmp0(role, am_role_name((enum am_role)i)))
			return (enum am_role)i;
	return name ? am_role_guess(name) : AM_ROLE_NONE;
}

int am_message_json_read_folder(const struct am_folder **out,
                                const json_t *object, struct am_error *err)
{
	const json_t *list = json_object_get(object, "folder"), *part;
	size_t n = json_array_size(list), i;
	const char **parts = g_new0(const char *, n + 1);
	struct am_folder *folder = NULL;
	bool good = !list || json_is_null(list) || json_is_array(list);
	int r;

	json_array_foreach(list, i, part)
	{
		parts[i] = json_string_value(part);
		good = good && parts[i];
	}
	if (good)
		r = am_folder_new(&folder, parts, n,
		                  role_of(object, n ? parts[n - 1] : NULL),
		                  err);
	else
		r = am_fail(err, AM_FAILED, AM_E_FORMAT,
		            "\"folder\" is no list of names");
	g_free(parts);
	if (!r) {
		const json_t *said = json_object_get(object, "subscribed");
		folder->subscribed = json_is_true(said);
		folder->unsubscribed = json_is_false(said);
	}
	*out = folder;
	return r ? AM_FAILED : AM_OK;
}
