/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Items from bytes (FORMAT.md, section 3): the inverse of items.c.
 *
 * Fields are read with a cursor that remembers the first one that did not fit,
 * so each item is read to its end and judged once.  A count is believed only
 * as far as the bytes behind it could hold so many.
 */
#include "store/items.h"

#include "base/arena.h"
#include "base/bytes.h"
#include "mime/overview.h"

#include <glib.h>

#include <string.h>

/* The least a thing takes on disk, for judging counts. */
enum { STEP_LEAST = 2, EXTENT_LEAST = 3, DATE_LEAST = 1, PROP_LEAST = 2 };

static size_t get_count(struct am_cursor *c, size_t least)
{
	uint64_t n = am_get_varint(c);

	if (!c->bad && n > am_cursor_left(c) / least)
		c->bad = true;
	return c->bad ? 0 : (size_t)n;
}

static uint32_t get_u32(struct am_cursor *c)
{
	uint64_t v = am_get_varint(c);

	if (v > UINT32_MAX)
		c->bad = true;
	return c->bad ? 0 : (uint32_t)v;
}

/* A number of an enum whose last is `most`. */
static unsigned get_enum(struct am_cursor *c, uint64_t v, unsigned most)
{
	if (v > most)
		c->bad = true;
	return c->bad ? 0 : (unsigned)v;
}

/* Text: a NUL within would cut it silently, so there is none. */
static const char *get_string(struct am_cursor *c, struct am_arena *arena)
{
	uint64_t len = am_get_varint(c);
	const uint8_t *s = am_get_bytes(c, len);

	if (s && memchr(s, '\0', (size_t)len))
		c->bad = true;
	if (c->bad)
		return "";
	return am_arena_strndup(arena, (const char *)s, (size_t)len);
}

static const char *const *get_strings(struct am_cursor *c,
                                      struct am_arena *arena, size_t *n)
{
	*n = get_count(c, 1);
	if (!*n)
		return NULL;
	const char **strings = am_arena_alloc(arena, *n * sizeof *strings);
	for (size_t i = 0; i < *n && !c->bad; i++)
		strings[i] = get_string(c, arena);
	return strings;
}

static void get_hash(struct am_cursor *c, uint8_t hash[AM_SHA256_LEN])
{
	const uint8_t *p = am_get_bytes(c, AM_SHA256_LEN);

	if (p)
		memcpy(hash, p, AM_SHA256_LEN);
}

static void get_folder(struct am_cursor *c, struct am_arena *arena,
                       struct am_item_folder *out)
{
	out->id = am_get_varint(c);
	out->parts = get_strings(c, arena, &out->depth);
	out->role = get_enum(c, am_get_varint(c), AM_ROLE_ARCHIVE);
	uint64_t flags = am_get_varint(c);
	out->subscribed = flags & 1;
	out->unsubscribed = flags & 2 && !out->subscribed;
	out->removed = flags & 4;
	out->uidvalidity = get_u32(c);
	out->uidnext = get_u32(c);
}

static void get_form(struct am_cursor *c, struct am_base64_form *out)
{
	out->line_chars = get_u32(c);
	out->crlf = am_get_u8(c) & 1;
	out->lead = get_u32(c);
	out->trail = get_u32(c);
	if (out->line_chars % 4)
		c->bad = true;
}

static void get_step(struct am_cursor *c, struct am_step *out)
{
	out->kind = get_enum(c, am_get_u8(c), AM_STEP_ELSEWHERE);
	if (out->kind == AM_STEP_BASE64 || out->kind == AM_STEP_BLOB_BASE64)
		get_form(c, &out->form);
	if (out->kind == AM_STEP_BLOB || out->kind == AM_STEP_BLOB_BASE64)
		get_hash(c, out->hash);
	out->len = am_get_varint(c);
}

