/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "index/glass.h"

#include "base/bytes.h"
#include "base/file.h"

#include <glib.h>

#include <assert.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define BLOCK    AM_GLASS_BLOCK
#define HEADER   AM_GLASS_HEADER
#define REVISION 1
#define FIRST    AM_GLASS_FIRST
#define LAST     AM_GLASS_LAST
#define LEVELS   AM_GLASS_LEVELS
#define PENDING  (256 * 1024)
/* Of an item, so that four fit a block. */
#define ITEM_MAX ((BLOCK - HEADER - 4 * 2) / 4)
/* A piece of a value that is worth an item of its own. */
#define PART_MIN 64

struct level {
	uint8_t block[BLOCK];
	size_t dir_end, items; /* items: where the first one begins */
	/* What stands above this block: nothing in it is below. */
	uint8_t key[AM_GLASS_KEY_MAX];
	size_t key_len;
	uint16_t part;
};

struct am_glass {
	int fd;
	char *dir, *path;
	GByteArray *pending;
	uint32_t blocks; /* given out */
	uint64_t keys;
	struct level *levels[LEVELS];
	unsigned n_levels;
	uint8_t last[AM_GLASS_KEY_MAX]; /* key of the last item */
	size_t last_len;
};

static void put16(uint8_t *to, size_t v)
{
	to[0] = (uint8_t)(v >> 8);
	to[1] = (uint8_t)v;
}

static void put32(uint8_t *to, uint32_t v)
{
	put16(to, v >> 16);
	put16(to + 2, v & 0xffff);
}

static void clear_block(struct level *l)
{
	memset(l->block, 0, BLOCK);
	l->dir_end = HEADER;
	l->items = BLOCK;
}

static struct level *add_level(struct am_glass *g)
{
	struct level *l = g_new0(struct level, 1);

	clear_block(l);
	g->levels[g->n_levels++] = l;
	return l;
}

static size_t room(const struct level *l)
{
	size_t gap = l->items - l->dir_end;

	return gap > 2 ? gap - 2 : 0;
}

/* Where an item of this size goes; there is room. */
static uint8_t *add_item(struct level *l, size_t size)
{
	l->items -= size;
	put16(l->block + l->dir_end, l->items);
	l->dir_end += 2;
	return l->block + l->items;
}

static int flush(struct am_glass *g, struct am_error *err)
{
	int r = am_write_all(g->fd, g->pending->data, g->pending->len, g->path,
	                     err);

	g_byte_array_set_size(g->pending, 0);
	return r;
}

static int write_block(struct am_glass *g, unsigned level, uint32_t *number,
                       struct am_error *err)
{
	struct level *l = g->levels[level];

	put32(l->block, REVISION);
	l->block[4] = (uint8_t)level;
	put16(l->block + 5, l->items - l->dir_end);
	put16(l->block + 7, l->items - l->dir_end);
	put16(l->block + 9, l->dir_end);
	g_byte_array_append(g->pending, l->block, BLOCK);
	*number = g->blocks++;
	clear_block(l);
	return g->pending->len >= PENDING ? flush(g, err) : AM_OK;
}

static int push(struct am_glass *g, unsigned level, const struct level *below,
                uint32_t number, struct am_error *err);

/* The block of a level into the file, and its number into the one above. */
static int close_block(struct am_glass *g, unsigned level, struct am_error *err)
{
	uint32_t number;
	int r = write_block(g, level, &number, err);

	return r ? r : push(g, level + 1, g->levels[level], number, err);
}

/* Recursion that ends at the tenth level. */
static int push(struct am_glass *g, unsigned level, const struct level *below,
                uint32_t number, struct am_error *err)
{
	size_t size = 4 + 1 + below->key_len + 2;
	bool first;
	uint8_t *item;

	if (level == LEVELS)
		return am_fail(err, AM_FATAL, AM_E_LIMIT, "%s: too large",
		               g->path);
	struct level *l = level < g->n_levels ? g->levels[level] : add_level(g);
	if (l->dir_end > HEADER && room(l) < size) {
		int r = close_block(g, level, err);
		if (r)
			return r;
	}
	first = l->dir_end == HEADER;
	if (first) {
		memcpy(l->key, below->key, below->key_len);
		l->key_len = below->key_len;
		l->part = below->part;
		size -= below->key_len;
	}
	item = add_item(l, size);
	put32(item, number);
	if (!first) {
		item[4] = (uint8_t)below->key_len;
		memcpy(item + 5, below->key, below->key_len);
		put16(item + 5 + below->key_len, below->part);
	}
	return AM_OK;
}

/* A leaf that begins with this key: what is enough of it to tell it from the
 * last one stands above. */
static void begin_leaf(struct am_glass *g, const uint8_t *key, size_t len,
                       unsigned part)
{
	struct level *leaf = g->levels[0];
	size_t n = 0;

	while (n < len && n < g->last_len && key[n] == g->last[n])
		n++;
	if (n < len)
		n++;
	memcpy(leaf->key, key, n);
	leaf->key_len = n;
	leaf->part = (uint16_t)part;
}

