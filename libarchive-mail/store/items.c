/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Items to bytes (FORMAT.md, section 3).  The way back is items_read.c, in the
 * same order: read them side by side.
 *
 *   item:  type (1 byte) | varint length | fields
 */
#include "store/items.h"

#include "base/bytes.h"
#include "mime/overview.h"

#include <glib.h>

#include <string.h>

/* Bytes that grow; hundreds are put for every message. */
struct run {
	uint8_t *data;
	size_t len, room;
};

struct am_items {
	struct run all;  /* the run */
	struct run item; /* the fields of the one being added */
};

enum { FIRST_ROOM = 512, VARINT_MAX = 10, SHOWN_MOST = 4096 };

struct am_items *am_items_new(void)
{
	return g_new0(struct am_items, 1);
}

void am_items_free(struct am_items **items)
{
	struct am_items *i = *items;

	*items = NULL;
	if (!i)
		return;
	g_free(i->all.data);
	g_free(i->item.data);
	g_free(i);
}

void am_items_reset(struct am_items *items)
{
	items->all.len = 0;
}

const uint8_t *am_items_bytes(const struct am_items *items, size_t *len)
{
	*len = items->all.len;
	return items->all.data;
}

/* ---- fields ---- */

static void grow(struct run *to, size_t len)
{
	g_assert(len < SIZE_MAX / 4 && to->len < SIZE_MAX / 4);
	size_t room = to->room ? to->room : FIRST_ROOM;

	while (room - to->len < len)
		room *= 2;
	to->data = g_realloc(to->data, room);
	to->room = room;
}

/* Where len bytes more may be written. */
static inline uint8_t *room_for(struct run *to, size_t len)
{
	if (to->room - to->len < len)
		grow(to, len);
	return to->data + to->len;
}

static inline void put_byte(struct run *to, uint8_t v)
{
	*room_for(to, 1) = v;
	to->len++;
}

static inline void put_varint(struct run *to, uint64_t v)
{
	uint8_t *at = room_for(to, VARINT_MAX);

	if (v < 0x80) {
		*at = (uint8_t)v;
		to->len++;
	} else {
		to->len += am_put_varint(at, v);
	}
}

static void put_svarint(struct run *to, int64_t v)
{
	to->len += am_put_svarint(room_for(to, VARINT_MAX), v);
}

static void put_raw(struct run *to, const void *data, size_t len)
{
	if (len)
		memcpy(room_for(to, len), data, len);
	to->len += len;
}

static void put_bytes(struct run *to, const void *data, size_t len)
{
	put_varint(to, len);
	put_raw(to, data, len);
}

static void put_string(struct run *to, const char *s)
{
	put_bytes(to, s, s ? strlen(s) : 0);
}

static void put_strings(struct run *to, const char *const *strings, size_t n)
{
	put_varint(to, n);
	for (size_t i = 0; i < n; i++)
		put_string(to, strings[i]);
}

static void put_hash(struct run *to, const uint8_t hash[AM_SHA256_LEN])
{
	put_raw(to, hash, AM_SHA256_LEN);
}

static struct run *begin(struct am_items *items)
{
	items->item.len = 0;
	return &items->item;
}

static void end(struct am_items *items, enum am_item_type type)
{
	put_byte(&items->all, (uint8_t)type);
	put_bytes(&items->all, items->item.data, items->item.len);
}

void am_items_append(struct am_items *items, const uint8_t *item, size_t len)
{
	put_raw(&items->all, item, len);
}

/* ---- items ---- */

void am_items_add_folder(struct am_items *items,
                         const struct am_item_folder *folder)
{
	struct run *to = begin(items);

	put_varint(to, folder->id);
	put_strings(to, folder->parts, folder->depth);
	put_varint(to, (uint64_t)folder->role);
	put_varint(to, (folder->subscribed ? 1u : 0u) |
	                       (folder->unsubscribed ? 2u : 0u) |
	                       (folder->removed ? 4u : 0u));
	put_varint(to, folder->uidvalidity);
	put_varint(to, folder->uidnext);
	end(items, AM_ITEM_FOLDER);
}

static void put_form(struct run *to, const struct am_base64_form *form)
{
	put_varint(to, form->line_chars);
	put_byte(to, form->crlf ? 1 : 0);
	put_varint(to, form->lead);
	put_varint(to, form->trail);
}