static void get_recipe(struct am_cursor *c, struct am_arena *arena,
                       struct am_recipe *out)
{
	*out = (struct am_recipe){0};
	out->n_steps = get_count(c, STEP_LEAST);
	if (out->n_steps)
		out->steps = am_arena_alloc(arena,
		                            out->n_steps * sizeof *out->steps);
	for (size_t i = 0; i < out->n_steps && !c->bad; i++) {
		get_step(c, &out->steps[i]);
		/* It is the whole, or there is none. */
		c->bad |= out->steps[i].kind == AM_STEP_ELSEWHERE &&
		          out->n_steps != 1;
	}
	out->n_extents = get_count(c, EXTENT_LEAST);
	if (out->n_extents)
		out->extents = am_arena_alloc(
			arena, out->n_extents * sizeof *out->extents);
	for (size_t i = 0; i < out->n_extents && !c->bad; i++) {
		out->extents[i].block = am_get_varint(c);
		out->extents[i].offset = get_u32(c);
		out->extents[i].len = get_u32(c);
	}
}

int am_recipe_decode(struct am_recipe *out, const void *data, size_t len,
                     struct am_arena *arena, struct am_error *err)
{
	struct am_cursor c = am_cursor(data, len);

	get_recipe(&c, arena, out);
	if (c.bad)
		return am_fail(err, AM_FAILED, AM_E_CORRUPT,
		               "a recipe makes no sense");
	return AM_OK;
}

static void get_when(struct am_cursor *c, struct am_when *out)
{
	out->sec = am_get_svarint(c);
	int64_t zone = am_get_svarint(c);
	if (zone < INT16_MIN || zone > INT16_MAX)
		c->bad = true;
	out->known = !c->bad;
	out->offset_min = c->bad ? 0 : (int16_t)zone;
}

/* A string that may be none. */
static const char *get_optional(struct am_cursor *c, struct am_arena *arena)
{
	uint64_t len = am_get_varint(c);
	const uint8_t *s = len ? am_get_bytes(c, len - 1) : NULL;

	if (!s || memchr(s, '\0', (size_t)len - 1)) {
		c->bad |= s != NULL;
		return NULL;
	}
	return am_arena_strndup(arena, (const char *)s, (size_t)len - 1);
}

static const struct am_overview *get_shown(struct am_cursor *c,
                                           struct am_arena *arena)
{
	struct am_overview *shown = am_arena_alloc(arena, sizeof *shown);
	const char **oldest = am_arena_alloc(arena, 2 * sizeof *oldest);

	*shown = (struct am_overview){0};
	shown->from = get_optional(c, arena);
	shown->to = get_optional(c, arena);
	shown->cc = get_optional(c, arena);
	shown->subject = get_optional(c, arena);
	shown->message_id = get_optional(c, arena);
	shown->in_reply_to = get_optional(c, arena);
	shown->n_references = get_enum(c, am_get_varint(c), 2);
	shown->references = oldest;
	oldest[0] = oldest[1] = "";
	if (shown->n_references)
		oldest[0] = get_string(c, arena);
	if (get_enum(c, am_get_u8(c), 1))
		get_when(c, &shown->date);
	shown->n_attachments = get_u32(c);
	return shown;
}

static void get_message(struct am_cursor *c, struct am_arena *arena,
                        struct am_item_message *out)
{
	out->id = am_get_varint(c);
	out->size = am_get_varint(c);
	get_hash(c, out->hash);
	if (get_enum(c, am_get_u8(c), 1))
		get_hash(c, out->hash_lf);
	else
		memcpy(out->hash_lf, out->hash, sizeof out->hash_lf);
	out->eol = get_enum(c, am_get_u8(c), AM_EOL_CRLF_FROM_LF);
	out->content = am_get_varint(c);
	if (!c->bad && out->content == out->id)
		get_recipe(c, arena, &out->recipe);
	if (!c->bad && am_recipe_is_elsewhere(&out->recipe))
		out->shown = get_shown(c, arena);
}

