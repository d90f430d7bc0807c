/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "formats/mapi/item_meta.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "base/reader.h"
#include "formats/mapi/item_props.h"
#include "formats/mapi/own_names.h"
#include "outlook/mapi/tags.h"

#include <glib.h>

#include <string.h>

enum tag {
	TAG_FLAGS = 1,    /* as they are, as Outlook shows them */
	TAG_KEYWORD = 2,  /* each */
	TAG_LABEL = 3,    /* each */
	TAG_RECEIVED = 4, /* seconds that Outlook shows; the date if known */
	TAG_DATE = 5,     /* each candidate */
	TAG_SENDER = 6,
	TAG_UID = 7, /* number, validity */
	TAG_EXACTNESS = 8,
	TAG_PROP = 9, /* length of the name, name, value */
	TAG_ORIGIN = 10
};

enum {
	FLAG_READ = 1,
	FLAG_UNSENT = 8,
	VERB_REPLY = 102,
	VERB_REPLY_ALL = 103,
	VERB_FORWARD = 104,
	ICON_READ = 0x100,
	ICON_UNREAD = 0x101,
	ICON_REPLIED = 0x105,
	ICON_FORWARDED = 0x106,
	STATUS_FLAGGED = 2,
	COLOUR_RED = 6,
	PR_FLAG_ICON = 0x1095,
	META_MAX = 64 << 20
};

uint32_t am_item_meta_flags(const struct am_mapi_props *props)
{
	int64_t bits = 0, verb = 0, icon = 0, status = 0;
	uint32_t flags = 0;

	(void)am_mapi_int(props, AM_PR_MESSAGE_FLAGS, &bits);
	(void)am_mapi_int(props, AM_PR_LAST_VERB, &verb);
	(void)am_mapi_int(props, AM_PR_ICON_INDEX, &icon);
	(void)am_mapi_int(props, AM_PR_FLAG_STATUS, &status);
	if (bits & FLAG_READ)
		flags |= AM_SEEN;
	if (bits & FLAG_UNSENT)
		flags |= AM_DRAFT;
	if (verb == VERB_REPLY || verb == VERB_REPLY_ALL ||
	    icon == ICON_REPLIED)
		flags |= AM_ANSWERED;
	if (verb == VERB_FORWARD || icon == ICON_FORWARDED)
		flags |= AM_FORWARDED;
	if (status == STATUS_FLAGGED)
		flags |= AM_FLAGGED;
	return flags;
}

/* ---- writing ---- */

static void add_number(GByteArray *to, int64_t n)
{
	uint8_t bytes[10];

	g_byte_array_append(to, bytes, (guint)am_put_svarint(bytes, n));
}

static void add_bytes(GByteArray *to, const void *data, size_t len)
{
	if (len)
		g_byte_array_append(to, data, (guint)len);
}

/* Move what was gathered into the run. */
static void add_fact(GByteArray *to, enum tag tag, GByteArray *value)
{
	uint8_t head[11] = {(uint8_t)tag};

	add_bytes(to, head, 1 + am_put_varint(head + 1, value->len));
	add_bytes(to, value->data, value->len);
	g_byte_array_set_size(value, 0);
}

static void add_text(GByteArray *to, enum tag tag, const char *text,
                     GByteArray *value)
{
	if (!text)
		return;
	add_bytes(value, text, strlen(text));
	add_fact(to, tag, value);
}

static void add_when(GByteArray *value, const struct am_when *when,
                     const char *from)
{
	add_number(value, when->sec);
	add_number(value, when->offset_min);
	if (from)
		add_bytes(value, from, strlen(from));
}

/* Properties of the item itself that Outlook shows as flags. */
static void put_flags(struct am_mapi_props *props, uint32_t flags)
{
	bool answered = flags & AM_ANSWERED, forwarded = flags & AM_FORWARDED;

	am_mapi_put_int(props, AM_PR_MESSAGE_FLAGS,
	                (flags & AM_SEEN ? FLAG_READ : 0) |
	                        (flags & AM_DRAFT ? FLAG_UNSENT : 0));
	/* The icon can say one of the two, the last verb the other. */
	am_mapi_put_int(props, AM_PR_ICON_INDEX,
	                answered          ? ICON_REPLIED
	                : forwarded       ? ICON_FORWARDED
	                : flags & AM_SEEN ? ICON_READ
	                                  : ICON_UNREAD);
	if (answered || forwarded)
		am_mapi_put_int(props, AM_PR_LAST_VERB,
		                forwarded ? VERB_FORWARD : VERB_REPLY);
	if (flags & AM_FLAGGED) {
		am_mapi_put_int(props, AM_PR_FLAG_STATUS, STATUS_FLAGGED);
		am_mapi_put_int(props, PR_FLAG_ICON, COLOUR_RED);
	}
}