static void put_recipe(struct run *to, const struct am_recipe *recipe)
{
	put_varint(to, recipe->n_steps);
	for (size_t i = 0; i < recipe->n_steps; i++) {
		const struct am_step *step = &recipe->steps[i];
		put_byte(to, (uint8_t)step->kind);
		if (step->kind == AM_STEP_BASE64 ||
		    step->kind == AM_STEP_BLOB_BASE64)
			put_form(to, &step->form);
		if (step->kind == AM_STEP_BLOB ||
		    step->kind == AM_STEP_BLOB_BASE64)
			put_hash(to, step->hash);
		put_varint(to, step->len);
	}
	put_varint(to, recipe->n_extents);
	for (size_t i = 0; i < recipe->n_extents; i++) {
		put_varint(to, recipe->extents[i].block);
		put_varint(to, recipe->extents[i].offset);
		put_varint(to, recipe->extents[i].len);
	}
}

size_t am_recipe_encode(const struct am_recipe *recipe, uint8_t **out)
{
	struct run to = {0};

	put_recipe(&to, recipe);
	*out = to.data;
	return to.len;
}

bool am_recipe_is_elsewhere(const struct am_recipe *recipe)
{
	return recipe->n_steps == 1 &&
	       recipe->steps[0].kind == AM_STEP_ELSEWHERE;
}

/* A string that may be none.  A list shows less than `most` of it. */
static void put_optional(struct run *to, const char *s, size_t most)
{
	size_t len = s ? strnlen(s, most) : 0;

	put_varint(to, s ? len + 1 : 0);
	put_raw(to, s, len);
}

static void put_shown(struct run *to, const struct am_overview *shown)
{
	put_optional(to, shown->from, SHOWN_MOST);
	put_optional(to, shown->to, SHOWN_MOST);
	put_optional(to, shown->cc, SHOWN_MOST);
	put_optional(to, shown->subject, SHOWN_MOST);
	put_optional(to, shown->message_id, SIZE_MAX);
	put_optional(to, shown->in_reply_to, SIZE_MAX);
	/* The oldest names the thread; of others it only counts that they are
	 * there. */
	put_varint(to, MIN(shown->n_references, 2));
	if (shown->n_references)
		put_string(to, shown->references[0]);
	put_byte(to, shown->date.known);
	if (shown->date.known) {
		put_svarint(to, shown->date.sec);
		put_svarint(to, shown->date.offset_min);
	}
	put_varint(to, shown->n_attachments);
}

void am_items_add_message(struct am_items *items,
                          const struct am_item_message *message)
{
	struct run *to = begin(items);

	put_varint(to, message->id);
	put_varint(to, message->size);
	put_hash(to, message->hash);
	if (memcmp(message->hash, message->hash_lf, AM_SHA256_LEN)) {
		put_byte(to, 1);
		put_hash(to, message->hash_lf);
	} else {
		put_byte(to, 0);
	}
	put_byte(to, (uint8_t)message->eol);
	put_varint(to, message->content);
	if (message->content == message->id)
		put_recipe(to, &message->recipe);
	if (am_recipe_is_elsewhere(&message->recipe) && message->shown)
		put_shown(to, message->shown);
	end(items, AM_ITEM_MESSAGE);
}

/* A candidate without a date is none, nor is one from nowhere. */
static bool is_candidate(const struct am_date_candidate *date)
{
	return date->when.known && date->from && *date->from;
}

/* The one that was chosen stands there already. */
static bool is_received(const struct am_date_candidate *date,
                        const struct am_message *meta)
{
	return meta->received.known && meta->received_from &&
	       date->when.sec == meta->received.sec &&
	       date->when.offset_min == meta->received.offset_min &&
	       !strcmp(date->from, meta->received_from);
}

static void put_dates(struct run *to, const struct am_message *meta)
{
	size_t n = 0;

	for (size_t i = 0; i < meta->n_dates; i++)
		n += is_candidate(&meta->dates[i]);
	put_varint(to, n);
	for (size_t i = 0; i < meta->n_dates; i++) {
		const struct am_date_candidate *date = &meta->dates[i];
		if (!is_candidate(date))
			continue;
		if (is_received(date, meta)) {
			put_string(to, NULL);
			continue;
		}
		put_string(to, date->from);
		put_svarint(to, date->when.sec);
		put_svarint(to, date->when.offset_min);
	}
}

