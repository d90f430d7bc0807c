/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/glass.h"

#include "base/bytes.h"
#include "base/file.h"

#include <glib.h>

#include <string.h>

/*
 * A table of ours from front to back.  Leaves were written in the order of
 * their keys, so their blocks in the file's order are the whole table, sorted;
 * the blocks above them are passed over.
 */

#define BLOCK  AM_GLASS_BLOCK
#define HEADER AM_GLASS_HEADER
#define AHEAD  8 /* blocks */

struct am_glass_reader {
	struct am_file *file;
	uint64_t at; /* of the next block that is not in memory */
	uint8_t blocks[AHEAD * BLOCK];
	const uint8_t *block, *blocks_end;
	size_t dir, dir_end; /* of the block at hand */
	GByteArray *value;   /* of an item in parts */
	uint8_t key[AM_GLASS_KEY_MAX];
};

int am_glass_reader_open(struct am_glass_reader **out, const char *dir,
                         struct am_error *err)
{
	struct am_glass_reader *g = g_new0(struct am_glass_reader, 1);
	char *path = g_build_filename(dir, "postlist.glass", NULL);
	int r = am_file_open(&g->file, path, err);

	g->value = g_byte_array_new();
	g->block = g->blocks_end = g->blocks;
	g_free(path);
	if (r)
		am_glass_reader_close(&g);
	*out = g;
	return r;
}

void am_glass_reader_close(struct am_glass_reader **reader)
{
	struct am_glass_reader *g = *reader;

	if (!g)
		return;
	am_file_unref(&g->file);
	g_byte_array_unref(g->value);
	g_free(g);
	*reader = NULL;
}

int am_glass_damaged(const struct am_glass_reader *g, struct am_error *err)
{
	return am_fail(err, AM_FAILED, AM_E_CORRUPT,
	               "the index is damaged (%s): make it anew",
	               am_file_path(g->file));
}

static size_t get16(const uint8_t *p)
{
	return (size_t)p[0] << 8 | p[1];
}

/* The next leaf. */
static int next_block(struct am_glass_reader *g, struct am_error *err)
{
	size_t got;

	for (;;) {
		if (g->block != g->blocks_end)
			g->block += BLOCK;
		if (g->block == g->blocks_end) {
			int r = am_file_read(g->file, g->at, g->blocks,
			                     sizeof(g->blocks), &got, err);
			if (r)
				return r;
			if (!got)
				return AM_END;
			if (got % BLOCK)
				return am_glass_damaged(g, err);
			g->at += got;
			g->block = g->blocks;
			g->blocks_end = g->blocks + got;
		}
		if (g->block[4] == 0)
			break;
	}
	g->dir = HEADER;
	g->dir_end = get16(g->block + 9);
	if (g->dir_end < HEADER || g->dir_end > BLOCK || g->dir_end % 2 == 0)
		return am_glass_damaged(g, err);
	return AM_OK;
}

struct item {
	const uint8_t *key, *value;
	size_t key_len, len;
	bool first, last;
};

static int next_item(struct am_glass_reader *g, struct item *out,
                     struct am_error *err)
{
	while (g->dir == g->dir_end) {
		int r = next_block(g, err);
		if (r)
			return r;
	}
	size_t at = get16(g->block + g->dir);
	g->dir += 2;
	if (at < g->dir_end || at + 3 > BLOCK)
		return am_glass_damaged(g, err);
	const uint8_t *item = g->block + at;
	size_t flags = get16(item), size = (flags & 0x1fff) + 3;
	out->first = flags & AM_GLASS_FIRST;
	out->last = flags & AM_GLASS_LAST;
	out->key_len = item[2];
	out->key = item + 3;
	size_t head = 3 + out->key_len + (out->first ? 0 : 2);
	if (at + size > BLOCK || head > size)
		return am_glass_damaged(g, err);
	out->value = item + head;
	out->len = size - head;
	return AM_OK;
}

int am_glass_next(struct am_glass_reader *g, const uint8_t **key,
                  size_t *key_len, const uint8_t **value, size_t *len,
                  struct am_error *err)
{
	struct item item;
	int r = next_item(g, &item, err);

	/* The item before all has no key. */
	if (!r && !item.key_len)
		r = next_item(g, &item, err);
	if (r)
		return r;
	if (!item.first || !item.key_len)
		return am_glass_damaged(g, err);
	*key = item.key;
	*key_len = item.key_len;
	*value = item.value;
	*len = item.len;
	if (item.last)
		return AM_OK;
	/* Its block may go when the next part is read. */
	memcpy(g->key, item.key, item.key_len);
	g_byte_array_set_size(g->value, 0);
	for (;;) {
		g_byte_array_append(g->value, item.value, (guint)item.len);
		if (item.last)
			break;
		r = next_item(g, &item, err);
		if (r < 0)
			return r;
		if (r || item.first || item.key_len != *key_len ||
		    memcmp(item.key, g->key, *key_len) != 0 ||
		    g->value->len > 1 << 20)
			return am_glass_damaged(g, err);
	}
	*key = g->key;
	*value = g->value->data;
	*len = g->value->len;
	return AM_OK;
}