/* Both keywords and labels are categories; one that is both is there once. */
static void put_categories(struct am_mapi_props *props,
                           const struct am_message *msg)
{
	GPtrArray *all = g_ptr_array_new();

	for (size_t i = 0; i < msg->n_keywords + msg->n_labels; i++) {
		const char *word = i < msg->n_keywords
		                           ? msg->keywords[i]
		                           : msg->labels[i - msg->n_keywords];
		if (*word && !g_ptr_array_find_with_equal_func(
				     all, word, g_str_equal, NULL))
			g_ptr_array_add(all, (char *)(uintptr_t)word);
	}
	if (all->len)
		am_mapi_put_named_texts(props, &am_own_keywords,
		                        (const char *const *)all->pdata,
		                        all->len);
	g_ptr_array_free(all, TRUE);
}

static uint32_t shown_flags(uint32_t flags)
{
	return flags &
	       (AM_SEEN | AM_ANSWERED | AM_FLAGGED | AM_DRAFT | AM_FORWARDED);
}

void am_item_meta_put(struct am_mapi_item *item, const struct am_message *msg,
                      const struct am_when *delivery)
{
	struct am_mapi_props *props = &item->props;
	GByteArray *run = g_byte_array_new(), *value = g_byte_array_new();

	put_flags(props, msg->flags);
	put_categories(props, msg);
	add_number(value, msg->flags);
	add_number(value, shown_flags(msg->flags));
	add_fact(run, TAG_FLAGS, value);
	for (size_t i = 0; i < msg->n_keywords; i++)
		add_text(run, TAG_KEYWORD, msg->keywords[i], value);
	for (size_t i = 0; i < msg->n_labels; i++)
		add_text(run, TAG_LABEL, msg->labels[i], value);
	add_number(value, delivery->known ? delivery->sec : 0);
	if (msg->received.known)
		add_when(value, &msg->received, msg->received_from);
	add_fact(run, TAG_RECEIVED, value);
	for (size_t i = 0; i < msg->n_dates; i++) {
		add_when(value, &msg->dates[i].when, msg->dates[i].from);
		add_fact(run, TAG_DATE, value);
	}
	add_text(run, TAG_SENDER, msg->envelope_sender, value);
	if (msg->uid) {
		add_number(value, msg->uid);
		add_number(value, msg->uidvalidity);
		add_fact(run, TAG_UID, value);
	}
	add_number(value, msg->exactness);
	add_fact(run, TAG_EXACTNESS, value);
	for (size_t i = 0; i < msg->n_props; i++) {
		const struct am_prop *p = &msg->props[i];
		/* It is on the item itself, and comes back from there. */
		if (am_item_props_takes(p))
			continue;
		add_number(value, (int64_t)strlen(p->name));
		add_bytes(value, p->name, strlen(p->name));
		add_bytes(value, p->value, p->len);
		add_fact(run, TAG_PROP, value);
	}
	add_text(run, TAG_ORIGIN, msg->origin, value);

	struct am_mapi_prop prop = {
		.tag = AM_MAPI_BINARY, .name = &am_own_meta, .len = run->len};
	uint8_t *data = am_arena_alloc(props->arena, run->len);
	memcpy(data, run->data, run->len);
	prop.data = data;
	am_mapi_props_add(props, &prop);
	g_byte_array_free(run, TRUE);
	g_byte_array_free(value, TRUE);
}

/* ---- reading ---- */

/* The categories there are now, and what we made them of. */
struct words {
	const char *const *now;
	size_t n_now;
	GPtrArray *keywords, *labels; /* as they were */
	const char *origin;
};

static bool is_there(const struct words *w, const char *word)
{
	for (size_t i = 0; i < w->n_now; i++)
		if (!strcmp(w->now[i], word))
			return true;
	return !*word; /* an empty one is no category */
}

static bool was_there(GPtrArray *list, const char *word)
{
	return g_ptr_array_find_with_equal_func(list, word, g_str_equal, NULL);
}

/* Those of a list that are still there, each once. */
static void keep_words(struct am_arena *arena, const struct words *w,
                       GPtrArray *list, bool and_new, const char *const **out,
                       size_t *n)
{
	const char **kept = am_arena_alloc(
		arena, (list->len + w->n_now) * sizeof(*kept) + 1);

	*n = 0;
	for (guint i = 0; i < list->len; i++)
		if (is_there(w, list->pdata[i]))
			kept[(*n)++] = list->pdata[i];
	for (size_t i = 0; and_new && i < w->n_now; i++)
		if (!was_there(w->keywords, w->now[i]) &&
		    !was_there(w->labels, w->now[i]))
			kept[(*n)++] = w->now[i];
	*out = kept;
}

static void settle_words(struct am_message *to, const struct words *w)
{
	keep_words(to->arena, w, w->keywords, true, &to->keywords,
	           &to->n_keywords);
	keep_words(to->arena, w, w->labels, false, &to->labels, &to->n_labels);
}