static void get_date(struct am_cursor *c, struct am_arena *arena,
                     struct am_when *when, const char **from)
{
	if (get_enum(c, am_get_u8(c), 1))
		get_when(c, when);
	*from = get_string(c, arena);
	if (!**from)
		*from = NULL;
}

static void get_dates(struct am_cursor *c, struct am_arena *arena,
                      struct am_message *out)
{
	out->n_dates = get_count(c, DATE_LEAST);
	if (!out->n_dates)
		return;
	struct am_date_candidate *dates =
		am_arena_alloc(arena, out->n_dates * sizeof *dates);
	for (size_t i = 0; i < out->n_dates && !c->bad; i++) {
		dates[i].from = get_string(c, arena);
		if (*dates[i].from) {
			get_when(c, &dates[i].when);
			continue;
		}
		/* The one that was chosen. */
		if (!out->received.known || !out->received_from)
			c->bad = true;
		dates[i].from = out->received_from;
		dates[i].when = out->received;
	}
	out->dates = dates;
}

static void get_props(struct am_cursor *c, struct am_arena *arena,
                      struct am_message *out)
{
	out->n_props = get_count(c, PROP_LEAST);
	if (!out->n_props)
		return;
	struct am_prop *props =
		am_arena_alloc(arena, out->n_props * sizeof *props);
	for (size_t i = 0; i < out->n_props && !c->bad; i++) {
		props[i].name = get_string(c, arena);
		uint64_t len = am_get_varint(c);
		const uint8_t *value = am_get_bytes(c, len);
		if (!value)
			break;
		props[i].value = am_arena_strndup(arena, (const char *)value,
		                                  (size_t)len);
		props[i].len = (size_t)len;
	}
	out->props = props;
}

static void get_meta(struct am_cursor *c, struct am_arena *arena,
                     struct am_message *out)
{
	out->size = AM_SIZE_UNKNOWN;
	out->uid = get_u32(c);
	out->flags = get_u32(c);
	out->exactness = get_enum(c, am_get_u8(c), AM_SYNTHESISED);
	get_date(c, arena, &out->received, &out->received_from);
	get_dates(c, arena, out);
	out->origin = get_string(c, arena);
	if (get_enum(c, am_get_u8(c), 1))
		out->envelope_sender = get_string(c, arena);
	out->keywords = get_strings(c, arena, &out->n_keywords);
	out->labels = get_strings(c, arena, &out->n_labels);
	get_props(c, arena, out);
}

static void get_flags(struct am_cursor *c, struct am_arena *arena,
                      struct am_item_flags *out)
{
	out->flags = get_u32(c);
	out->words = get_strings(c, arena, &out->n_words);
}

static void get_placement(struct am_cursor *c, struct am_arena *arena,
                          struct am_item_placement *out)
{
	struct am_message *meta = am_arena_alloc(arena, sizeof *meta);

	out->id = am_get_varint(c);
	out->message = am_get_varint(c);
	out->folder = am_get_varint(c);
	get_meta(c, arena, meta);
	out->meta = meta;
	out->accession = am_get_varint(c);
	if (am_cursor_left(c))
		out->saved = am_get_svarint(c);
	if (am_cursor_left(c) && get_enum(c, am_get_u8(c), 1)) {
		struct am_item_flags *source =
			am_arena_alloc(arena, sizeof *source);
		get_flags(c, arena, source);
		out->source = source;
	}
}