int am_glass_add(struct am_glass *g, const uint8_t *key, size_t key_len,
                 const uint8_t *value, size_t len, struct am_error *err)
{
	struct level *leaf = g->levels[0];
	unsigned part = 1;

	assert(key_len && key_len <= AM_GLASS_KEY_MAX && len < 1 << 20);
	for (;; part++) {
		size_t head = 3 + key_len + (part > 1 ? 2 : 0);
		size_t least = head + MIN(len, PART_MIN), take;
		if (room(leaf) < least) {
			int r = close_block(g, 0, err);
			if (r)
				return r;
			begin_leaf(g, key, key_len, part);
		}
		take = MIN(len, MIN(room(leaf), ITEM_MAX) - head);
		uint8_t *item = add_item(leaf, head + take);
		put16(item, (head + take - 3) | (part == 1 ? FIRST : 0) |
		                    (take == len ? LAST : 0));
		item[2] = (uint8_t)key_len;
		memcpy(item + 3, key, key_len);
		if (part > 1)
			put16(item + 3 + key_len, part);
		if (take)
			memcpy(item + head, value, take);
		memcpy(g->last, key, key_len);
		g->last_len = key_len;
		if (take == len)
			break;
		value += take;
		len -= take;
	}
	g->keys++;
	return AM_OK;
}

int am_glass_create(struct am_glass **out, const char *dir,
                    struct am_error *err)
{
	char *path = g_build_filename(dir, "postlist.glass", NULL);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	struct am_glass *g;
	int r = AM_OK;

	*out = NULL;
	if (fd < 0) {
		r = am_fail_sys(err, AM_FATAL, "%s", path);
		g_free(path);
		return r;
	}
	g = g_new0(struct am_glass, 1);
	g->fd = fd;
	g->dir = g_strdup(dir);
	g->path = path;
	g->pending = g_byte_array_new();
	/* The item before all. */
	uint8_t *item = add_item(add_level(g), 3);
	put16(item, FIRST | LAST);
	*out = g;
	return AM_OK;
}

/* ---- iamglass --------------------------------------------------------------
 */

static void append_varint(GByteArray *out, uint64_t v)
{
	uint8_t buf[10];

	g_byte_array_append(out, buf, (guint)am_put_varint(buf, v));
}

static void append_root(GByteArray *out, const struct am_glass *g,
                        uint32_t root)
{
	GByteArray *free_list = g_byte_array_new();

	append_varint(out, root);
	append_varint(out, (g->n_levels - 1) << 2 | 2 /* filled in order */);
	append_varint(out, g->keys);
	append_varint(out, BLOCK >> 11);
	append_varint(out, 0); /* nothing is compressed */
	append_varint(free_list, REVISION);
	append_varint(free_list, g->blocks);
	for (unsigned i = 0; i < 4; i++)
		append_varint(free_list, 0); /* it is empty */
	append_varint(out, free_list->len);
	g_byte_array_append(out, free_list->data, free_list->len);
	g_byte_array_unref(free_list);
}

/* Document data, terms of a document, positions, spelling, synonyms: not
 * there. */
static void append_no_root(GByteArray *out, unsigned compress_from)
{
	append_varint(out, 0);
	append_varint(out, 3); /* no block at all */
	append_varint(out, 0);
	append_varint(out, BLOCK >> 11);
	append_varint(out, compress_from);
	append_varint(out, 0);
}

static void append_stats(GByteArray *out, const struct am_glass_stats *s)
{
	append_varint(out, s->documents);
	append_varint(out, s->last - s->documents);
	append_varint(out, s->least);
	append_varint(out, s->most_weight);
	append_varint(out, s->most - s->most_weight);
	append_varint(out, 0); /* no change sets */
	append_varint(out, s->total);
	append_varint(out, 0); /* no spelling */
}

static int write_version(const struct am_glass *g, uint32_t root,
                         const struct am_glass_stats *stats,
                         struct am_error *err)
{
	static const uint8_t magic[] = "\x0f\x0dXapian Glass\x04\x6e";
	char *path = g_build_filename(g->dir, "iamglass", NULL);
	GByteArray *out = g_byte_array_new();
	uint8_t uuid[16];
	int fd = -1, r = AM_OK;

	/* Shards that are opened together are told apart by this. */
	if (getrandom(uuid, sizeof(uuid), 0) != sizeof(uuid))
		r = am_fail_sys(err, AM_FATAL, "random numbers");
	g_byte_array_append(out, magic, sizeof(magic) - 1);
	g_byte_array_append(out, uuid, sizeof(uuid));
	append_varint(out, REVISION);
	append_root(out, g, root);
	append_no_root(out, 18);
	append_no_root(out, 18);
	append_no_root(out, 0);
	append_no_root(out, 18);
	append_no_root(out, 18);
	append_stats(out, stats);
	if (!r)
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (!r && fd < 0)
		r = am_fail_sys(err, AM_FATAL, "%s", path);
	if (!r)
		r = am_write_all(fd, out->data, out->len, path, err);
	if (fd >= 0 && close(fd) && !r)
		r = am_fail_sys(err, AM_FATAL, "%s", path);
	g_byte_array_unref(out);
	g_free(path);
	return r;
}

int am_glass_finish(struct am_glass **glass, const struct am_glass_stats *stats,
                    struct am_error *err)
{
	struct am_glass *g = *glass;
	uint32_t root = 0;
	unsigned level = 0;
	int r = AM_OK;

	/* Closing a block may make a level above it. */
	for (; !r && level + 1 < g->n_levels; level++)
		r = close_block(g, level, err);
	if (!r)
		r = write_block(g, level, &root, err);
	if (!r)
		r = flush(g, err);
	if (!r)
		r = write_version(g, root, stats, err);
	if (close(g->fd) && !r)
		r = am_fail_sys(err, AM_FATAL, "%s", g->path);
	g->fd = -1;
	am_glass_abandon(glass);
	return r;
}

void am_glass_abandon(struct am_glass **glass)
{
	struct am_glass *g = *glass;

	if (!g)
		return;
	if (g->fd >= 0)
		close(g->fd);
	for (unsigned i = 0; i < g->n_levels; i++)
		g_free(g->levels[i]);
	g_byte_array_unref(g->pending);
	g_free(g->dir);
	g_free(g->path);
	g_free(g);
	*glass = NULL;
}
