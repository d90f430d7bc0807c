/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/glass.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/map.h"

#include <glib.h>

#include <string.h>

/*
 * A table of ours from front to back.  Leaves were written in the order of
 * their keys, so their blocks in the file's order are the whole table, sorted;
 * the blocks above them are passed over.  Who looks for a key goes down through
 * those, from the root, which is the last block of the file.
 */

#define BLOCK  AM_GLASS_BLOCK
#define HEADER AM_GLASS_HEADER
#define AHEAD  8 /* blocks at most that are read at once */
#define NONE   UINT32_MAX

struct am_glass_reader {
	struct am_file *file;
	struct am_map *map; /* NULL: through the window */
	uint32_t n_blocks;
	/* Those that are in memory. */
	uint8_t *window;
	uint32_t first, held;
	uint32_t ahead;  /* so many at once, the next time */
	uint32_t number; /* of the leaf at hand; NONE: before the first */
	const uint8_t *block;
	size_t dir, dir_end; /* of the leaf at hand */
	GByteArray *value;   /* of an item in parts */
	uint8_t key[AM_GLASS_KEY_MAX];
	/* Blocks above the leaves through which the last search went. */
	struct branch {
		uint32_t number;
		uint8_t block[BLOCK];
	} * branches[AM_GLASS_LEVELS];
};

int am_glass_reader_open(struct am_glass_reader **out, const char *dir,
                         struct am_error *err)
{
	struct am_glass_reader *g = g_new0(struct am_glass_reader, 1);
	char *path = g_build_filename(dir, "postlist.glass", NULL);
	int r = am_file_open(&g->file, path, err);

	g->value = g_byte_array_new();
	g->window = g_malloc(AHEAD * BLOCK);
	g->ahead = AHEAD;
	g->number = NONE;
	g_free(path);
	if (!r && (am_file_size(g->file) % BLOCK ||
	           am_file_size(g->file) / BLOCK >= NONE))
		r = am_glass_damaged(g, err);
	if (!r)
		g->n_blocks = (uint32_t)(am_file_size(g->file) / BLOCK);
	if (r)
		am_glass_reader_close(&g);
	*out = g;
	return r;
}

void am_glass_reader_map(struct am_glass_reader *g)
{
	if (!g->map && g->n_blocks)
		g->map = am_map_new(g->file);
	g->number = NONE;
	g->dir = g->dir_end = HEADER;
}

bool am_glass_reader_torn(const struct am_glass_reader *g)
{
	return am_map_torn(g->map);
}

void am_glass_reader_close(struct am_glass_reader **reader)
{
	struct am_glass_reader *g = *reader;

	if (!g)
		return;
	am_map_free(&g->map);
	am_file_unref(&g->file);
	g_byte_array_unref(g->value);
	for (size_t i = 0; i < AM_COUNT(g->branches); i++)
		g_free(g->branches[i]);
	g_free(g->window);
	g_free(g);
	*reader = NULL;
}

int am_glass_damaged(const struct am_glass_reader *g, struct am_error *err)
{
	return am_fail(err, AM_FAILED, AM_E_CORRUPT,
	               "the index is damaged (%s): mailark index --rebuild "
	               "makes it anew",
	               am_file_path(g->file));
}

static size_t get16(const uint8_t *p)
{
	return (size_t)p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)(get16(p) << 16 | get16(p + 2));
}

static bool bad_directory(size_t end)
{
	return end < HEADER || end > BLOCK || end % 2 == 0;
}

/* Any block, and perhaps some behind it. */
static int read_block(struct am_glass_reader *g, uint32_t number,
                      uint32_t ahead, const uint8_t **out, struct am_error *err)
{
	if (g->map) {
		*out = am_map_data(g->map) + (size_t)number * BLOCK;
		return am_map_torn(g->map) ? am_glass_damaged(g, err) : AM_OK;
	}
	if (number < g->first || number - g->first >= g->held) {
		uint32_t n = MIN(ahead, g->n_blocks - number);
		int r = am_file_read_all(g->file, (uint64_t)number * BLOCK,
		                         g->window, (size_t)n * BLOCK, err);
		g->first = number;
		g->held = r ? 0 : n;
		if (r)
			return r;
	}
	*out = g->window + (size_t)(number - g->first) * BLOCK;
	return AM_OK;
}

static int take_leaf(struct am_glass_reader *g, uint32_t number,
                     const uint8_t *block, struct am_error *err)
{
	g->number = number;
	g->block = block;
	g->dir = HEADER;
	g->dir_end = get16(block + 9);
	if (bad_directory(g->dir_end)) {
		g->dir_end = HEADER;
		return am_glass_damaged(g, err);
	}
	return AM_OK;
}

/* The next leaf. */
static int next_block(struct am_glass_reader *g, struct am_error *err)
{
	for (uint32_t n = g->number + 1;; n++) {
		const uint8_t *block;
		if (n >= g->n_blocks)
			return AM_END;
		int r = read_block(g, n, g->ahead, &block, err);
		if (r)
			return r;
		g->ahead = MIN(2 * g->ahead, AHEAD);
		if (block[4] == 0)
			return take_leaf(g, n, block, err);
	}
}

struct item {
	const uint8_t *key, *value;
	size_t key_len, len;
	bool first, last;
};

