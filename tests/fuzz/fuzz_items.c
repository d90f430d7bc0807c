/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Items, recipes, heads and commits from any bytes; what decodes must encode
 * to something that decodes to the same bytes again. */
#include "base/arena.h"
#include "store/items.h"
#include "store/log_layout.h"

#include <glib.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void add(struct am_items *items, const struct am_item_any *any)
{
	switch (any->type) {
	case AM_ITEM_FOLDER:
		am_items_add_folder(items, &any->folder);
		break;
	case AM_ITEM_MESSAGE:
		am_items_add_message(items, &any->message);
		break;
	case AM_ITEM_PLACEMENT:
		am_items_add_placement(items, &any->placement);
		break;
	case AM_ITEM_CHANGE:
		am_items_add_change(items, &any->change);
		break;
	case AM_ITEM_CURSOR:
		am_items_add_cursor(items, &any->cursor);
		break;
	case AM_ITEM_ACCESSION:
		am_items_add_accession(items, &any->accession);
		break;
	}
}

static struct am_items *decode(const uint8_t *data, size_t len)
{
	struct am_arena *arena = am_arena_new();
	struct am_items *items = am_items_new();
	struct am_items_reader reader = {data, len ? data + len : data};
	struct am_item_any any;

	while (!am_items_next(&reader, arena, &any, NULL))
		add(items, &any);
	am_arena_free(&arena);
	return items;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct am_arena *arena = am_arena_new();
	struct am_recipe recipe;
	struct am_log_head head;
	struct am_commit commit;
	size_t n, m;

	struct am_items *once = decode(data, len);
	const uint8_t *bytes = am_items_bytes(once, &n);
	struct am_items *twice = decode(bytes, n);
	const uint8_t *again = am_items_bytes(twice, &m);
	if (n != m || (n && memcmp(bytes, again, n)))
		abort();
	am_items_free(&once);
	am_items_free(&twice);
	(void)!am_recipe_decode(&recipe, data, len, arena, NULL);
	(void)!am_log_decode_head(&head, data, len, arena, NULL);
	(void)!am_log_decode_commit(&commit, data, len, NULL);
	am_arena_free(&arena);
	return 0;
}