static void get_change(struct am_cursor *c, struct am_arena *arena,
                       struct am_item_change *out)
{
	out->placement = am_get_varint(c);
	out->when = am_get_svarint(c);
	uint64_t kind = am_get_varint(c);
	if (!kind)
		c->bad = true;
	out->kind = get_enum(c, kind, AM_CHANGE_DATED);
	switch (out->kind) {
	case AM_CHANGE_FLAGS:
		out->flags = get_u32(c);
		out->words = get_strings(c, arena, &out->n_words);
		if (am_cursor_left(c))
			out->by = get_enum(c, am_get_u8(c), AM_FLAGS_BY_BOTH);
		if (out->by == AM_FLAGS_BY_BOTH)
			get_flags(c, arena, &out->others);
		break;
	case AM_CHANGE_MOVED:
		out->folder = am_get_varint(c);
		out->uid = get_u32(c);
		break;
	case AM_CHANGE_EXPUNGED:
		break;
	case AM_CHANGE_LABELS:
		out->words = get_strings(c, arena, &out->n_words);
		break;
	case AM_CHANGE_NUMBERED:
		out->source = get_string(c, arena);
		out->folder = am_get_varint(c);
		out->uidvalidity = get_u32(c);
		out->uid = get_u32(c);
		break;
	case AM_CHANGE_LEFT:
		out->source = get_string(c, arena);
		break;
	case AM_CHANGE_REPLACED:
		out->run = am_get_varint(c);
		out->kept = am_get_varint(c);
		out->why = get_string(c, arena);
		out->flags = get_u32(c);
		out->words = get_strings(c, arena, &out->n_words);
		out->labels = get_strings(c, arena, &out->n_labels);
		break;
	case AM_CHANGE_RESTORED:
		out->run = am_get_varint(c);
		out->folder = am_get_varint(c);
		out->uid = get_u32(c);
		break;
	case AM_CHANGE_DATED:
		out->run = am_get_varint(c);
		get_date(c, arena, &out->was.when, &out->was.from);
		get_date(c, arena, &out->now.when, &out->now.from);
		break;
	}
}

/* false: a type that we do not know. */
static bool get_item(struct am_cursor *c, struct am_arena *arena, uint8_t type,
                     struct am_item_any *out)
{
	*out = (struct am_item_any){.type = type};
	switch (type) {
	case AM_ITEM_FOLDER:
		get_folder(c, arena, &out->folder);
		return true;
	case AM_ITEM_MESSAGE:
		get_message(c, arena, &out->message);
		return true;
	case AM_ITEM_PLACEMENT:
		get_placement(c, arena, &out->placement);
		return true;
	case AM_ITEM_CHANGE:
		get_change(c, arena, &out->change);
		return true;
	case AM_ITEM_CURSOR:
		out->cursor.source = get_string(c, arena);
		out->cursor.folder = get_string(c, arena);
		out->cursor.value = get_string(c, arena);
		return true;
	case AM_ITEM_ACCESSION:
		out->accession.id = am_get_varint(c);
		out->accession.state =
			get_enum(c, am_get_u8(c), AM_ACCESSION_BROKEN);
		out->accession.json = get_string(c, arena);
		return true;
	default:
		return false;
	}
}

int am_items_next(struct am_items_reader *reader, struct am_arena *arena,
                  struct am_item_any *out, struct am_error *err)
{
	while (reader->at != reader->end) {
		struct am_cursor c = {reader->at, reader->end, false};
		uint8_t type = am_get_u8(&c);
		uint64_t len = am_get_varint(&c);
		const uint8_t *data = am_get_bytes(&c, len);
		if (!data)
			return am_fail(err, AM_FAILED, AM_E_CORRUPT,
			               "an item of type %u is cut short", type);
		reader->at = c.at;
		c = am_cursor(data, (size_t)len);
		if (get_item(&c, arena, type, out)) {
			if (c.bad)
				return am_fail(err, AM_FAILED, AM_E_CORRUPT,
				               "an item of type %u makes no "
				               "sense",
				               type);
			return AM_OK;
		}
		if (type < 128)
			return am_fail(err, AM_FAILED, AM_E_UNSUPPORTED,
			               "an item of type %u: a later mailark is "
			               "needed to read this archive",
			               type);
	}
	return AM_END;
}