static int read_item(const struct am_glass_reader *g, size_t dir,
                     struct item *out, struct am_error *err)
{
	size_t at = get16(g->block + dir);

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

static int next_item(struct am_glass_reader *g, struct item *out,
                     struct am_error *err)
{
	while (g->dir == g->dir_end) {
		int r = next_block(g, err);
		if (r)
			return r;
	}
	g->dir += 2;
	return read_item(g, g->dir - 2, out, err);
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

/* ---- looking for a key -----------------------------------------------------
 */

static int compare(const uint8_t *a, size_t n, const uint8_t *b, size_t m)
{
	int c = memcmp(a, b, MIN(n, m));

	return c ? c : (n > m) - (n < m);
}

/* A block above the leaves: the one below that the key would be in. */
static int descend(const struct am_glass_reader *g, const uint8_t *block,
                   const uint8_t *key, size_t len, uint32_t *below,
                   struct am_error *err)
{
	size_t end = get16(block + 9), low = 0, high;

	if (bad_directory(end) || end == HEADER)
		return am_glass_damaged(g, err);
	/* The first key is empty: nothing is before it. */
	for (high = (end - HEADER) / 2; high - low > 1;) {
		size_t middle = low + (high - low) / 2;
		size_t at = get16(block + HEADER + 2 * middle);
		size_t n = at + 5 <= BLOCK ? block[at + 4] : 0;
		if (at < end || at + 5 + n + 2 > BLOCK)
			return am_glass_damaged(g, err);
		int c = compare(block + at + 5, n, key, len);
		if (c < 0 || (!c && get16(block + at + 5 + n) <= 1))
			low = middle;
		else
			high = middle;
	}
	size_t at = get16(block + HEADER + 2 * low);
	if (at < end || at + 5 > BLOCK)
		return am_glass_damaged(g, err);
	*below = get32(block + at);
	return AM_OK;
}

static int find_leaf(struct am_glass_reader *g, const uint8_t *key, size_t len,
                     struct am_error *err)
{
	uint32_t number = g->n_blocks - 1;
	unsigned above = AM_GLASS_LEVELS;

	for (;;) {
		const struct branch *known = NULL;
		const uint8_t *block = NULL;
		for (unsigned i = above; i-- > 1 && !known;)
			if (g->branches[i] && g->branches[i]->number == number)
				known = g->branches[i];
		int r = number < g->n_blocks ? AM_OK : am_glass_damaged(g, err);
		if (!r && known)
			block = known->block;
		else if (!r)
			r = read_block(g, number, 1, &block, err);
		if (r)
			return r;
		unsigned level = block[4];
		/* Downwards, or it would never end. */
		if (level >= above)
			return am_glass_damaged(g, err);
		if (!level)
			return take_leaf(g, number, block, err);
		if (!known) {
			if (!g->branches[level])
				g->branches[level] = g_new(struct branch, 1);
			g->branches[level]->number = number;
			memcpy(g->branches[level]->block, block, BLOCK);
			block = g->branches[level]->block;
		}
		above = level;
		r = descend(g, block, key, len, &number, err);
		if (r)
			return r;
	}
}

/* Of the leaf at hand the last item that does not stand behind the key; *dir 0:
 * there is none. */
static int find_item(const struct am_glass_reader *g, const uint8_t *key,
                     size_t len, size_t *dir, struct am_error *err)
{
	size_t low = 0, high = (g->dir_end - HEADER) / 2;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct item item;
		int r = read_item(g, HEADER + 2 * middle, &item, err);
		if (r)
			return r;
		int c = compare(item.key, item.key_len, key, len);
		if (c < 0 || (!c && item.first))
			low = middle + 1;
		else
			high = middle;
	}
	*dir = low ? HEADER + 2 * (low - 1) : 0;
	return AM_OK;
}

/* The leaf before the one at hand; its end. */
static int step_back(struct am_glass_reader *g, struct am_error *err)
{
	for (uint32_t n = g->number; n-- > 0;) {
		const uint8_t *block;
		int r = read_block(g, n, 1, &block, err);
		if (!r && block[4])
			continue;
		if (!r)
			r = take_leaf(g, n, block, err);
		if (!r)
			g->dir = g->dir_end;
		return r;
	}
	return am_glass_damaged(g, err);
}

/* Does the key's place begin with the item at hand?  It does not stand behind
 * the key, and the one behind it does. */
static bool is_next(const struct am_glass_reader *g, const uint8_t *key,
                    size_t len)
{
	struct item item, after;

	return g->dir + 2 < g->dir_end && !read_item(g, g->dir, &item, NULL) &&
	       item.first && compare(item.key, item.key_len, key, len) <= 0 &&
	       !read_item(g, g->dir + 2, &after, NULL) &&
	       compare(after.key, after.key_len, key, len) > 0;
}

static int seek(struct am_glass_reader *g, const uint8_t *key, size_t len,
                struct am_error *err)
{
	struct item item = {.first = false};
	size_t dir = 0;
	int r = AM_OK;

	if (!g->n_blocks)
		return am_glass_damaged(g, err);
	/* Often it is the next one, or near by. */
	if (g->number != NONE && is_next(g, key, len))
		return AM_OK;
	if (g->number != NONE && g->dir_end > HEADER)
		r = find_item(g, key, len, &dir, err);
	if (!r && (!dir || dir + 2 == g->dir_end)) {
		r = find_leaf(g, key, len, err);
		if (!r)
			r = find_item(g, key, len, &dir, err);
	}
	if (r)
		return r;
	g->dir = dir ? dir + 2 : HEADER;
	g->ahead = 1;
	/* The beginning of its value may stand in the leaf before. */
	while (!r && !item.first) {
		if (g->dir == HEADER)
			r = step_back(g, err);
		if (!r && g->dir > HEADER) {
			g->dir -= 2;
			r = read_item(g, g->dir, &item, err);
		}
	}
	return r;
}

int am_glass_seek(struct am_glass_reader *g, const uint8_t *key, size_t len,
                  struct am_error *err)
{
	int r = seek(g, key, len, err);

	/* The window may have moved from under the leaf. */
	if (r) {
		g->number = NONE;
		g->dir = g->dir_end = HEADER;
	}
	return r;
}