static void put_date(struct run *to, const struct am_when *when,
                     const char *from)
{
	put_byte(to, when->known ? 1 : 0);
	if (when->known) {
		put_svarint(to, when->sec);
		put_svarint(to, when->offset_min);
	}
	put_string(to, from);
}

static void put_meta(struct run *to, const struct am_message *meta)
{
	put_varint(to, meta->uid);
	put_varint(to, meta->flags);
	put_byte(to, (uint8_t)meta->exactness);
	put_date(to, &meta->received, meta->received_from);
	put_dates(to, meta);
	put_string(to, meta->origin);
	put_byte(to, meta->envelope_sender ? 1 : 0);
	if (meta->envelope_sender)
		put_string(to, meta->envelope_sender);
	put_strings(to, meta->keywords, meta->n_keywords);
	put_strings(to, meta->labels, meta->n_labels);
	put_varint(to, meta->n_props);
	for (size_t i = 0; i < meta->n_props; i++) {
		put_string(to, meta->props[i].name);
		put_bytes(to, meta->props[i].value, meta->props[i].len);
	}
}

static void put_flags(struct run *to, const struct am_item_flags *flags)
{
	put_varint(to, flags->flags);
	put_strings(to, flags->words, flags->n_words);
}

void am_items_add_placement(struct am_items *items,
                            const struct am_item_placement *placement)
{
	struct run *to = begin(items);

	put_varint(to, placement->id);
	put_varint(to, placement->message);
	put_varint(to, placement->folder);
	put_meta(to, placement->meta);
	put_varint(to, placement->accession);
	if (placement->saved || placement->source)
		put_svarint(to, placement->saved);
	if (placement->source) {
		put_byte(to, 1);
		put_flags(to, placement->source);
	}
	end(items, AM_ITEM_PLACEMENT);
}

void am_items_add_change(struct am_items *items,
                         const struct am_item_change *change)
{
	struct run *to = begin(items);

	put_varint(to, change->placement);
	put_svarint(to, change->when);
	put_varint(to, (uint64_t)change->kind);
	switch (change->kind) {
	case AM_CHANGE_FLAGS:
		put_varint(to, change->flags);
		put_strings(to, change->words, change->n_words);
		if (change->by)
			put_byte(to, (uint8_t)change->by);
		if (change->by == AM_FLAGS_BY_BOTH)
			put_flags(to, &change->others);
		break;
	case AM_CHANGE_MOVED:
		put_varint(to, change->folder);
		put_varint(to, change->uid);
		break;
	case AM_CHANGE_EXPUNGED:
		break;
	case AM_CHANGE_LABELS:
		put_strings(to, change->words, change->n_words);
		break;
	case AM_CHANGE_NUMBERED:
		put_string(to, change->source);
		put_varint(to, change->folder);
		put_varint(to, change->uidvalidity);
		put_varint(to, change->uid);
		break;
	case AM_CHANGE_LEFT:
		put_string(to, change->source);
		break;
	case AM_CHANGE_REPLACED:
		put_varint(to, change->run);
		put_varint(to, change->kept);
		put_string(to, change->why);
		put_varint(to, change->flags);
		put_strings(to, change->words, change->n_words);
		put_strings(to, change->labels, change->n_labels);
		break;
	case AM_CHANGE_RESTORED:
		put_varint(to, change->run);
		put_varint(to, change->folder);
		put_varint(to, change->uid);
		break;
	case AM_CHANGE_DATED:
		put_varint(to, change->run);
		put_date(to, &change->was.when, change->was.from);
		put_date(to, &change->now.when, change->now.from);
		break;
	}
	end(items, AM_ITEM_CHANGE);
}

void am_items_add_cursor(struct am_items *items,
                         const struct am_item_cursor *cursor)
{
	struct run *to = begin(items);

	put_string(to, cursor->source);
	put_string(to, cursor->folder);
	put_string(to, cursor->value);
	end(items, AM_ITEM_CURSOR);
}

void am_items_add_accession(struct am_items *items,
                            const struct am_item_accession *accession)
{
	struct run *to = begin(items);

	put_varint(to, accession->id);
	put_byte(to, (uint8_t)accession->state);
	put_string(to, accession->json);
	end(items, AM_ITEM_ACCESSION);
}