static char *rest(struct am_arena *arena, struct am_cursor *c)
{
	return am_arena_strndup(arena, (const char *)c->at, am_cursor_left(c));
}

static void read_received(struct am_message *to, struct am_cursor *c,
                          const struct am_mapi_props *props)
{
	int64_t shown = am_get_svarint(c);
	struct am_when now = {0}, when = {0};

	if (am_mapi_time(props, AM_PR_DELIVERY_TIME, &now) && now.sec != shown)
		return; /* somebody gave it another */
	to->received = when;
	to->received_from = NULL;
	if (c->bad || !am_cursor_left(c))
		return;
	to->received.sec = am_get_svarint(c);
	to->received.offset_min = (int16_t)am_get_svarint(c);
	to->received.known = !c->bad;
	if (am_cursor_left(c))
		to->received_from = rest(to->arena, c);
}

static void read_flags(struct am_message *to, struct am_cursor *c,
                       const struct am_mapi_props *props)
{
	uint32_t were = (uint32_t)am_get_svarint(c);
	uint32_t shown = (uint32_t)am_get_svarint(c);
	uint32_t now = am_item_meta_flags(props);
	uint32_t changed = now ^ shown;

	if (!c->bad)
		to->flags = ((were & ~changed) | (now & changed)) &
		            ((1u << AM_FLAG_COUNT) - 1);
}

static void read_date(struct am_message *to, struct am_cursor *c)
{
	struct am_when when = {.sec = am_get_svarint(c)};

	when.offset_min = (int16_t)am_get_svarint(c);
	when.known = !c->bad;
	if (when.known)
		am_message_add_date(to, rest(to->arena, c), &when);
}

/* What the item itself has of it now is newer. */
static void read_prop(struct am_message *to, struct am_cursor *c)
{
	int64_t len = am_get_svarint(c);
	const uint8_t *at = len > 0 ? am_get_bytes(c, (uint64_t)len) : NULL;

	if (!at)
		return;
	const char *name =
		am_arena_strndup(to->arena, (const char *)at, (size_t)len);
	if (!am_message_prop(to, name))
		am_message_add_prop(to, name, c->at, am_cursor_left(c));
}

static void read_fact(struct am_message *to, unsigned tag, struct am_cursor *c,
                      const struct am_mapi_props *props, struct words *w)
{
	int64_t n;

	switch (tag) {
	case TAG_FLAGS:
		read_flags(to, c, props);
		break;
	case TAG_KEYWORD:
		g_ptr_array_add(w->keywords, rest(to->arena, c));
		break;
	case TAG_LABEL:
		g_ptr_array_add(w->labels, rest(to->arena, c));
		break;
	case TAG_RECEIVED:
		read_received(to, c, props);
		break;
	case TAG_DATE:
		read_date(to, c);
		break;
	case TAG_SENDER:
		to->envelope_sender = rest(to->arena, c);
		break;
	case TAG_UID:
		to->uid = (uint32_t)am_get_svarint(c);
		to->uidvalidity = (uint32_t)am_get_svarint(c);
		break;
	case TAG_EXACTNESS:
		/* Holds once the bytes are proven: am_original_read(). */
		n = am_get_svarint(c);
		if (n >= AM_EXACT && n <= AM_SYNTHESISED)
			to->exactness = (enum am_exactness)n;
		break;
	case TAG_PROP:
		read_prop(to, c);
		break;
	case TAG_ORIGIN:
		w->origin = rest(to->arena, c);
		break;
	default:
		break;
	}
}

void am_item_meta_read(struct am_message *to,
                       const struct am_mapi_container *in,
                       const struct am_mapi_props *props)
{
	const struct am_mapi_prop *p = am_own_find(in, props, &am_own_meta);
	struct words w = {to->keywords, to->n_keywords, g_ptr_array_new(),
	                  g_ptr_array_new(), NULL};
	uint8_t *held = NULL;
	size_t len = 0;

	if (p && !am_mapi_value_all((struct am_mapi_container *)(uintptr_t)in,
	                            p, META_MAX, &held, &len, NULL)) {
		struct am_cursor c = am_cursor(held, len);
		to->n_dates = 0;
		to->dates = NULL;
		while (am_cursor_left(&c) && !c.bad) {
			unsigned tag = am_get_u8(&c);
			uint64_t size = am_get_varint(&c);
			const uint8_t *value = am_get_bytes(&c, size);
			if (!value)
				break;
			struct am_cursor fact = am_cursor(value, (size_t)size);
			read_fact(to, tag, &fact, props, &w);
		}
		settle_words(to, &w);
		/* Of several stays the first is what it came from. */
		if (w.origin && !am_message_prop(to, "mailark.origin"))
			am_message_add_prop(to, "mailark.origin", w.origin,
			                    strlen(w.origin));
	}
	g_free(held);
	g_ptr_array_free(w.keywords, TRUE);
	g_ptr_array_free(w.labels, TRUE);
}
