/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Items to bytes (FORMAT.md, section 3).  The way back is items_read.c, in the
 * same order: read them side by side.
 *
 *   item:  type (1 byte) | varint length | fields
 */
#include "store/items.h"

#include "base/bytes.h"

#include <glib.h>

#include <string.h>

struct am_items {
	GByteArray *all;  /* the run */
	GByteArray *item; /* the fields of the one being added */
};

struct am_items *am_items_new(void)
{
	struct am_items *items = g_new(struct am_items, 1);

	items->all = g_byte_array_new();
	items->item = g_byte_array_new();
	return items;
}

void am_items_free(struct am_items **items)
{
	struct am_items *i = *items;

	*items = NULL;
	if (!i)
		return;
	g_byte_array_free(i->all, TRUE);
	g_byte_array_free(i->item, TRUE);
	g_free(i);
}

void am_items_reset(struct am_items *items)
{
	g_byte_array_set_size(items->all, 0);
}

const uint8_t *am_items_bytes(const struct am_items *items, size_t *len)
{
	*len = items->all->len;
	return items->all->data;
}

/* ---- fields ---- */

static void put_byte(GByteArray *to, uint8_t v)
{
	g_byte_array_append(to, &v, 1);
}

static void put_varint(GByteArray *to, uint64_t v)
{
	uint8_t buf[10];

	g_byte_array_append(to, buf, (guint)am_put_varint(buf, v));
}

static void put_svarint(GByteArray *to, int64_t v)
{
	uint8_t buf[10];

	g_byte_array_append(to, buf, (guint)am_put_svarint(buf, v));
}

static void put_bytes(GByteArray *to, const void *data, size_t len)
{
	put_varint(to, len);
	if (len)
		g_byte_array_append(to, data, (guint)len);
}

static void put_string(GByteArray *to, const char *s)
{
	put_bytes(to, s, s ? strlen(s) : 0);
}

static void put_strings(GByteArray *to, const char *const *strings, size_t n)
{
	put_varint(to, n);
	for (size_t i = 0; i < n; i++)
		put_string(to, strings[i]);
}

static void put_hash(GByteArray *to, const uint8_t hash[AM_SHA256_LEN])
{
	g_byte_array_append(to, hash, AM_SHA256_LEN);
}

static GByteArray *begin(struct am_items *items)
{
	g_byte_array_set_size(items->item, 0);
	return items->item;
}

static void end(struct am_items *items, enum am_item_type type)
{
	put_byte(items->all, (uint8_t)type);
	put_bytes(items->all, items->item->data, items->item->len);
}

/* ---- items ---- */

void am_items_add_folder(struct am_items *items,
                         const struct am_item_folder *folder)
{
	GByteArray *to = begin(items);

	put_varint(to, folder->id);
	put_strings(to, folder->parts, folder->depth);
	put_varint(to, (uint64_t)folder->role);
	put_varint(to, folder->subscribed ? 1 : 0);
	put_varint(to, folder->uidvalidity);
	put_varint(to, folder->uidnext);
	end(items, AM_ITEM_FOLDER);
}

static void put_form(GByteArray *to, const struct am_base64_form *form)
{
	put_varint(to, form->line_chars);
	put_byte(to, form->crlf ? 1 : 0);
	put_varint(to, form->lead);
	put_varint(to, form->trail);
}

static void put_recipe(GByteArray *to, const struct am_recipe *recipe)
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
	GByteArray *to = g_byte_array_new();

	put_recipe(to, recipe);
	size_t len = to->len;
	*out = g_byte_array_free(to, FALSE);
	return len;
}

void am_items_add_message(struct am_items *items,
                          const struct am_item_message *message)
{
	GByteArray *to = begin(items);

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

static void put_dates(GByteArray *to, const struct am_message *meta)
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

static void put_meta(GByteArray *to, const struct am_message *meta)
{
	put_varint(to, meta->uid);
	put_varint(to, meta->flags);
	put_byte(to, (uint8_t)meta->exactness);
	put_byte(to, meta->received.known ? 1 : 0);
	if (meta->received.known) {
		put_svarint(to, meta->received.sec);
		put_svarint(to, meta->received.offset_min);
	}
	put_string(to, meta->received_from);
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

void am_items_add_placement(struct am_items *items,
                            const struct am_item_placement *placement)
{
	GByteArray *to = begin(items);

	put_varint(to, placement->id);
	put_varint(to, placement->message);
	put_varint(to, placement->folder);
	put_meta(to, placement->meta);
	put_varint(to, placement->accession);
	end(items, AM_ITEM_PLACEMENT);
}

void am_items_add_change(struct am_items *items,
                         const struct am_item_change *change)
{
	GByteArray *to = begin(items);

	put_varint(to, change->placement);
	put_svarint(to, change->when);
	put_varint(to, (uint64_t)change->kind);
	switch (change->kind) {
	case AM_CHANGE_FLAGS:
		put_varint(to, change->flags);
		put_strings(to, change->words, change->n_words);
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
	}
	end(items, AM_ITEM_CHANGE);
}

void am_items_add_cursor(struct am_items *items,
                         const struct am_item_cursor *cursor)
{
	GByteArray *to = begin(items);

	put_string(to, cursor->source);
	put_string(to, cursor->folder);
	put_string(to, cursor->value);
	end(items, AM_ITEM_CURSOR);
}

void am_items_add_accession(struct am_items *items,
                            const struct am_item_accession *accession)
{
	GByteArray *to = begin(items);

	put_varint(to, accession->id);
	put_byte(to, (uint8_t)accession->state);
	put_string(to, accession->json);
	end(items, AM_ITEM_ACCESSION);
}
