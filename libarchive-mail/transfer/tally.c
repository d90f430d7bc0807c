/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transfer/tally.h"

#include "model/folder.h"
#include "model/source.h"

#include <glib.h>

struct am_tally {
	GHashTable *rows; /* path -> struct am_tally_row */
};

struct am_tally *am_tally_new(void)
{
	struct am_tally *t = g_new(struct am_tally, 1);

	t->rows =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return t;
}

void am_tally_free(struct am_tally **tally)
{
	struct am_tally *t = *tally;

	*tally = NULL;
	if (!t)
		return;
	g_hash_table_destroy(t->rows);
	g_free(t);
}

static const char *key_of(const char *path)
{
	return g_ascii_strcasecmp(path, "INBOX") ? path : "";
}

static struct am_tally_row *row_at(struct am_tally *t, const char *path)
{
	struct am_tally_row *row = g_hash_table_lookup(t->rows, key_of(path));

	if (!row) {
		row = g_new0(struct am_tally_row, 1);
		g_hash_table_insert(t->rows, g_strdup(key_of(path)), row);
	}
	return row;
}

/* FNV-1a, stirred so that sums of it say something. */
static uint64_t hash_of(const char *s, uint64_t h)
{
	for (; s && *s; s++)
		h = (h ^ (uint8_t)*s) * UINT64_C(0x100000001b3);
	h ^= h >> 33;
	return h * UINT64_C(0xff51afd7ed558ccd);
}

int am_tally_read(struct am_tally *t, struct am_source *target,
                  struct am_error *err)
{
	struct am_tally_row *row = NULL;
	const struct am_folder *last = NULL;
	struct am_item item;
	int r;

	while (!(r = am_source_next(target, &item, err)) || r == AM_FAILED) {
		if (r || !item.message)
			continue;
		const struct am_message *msg = item.message;
		if (!row || msg->folder != last) {
			char *path = msg->folder ? am_folder_print(msg->folder)
			                         : g_strdup("");
			row = row_at(t, path);
			g_free(path);
			am_folder_unref(&last);
			last = msg->folder ? am_folder_ref(msg->folder) : NULL;
		}
		row->count++;
		row->sum += hash_of(msg->origin, msg->size);
		am_message_free(&item.message);
	}
	am_folder_unref(&last);
	return r == AM_END ? AM_OK : r;
}

struct am_tally_row am_tally_of(const struct am_tally *t, const char *path)
{
	const struct am_tally_row *row =
		g_hash_table_lookup(t->rows, key_of(path));

	return row ? *row : (struct am_tally_row){0};
}

void am_tally_set(struct am_tally *t, const char *path, struct am_tally_row row)
{
	*row_at(t, path) = row;
}

void am_tally_each(const struct am_tally *t, am_tally_fn *fn, void *user)
{
	GHashTableIter it;
	gpointer path, row;

	g_hash_table_iter_init(&it, t->rows);
	while (g_hash_table_iter_next(&it, &path, &row))
		fn(user, path, *(const struct am_tally_row *)row);
}

static void add(void *user, const char *path, struct am_tally_row row)
{
	struct am_tally_row *total = user;

	total->count += row.count;
	total->sum += hash_of(path, row.sum);
}

struct am_tally_row am_tally_total(const struct am_tally *t)
{
	struct am_tally_row total = {0};

	am_tally_each(t, add, &total);
	return total;
}
